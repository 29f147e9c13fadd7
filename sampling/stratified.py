"""What a sample from several strata says about all their cases together.

A stratum is `(population, reviewed, met)`. Public names are imported from `sampling.intervals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from sampling.hypergeometric import (
    Numbers,
    WholeNumbers,
    binomial_at_most,
    check_level,
    checked_counts,
    failing_limit,
    rare,
)
from sampling.refused import Refused

Strata = Sequence[tuple[int, int, int]]


@dataclass(frozen=True)
class StratifiedEstimate:
    """The share of all cases that meet; `None` where the sample does not define it."""

    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    population: int
    reviewed: int
    confidence: float


@dataclass(frozen=True)
class StratifiedLimits:
    """One-sided limits: rates of meeting, and the counts of failing cases behind them."""

    low: float
    high: float
    most_failing: int
    fewest_failing: int
    population: int
    reviewed: int
    assurance: float


def stratified_estimate(
    strata: Iterable[tuple[int, int, int]], *, confidence: float = 0.95
) -> StratifiedEstimate:
    """What share of all the cases meets, judging by samples from several strata?

    Each stratum is `(population, reviewed, met)`, drawn at random without replacement and independently
    of the others. The estimate is Σ W_h p_h with the finite-population variance
    Σ W_h² (1 − f_h) p_h (1 − p_h)/(n_h − 1). `low` and `high` are the two-sided interval of Korn and
    Graubard (1998), Survey Methodology 24, 193-201, as `svyciprop(method="beta")` of R's survey gives it:
    Clopper-Pearson at the effective sample size p(1 − p)/v·(t_{n−1}/t_{n−H})², not capped at n. It is for
    display; verdicts use `stratified_limits`.

    `None` where undefined: everything, when nothing is reviewed in a stratum that has cases; standard
    error and interval, when a stratum not wholly reviewed has one reviewed case. All met or none met:
    standard error 0.0 and no interval. Every case reviewed: both limits are the estimate.
    Raises `Refused` for counts that cannot be.
    """
    check_level("confidence", confidence)
    size, n, met = checked_strata(strata)
    population, reviewed = int(size.sum()), int(n.sum())

    def result(
        estimate: float | None, error: float | None, low: float | None, high: float | None
    ) -> StratifiedEstimate:
        return StratifiedEstimate(estimate, error, low, high, population, reviewed, confidence)

    if population == 0 or np.any((n == 0) & (size > 0)):
        return result(None, None, None, None)
    size, n, met = size[size > 0], n[size > 0], met[size > 0]
    share = met / n
    estimate = float(np.sum(size * share) / population)
    if np.all(n == size):
        return result(estimate, 0.0, estimate, estimate)
    if met.sum() in (0, n.sum()):
        return result(estimate, 0.0, None, None)
    partly = n < size
    if np.any(n[partly] == 1):
        return result(estimate, None, None, None)
    parts = (size / population) ** 2 * (1 - n / size) * share * (1 - share) / np.maximum(n - 1, 1)
    variance = float(np.sum(parts[partly]))
    if variance == 0:
        return result(estimate, 0.0, None, None)
    low, high = _korn_graubard(estimate, variance, int(n.sum()), len(n), confidence)
    return result(estimate, variance**0.5, low, high)


def _korn_graubard(p: float, variance: float, n: int, strata: int, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    ratio = special.stdtrit(n - 1, tail) / special.stdtrit(n - strata, tail)
    effective = p * (1 - p) / variance * ratio**2
    low = special.betaincinv(effective * p, effective * (1 - p) + 1, tail)
    high = special.betaincinv(effective * p + 1, effective * (1 - p), 1 - tail)
    return float(low), float(high)


def stratified_limits(strata: Iterable[tuple[int, int, int]], *, assurance: float = 0.95) -> StratifiedLimits:
    """How many of all the cases may fail at most, and must fail at least, judging by several strata?

    Each stratum is `(population, reviewed, met)`, drawn at random without replacement and independently
    of the others. Each limit alone holds with the chance `assurance` or more, whatever the strata hide;
    it is never refused for unequal sampling rates, it only gets loose. `.low` and `.high` are rates of
    meeting, 0 to 1; `.most_failing` and `.fewest_failing` the counts of failing cases they come from.

    The Hoeffding-binomial bound. The number not met in the sample is a sum of independent Bernoulli
    variables (the hypergeometric generating function has only real roots: Vatutin and Mikhailov 1982,
    Theory of Probability and its Applications 27, 734-743), so its lower tail is at most the binomial's
    with the same mean (Hoeffding 1956, Annals of Mathematical Statistics 27, 713-721, theorem 4), and the
    mean is at least what it is when the failing cases sit where they are sampled most thinly.

    Three kinds of strata need no bound and come out first. Wholly reviewed: the failing count is known.
    Nothing reviewed: every case, or none, may fail. When only one other stratum is left, its exact
    hypergeometric limit takes the place of the bound. Raises `Refused` for counts that cannot be.
    """
    check_level("assurance", assurance)
    size, n, met = checked_strata(strata)
    population, level = int(size.sum()), 1 - assurance
    most = _most_failing(size, n, n - met, level)
    fewest = population - _most_failing(size, n, met, level)
    return StratifiedLimits(
        low=(population - most) / population if population else 0.0,
        high=(population - fewest) / population if population else 1.0,
        most_failing=most,
        fewest_failing=fewest,
        population=population,
        reviewed=int(n.sum()),
        assurance=assurance,
    )


def rules_out(strata: Strata, breach: int, *, assurance: float) -> bool:
    """Is every count of failing cases from `breach` upwards ruled out by `stratified_limits`?

    The same as `stratified_limits(strata, assurance=assurance).most_failing < breach`, without
    working out the limit: searches ask this hundreds of times.
    """
    size, n, met = np.asarray(strata, dtype=np.int64).reshape(-1, 3).T
    settled, size, n, x = _set_aside(size, n, n - met)
    first, last, seen = breach - settled, int((size - n + x).sum()), int(x.sum())
    if first <= seen:
        return False
    if first > last:
        return True
    if len(n) == 1:
        return bool(failing_limit(x, n, size, 1 - assurance)[0] < first)
    # From G = n on, m stays n and the smallest mean grows, so the chance only falls.
    failing = np.arange(first, min(max(first, int(n.sum())), last) + 1)
    return bool(np.all(rare(_chances(failing, size, n, x), 1 - assurance)))


def _most_failing(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, level: float) -> int:
    settled, size, n, x = _set_aside(size, n, x)
    if len(n) == 0:
        return settled
    if len(n) == 1:
        return settled + int(failing_limit(x, n, size, level)[0])
    failing = np.arange(int(x.sum()), int((size - n + x).sum()) + 1)
    kept = ~rare(_chances(failing, size, n, x), level)
    return settled + int(failing[kept][-1])


def _set_aside(
    size: WholeNumbers, n: WholeNumbers, x: WholeNumbers
) -> tuple[int, WholeNumbers, WholeNumbers, WholeNumbers]:
    """The most failing cases of the strata that need no bound, and the other strata."""
    known = int(x[n == size].sum())
    hidden = int(size[(n == 0) & (size > 0)].sum())
    rest = (n > 0) & (n < size)
    return known + hidden, size[rest], n[rest], x[rest]


def _chances(failing: WholeNumbers, size: WholeNumbers, n: WholeNumbers, x: WholeNumbers) -> Numbers:
    """p(G): the largest chance of as few not met as were seen, for each total G of failing cases."""
    seen = int(x.sum())
    mean = _smallest_means(failing - seen, size, n, x)
    trials = np.minimum(int(n.sum()), failing)
    chance = binomial_at_most(seen, np.maximum(trials, 1), np.minimum(mean / np.maximum(trials, 1), 1.0))
    # Hoeffding's theorem speaks only of counts at least one below the mean.
    return np.where(seen > mean - 1, 1.0, chance)


def _smallest_means(unseen: Any, size: WholeNumbers, n: WholeNumbers, x: WholeNumbers) -> Numbers:
    """The smallest Σ f_h g_h: `unseen` failing cases among those not reviewed, thinnest strata first."""
    rate = n / size
    thinnest_first = np.argsort(rate, kind="stable")
    room = (size - n)[thinnest_first]
    filled = np.concatenate(([0], np.cumsum(room)))
    mean = np.concatenate(([0.0], np.cumsum(room * rate[thinnest_first])))
    unseen_mean: Numbers = np.interp(unseen, filled, mean)
    return unseen_mean + float(np.sum(rate * x))


def checked_strata(
    strata: Iterable[tuple[int, int, int]],
) -> tuple[WholeNumbers, WholeNumbers, WholeNumbers]:
    """Population, reviewed and met of each stratum as three arrays; `Refused` if they cannot be."""
    rows = [tuple(stratum) for stratum in strata]
    if not rows or any(len(row) != 3 for row in rows):
        raise Refused(
            "A stratum is (population, reviewed, met), and at least one is needed. Give all three counts."
        )
    size, reviewed, met = zip(*rows, strict=True)
    met_counts, n, population = checked_counts("The number met", met, reviewed, size)
    return population, n, met_counts
