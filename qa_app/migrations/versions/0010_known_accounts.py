"""Whose account of the organisation's sign-in is whose, and when a session was last used.

Revision 0010, after 0009. Whoever is signed in signs in again afterwards.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_known_account_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_known_account_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_known_account_person_id_issuer")),
    )
    op.execute("DELETE FROM sign_in_session")
    with op.batch_alter_table("sign_in_session", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False))
