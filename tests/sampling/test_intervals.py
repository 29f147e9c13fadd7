"""Limits of one population: edges, and the coverage of every small world."""

from functools import cache
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.intervals import fewest_failing, lower_limit, most_failing, rate_interval, upper_limit
from sampling.refused import Refused

LARGEST = 30
CHOOSE = np.array([[comb(n, k) for k in range(LARGEST + 1)] for n in range(LARGEST + 1)], dtype=np.int64)


@cache
def worlds() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every population, sample size, failing count and sample, and the number of ways to draw it."""
    size, n, failing, x = (grid.ravel() for grid in np.meshgrid(*[np.arange(LARGEST + 1)] * 4, indexing="ij"))
    possible = (n <= size) & (failing <= size) & (x <= n) & (x <= failing) & (n - x <= size - failing)
    size, n, failing, x = size[possible], n[possible], failing[possible], x[possible]
    return size, n, failing, x, CHOOSE[failing, x] * CHOOSE[size - failing, n - x]


@cache
def results() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every population, sample size and number not met, once, and which of them belongs to each world."""
    size, n, _, x, _ = worlds()
    seen, which = np.unique((size * 31 + n) * 31 + x, return_inverse=True)
    return seen // 31**2, seen // 31 % 31, seen % 31, which


def least_coverage(holds: np.ndarray) -> float:
    size, n, failing, _, ways = worlds()
    world = (size * 31 + n) * 31 + failing
    covered = np.bincount(world, weights=np.where(holds, ways, 0))
    drawn = np.bincount(world, weights=ways)
    return float(np.min(covered[drawn > 0] / drawn[drawn > 0]))


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_tail_interval_covers_in_every_small_world(confidence: float) -> None:
    size, n, x, which = results()
    interval = rate_interval(n - x, n, size, confidence=confidence)
    meeting = worlds()[0] - worlds()[2]
    assert interval.low_count is not None
    assert interval.high_count is not None
    held = (interval.low_count[which] <= meeting) & (meeting <= interval.high_count[which])
    assert least_coverage(held) >= confidence


@pytest.mark.parametrize("assurance", [0.8, 0.95])
def test_one_sided_limits_cover_in_every_small_world(assurance: float) -> None:
    size, n, x, which = results()
    cases, _, failing, _, _ = worlds()
    most, fewest = (limit(x, n, size, assurance=assurance)[which] for limit in (most_failing, fewest_failing))
    assert least_coverage(failing <= most) >= assurance
    assert least_coverage(failing >= fewest) >= assurance
    rate = (cases - failing) / np.maximum(cases, 1)
    low, high = (limit(n - x, n, size, assurance=assurance)[which] for limit in (lower_limit, upper_limit))
    assert least_coverage((low <= rate + 1e-12) | (cases == 0)) >= assurance
    assert least_coverage((high >= rate - 1e-12) | (cases == 0)) >= assurance


def test_edges() -> None:
    assert (lower_limit(0, 0, 50), upper_limit(0, 0, 50)) == (0.0, 1.0)
    assert (lower_limit(0, 0), upper_limit(0, 0)) == (0.0, 1.0)
    assert (lower_limit(0, 0, 0), upper_limit(0, 0, 0)) == (0.0, 1.0)
    assert (lower_limit(48, 50, 50), upper_limit(48, 50, 50)) == (0.96, 0.96)
    assert (lower_limit(0, 10, 50), upper_limit(10, 10, 50)) == (0.0, 1.0)
    assert (lower_limit(0, 10), upper_limit(10, 10)) == (0.0, 1.0)
    assert (lower_limit(1, 1, 1), upper_limit(0, 1, 1)) == (1.0, 0.0)
    none = rate_interval(0, 0)
    assert (none.low, none.high, none.low_count, none.high_count) == (0.0, 1.0, None, None)
    assert rate_interval(0, 0, 7).high_count == 7


def test_clopper_pearson_on_request_ignores_the_population() -> None:
    asked = rate_interval(58, 60, 100, method="clopper-pearson")
    plain = rate_interval(58, 60)
    assert (asked.low, asked.high, asked.low_count) == (plain.low, plain.high, None)
    exact = rate_interval(58, 60, 100)
    assert asked.low < exact.low < 58 / 60 < exact.high


def test_wilson_is_about_rates_alone() -> None:
    plain, known = rate_interval(58, 60, method="wilson"), rate_interval(58, 60, 100, method="wilson")
    assert plain.low < known.low < 58 / 60 < known.high < plain.high
    assert (known.low_count, known.high_count) == (None, None)
    large = rate_interval(58, 60, 10**9, method="wilson")
    assert (large.low, large.high) == pytest.approx((plain.low, plain.high), abs=1e-7)
    census = rate_interval(48, 50, 50, method="wilson")
    assert (census.low, census.high) == (0.96, 0.96)
    for population in (None, 0, 7):
        nothing = rate_interval(0, 0, population, method="wilson")
        assert (nothing.low, nothing.high) == (0.0, 1.0)
    assert rate_interval(1, 1, 1, method="wilson").low == 1.0
    assert rate_interval(20, 20, method="wilson").high == 1.0
    many = rate_interval([9, 20], [10, 20], [100, 50], method="wilson")
    assert many.low[1] == rate_interval(20, 20, 50, method="wilson").low
    with pytest.raises(Refused, match="the population is 5"):
        rate_interval(9, 10, 5, method="wilson")


def test_kinds_in_are_kinds_out() -> None:
    assert type(lower_limit(9, 10, 100)) is float
    assert type(most_failing(1, 10, 100)) is int
    assert type(rate_interval(9, 10, 100).low_count) is int
    many = rate_interval(np.array([9, 10]), 10, [100, 200])
    assert many.low.shape == (2,)
    assert many.low[0] == rate_interval(9, 10, 100).low
    assert lower_limit(np.array([9, 10]), 10)[1] == lower_limit(10, 10)
    assert lower_limit(np.array([], dtype=int), np.array([], dtype=int), 5).shape == (0,)


def test_refusals() -> None:
    with pytest.raises(Refused, match="The number met cannot be 11 when the number reviewed is 10"):
        lower_limit(11, 10, 100)
    with pytest.raises(Refused, match="The number met cannot be 11 when the number reviewed is 10"):
        rate_interval(11, 10)
    with pytest.raises(Refused, match="the population is 5"):
        rate_interval(9, 10, 5, method="clopper-pearson")
    with pytest.raises(Refused, match="no interval method 'wald'"):
        rate_interval(9, 10, method="wald")
    with pytest.raises(Refused, match="confidence must lie between 0 and 1"):
        rate_interval(9, 10, confidence=0.0)


@settings(max_examples=60)
@given(st.data())
def test_limits_move_the_right_way(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 3000))
    n = data.draw(st.integers(1, size - 1))
    met = data.draw(st.integers(0, n - 1))
    interval = rate_interval(met, n, size)
    assert interval.low <= met / n <= interval.high
    assert lower_limit(met, n, size) >= interval.low
    assert lower_limit(met, n, size) <= lower_limit(met + 1, n, size)
    assert most_failing(n - met, n, size) == size - fewest_failing(met, n, size)
    # With one more case reviewed, and it met, the failing cases can only look fewer.
    assert most_failing(n - met, n + 1, size) <= most_failing(n - met, n, size)
    # A known end only helps, but for the rounding to whole cases.
    assert lower_limit(met, n, size) > lower_limit(met, n) - 1 / size
