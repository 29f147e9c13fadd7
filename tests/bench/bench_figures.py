"""Speed of the figures on agreement and of the charts, for offices far larger than any.

Run with `python -m pytest tests/bench/bench_figures.py -o python_functions='bench_*'`, never with the tests.
"""

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from scorecards.agreement import Agreement, agreement, item_agreement, reliability, weighted_agreement
from scorecards.control_limits import binomial_limits, funnel_limits, outside

PAIRS = 1_000_000


def verdicts(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Met or not of so many cases, by two reviewers who agree in 97 of 100."""
    chance = np.random.default_rng(11)
    manager = chance.random(count) < 0.98
    return manager, manager ^ (chance.random(count) < 0.03)


def bench_every_figure_of_a_million_pairs(benchmark: BenchmarkFixture) -> None:
    """To stay below 50 ms."""
    manager, qa = verdicts(PAIRS)

    def figures() -> Agreement:
        both_not_met, overcalled, missed, both_met = np.bincount(2 * manager + qa, minlength=4).tolist()
        return agreement(both_met, missed, overcalled, both_not_met)

    assert benchmark(figures).pairs == PAIRS
    assert benchmark.stats.stats.median < 0.05


def bench_weighted_agreement_by_the_worst_case(benchmark: BenchmarkFixture) -> None:
    passed, failed = [(900, 60, 2), (700, 60, 1)], [(120, 80, 60)]
    assert benchmark(weighted_agreement, passed, failed).method == "exact worst case"


def bench_reliability_of_five_reviewers_of_100000_cases(benchmark: BenchmarkFixture) -> None:
    ratings = np.random.default_rng(12).choice([0.0, 1.0, np.nan], size=(100_000, 5), p=[0.03, 0.9, 0.07])
    assert benchmark.pedantic(reliability, args=(ratings,), rounds=3).alpha is not None


def bench_item_agreement_of_100000_cases(benchmark: BenchmarkFixture) -> None:
    alike = np.random.default_rng(17).binomial(15, 0.97, 100_000)
    strata = [(200_000, np.full(60_000, 15), alike[:60_000]), (40_000, np.full(40_000, 15), alike[60_000:])]
    assert benchmark(item_agreement, strata).cases == 100_000


def bench_limits_of_10000_months(benchmark: BenchmarkFixture) -> None:
    n = np.random.default_rng(13).integers(1, 400, 10_000)
    assert np.all(benchmark(binomial_limits, n, 0.98).low < 0.98)


def bench_funnel_of_10000_teams(benchmark: BenchmarkFixture) -> None:
    n = np.random.default_rng(14).integers(1, 400, 10_000)
    assert np.all(benchmark(funnel_limits, n, 0.98, level=0.998).high < 1)


def bench_teams_outside_of_10000(benchmark: BenchmarkFixture) -> None:
    n = np.random.default_rng(15).integers(1, 400, 10_000)
    met = np.random.default_rng(16).binomial(n, 0.98)
    assert benchmark(outside, met, n, 0.98, level=0.95).mean() < 0.05
