"""Samples as people ask for them: the frame frozen and its plan registered in one go, ready to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.actions import (
    register_estimate_plan,
    register_plan_to_show,
    register_quota_plan,
    register_rolling_plan,
    register_sized_plan,
    register_stop_or_go_plan,
)
from sampling.frames import freeze_case_frame, freeze_open_frame
from sampling.planning import check_strata_count
from sampling.randomness import Source, source_of
from sampling.records.cases import CaseState
from sampling.records.database import today
from sampling.records.people import Person, Team
from sampling.refused import Refused
from sampling.registering import ROUTINE, Terms, plan_contents
from sampling.strata import share_proportionally
from sampling.tables import Frame, FrameCase, Plan, Route

EVERY_CASE: Final = "every case"
DEMONSTRATION: Final = (
    "Demonstration: "  # how the name of a sample with a typed seed begins, wherever it stands
)


@dataclass(frozen=True)
class ToShow:
    """Large enough to show a standard of a measure with this assurance when at most so many fail."""

    standard: str
    assurance: str
    allowed_failures: int
    measure: str = "outcome"


@dataclass(frozen=True)
class InTwoStages:
    """Large enough to show a standard when none fails; after exactly one failure, as many cases again."""

    standard: str
    assurance: str
    measure: str = "outcome"


@dataclass(frozen=True)
class ToEstimate:
    """Large enough to know the rate within this margin, if it is about what is expected."""

    expected: str
    margin: str


@dataclass(frozen=True)
class AtRate:
    """One intake of a rolling sample: each case is in with this chance."""

    rate: str


Size = ToShow | InTwoStages | ToEstimate | AtRate | int | Literal["every case"]


def plan_open_sample(
    session: Session, team: Team, *, certainty_risks: Sequence[str] = (), by: Person
) -> Plan:
    """Freeze a team's open cases for this month and register the quota of each caseworker."""
    frame = freeze_open_frame(session, team, certainty_risks=certainty_risks, by=by)
    return register_quota_plan(session, frame, by=by)


def plan_case_sample(
    session: Session,
    name: str,
    *,
    route: Route,
    period: tuple[date, date] | None,
    filters: Mapping[str, Sequence[Any]],
    stratify_by: str | None,
    size: Size,
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Freeze the cases of a central or thematic sample and register its plan.

    `size` is a rule, a number of cases shared out in proportion, or `EVERY_CASE`. A name is
    used once, so that a second click makes no second sample. With a typed seed it begins so.
    """
    if name.strip() and _is_demonstration(session, terms) and not name.startswith(DEMONSTRATION):
        name = f"{DEMONSTRATION}{name.strip()}"
    if due_on < today(session):
        raise Refused("The reviews would be due before today. Choose a later day.")
    check_name_is_free(session, name)
    frame = freeze_case_frame(
        session, name, route=route, period=period, filters=filters, stratify_by=stratify_by, by=by
    )
    check_strata_count(len(frame.strata))
    if isinstance(size, ToShow | InTwoStages):
        _check_all_closed(session, frame)
    match size:
        case ToShow(standard, assurance, allowed, measure):
            return register_plan_to_show(
                session,
                frame,
                standard=standard,
                assurance=assurance,
                allowed_failures=allowed,
                measure=measure,
                due_on=due_on,
                terms=terms,
                by=by,
            )
        case InTwoStages(standard, assurance, measure):
            return register_stop_or_go_plan(
                session,
                frame,
                standard=standard,
                assurance=assurance,
                measure=measure,
                due_on=due_on,
                terms=terms,
                by=by,
            )
        case ToEstimate(expected, margin):
            return register_estimate_plan(
                session, frame, expected=expected, margin=margin, due_on=due_on, terms=terms, by=by
            )
        case AtRate(rate):
            return register_rolling_plan(session, frame, rate=rate, due_on=due_on, terms=terms, by=by)
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    sizes = share_proportionally(populations, size) if isinstance(size, int) else populations
    return register_sized_plan(session, frame, sizes=sizes, due_on=due_on, terms=terms, by=by)


def _is_demonstration(session: Session, terms: Terms) -> bool:
    """Whether the seed is typed, of this plan or of the one it shares its seed with."""
    randomness = terms.randomness
    if terms.parent_id is not None:
        randomness = plan_contents(session.get_one(Plan, terms.parent_id))["randomness"]
    return randomness is not None and source_of(randomness) == Source.DEMONSTRATION


def _check_all_closed(session: Session, frame: Frame) -> None:
    """Open cases are another series: what is found in one can still be put right."""
    is_open = select(FrameCase.id).where(FrameCase.frame_id == frame.id, FrameCase.state == CaseState.OPEN)
    if session.scalars(is_open.limit(1)).first() is not None:
        raise Refused(
            "A standard is shown of closed cases only, and there are open ones among these. Choose closed "
            "cases alone, or another purpose."
        )


def check_name_is_free(session: Session, name: str) -> None:
    """Refuse a name that a sample has already, in whatever letters."""
    taken = session.scalars(select(Frame.name).where(func.lower(Frame.name) == name.strip().lower())).first()
    if taken is not None:
        raise Refused(
            f"There is already a sample called “{taken}”. Look at it in the register, or choose another name."
        )
