"""Sharing out, against every way there is in small worlds."""

from collections import Counter
from itertools import chain, combinations, product

import pytest

from scorecards.allocation import share_out

A, B, C = 1, 2, 3
SUBSETS = [frozenset(some) for size in range(4) for some in combinations((A, B, C), size)]


def every_way(
    may_have: list[frozenset[int]], capacities: dict[int, int | None]
) -> list[tuple[int | None, ...]]:
    """All ways to give each case to somebody who may have it, or to nobody, within the capacities."""
    ways = product(*([None, *sorted(able & set(capacities))] for able in may_have))
    return [
        way
        for way in ways
        if all(most is None or way.count(reviewer) <= most for reviewer, most in capacities.items())
    ]


def uneven(
    way: tuple[int | None, ...], capacities: dict[int, int | None], loads: dict[int, int]
) -> list[int]:
    """The loads from the largest down: of two ways with as many cases the smaller list is the more even."""
    return sorted((way.count(reviewer) + loads.get(reviewer, 0) for reviewer in capacities), reverse=True)


@pytest.mark.parametrize(
    ("capacities", "loads"),
    [
        ({A: None, B: None, C: None}, {}),
        ({A: None, B: None}, {}),
        ({A: 1, B: 2, C: None}, {}),
        ({A: 1, B: 1, C: 1}, {}),
        ({A: 0, B: 3, C: 1}, {C: 2}),
        ({A: None, B: None, C: None}, {A: 2, C: 1}),
    ],
)
def test_every_small_world_is_shared_out_as_far_and_as_evenly_as_can_be(
    capacities: dict[int, int | None], loads: dict[int, int]
) -> None:
    for world in product(SUBSETS, repeat=4):
        may_have = list(world)
        shares = share_out(dict(enumerate(may_have)), capacities=capacities, loads=loads)
        way = tuple(shares.reviewer_of.get(case) for case in range(len(may_have)))
        ways = every_way(may_have, capacities)
        assert way in ways
        assert set(shares.left) == {case for case, reviewer in enumerate(way) if reviewer is None}
        given = [tuple(reviewer is not None for reviewer in other) for other in ways]
        # As many as can be, and of those ways the one that gives the earliest cases to somebody.
        taken = max(given, key=lambda one: (sum(one), one))
        assert tuple(reviewer is not None for reviewer in way) == taken
        alike = [other for other, one in zip(ways, given, strict=True) if one == taken]
        assert uneven(way, capacities, loads) == min(uneven(other, capacities, loads) for other in alike)


def test_without_bars_loads_differ_by_one_at_most_and_the_order_is_dealt_in_turn() -> None:
    shares = share_out(dict.fromkeys(range(8), (A, B, C)), capacities={A: None, B: None, C: None}, loads={})
    assert list(shares.reviewer_of.values()) == [A, B, C, A, B, C, A, B]
    assert shares.left == ()


def test_a_case_only_one_may_have_pushes_others_along_a_chain() -> None:
    # The fourth case is A's alone; A passes on to B, and B to C, who is free.
    may_have = {1: {A, B}, 2: {B, C}, 3: {A}}
    shares = share_out(may_have, capacities={A: 1, B: 1, C: 1}, loads={})
    assert shares.reviewer_of == {1: B, 2: C, 3: A}


def test_what_a_reviewer_has_already_counts_for_evenness_and_not_for_capacity() -> None:
    may_have = dict.fromkeys(range(4), (A, B))
    assert Counter(share_out(may_have, capacities={A: None, B: None}, loads={A: 4}).reviewer_of.values()) == {
        B: 4
    }
    assert Counter(share_out(may_have, capacities={A: 1, B: 2}, loads={A: 4}).reviewer_of.values()) == {
        A: 1,
        B: 2,
    }


def test_a_large_sample_is_shared_out_whole_and_evenly() -> None:
    reviewers = range(20)
    may_have = {case: [able for able in reviewers if (case * 7 + able) % 5] for case in range(800)}
    shares = share_out(may_have, capacities=dict.fromkeys(reviewers), loads={})
    assert set(Counter(shares.reviewer_of.values()).values()) == {40}
    assert sorted(chain(shares.reviewer_of, shares.left)) == list(may_have)
