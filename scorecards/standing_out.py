"""Which months and teams stand out from what chance alone explains, and which do not?

Frames of counts go in, one row a period or team, and come out with limits and signals beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from sampling.intervals import rate_interval
from scorecards.control_limits import (
    OverDispersion,
    XmrLimits,
    binomial_limits,
    funnel_limits,
    outside,
    over_dispersion,
    xmr_limits,
)

TAIL: Final = 0.001  # of a month's control limits, on either side
WARNING, ACTION = 0.95, 0.998  # the two levels of a funnel
_TEAMS = 10  # of fewer, the scatter of all cannot be told from one odd team
_SHOWN = 0.05  # the p-value at which over-dispersion is taken as shown
_SEED = 2005  # of the worlds in which teams differ by chance alone: the same teams give the same answer


class Place(StrEnum):
    """Where a period or a team stands."""

    WITHIN = "within"
    BELOW = "below"
    ABOVE = "above"
    FAR_BELOW = "far below"
    FAR_ABOVE = "far above"


@dataclass(frozen=True)
class Trend:
    """Periods with their limits, and the rate of all together that the limits are of; `None` without cases.

    `low` and `high` are the exact interval of that rate. `rows` has the columns that went in and
    `limit_low`, `limit_high` (missing without cases), and `place`.
    """

    rows: pd.DataFrame
    met: int
    n: int
    rate: float | None
    low: float | None
    high: float | None

    @property
    def periods(self) -> int:
        """How many periods have cases with a result."""
        return int((self.rows["n"] > 0).sum())


def trend(periods: pd.DataFrame, *, confidence: float) -> Trend:
    """Is the rate of meeting the same from period to period, but for chance?

    `periods` has `met` and `n`, in the order of time. The limits of each are exact, with at most 0.1% in
    either tail if its cases meet at the rate of all periods together.
    """
    met, n = int(periods["met"].sum()), int(periods["n"].sum())
    rows = periods.assign(limit_low=np.nan, limit_high=np.nan, place=Place.WITHIN)
    if not n:
        return Trend(rows, 0, 0, None, None, None)
    limits = binomial_limits(periods["n"].to_numpy(), met / n, tail=TAIL)
    low, high = (np.ma.filled(limit, np.nan) for limit in limits)
    # Counts are compared: a limit is a count over n.
    below = periods["met"] < np.nan_to_num(np.round(low * periods["n"]))
    above = periods["met"] > np.nan_to_num(np.round(high * periods["n"]))
    place = np.select([below, above], [Place.BELOW, Place.ABOVE], Place.WITHIN)
    rows = rows.assign(limit_low=low, limit_high=high, place=place)
    interval = rate_interval(met, n, confidence=confidence)
    return Trend(rows, met, n, met / n, interval.low, interval.high)


def over_dispersion_shown(teams: pd.DataFrame) -> OverDispersion | None:
    """Do teams (`met` and `n`) differ by more than chance? `None` when that is not shown, or they are few."""
    if len(teams) < _TEAMS:
        return None
    found = over_dispersion(teams["met"].to_numpy(), teams["n"].to_numpy(), seed=_SEED)
    return found if found.p_value is not None and found.p_value <= _SHOWN and found.correlation else None


def funnel(teams: pd.DataFrame, *, target: float, correlation: float = 0.0) -> pd.DataFrame:
    """Which teams are further from the target than chance explains?

    `teams` has `met` and `n`. Gives them with `place`, in the order they came: by exact tests at 99.8%
    (far) and at 95%. With a `correlation` the ordinary difference between teams is allowed for too.
    """
    met, n = teams["met"].to_numpy(), teams["n"].to_numpy()
    far, out = (outside(met, n, target, level=level, correlation=correlation) for level in (ACTION, WARNING))
    under = met < n * target
    place = np.select(
        [far & under, far, out & under, out],
        [Place.FAR_BELOW, Place.FAR_ABOVE, Place.BELOW, Place.ABOVE],
        Place.WITHIN,
    )
    return teams.assign(place=place)


def funnel_lines(largest: int, *, target: float, correlation: float = 0.0) -> pd.DataFrame:
    """The lines of a funnel up to a team of so many cases: `n`, `low_95`, `high_95`, `low_998`, `high_998`.

    Limits above 1 are drawn at 1.
    """
    # More points where the lines bend: at few cases.
    n = np.unique(np.geomspace(1, max(largest, 2), 160).astype(int))
    inner, outer = (
        funnel_limits(n, target, level=level, correlation=correlation) for level in (WARNING, ACTION)
    )
    return pd.DataFrame(
        {
            "n": n,
            "low_95": np.asarray(inner.low),
            "high_95": np.minimum(inner.high, 1.0),
            "low_998": np.asarray(outer.low),
            "high_998": np.minimum(outer.high, 1.0),
        }
    )


def chance_of_a_signal(number: int, each: float) -> float:
    """How likely does at least one of so many stand out, if each does so by chance alone with this chance?"""
    return float(1 - (1 - each) ** number)


@dataclass(frozen=True)
class CountSeries:
    """Counts, one a period, with the limits of single values and the signals by rule, as periods."""

    rows: pd.DataFrame
    limits: XmrLimits
    signals: dict[str, tuple[int, ...]]


def count_series(periods: Sequence[int], counts: Sequence[int]) -> CountSeries:
    """Are the counts of these periods ordinary? `rows` has `period` and `count`."""
    limits = xmr_limits(counts)
    rows = pd.DataFrame({"period": list(periods), "count": list(counts)})
    found = {rule: tuple(int(periods[at]) for at in places) for rule, places in limits.signals.items()}
    return CountSeries(rows, limits, found)
