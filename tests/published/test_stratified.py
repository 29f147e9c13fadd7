"""Limits over several strata against printed numbers, and against ways of working them out by hand."""

from fractions import Fraction
from functools import cache
from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats

from sampling.intervals import most_failing, stratified_limits
from sampling.stratified import method_for

FOUR = ((400, 40), (300, 30), (200, 20), (100, 10))


def tenth_of_four(failures: tuple[int, int, int, int]) -> list[tuple[int, int, int]]:
    return [(size, n, n - x) for (size, n), x in zip(FOUR, failures, strict=True)]


@pytest.mark.parametrize(
    ("failures", "hoeffding", "worst", "fisher", "each_alone"),
    [((0, 0, 0, 0), 28, 28, 70, 147), ((1, 0, 1, 0), 60, 59, 102, 181)],
)
def test_a_tenth_of_four_strata(
    failures: tuple[int, int, int, int], hoeffding: int, worst: int, fisher: int, each_alone: int
) -> None:
    # What four ways of judging the same sample cost. The last adds up limits of the strata, each at the
    # fourth root of 95% (Šidák 1967), which is what the others are for.
    strata = tenth_of_four(failures)
    assert stratified_limits(strata).most_failing == hoeffding
    assert stratified_limits(strata, method="worst-case").most_failing == worst
    assert stratified_limits(strata, method="fisher").most_failing == fisher
    alone = [
        most_failing(x, n, size, assurance=0.95**0.25) for (size, n), x in zip(FOUR, failures, strict=True)
    ]
    assert sum(alone) == each_alone


def test_fisher_over_every_allocation() -> None:
    # The smallest Σ −2 ln p for each total, one stratum after another, from scipy's distributions alone.
    cost = np.zeros(1)
    for (size, n), x in zip(FOUR, (1, 0, 1, 0), strict=True):
        here = -2 * stats.hypergeom.logcdf(x, size, np.arange(x, 121), n)
        combined = cost[:, None] + here[None, :]
        totals = np.add.outer(np.arange(len(cost)), np.arange(len(here)))
        cost = np.array([combined[totals == total].min() for total in range(120)])
    kept = np.flatnonzero(stats.chi2.sf(cost, 8) > 0.05)
    assert kept[-1] + 2 == 102


def test_wendell_and_schmee() -> None:
    # Wendell and Schmee (1996), JASA 91, 825-830, and the S-PLUS functions that go with it: samples of
    # 75, 50 and 25 from strata of 500, 300 and 200 with errors 2, 1 and 0; the largest p of 50 errors is
    # 0.02767569, reached at (28, 21, 1), and 50 the upper end of their 95% interval.
    strata = [(500, 75, 73), (300, 50, 49), (200, 25, 25)]
    assert stratified_limits(strata, assurance=0.975, method="worst-case").most_failing == 50
    assert stratified_limits(strata, assurance=1 - 0.02767568, method="worst-case").most_failing == 50
    assert stratified_limits(strata, assurance=1 - 0.02767570, method="worst-case").most_failing == 49
    assert chance_of_so_low_an_estimate((28, 21, 1)) == pytest.approx(0.02767569, abs=5e-9)


def chance_of_so_low_an_estimate(failing: tuple[int, int, int], *, strictly: bool = False) -> float:
    seen = Fraction(2 * 500, 75) + Fraction(300, 50)
    total = 0.0
    for found in product(range(4), repeat=3):
        estimate = sum(
            Fraction(size * k, n) for size, n, k in zip((500, 300, 200), (75, 50, 25), found, strict=True)
        )
        if estimate < seen or (estimate == seen and not strictly):
            sizes = zip((500, 300, 200), (75, 50, 25), failing, found, strict=True)
            total += float(np.prod([stats.hypergeom.pmf(k, size, g, n) for size, n, g, k in sizes]))
    return total


def test_the_lower_end_is_safe_where_theirs_is_not() -> None:
    # Their functions give 8 as the lower end, because they take the smallest chance of so high an estimate
    # over the ways to spread 7 errors. Spread as (4, 1, 0), 5 errors already show one with more than 2.5%.
    strata = [(500, 75, 73), (300, 50, 49), (200, 25, 25)]
    assert 1 - chance_of_so_low_an_estimate((4, 1, 0), strictly=True) > 0.025
    assert stratified_limits(strata, assurance=0.975, method="worst-case").fewest_failing == 5
    # With 4 errors the likeliest way is (3, 1, 0).
    assert 1 - chance_of_so_low_an_estimate((3, 1, 0), strictly=True) < 0.025


def test_unequal_rates_are_ordered_by_the_estimate() -> None:
    # 60 and 40 of 100 and 100 reviewed, one failing in each: the largest p of 10 failing is 0.067081, at
    # (2, 8). Had the count not met been compared instead, it would be 0.124919, at (1, 9).
    strata = [(100, 60, 59), (100, 40, 39)]
    assert stratified_limits(strata, assurance=1 - 0.0670809, method="worst-case").most_failing == 10
    assert stratified_limits(strata, assurance=1 - 0.0670811, method="worst-case").most_failing == 9


def test_exact_worst_case_of_none_failing() -> None:
    # The largest chance of seeing none of G failing cases over every way to spread them, by recursion.
    @cache
    def worst(first: int, failing: int) -> float:
        if first == len(FOUR):
            return float(failing == 0)
        size, n = FOUR[first]
        return max(
            comb(size - g, n) / comb(size, n) * worst(first + 1, failing - g) for g in range(failing + 1)
        )

    assert worst(0, 28) > 0.05 >= worst(0, 29)


def test_a_quarter_more_is_the_most_that_counts_as_even() -> None:
    # 23 of 60 and 92 of 300: exactly 1.25 to 1, and 1.2500000000000002 in floats.
    assert 23 / 60 / (92 / 300) > 1.25
    assert method_for({"a": 60, "b": 300}, {"a": 23, "b": 92}) == "hoeffding-binomial"
    assert method_for({"a": 60, "b": 300}, {"a": 24, "b": 92}) == "worst-case"
