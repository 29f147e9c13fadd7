"""Charts: limits in exact fractions, the four rules by hand, and what would raise false alarms."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import stats

from sampling.refused import Refused
from scorecards.control_limits import (
    ONE_SIDE,
    OUTSIDE,
    RULES,
    TREND,
    TWO_OF_THREE,
    binomial_limits,
    funnel_limits,
    outside,
    over_dispersion,
    xmr_limits,
)


def at_most(x: int, n: int, rate: Fraction) -> Fraction:
    return sum((comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(x + 1)), Fraction())


@pytest.mark.parametrize("rate", ["0", "0.02", "0.5", "0.9", "0.98", "1"])
@pytest.mark.parametrize("tail", ["0.001", "0.025", "0.1"])
def test_limits_in_exact_fractions(rate: str, tail: str) -> None:
    """Ties included: 3 cases at 90% are all failed with a chance of exactly 0.001."""
    sizes = np.arange(1, 31)
    limits = binomial_limits(sizes, float(rate), tail=float(tail))
    share, level = Fraction(rate), Fraction(tail)
    for n, low, high in zip(sizes.tolist(), limits.low, limits.high, strict=True):
        fewest = next(x for x in range(n + 1) if at_most(x, n, share) > level)
        most = n - next(x for x in range(n + 1) if at_most(x, n, 1 - share) > level)
        assert (low, high) == (fewest / n, most / n)


@pytest.mark.parametrize("level", ["0.95", "0.998"])
def test_funnel_and_verdict_in_exact_fractions(level: str) -> None:
    share, tail = Fraction("0.98"), (1 - Fraction(level)) / 2
    sizes = np.array([1, 3, 20, 50])
    lines = funnel_limits(sizes, 0.98, level=float(level))
    for n, low, high in zip(sizes.tolist(), lines.low, lines.high, strict=True):
        for line, chance in ((low, tail), (high, 1 - tail)):
            r = next(x for x in range(n + 1) if at_most(x, n, share) >= chance)
            part = (at_most(r, n, share) - chance) / (at_most(r, n, share) - at_most(r - 1, n, share))
            assert line == pytest.approx(float(max(r - part, Fraction()) / n))
        met = np.arange(n + 1)
        expected = [min(at_most(x, n, share), at_most(n - x, n, 1 - share)) <= tail for x in met.tolist()]
        assert outside(met, n, 0.98, level=float(level)).tolist() == expected


def test_the_upper_line_would_flag_two_in_three_teams_on_target() -> None:
    """20 of 20 is above the line, happens to 66.8% of the teams on target, and is not outside."""
    assert funnel_limits(20, 0.98, level=0.95).high < 1
    assert round(0.98**20, 3) == 0.668
    assert outside(20, 20, 0.98, level=0.95) is False


def test_one_of_thirty_teams_on_target() -> None:
    """With tests that use their level up, 79%; that much at most, since exact ones use less."""
    assert round(1 - 0.95**30, 2) == 0.79
    for n in (20, 60, 400):
        met = np.arange(n + 1)
        found = outside(met, n, 0.98, level=0.95)
        chances = np.array([comb(n, x) * 0.98**x * 0.02 ** (n - x) for x in met.tolist()])
        assert 1 - (1 - chances[found].sum()) ** 30 <= 1 - 0.95**30


def test_no_cases_have_no_limits() -> None:
    assert binomial_limits(0, 0.98) == (None, None)
    assert funnel_limits(0, 0.98, level=0.95) == (None, None)
    low = binomial_limits([0, 20], 0.98).low
    assert (low.mask.tolist(), low[1]) == ([True, False], 0.85)
    assert not outside(0, 0, 0.98, level=0.95)
    assert outside([0, 15], [0, 20], 0.98, level=0.95).tolist() == [False, True]


def test_a_number_for_a_number() -> None:
    assert binomial_limits(20, 0.98) == (0.85, 1.0)
    assert type(binomial_limits(20, 0.98).low) is float
    # Large months cost no more than small ones.
    assert binomial_limits(10**6, 0.98).low == pytest.approx(0.98 - 3.09 * 0.00014, abs=1e-5)


def test_single_values_and_moving_ranges() -> None:
    # Moving ranges 2, 1, 2, 1, 2, 2: mean 5/3, limits 2.66 of it from the mean 80/7.
    result = xmr_limits([10, 12, 11, 13, 12, 10, 12])
    assert result.mean == pytest.approx(80 / 7)
    assert (result.low, result.high) == pytest.approx((80 / 7 - 2.66 * 5 / 3, 80 / 7 + 2.66 * 5 / 3))
    assert result.signals == dict.fromkeys(RULES, ())


def test_a_wide_moving_range_is_left_out_once() -> None:
    # 1, 1, 1, 1, 20, 20, 1: 3.267 times their mean of 45/7 is 21. Six more months make that 12.8.
    short = [3, 4, 3, 4, 3, 23, 3, 4]
    assert xmr_limits(short).high == pytest.approx(np.mean(short) + 2.66 * 45 / 7)
    longer = [4, *short, 3, 4, 3, 4, 3]
    spike = xmr_limits(longer)
    assert spike.high == pytest.approx(np.mean(longer) + 2.66)
    assert 6 in spike.signals[OUTSIDE]


def test_limits_are_not_clipped_at_0() -> None:
    low = xmr_limits([0, 3, 0, 4, 1, 0]).low
    assert low is not None
    assert low < 0


@pytest.mark.parametrize(
    ("values", "rule", "positions"),
    [
        ([5, 9, 1, 2, 3, 4, 5, 6, 7, 2], TREND, range(2, 9)),
        ([5, 1, 7, 6, 5, 4, 3, 2, 1, 2], TREND, range(2, 9)),
        ([5, 9, 1, 2, 3, 4, 5, 6, 2, 6], TREND, ()),
        ([5, 9, 1, 2, 3, 3, 4, 5, 6, 7], TREND, ()),
        ([9, 2, 8, 1, 6, 6.5, 6, 6.5, 6, 6.5, 6, 3, 1], ONE_SIDE, range(4, 11)),
        ([9, 2, 8, 1, 7, 6.5, 7, 6.5, 7, 6.5, 2, 1, 1], ONE_SIDE, ()),
    ],
)
def test_seven_in_a_row(values: list[float], rule: str, positions: range) -> None:
    assert xmr_limits(values).signals[rule] == tuple(positions)


def test_a_value_on_the_mean_ends_a_row() -> None:
    values = [2, 8] * 6 + [5, 6, 6, 6, 5, 6, 6, 6, 4, 4, 4, 4, 4, 4]
    result = xmr_limits(values)
    assert result.mean == pytest.approx(5)
    assert result.signals[ONE_SIDE] == ()


def test_two_of_three_near_the_same_limit() -> None:
    calm = [10, 11] * 10
    values = [*calm, 13, 11, 13, *calm]
    result = xmr_limits(values)
    assert result.mean is not None
    assert result.high is not None
    assert result.mean + (result.high - result.mean) * 2 / 3 < 13 < result.high
    assert result.signals[TWO_OF_THREE] == (20, 22)
    assert xmr_limits([*calm, 13, 11, 8.5, *calm]).signals[TWO_OF_THREE] == ()
    assert xmr_limits([*calm, 13, 11, 10, 13, *calm]).signals[TWO_OF_THREE] == ()


def test_hardly_any_values() -> None:
    assert (xmr_limits([]).mean, xmr_limits([]).low) == (None, None)
    assert (xmr_limits([4]).mean, xmr_limits([4]).high) == (4.0, None)
    constant = xmr_limits([0.1] * 9)
    assert (constant.low, constant.high) == pytest.approx((0.1, 0.1))
    assert constant.signals == dict.fromkeys(RULES, ())


def test_rates_near_98_percent_are_no_single_values() -> None:
    """Of 24 ordinary months of 20 cases about 10% are beyond XmR limits, and hardly any beyond exact ones."""
    series = np.random.default_rng(5).binomial(20, 0.98, (400, 24)) / 20
    flagged = np.mean([len(xmr_limits(row).signals[OUTSIDE]) / 24 for row in series])
    assert 0.08 < flagged < 0.13
    assert np.mean(series < binomial_limits(20, 0.98).low) < 0.002


def test_refusals() -> None:
    with pytest.raises(Refused, match="A rate must lie between 0 and 1; 98"):
        binomial_limits(20, 98)
    with pytest.raises(Refused, match="tail"):
        binomial_limits(20, 0.98, tail=0.5)
    with pytest.raises(Refused, match="cannot be negative"):
        funnel_limits(-1, 0.98, level=0.95)
    with pytest.raises(Refused, match="level"):
        funnel_limits(20, 0.98, level=95)
    with pytest.raises(Refused, match="cannot be 21 when the number of cases is 20"):
        outside(21, 20, 0.98, level=0.95)
    with pytest.raises(Refused, match="do not fit together"):
        binomial_limits([20, 30], [0.98] * 3)
    for months in ([1, None, 3], [1, float("nan")], ["many"], [[1, 2], [3, 4]]):
        with pytest.raises(Refused, match="one number for each month"):
            xmr_limits(months)  # type: ignore[arg-type]


def test_teams_that_differ_by_chance_alone_are_rarely_called_different() -> None:
    """And those that differ truly are found, about as far apart as they are."""
    draws = np.random.default_rng(7)
    for correlation, least, most in ((0.0, 0.0, 0.08), (0.03, 0.9, 1.0)):
        found = []
        for _ in range(100):
            cases = draws.integers(20, 120, size=30)
            rates = (
                draws.beta(0.9 * (1 / correlation - 1), 0.1 * (1 / correlation - 1), size=30)
                if correlation
                else np.full(30, 0.98)
            )
            found.append(over_dispersion(draws.binomial(cases, rates), cases, seed=1))
        share = np.mean([one.p_value is not None and one.p_value <= 0.05 for one in found])
        assert least <= share <= most
        assert np.mean([one.correlation or 0.0 for one in found]) == pytest.approx(correlation, abs=0.006)


def test_the_chance_behind_over_dispersion_by_enumeration() -> None:
    """Four failures on three teams of four cases: 3 of the 495 ways have as much scatter as 4, 0, 0."""
    found = over_dispersion([0, 4, 4], [4, 4, 4], seed=3)
    assert found.p_value == pytest.approx(3 / 495, abs=0.004)
    assert over_dispersion([4, 4], [4, 4], seed=3).p_value is None
    assert over_dispersion([3, 0], [4, 0], seed=3).correlation is None


def test_limits_and_verdict_of_teams_that_differ() -> None:
    met, n = np.arange(61), 60
    spread = stats.betabinom(n, 0.9 * 19, 0.1 * 19)
    expected = np.minimum(spread.cdf(met), spread.sf(met - 1)) <= 0.025
    assert outside(met, n, 0.9, level=0.95, correlation=0.05).tolist() == expected.tolist()
    narrow, wide = (funnel_limits(n, 0.9, level=0.95, correlation=rho) for rho in (0.0, 0.05))
    assert wide.low < narrow.low < narrow.high < wide.high
