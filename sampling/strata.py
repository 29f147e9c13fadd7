"""How a sample is shared out among strata (teams, offices, risk groups)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from math import ceil, isfinite, sqrt
from typing import TypeVar

from sampling.refused import Refused

Stratum = TypeVar("Stratum", str, int)
Exact = str | Decimal | Fraction | float


def exact_fraction(name: str, value: Exact) -> Fraction:
    """The number as the exact fraction that was written: text, `Decimal`, `Fraction` or a number.

    0.98 is 49/50; a float is read as the decimal it prints as. What cannot be read is `Refused` by `name`.
    """
    try:
        return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise Refused(f"{name} is a share such as 0.98; {value!r} cannot be read as one.") from None


def share_proportionally(sizes: Mapping[Stratum, int], total: int, *, minimum: int = 0) -> dict[Stratum, int]:
    """How many cases of each stratum make a sample of `total`, in proportion to the strata?

    `sizes` gives the number of cases in each stratum. The answer keeps its order, sums to `total`
    exactly and never asks a stratum for more cases than it has. Whole numbers by largest remainder;
    equal remainders go to the smaller stratum key. With a `minimum`, strata whose share falls below it
    are fixed at the minimum (at all their cases, if they have fewer), and the rest is shared again,
    until none is left to fix.

    Raises `Refused` when the strata hold fewer than `total` cases, when `total` cannot give every
    stratum its minimum, or when a count is negative or not whole.
    """
    _check_shares(sizes, total, minimum)
    least = _minima(sizes, total, minimum)
    fixed: dict[Stratum, int] = {}
    while True:
        open_sizes = {stratum: size for stratum, size in sizes.items() if stratum not in fixed}
        shares = _largest_remainder(open_sizes, total - sum(fixed.values()))
        below = [stratum for stratum, share in shares.items() if share < least[stratum]]
        if not below:
            return {stratum: fixed[stratum] if stratum in fixed else shares[stratum] for stratum in sizes}
        fixed |= {stratum: least[stratum] for stratum in below}


def share_at_rate(sizes: Mapping[Stratum, int], rate: Exact) -> dict[Stratum, int]:
    """How many cases of each stratum does one common sampling rate take?

    n_h = ⌈rate·N_h⌉, exactly, in the order of `sizes`. Every stratum that has a case gives one at least, and
    none is sampled more thinly than the rate, which keeps the bound over several strata tight
    (`sampling.intervals.stratified_limits`). `rate` is above 0 and up to 1. Raises `Refused` for another
    rate and for sizes that are not counts.
    """
    share = exact_fraction("A sampling rate", rate)
    if not 0 < share <= 1:
        raise Refused(f"A sampling rate is a share above 0 and up to 1; {rate} is not. Write 10% as 0.1.")
    _check_sizes(sizes)
    return {stratum: ceil(share * int(size)) for stratum, size in sizes.items()}


def share_optimally(
    sizes: Mapping[Stratum, int], spreads: Mapping[Stratum, float], total: int, *, minimum: int = 1
) -> dict[Stratum, int]:
    """Which whole numbers of cases make the overall estimate most precise, for this total?

    `spreads` gives each stratum's standard deviation S_h between cases (divisor N_h − 1), 0 or more, in any
    unit; for rates see `spreads_of_rates`. The answer makes Σ N_h²S_h²/n_h as small as whole numbers that
    sum to `total` can, with at least `minimum` (1 or more) of each stratum and never more cases than it
    has; a stratum smaller than the minimum gives all it has. Ties go to the smaller stratum key. Strata of
    no spread get more than the minimum only when all others are used up.

    Starting at the minima, the next case goes to the largest N_h S_h/√(k(k + 1)), k being the cases the
    stratum has: Wright, T. (2012), "The equivalence of Neyman optimum allocation for sampling and equal
    proportions for apportioning the U.S. House of Representatives", The American Statistician 66, 217-224,
    and (2017), "Exact optimal sample allocation: more efficient than Neyman", Statistics and Probability
    Letters 129, 50-57. Raises `Refused` when the minima take more than `total`, when the strata hold fewer
    cases, and for spreads that are missing or cannot be.
    """
    _check_shares(sizes, total, minimum)
    if minimum < 1:
        raise Refused(
            f"The minimum is {minimum}, but a stratum of which nothing is drawn cannot be estimated. "
            "Give a minimum of 1 or more."
        )
    shares = _minima(sizes, total, minimum)
    # The squares, as fractions: what is a tie in exact arithmetic must stay one.
    weights = {
        stratum: (int(size) * _checked_spread(stratum, spreads)) ** 2 for stratum, size in sizes.items()
    }

    def place(stratum: Stratum) -> tuple[Fraction, Stratum]:
        return -weights[stratum] / (shares[stratum] * (shares[stratum] + 1)), stratum

    queue = [place(stratum) for stratum, size in sizes.items() if shares[stratum] < size]
    heapify(queue)
    for _ in range(total - sum(shares.values())):
        stratum = queue[0][1]
        shares[stratum] += 1
        if shares[stratum] < sizes[stratum]:
            heapreplace(queue, place(stratum))
        else:
            heappop(queue)
    return shares


def spreads_of_rates(
    sizes: Mapping[Stratum, int], rates: Mapping[Stratum, float], *, floor: float = 0.01
) -> dict[Stratum, float]:
    """What spread have the cases of each stratum, judging by a rate expected of it (last quarter's, say)?

    `rates` are shares meeting, or failing, 0 to 1: the spread is the same, S_h² = p(1 − p)·N_h/(N_h − 1).
    Rates nearer to 0 or 1 than `floor` (above 0, up to 0.5) are taken as that far away, so that a
    stratum without a failure last time is not starved by `share_optimally`. A stratum of one case, which
    has no spread, is given √(p(1 − p)). Raises `Refused` for rates that are missing or cannot be.
    """
    _check_sizes(sizes)
    if not 0 < floor <= 0.5:
        raise Refused(
            f"The floor of a rate lies above 0 and is at most 0.5; {floor} is not. Write 1% as 0.01."
        )
    spreads = {}
    for stratum, size in sizes.items():
        rate = rates.get(stratum)
        if rate is None or not 0 <= rate <= 1:
            raise Refused(
                f"The rate of stratum {stratum!r} must be a share from 0 to 1; {rate!r} was given. "
                "Give one for every stratum."
            )
        p = max(min(float(rate), 1 - float(rate)), floor)
        spreads[stratum] = sqrt(p * (1 - p) * (size / (size - 1) if size > 1 else 1))
    return spreads


def _checked_spread(stratum: Stratum, spreads: Mapping[Stratum, float]) -> Fraction:
    spread = spreads.get(stratum)
    if spread is None or not isfinite(spread) or spread < 0:
        raise Refused(
            f"The spread of stratum {stratum!r} must be a number, 0 or more; {spread!r} was given. "
            "Give one for every stratum."
        )
    return Fraction(spread)


def _minima(sizes: Mapping[Stratum, int], total: int, minimum: int) -> dict[Stratum, int]:
    least = {stratum: min(minimum, int(size)) for stratum, size in sizes.items()}
    if sum(least.values()) > total:
        raise Refused(
            f"A sample of {total} cannot give each of {len(sizes)} strata its minimum of {minimum}: "
            f"that takes {sum(least.values())}. Draw more cases or lower the minimum."
        )
    return least


def _largest_remainder(sizes: Mapping[Stratum, int], total: int) -> dict[Stratum, int]:
    whole = sum(sizes.values())
    if whole == 0:
        return dict.fromkeys(sizes, 0)
    # Integers throughout: a remainder that is a tie in exact arithmetic must stay one.
    shares = {stratum: total * size // whole for stratum, size in sizes.items()}
    left = total - sum(shares.values())
    if left:
        by_remainder = sorted(sizes, key=lambda stratum: (-(total * sizes[stratum] % whole), stratum))
        for stratum in by_remainder[:left]:
            shares[stratum] += 1
    return shares


def _check_shares(sizes: Mapping[Stratum, int], total: int, minimum: int) -> None:
    _check_sizes(sizes)
    _check_count("The sample", total)
    _check_count("The minimum", minimum)
    available = sum(sizes.values())
    if total > available:
        raise Refused(
            f"A sample of {total} cannot be drawn from {available} cases. Ask for {available} or fewer."
        )


def _check_sizes(sizes: Mapping[Stratum, int]) -> None:
    for stratum, size in sizes.items():
        _check_count(f"The size of stratum {stratum!r}", size)


def _check_count(name: str, count: int) -> None:
    try:
        whole = count == int(count) and count >= 0
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or isinstance(count, str):
        raise Refused(
            f"{name} must be a whole number, 0 or more; {count!r} was given. Give a count of cases."
        )
