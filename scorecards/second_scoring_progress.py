"""What a second scoring could be drawn from, and how far the drawn ones are. Counts only, never a score."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from sampling.frames import check_may_plan
from sampling.records.calendars import working_days_on
from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.agreement import WeightedAgreement, weighted_agreement
from scorecards.second_scoring import (
    DAYS_TO_SCORE,
    check_may_plan_by_verdict,
    managers_reviews,
    parts_of,
)
from scorecards.second_scoring_design import Design, Part, expected_counts, sizes_of
from scorecards.tables import Review, ReviewState


@dataclass(frozen=True)
class SecondScoringPreview:
    """How many managers' reviews of a period are left to be scored again, and the rules of today."""

    available: int
    standard: str
    assurance: str
    due_on: date


@dataclass(frozen=True)
class DesignPreview:
    """What a second scoring by the managers' verdicts would take of each stratum, and what it would tell.

    `expected` is what it would say of agreement if QA called the shares that were assumed not met.
    """

    strata: Mapping[Part, tuple[int, int]]  # reviews, and how many would be scored again
    expected: WeightedAgreement

    @property
    def chances(self) -> dict[Part, Fraction]:
        """With which chance a review of each stratum is in."""
        return {part: Fraction(size, cases) for part, (cases, size) in self.strata.items()}


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


def risks_of_reviews(session: Session, *, period: tuple[date, date], by: Person) -> list[str]:
    """The risks that the reviewed cases of a period had, as the case system words them."""
    check_may_plan_by_verdict(session, by)
    return sorted({review.risk for review in managers_reviews(session, period=period) if review.risk})


def preview_by_verdict(
    session: Session, *, period: tuple[date, date], design: Design, missed: str, confirmed: str, by: Person
) -> DesignPreview:
    """How many of each stratum would be scored again, and how sure that would make us.

    `missed` and `confirmed` are the shares, of the passed and of the failed, that QA is assumed to call
    not met. For those alone who may know what managers said.
    """
    check_may_plan_by_verdict(session, by)
    assurance = float(setting(session, "assurance", today(session)))
    reviews = managers_reviews(session, period=period)
    populations = Counter(parts_of(session, reviews, high_risks=design.high_risks).values())
    sizes = sizes_of(populations, design, assurance=assurance)
    passed, failed = expected_counts(populations, sizes, missed=missed, confirmed=confirmed)
    return DesignPreview(
        {part: (populations[part], size) for part, size in sizes.items()},
        weighted_agreement(passed, failed, confidence=assurance),
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
