"""Looking while the quarter runs: limits that hold at every look, however often somebody looks.

Reading a fixed-size test again and again, until it says what is hoped for, makes false alarms. A
confidence sequence may be read after every case, and reviewing may stop whenever it says enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, overload

import numpy as np
from scipy import special

from sampling.hypergeometric import (
    Counts,
    Numbers,
    WholeNumbers,
    check_level,
    checked_counts,
    log_chance_of_exactly,
    plain,
    whole_numbers,
)
from sampling.refused import Refused
from sampling.sizes import Standard, breach
from sampling.strata import Stratum

Prior = tuple[float, float]

NEAR = 1e-9
"""Log ratios this close to the threshold count as equal to it, and a tie is on the rejecting side."""


@dataclass(frozen=True)
class ConfidenceSequence:
    """Running limits, one after each reviewed case: rates of meeting, and counts of failing cases.

    `contradicted_at` is the number of cases after which no count of failing cases agreed with everything
    seen so far, `None` if there was none: either the small chance 1 − confidence has come about, or the
    cases were not reviewed in random order. From there on the limits are what the results alone leave
    possible, which shows nothing.
    """

    low: Numbers
    high: Numbers
    most_failing: WholeNumbers
    fewest_failing: WholeNumbers
    contradicted_at: int | None
    population: int
    confidence: float

    def first_met(self, standard: Standard) -> int | None:
        """After how many reviewed cases was the standard first shown to be met? `None`: not yet."""
        return _first(self.most_failing < breach(standard, self.population))

    def first_missed(self, standard: Standard) -> int | None:
        """After how many reviewed cases was the standard first shown to be missed? `None`: not yet."""
        return _first(self.fewest_failing >= breach(standard, self.population))


def confidence_sequence(
    results: Sequence[int], population: int, *, confidence: float = 0.95, prior: Prior = (99, 1)
) -> ConfidenceSequence:
    """Between which rates of meeting does the truth lie, at every moment while a sample is reviewed?

    `results` are the results so far, 1 for met and 0 for not met, in the order of review, which must be the
    order of the tickets: cases drawn at random without replacement from `population`. When cases are
    finished out of order, give those up to the first that is not finished. With the chance `confidence` or
    more, *all* the limits hold together, so that looking after every case, and stopping at will, is fair.
    For cases of several strata see `stratified_confidence_sequence` and `whole_order_prefix`.

    `prior` (met, not met) says what is expected before the first case, as the two parameters of a beta
    distribution: (99, 1) expects 99% to meet. It belongs in the plan. The limits hold whatever the truth;
    a good prior makes them narrower sooner. Empty results give empty limits. Raises `Refused` for other
    results than 0 and 1, for more results than cases, and for a prior or confidence that cannot be.

    The prior-posterior ratio of Waudby-Smith, I. and Ramdas, A. (2020), "Confidence sequences for sampling
    without replacement", NeurIPS 33, arXiv 2006.04347, theorem 1 with the beta-binomial prior, intersected
    over time.
    """
    not_met = 1 - _checked_results(results, population)
    reviewed = np.arange(1, len(not_met) + 1)
    failed = np.cumsum(not_met)
    fewest, most = limits_at_a_look(failed, reviewed, population, confidence=confidence, prior=prior)
    fewest, most = np.maximum.accumulate(fewest), np.minimum.accumulate(most)
    contradicted_at = _first(fewest > most)
    if contradicted_at is not None:
        after = slice(contradicted_at - 1, None)
        fewest[after], most[after] = failed[after], (population - reviewed + failed)[after]
    return _sequence(fewest, most, contradicted_at, int(population), confidence)


@overload
def limits_at_a_look(
    not_met: int, reviewed: int, population: int, *, confidence: float = 0.95, prior: Prior = (99, 1)
) -> tuple[int, int]: ...
@overload
def limits_at_a_look(
    not_met: Counts,
    reviewed: Counts | int,
    population: Counts | int,
    *,
    confidence: float = 0.95,
    prior: Prior = (99, 1),
) -> tuple[WholeNumbers, WholeNumbers]: ...
def limits_at_a_look(
    not_met: Any, reviewed: Any, population: Any, *, confidence: float = 0.95, prior: Prior = (99, 1)
) -> tuple[Any, Any]:
    """How many cases of the population fail at least, and at most, judging by this one look?

    The fewest and the most failing, as `confidence_sequence` has them before looks are put together;
    everything else as there. Counts may be numbers or arrays. M failing cases are ruled out when the result
    is at least 1/(1 − confidence) times likelier under the prior than under M: with results x of n, when
    π₀(M)/π_n(M) = BetaBinomial(x; n, prior)/Hypergeometric(x; n, M) is so large.
    """
    check_level("confidence", confidence)
    met_prior, not_met_prior = _checked_prior(prior)
    x, n, size = np.broadcast_arrays(*checked_counts("The number not met", not_met, reviewed, population))
    log_choose = -special.betaln(n - x + 1, x + 1) - np.log(n + 1)
    expected = special.betaln(met_prior + n - x, not_met_prior + x) - special.betaln(met_prior, not_met_prior)
    least = log_choose + expected + log(1 - confidence) + NEAR

    def edge(outside: Any) -> Any:
        # The chance of x rises with M up to the likeliest M, which is never ruled out, and then falls.
        inside = np.clip(x * (size + 1) // np.maximum(n, 1), x, size - n + x)
        while np.any(abs(inside - outside) > 1):
            middle = (inside + outside) // 2
            kept = log_chance_of_exactly(x, n, size, middle) > least
            inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
        return inside

    return plain(edge(x - 1)), plain(edge(size - n + x + 1))


def stratified_confidence_sequence(
    results: Iterable[tuple[Stratum, int]],
    populations: Mapping[Stratum, int],
    *,
    confidence: float = 0.95,
    prior: Prior = (99, 1),
) -> ConfidenceSequence:
    """The same for samples from several strata, whichever stratum each reviewed case is from.

    `results` are pairs of stratum and result (1 met, 0 not met) in the order of review; within each stratum
    that must be the order of the tickets, while the strata may take turns, or follow one another, as the
    work goes. `populations` gives the cases of each stratum. One sequence runs per stratum, each at
    1 − (1 − confidence)/H for H strata, and their counts of failing cases are added up, so that all limits
    hold together with the chance `confidence` or more. Simple, but wide: `whole_order_prefix` does better
    while it lasts. A contradiction in one stratum counts as one of the whole.
    """
    check_level("confidence", confidence)
    pairs = list(results)
    strata = {
        stratum: int(whole_numbers(f"The size of stratum {stratum!r}", size))
        for stratum, size in populations.items()
    }
    strange = next((stratum for stratum, _ in pairs if stratum not in strata), None)
    if strange is not None:
        raise Refused(
            f"There is a result of stratum {strange!r}, whose size is not given. Give its number of cases."
        )
    level = 1 - (1 - confidence) / max(1, sum(size > 0 for size in strata.values()))
    most, fewest = np.zeros(len(pairs), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
    contradictions = []
    for stratum, size in strata.items():
        mine = np.array([of == stratum for of, _ in pairs], dtype=bool)
        part = confidence_sequence(
            [result for of, result in pairs if of == stratum], size, confidence=level, prior=prior
        )
        so_far = np.cumsum(mine)
        most += np.concatenate([[size], part.most_failing])[so_far]
        fewest += np.concatenate([[0], part.fewest_failing])[so_far]
        if part.contradicted_at is not None:
            contradictions.append(int(np.flatnonzero(mine)[part.contradicted_at - 1]) + 1)
    return _sequence(fewest, most, min(contradictions, default=None), sum(strata.values()), confidence)


def whole_order_prefix(order: Iterable[Stratum], quotas: Mapping[Stratum, int]) -> int:
    """How many cases, first in the ticket order of all strata together, are all in the sample?

    `order` is the stratum of each case of the whole frame (or of its beginning) by rising ticket, `quotas`
    the number drawn from each stratum. The answer is the number of cases before the first that its stratum
    has no place left for. Up to there the order of tickets is a simple random sample from all cases, and
    `confidence_sequence` may read it, case by case in that order, as if there were no strata. It must not
    read one stratum after another.
    """
    left = dict(quotas)
    for number, stratum in enumerate(order):
        if left.get(stratum, 0) == 0:
            return number
        left[stratum] -= 1
    return sum(quotas.values()) - sum(left.values())


def _sequence(
    fewest: WholeNumbers, most: WholeNumbers, contradicted_at: int | None, population: int, confidence: float
) -> ConfidenceSequence:
    return ConfidenceSequence(
        low=(population - most) / max(population, 1),
        high=(population - fewest) / max(population, 1),
        most_failing=most,
        fewest_failing=fewest,
        contradicted_at=contradicted_at,
        population=population,
        confidence=confidence,
    )


def _first(happened: Any) -> int | None:
    return int(np.argmax(happened)) + 1 if np.any(happened) else None


def _checked_results(results: Sequence[int], population: int) -> WholeNumbers:
    known = np.array([result in (0, 1) for result in results], dtype=bool)
    if not np.all(known):
        number = int(np.argmin(known))
        raise Refused(
            f"Result {number + 1} is {results[number]!r}, but a result is 1 for met or 0 for not met. "
            "Give the results up to the first that is not known."
        )
    size = int(whole_numbers("The population", population))
    if len(results) > size:
        raise Refused(
            f"There cannot be {len(results)} results of a population of {size}. Check the number of cases."
        )
    return np.asarray(results, dtype=np.int64)


def _checked_prior(prior: Prior) -> Prior:
    if len(prior) != 2 or not all(isfinite(part) and part > 0 for part in prior):
        raise Refused(
            f"A prior is two numbers above 0, for met and not met, such as (99, 1); {prior} is not."
        )
    return prior
