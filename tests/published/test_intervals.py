"""Limits and intervals against printed numbers and against exact integer arithmetic."""

from fractions import Fraction
from functools import cache
from math import comb

import numpy as np
import pytest
from scipy import stats

from sampling.intervals import (
    fewest_failing,
    most_failing,
    rate_interval,
    stratified_estimate,
    stratified_limits,
)


def exact_at_most(x: int, n: int, population: int, failing: int) -> Fraction:
    ways = sum(comb(failing, k) * comb(population - failing, n - k) for k in range(x + 1))
    return Fraction(ways, comb(population, n))


@pytest.mark.parametrize(("not_met", "most"), [(0, 25), (1, 43), (2, 59), (3, 75)])
def test_most_failing_of_1200_after_102(not_met: int, most: int) -> None:
    # N = 1200, n = 102, 90% one-sided; the neighbours are worked out in integers.
    assert most_failing(not_met, 102, 1200, assurance=0.9) == most
    assert exact_at_most(not_met, 102, 1200, most) > Fraction(1, 10)
    assert exact_at_most(not_met, 102, 1200, most + 1) <= Fraction(1, 10)
    assert fewest_failing(102 - not_met, 102, 1200, assurance=0.9) == 1200 - most


@pytest.mark.parametrize(
    ("met", "reviewed", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5 (Clopper-Pearson), 95%.
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson(met: int, reviewed: int, low: float, high: float) -> None:
    interval = rate_interval(met, reviewed)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    check = stats.binomtest(met, reviewed).proportion_ci(0.95, method="exact")
    assert (interval.low, interval.high) == pytest.approx((check.low, check.high), rel=1e-9)


@pytest.mark.parametrize(
    ("population", "reviewed", "not_met", "failing"),
    [
        # Bartroff, Lorden and Wang (2022), arXiv 2109.05624, by the authors' own R program hyperMCI; 95%.
        (100, 10, 3, (10, 60)),
        (300, 100, 2, (2, 17)),
        (500, 60, 0, (0, 27)),
    ],
)
def test_shortest_interval(population: int, reviewed: int, not_met: int, failing: tuple[int, int]) -> None:
    interval = rate_interval(reviewed - not_met, reviewed, population, method="shortest")
    assert (interval.low_count, interval.high_count) == (population - failing[1], population - failing[0])


@pytest.mark.parametrize(
    ("met", "reviewed", "low", "high"),
    [
        # Newcombe (1998), table I, method 3 (Wilson's score), 95%.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson(met: int, reviewed: int, low: float, high: float) -> None:
    interval = rate_interval(met, reviewed, method="wilson")
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("population", "reviewed", "least"), [(400, 60, 0.85), (100, 20, 0.80), (500, 50, 0.90)]
)
def test_wilson_does_not_cover_as_it_says(population: int, reviewed: int, least: float) -> None:
    # True coverage at nominal 95%, with the usual finite-population correction, at its worst over all
    # numbers of failing cases; the exact intervals of the same worlds hold at least what they say.
    met = np.arange(reviewed + 1)
    meeting = np.arange(population + 1)[:, None]
    chance = stats.hypergeom.pmf(met, population, meeting, reviewed)

    def coverage(method: str) -> float:
        interval = rate_interval(met, reviewed, population, method=method)
        held = (interval.low <= meeting / population + 1e-12) & (
            meeting / population <= interval.high + 1e-12
        )
        return float(np.where(held, chance, 0).sum(axis=1).min())

    assert coverage("wilson") == pytest.approx(least, abs=0.005)
    assert coverage("shortest") >= 0.95
    assert coverage("tail") >= 0.95


def tenth_of_four(met: tuple[int, int, int, int]) -> list[tuple[int, int, int]]:
    return list(zip((400, 300, 200, 100), (40, 30, 20, 10), met, strict=True))


def test_bound_over_four_strata() -> None:
    # 10% of 400/300/200/100. None failing: 28, which is the exact worst case (below); one each in the
    # first and third: 60 against an exact 59, where a Fisher combination gives 102 and Šidák's 181.
    assert stratified_limits(tenth_of_four((40, 30, 20, 10))).most_failing == 28
    assert stratified_limits(tenth_of_four((39, 30, 19, 10))).most_failing == 60


def test_exact_worst_case_of_none_failing() -> None:
    # The largest chance of seeing none of G failing cases over every way to spread them, by recursion.
    strata = [(400, 40), (300, 30), (200, 20), (100, 10)]

    @cache
    def worst(first: int, failing: int) -> float:
        if first == len(strata):
            return float(failing == 0)
        size, n = strata[first]
        return max(
            comb(size - g, n) / comb(size, n) * worst(first + 1, failing - g) for g in range(failing + 1)
        )

    assert worst(0, 28) > 0.05 >= worst(0, 29)


def test_estimate_of_one_stratum_is_the_textbook_one() -> None:
    # Cochran, Sampling Techniques (1977), formula 3.8: s² = (1 − n/N) p q/(n − 1).
    result = stratified_estimate([(500, 100, 90)])
    assert result.estimate == 0.9
    assert result.standard_error == pytest.approx((0.8 * 0.9 * 0.1 / 99) ** 0.5)


def test_korn_graubard_as_r_survey_works_it_out() -> None:
    # The formula of svyciprop(method = "beta"), survey 4.x, step by step with scipy.stats.
    strata = [(400, 40, 38), (300, 30, 30), (200, 20, 17)]
    p = (400 * 38 / 40 + 300 + 200 * 17 / 20) / 900
    variance = (4 / 9) ** 2 * 0.9 * 0.95 * 0.05 / 39 + (2 / 9) ** 2 * 0.9 * 0.85 * 0.15 / 19
    effective = p * (1 - p) / variance * (stats.t.ppf(0.025, 89) / stats.t.ppf(0.025, 87)) ** 2
    result = stratified_estimate(strata)
    assert result.estimate == pytest.approx(p)
    assert result.standard_error == pytest.approx(variance**0.5)
    assert result.low == pytest.approx(stats.beta.ppf(0.025, effective * p, effective * (1 - p) + 1))
    assert result.high == pytest.approx(stats.beta.ppf(0.975, effective * p + 1, effective * (1 - p)))
