"""Do two reviewers agree about the same cases, one of them blind to the other's scores?

Counts of blind pairs of the same scorecard version and evidence cut-off: the manager first, then QA.
Samples chosen by the manager's verdict, many reviewers, and single answers have files of their own;
their public names are imported from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampling.hypergeometric import binomial_at_most, check_level, checked_counts, whole_numbers
from sampling.intervals import rate_interval
from sampling.refused import Refused
from scorecards.item_agreement import ItemAgreement, item_agreement
from scorecards.reliability import Reliability, reliability
from scorecards.weighted_agreement import WeightedAgreement, weighted_agreement

__all__ = [
    "Agreement",
    "ItemAgreement",
    "Reliability",
    "WeightedAgreement",
    "agreement",
    "cohens_kappa",
    "gwets_ac1",
    "item_agreement",
    "reliability",
    "weighted_agreement",
]


@dataclass(frozen=True)
class Agreement:
    """Every figure of a two-by-two table of verdicts; shares from 0 to 1, `None` where undefined."""

    pairs: int
    raw: float | None
    raw_low: float | None
    raw_high: float | None
    chance: float | None
    floor: float | None
    not_met: float | None
    not_met_low: float | None
    not_met_high: float | None
    detection: float | None
    mcnemar: float
    mcnemar_midp: float
    kappa: float | None
    kappa_se: float | None
    pabak: float | None
    ac1: float | None
    ac1_se: float | None
    prevalence: float | None
    bias: float | None
    population: int | None
    confidence: float


def agreement(
    both_met: int,
    missed: int,
    overcalled: int,
    both_not_met: int,
    *,
    population: int | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Do the manager and QA agree, and if not, in which direction?

    Counts of cases scored by both: both met; missed (manager met, QA not); overcalled (manager not met,
    QA met); both not met. Assumes a simple random sample of cases: of `population` cases when that is
    given (the raw interval is then exact for them), else of a population without end (Clopper-Pearson).

    `.raw` agreement stands beside two lines: `.chance`, what two reviewers who tick at random at these
    rates reach, and `.floor`, the least that these rates allow. `.not_met` is agreement on not met,
    2d/(2d + b + c), its interval the Clopper-Pearson interval of θ = d/(b + c + d) mapped by 2θ/(1 + θ);
    `.detection` the share of QA's not-mets that the manager found, d/(b + d). `.mcnemar` and
    `.mcnemar_midp` are exact two-sided p-values of the direction (McNemar 1947; mid-p Fagerland, Lydersen
    and Laake 2013), 1 without discordant pairs. `.kappa` Cohen (1960), `.pabak` Byrt and others (1993),
    `.ac1` Gwet (2008), with large-sample standard errors. `.prevalence`, (a − d)/n, and `.bias`, (b − c)/n,
    say why they differ (Byrt and others): how far both lean to met rather than not met, and how much more
    often the manager says met than QA; kappa = (PABAK − prevalence² + bias²)/(1 − prevalence² + bias²).

    `None` where undefined: the shares of nothing, kappa when all pairs are in one cell. Raises `Refused`
    for counts that cannot be and a confidence outside (0, 1).
    """
    check_level("confidence", confidence)
    a, b, c, d = whole_numbers("The pairs", [both_met, missed, overcalled, both_not_met]).tolist()
    n = a + b + c + d
    if population is not None:
        checked_counts("The number agreed", a + d, n, population)
    mcnemar, midp = _mcnemar(b, c)
    not_met_low, not_met_high = _not_met_interval(b + c, d, confidence)
    raw = rate_interval(a + d, n, population, confidence=confidence)
    kappa, kappa_se = cohens_kappa([[a, b], [c, d]])
    ac1, ac1_se = gwets_ac1([[a, b], [c, d]])
    return Agreement(
        pairs=n,
        raw=_ratio(a + d, n),
        raw_low=raw.low if n else None,
        raw_high=raw.high if n else None,
        chance=_ratio((a + b) * (a + c) + (c + d) * (b + d), n * n),
        floor=_ratio(abs(n - (c + d) - (b + d)), n),
        not_met=_ratio(2 * d, 2 * d + b + c),
        not_met_low=not_met_low,
        not_met_high=not_met_high,
        detection=_ratio(d, b + d),
        mcnemar=mcnemar,
        mcnemar_midp=midp,
        kappa=kappa,
        kappa_se=kappa_se,
        pabak=_ratio(2 * (a + d) - n, n),
        ac1=ac1,
        ac1_se=ac1_se,
        prevalence=_ratio(a - d, n),
        bias=_ratio(b - c, n),
        population=population,
        confidence=confidence,
    )


def cohens_kappa(table: Sequence[Sequence[int]]) -> tuple[float | None, float | None]:
    """How far do two reviewers agree beyond chance? Cohen's kappa and its large-sample standard error.

    `table` is square: rows the first reviewer's categories, columns the second's, counts of cases.
    (p_o − p_e)/(1 − p_e), p_e from each reviewer's own rates: Cohen (1960), Educational and Psychological
    Measurement 20, 37-46. Standard error: Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72,
    323-327, equation 13. Kappa is `None` when all cases are in one category of both; the standard error is
    `None` too when the reviewers agree throughout, where the formula's 0 would claim certainty.
    """
    counts = _square(table)
    n = counts.sum()
    agreed, by_chance = int(np.trace(counts)), int(counts.sum(axis=1) @ counts.sum(axis=0))
    if by_chance == n * n:
        return None, None
    p = counts / n
    first, second = p.sum(axis=1), p.sum(axis=0)
    observed, expected = agreed / n, by_chance / n**2
    kappa = (observed - expected) / (1 - expected)
    if agreed == n:
        return 1.0, None
    agreeing = np.sum(np.diag(p) * (1 - (first + second) * (1 - kappa)) ** 2)
    weights = (second[:, None] + first[None, :]) ** 2
    differing = (1 - kappa) ** 2 * (np.sum(p * weights) - np.sum(np.diag(p) * np.diag(weights)))
    variance = (agreeing + differing - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    return float(kappa), _root(variance)


def gwets_ac1(table: Sequence[Sequence[int]]) -> tuple[float | None, float | None]:
    """How far do two reviewers agree beyond chance, when nearly all cases are alike? Gwet's AC1 and its SE.

    `table` as in `cohens_kappa`. (p_o − p_e)/(1 − p_e) with p_e = Σ π_k (1 − π_k)/(q − 1), π_k the mean of
    both reviewers' shares of category k: Gwet (2008), British Journal of Mathematical and Statistical
    Psychology 61, 29-48. The standard error is his linearised one with divisor n, no finite-population
    correction; `None` when the reviewers agree throughout. Both `None` without cases.
    """
    counts = _square(table)
    n, categories = counts.sum(), len(counts)
    if n == 0:
        return None, None
    p = counts / n
    shares = (p.sum(axis=1) + p.sum(axis=0)) / 2
    observed = float(np.trace(p))
    expected = float(np.sum(shares * (1 - shares))) / (categories - 1)
    ac1 = (observed - expected) / (1 - expected)
    if np.trace(counts) == n:
        return 1.0, None
    # One term a case: its own agreement, less what its categories do to agreement by chance.
    own_chance = (1 - (shares[:, None] + shares[None, :]) / 2) / (categories - 1)
    terms = (np.eye(categories) - expected) / (1 - expected)
    terms = terms - 2 * (1 - ac1) * (own_chance - expected) / (1 - expected)
    variance = np.sum(p * (terms - ac1) ** 2) / n
    return ac1, _root(variance)


def _mcnemar(missed: int, overcalled: int) -> tuple[float, float]:
    """Exact p-value and mid-p that misses and overcalls are equally likely."""
    if missed == overcalled:
        return 1.0, 1.0
    smaller, discordant = min(missed, overcalled), missed + overcalled
    tail = float(binomial_at_most(smaller, discordant, 0.5))
    below = float(binomial_at_most(smaller - 1, discordant, 0.5)) if smaller else 0.0
    return min(1.0, 2 * tail), tail + below


def _not_met_interval(discordant: int, both: int, confidence: float) -> tuple[float | None, float | None]:
    if discordant + both == 0:
        return None, None
    theta = rate_interval(both, discordant + both, confidence=confidence)
    return 2 * theta.low / (1 + theta.low), 2 * theta.high / (1 + theta.high)


def _square(table: ArrayLike) -> NDArray[np.int64]:
    counts = whole_numbers("The pairs", table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or len(counts) < 2:
        raise Refused(
            "A table of agreement is square, with two categories or more. Give one row per category."
        )
    return counts


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _root(variance: Any) -> float:
    # Rounding may leave a hair below nothing.
    return float(max(variance, 0.0) ** 0.5)
