"""How many cases must be reviewed to estimate within a margin.

Public names are imported from `sampling.sizes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sampling.hypergeometric import WholeNumbers, check_level, failing_limit, whole_numbers
from sampling.refused import Refused
from sampling.strata import Exact, exact_fraction


@dataclass(frozen=True)
class SizeForMargin:
    """The size from which every larger one also keeps the margin, and the smallest that does."""

    sample_size: int
    first: int
    half_width: float
    expected: Fraction
    margin: Fraction
    population: int
    confidence: float


def size_for_margin(
    expected: Exact, margin: Exact, population: int, *, confidence: float = 0.95
) -> SizeForMargin:
    """How many cases estimate the rate of meeting to within this margin, if it is about as expected?

    `expected` is a rate of meeting, 0 to 1, and `margin` a share above 0 and below 0.5, both exactly as
    written; `population` is the number of cases in the frame. The margin is kept when half the width of the
    exact tail interval (`rate_interval`) is at most `margin`, the failures in the sample taken as
    n(1 − expected), rounded half up. That does not simply shrink as n grows: each further failure widens
    it. `.sample_size` is the n from which every larger one keeps the margin too, and is the one to plan
    with; `.first` is the smallest that does; `.half_width` is that at `.sample_size`. The margin is a plan,
    not a promise: more failures than expected make the interval wider. Assumes a simple random sample
    without replacement. Raises `Refused` for a population of none and for bad input.
    """
    check_level("confidence", confidence)
    rate, most = exact_fraction("The expected rate", expected), exact_fraction("A margin", margin)
    if not 0 <= rate <= 1:
        raise Refused(f"The expected rate is a share from 0 to 1; {expected} is not. Write 98% as 0.98.")
    if not 0 < most < Fraction(1, 2):
        raise Refused(f"A margin lies above 0 and below 0.5; {margin} does not. Write 5 points as 0.05.")
    cases = int(whole_numbers("The population", population))
    if cases == 0:
        raise Refused("There are no cases to draw from, so nothing can be estimated. Widen the frame.")
    fits = _sizes_within(1 - rate, int(2 * most * cases), cases, (1 - confidence) / 2)
    size = cases - int(np.argmin(fits[::-1])) + 1
    low, high = _tail_counts(_rounded(1 - rate, [size]), np.array([size]), cases, (1 - confidence) / 2)
    half_width = (int(high[0]) - int(low[0])) / (2 * cases)
    return SizeForMargin(size, int(np.argmax(fits)), half_width, rate, most, cases, confidence)


def _sizes_within(failing: Fraction, widest: int, cases: int, level: float) -> Any:
    """For each n from 0 to `cases`: is the interval at most `widest` cases wide?

    Both limits rise with the failures and fall as n grows, so that a run of sizes is bounded by its
    corners. Runs that this does not settle are cut up.
    """
    fits = np.zeros(cases + 1, dtype=bool)
    start, end = np.array([1]), np.array([cases])
    while len(start):
        fewest, most = _rounded(failing, start), _rounded(failing, end)
        possible = most <= start
        low, least_high = _tail_counts(fewest, end, cases, level)
        greatest_low, high = _tail_counts(np.minimum(most, start), start, cases, level)
        all_fit = high - low <= widest
        for first, last in zip(start[all_fit], end[all_fit], strict=True):
            fits[first : last + 1] = True
        cut = ~all_fit & ~(possible & (least_high - greatest_low > widest))
        parts = start[cut, None] + (end - start + 1)[cut, None] * np.arange(17) // 16
        start, end = parts[:, :-1].ravel(), parts[:, 1:].ravel() - 1
        start, end = start[start <= end], end[start <= end]
    return fits


def _tail_counts(not_met: WholeNumbers, n: WholeNumbers, cases: int, level: float) -> tuple[Any, Any]:
    size = np.full_like(n, cases)
    return cases - failing_limit(n - not_met, n, size, level), failing_limit(not_met, n, size, level)


def _rounded(failing: Fraction, sizes: Any) -> WholeNumbers:
    """The failures expected in samples of these sizes, rounded half up, exactly."""
    up, down = 2 * failing.numerator, 2 * failing.denominator
    return np.array([(up * int(n) + failing.denominator) // down for n in sizes], dtype=np.int64)
