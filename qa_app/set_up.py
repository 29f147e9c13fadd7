"""The set-up checklist: what a new office has done, what is left, and where to do it."""

from dataclasses import dataclass

from sqlalchemy import func, select
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
    return [
        Step("Add the teams", _count(session, Team) > 0, "office"),
        Step("Add people, and give each team a line manager and the office a QA reviewer",
             managers > 0 and reviewers > 0, "office"),
        Step("Say who manages whom", _count(session, LineManagement) > 0, "office"),
        Step("Look at the standards and other settings, and save them", _count(session, Setting) > 0, "office"),
        Step("Import the first cases", _count(session, Import, Import.undone_at.is_(None)) > 0, "import_cases"),
    ]  # fmt: skip


def _count(session: Session, table: type[DeclarativeBase], *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]
