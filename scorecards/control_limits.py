"""What is ordinary from month to month and from team to team, and what stands out?

Rates of meeting, from 0 to 1; counts of cases as numbers or as arrays of months or teams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


class Limits(NamedTuple):
    """Two rates of meeting; `None` without cases, masked where an array has months or teams without any."""

    low: Any
    high: Any


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


def funnel_limits(n: int | ArrayLike, target: float | ArrayLike, *, level: float) -> Limits:
    """Where do the lines of a funnel of teams run, at a team of `n` cases, if all are on target?

    Spiegelhalter, D. J. (2005), "Funnel plots for comparing institutional performance", Statistics in
    Medicine 24, 1185-1202, appendix A.1.1: for p = (1 − level)/2 below and (1 + level)/2 above, r the
    smallest count with P(X ≤ r) ≥ p and α = (P(X ≤ r) − p)/P(X = r), the line is (r − α)/n, but not below 0.
    Usual levels are 0.95 and 0.998. The lines are for the eye: the upper one stands below 1 wherever the
    cases are few, and a team all of whose cases meet is above it. Whether a team is outside, `outside` says.
    Numbers and arrays, and what is refused, as in `binomial_limits`.
    """
    check_level("level", level)
    cases, share = _cases_and_rate(n, target)
    lines = []
    for chance in ((1 - level) / 2, (1 + level) / 2):
        count = _smallest(cases, lambda x, p=chance: binomial_at_most(x, cases, share) >= p)
        reached = binomial_at_most(count, cases, share)
        below = np.where(count > 0, binomial_at_most(np.maximum(count - 1, 0), cases, share), 0.0)
        line = count - (reached - chance) / (reached - below)
        lines.append(_where_cases(cases, np.maximum(line, 0.0) / np.maximum(cases, 1)))
    return Limits(*lines)


def outside(met: int | ArrayLike, n: int | ArrayLike, target: float | ArrayLike, *, level: float) -> Any:
    """Is a team further from the target than chance explains? A bool, or an array of them.

    P(X ≤ met) or P(X ≥ met) is at most (1 − level)/2, ties included, X binomial with `n` cases at `target`:
    an exact test a side. A team on target is called outside with a chance of at most 1 − level, and of k
    such teams at least one with up to 1 − levelᵏ. Without cases a team is never outside.
    """
    check_level("level", level)
    cases, share = _cases_and_rate(n, target)
    good = whole_numbers("The number met", met)
    check_part("The number met", good, "the number of cases", cases)
    fewest = binomial_at_most(good, cases, share)
    most = binomial_at_most(cases - good, cases, 1 - share)
    found = rare(np.minimum(fewest, most), (1 - level) / 2)
    return bool(found) if np.ndim(found) == 0 else found


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
