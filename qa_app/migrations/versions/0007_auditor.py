"""Outside auditors: a role that always ends, and the samples that are shown to who holds it.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("role_held") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_role_held_role_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_role_held_role_known"),
            "role IN ('line_manager', 'qa_reviewer', 'thematic_reviewer', 'head', 'administrator', 'auditor')",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_role_held_auditor_ends"), "role <> 'auditor' OR ends_on IS NOT NULL"
        )
    op.create_table(
        "audited_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_audited_sample_ended_whole")
        ),
        sa.CheckConstraint("person_id <> named_by_id", name=op.f("ck_audited_sample_not_by_oneself")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_audited_sample_draw_id_draw")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["person.id"], name=op.f("fk_audited_sample_ended_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["named_by_id"], ["person.id"], name=op.f("fk_audited_sample_named_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_audited_sample_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audited_sample")),
    )
    with op.batch_alter_table("audited_sample") as batch_op:
        batch_op.create_index(
            "ix_audited_sample_shown",
            ["person_id", "draw_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
