"""What people do with a drawn sample that depends on its reviews: go on, replace a case, ask to void it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.next_tickets import REPLACED_BY_WORD, extend_draw, replace_case
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, Plan, SampledCase
from sampling.voiding import ask_to_void
from scorecards.actions import check_is_independent, is_abandoned
from scorecards.closing import SUBMITTED, close_when_done, may_go_on
from scorecards.requirements import ResponseValue
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
    for its result. So a case with an answer "not met" in its draft stays as well, unless the case system
    has cancelled or merged it, and a colleague's draft is theirs. A draft stays as it is, out of the list.
    """
    # Whoever submits its review at the same time waits, and then finds the case replaced.
    session.execute(select(SampledCase.id).where(SampledCase.id == sampled.id).with_for_update())
    check_is_independent(session, sampled, by)
    draft = session.scalars(select(Review).where(Review.sampled_case_id == sampled.id)).first()
    answers = [answer for answer in draft.answers if answer.response is not None] if draft else []
    if draft is not None and draft.reviewer_id != by.id and not is_abandoned(session, draft):
        raise Refused(
            f"{draft.reviewer.name} is reviewing {sampled.frame_case.reference}. Only they can say that it "
            "does not belong in the sample."
        )
    if code in REPLACED_BY_WORD and any(answer.response == ResponseValue.NOT_MET for answer in answers):
        raise Refused(
            f"In the draft of {sampled.frame_case.reference} something is not met already, so the case stays "
            "in the sample: nobody may exchange a case for its result. If it was answered by mistake, "
            "correct the answer first."
        )
    if session.scalars(
        select(Review.id).where(Review.sampled_case_id == sampled.id, Review.state == ReviewState.SUBMITTED)
    ).first():
        raise Refused(f"{sampled.frame_case.reference} was reviewed, so it stays in the sample.")
    following = replace_case(session, sampled, code=code, reason=reason, answered=len(answers), by=by)
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
