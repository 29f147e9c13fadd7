"""`qa permissions`: who may do and see what, as a table for the README, an auditor or a works council."""

from collections.abc import Iterable, Mapping
from typing import Final

import typer

from qa_app.permissions import PERMISSIONS, Scope
from qa_app.screen_roles import SCREENS_OF, has_screen
from sampling.records.people import Role

_HEADS: Final[Mapping[Role | None, str]] = {
    Role.LINE_MANAGER: "Line manager",
    Role.QA_REVIEWER: "QA reviewer",
    Role.THEMATIC_REVIEWER: "Thematic reviewer",
    Role.HEAD: "Head",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Outside auditor",
    None: "Anybody else",
}


def permissions() -> None:
    """Print who may do and see what, and who has which screen, as Markdown."""
    typer.echo(matrix_in_markdown())


def matrix_in_markdown() -> str:
    """The whole table as Markdown: what is done and seen, then the screens by their titles."""
    from qa_app.runtime import SCREENS  # Streamlit takes a second to import

    doing = [[line.what, *(line.scope(role) for role in _HEADS), line.but] for line in PERMISSIONS]
    screens = [
        [
            SCREENS[name],
            *(Scope.ALL if has_screen({role} if role else (), name) else Scope.NONE for role in _HEADS),
        ]
        for name in SCREENS_OF
    ]
    parts = (_table(["What", *_HEADS.values(), "But"], doing), _table(["Screen", *_HEADS.values()], screens))
    return "\n\n".join(parts)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
