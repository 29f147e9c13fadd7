"""Before and after in worlds so small that every result is looked at."""

from itertools import product
from math import comb

import pytest

from learning_register.effectiveness import BeforeAndAfter, Effect, before_and_after
from sampling.refused import Refused

RATES = [step / 20 for step in range(21)]


@pytest.mark.parametrize(("before", "after"), [(1, 1), (5, 3), (4, 8), (9, 9), (12, 6)])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_wrong_as_seldom_as_it_says(before: int, after: int, confidence: float) -> None:
    results = {
        (x, y): before_and_after(x, before, y, after, confidence=confidence)
        for x, y in product(range(before + 1), range(after + 1))
    }
    for p, q in product(RATES, repeat=2):
        weighed = [
            (
                comb(before, x)
                * p**x
                * (1 - p) ** (before - x)
                * comb(after, y)
                * q**y
                * (1 - q) ** (after - y),
                r,
            )
            for (x, y), r in results.items()
        ]

        def chance(is_so, weighed: list[tuple[float, BeforeAndAfter]] = weighed) -> float:  # type: ignore[no-untyped-def]
            return sum(weight for weight, result in weighed if is_so(result))

        held = chance(lambda r, d=q - p: r.difference_low - 1e-12 <= d <= r.difference_high + 1e-12)
        assert held >= confidence - 1e-12
        most = (1 - confidence) / 2 + 1e-12
        assert q < p or chance(lambda r: r.verdict is Effect.WORKED) <= most
        assert q > p or chance(lambda r: r.verdict is Effect.WORSE) <= most


def test_nothing_reviewed_shows_nothing() -> None:
    for counts in ((3, 10, 0, 0), (0, 0, 3, 10), (0, 0, 0, 0)):
        result = before_and_after(*counts)
        assert (result.verdict, result.difference, result.p_value) == (Effect.NOT_SHOWN, None, 1.0)
        assert result.difference_low < 0 < result.difference_high


def test_a_large_office() -> None:
    result = before_and_after(300, 5000, 150, 5000)
    assert (result.share_before, result.share_after, result.verdict) == (0.06, 0.03, Effect.WORKED)
    assert result.difference_low < -0.03 < result.difference_high < 0


@pytest.mark.parametrize("counts", [(3, 2, 0, 1), (0, 1, -1, 1)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(Refused):
        before_and_after(*counts)
