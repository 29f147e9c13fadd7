"""Cases that came too late for a frame: never inserted into it, but drawn as strata of their own."""

from datetime import date
from fractions import Fraction
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from sampling.actions import register_late_plan
from sampling.case_filters import frame_condition
from sampling.drawing import check_not_voided
from sampling.frames import check_may_plan, eligible_cases, freeze
from sampling.records.cases import Case
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.registering import plan_contents
from sampling.strata import share_at_rate
from sampling.tables import Frame, FrameCase, Plan, Purpose, Route

SIZED: Final = frozenset({Purpose.SHOW, Purpose.ESTIMATE, Purpose.QUOTA, Purpose.CENSUS})


def late_cases(session: Session, plan: Plan) -> int:
    """How many cases fit the frame of a plan now, and were in neither it nor its late strata."""
    if not _takes_late_cases(plan):
        return 0
    return session.scalar(select(func.count()).select_from(Case).where(_condition(plan.frame))) or 0


def plan_late_strata(session: Session, plan: Plan, *, due_on: date, by: Person) -> Plan:
    """Freeze the late cases of a plan's frame and register their plan, at the plan's highest rate.

    They are judged together with the sample they came too late for. A plan in two stages, a rolling
    intake, a manager's month and a second scoring take none.
    """
    frame = plan.frame
    check_may_plan(session, by, Route(frame.route))
    check_not_voided(plan)
    if not _takes_late_cases(plan):
        raise Refused("This plan takes no late cases. Plan a sample of their own for them.")
    eligible = eligible_cases(session, _condition(frame), frame.filters["strata"])
    if not eligible:
        raise Refused(f"No case has come since “{frame.name}” was frozen. There is nothing to add.")
    before = session.scalar(select(func.count()).where(Frame.late_to_id == frame.id)) or 0
    late = freeze(
        session,
        eligible,
        route=Route(frame.route),
        name=f"{frame.name}, late cases {before + 1}",
        team=None,
        period=(frame.period_from, frame.period_until) if frame.period_from else None,
        filters=frame.filters,
        excluded={},
        late_to=frame,
        by=by,
    )
    # The same rate, or a higher one: the highest of the strata, so that no late case is taken more thinly.
    rate = max(Fraction(plan.sizes.get(part.code, 0), part.population) for part in frame.strata)
    sizes = share_at_rate({part.code: part.population for part in late.strata}, rate)
    return register_late_plan(session, late, plan, sizes=sizes, due_on=due_on, by=by)


def _takes_late_cases(plan: Plan) -> bool:
    is_first = plan.frame.late_to_id is None and plan.frame.route in (Route.CENTRAL, Route.THEMATIC)
    return is_first and plan.purpose in SIZED and not plan_contents(plan)["rule"].get("second_stage")


def _condition(frame: Frame) -> ColumnElement[bool]:
    voided = select(Plan.frame_id).where(Plan.voided_at.is_not(None))
    frames = select(Frame.id).where(
        (Frame.id == frame.id) | ((Frame.late_to_id == frame.id) & Frame.id.not_in(voided))
    )
    known = select(FrameCase.case_id).where(FrameCase.frame_id.in_(frames))
    period = (frame.period_from, frame.period_until) if frame.period_from and frame.period_until else None
    return frame_condition(
        Route(frame.route), period=period, filters=frame.filters["fields"]
    ) & Case.id.not_in(known)
