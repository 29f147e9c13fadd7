"""What the reviews show: closed cases against 98 and 80, managers' open cases, agreement against 90.

Open and closed cases are different series. A case found wanting while it is open can still be put
right, so open-case results never enter a closed-case rate.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from sampling.intervals import rate_interval, stratified_estimate
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, Stratum
from scorecards.agreement import Agreement, agreement
from scorecards.tables import Answer, Review, ReviewState, SecondScoring
from scorecards.verdicts import Judgement, judge, judge_strata
from scorecards.visibility import BLIND_ROLES, may_see_review

MEASURES: Final = {
    "outcome": (Review.outcome_met, Review.outcome_if_assessed, "outcome_standard"),
    "method": (Review.method_met, Review.method_if_assessed, "method_standard"),
}
RESULT_ROUTES: Final = (Route.CENTRAL, Route.THEMATIC)


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
    def undecided(self) -> int:
        """Drawn cases without a result: not reviewed yet, or nothing applicable."""
        return self.drawn - self.assessable


@dataclass(frozen=True)
class MeasureResult:
    """A standard, judged on one sample. The share is the plain one of the cases with a result."""

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
    draws_for_period: int
    measures: tuple[MeasureResult, ...]


def check_may_see_results(session: Session, person: Person) -> None:
    """Refuse unless the person may see office-wide results."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}:
        raise Refused("Office-wide results are for QA, thematic reviewers and the Head of Customer Care.")


def result_samples(session: Session, person: Person) -> list[tuple[int, str]]:
    """The drawn closed-case and thematic samples whose results a person may see: id and name."""
    if not roles_of(session, person) & {Role.HEAD, *BLIND_ROLES}:
        return []
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route.in_(RESULT_ROUTES), Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def sample_result(session: Session, draw_id: int, person: Person) -> SampleResult:
    """What one sample shows so far, for each standard."""
    check_may_see_results(session, person)
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route not in RESULT_ROUTES or draw.drawn_at is None:
        raise Refused("There is no such sample. Go back to the list of results.")
    plan, frame = draw.plan, draw.plan.frame
    day = frame.period_until or draw.drawn_at.date()
    measures = tuple(
        _measure(
            session, draw, name, standard=setting(session, _standard_name, day), assurance=plan.assurance
        )
        for name, (_, _, _standard_name) in MEASURES.items()
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
    return SampleResult(
        draw_id=draw.id,
        name=frame.name,
        route=Route(frame.route),
        population=frame.population,
        drawn=drawn,
        reviewed=reviewed,
        not_found=int(not_found),
        not_assessable=tuple(not_assessable),
        draws_for_period=_draws_for_period(session, frame),
        measures=measures,
    )


def _measure(session: Session, draw: Draw, name: str, *, standard: str, assurance: str) -> MeasureResult:
    met, if_assessed, _ = MEASURES[name]
    strata = _strata(session, draw, met, if_assessed)
    level = float(assurance)
    counts = [(stratum.population, stratum.drawn, stratum.met) for stratum in strata]
    undecided = [stratum.undecided for stratum in strata]
    known = [(stratum.population, stratum.assessable, stratum.met) for stratum in strata]
    if len(strata) == 1:
        ((population, reviewed, passed),) = counts
        verdict = judge(
            passed, reviewed, population, standard=standard, assurance=level, undecided=undecided[0]
        )
        ((_, assessable, _),) = known
        interval = rate_interval(passed, assessable, population, confidence=level) if assessable else None
        low, high, weighted = (interval.low, interval.high, None) if interval else (None, None, None)
    else:
        verdict = judge_strata(counts, standard=standard, assurance=level, undecided=undecided)
        if all(stratum.assessable for stratum in strata if stratum.drawn) and all(s.drawn for s in strata):
            estimate = stratified_estimate(known)
            low, high, weighted = estimate.low, estimate.high, estimate.estimate
        else:  # a stratum without a result has no rate to weigh
            low = high = weighted = None
    return MeasureResult(name, standard, assurance, strata, verdict, low, high, weighted)


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


def total(condition: SQLColumnExpression[bool]) -> ColumnElement[int]:
    """The number of rows for which a condition holds; 0 without rows."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _draws_for_period(session: Session, frame: Frame) -> int:
    """How many draws were made for this route and exactly this period."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Draw)
            .join(Plan, Plan.id == Draw.plan_id)
            .join(Frame, Frame.id == Plan.frame_id)
            .where(
                Frame.route == frame.route,
                Frame.period_from.is_not_distinct_from(frame.period_from),
                Frame.period_until.is_not_distinct_from(frame.period_until),
                Draw.drawn_at.is_not(None),
            )
        )
        or 0
    )


@dataclass(frozen=True)
class OpenResult:
    """The open cases that one team's manager reviewed in one month: a count of them, not an estimate."""

    team: str
    month: date
    standard: str
    reviewed: int
    assessable: int
    met: int
    met_after_correction: int
    met_if_assessed: int
    found: int
    put_right: int
    approved_by_reviewer: int


def open_results(session: Session, person: Person) -> list[OpenResult]:
    """What managers' open-case reviews found, by team and month, newest first.

    Whoever reviews for QA sees only the reviews whose second score is in.
    """
    teams = teams_managed(session, person)
    roles = roles_of(session, person)
    if not teams and not roles & {Role.HEAD, *BLIND_ROLES}:
        return []

    found = (
        select(Answer.review_id, func.count().label("found"), total(Answer.put_right).label("right"))
        .where(Answer.response == "not_met")
        .group_by(Answer.review_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Team.name,
            Frame.period_from,
            func.count(),
            total(Review.overall_met.is_not(None)),
            total(Review.overall_met.is_(True)),
            total(Review.overall_after_correction.is_(True)),
            total(Review.overall_if_assessed.is_(True)),
            func.coalesce(func.sum(found.c.found), 0),
            func.coalesce(func.sum(found.c.right), 0),
            total(Review.approved_by_reviewer),
        )
        .select_from(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Team, Team.id == Frame.team_id)
        .outerjoin(found, found.c.review_id == Review.id)
        .where(
            Frame.route == Route.OPEN,
            Review.state == ReviewState.SUBMITTED,
            may_see_review(session, person),
        )
        .group_by(Team.name, Frame.period_from)
        .order_by(Frame.period_from.desc(), Team.name)
    )
    return [
        OpenResult(
            row[0], row[1], setting(session, "overall_standard", row[1]), *(int(value) for value in row[2:])
        )
        for row in rows
        if row[1] is not None  # an open frame always has its month
    ]


@dataclass(frozen=True)
class AgreementResult:
    """A second scoring: its pairs so far, and what they say of agreement against the standard."""

    draw_id: int
    name: str
    population: int
    drawn: int
    outstanding: int
    not_assessable: int
    standard: str
    assurance: str
    figures: Agreement | None
    judgement: Judgement
    counts: tuple[int, int, int, int]  # both met, missed, overcalled, both not met


def second_scorings(session: Session, person: Person) -> list[tuple[int, str]]:
    """The second scorings whose progress a person may see: id and name, newest first."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        return []
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.SECOND, Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def agreement_result(session: Session, draw_id: int, person: Person) -> AgreementResult:
    """Do the manager and QA, who scored blind, come to the same verdict? Submitted pairs only."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        raise Refused("Agreement between managers and QA is for QA and the Head of Customer Care.")
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route != Route.SECOND:
        raise Refused("There is no such second scoring. Go back to the list.")
    first, second = aliased(Review), aliased(Review)
    pairs = session.execute(
        select(first.overall_met, second.overall_met, second.id)
        .select_from(SecondScoring)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(first, first.id == SecondScoring.manager_review_id)
        .outerjoin(
            second, and_(second.sampled_case_id == SampledCase.id, second.state == ReviewState.SUBMITTED)
        )
        .where(SampledCase.draw_id == draw_id)
    ).all()
    scored = [(manager, qa) for manager, qa, review_id in pairs if review_id is not None]
    decided = [(manager, qa) for manager, qa in scored if manager is not None and qa is not None]
    both_met, missed = decided.count((True, True)), decided.count((True, False))
    overcalled, both_not_met = decided.count((False, True)), decided.count((False, False))
    frame, plan = draw.plan.frame, draw.plan
    standard = setting(session, "agreement_standard", frame.period_until or frame.frozen_at.date())
    figures = None
    if decided:
        figures = agreement(
            both_met,
            missed,
            overcalled,
            both_not_met,
            population=frame.population,
            confidence=float(plan.assurance),
        )
    return AgreementResult(
        draw_id=draw_id,
        name=frame.name,
        population=frame.population,
        drawn=len(pairs),
        outstanding=len(pairs) - len(scored),
        not_assessable=len(scored) - len(decided),
        standard=standard,
        assurance=plan.assurance,
        figures=figures,
        judgement=judge(
            both_met + both_not_met,
            len(pairs),
            frame.population,
            standard=standard,
            assurance=float(plan.assurance),
            undecided=len(pairs) - len(decided),
        ),
        counts=(both_met, missed, overcalled, both_not_met),
    )
