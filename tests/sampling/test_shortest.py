"""The shortest intervals in every small world: they cover, they are symmetrical, and nothing is shorter."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.hypergeometric import TIE, chance_of_exactly
from sampling.intervals import rate_interval
from sampling.refused import Refused
from sampling.shortest import shortest_table

LARGEST = 30
WORLDS = [(size, n) for size in range(LARGEST + 1) for n in range(size + 1)]


def accepted(n: int, size: int, confidence: float) -> np.ndarray:
    """Which M (rows) are in the interval of which result (columns)?"""
    low, high = shortest_table(n, size, confidence)
    failing = np.arange(size + 1)[:, None]
    return (low <= failing) & (failing <= high)


def ways(n: int, size: int) -> np.ndarray:
    """In how many ways does each M (rows) give each result (columns)? Whole numbers."""
    rows = [
        [comb(failing, x) * comb(size - failing, n - x) for x in range(n + 1)] for failing in range(size + 1)
    ]
    return np.array(rows, dtype=np.int64)


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_covers_in_every_small_world(confidence: float) -> None:
    for size, n in WORLDS:
        missed = np.where(accepted(n, size, confidence), 0, ways(n, size)).sum(axis=1) / comb(size, n)
        assert missed.max() <= (1 - confidence) * TIE, (size, n)


def test_every_count_is_held_by_as_few_results_as_possible() -> None:
    # Except the middle of an even population, where symmetry may cost one result more.
    for size, n in [(size, n) for size, n in WORLDS if size <= 18]:
        held, counted = accepted(n, size, 0.95).sum(axis=1), ways(n, size)
        for failing in range(size + 1):
            running = np.concatenate([[0], np.cumsum(counted[failing])])
            enough = [
                end - start
                for start in range(n + 1)
                for end in range(start + 1, n + 2)
                if 20 * (running[end] - running[start]) >= 19 * comb(size, n)
            ]
            assert min(enough) <= held[failing] <= min(enough) + (2 * failing == size), (size, n, failing)


def test_never_longer_in_total_than_the_tail_interval() -> None:
    size, n, x = np.array([(size, n, x) for size, n in WORLDS for x in range(n + 1)]).T
    widths = []
    for method in ("shortest", "tail"):
        interval = rate_interval(x, n, size, method=method)
        assert interval.low_count is not None
        assert interval.high_count is not None
        widths.append(np.bincount(size * (LARGEST + 1) + n, weights=interval.high_count - interval.low_count))
    saved = widths[1] - widths[0]
    assert saved.min() >= 0
    assert saved.max() > 0


@settings(max_examples=30)
@given(st.integers(1, 2000), st.floats(0.01, 0.9), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_larger_worlds(size: int, share: float, confidence: float) -> None:
    n = int(share * size)
    low, high = shortest_table(n, size, confidence)
    assert np.all(np.diff(low) >= 0)
    assert np.all(np.diff(high) >= 0)
    assert np.all(low <= high)
    # Exchange met and not met.
    assert np.array_equal(low, size - high[::-1])
    failing = np.unique(np.linspace(0, size, 40).astype(int))
    chance = chance_of_exactly(np.arange(n + 1), n, size, failing[:, None])
    held = accepted(n, size, confidence)[failing]
    assert np.where(held, 0, chance).sum(axis=1).max() <= (1 - confidence) * (1 + 1e-8)


def test_edges() -> None:
    nothing = rate_interval(0, 0, 7, method="shortest")
    assert (nothing.low, nothing.high, nothing.low_count, nothing.high_count) == (0.0, 1.0, 0, 7)
    none = rate_interval(0, 0, 0, method="shortest")
    assert (none.low, none.high, none.low_count, none.high_count) == (0.0, 1.0, 0, 0)
    census = rate_interval(48, 50, 50, method="shortest")
    assert (census.low, census.high) == (0.96, 0.96)
    sure = rate_interval(5, 10, 20, method="shortest", confidence=1 - 1e-15)
    assert (sure.low_count, sure.high_count) == (5, 15)


def test_arrays_of_teams_are_the_teams_one_by_one() -> None:
    met, n, size = (
        np.array([[9, 0], [58, 9]]),
        np.array([[10, 0], [60, 10]]),
        np.array([[100, 5], [400, 100]]),
    )
    many = rate_interval(met, n, size, method="shortest")
    assert many.low.shape == (2, 2)
    for place in np.ndindex(2, 2):
        one = rate_interval(int(met[place]), int(n[place]), int(size[place]), method="shortest")
        assert many.low_count is not None
        assert (many.low[place], many.high[place], many.low_count[place]) == (
            one.low,
            one.high,
            one.low_count,
        )
    empty = np.array([], dtype=int)
    assert rate_interval(empty, empty, empty, method="shortest").low.shape == (0,)


def test_a_table_is_shared_and_cannot_be_spoilt() -> None:
    low, _ = shortest_table(10, 100, 0.95)
    with pytest.raises(ValueError, match="read-only"):
        low[0] = 5


def test_refusals() -> None:
    with pytest.raises(Refused, match="known population"):
        rate_interval(9, 10, method="shortest")
    with pytest.raises(Refused, match="The number met cannot be 11 when the number reviewed is 10"):
        rate_interval(11, 10, 100, method="shortest")
    with pytest.raises(Refused, match="the population is 5"):
        rate_interval(9, 10, 5, method="shortest")
