"""How often it was drawn for the same purpose: nobody may draw until they like what they get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from sampling.records.database import now
from sampling.register_chain import Event
from sampling.registering import plan_contents
from sampling.tables import Draw, Frame, FrameCase, Plan, Purpose, RegisterEntry, Route


@dataclass(frozen=True)
class Series:
    """Which of the draws for the same purpose this is: the `number`th of `made`, of which some were voided.

    A draw counts from the moment its sample can be worked out: a seed that is recorded, dice that are, a
    beacon's round that is out. So a plan that was looked at and left lying counts as well.

    Two draws have the same purpose when they are of the same route and hold the same cases: a manager's
    team and month; central closed cases of overlapping periods; themes, second scorings and rolling
    intakes that share half of their cases or more; files of one name, of as many cases, or of the same
    ones. A name, other strata or a day more at the end do not make another purpose.
    """

    number: int
    made: int
    voided: int


NOT_DRAWN: Final = Series(0, 0, 0)

_SHARED: Final = 0.5  # of the smaller frame's cases
_BY_CASES: Final = frozenset({Route.THEMATIC, Route.SECOND})


def series_of_draws(session: Session) -> dict[int, Series]:
    """The series of every frame whose sample can be worked out, by the frame's number."""
    plans = _plans_with_a_value(session)
    shared = _shares(session, plans)
    found = {}
    for plan in plans:
        same = [other for other in plans if other is plan or _same_purpose(plan, other, shared)]
        voided = sum(other.voided_at is not None for other in same)
        found[plan.frame_id] = Series(same.index(plan) + 1, len(same), voided)
    return found


def drawn_already(session: Session, route: Route, period: tuple[date, date] | None) -> list[str]:
    """The samples of a route, of days that touch a period, whose cases can be worked out already."""
    first, last = period or (date.min, date.max)
    return [
        plan.frame.name
        for plan in _plans_with_a_value(session)
        if plan.frame.route == route
        and plan.voided_at is None
        and plan.frame.late_to_id is None
        and _period(plan.frame)[0] <= last
        and first <= _period(plan.frame)[1]
    ]


def _plans_with_a_value(session: Session) -> list[Plan]:
    """The plans whose public value exists, in the order in which they were drawn or could have been."""
    rows = session.execute(select(Draw.plan_id, Draw.seeded_at))
    seeded: dict[int, datetime] = dict(rows.all())
    rows = session.execute(
        select(RegisterEntry.plan_id, RegisterEntry.at).where(RegisterEntry.event == Event.ROLLED)
    )
    rolled: dict[int, datetime] = dict(rows.all())
    since: list[tuple[datetime, int, Plan]] = []
    for plan in session.scalars(select(Plan).join(Frame, Frame.id == Plan.frame_id)):
        moments = [seeded.get(plan.id), rolled.get(plan.id), seeded.get(plan.parent_id or 0)]
        out_at = plan_contents(plan)["randomness"].get("out_at")
        if out_at is not None and (out := datetime.fromisoformat(out_at)) <= now(session):
            moments.append(out)
        known = [moment for moment in moments if moment is not None]
        if known:
            since.append((min(known), plan.id, plan))
    return [plan for _, _, plan in sorted(since, key=lambda entry: entry[:2])]


def _same_purpose(one: Plan, other: Plan, shared: set[frozenset[int]]) -> bool:
    frame, of_other = one.frame, other.frame
    if (frame.route, frame.team_id) != (of_other.route, of_other.team_id):
        return False
    # Late strata hold other cases than the sample they belong to.
    if frame.late_to_id is not None or of_other.late_to_id is not None:
        return False
    if frame.route == Route.FILE:
        return (
            frame.filters["file"] == of_other.filters["file"]
            or frame.population == of_other.population
            or frame.frame_sha256 == of_other.frame_sha256
        )
    if _by_cases(one) and _by_cases(other):
        return frozenset({frame.id, of_other.id}) in shared
    (first, last), (from_, until) = _period(frame), _period(of_other)
    return first <= until and from_ <= last


def _by_cases(plan: Plan) -> bool:
    return plan.frame.route in _BY_CASES or plan.purpose == Purpose.ROLLING


def _shares(session: Session, plans: Sequence[Plan]) -> set[frozenset[int]]:
    """The pairs of frames that share half of the smaller one's cases or more."""
    population = {plan.frame_id: plan.frame.population for plan in plans if _by_cases(plan)}
    if len(population) < 2:
        return set()
    other = aliased(FrameCase)
    rows = session.execute(
        select(FrameCase.frame_id, other.frame_id, func.count())
        .join(other, other.case_id == FrameCase.case_id)
        .where(
            FrameCase.frame_id.in_(population),
            other.frame_id.in_(population),
            FrameCase.frame_id < other.frame_id,
        )
        .group_by(FrameCase.frame_id, other.frame_id)
    )
    return {
        frozenset({first, second})
        for first, second, count in rows
        if count >= _SHARED * min(population[first], population[second])
    }


def _period(frame: Frame) -> tuple[date, date]:
    """The days of a frame; a month of open cases is its first day, no period is all time."""
    if frame.period_from is None:
        return date.min, date.max
    return frame.period_from, frame.period_until or frame.period_from
