"""Before and after in worlds so small that every result is looked at."""

from itertools import product
from math import comb

import pytest

from learning_register.effectiveness import MOST, BeforeAndAfter, Effect, compare
from sampling.refused import Refused

RATES = [step / 20 for step in range(21)]


@pytest.mark.parametrize(("before", "after"), [(1, 1), (5, 3), (4, 8), (9, 9), (12, 6)])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_wrong_as_seldom_as_it_says(before: int, after: int, confidence: float) -> None:
    results = {
        (x, y): compare((x, before), (y, after), confidence=confidence)
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
    for before, after in (((3, 10), (0, 0)), ((0, 0), (3, 10)), ((0, 0), (0, 0))):
        result = compare(before, after)
        assert (result.verdict, result.difference, result.p_value) == (Effect.NOT_SHOWN, None, 1.0)
        assert result.difference_low < 0 < result.difference_high


def test_a_large_office() -> None:
    result = compare((300, 5000), (150, 5000))
    assert (result.share_before, result.share_after, result.verdict) == (0.06, 0.03, Effect.WORKED)
    assert result.difference_low < -0.03 < result.difference_high < 0


@pytest.mark.parametrize(("before", "after"), [((3, 2), (0, 1)), ((0, 1), (-1, 1))])
def test_counts_that_cannot_be_are_refused(before: tuple[int, int], after: tuple[int, int]) -> None:
    with pytest.raises(Refused):
        compare(before, after)


def needed_by_trying(before: tuple[int, int], after: tuple[int, int], most: int) -> int | None:
    """How many more reviews would show it, one after another; whole failures, no fewer than so far."""
    failed, reviewed = after
    for more in range(most + 1):
        failures = -(-failed * (reviewed + more) // reviewed) if reviewed else 0
        if compare(before, (failures, reviewed + more)).verdict is Effect.WORKED:
            return more
    return None


def test_so_many_more_reviews_would_show_it_and_not_one_fewer() -> None:
    tried = 60
    for before, after in product([(1, 1), (3, 8), (9, 12), (8, 8)], [(0, 0), (0, 3), (1, 5), (3, 4), (2, 2)]):
        needed = compare(before, after).reviews_needed
        by_trying = needed_by_trying(before, after, tried)
        assert by_trying == needed or (by_trying is None and (needed is None or needed > tried))


@pytest.mark.parametrize(
    ("before", "after", "needed"),
    [
        ((9, 120), (0, 100), 0),
        ((3, 10), (0, 0), 22),
        ((2100, 10000), (2000, 10000), 7355),
        ((9, 120), (12, 100), None),  # it fails more often than before
        ((9, 120), (5, 100), None),  # 120 reviews before say too little of so small a difference
        ((0, 120), (0, 10), None),
        ((1, 10), (0, MOST), 0),
        ((0, 10), (0, MOST), None),
    ],
)
def test_how_many_more_reviews_are_needed(
    before: tuple[int, int], after: tuple[int, int], needed: int | None
) -> None:
    assert compare(before, after).reviews_needed == needed
