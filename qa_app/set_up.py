"""The set-up checklist: what a new office has done, what is left, and where to do it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import DeclarativeBase, Session

from learning_register.documents import load_shipped_documents
from learning_register.root_causes import load_shipped_root_causes
from sampling.records.cases import Import
from sampling.records.people import LineManagement, Person, Role, RoleHeld, Team
from sampling.records.settings import Setting
from scorecards.approvals import load_shipped_approval_levels
from scorecards.cards import publish_scorecard, shipped_scorecards
from scorecards.tables import ScorecardUse


@dataclass(frozen=True)
class Step:
    """One step of setting up: what it is, whether it is done, and the screen for it."""

    words: str
    done: bool
    screen: str
    part: str | None = None


def set_up_checklist(session: Session) -> list[Step]:
    """The steps in the order in which they are best taken."""
    managed = select(RoleHeld.team_id).where(RoleHeld.role == Role.LINE_MANAGER)
    teams, without = _count(session, Team), _count(session, Team, Team.id.not_in(managed))
    reviewers = _count(session, RoleHeld, RoleHeld.role == Role.QA_REVIEWER)
    return [
        Step("Add the teams", teams > 0, "office", "Teams"),
        Step(
            "Add people, and give them roles: a line manager for each team, and a QA reviewer",
            teams > 0 and without == 0 and reviewers > 0,
            "office",
            "People",
        ),
        Step("Say who manages whom", _count(session, LineManagement) > 0, "office", "People"),
        Step(
            "Look at the standards and other settings, and keep or change them",
            _count(session, Setting) > 0,
            "office",
            "Settings",
        ),
        Step(
            "Choose which scorecard serves which type of case",
            _count(session, ScorecardUse) > 0,
            "scorecards",
        ),
        Step(
            "Import the first cases", _count(session, Import, Import.undone_at.is_(None)) > 0, "import_cases"
        ),
    ]


def load_shipped(session: Session, *, by: Person) -> None:
    """Give a new office what every office starts from: scorecards, guidance, the Charter, root causes."""
    for definition in shipped_scorecards():
        publish_scorecard(session, definition, by=by)
    load_shipped_approval_levels(session, by=by)
    load_shipped_documents(session, by=by)
    load_shipped_root_causes(session, by=by)


def _count(session: Session, table: type[DeclarativeBase], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
