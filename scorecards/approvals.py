"""Who may approve what: kinds of decision with their levels, and who approves at which level, all dated.

A line manager's role gives the lowest level for the cases of their own team, the Head's role that of
the Head for every case. Assistant directors, deputies and the Ombudsman are named one by one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.database import today
from sampling.records.people import Person, Role, check_may_act_as, roles_of, teams_managed
from sampling.records.settings import SHIPPED_FROM
from sampling.refused import Refused
from scorecards.approval_rows import shipped_approval_levels
from scorecards.tables_intervention import ApprovalLevel, Approver, Level

# The kind of decision until somebody chooses one. Its level is that of its row, like any other's; without
# a row the Head's: high enough for what nobody has looked at yet.
OTHER_DECISION: Final = "Any other decision"
_WITHOUT_A_ROW: Final = Level.HEAD

NAMED_LEVELS: Final = (Level.ASSISTANT_DIRECTOR, Level.DEPUTY, Level.OMBUDSMAN)


@dataclass(frozen=True)
class DecisionLevel:
    """A kind of decision and the level that approves it. `row_id` is None where no row says so."""

    row_id: int | None
    decision: str
    level: Level
    reference: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True)
class ApproverRow:
    """Somebody who approves at a level, from when until when."""

    approver_id: int
    person: str
    level: Level
    starts_on: date
    ends_on: date | None


def reaches(level: Level | None, required: Level) -> bool:
    """Whether who has a level may approve what requires another: their own, and those below."""
    order = list(Level)
    return level is not None and order.index(level) >= order.index(required)


def level_of(session: Session, person: Person, *, teams: Collection[int]) -> Level | None:
    """The highest level at which a person approves today on a case of these teams; None without one."""
    if person.disabled_on is not None:
        return None
    given = select(Approver.level).where(Approver.person_id == person.id, _counts(Approver, today(session)))
    levels = [Level(level) for level in session.scalars(given)]
    if Role.HEAD in roles_of(session, person):
        levels.append(Level.HEAD)
    if teams_managed(session, person) & set(teams):
        levels.append(Level.LINE_MANAGER)
    return max(levels, key=list(Level).index, default=None)


def decision_levels(session: Session, on: date) -> list[DecisionLevel]:
    """Each kind of decision with its level on a day, by name; “Any other decision” comes last."""
    rows = session.scalars(
        select(ApprovalLevel)
        .where(_counts(ApprovalLevel, on))
        .order_by(ApprovalLevel.decision, ApprovalLevel.id)
    )
    found = [_decision(row) for row in rows]
    other = [row for row in found if row.decision == OTHER_DECISION] or [
        DecisionLevel(None, OTHER_DECISION, _WITHOUT_A_ROW, "", None, None)
    ]
    return [row for row in found if row.decision != OTHER_DECISION] + other


def decision_history(session: Session, *, by: Person) -> list[DecisionLevel]:
    """Every row there was or will be, the latest first."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    rows = session.scalars(select(ApprovalLevel).order_by(ApprovalLevel.starts_on.desc(), ApprovalLevel.id))
    return [_decision(row) for row in rows]


def approvers(session: Session, *, by: Person) -> list[ApproverRow]:
    """Who was named an approver, those who still are first."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    rows = session.execute(
        select(Approver, Person.name)
        .join(Person, Person.id == Approver.person_id)
        .order_by(Approver.ends_on.is_not(None), Person.name, Approver.starts_on)
    )
    return [ApproverRow(row.id, name, Level(row.level), row.starts_on, row.ends_on) for row, name in rows]


def level_for(session: Session, decision: str) -> Level:
    """The level that approves a kind of decision today."""
    for row in decision_levels(session, today(session)):
        if row.decision == decision:
            return row.level
    raise Refused(f"No level is set today for “{decision}”. Choose a kind of decision from the list.")


def set_approval_level(
    session: Session, *, decision: str, level: Level, reference: str, starts_on: date, by: Person
) -> ApprovalLevel:
    """Say which level approves a kind of decision from a day on; the earlier row ends the day before."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    decision = " ".join(decision.split())
    if not decision:
        raise Refused("The kind of decision has no name. Type one, such as “Quashing a report”.")
    for row in session.scalars(select(ApprovalLevel)):
        if row.decision.casefold() != decision.casefold() or _is_over(row, starts_on):
            continue
        decision = row.decision
        if row.starts_on >= starts_on:
            raise Refused(
                f"“{decision}” already has a level from {_in_words(row.starts_on)}. Choose a later day."
            )
        row.ends_on = starts_on - timedelta(days=1)
    added = ApprovalLevel(decision=decision, level=level, reference=reference.strip(), starts_on=starts_on)
    session.add(added)
    session.flush()
    audit_trail.record(
        session,
        "set_approval_level",
        f"approval level {added.id}",
        by=by,
        decision=decision,
        level=str(level),
        starts_on=str(starts_on),
    )
    return added


def load_shipped_approval_levels(session: Session, *, by: Person) -> None:
    """Give an office the levels of the review and feedback guidance to start from."""
    for row in shipped_approval_levels():
        set_approval_level(
            session,
            decision=row.decision,
            level=row.level,
            reference=row.reference,
            starts_on=SHIPPED_FROM,
            by=by,
        )


def end_approval_level(session: Session, row: ApprovalLevel, *, ends_on: date, by: Person) -> None:
    """Give a kind of decision its last day: nobody chooses it from then on."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    _check_ends(row, ends_on)
    row.ends_on = ends_on
    audit_trail.record(session, "end_approval_level", f"approval level {row.id}", by=by, ends_on=str(ends_on))


def add_approver(
    session: Session, person: Person, *, level: Level, starts_on: date, ends_on: date | None, by: Person
) -> Approver:
    """Name somebody who approves at a level from a day on."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    if level not in NAMED_LEVELS:
        raise Refused(
            "The levels of a line manager and of the Head come with their roles. Give the role under People."
        )
    if person.disabled_on is not None or person.email is None:
        raise Refused(
            f"{person.name} cannot sign in, and so could release nothing. Give them a sign-in under People."
        )
    if ends_on is not None and ends_on < starts_on:
        raise Refused("The last day is before the first. Change one of them.")
    for row in session.scalars(
        select(Approver).where(Approver.person_id == person.id, Approver.level == level)
    ):
        if not _is_over(row, starts_on) and (ends_on is None or row.starts_on <= ends_on):
            raise Refused(
                f"{person.name} already approves at this level from {_in_words(row.starts_on)}. End that "
                "first, or leave it."
            )
    added = Approver(person_id=person.id, level=level, starts_on=starts_on, ends_on=ends_on)
    session.add(added)
    session.flush()
    audit_trail.record(
        session, "add_approver", f"person {person.id}", by=by, level=str(level), starts_on=str(starts_on)
    )
    return added


def end_approver(session: Session, approver: Approver, *, ends_on: date, by: Person) -> None:
    """Give an approver their last day."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    _check_ends(approver, ends_on)
    approver.ends_on = ends_on
    audit_trail.record(
        session,
        "end_approver",
        f"person {approver.person_id}",
        by=by,
        level=approver.level,
        ends_on=str(ends_on),
    )


def _counts(table: type[ApprovalLevel] | type[Approver], on: date) -> ColumnElement[bool]:
    return and_(table.starts_on <= on, or_(table.ends_on.is_(None), table.ends_on >= on))


def _is_over(row: ApprovalLevel | Approver, on: date) -> bool:
    return row.ends_on is not None and row.ends_on < on


def _check_ends(row: ApprovalLevel | Approver, ends_on: date) -> None:
    if ends_on < row.starts_on:
        raise Refused(
            f"It began on {_in_words(row.starts_on)} and cannot end before. Choose that day or a later one."
        )


def _decision(row: ApprovalLevel) -> DecisionLevel:
    return DecisionLevel(row.id, row.decision, Level(row.level), row.reference, row.starts_on, row.ends_on)


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
