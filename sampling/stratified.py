"""What a sample from several strata says about all their cases together.

A stratum is `(population, reviewed, met)`. Public names are imported from `sampling.intervals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from scipy import special

from sampling import fisher, worst_case
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
from sampling.strata import Stratum

Strata = Sequence[tuple[int, int, int]]

HOEFFDING_BINOMIAL: Final = "hoeffding-binomial"
WORST_CASE: Final = "worst-case"
FISHER: Final = "fisher"
EXACT: Final = "exact hypergeometric limit"
METHODS: Final = {
    HOEFFDING_BINOMIAL: "Hoeffding-binomial limit",
    WORST_CASE: "exact worst case",
    FISHER: "Fisher combination",
}
"""The methods by which several strata are judged, and what they are called."""

_EVEN_RATES: Final = Fraction(5, 4)


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
    method: str


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


def stratified_limits(
    strata: Iterable[tuple[int, int, int]], *, assurance: float = 0.95, method: str = HOEFFDING_BINOMIAL
) -> StratifiedLimits:
    """How many of all the cases may fail at most, and must fail at least, judging by several strata?

    Each stratum is `(population, reviewed, met)`, drawn at random without replacement and independently
    of the others. Each limit alone holds with the chance `assurance` or more, whatever the strata hide,
    if the method was fixed before any result was seen (`method_for`). `.low` and `.high` are rates of
    meeting, 0 to 1; `.most_failing` and `.fewest_failing` the counts of failing cases they come from.

    "hoeffding-binomial": the number not met in the sample is a sum of independent Bernoulli variables (the
    hypergeometric generating function has only real roots: Vatutin and Mikhailov 1982, Theory of
    Probability and its Applications 27, 734-743), so its lower tail is at most the binomial's with the
    same mean (Hoeffding 1956, Annals of Mathematical Statistics 27, 713-721, theorem 4), and the mean is at
    least what it is when the failing cases sit where they are sampled most thinly. Never refused for
    unequal sampling rates: failures seen where many cases were sampled only make it loose.
    "worst-case": the least favourable way to spread the failing cases, exactly (`sampling.worst_case`).
    "fisher": a test of each stratum, combined (`sampling.fisher`); more than twice as far off as the others
    while hardly any case fails, closer than Hoeffding-binomial when many fail where many were sampled.
    Adding the strata up as if they were one population is no method: it takes all for sampled at one rate.

    Three kinds of strata need no method and come out first. Wholly reviewed: the failing count is known.
    Nothing reviewed: every case, or none, may fail. When only one other stratum is left, its exact
    hypergeometric limit takes the place of the method. Raises `Refused` for counts that cannot be, another
    method, and a worst case that is too large to work out (`sampling.worst_case.TooLarge`).
    """
    check_level("assurance", assurance)
    check_method(method)
    size, n, met = checked_strata(strata)
    population, level = int(size.sum()), 1 - assurance
    most = _most_failing(size, n, n - met, level, method)
    fewest = population - _most_failing(size, n, met, level, method)
    return StratifiedLimits(
        low=(population - most) / population if population else 0.0,
        high=(population - fewest) / population if population else 1.0,
        most_failing=most,
        fewest_failing=fewest,
        population=population,
        reviewed=int(n.sum()),
        assurance=assurance,
        method=method,
    )


def method_for(populations: Mapping[Stratum, int], sizes: Mapping[Stratum, int]) -> str:
    """Which method must the plan of this sample fix, before any result is seen?

    `populations` and `sizes` give the cases of each stratum and how many of them are drawn; a stratum
    without a size has none drawn. Strata drawn whole or not at all have no part in it. Fewer than two
    others, or sampling rates n/N of which the largest is at most 1.25 times the smallest, compared
    exactly: "hoeffding-binomial". Else "worst-case", where it can be worked out whatever the sample will
    show (three strata of a thousand cases, 90 of each drawn, or more strata of fewer), and else "fisher".
    """
    unknown = [stratum for stratum in sizes if stratum not in populations]
    if unknown:
        raise Refused(
            f"A size is given for {unknown[0]!r}, which is not one of the strata. Give sizes of strata only."
        )
    drawn = [sizes.get(stratum, 0) for stratum in populations]
    _, n, size = checked_counts("The number met", 0, drawn, list(populations.values()))
    partly = (n > 0) & (n < size)
    size, n = size[partly], n[partly]
    rates = [Fraction(*pair) for pair in zip(n.tolist(), size.tolist(), strict=True)]
    if len(rates) < 2 or max(rates) <= _EVEN_RATES * min(rates):
        return HOEFFDING_BINOMIAL
    return WORST_CASE if worst_case.within_reach(size, n) else FISHER


def method_name(strata: Strata, method: str) -> str:
    """What limits of these strata are called: by their method, or exact where none is needed."""
    check_method(method)
    size, n, _ = checked_strata(strata)
    return METHODS[method] if np.count_nonzero((n > 0) & (n < size)) > 1 else EXACT


def check_method(method: str) -> None:
    """Refuse what is not one of the methods."""
    if method not in METHODS:
        raise Refused(
            f"There is no method {method!r} for several strata. "
            f"Use {', '.join(map(repr, METHODS))}; which of them, the plan says."
        )


def most_failing_in_strata(
    strata: Iterable[tuple[int, int, int]], *, assurance: float, method: str = HOEFFDING_BINOMIAL
) -> int:
    """The `.most_failing` of `stratified_limits`, without its other side."""
    check_level("assurance", assurance)
    check_method(method)
    size, n, met = checked_strata(strata)
    return _most_failing(size, n, n - met, 1 - assurance, method)


def rules_out(strata: Strata, breach: int, *, assurance: float, method: str = HOEFFDING_BINOMIAL) -> bool:
    """Is every count of failing cases from `breach` upwards ruled out by `stratified_limits`?

    The same as `stratified_limits(strata, assurance=assurance, method=method).most_failing < breach`,
    without working out the limit: searches ask this hundreds of times.
    """
    check_method(method)
    size, n, met = np.asarray(strata, dtype=np.int64).reshape(-1, 3).T
    settled, size, n, x = _set_aside(size, n, n - met)
    first, last, seen = breach - settled, int((size - n + x).sum()), int(x.sum())
    if first <= seen:
        return False
    if first > last:
        return True
    if len(n) == 1:
        return bool(failing_limit(x, n, size, 1 - assurance)[0] < first)
    if method == WORST_CASE:
        return worst_case.rules_out(size, n, x, first, 1 - assurance)
    if method == FISHER:
        return fisher.rules_out(size, n, x, first, 1 - assurance)
    # From G = n on, m stays n and the smallest mean grows, so the chance only falls.
    failing = np.arange(first, min(max(first, int(n.sum())), last) + 1)
    return bool(np.all(rare(_chances(failing, size, n, x), 1 - assurance)))


def _most_failing(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, level: float, method: str) -> int:
    settled, size, n, x = _set_aside(size, n, x)
    if len(n) == 0:
        return settled
    if len(n) == 1:
        return settled + int(failing_limit(x, n, size, level)[0])
    if method == WORST_CASE:
        return settled + worst_case.most_failing(size, n, x, level)
    if method == FISHER:
        return settled + fisher.most_failing(size, n, x, level)
    failing = np.arange(int(x.sum()), int((size - n + x).sum()) + 1)
    kept = ~rare(_chances(failing, size, n, x), level)
    return settled + int(np.max(failing[kept], initial=failing[0]))


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
