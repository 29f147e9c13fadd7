"""What is ordinary from month to month and from team to team, and what stands out?

Rates of meeting, from 0 to 1; counts of cases as numbers or as arrays of months or teams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sampling.hypergeometric import (
    TIE,
    WholeNumbers,
    binomial_at_most,
    check_level,
    check_part,
    rare,
    whole_numbers,
)
from sampling.refused import Refused

OUTSIDE: Final = "outside the limits"
TREND: Final = "seven in a row up or down"
TWO_OF_THREE: Final = "two of three near a limit"
ONE_SIDE: Final = "seven in a row on one side"
RULES: Final = (OUTSIDE, TREND, TWO_OF_THREE, ONE_SIDE)
"""The four signs of something other than chance in a chart of single values, in NHS practice."""

_RUN = 7
_LIMIT = 2.66  # 3/1.128: three standard deviations, from the mean of ranges of two
_WIDEST_RANGE = 3.267  # the upper limit of such ranges, in their mean
_WORLDS = 1999  # in which teams differ by chance alone: the smallest p-value is 1 in 2,000
_TAILS = (0.1, 0.9)  # the shares of teams beyond which scatter is not counted in full


class Limits(NamedTuple):
    """Two rates of meeting; `None` without cases, masked where an array has months or teams without any."""

    low: Any
    high: Any


@dataclass(frozen=True)
class OverDispersion:
    """Whether teams differ among themselves by more than chance explains.

    `ratio` is their scatter around their common rate, in what chance alone makes of it. `correlation` is how
    alike two cases of one team are beyond that, from 0 to below 1. All `None` where every case, or none, is
    met.
    """

    ratio: float | None
    p_value: float | None
    correlation: float | None


@dataclass(frozen=True)
class XmrLimits:
    """The limits of single values, and by rule the positions of the values that are part of a signal."""

    mean: float | None
    low: float | None
    high: float | None
    signals: dict[str, tuple[int, ...]]


def binomial_limits(n: int | ArrayLike, rate: float | ArrayLike, *, tail: float = 0.001) -> Limits:
    """Between which rates does a month with `n` cases stay, if `rate` of all cases meet as they always did?

    `.low` is the smallest count with P(X ≤ x) > tail, over n, X binomial; `.high` the largest with
    P(X ≥ x) > tail. A rate outside them signals, which chance alone does in at most `tail` of the months a
    side; a rate at a limit is ordinary. Exact: a normal or XmR limit of rates near 98% signals far more
    often. `n` and `rate` are numbers or arrays that fit together. Without cases there are no limits.
    Raises `Refused` for counts that cannot be, a rate outside [0, 1] and a tail outside (0, 1/2).
    """
    if not 0 < tail < 0.5:
        raise Refused(f"The tail must lie between 0 and 0.5, both excluded; {tail} does not. 0.001 is usual.")
    cases, share = _cases_and_rate(n, rate)
    low = _least_likely_enough(cases, share, tail)
    high = cases - _least_likely_enough(cases, 1 - share, tail)
    return Limits(
        _where_cases(cases, low / np.maximum(cases, 1)), _where_cases(cases, high / np.maximum(cases, 1))
    )


def funnel_limits(
    n: int | ArrayLike, target: float | ArrayLike, *, level: float, correlation: float = 0.0
) -> Limits:
    """Where do the lines of a funnel of teams run, at a team of `n` cases, if all are on target?

    Spiegelhalter, D. J. (2005), "Funnel plots for comparing institutional performance", Statistics in
    Medicine 24, 1185-1202, appendix A.1.1: for p = (1 − level)/2 below and (1 + level)/2 above, r the
    smallest count with P(X ≤ r) ≥ p and α = (P(X ≤ r) − p)/P(X = r), the line is (r − α)/n, but not below 0.
    Usual levels are 0.95 and 0.998. The lines are for the eye: the upper one stands below 1 wherever the
    cases are few, and a team all of whose cases meet is above it. Whether a team is outside, `outside` says.
    With a `correlation` from `over_dispersion` X is beta-binomial instead of binomial, and the lines stand
    further apart. Numbers and arrays, and what is refused, as in `binomial_limits`.
    """
    check_level("level", level)
    cases, share = _cases_and_rate(n, target)
    lines = []
    for chance in ((1 - level) / 2, (1 + level) / 2):
        count = _smallest(cases, lambda x, p=chance: _at_most(x, cases, share, correlation) >= p)
        reached = _at_most(count, cases, share, correlation)
        below = np.where(count > 0, _at_most(np.maximum(count - 1, 0), cases, share, correlation), 0.0)
        line = count - (reached - chance) / (reached - below)
        lines.append(_where_cases(cases, np.maximum(line, 0.0) / np.maximum(cases, 1)))
    return Limits(*lines)


def outside(
    met: int | ArrayLike,
    n: int | ArrayLike,
    target: float | ArrayLike,
    *,
    level: float,
    correlation: float = 0.0,
) -> Any:
    """Is a team further from the target than chance explains? A bool, or an array of them.

    P(X ≤ met) or P(X ≥ met) is at most (1 − level)/2, ties included, X binomial with `n` cases at `target`:
    an exact test a side. A team on target is called outside with a chance of at most 1 − level, and of k
    such teams at least one with up to 1 − levelᵏ. With a `correlation` from `over_dispersion` the question
    is whether it is further away than chance and the ordinary difference between teams explain. Without
    cases a team is never outside.
    """
    check_level("level", level)
    cases, share = _cases_and_rate(n, target)
    good = whole_numbers("The number met", met)
    check_part("The number met", good, "the number of cases", cases)
    fewest = _at_most(good, cases, share, correlation)
    most = _at_most(cases - good, cases, 1 - share, correlation)
    found = rare(np.minimum(fewest, most), (1 - level) / 2)
    return bool(found) if np.ndim(found) == 0 else found


def over_dispersion(met: ArrayLike, n: ArrayLike, *, seed: int) -> OverDispersion:
    """Do teams differ among themselves by more than chance explains, and how much?

    The scatter is that of Spiegelhalter, D. J. (2005), "Handling over-dispersion of performance indicators",
    Quality and Safety in Health Care 14, 347-351: the mean of the squared distances of the teams from the
    rate of all together, in standard deviations, each distance beyond the 10% that lie furthest on its side
    taken as those are (winsorised), so that one odd team does not make all the others look ordinary. His
    chi-squared test of it is wrong near 98%, where teams expect a failure or two. Here the p-value is the
    share, in `_WORLDS` worlds and this one, of as much scatter or more when the cases that were not met fall
    on teams at random (multivariate hypergeometric, given how many there are): valid at any number of cases
    (Barnard 1963). The scatter in the mean of those worlds is the ratio, and what it has beyond 1 is put
    down to a correlation ρ inside teams, as E z² = 1 + (n − 1)ρ. `seed` picks the worlds.
    Assumes independent reviews of many cases.
    """
    cases, good = whole_numbers("The number of cases", n), whole_numbers("The number met", met)
    check_part("The number met", good, "the number of cases", cases)
    cases, failed = cases[cases > 0], (cases - good)[cases > 0]
    if not 0 < failed.sum() < cases.sum() or len(cases) < 2:
        return OverDispersion(None, None, None)
    by_chance = np.random.default_rng(seed).multivariate_hypergeometric(
        cases, int(failed.sum()), size=_WORLDS, method="marginals"
    )
    scatter, *worlds = _scatter(np.vstack([failed, by_chance]), cases)
    as_much = sum(world >= scatter / TIE for world in worlds)
    ratio = float(scatter / np.mean(worlds))
    extra = (ratio - 1) * len(cases) / max(int((cases - 1).sum()), 1)
    return OverDispersion(ratio, (1 + as_much) / (1 + _WORLDS), float(np.clip(extra, 0, 0.99)))


def xmr_limits(values: Sequence[float] | NDArray[Any]) -> XmrLimits:
    """Is a series of counts, one a month, ordinary, or has something changed?

    Individual values and moving ranges, as in the NHS "Making Data Count" practice: limits stand 2.66 times
    the mean moving range from the mean, after moving ranges of 3.267 times their mean or more were left out,
    once. Limits are not clipped at 0. `.signals` gives for each of `RULES` the positions, from 0, of the
    values that are part of one: beyond a limit; seven values of which each is higher (or each lower) than the
    one before; two of three in a row beyond two thirds of the way from the mean to the same limit; seven in a
    row on one side of the mean, on which none of them lies.

    For counts. Monthly rates near 98% are far from the bell shape behind these limits: use
    `binomial_limits`. Without values all is `None`; of one value there are no limits. Raises `Refused` for
    what is not a number.
    """
    try:
        series = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        series = np.array([np.nan])
    if series.ndim != 1 or not np.all(np.isfinite(series)):
        raise Refused("A chart needs one number for each month. Leave out the months that have none.")
    if len(series) < 2:
        mean = float(series[0]) if len(series) else None
        return XmrLimits(mean, None, None, dict.fromkeys(RULES, ()))
    mean, ranges = float(series.mean()), np.abs(np.diff(series))
    usual = ranges[ranges < _WIDEST_RANGE * ranges.mean() / TIE]
    # Ranges that are all 0 leave none that is smaller than their mean.
    reach = _LIMIT * float(usual.mean()) if usual.size else 0.0
    away = series - mean
    # A sum of many values may be a hair off: what lies on a line is not beyond it.
    hair = 1e-9 * max(float(np.abs(series).max()), 1.0)
    above, below = away > hair, away < -hair
    rising, falling = np.diff(series) > 0, np.diff(series) < 0
    near = (away > 2 / 3 * reach + hair, away < -2 / 3 * reach - hair)
    found = {
        OUTSIDE: np.abs(away) > reach + hair,
        TREND: _steps_in_a_row(rising) | _steps_in_a_row(falling),
        TWO_OF_THREE: _two_of_three(near[0]) | _two_of_three(near[1]),
        ONE_SIDE: _in_a_row(above, _RUN) | _in_a_row(below, _RUN),
    }
    signals = {rule: tuple(np.flatnonzero(found[rule]).tolist()) for rule in RULES}
    return XmrLimits(mean, mean - reach, mean + reach, signals)


def _cases_and_rate(n: Any, rate: Any) -> tuple[WholeNumbers, NDArray[np.float64]]:
    cases, share = whole_numbers("The number of cases", n), np.asarray(rate, dtype=float)
    wrong = share[~((share >= 0) & (share <= 1))]
    if wrong.size:
        raise Refused(f"A rate must lie between 0 and 1; {wrong.flat[0]} does not. Write 98% as 0.98.")
    try:
        together = np.broadcast_arrays(cases, share)
    except ValueError:
        raise Refused(
            f"{cases.size} numbers of cases and {share.size} rates do not fit together. Give one of each."
        ) from None
    return together[0], together[1]


def _scatter(failed: NDArray[np.int64], cases: WholeNumbers) -> NDArray[np.float64]:
    """The mean squared distance of teams from their common rate, winsorised, of each row of failures."""
    rate = float(failed[0].sum() / cases.sum())
    away = (failed - cases * rate) / np.sqrt(cases * rate * (1 - rate))
    low, high = np.quantile(away, _TAILS, axis=1, keepdims=True)
    mean: NDArray[np.float64] = np.mean(np.clip(away, low, high) ** 2, axis=1)
    return mean


def _at_most(x: WholeNumbers, cases: WholeNumbers, rate: NDArray[np.float64], correlation: float) -> Any:
    """P(X ≤ x), X binomial, or beta-binomial where cases of a team are alike."""
    if not correlation:
        return binomial_at_most(x, cases, rate)
    counts = np.broadcast_arrays(x, cases, rate)
    chances = [
        _beta_binomial(int(n), float(p), correlation)[k]
        for k, n, p in zip(*map(np.ravel, counts), strict=True)
    ]
    return np.reshape(chances, counts[0].shape)[()]


@lru_cache(maxsize=1024)
def _beta_binomial(n: int, rate: float, correlation: float) -> NDArray[np.float64]:
    """P(X ≤ x) for x from 0 to n: shape parameters rate·s and (1 − rate)·s, s = 1/correlation − 1."""
    k, size = np.arange(n + 1), 1 / correlation - 1
    a, b = rate * size, (1 - rate) * size
    log_chance = (
        special.betaln(k + a, n - k + b)
        - special.betaln(a, b)
        - np.log(n + 1)
        - special.betaln(n - k + 1, k + 1)
    )
    at_most: NDArray[np.float64] = np.minimum(np.cumsum(np.exp(log_chance)), 1.0)
    return at_most


def _least_likely_enough(cases: WholeNumbers, rate: NDArray[np.float64], tail: float) -> WholeNumbers:
    """The smallest count with P(X ≤ x) > tail."""
    return _smallest(cases, lambda x: ~rare(binomial_at_most(x, cases, rate), tail))


def _smallest(cases: WholeNumbers, enough: Any) -> WholeNumbers:
    """The smallest count from 0 to all cases that is enough, by bisection; all cases are."""
    low, high = np.zeros_like(cases), cases.copy()
    while np.any(low < high):
        middle = (low + high) // 2
        reached = enough(middle)
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        low = np.minimum(low, high)
    return low


def _where_cases(cases: WholeNumbers, rates: Any) -> Any:
    if cases.ndim:
        return np.ma.masked_array(rates, mask=cases == 0)
    return float(rates) if cases else None


def _in_a_row(flags: NDArray[np.bool_], run: int) -> NDArray[np.bool_]:
    """Which flags stand in a row of so many or more?"""
    part = np.zeros(len(flags), dtype=bool)
    for start in range(len(flags) - run + 1):
        if flags[start : start + run].all():
            part[start : start + run] = True
    return part


def _steps_in_a_row(steps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which values are joined by six steps in a row or more, which makes seven of them?"""
    joined = _in_a_row(steps, _RUN - 1)
    values = np.zeros(len(steps) + 1, dtype=bool)
    values[:-1] |= joined
    values[1:] |= joined
    return values


def _two_of_three(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    part = np.zeros(len(flags), dtype=bool)
    for start in range(len(flags) - 2):
        if flags[start : start + 3].sum() >= 2:
            part[start : start + 3] |= flags[start : start + 3]
    return part
