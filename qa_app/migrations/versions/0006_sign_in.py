"""Signing in through the organisation, and wrong tries counted by the place they come from.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("role_held") as batch_op:
        batch_op.add_column(sa.Column("by_claim", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("role_held") as batch_op:
        batch_op.alter_column("by_claim", existing_type=sa.Boolean(), server_default=None)
    with op.batch_alter_table("failed_sign_in") as batch_op:
        batch_op.add_column(sa.Column("place", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("failed_sign_in") as batch_op:
        batch_op.alter_column("place", existing_type=sa.Text(), server_default=None)
        batch_op.create_index(batch_op.f("ix_failed_sign_in_place"), ["place"])
