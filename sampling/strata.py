"""How a sample is shared out among strata (teams, offices, risk groups)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from sampling.refused import Refused

Stratum = TypeVar("Stratum", str, int)


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
    least = {stratum: min(minimum, size) for stratum, size in sizes.items()}
    if sum(least.values()) > total:
        raise Refused(
            f"A sample of {total} cannot give each of {len(sizes)} strata its minimum of {minimum}: "
            f"that takes {sum(least.values())}. Draw more cases or lower the minimum."
        )
    fixed: dict[Stratum, int] = {}
    while True:
        open_sizes = {stratum: size for stratum, size in sizes.items() if stratum not in fixed}
        shares = _largest_remainder(open_sizes, total - sum(fixed.values()))
        below = [stratum for stratum, share in shares.items() if share < least[stratum]]
        if not below:
            return {stratum: fixed[stratum] if stratum in fixed else shares[stratum] for stratum in sizes}
        fixed |= {stratum: least[stratum] for stratum in below}


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
    for stratum, size in sizes.items():
        _check_count(f"The size of stratum {stratum!r}", size)
    _check_count("The sample", total)
    _check_count("The minimum", minimum)
    available = sum(sizes.values())
    if total > available:
        raise Refused(
            f"A sample of {total} cannot be drawn from {available} cases. Ask for {available} or fewer."
        )


def _check_count(name: str, count: int) -> None:
    try:
        whole = count == int(count) and count >= 0
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or isinstance(count, str):
        raise Refused(
            f"{name} must be a whole number, 0 or more; {count!r} was given. Give a count of cases."
        )
