"""What may be read off a sample at any time while it is reviewed: limits that hold at every look."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Final

import numpy as np
from sqlalchemy import select
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
from sampling.tables import Draw, FrameCase, Purpose, SampledCase, Stratum
from scorecards.in_scope import Drawn, turning_points
from scorecards.measure_results import standard_of
from scorecards.result_counts import (
    MEASURES,
    Sample,
    is_replaced,
    is_submitted,
    replaced_by_stratum,
    sample_of,
)
from scorecards.results import judged_measures, visible_sample
from scorecards.tables import Review

_SIZES: Final = 100  # so many numbers of cases in scope are looked at, the largest: a click must not wait


@dataclass(frozen=True)
class RunningResult:
    """One standard, read while its sample is reviewed; `low` to `met` have one entry per case in the order.

    The order is that of the tickets, from the first case on and without a gap. `low` and `high` are rates
    of meeting, 0 to 1. `reviewed` counts all reviewed cases, those beyond a gap too; `readable` is how far
    the order of tickets goes on at most: with strata, to where the first of them is drawn to its end.
    `is_by_stratum` says that each stratum is read in its own order, which needs no such end. `waits_for` is
    the first case in the order that is not reviewed, and with it the order reaches `would_reach` cases.
    `population` is the most cases that can be in scope. Where some were replaced, the limits are the widest,
    and a standard is shown once it is, over the numbers of cases in scope there can be at which one failing
    case more is allowed (`scorecards.in_scope`), of large frames over the largest hundred of them; stratum
    by stratum, over the frozen numbers and N − r.
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
    sample = sample_of(session, draw)
    populations = {
        stratum.id: stratum.population
        for stratum in session.scalars(select(Stratum).where(Stratum.frame_id.in_(sample.frame_ids)))
    }
    return tuple(
        _running(session, sample, populations, measure) for measure in judged_measures(session, sample)
    )


def _running(session: Session, sample: Sample, populations: dict[int, int], measure: str) -> RunningResult:
    plan, standard = sample.draw.plan, standard_of(session, sample.draw, measure)
    cases = _in_ticket_order(session, sample.draws, measure)
    replaced = replaced_by_stratum(session, sample.draws)
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

    drawn = sum(case.counts for case in cases)
    whole = Drawn(sum(populations.values()), drawn, 0, replaced=sum(replaced.values()))
    largest, *others = turning_points(whole, standard)
    in_scope = {number: size - replaced.get(number, 0) for number, size in populations.items()}

    def sequences(undecided: int) -> list[ConfidenceSequence]:
        results = [(case.stratum_id, undecided if case.met is None else int(case.met)) for case in prefix]
        if by_stratum:
            each = [in_scope] if populations == in_scope or whole.is_exhausted else [in_scope, populations]
            return [
                stratified_confidence_sequence(results, sizes, confidence=level, prior=prior)
                for sizes in each
            ]
        return [
            confidence_sequence([result for _, result in results], size, confidence=level, prior=prior)
            for size in [largest, *others[-_SIZES:]]
        ]

    undecided = sum(case.met is None for case in prefix)
    lower = sequences(0)
    upper = sequences(1) if undecided else lower
    return RunningResult(
        measure=measure,
        standard=standard,
        confidence=level,
        population=whole.most_in_scope,
        drawn=drawn,
        reviewed=sum(case.counts and case.is_reviewed for case in cases),
        readable=len(order),
        is_by_stratum=by_stratum,
        waits_for=missing.reference if missing else None,
        would_reach=len(
            read([replace(case, is_reviewed=True) if case is missing else case for case in order])
        ),
        low=tuple(np.min([each.low for each in lower], axis=0).tolist()),
        high=tuple(np.max([each.high for each in upper], axis=0).tolist()),
        met=tuple(accumulate(int(case.met or 0) for case in prefix)),
        not_assessable=undecided,
        first_met=_last([each.first_met(standard) for each in lower]),
        first_missed=_last([each.first_missed(standard) for each in upper]),
        contradicted_at=_last([each.contradicted_at for each in lower])
        or _last([each.contradicted_at for each in upper]),
    )


def _last(moments: Sequence[int | None]) -> int | None:
    """When the last of several things had happened; None until all have."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


def _in_ticket_order(session: Session, draws: Sequence[Draw], measure: str) -> list[_Drawn]:
    """Every case drawn, by ticket: a hash that is as good as random, so the order is, across draws too."""
    met, _ = MEASURES[measure]
    rows = session.execute(
        select(
            SampledCase.stratum_id,
            FrameCase.reference,
            SampledCase.ticket,
            ~is_replaced(),
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
