"""The audit trail becomes a chain, and the database itself writes down each row that changes.

Revision 0005, after 0004.
"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("previous_sha256", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("sha256", sa.Text(), nullable=False, server_default=""))
    _chain()
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.alter_column("number", existing_type=sa.Integer(), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_audit_entry_number"), ["number"])
        batch_op.create_check_constraint(batch_op.f("ck_audit_entry_counts_from_one"), "number > 0")
    op.create_table(
        "audit_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('added', 'changed', 'deleted')", name=op.f("ck_audit_change_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["audit_entry.id"],
            name=op.f("fk_audit_change_entry_id_audit_entry"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_change")),
    )
    with op.batch_alter_table("audit_change") as batch_op:
        batch_op.create_index("ix_audit_change_entry", ["entry_id"])
        batch_op.create_index("ix_audit_change_row", ["table_name", "row_key"])


def _chain() -> None:
    """What was recorded before is tied together as it stands."""
    entries = sa.table(
        "audit_entry",
        sa.column("id", sa.Integer()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("by_id", sa.Integer()),
        sa.column("action", sa.Text()),
        sa.column("subject", sa.Text()),
        sa.column("details", sa.JSON()),
        sa.column("number", sa.Integer()),
        sa.column("previous_sha256", sa.Text()),
        sa.column("sha256", sa.Text()),
    )
    connection = op.get_bind()
    previous = "0" * 64
    rows = connection.execute(
        sa.select(
            entries.c.id,
            entries.c.at,
            entries.c.by_id,
            entries.c.action,
            entries.c.subject,
            entries.c.details,
        ).order_by(entries.c.id)
    ).all()
    for number, (entry_id, at, by_id, action, subject, details) in enumerate(rows, start=1):
        told = {
            "number": number,
            "at": _in_utc(at),
            "by": by_id,
            "source": "",
            "action": action,
            "subject": subject,
            "details": details,
            "changes": hashlib.sha256(b"[]").hexdigest(),
            "previous": previous,
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        connection.execute(
            sa.update(entries)
            .where(entries.c.id == entry_id)
            .values(number=number, previous_sha256=previous, sha256=sha256)
        )
        previous = sha256


def _in_utc(at: datetime) -> str:
    # SQLite keeps no zone: its moments are in UTC.
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")
