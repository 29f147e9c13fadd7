"""How often do two reviewers give the same answer to a requirement, over all requirements of all cases?

Answers of one case are alike, so that a hundred answers of ten cases say less than a hundred cases would.
`item_agreement` is imported from `scorecards.agreement`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sampling.hypergeometric import WholeNumbers, check_level, check_part, checked_counts, whole_numbers
from sampling.intervals import stratified_limits
from sampling.refused import Refused


@dataclass(frozen=True)
class ItemAgreement:
    """The share of answers given alike, 0 to 1, `None` where undefined.

    `answers` and `alike` are counts of answers that both reviewers gave, `cases` are those they belong to.
    """

    share: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    answers: int
    alike: int
    cases: int
    population: int
    confidence: float


def item_agreement(
    strata: Iterable[tuple[int, ArrayLike, ArrayLike]], *, confidence: float = 0.95
) -> ItemAgreement:
    """What share of all answers would two reviewers give alike, judging by cases that both scored?

    A stratum is `(population, answers, alike)`: its number of cases, and for each case that both scored how
    many answers can be compared and how many of those are the same. Assumes a simple random sample of cases
    in each stratum; nothing is assumed of the answers within a case.

    `.share` is the ratio p = Σ N_h ȳ_h/Σ N_h m̄_h of the mean numbers alike and answered; its linearised
    standard error has the variance Σ N_h²(1 − n_h/N_h)·s_h²/n_h over (Σ N_h m̄_h)², s_h² the sample variance
    of the residuals y_i − p·m_i of cases: Cochran (1977), Sampling Techniques, 3rd ed., section 6.11. `.low`
    and `.high` are the interval of Korn and Graubard (1998), Survey Methodology 24, 193-201: Clopper-Pearson
    at the effective number of answers p(1 − p)/v·(t_{a−1}/t_{n−H})², of a answers in n cases of H strata.

    Where all answers are alike, or none, v would claim certainty: the standard error is `None`, and the
    limits are those of cases that agree throughout, or nowhere (`sampling.stratified.stratified_limits`).
    `None` where undefined: everything, when a stratum with cases has none scored or there is no answer;
    standard error and interval, when a stratum not wholly scored has one case scored, or the same share is
    alike in every case. Every case scored: both limits are the share. Raises `Refused` for counts that
    cannot be.
    """
    check_level("confidence", confidence)
    parts = [_checked(*stratum) for stratum in strata]
    population, cases = sum(size for size, _, _ in parts), sum(len(given) for _, given, _ in parts)
    answers, same = sum(int(given.sum()) for _, given, _ in parts), sum(int(y.sum()) for _, _, y in parts)

    def result(
        share: float | None, error: float | None, low: float | None, high: float | None
    ) -> ItemAgreement:
        return ItemAgreement(share, error, low, high, answers, same, cases, population, confidence)

    if not answers or any(size and not len(given) for size, given, _ in parts):
        return result(None, None, None, None)
    parts = [part for part in parts if part[0]]
    all_answers = sum(size * float(given.mean()) for size, given, _ in parts)
    share = sum(size * float(alike.mean()) for size, _, alike in parts) / all_answers
    if cases == population:
        return result(share, 0.0, share, share)
    if same in (0, answers):
        rows = [(size, len(given), len(given) if same else 0) for size, given, _ in parts]
        whole = stratified_limits(rows, assurance=(1 + confidence) / 2)
        return result(share, None, whole.low, whole.high)
    partly = [part for part in parts if len(part[1]) < part[0]]
    if any(len(given) == 1 for _, given, _ in partly):
        return result(share, None, None, None)
    spread = sum(
        size**2 * (1 - len(given) / size) * float(np.var(alike - share * given, ddof=1)) / len(given)
        for size, given, alike in partly
    )
    variance = spread / all_answers**2
    if variance < 1e-18:  # nothing but rounding: the same share in every case
        return result(share, None, None, None)
    tail = (1 - confidence) / 2
    ratio = special.stdtrit(answers - 1, tail) / special.stdtrit(cases - len(parts), tail)
    effective = share * (1 - share) / variance * ratio**2
    low = special.betaincinv(effective * share, effective * (1 - share) + 1, tail)
    high = special.betaincinv(effective * share + 1, effective * (1 - share), 1 - tail)
    return result(share, variance**0.5, float(low), float(high))


def _checked(population: int, answers: ArrayLike, alike: ArrayLike) -> tuple[int, WholeNumbers, WholeNumbers]:
    given, same = whole_numbers("The answers", answers), whole_numbers("The answers alike", alike)
    if given.ndim != 1 or given.shape != same.shape:
        raise Refused("The answers and those alike do not fit together. Give one count of each for a case.")
    check_part("The answers alike", same, "the number of answers", given)
    _, _, size = checked_counts("The cases scored", len(given), len(given), population)
    return int(size), given, same
