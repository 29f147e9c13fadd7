"""The one probability everything rests on, and the door that counts come in by."""

from fractions import Fraction
from math import comb, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sampling.hypergeometric import (
    chance_at_most,
    chance_of_exactly,
    log_chance_of_exactly,
    most_failing,
    rare,
    whole_numbers,
)
from sampling.refused import Refused


def exact_at_most(x: int, n: int, population: int, failing: int) -> Fraction:
    ways = sum(comb(failing, k) * comb(population - failing, n - k) for k in range(min(x, n) + 1))
    return Fraction(ways, comb(population, n))


@pytest.mark.parametrize(
    ("x", "n", "population", "failing"),
    [(0, 150, 62_516, 1251), (60, 3600, 62_516, 1251), (95, 5000, 20_000, 400), (3, 400, 300_000, 6000)],
)
def test_chance_in_large_populations(x: int, n: int, population: int, failing: int) -> None:
    exact = exact_at_most(x, n, population, failing)
    assert abs(Fraction(float(chance_at_most(x, n, population, failing))) / exact - 1) < Fraction(1, 10**12)


@given(st.data())
def test_chance_is_exact_integer_arithmetic(data: st.DataObject) -> None:
    population = data.draw(st.integers(1, 400))
    failing, n = data.draw(st.integers(0, population)), data.draw(st.integers(0, population))
    x = data.draw(st.integers(0, n))
    chance = float(chance_at_most(x, n, population, failing))
    assert chance == pytest.approx(float(exact_at_most(x, n, population, failing)), rel=1e-12)


def test_chance_on_a_wide_grid() -> None:
    # Another program's sums (Boost's), with counts at and beyond every edge.
    rng = np.random.default_rng(2024)
    population = rng.choice([1, 2, 7, 40, 400, 3000], 4000)
    n, failing = rng.integers(0, population + 1), rng.integers(0, population + 1)
    mean = n * failing / population
    x = (mean + rng.normal(size=4000) * (1 + 4 * np.sqrt(mean))).astype(int)
    chance = chance_at_most(x, n, population, failing)
    assert np.allclose(chance, stats.hypergeom.cdf(x, population, failing, n), rtol=1e-11, atol=1e-300)
    exactly = chance_of_exactly(x, n, population, failing)
    assert np.allclose(exactly, stats.hypergeom.pmf(x, population, failing, n), rtol=1e-11, atol=1e-300)
    assert np.all((chance >= 0) & (chance <= 1))
    assert np.all(exactly <= chance * (1 + 1e-12))


def test_every_tie_of_small_worlds_is_found() -> None:
    # Whole numbers on one side, floats on the other: all of them reject the same.
    largest = 20
    choose = np.array([[comb(n, k) for k in range(largest + 1)] for n in range(largest + 1)], dtype=np.int64)
    size, n, failing, x = (grid.ravel() for grid in np.meshgrid(*[np.arange(largest + 1)] * 4, indexing="ij"))
    inside = (n <= size) & (failing <= size) & (x <= n)
    size, n, failing, x = size[inside], n[inside], failing[inside], x[inside]
    ways = np.zeros(len(size), dtype=np.int64)
    for k in range(largest + 1):
        possible = (k <= x) & (n - k <= size - failing)
        rest = choose[(size - failing), np.clip(n - k, 0, largest)]
        ways += np.where(possible, choose[failing, k] * rest, 0)
    chance, drawn, ties = chance_at_most(x, n, size, failing), choose[size, n], 0
    for numerator, denominator, level in [
        (1, 20, 1 - 0.95),
        (1, 10, 1 - 0.9),
        (1, 5, 1 - 0.8),
        (1, 40, 0.05 / 2),
    ]:
        assert np.array_equal(rare(chance, level), ways * denominator <= drawn * numerator)
        ties += np.count_nonzero(ways * denominator == drawn * numerator)
    assert ties > 40


def test_chances_too_small_for_a_float_have_a_logarithm() -> None:
    # All 2,000 reviewed fail, of 2,000 that fail among 4,000: one way in C(4000, 2000).
    assert chance_of_exactly(2000, 2000, 4000, 2000) == 0
    exact = log(comb(4000, 2000))
    assert log_chance_of_exactly(2000, 2000, 4000, 2000) == pytest.approx(-exact, rel=1e-14)
    assert log_chance_of_exactly(3, 2, 4, 4) == -np.inf


def test_a_tie_counts_as_rejected() -> None:
    # 19 of 20 reviewed, none failing: one failing case would be missed with chance 1/20 exactly.
    assert rare(chance_at_most(0, 19, 20, 1), 1 - 0.95)
    assert most_failing(0, 19, 20) == 0
    assert most_failing(0, 18, 20) == 1


@pytest.mark.parametrize("values", [1.5, float("nan"), float("inf"), None, "3", True, [1, None], -1, [2, -3]])
def test_what_is_not_a_count_is_refused(values: object) -> None:
    with pytest.raises(Refused, match="The cases"):
        whole_numbers("The cases", values)


def test_whole_floats_and_objects_are_counts() -> None:
    assert whole_numbers("The cases", [1.0, 2.0]).tolist() == [1, 2]
    assert whole_numbers("The cases", np.array([3, np.int64(4)], dtype=object)).tolist() == [3, 4]
    assert whole_numbers("The cases", np.array([])).tolist() == []


def test_counts_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(Refused, match="The number not met cannot be 15 when the number reviewed is 5"):
        most_failing([1, 15], [10, 5], 100)
    with pytest.raises(Refused, match="The number reviewed cannot be 101 when the population is 100"):
        most_failing(0, 101, 100)
    with pytest.raises(Refused, match="do not fit together"):
        most_failing([1, 2], [10, 10, 10], 100)
    with pytest.raises(Refused, match="assurance must lie between 0 and 1"):
        most_failing(0, 10, 100, assurance=95)
