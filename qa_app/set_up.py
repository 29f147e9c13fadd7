"""The set-up checklist: what a new office has done, what is left, and where to do it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import DeclarativeBase, Session

from sampling.records.cases import Import
from sampling.records.people import LineManagement, Role, RoleHeld, Team
from sampling.records.settings import Setting


@dataclass(frozen=True)
class Step:
    """One step of setting up: what it is, whether it is done, and the screen for it."""

    words: str
    done: bool
    screen: str


def set_up_checklist(session: Session) -> list[Step]:
    """The steps in the order in which they are best taken."""
    managers = _count(session, RoleHeld, RoleHeld.role == Role.LINE_MANAGER)
    reviewers = _count(session, RoleHeld, RoleHeld.role == Role.QA_REVIEWER)
    steps = {
        "Add the teams": (_count(session, Team), "office"),
        "Add people: a line manager for each team, and a QA reviewer": (min(managers, reviewers), "office"),
        "Say who manages whom": (_count(session, LineManagement), "office"),
        "Look at the standards and other settings, and keep or change them": (
            _count(session, Setting),
            "office",
        ),
        "Import the first cases": (_count(session, Import, Import.undone_at.is_(None)), "import_cases"),
    }
    return [Step(words, there > 0, screen) for words, (there, screen) in steps.items()]


def _count(session: Session, table: type[DeclarativeBase], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
