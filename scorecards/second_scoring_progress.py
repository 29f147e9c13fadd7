"""What a second scoring could be drawn from, and how far the drawn ones are. Counts only, never a score."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from sampling.frames import check_may_plan
from sampling.records.calendars import working_days_on
from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.second_scoring import DAYS_TO_SCORE, managers_reviews
from scorecards.tables import Review, ReviewState


@dataclass(frozen=True)
class SecondScoringPreview:
    """How many managers' reviews of a period are left to be scored again, and the rules of today."""

    available: int
    standard: str
    assurance: str
    due_on: date


@dataclass(frozen=True)
class SecondScoringProgress:
    """A drawn second scoring: so many of the managers' reviews, so many scored again."""

    draw_id: int
    name: str
    population: int
    drawn: int
    scored: int
    outstanding: int
    due_on: date


def preview_second_scoring(
    session: Session, *, period: tuple[date, date], by: Person
) -> SecondScoringPreview:
    """What a second scoring of a period would be drawn from if it were planned now."""
    check_may_plan(session, by, Route.SECOND)
    if period[1] < period[0]:
        raise Refused("The period ends before it starts. Change one of the dates.")
    day = today(session)
    return SecondScoringPreview(
        available=len(managers_reviews(session, period=period)),
        standard=setting(session, "agreement_standard", day),
        assurance=setting(session, "assurance", day),
        due_on=working_days_on(session, day, DAYS_TO_SCORE),
    )


def second_scoring_progress(session: Session, person: Person) -> list[SecondScoringProgress]:
    """The drawn second scorings, newest first."""
    check_may_plan(session, person, Route.SECOND)
    submitted = and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)
    rows = session.execute(
        select(
            Draw.id,
            Frame.name,
            Frame.population,
            func.count(SampledCase.id),
            func.count(Review.id),
            Plan.due_on,
        )
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(SampledCase, SampledCase.draw_id == Draw.id)
        .outerjoin(Review, submitted)
        .where(Frame.route == Route.SECOND, Plan.voided_at.is_(None), Draw.drawn_at.is_not(None))
        .group_by(Draw.id, Frame.name, Frame.population, Plan.due_on, Draw.drawn_at)
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [
        SecondScoringProgress(draw_id, name, population, drawn, scored, drawn - scored, due_on)
        for draw_id, name, population, drawn, scored, due_on in rows
    ]
