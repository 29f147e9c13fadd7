"""Did an action work? The failures of one requirement before it and after it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any, Final

import numpy as np

from sampling.hypergeometric import chance_at_most, check_level, rare
from sampling.intervals import RateInterval, rate_interval


class Effect(StrEnum):
    """What the counts show of an action."""

    WORKED = "worked"
    NOT_SHOWN = "not shown"
    WORSE = "worse"


MOST: Final = 100_000
"""More reviews than this nobody will do after one action: where they would not show it, nothing would."""


@dataclass(frozen=True)
class BeforeAndAfter:
    """Shares of failing reviews; their difference is after less before, so that less than 0 is better.

    `p_value` is the chance of so few failures after, or fewer, had nothing changed. Shares and difference
    are None where nothing was reviewed. `before` and `after` are the shares between which each truth lies,
    each by itself. `reviews_needed` is how many more reviews after, failing as often as those so far, or not
    at all where there are none, would show that it worked: 0 where that is shown, None where none would.
    """

    failed_before: int
    reviewed_before: int
    failed_after: int
    reviewed_after: int
    share_before: float | None
    share_after: float | None
    before: RateInterval[float, int]
    after: RateInterval[float, int]
    difference: float | None
    difference_low: float
    difference_high: float
    p_value: float
    verdict: Effect
    reviews_needed: int | None
    confidence: float


def compare(before: tuple[int, int], after: tuple[int, int], *, confidence: float = 0.95) -> BeforeAndAfter:
    """Is the share that fails smaller after an action than before it, or larger?

    `before` and `after` are each how many reviews failed, and how many were done: (9, 120), (2, 130).

    The test is Fisher's exact one, given how many failed in all: Fisher, R. A. (1934), Statistical Methods
    for Research Workers, 5th ed., section 21.02. The verdict is that it worked, or got worse, when so few
    failures after, or so many, have at most half the chance that the confidence leaves; either word is
    then wrong at most that seldom, whatever the true shares are. Everything else is "not shown".

    The interval of the difference goes from the lower limit after less the upper one before to the upper
    limit after less the lower one before, with the exact limits of Clopper and Pearson (1934), Biometrika
    26, 404-413, at the square root of the confidence each. The two periods are reviewed independently, so
    both limits hold together with at least the confidence. That is valid for counts of any size and quick,
    but wider than needed, and the test is sharper: where it just shows a change the interval may still
    hold 0. Assumes independent reviews of many cases. Raises `Refused` for counts that cannot be and for a
    confidence outside (0, 1).

    `reviews_needed` plans the next sample. Whoever looks again after every review, and stops when it is
    shown, is wrong more often than the confidence says.
    """
    check_level("confidence", confidence)
    (failed_before, reviewed_before), (failed_after, reviewed_after) = before, after
    alone_before, alone_after = (rate_interval(*counts, confidence=confidence) for counts in (before, after))
    wide_before, wide_after = (
        rate_interval(*counts, confidence=sqrt(confidence)) for counts in (before, after)
    )
    verdict, tail = Effect.NOT_SHOWN, (1 - confidence) / 2
    fewer, more = _chance_of_fewer(before, after), _chance_of_fewer(after, before)
    if rare(fewer, tail):
        verdict = Effect.WORKED
    elif rare(more, tail):
        verdict = Effect.WORSE
    share_before, share_after = _share(failed_before, reviewed_before), _share(failed_after, reviewed_after)
    return BeforeAndAfter(
        failed_before,
        reviewed_before,
        failed_after,
        reviewed_after,
        share_before,
        share_after,
        alone_before,
        alone_after,
        None if share_before is None or share_after is None else share_after - share_before,
        wide_after.low - wide_before.high,
        wide_after.high - wide_before.low,
        fewer,
        verdict,
        _reviews_needed(before, after, tail),
        confidence,
    )


def _chance_of_fewer(before: tuple[int, int], after: tuple[int, int]) -> float:
    """How likely are at most so many failures after, given how many there are in all?"""
    failed, reviewed = (sum(counts) for counts in zip(before, after, strict=True))
    return float(chance_at_most(*after, reviewed, failed))


def _reviews_needed(before: tuple[int, int], after: tuple[int, int], tail: float) -> int | None:
    """How many more reviews after, at the share that failed so far, would show that it worked?

    Failures are whole: of more reviews so many fail that the share is at least what it was. While none
    fails more of them the chance falls with every review, and jumps up with the next failure. So bisection
    finds a number of failures with which it is shown by the last review before the next one, then the
    first such number, then the review.
    """
    failed, reviewed = after

    def last_with(more: Any) -> Any:
        """How many reviews there are in all when the next one would be one failure too many."""
        return np.minimum(MOST, (failed + more) * reviewed // failed) if failed else MOST

    def shows(more: Any, in_all: Any) -> Any:
        failures = failed + more
        chance = chance_at_most(failures, in_all, before[1] + in_all, before[0] + failures)
        return rare(chance, tail)

    if reviewed >= MOST:
        return 0 if shows(0, reviewed) else None
    most = (MOST - reviewed) * failed // max(reviewed, 1)
    if not shows(most, last_with(most)):
        return None
    enough = bisect_left(range(most), True, key=lambda more: bool(shows(more, last_with(more))))
    ends = np.arange(enough + 1)
    found = int(np.argmax(shows(ends, last_with(ends))))
    first = int(last_with(found - 1)) + 1 if found else reviewed
    numbers = range(first, int(last_with(found)))
    return first + bisect_left(numbers, True, key=lambda number: bool(shows(found, number))) - reviewed


def _share(failed: int, reviewed: int) -> float | None:
    return failed / reviewed if reviewed else None
