"""One standard, judged on one sample by the rule that its plan registered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final

from sqlalchemy.orm import Session

from sampling.intervals import rate_interval, stratified_estimate, stratified_limits
from sampling.records.settings import setting
from sampling.registering import plan_contents
from sampling.sizes import exact_share
from sampling.stratified import HOEFFDING_BINOMIAL, METHODS
from sampling.tables import Draw, Plan
from sampling.worst_case import TooLarge
from scorecards.in_scope import Drawn, judge_in_scope
from scorecards.result_counts import MeasureCounts, Sample, StratumResult, stages_of, strata_of
from scorecards.stages import Stage, judge_stages_in_scope
from scorecards.verdicts import Judgement

STANDARDS: Final = {"outcome": "outcome_standard", "method": "method_standard"}


@dataclass(frozen=True)
class MeasureResult(MeasureCounts):
    """A standard, judged on one sample.

    `strata` are what is judged: of a sample in two stages, the measure that its plan is not for is judged on
    the first alone, since whether there is a second depends on results; `stages` are both stages of the
    plan's measure, and else empty. The likely range is two-sided, of the cases with a result; where several
    strata define no interval of their own (all met, say), it is that of their one-sided limits, half in each
    tail. In two stages it is that of the first, whose size nothing decided but the plan. It is of the most
    cases that can be in scope.
    """

    standard: str
    assurance: str
    judgement: Judgement
    likely_low: float | None
    likely_high: float | None
    weighted_estimate: float | None
    stages: tuple[StratumResult, ...] = ()
    office_standard: str | None = None  # as registered, where the plan shows a standard of its own


def measure_result(session: Session, sample: Sample, name: str) -> MeasureResult:
    """What a sample, its late strata included, shows of one measure."""
    draw, standard = sample.draw, standard_of(session, sample.draw, name)
    level, method = float(draw.plan.assurance), plan_method(draw.plan)
    strata = strata_of(session, sample, name)
    stages: tuple[StratumResult, ...] = ()
    second_stage = plan_contents(draw.plan)["rule"].get("second_stage")
    if second_stage:
        stages = stages_of(session, draw, name)
        if name != plan_measure(draw.plan):
            strata, stages = stages[:1], ()
    judged: Callable[[list[int]], Judgement]
    if stages:
        judged = partial(
            _judged_stages, stages, standard=standard, assurance=level, second_stage=second_stage
        )
    else:
        judged = partial(_judged, strata, standard=standard, assurance=level, method=method)
    parts = stages or strata
    verdict = judged([part.undecided for part in parts])
    if any(part.undecided > part.outstanding for part in parts):
        # What is not assessable stays so: further cases have to make up for it.
        verdict = replace(verdict, still_needed=judged([part.outstanding for part in parts]).still_needed)
    low, high, weighted = _likely(stages[:1] or strata, level, method)
    office = plan_contents(draw.plan).get("standards", {}).get(name)
    return MeasureResult(
        name,
        strata,
        standard,
        draw.plan.assurance,
        verdict,
        low,
        high,
        weighted,
        stages,
        office if office is not None and exact_share(office) != exact_share(standard) else None,
    )


def standard_of(session: Session, draw: Draw, measure: str) -> str:
    """The standard a measure is judged by, as the plan registered it; older plans go by the settings."""
    plan, frame = draw.plan, draw.plan.frame
    if plan.standard is not None and measure == plan_measure(plan):
        return plan.standard
    registered: str | None = plan_contents(plan).get("standards", {}).get(measure)
    if registered is not None:
        return registered
    assert draw.drawn_at is not None
    return setting(session, STANDARDS[measure], frame.period_until or draw.drawn_at.date())


def plan_measure(plan: Plan) -> str:
    """The measure whose standard a plan is to show, where it is to show one. Older plans name none."""
    return str(plan_contents(plan)["rule"].get("measure", "outcome"))


def plan_method(plan: Plan) -> str:
    """The method for several strata that a plan fixed.

    A plan for one stratum fixed the exact limit. With late strata that is none any more, and the method
    for strata at one rate takes its place, which theirs is by their plan.
    """
    words = plan_contents(plan)["method"]
    return next((method for method, name in METHODS.items() if name == words), HOEFFDING_BINOMIAL)


def _judged(
    strata: Sequence[StratumResult], undecided: list[int], *, standard: str, assurance: float, method: str
) -> Judgement:
    counts = tuple(
        Drawn(stratum.population, stratum.drawn, stratum.met, more, stratum.replaced)
        for stratum, more in zip(strata, undecided, strict=True)
    )
    return _judged_counts(counts, standard, assurance, method)


@lru_cache(maxsize=256)
def _judged_counts(
    counts: tuple[Drawn, ...],
    standard: str,
    assurance: float,
    method: str,
) -> Judgement:
    # Kept for the next click: an exact worst case takes up to seconds, and the counts seldom change.
    return judge_in_scope(counts, standard=standard, assurance=assurance, method=method)


def _judged_stages(
    stages: Sequence[StratumResult],
    undecided: list[int],
    *,
    standard: str,
    assurance: float,
    second_stage: int,
) -> Judgement:
    first, *rest = (Stage(part.drawn, part.met, more) for part, more in zip(stages, undecided, strict=True))
    return judge_stages_in_scope(
        first,
        rest[0] if rest else None,
        stages[0].population,
        replaced=stages[0].replaced,
        standard=standard,
        assurance=assurance,
        second_stage=second_stage,
    )


def _likely(
    strata: Sequence[StratumResult], level: float, method: str
) -> tuple[float | None, float | None, float | None]:
    """The likely range, low and high, and the estimate that gives each stratum its weight."""
    known = [(stratum.in_scope, stratum.assessable, stratum.met) for stratum in strata]
    if not any(assessable for _, assessable, _ in known):
        return None, None, None
    if len(known) == 1:
        ((population, assessable, passed),) = known
        interval = rate_interval(passed, assessable, population, confidence=level)
        return interval.low, interval.high, None
    estimate = stratified_estimate(known, confidence=level)
    if estimate.low is not None and estimate.high is not None:
        return estimate.low, estimate.high, estimate.estimate
    try:
        limits = stratified_limits(known, assurance=(1 + level) / 2, method=method)
    except TooLarge:
        return None, None, estimate.estimate
    return limits.low, limits.high, estimate.estimate
