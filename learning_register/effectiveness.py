"""Did an action work? The failures of one requirement before it and after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from sampling.hypergeometric import chance_at_most, check_level, rare
from sampling.intervals import rate_interval


class Effect(StrEnum):
    """What the counts show of an action."""

    WORKED = "worked"
    NOT_SHOWN = "not shown"
    WORSE = "worse"


@dataclass(frozen=True)
class BeforeAndAfter:
    """Shares of failing reviews; their difference is after less before, so that less than 0 is better.

    `p_value` is the chance of so few failures after, or fewer, had nothing changed. Shares and difference
    are None where nothing was reviewed.
    """

    failed_before: int
    reviewed_before: int
    failed_after: int
    reviewed_after: int
    share_before: float | None
    share_after: float | None
    difference: float | None
    difference_low: float
    difference_high: float
    p_value: float
    verdict: Effect
    confidence: float


def before_and_after(
    failed_before: int,
    reviewed_before: int,
    failed_after: int,
    reviewed_after: int,
    *,
    confidence: float = 0.95,
) -> BeforeAndAfter:
    """Is the share that fails smaller after an action than before it, or larger?

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
    """
    check_level("confidence", confidence)
    before, after = (
        rate_interval(failed, reviewed, confidence=sqrt(confidence))
        for failed, reviewed in ((failed_before, reviewed_before), (failed_after, reviewed_after))
    )
    reviewed, failed = reviewed_before + reviewed_after, failed_before + failed_after
    fewer = float(chance_at_most(failed_after, reviewed_after, reviewed, failed))
    more = float(chance_at_most(failed_before, reviewed_before, reviewed, failed))
    verdict, tail = Effect.NOT_SHOWN, (1 - confidence) / 2
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
        None if share_before is None or share_after is None else share_after - share_before,
        after.low - before.high,
        after.high - before.low,
        fewer,
        verdict,
        confidence,
    )


def _share(failed: int, reviewed: int) -> float | None:
    return failed / reviewed if reviewed else None
