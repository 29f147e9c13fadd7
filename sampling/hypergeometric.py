"""Drawing without replacement from a finite population: chances, and limits in whole cases.

Everything exact in this package rests on one probability, that of finding at most so many
cases not met among those reviewed. Sizes, limits and verdicts all ask it here, so that they
cannot disagree about a tie.
"""

from __future__ import annotations

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

    Counts are whole numbers with 0 ≤ reviewed, failing ≤ population and population ≥ 1, numbers or
    arrays; they are not checked here. Assumes a simple random sample without replacement. The sum is
    Boost's, by way of scipy: within 1e-11 of exact integer arithmetic up to 300,000 cases.
    """
    from scipy import stats  # takes a second to import, which commands without a limit to work out save

    return stats.hypergeom.cdf(not_met, population, failing, reviewed)


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
    """max{M : P(X ≤ not_met | M) > level}, by bisection on the integer M; counts already checked."""
    x, n, size = np.broadcast_arrays(not_met, reviewed, population)
    low, high = x.copy(), size - n + x
    # M = x is never rejected (then X ≤ x is certain), and the chance falls as M grows.
    while np.any(low < high):
        middle = (low + high + 1) // 2
        rejected = rare(chance_at_most(x, n, np.maximum(size, 1), middle), level)
        open_still = low < high
        high = np.where(open_still & rejected, middle - 1, high)
        low = np.where(open_still & ~rejected, middle, low)
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
