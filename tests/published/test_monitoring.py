"""Confidence sequences against numbers worked out independently from the paper's formula."""

from collections.abc import Callable

import numpy as np
import pytest

from sampling.intervals import most_failing
from sampling.monitoring import limits_at_a_look


@pytest.mark.parametrize(
    ("population", "reviewed", "not_met", "limits"),
    [
        # The set {M : π₀(M)/π_t(M) < 20} of Waudby-Smith and Ramdas (2020), arXiv 2006.04347, theorem 1,
        # listed in full with beta-binomial chances, prior (99 met, 1 not met).
        (500, 100, 1, (1, 27)),
        (1000, 200, 2, (2, 38)),
    ],
)
def test_one_look(population: int, reviewed: int, not_met: int, limits: tuple[int, int]) -> None:
    assert limits_at_a_look(not_met, reviewed, population) == limits


SIZE, FAILING = 500, 11


def chance_of_alarm(limit: Callable[[np.ndarray, np.ndarray], np.ndarray], looks: range) -> float:
    """How likely is a pass at any of these looks, when 11 of 500 fail, one more than 98% allows? Exactly.

    `limit` gives the most failing cases for counts not met and reviewed. Samples that have not passed are
    followed case by case.
    """
    x, n = np.meshgrid(np.arange(FAILING + 1), np.arange(SIZE + 1))
    passes = limit(np.minimum(x, n), n) < FAILING
    chance, alarm = np.zeros(FAILING + 1), 0.0
    chance[0] = 1
    for reviewed in range(1, max(looks) + 1):
        left = np.minimum((FAILING - np.arange(FAILING + 1)) / (SIZE - reviewed + 1), 1)
        ahead = chance * left
        chance = chance - ahead
        chance[1:] += ahead[:-1]
        if reviewed in looks:
            alarm += chance[passes[reviewed]].sum()
            chance[passes[reviewed]] = 0
    return alarm


def test_reading_a_fixed_size_bound_again_and_again() -> None:
    def fixed(not_met: np.ndarray, reviewed: np.ndarray) -> np.ndarray:
        return most_failing(not_met, reviewed, SIZE)

    assert chance_of_alarm(fixed, range(200, 201)) <= 0.05
    assert chance_of_alarm(fixed, range(100, 391, 10)) == pytest.approx(0.128, abs=5e-4)


def test_reading_the_sequence_after_every_case() -> None:
    def running(not_met: np.ndarray, reviewed: np.ndarray) -> np.ndarray:
        return limits_at_a_look(not_met, reviewed, SIZE)[1]

    assert chance_of_alarm(running, range(1, SIZE + 1)) == pytest.approx(0.041, abs=5e-4)
    assert chance_of_alarm(running, range(100, 391)) == pytest.approx(0.035, abs=5e-4)
