"""When a drawn sample is done: nothing of it waits to be reviewed, and no second stage to be drawn."""

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from sampling.next_tickets import is_extended
from sampling.records.people import Person
from sampling.registering import plan_contents
from sampling.tables import Draw, SampledCase, in_sample
from sampling.voiding import close_draw
from scorecards.tables import Review, ReviewState

SUBMITTED = and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)


def waiting_cases(session: Session, draw: Draw) -> int:
    """How many cases of a draw have no submitted review yet; replaced ones need none."""
    count = (
        select(func.count())
        .select_from(SampledCase)
        .outerjoin(Review, SUBMITTED)
        .where(SampledCase.draw_id == draw.id, in_sample(), Review.id.is_(None))
    )
    return session.scalar(count) or 0


def failures(session: Session, draw: Draw) -> int:
    """How many reviewed cases of a draw do not show the plan's measure to be met, unassessable ones too."""
    of_method = plan_contents(draw.plan)["rule"].get("measure") == "method"
    met = Review.method_met if of_method else Review.outcome_met
    count = (
        select(func.count())
        .select_from(SampledCase)
        .join(Review, SUBMITTED)
        .where(SampledCase.draw_id == draw.id, in_sample(), met.is_not(True))
    )
    return session.scalar(count) or 0


def may_go_on(session: Session, draw: Draw) -> bool:
    """Whether a stop-or-go plan goes on: its first stage is reviewed, and exactly one case failed."""
    return (
        bool(plan_contents(draw.plan)["rule"].get("second_stage"))
        and draw.plan.voided_at is None
        and not is_extended(session, draw)
        and waiting_cases(session, draw) == 0
        and failures(session, draw) == 1
    )


def close_when_done(session: Session, draw: Draw, *, by: Person) -> None:
    """Close a draw once nothing of it waits: no case for its review, no second stage for its draw."""
    if draw.plan.voided_at is None and waiting_cases(session, draw) == 0 and not may_go_on(session, draw):
        close_draw(session, draw, by=by)
