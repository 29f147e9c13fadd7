"""What Alembic runs. The connection comes from qa_app.migrating; there is no other way in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from qa_app.migrating import TABLES, is_declared
from sampling.records.database import UtcDateTime


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    # A migration must read the same in ten years, so it names no class of ours.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    render_as_batch=True,
    render_item=_render,
    include_name=is_declared,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
