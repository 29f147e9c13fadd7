"""Managers' reviews scored again, blind: the frame, the draw, and which review each case is paired with."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from secrets import token_hex

from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session, aliased, joinedload

from sampling.actions import register_plan_to_show, register_sized_plan
from sampling.drawing import carry_out_plan
from sampling.frames import Eligible, StratumOf, check_may_plan, freeze
from sampling.records.calendars import working_days_on
from sampling.records.database import OFFICE_TIME, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.sealing import reviews_blind, tells_verdicts
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.second_scoring_design import BY_VERDICT, Design, Part, part_of, sizes_of
from scorecards.tables import Review, ReviewState, Revision, SecondScoring

DAYS_TO_SCORE = 20  # working days


def managers_reviews(session: Session, *, period: tuple[date, date], of: Frame | None = None) -> list[Review]:
    """Managers' reviews submitted in a period (both days count) that may still be scored again.

    One review a case, the latest; reviews that are in a second scoring already are left out, and those in
    the frame of one that took its cases by the managers' verdicts: that it left them tells what was said of
    them. `of` is a frame that was frozen: its own reviews, and nothing submitted after that moment.
    """
    first, end = _from_to(period)
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
            *([] if of is None else [Review.submitted_at <= of.frozen_at]),
        )
        .options(joinedload(Review.sampled_case).joinedload(SampledCase.frame_case))
        .order_by(Review.submitted_at, Review.id)
    ).all()
    latest = {review.sampled_case.frame_case.case_id: review for review in reviews}
    passed_over = _told_by_strata(session, but=of)
    return [review for review in latest.values() if review.id not in passed_over]


def _from_to(period: tuple[date, date]) -> tuple[datetime, datetime]:
    """The moments from which, and before which, the days of a period are."""
    return (
        datetime.combine(period[0], time.min, OFFICE_TIME),
        datetime.combine(period[1] + timedelta(days=1), time.min, OFFICE_TIME),
    )


def _told_by_strata(session: Session, *, but: Frame | None) -> set[int]:
    """The reviews in the frames of second scorings whose strata tell what managers said."""
    found: set[int] = set()
    plans = select(Plan).join(Frame, Frame.id == Plan.frame_id)
    for plan in session.scalars(plans.where(Frame.route == Route.SECOND, Plan.voided_at.is_(None))):
        frame = plan.frame
        if frame is but or not tells_verdicts(plan) or not frame.period_from or not frame.period_until:
            continue
        first, end = _from_to((frame.period_from, frame.period_until))
        frozen, reviewed = aliased(FrameCase), aliased(FrameCase)
        found |= set(
            session.scalars(
                select(Review.id)
                .join(SampledCase, SampledCase.id == Review.sampled_case_id)
                .join(reviewed, reviewed.id == SampledCase.frame_case_id)
                .join(frozen, frozen.case_id == reviewed.case_id)
                .where(
                    frozen.frame_id == frame.id,
                    Review.submitted_at >= first,
                    Review.submitted_at < end,
                    Review.submitted_at <= frame.frozen_at,
                )
            )
        )
    return found


def parts_of(session: Session, reviews: Sequence[Review], *, high_risks: Collection[str]) -> dict[int, Part]:
    """The stratum of each review, by what was first submitted: a later correction moves none."""
    numbers = [review.id for review in reviews]
    rows = session.execute(
        select(Revision.review_id, Revision.overall_met).where(
            Revision.number == 1, Revision.review_id.in_(numbers)
        )
    )
    first: dict[int, bool | None] = dict(rows.all())
    return {review.id: part_of(first[review.id], review.risk, high_risks=high_risks) for review in reviews}


def check_may_plan_by_verdict(session: Session, person: Person) -> None:
    """Refuse who may not plan a second scoring, and whoever would learn from it what managers said."""
    check_may_plan(session, person, Route.SECOND)
    if reviews_blind(session, person):
        raise Refused(
            "A second scoring by the managers' verdicts is planned by a Head of Customer Care who reviews "
            "nothing for QA: its sizes tell how many cases managers found not met."
        )


def may_plan_by_verdict(session: Session, person: Person) -> bool:
    """Whether a person may plan a second scoring by the managers' verdicts."""
    try:
        check_may_plan_by_verdict(session, person)
    except Refused:
        return False
    return True


def plan_second_scoring(
    session: Session, *, period: tuple[date, date], allowed_failures: int | None, by: Person
) -> Plan:
    """Register a second scoring of the managers' reviews of a period.

    `allowed_failures` sizes the sample to show the agreement standard with so many disagreements;
    None takes every review. The frame says nothing of the managers' scores.
    """
    check_may_plan(session, by, Route.SECOND)
    reviews = _reviews_to_plan(session, period)
    stratum = StratumOf("Managers' reviews")
    frame = _freeze(session, reviews, period=period, stratum_of=lambda _review: stratum, by=by)
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


def plan_by_verdict(session: Session, *, period: tuple[date, date], design: Design, by: Person) -> Plan:
    """Register a second scoring with strata by what managers said first and by risk.

    The codes of its strata are drawn by lot: neither their order tells what they are, nor can anybody who
    has the hashes of frame and plan try out which cases and sizes give them.
    """
    check_may_plan_by_verdict(session, by)
    reviews = _reviews_to_plan(session, period)
    parts = parts_of(session, reviews, high_risks=design.high_risks)
    found = sorted(set(parts.values()))
    strata = {part: StratumOf(part.label, code=f"S-{token_hex(8)}") for part in found}
    frame = _freeze(
        session, reviews, period=period, stratum_of=lambda review: strata[parts[review.id]], by=by
    )
    day = today(session)
    populations = {part: list(parts.values()).count(part) for part in found}
    sizes = sizes_of(populations, design, assurance=float(setting(session, "assurance", day)))
    return register_sized_plan(
        session,
        frame,
        sizes={strata[part].code or "": size for part, size in sizes.items()},
        due_on=working_days_on(session, day, DAYS_TO_SCORE),
        strata_by=BY_VERDICT,
        by=by,
    )


def _reviews_to_plan(session: Session, period: tuple[date, date]) -> list[Review]:
    if period[1] < period[0]:
        raise Refused("The period ends before it starts. Change one of the dates.")
    _check_none_is_waiting(session)
    reviews = managers_reviews(session, period=period)
    if not reviews:
        raise Refused(
            "No manager's review of this period is left to be scored again. "
            "Wait until managers have submitted."
        )
    return reviews


def _freeze(
    session: Session,
    reviews: Sequence[Review],
    *,
    period: tuple[date, date],
    stratum_of: Callable[[Review], StratumOf],
    by: Person,
) -> Frame:
    eligible = []
    for review in reviews:
        frozen = review.sampled_case.frame_case
        eligible.append(
            Eligible(
                frozen.case_id,
                frozen.reference,
                frozen.team_id,
                frozen.caseworker_id,
                stratum_of(review),
                frozen.state,
                frozen.closed_on,
            )
        )
    return freeze(
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
        for review in managers_reviews(session, period=period, of=frame)
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
