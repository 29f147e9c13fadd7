"""Speed of the statistics: how long sizes, limits and intervals take, beside the ways not taken.

Run with `python -m pytest tests/bench/bench_statistics.py -o python_functions='bench_*'`, never with the
tests. Names that begin alike are alternatives for one job, to be read against one another.
"""

from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import stats

from sampling.hypergeometric import chance_at_most
from sampling.intervals import lower_limit, rate_interval
from sampling.monitoring import confidence_sequence, stratified_confidence_sequence
from sampling.shortest import shortest_table
from sampling.sizes import chance_of_met, size_for_margin, size_to_show, size_to_show_stratified, stop_or_go
from sampling.strata import share_optimally, spreads_of_rates

TEAMS = 10_000


def teams(count: int, largest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Met, reviewed and population of so many teams, 3 cases in 100 failing."""
    chance = np.random.default_rng(7)
    population = chance.integers(largest // 2, largest, count)
    reviewed = chance.integers(20, 400, count)
    return chance.binomial(reviewed, 0.97), reviewed, population


# Sizes.


@pytest.mark.parametrize("allowed", [0, 5])
def bench_size_to_show(benchmark: BenchmarkFixture, allowed: int) -> None:
    plan = benchmark(size_to_show, "0.98", 30_000, allowed_failures=allowed)
    assert plan.chance_of_false_pass <= 0.05


def bench_size_to_show_by_bisection_with_scipy(benchmark: BenchmarkFixture) -> None:
    def bisect() -> int:
        low, high = 0, 30_000
        while low < high:
            middle = (low + high) // 2
            enough = stats.hypergeom.cdf(0, 30_000, 601, middle) <= 0.05
            low, high = (low, middle) if enough else (middle + 1, high)
        return low

    assert benchmark(bisect) == size_to_show("0.98", 30_000).sample_size


def bench_stop_or_go(benchmark: BenchmarkFixture) -> None:
    assert benchmark(stop_or_go, "0.98", 30_000).first_stage > 149


def bench_size_for_margin(benchmark: BenchmarkFixture) -> None:
    assert benchmark(size_for_margin, "0.98", "0.01", 30_000).half_width <= 0.01


def bench_size_for_margin_of_every_size(benchmark: BenchmarkFixture) -> None:
    sizes = np.arange(1, 30_001)
    failing = (2 * sizes + 50) // 100

    def widths() -> Any:
        interval = rate_interval(sizes - failing, sizes, 30_000)
        assert interval.low_count is not None
        assert interval.high_count is not None
        return interval.high_count - interval.low_count

    kept = benchmark.pedantic(widths, rounds=2) <= 600
    assert kept[size_for_margin("0.98", "0.01", 30_000).sample_size - 1 :].all()


def bench_size_to_show_stratified(benchmark: BenchmarkFixture) -> None:
    offices = {f"office {number:02}": 400 + number for number in range(65)}
    assert benchmark(size_to_show_stratified, "0.98", offices).sample_size >= 147


def bench_operating_characteristic(benchmark: BenchmarkFixture) -> None:
    failing = np.arange(30_001)
    chances = benchmark(chance_of_met, 30_000, failing, sample_size=237, allowed_failures=1)
    assert chances[601] <= 0.05


def bench_optimal_shares_of_30000(benchmark: BenchmarkFixture) -> None:
    offices = {f"office {number:02}": 900 + number for number in range(65)}
    spreads = spreads_of_rates(offices, dict.fromkeys(offices, 0.98))
    assert sum(benchmark(share_optimally, offices, spreads, 30_000).values()) == 30_000


# Chances and limits.


def bench_chance_of_10000_teams(benchmark: BenchmarkFixture) -> None:
    met, reviewed, population = teams(TEAMS, 30_000)
    assert benchmark(chance_at_most, reviewed - met, reviewed, population, population // 30).shape == (TEAMS,)


def bench_chance_of_10000_teams_with_scipy(benchmark: BenchmarkFixture) -> None:
    met, reviewed, population = teams(TEAMS, 30_000)
    arguments = (reviewed - met, population, population // 30, reviewed)
    theirs = benchmark.pedantic(stats.hypergeom.cdf, args=arguments, rounds=2)
    ours = chance_at_most(reviewed - met, reviewed, population, population // 30)
    assert np.allclose(theirs, ours, rtol=1e-9)


@pytest.mark.parametrize("largest", [3_000, 30_000])
def bench_tail_interval_of_10000_teams(benchmark: BenchmarkFixture, largest: int) -> None:
    met, reviewed, population = teams(TEAMS, largest)
    interval = benchmark.pedantic(rate_interval, args=(met, reviewed, population), rounds=3)
    assert np.all(interval.low <= met / reviewed)


def bench_clopper_pearson_of_10000_teams(benchmark: BenchmarkFixture) -> None:
    met, reviewed, _ = teams(TEAMS, 3_000)
    interval = benchmark(rate_interval, met, reviewed)
    assert np.all(interval.low <= met / reviewed)


def bench_clopper_pearson_of_100_teams_by_binomtest(benchmark: BenchmarkFixture) -> None:
    met, reviewed, _ = teams(100, 3_000)
    pairs = list(zip(met.tolist(), reviewed.tolist(), strict=True))

    def loop() -> list[float]:
        return [float(stats.binomtest(x, n).proportion_ci(0.9, method="exact").low) for x, n in pairs]

    lows = benchmark.pedantic(loop, rounds=3)
    assert np.allclose(lows, lower_limit(met, reviewed))


def bench_wilson_of_10000_teams(benchmark: BenchmarkFixture) -> None:
    met, reviewed, population = teams(TEAMS, 3_000)
    interval = benchmark(rate_interval, met, reviewed, population, method="wilson")
    assert np.all(interval.low <= met / reviewed)


@pytest.mark.parametrize("population", [500, 5_000, 62_516])
def bench_shortest_table(benchmark: BenchmarkFixture, population: int) -> None:
    low, high = benchmark(shortest_table.__wrapped__, 400, population, 0.95)
    assert np.all(low <= high)


def bench_shortest_table_of_half(benchmark: BenchmarkFixture) -> None:
    low, _ = benchmark(shortest_table.__wrapped__, 2_500, 5_000, 0.95)
    assert len(low) == 2_501


# Looking while the quarter runs.


@pytest.mark.parametrize("population", [5_000, 300_000])
def bench_confidence_sequence_of_400(benchmark: BenchmarkFixture, population: int) -> None:
    results = ([1] * 79 + [0]) * 5
    assert benchmark(confidence_sequence, results, population).low.shape == (400,)


def bench_confidence_sequence_of_400_in_20_strata(benchmark: BenchmarkFixture) -> None:
    results = [(f"team {number % 20}", int(number % 80 != 0)) for number in range(400)]
    populations = {f"team {number}": 250 for number in range(20)}
    sequence = benchmark(stratified_confidence_sequence, results, populations)
    assert sequence.low.shape == (400,)
