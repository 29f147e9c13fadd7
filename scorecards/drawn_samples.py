"""What people do with a drawn sample that depends on its reviews: go on, replace a case, ask to void it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.next_tickets import extend_draw, replace_case
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, Plan, SampledCase
from sampling.voiding import ask_to_void
from scorecards.actions import check_has_route
from scorecards.closing import SUBMITTED, close_when_done, may_go_on
from scorecards.tables import Review, ReviewState


def go_on_to_second_stage(session: Session, draw: Draw, *, by: Person) -> int:
    """Draw the second stage of a stop-or-go plan; how many cases. Refused unless its rule says so."""
    if not may_go_on(session, draw):
        raise Refused(
            "The second stage is drawn when every case of the first is reviewed and exactly one of them "
            "failed, once. That is not so here."
        )
    return extend_draw(session, draw, by=by)


def replace_sampled_case(
    session: Session, sampled: SampledCase, *, code: str, reason: str, by: Person
) -> SampledCase | None:
    """Put the next ticket in the place of a case that is out of scope; None when its stratum has no more.

    For whoever may review the case, and only until its review is submitted: nobody may exchange a case
    for its result. A draft stays as it is, out of the list.
    """
    check_has_route(session, sampled.draw.plan.frame, by)
    if session.scalars(
        select(Review.id).where(Review.sampled_case_id == sampled.id, Review.state == ReviewState.SUBMITTED)
    ).first():
        raise Refused(f"{sampled.frame_case.reference} was reviewed, so it stays in the sample.")
    following = replace_case(session, sampled, code=code, reason=reason, by=by)
    close_when_done(session, sampled.draw, by=by)
    return following


def ask_to_void_plan(session: Session, plan: Plan, *, reason: str, by: Person) -> None:
    """Ask that a plan be voided; the register keeps how many of its cases were reviewed by then."""
    reviewed = session.scalar(
        select(func.count())
        .select_from(SampledCase)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Review, SUBMITTED)
        .where(Draw.plan_id == plan.id)
    )
    ask_to_void(session, plan, reason=reason, reviewed=reviewed or 0, by=by)
