"""The newest reviews are found without going through all of them.

Revision 0011, after 0010.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_submitted", "review", ["submitted_at", "id"])
