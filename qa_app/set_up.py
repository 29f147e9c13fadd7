"""The set-up checklist: what a new office has done, what is left, and where to do it."""

from dataclasses import dataclass
from importlib.resources import files

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import DeclarativeBase, Session

from learning_register.documents import load_shipped_documents
from sampling.records.cases import Import
from sampling.records.people import LineManagement, Person, Role, RoleHeld, Team
from sampling.records.settings import Setting
from scorecards.cards import publish_scorecard
from scorecards.tables import ScorecardUse


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
        "Choose which scorecard serves which type of case": (_count(session, ScorecardUse), "scorecards"),
        "Import the first cases": (_count(session, Import, Import.undone_at.is_(None)), "import_cases"),
    }
    return [Step(words, there > 0, screen) for words, (there, screen) in steps.items()]


def load_shipped(session: Session, *, by: Person) -> None:
    """Give a new office what every office starts from: the scorecards, the guidance, the Charter."""
    for entry in sorted((files("scorecards") / "shipped").iterdir(), key=lambda found: found.name):
        if entry.name.endswith(".toml"):
            publish_scorecard(session, entry.read_text("utf-8"), by=by)
    load_shipped_documents(session, by=by)


def _count(session: Session, table: type[DeclarativeBase], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
