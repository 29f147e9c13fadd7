"""How sure a sample makes us: limits and intervals of the rate of meeting.

Counts of one stratum go in as numbers or as arrays of teams, and come out alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np
from scipy import special

from sampling.hypergeometric import (
    Counts,
    Numbers,
    WholeNumbers,
    check_level,
    check_part,
    checked_counts,
    failing_limit,
    fewest_failing,
    most_failing,
    plain,
    whole_numbers,
)
from sampling.refused import Refused
from sampling.shortest import shortest_table
from sampling.stratified import StratifiedEstimate, StratifiedLimits, stratified_estimate, stratified_limits

__all__ = [
    "RateInterval",
    "StratifiedEstimate",
    "StratifiedLimits",
    "fewest_failing",
    "lower_limit",
    "most_failing",
    "rate_interval",
    "stratified_estimate",
    "stratified_limits",
    "upper_limit",
]

_METHODS = ("tail", "shortest", "clopper-pearson", "wilson")

Rate = TypeVar("Rate")
Count = TypeVar("Count")


@dataclass(frozen=True)
class RateInterval(Generic[Rate, Count]):
    """Rates of meeting, and the counts of meeting cases they stand for (`None` without a population)."""

    low: Rate
    high: Rate
    low_count: Count | None
    high_count: Count | None
    confidence: float
    method: str


@overload
def lower_limit(
    met: int, reviewed: int, population: int | None = None, *, assurance: float = 0.95
) -> float: ...
@overload
def lower_limit(
    met: Counts, reviewed: Counts | int, population: Counts | int | None = None, *, assurance: float = 0.95
) -> Numbers: ...
def lower_limit(met: Any, reviewed: Any, population: Any = None, *, assurance: float = 0.95) -> Any:
    """Which rate of meeting is reached at least, with this assurance?

    `met` of `reviewed` cases met, drawn at random without replacement from `population` cases, `None` for
    one without end. One-sided and exact: (N − U)/N with U of `most_failing`; without end, the one-sided
    limit of Clopper and Pearson (1934), Biometrika 26, 404-413. Nothing reviewed gives 0. Raises `Refused`
    for counts that cannot be and an assurance outside (0, 1).
    """
    check_level("assurance", assurance)
    return plain(_limits(met, reviewed, population, 1 - assurance)[0])


@overload
def upper_limit(
    met: int, reviewed: int, population: int | None = None, *, assurance: float = 0.95
) -> float: ...
@overload
def upper_limit(
    met: Counts, reviewed: Counts | int, population: Counts | int | None = None, *, assurance: float = 0.95
) -> Numbers: ...
def upper_limit(met: Any, reviewed: Any, population: Any = None, *, assurance: float = 0.95) -> Any:
    """Which rate of meeting is not exceeded, with this assurance?

    As `lower_limit`, of which it is the mirror image: (N − L)/N with L of `fewest_failing`. Nothing
    reviewed gives 1.
    """
    check_level("assurance", assurance)
    return plain(_limits(met, reviewed, population, 1 - assurance)[1])


@overload
def rate_interval(
    met: int, reviewed: int, population: int | None = None, *, confidence: float = 0.95, method: str = "tail"
) -> RateInterval[float, int]: ...
@overload
def rate_interval(
    met: Counts,
    reviewed: Counts | int,
    population: Counts | int | None = None,
    *,
    confidence: float = 0.95,
    method: str = "tail",
) -> RateInterval[Numbers, WholeNumbers]: ...
def rate_interval(
    met: Any, reviewed: Any, population: Any = None, *, confidence: float = 0.95, method: str = "tail"
) -> RateInterval[Any, Any]:
    """Between which rates of meeting does the truth lie, two-sided, for display?

    `met` of `reviewed` cases met, drawn at random without replacement from `population` cases, `None` for
    one without end; numbers, or arrays of teams. The methods:

    "tail": exact, (1 − confidence)/2 in either tail, hypergeometric in a known population and else
    Clopper-Pearson.
    "shortest": exact too, and the shortest over all results together (Bartroff, Lorden and Wang 2022, see
    `sampling.shortest`); needs the population. For the likely range; a verdict has limits of its own. The
    work is one table for each different pair of population and number reviewed.
    "clopper-pearson": as if the population had no end; wider than needed in a known one, without counts.
    "wilson": Wilson (1927), JASA 22, 209-212, with reviewed·(population − 1)/(population − reviewed) for
    the number reviewed in a known population. For comparison only: it is not exact. At 95% in 400 cases, 60
    reviewed, it holds the truth as seldom as 85% of the time. It is about rates alone, without counts.

    Nothing reviewed gives 0 to 1. Raises `Refused` for another method, counts that cannot be, and a
    confidence outside (0, 1).
    """
    check_level("confidence", confidence)
    if method not in _METHODS:
        raise Refused(f"There is no interval method {method!r}. Use one of {', '.join(_METHODS)}.")
    if population is None:
        if method == "shortest":
            raise Refused(
                "The shortest interval is that of a known population, and none was given. "
                "Give the number of cases, or use the method tail."
            )
        x, n = whole_numbers("The number met", met), whole_numbers("The number reviewed", reviewed)
        check_part("The number met", x, "the number reviewed", n)
        size = None
    else:
        x, n, size = checked_counts("The number met", met, reviewed, population)
    if size is None or method in ("clopper-pearson", "wilson"):
        low, high = (
            _wilson(x, n, size, confidence)
            if method == "wilson"
            else _clopper_pearson(x, n, (1 - confidence) / 2)
        )
        return RateInterval(plain(low), plain(high), None, None, confidence, method)
    if method == "shortest":
        low_count, high_count = _shortest(x, n, size, confidence)
    else:
        level = (1 - confidence) / 2
        low_count, high_count = size - failing_limit(n - x, n, size, level), failing_limit(x, n, size, level)
    return RateInterval(
        plain(_share(low_count, size, 0.0)),
        plain(_share(high_count, size, 1.0)),
        plain(low_count),
        plain(high_count),
        confidence,
        method,
    )


def _limits(met: Any, reviewed: Any, population: Any, level: float) -> tuple[Any, Any]:
    """Lower and upper rate of meeting with `level` in each tail."""
    if population is None:
        x, n = whole_numbers("The number met", met), whole_numbers("The number reviewed", reviewed)
        check_part("The number met", x, "the number reviewed", n)
        return _clopper_pearson(x, n, level)
    x, n, size = checked_counts("The number met", met, reviewed, population)
    return (
        _share(size - failing_limit(n - x, n, size, level), size, 0.0),
        _share(failing_limit(x, n, size, level), size, 1.0),
    )


def _clopper_pearson(x: WholeNumbers, n: WholeNumbers, level: float) -> tuple[Any, Any]:
    # Beta needs positive parameters; where it has none the limit is 0 or 1.
    low = np.where(x > 0, special.betaincinv(np.maximum(x, 1), n - x + 1, level), 0.0)
    high = np.where(x < n, special.betaincinv(x + 1, np.maximum(n - x, 1), 1 - level), 1.0)
    return low, high


def _share(count: Any, size: WholeNumbers, of_none: float) -> Any:
    return np.where(size > 0, count / np.maximum(size, 1), of_none)


def _shortest(x: WholeNumbers, n: WholeNumbers, size: WholeNumbers, confidence: float) -> tuple[Any, Any]:
    x, n, size = np.broadcast_arrays(x, n, size)
    low, high = np.empty_like(x), np.empty_like(x)
    pairs, which = np.unique(np.stack([n.ravel(), size.ravel()]), axis=1, return_inverse=True)
    for number, (reviewed, population) in enumerate(pairs.T.tolist()):
        here = (which == number).reshape(x.shape)
        # Met and not met may change places: the table is its own mirror image.
        first, last = shortest_table(reviewed, population, confidence)
        low[here], high[here] = first[x[here]], last[x[here]]
    return low, high


def _wilson(
    x: WholeNumbers, n: WholeNumbers, size: WholeNumbers | None, confidence: float
) -> tuple[Any, Any]:
    squared = special.ndtri((1 + confidence) / 2) ** 2
    reviewed = np.maximum(n, 1)
    left = 1.0 if size is None else (size - n) / np.maximum(size - 1, 1)
    spread, rate = squared * left / reviewed, x / reviewed
    middle = (rate + spread / 2) / (1 + spread)
    half = np.sqrt(spread * (rate * (1 - rate) + spread / 4)) / (1 + spread)
    return (
        np.where(n > 0, np.maximum(middle - half, 0.0), 0.0),
        np.where(n > 0, np.minimum(middle + half, 1.0), 1.0),
    )
