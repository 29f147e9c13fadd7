"""What a second scoring of chosen cases says about all of them: every rate weighted by its stratum.

All or most cases that the manager failed are scored again, and a sample of those passed. A stratum is
`(cases, second_scored, qa_not_met)`. Public names are imported from `scorecards.agreement`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special

from sampling import worst_case
from sampling.hypergeometric import WholeNumbers, check_level, checked_counts
from sampling.refused import Refused
from sampling.stratified import WORST_CASE, method_for, method_name, stratified_limits

Stratum = tuple[int, int, int]


@dataclass(frozen=True)
class WeightedAgreement:
    """Shares of all cases, 0 to 1, `None` where undefined; the four counts are those of the pairs scored.

    `method` names what the limits of agreement come from, in the words of a plan.
    """

    agreement: float | None
    agreement_low: float
    agreement_high: float
    detection: float | None
    detection_low: float | None
    detection_high: float | None
    not_met_rate: float | None
    both_met: int
    missed: int
    overcalled: int
    both_not_met: int
    pairs: int
    population: int
    confidence: float
    method: str


def weighted_agreement(
    passed: Iterable[Stratum], failed: Iterable[Stratum], *, confidence: float = 0.95
) -> WeightedAgreement:
    """How often do the manager and QA agree in all cases, and what share of QA's not-mets did managers find?

    Strata by the manager's verdict: of `cases` that the manager passed (or failed) a simple random sample
    was scored again, blind, each stratum on its own, and QA found `qa_not_met` of those `second_scored` not
    met. A and B are the cases QA would find not met among those failed and those passed, Σ N·y/n and
    Σ N·x/n. `.detection` is A/(A + B), `.not_met_rate` (A + B)/N, `.agreement` the share of all cases with
    one verdict.

    The limits of detection are those of log(A/B), ± z√v with v = Var A/A² + Var B/B², and
    Var = Σ N²(1 − n/N)·q(1 − q)/n, divisor n: a large-sample interval. Those of agreement are exact
    (`sampling.stratified.stratified_limits` of agreeing counts, (1 − confidence)/2 in either tail), by the
    worst case. Where that cannot be worked out whatever the scores may be, which only the numbers of cases
    decide and never the result, the method is the one a plan would fix, `sampling.stratified.method_for`.

    `None` where undefined: rates of which a stratum with cases has none scored again; detection, when QA
    would find none not met among those passed or among those failed; its limits, when the formula's variance
    of 0 would claim certainty. Raises `Refused` for counts that cannot be and a confidence outside (0, 1).
    """
    check_level("confidence", confidence)
    kept, lost = _checked(passed), _checked(failed)
    rows = _agreeing(kept, lost)
    method = _method(rows)
    limits = stratified_limits(rows, assurance=(1 + confidence) / 2, method=method)
    found, missed = _total(lost), _total(kept)
    population, pairs = limits.population, limits.reviewed
    rate = agree = detection = low = high = None
    if found is not None and missed is not None and population:
        rate = (found[0] + missed[0]) / population
        agree = (found[0] + int(kept[0].sum()) - missed[0]) / population
        if found[0] and missed[0]:
            detection = found[0] / (found[0] + missed[0])
            low, high = _detection_limits(found, missed, confidence, is_census=pairs == population)
    x, y = int(kept[2].sum()), int(lost[2].sum())
    return WeightedAgreement(
        agreement=agree,
        agreement_low=limits.low,
        agreement_high=limits.high,
        detection=detection,
        detection_low=low,
        detection_high=high,
        not_met_rate=rate,
        both_met=int(kept[1].sum()) - x,
        missed=x,
        overcalled=int(lost[1].sum()) - y,
        both_not_met=y,
        pairs=pairs,
        population=population,
        confidence=confidence,
        method=method_name(rows, method),
    )


def _checked(strata: Iterable[Stratum]) -> tuple[WholeNumbers, WholeNumbers, WholeNumbers]:
    """Cases, second scored and not met by QA of each stratum as three arrays."""
    rows = [tuple(stratum) for stratum in strata]
    if any(len(row) != 3 for row in rows):
        raise Refused("A stratum is (cases, second scored, not met by QA). Give all three counts.")
    size, n, not_met = np.array(rows, dtype=object).reshape(-1, 3).T
    x, n, size = checked_counts("The number not met by QA", not_met, n, size)
    return size, n, x


def _agreeing(
    passed: tuple[WholeNumbers, ...], failed: tuple[WholeNumbers, ...]
) -> list[tuple[int, int, int]]:
    """Cases, second scored and agreeing of each stratum: QA agrees with a pass by finding it met."""
    size, n, not_met = passed
    columns = [np.append(size, failed[0]), np.append(n, failed[1]), np.append(n - not_met, failed[2])]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    if not rows:
        raise Refused("There is no stratum. Give those the manager passed, those failed, or both.")
    return rows


def _method(strata: list[tuple[int, int, int]]) -> str:
    """The method for these numbers of cases and of cases drawn, whatever the scores are."""
    partly = [(size, n) for size, n, _ in strata if 0 < n < size]
    if len(partly) < 2:
        return WORST_CASE  # none is needed: what is left has an exact limit
    size, n = np.array(partly).T
    if worst_case.within_reach(size, n):
        return WORST_CASE
    return method_for(dict(enumerate(size.tolist())), dict(enumerate(n.tolist())))


def _total(strata: tuple[WholeNumbers, ...]) -> tuple[float, float] | None:
    """How many of all their cases QA would find not met, and the variance of that; `None` if not known."""
    size, n, x = (counts[strata[0] > 0] for counts in strata)
    if np.any(n == 0):
        return None
    share = x / n
    variance = size**2 * (1 - n / size) * share * (1 - share) / n
    return float(np.sum(size * share)), float(np.sum(variance))


def _detection_limits(
    found: tuple[float, float], missed: tuple[float, float], confidence: float, *, is_census: bool
) -> tuple[float | None, float | None]:
    spread = found[1] / found[0] ** 2 + missed[1] / missed[0] ** 2
    if spread == 0 and not is_census:
        return None, None
    reach = special.ndtri((1 + confidence) / 2) * spread**0.5
    middle = np.log(found[0] / missed[0])
    return float(special.expit(middle - reach)), float(special.expit(middle + reach))
