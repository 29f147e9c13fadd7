"""Sharing cases out among reviewers who may not have all of them: as many as can be, as evenly as can be.

Cases are dealt one at a time. A new case goes to the reviewer with the least work among those it can
reach: directly, or by passing a case of theirs on to somebody who may have that one. So the cases
that find a reviewer are as many as can be, the earliest in the order given, and the loads are as even as
these cases allow (Harvey, Ladner, Lovász and Tamir 2006, Semi-matchings for bipartite graphs and load
balancing, Journal of Algorithms 59: no path leads to a reviewer whose load is smaller by two).
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """Who gets which case, and the cases nobody could be given, both in the order of the cases."""

    reviewer_of: dict[int, int]
    left: tuple[int, ...]


def share_out(
    may_have: Mapping[int, Collection[int]],
    *,
    capacities: Mapping[int, int | None],
    loads: Mapping[int, int],
) -> Shares:
    """Which reviewer gets which case?

    `may_have` names for each case, in the order in which cases come first, the reviewers who may have
    it. `capacities` says how many of these cases each reviewer takes at most, None for any number;
    whoever is not in it takes none. `loads` is what a reviewer of the sample has already, for evenness.
    Of reviewers with equal loads the first in `capacities` goes first: the same question has one answer.
    """
    place = {reviewer: number for number, reviewer in enumerate(capacities)}
    given: dict[int, list[int]] = {reviewer: [] for reviewer in capacities}
    reviewer_of: dict[int, int] = {}
    left = []
    for case in may_have:
        came_from = _reached(case, may_have, given)
        free = [
            reviewer
            for reviewer in came_from
            if (most := capacities[reviewer]) is None or len(given[reviewer]) < most
        ]
        if not free:
            left.append(case)
            continue
        taker: int | None = min(
            free, key=lambda reviewer: (loads.get(reviewer, 0) + len(given[reviewer]), place[reviewer])
        )
        while taker is not None:  # each passes on the case that led there, back to the new case
            passed = came_from[taker]
            giver = reviewer_of.get(passed)
            if giver is not None:
                given[giver].remove(passed)
            given[taker].append(passed)
            reviewer_of[passed] = taker
            taker = giver
    return Shares({case: reviewer_of[case] for case in may_have if case in reviewer_of}, tuple(left))


def _reached(
    case: int, may_have: Mapping[int, Collection[int]], given: dict[int, list[int]]
) -> dict[int, int]:
    """The reviewers to whom a new case can find its way, each with the case they would take for it."""
    came_from: dict[int, int] = {}
    waiting = deque([case])
    while waiting:
        passed = waiting.popleft()
        for reviewer in given:
            if reviewer in came_from or reviewer not in may_have[passed]:
                continue
            came_from[reviewer] = passed
            waiting.extend(given[reviewer])
    return came_from
