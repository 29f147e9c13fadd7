"""Small counts in what is published: hidden, and with them what would give them away.

A count of one to four can point to a person. To leave it out is not enough: the total would tell it. So the
smallest of the other counts are hidden with it. Whatever stands hidden could then stand in any order, and
each of them could be large: nobody can tell which is small, not even with this rule in hand.
"""

from collections.abc import Sequence
from typing import Final

SMALLEST_SHOWN: Final = 5


def published_counts(counts: Sequence[int]) -> list[int | None]:
    """The counts of a list with a total, as they may be published; None for one that is hidden.

    Hidden are all from 1 to 4, and with them every count that is equal to the smallest from 5 on: which of
    several was chosen would tell something.
    """
    if any(count < 0 for count in counts):
        raise ValueError("No count is below zero.")
    if all(count == 0 or count >= SMALLEST_SHOWN for count in counts):
        return list(counts)
    smallest = _smallest_large(counts)
    return [None if 0 < count < SMALLEST_SHOWN or count == smallest else count for count in counts]


def published_total(counts: Sequence[int]) -> int | None:
    """The total beside such a list; None where nothing large is hidden with the small counts."""
    total = sum(counts)
    is_whole = None not in published_counts(counts)
    return total if is_whole or _smallest_large(counts) is not None else None


def _smallest_large(counts: Sequence[int]) -> int | None:
    return min((count for count in counts if count >= SMALLEST_SHOWN), default=None)
