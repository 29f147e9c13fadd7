"""What the reviews of closed cases show, against 98% and 80%.

Open and closed cases are different series. A case found wanting while it is open can still be put
right, so open-case results never enter a closed-case rate.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from sampling.intervals import rate_interval, stratified_estimate, stratified_limits
from sampling.records.database import total
from sampling.records.people import Person, Role, roles_of
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, Stratum
from scorecards.tables import Review, ReviewState
from scorecards.verdicts import Judgement, judge, judge_strata

MEASURES: Final = {
    "outcome": (Review.outcome_met, Review.outcome_if_assessed, "outcome_standard"),
    "method": (Review.method_met, Review.method_if_assessed, "method_standard"),
}
RESULT_ROUTES: Final = frozenset({Route.CENTRAL, Route.THEMATIC})


@dataclass(frozen=True)
class StratumResult:
    """One stratum: cases in the frame, drawn, reviewed, with a result, and met."""

    label: str
    population: int
    drawn: int
    reviewed: int
    assessable: int
    met: int
    met_if_assessed: int

    @property
    def outstanding(self) -> int:
        """Drawn cases that are not reviewed yet."""
        return self.drawn - self.reviewed

    @property
    def undecided(self) -> int:
        """Drawn cases without a result: not reviewed yet, or nothing applicable."""
        return self.drawn - self.assessable


@dataclass(frozen=True)
class MeasureResult:
    """A standard, judged on one sample. The share is the plain one of the cases with a result.

    The likely range is two-sided, of the cases with a result; where several strata define no
    interval of their own (all met, say), it is that of their one-sided limits, half in each tail.
    """

    measure: str
    standard: str
    assurance: str
    strata: tuple[StratumResult, ...]
    judgement: Judgement
    likely_low: float | None
    likely_high: float | None
    weighted_estimate: float | None

    @property
    def met(self) -> int:
        return sum(stratum.met for stratum in self.strata)

    @property
    def assessable(self) -> int:
        return sum(stratum.assessable for stratum in self.strata)

    @property
    def met_if_assessed(self) -> int:
        return sum(stratum.met_if_assessed for stratum in self.strata)

    @property
    def share(self) -> float | None:
        return self.met / self.assessable if self.assessable else None


@dataclass(frozen=True)
class SampleResult:
    """One closed-case or thematic sample, with its standards judged."""

    draw_id: int
    name: str
    route: Route
    population: int
    drawn: int
    reviewed: int
    not_found: int
    not_assessable: tuple[str, ...]
    excluded: dict[str, int]
    draw_number: int
    draws_for_period: int
    measures: tuple[MeasureResult, ...]


def _routes_seen(session: Session, person: Person) -> frozenset[Route]:
    roles = roles_of(session, person)
    if roles & {Role.HEAD, Role.QA_REVIEWER}:
        return RESULT_ROUTES
    return frozenset({Route.THEMATIC} if Role.THEMATIC_REVIEWER in roles else ())


def result_samples(session: Session, person: Person) -> list[tuple[int, str]]:
    """The drawn closed-case and thematic samples whose results a person may see: id and name."""
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route.in_(_routes_seen(session, person)), Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def sample_result(session: Session, draw_id: int, person: Person) -> SampleResult:
    """What one sample shows so far, for each standard."""
    routes = _routes_seen(session, person)
    if not routes:
        raise Refused("Office-wide results are for QA, thematic reviewers and the Head of Customer Care.")
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route not in routes or draw.drawn_at is None:
        raise Refused("There is no such sample. Go back to the list of results.")
    plan, frame = draw.plan, draw.plan.frame
    day = frame.period_until or draw.drawn_at.date()
    measures = tuple(
        _measure(session, draw, name, standard=_standard(session, plan, name, day), assurance=plan.assurance)
        for name in MEASURES
    )
    submitted = and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)
    drawn, reviewed, not_found = session.execute(
        select(
            func.count(),
            func.count(Review.id),
            total(Review.file_found.is_(False)),
        )
        .select_from(SampledCase)
        .outerjoin(Review, submitted)
        .where(SampledCase.draw_id == draw.id)
    ).one()
    not_assessable = session.scalars(
        select(FrameCase.reference)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, submitted)
        .where(SampledCase.draw_id == draw.id, or_(Review.outcome_met.is_(None), Review.method_met.is_(None)))
        .order_by(FrameCase.reference)
    ).all()
    of_period = _draws_of_period(session, frame)
    return SampleResult(
        draw_id=draw.id,
        name=frame.name,
        route=Route(frame.route),
        population=frame.population,
        drawn=drawn,
        reviewed=reviewed,
        not_found=int(not_found),
        not_assessable=tuple(not_assessable),
        excluded=dict(frame.excluded),
        draw_number=of_period.index(draw.id) + 1,
        draws_for_period=len(of_period),
        measures=measures,
    )


def _standard(session: Session, plan: Plan, measure: str, day: date) -> str:
    """The standard a measure is judged by: the outcome's as the plan registered it, else that of the day."""
    if measure == "outcome" and plan.standard is not None:
        return plan.standard
    return setting(session, MEASURES[measure][2], day)


def _measure(session: Session, draw: Draw, name: str, *, standard: str, assurance: str) -> MeasureResult:
    met, if_assessed, _ = MEASURES[name]
    strata = _strata(session, draw, met, if_assessed)
    level = float(assurance)
    known = [(stratum.population, stratum.assessable, stratum.met) for stratum in strata]
    verdict = _judged(strata, [stratum.undecided for stratum in strata], standard=standard, assurance=level)
    if any(stratum.undecided > stratum.outstanding for stratum in strata):
        # What is not assessable stays so: further cases have to make up for it.
        waiting = [stratum.outstanding for stratum in strata]
        further = _judged(strata, waiting, standard=standard, assurance=level).still_needed
        verdict = replace(verdict, still_needed=further)
    low: float | None = None
    high: float | None = None
    weighted: float | None = None
    if len(strata) == 1:
        ((population, assessable, passed),) = known
        if assessable:
            interval = rate_interval(passed, assessable, population, confidence=level)
            low, high = interval.low, interval.high
    elif any(assessable for _, assessable, _ in known):
        estimate = stratified_estimate(known, confidence=level)
        low, high, weighted = estimate.low, estimate.high, estimate.estimate
        if low is None or high is None:
            limits = stratified_limits(known, assurance=(1 + level) / 2)
            low, high = limits.low, limits.high
    return MeasureResult(name, standard, assurance, strata, verdict, low, high, weighted)


def _judged(
    strata: tuple[StratumResult, ...], undecided: list[int], *, standard: str, assurance: float
) -> Judgement:
    if len(strata) == 1:
        (only,) = strata
        return judge(
            only.met,
            only.drawn,
            only.population,
            standard=standard,
            assurance=assurance,
            undecided=undecided[0],
        )
    counts = [(stratum.population, stratum.drawn, stratum.met) for stratum in strata]
    return judge_strata(counts, standard=standard, assurance=assurance, undecided=undecided)


def _strata(
    session: Session,
    draw: Draw,
    met: SQLColumnExpression[bool | None],
    if_assessed: SQLColumnExpression[bool | None],
) -> tuple[StratumResult, ...]:
    rows = session.execute(
        select(
            Stratum.label,
            Stratum.population,
            func.count(SampledCase.id),
            func.count(Review.id),
            total(met.is_not(None)),
            total(met.is_(True)),
            total(if_assessed.is_(True)),
        )
        .select_from(Stratum)
        .outerjoin(SampledCase, and_(SampledCase.stratum_id == Stratum.id, SampledCase.draw_id == draw.id))
        .outerjoin(
            Review, and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)
        )
        .where(Stratum.frame_id == draw.plan.frame_id)
        .group_by(Stratum.id, Stratum.code, Stratum.label, Stratum.population)
        .order_by(Stratum.code)
    )
    return tuple(StratumResult(row[0], *(int(value) for value in row[1:])) for row in rows)


def _draws_of_period(session: Session, frame: Frame) -> list[int]:
    """The draws made for this route and exactly this period (a theme's: with its filters), oldest first."""
    rows = session.execute(
        select(Draw.id, Frame.filters)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(
            Frame.route == frame.route,
            Frame.period_from.is_not_distinct_from(frame.period_from),
            Frame.period_until.is_not_distinct_from(frame.period_until),
            Draw.drawn_at.is_not(None),
        )
        .order_by(Draw.drawn_at, Draw.id)
    )
    # Another filter is another theme; on a central sample it would only be a way to draw again.
    any_filter = frame.route == Route.CENTRAL
    return [
        draw_id
        for draw_id, filters in rows
        if any_filter or filters.get("fields") == frame.filters.get("fields")
    ]
