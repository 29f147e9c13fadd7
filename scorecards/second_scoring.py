"""Managers' reviews scored again, blind: the frame, the draw, and which review each case is paired with."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session, joinedload

from sampling.actions import register_plan_to_show, register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import Eligible, StratumOf, check_may_plan, freeze
from sampling.records.calendars import working_days_on
from sampling.records.database import OFFICE_TIME, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.tables import Review, ReviewState, SecondScoring

DAYS_TO_SCORE = 20  # working days


def managers_reviews(
    session: Session, *, period: tuple[date, date], before: datetime | None = None
) -> list[Review]:
    """Managers' reviews submitted in a period (both days count) that may still be scored again.

    One review a case, the latest; reviews that are in a second scoring already are left out.
    `before` leaves out what was submitted after that moment.
    """
    first = datetime.combine(period[0], time.min, OFFICE_TIME)
    end = datetime.combine(period[1] + timedelta(days=1), time.min, OFFICE_TIME)
    reviews = session.scalars(
        select(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(SecondScoring, SecondScoring.manager_review_id == Review.id)
        .where(
            Frame.route == Route.OPEN,
            Review.state == ReviewState.SUBMITTED,
            Review.submitted_at >= first,
            Review.submitted_at < end,
            SecondScoring.sampled_case_id.is_(None),
            in_sample(),
            *([] if before is None else [Review.submitted_at <= before]),
        )
        .options(joinedload(Review.sampled_case).joinedload(SampledCase.frame_case))
        .order_by(Review.submitted_at, Review.id)
    ).all()
    latest = {review.sampled_case.frame_case.case_id: review for review in reviews}
    return list(latest.values())


def plan_second_scoring(
    session: Session, *, period: tuple[date, date], allowed_failures: int | None, by: Person
) -> Plan:
    """Register a second scoring of the managers' reviews of a period.

    `allowed_failures` sizes the sample to show the agreement standard with so many disagreements;
    None takes every review. The frame says nothing of the managers' scores.
    """
    check_may_plan(session, by, Route.SECOND)
    if period[1] < period[0]:
        raise Refused("The period ends before it starts. Change one of the dates.")
    _check_none_is_waiting(session)
    reviews = managers_reviews(session, period=period)
    if not reviews:
        raise Refused(
            "No manager's review of this period is left to be scored again. "
            "Wait until managers have submitted."
        )
    stratum = StratumOf("Managers' reviews")
    eligible = []
    for review in reviews:
        frozen = review.sampled_case.frame_case
        eligible.append(
            Eligible(
                frozen.case_id,
                frozen.reference,
                frozen.team_id,
                frozen.caseworker_id,
                stratum,
                frozen.state,
                frozen.closed_on,
            )
        )
    frame = freeze(
        session,
        eligible,
        route=Route.SECOND,
        name=f"Second scoring, {_in_words(period[0])} to {_in_words(period[1])}",
        team=None,
        period=period,
        filters={},
        excluded={},
        by=by,
    )
    day = today(session)
    due_on = working_days_on(session, day, DAYS_TO_SCORE)
    if allowed_failures is None:
        sizes = {stratum.code: stratum.population for stratum in frame.strata}
        return register_sized_plan(session, frame, sizes=sizes, due_on=due_on, by=by)
    return register_plan_to_show(
        session,
        frame,
        standard=setting(session, "agreement_standard", day),
        assurance=setting(session, "assurance", day),
        allowed_failures=allowed_failures,
        due_on=due_on,
        by=by,
    )


def _check_none_is_waiting(session: Session) -> None:
    # Two that hold the same reviews could not both be drawn: a review is scored again once. So nobody
    # may plan one meanwhile; SQLite lets only one transaction write, PostgreSQL must be asked to.
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE second_scoring IN SHARE ROW EXCLUSIVE MODE"))
    waiting = session.scalars(
        select(Frame.name)
        .join(Plan, Plan.frame_id == Frame.id)
        .outerjoin(Draw, Draw.plan_id == Plan.id)
        .where(Frame.route == Route.SECOND, Plan.voided_at.is_(None), Draw.drawn_at.is_(None))
    ).first()
    if waiting is not None:
        raise Refused(f"“{waiting}” is registered and not drawn yet. Go on with that draw first.")


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def carry_out_second_scoring(engine: Engine, plan_id: int, *, by_id: int, now: datetime | None = None) -> int:
    """Draw a registered second scoring and note which review each case is compared with."""
    return carry_out_plan(engine, plan_id, by_id=by_id, after_draw=_note_pairs, now=now)


def _note_pairs(session: Session, draw: Draw) -> None:
    frame = draw.plan.frame
    if frame.period_from is None or frame.period_until is None:
        raise Refused("This second scoring has no period. Plan it again.")
    period = (frame.period_from, frame.period_until)
    review_of = {
        review.sampled_case.frame_case.case_id: review.id
        for review in managers_reviews(session, period=period, before=frame.frozen_at)
    }
    sampled = session.execute(
        select(SampledCase.id, FrameCase.case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(SampledCase.draw_id == draw.id)
    ).all()
    if any(case_id not in review_of for _, case_id in sampled):
        raise Refused(
            "Since this second scoring was registered, a manager's sample that it would draw from was "
            "voided. Ask in the register that it be voided too, and plan anew."
        )
    session.execute(
        insert(SecondScoring),
        [
            {"sampled_case_id": sampled_id, "manager_review_id": review_of[case_id]}
            for sampled_id, case_id in sampled
        ],
    )
