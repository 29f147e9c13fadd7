"""Drawing without replacement from a finite population: chances, and limits in whole cases.

Everything exact in this package rests on one probability, that of finding at most so many
cases not met among those reviewed. Sizes, limits and verdicts all ask it here, so that they
cannot disagree about a tie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sampling.refused import Refused

Counts = NDArray[Any] | Sequence[int]
WholeNumbers = NDArray[np.int64]
Numbers = NDArray[np.float64]

TIE = 1 + 1e-9
"""A chance equal to the level counts as at most the level. The exact value is often a ratio of
small integers, and its float may stand a little on either side of it."""


def rare(chance: Any, level: float) -> Any:
    """Is the chance at most `level`, ties included? Numbers give a bool, arrays an array of them."""
    return chance <= level * TIE


def chance_at_most(not_met: Any, reviewed: Any, population: Any, failing: Any) -> Any:
    """How likely are at most `not_met` among `reviewed` cases drawn from `population`, `failing` of them bad?

    Counts are whole numbers with 0 ≤ reviewed, failing ≤ population ≤ 3·10⁹, numbers or arrays; they are
    not checked here. Assumes a simple random sample without replacement. Within 1e-12 of exact integer
    arithmetic up to 300,000 cases.
    """
    x, n, size, bad = _together(not_met, reviewed, population, failing)
    # Above the mean the few met are summed up instead, so that the terms always fall as they go.
    flip = x * size > n * bad
    k = np.where(flip, n - x - 1, x)
    counted = np.where(flip, size - bad, bad)
    rest = size - counted - n
    term = chance_of_exactly(k, n, size, counted)
    total = term
    # Up to 64 terms at once: a step of the loop costs the same for one chance as for a hundred.
    ahead = np.arange(max(4, min(64, 4096 // max(k.size, 1)))).reshape(-1, *(1,) * k.ndim)
    while np.any(term > 1e-17 * total):
        at = k - ahead
        # Divided by at least 1: below the mean k is at most both counts. Past 0 every term is 0.
        terms = term * np.cumprod(at * (rest + at) / ((counted - at + 1) * (n - at + 1)), axis=0)
        term, total, k = terms[-1], total + terms.sum(axis=0), k - len(ahead)
    chance = np.where(flip, 1 - total, np.minimum(total, 1.0))
    return np.where(x >= np.minimum(n, bad), 1.0, chance)[()]


def chance_of_exactly(not_met: Any, reviewed: Any, population: Any, failing: Any) -> Any:
    """How likely are exactly `not_met` among them? Otherwise as `chance_at_most`."""
    return np.exp(log_chance_of_exactly(not_met, reviewed, population, failing))


def log_chance_of_exactly(not_met: Any, reviewed: Any, population: Any, failing: Any) -> Any:
    """The natural logarithm of `chance_of_exactly`; minus infinity for what cannot be.

    Loader, C. (2000), "Fast and accurate computation of binomial probabilities", carried over to the
    four cells of reviewed or not by failing or not: log k! = k log k − k + rest(k), and the large parts
    add up to Σ cell·log(cell/expected), worked out from the whole-number excess over the expected count.
    Plain log-gamma loses six digits in 300,000 cases.
    """
    x, n, size, bad = _together(not_met, reviewed, population, failing)
    cells = np.stack([x, n - x, bad - x, size - bad - n + x])
    expected = np.stack([n * bad, n * (size - bad), (size - n) * bad, (size - n) * (size - bad)])
    excess = x * size - n * bad
    surprise = special.xlog1py(
        np.maximum(cells, 0), np.stack([excess, -excess, -excess, excess]) / np.maximum(expected, 1)
    )
    rest = _stirling_rest(np.concatenate([np.stack([n, size - n, bad, size - bad, size]), cells]))
    log_chance = rest[:4].sum(axis=0) - rest[4:].sum(axis=0) - surprise.sum(axis=0)
    return np.where((cells >= 0).all(axis=0), log_chance, -np.inf)[()]


_SMALL = np.array([math.lgamma(k + 1) - (k * math.log(k) - k if k else 0.0) for k in range(16)])


def _stirling_rest(k: WholeNumbers) -> Numbers:
    """log k! − (k log k − k); 0 for what is not a count."""
    large = np.maximum(k, 16).astype(float)
    square = large * large
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / large
    rest: Numbers = np.where(k < 16, _SMALL[np.clip(k, 0, 15)], 0.5 * np.log(2 * np.pi * large) + series)
    return rest


def _together(*counts: Any) -> tuple[WholeNumbers, ...]:
    return np.broadcast_arrays(*(np.asarray(count, dtype=np.int64) for count in counts))


def binomial_at_most(not_met: Any, reviewed: Any, rate: Any) -> Any:
    """The same with a population without end of which the share `rate` fails (numbers or arrays)."""
    return special.bdtr(not_met, reviewed, rate)


def check_level(name: str, level: float) -> None:
    """Refuse an assurance or confidence that is not strictly between 0 and 1."""
    if not 0 < level < 1:
        raise Refused(f"The {name} must lie between 0 and 1, both excluded; write 95% as 0.95, not {level}.")


def whole_numbers(name: str, values: Any) -> WholeNumbers:
    """Counts as an array of integers; anything that is not a count (negative, broken, missing) is refused."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        # Data frames hand over whole numbers as floats or objects; those are counts all the same.
        wrong = [value for value in array.ravel().tolist() if not _is_whole(value)]
        if wrong:
            raise Refused(f"{name} must be a whole number; {wrong[0]!r} is not. Give counts of cases.")
    if np.any(array < 0):
        raise Refused(f"{name} cannot be negative; {int(np.min(array))} was given. Give counts of cases.")
    return array.astype(np.int64)


def _is_whole(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(value % 1 == 0)


def check_part(part_name: str, part: WholeNumbers, whole_name: str, whole: WholeNumbers) -> None:
    """Refuse a part that is larger than its whole, naming the first such pair of counts."""
    try:
        pairs = np.broadcast(part, whole)
    except ValueError:
        raise Refused(
            f"{part_name} and {whole_name} do not fit together: {part.size} and {whole.size} counts were "
            "given. Give one of each for every team."
        ) from None
    wrong = next(((p, w) for p, w in pairs if p > w), None) if np.any(part > whole) else None
    if wrong is not None:
        raise Refused(
            f"{part_name} cannot be {wrong[0]} when {whole_name} is {wrong[1]}: the part is larger than "
            "the whole. Check the two counts."
        )


def failing_limit(
    not_met: WholeNumbers, reviewed: WholeNumbers, population: WholeNumbers, level: float
) -> Any:
    """max{M : P(X ≤ not_met | M) > level}, on the integer M; counts already checked."""
    x, n, size = np.broadcast_arrays(not_met, reviewed, population)
    low, high = x, size - n + x
    # Bisection for many limits at once; for a few, up to 15 cuts at a time take no longer than one.
    cuts = max(1, min(15, 256 // max(x.size, 1)))
    cut = np.arange(1, cuts + 1).reshape(-1, *(1,) * x.ndim)
    while np.any(low < high):
        # M = x is never rejected (then X ≤ x is certain), and the chance falls as M grows.
        failing = low + ((high - low) * cut + cuts) // (cuts + 1)
        rejected = rare(chance_at_most(x, n, size, failing), level)
        low, high = (
            np.where(rejected, low, failing).max(axis=0),
            np.where(rejected, failing - 1, high).min(axis=0),
        )
    return low


@overload
def most_failing(not_met: int, reviewed: int, population: int, *, assurance: float = 0.95) -> int: ...
@overload
def most_failing(
    not_met: Counts, reviewed: Counts | int, population: Counts | int, *, assurance: float = 0.95
) -> WholeNumbers: ...
def most_failing(not_met: Any, reviewed: Any, population: Any, *, assurance: float = 0.95) -> Any:
    """How many cases of the whole population may fail, at most, after seeing this sample?

    `not_met` of `reviewed` cases failed, drawn at random without replacement from `population`. The
    answer U is a count of cases, not met ones of the sample included; with the chance `assurance` or
    more the true count is not above it. Numbers give an `int`, arrays (of teams) an array. Raises
    `Refused` for counts that cannot be and for an assurance outside (0, 1).

    U(x) = max{M : P(X ≤ x | M) > 1 − assurance}, X hypergeometric: Katz, L. (1953), "Confidence
    intervals for the number showing a certain characteristic in a population when sampling is without
    replacement", JASA 48, 256-261; Wang, W. (2015), "Exact optimal confidence intervals for
    hypergeometric parameters", JASA 110, 1491-1499.
    """
    check_level("assurance", assurance)
    x, n, size = checked_counts("The number not met", not_met, reviewed, population)
    return plain(failing_limit(x, n, size, 1 - assurance))


@overload
def fewest_failing(not_met: int, reviewed: int, population: int, *, assurance: float = 0.95) -> int: ...
@overload
def fewest_failing(
    not_met: Counts, reviewed: Counts | int, population: Counts | int, *, assurance: float = 0.95
) -> WholeNumbers: ...
def fewest_failing(not_met: Any, reviewed: Any, population: Any, *, assurance: float = 0.95) -> Any:
    """How many cases of the whole population must fail, at least, after seeing this sample?

    L(x) = min{M : P(X ≥ x | M) > 1 − assurance}; everything else as in `most_failing`, of which it is
    the mirror image: exchange met and not met.
    """
    check_level("assurance", assurance)
    x, n, size = checked_counts("The number not met", not_met, reviewed, population)
    return plain(size - failing_limit(n - x, n, size, 1 - assurance))


def checked_counts(
    name: str, part: Any, reviewed: Any, population: Any
) -> tuple[WholeNumbers, WholeNumbers, WholeNumbers]:
    """Three counts that fit inside one another, as integers; `Refused` if they do not."""
    x = whole_numbers(name, part)
    n = whole_numbers("The number reviewed", reviewed)
    size = whole_numbers("The population", population)
    check_part(name, x, "the number reviewed", n)
    check_part("The number reviewed", n, "the population", size)
    return x, n, size


def plain(values: Any) -> Any:
    """A number for a number asked, an array for arrays."""
    array = np.asarray(values)
    return array.item() if array.ndim == 0 else array
