"""What may be read off a sample at any time while it is reviewed: limits that hold at every look."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from sampling.monitoring import (
    ConfidenceSequence,
    Prior,
    confidence_sequence,
    stratified_confidence_sequence,
    whole_order_prefix,
)
from sampling.records.people import Person
from sampling.registering import PRIORS, plan_contents
from sampling.tables import Draw, FrameCase, Purpose, Replacement, SampledCase, Stratum
from scorecards.measure_results import standard_of
from scorecards.result_counts import MEASURES, draws_of_sample, is_submitted
from scorecards.results import judged_measures, visible_sample
from scorecards.tables import Review


@dataclass(frozen=True)
class RunningResult:
    """One standard, read while its sample is reviewed; `low` to `met` have one entry per case in the order.

    The order is that of the tickets, from the first case on and without a gap. `low` and `high` are rates
    of meeting, 0 to 1. `reviewed` counts all reviewed cases, those beyond a gap too; `readable` is how far
    the order of tickets goes on at most: with strata, to where the first of them is drawn to its end.
    `is_by_stratum` says that each stratum is read in its own order, which needs no such end. `waits_for` is
    the first case in the order that is not reviewed, and with it the order reaches `would_reach` cases.
    Cases in which nothing applied (`not_assessable`) count as not met in `low`, and as met in `high`.
    """

    measure: str
    standard: str
    confidence: float
    population: int
    drawn: int
    reviewed: int
    readable: int
    is_by_stratum: bool
    waits_for: str | None
    would_reach: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    met: tuple[int, ...]
    not_assessable: int
    first_met: int | None
    first_missed: int | None
    contradicted_at: int | None

    @property
    def read(self) -> int:
        """How many cases the limits rest on."""
        return len(self.low)


@dataclass(frozen=True)
class _Drawn:
    stratum_id: int
    reference: str
    ticket: str
    counts: bool  # it was not replaced as out of scope
    is_reviewed: bool
    met: bool | None


def running_results(session: Session, draw_id: int, person: Person) -> tuple[RunningResult, ...]:
    """The confidence sequence of each standard that a sample is judged by, as far as it is reviewed.

    It never decides the verdict, which is by the plan's own rule; but it may be read after every case.
    """
    draw = visible_sample(session, draw_id, person)
    draws = draws_of_sample(session, draw)
    populations = {
        stratum.id: stratum.population
        for stratum in session.scalars(
            select(Stratum).where(Stratum.frame_id.in_([each.plan.frame_id for each in draws]))
        )
    }
    return tuple(
        _running(session, draws, populations, measure) for measure in judged_measures(session, draws)
    )


def _running(
    session: Session, draws: Sequence[Draw], populations: dict[int, int], measure: str
) -> RunningResult:
    plan, standard = draws[0].plan, standard_of(session, draws[0], measure)
    cases = _in_ticket_order(session, draws, measure)
    by_stratum = plan.purpose != Purpose.ROLLING and set(populations) > {case.stratum_id for case in cases}
    order = cases
    if plan.purpose != Purpose.ROLLING and not by_stratum and len(populations) > 1:
        order = cases[: _unbroken(cases, populations)]
    order = [case for case in order if case.counts]
    read = _reviewed_in_each if by_stratum else _reviewed
    prefix = read(order)
    missing = next((case for case in order if not case.is_reviewed), None)
    level = float(plan.assurance)
    # As the plan registered it; plans from before it did had the same.
    priors = plan_contents(plan).get("monitoring", {}).get("priors", PRIORS)
    prior: Prior = (priors[measure][0], priors[measure][1])

    def sequence(undecided: int) -> ConfidenceSequence:
        results = [(case.stratum_id, undecided if case.met is None else int(case.met)) for case in prefix]
        if by_stratum:
            return stratified_confidence_sequence(results, populations, confidence=level, prior=prior)
        return confidence_sequence(
            [result for _, result in results],
            sum(populations.values()),
            confidence=level,
            prior=prior,
        )

    undecided = sum(case.met is None for case in prefix)
    lower = sequence(0)
    upper = sequence(1) if undecided else lower
    return RunningResult(
        measure=measure,
        standard=standard,
        confidence=level,
        population=sum(populations.values()),
        drawn=sum(case.counts for case in cases),
        reviewed=sum(case.counts and case.is_reviewed for case in cases),
        readable=len(order),
        is_by_stratum=by_stratum,
        waits_for=missing.reference if missing else None,
        would_reach=len(
            read([replace(case, is_reviewed=True) if case is missing else case for case in order])
        ),
        low=tuple(lower.low.tolist()),
        high=tuple(upper.high.tolist()),
        met=tuple(accumulate(int(case.met or 0) for case in prefix)),
        not_assessable=undecided,
        first_met=lower.first_met(standard),
        first_missed=upper.first_missed(standard),
        contradicted_at=lower.contradicted_at or upper.contradicted_at,
    )


def _in_ticket_order(session: Session, draws: Sequence[Draw], measure: str) -> list[_Drawn]:
    """Every case drawn, by ticket: a hash that is as good as random, so the order is, across draws too."""
    met, _ = MEASURES[measure]
    was_replaced = exists().where(Replacement.sampled_case_id == SampledCase.id)
    rows = session.execute(
        select(
            SampledCase.stratum_id,
            FrameCase.reference,
            SampledCase.ticket,
            ~was_replaced,
            Review.id.is_not(None),
            met,
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Review, is_submitted())
        .where(SampledCase.draw_id.in_([draw.id for draw in draws]))
    )
    return sorted((_Drawn(*row) for row in rows), key=lambda case: case.ticket)


def _unbroken(cases: Sequence[_Drawn], populations: dict[int, int]) -> int:
    """How many of the drawn cases come, by ticket, before any case of the frames that was not drawn.

    Only the tickets of drawn cases are known here. Those of the others of a stratum come after its last
    drawn one, so up to the first such last one nothing is missing.
    """
    drawn = Counter(case.stratum_id for case in cases)
    last = {case.stratum_id: case.ticket for case in cases}
    ends = [last[stratum] for stratum, size in populations.items() if drawn[stratum] < size]
    known = [case.stratum_id for case in cases if not ends or case.ticket <= min(ends)]
    return whole_order_prefix(known, drawn)


def _reviewed(order: Sequence[_Drawn]) -> list[_Drawn]:
    """The cases that are reviewed up to the first gap."""
    return list(takewhile(lambda case: case.is_reviewed, order))


def _reviewed_in_each(order: Sequence[_Drawn]) -> list[_Drawn]:
    """The cases that are reviewed up to the first gap of their own stratum."""
    stopped: set[int] = set()
    kept = []
    for case in order:
        if not case.is_reviewed:
            stopped.add(case.stratum_id)
        elif case.stratum_id not in stopped:
            kept.append(case)
    return kept
