"""The exact worst case over every way in which failing cases may be spread among strata.

Its limits are read from `sampling.stratified.stratified_limits(method="worst-case")`. Here there are two
or more strata, some but not all cases of each were reviewed, and counts are already checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import gcd, lcm, prod

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sampling.hypergeometric import Numbers, WholeNumbers, failing_limit, rare
from sampling.refused import Refused

MOST_STEPS = 2 * 10**10
"""The most multiplications a limit may take: about a second."""

_STEPS_OF_A_BLOCK = 2 * 10**6  # what a look at a block costs, however small it is
_STEPS_OF_A_CHANCE = 2 * 10**3  # what a chance costs that is worked out from factorials

Flags = NDArray[np.bool_]
Block = tuple[tuple[int, ...], WholeNumbers]


class TooLarge(Refused):
    """An exact worst case that would take too long to work out."""


def most_failing(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, level: float) -> int:
    """max{G : p(G) > level}, p(G) the largest chance over the ways to spread G failing cases.

    The chance is that of an estimate no larger than the one seen, P(Σ N_h X_h/n_h ≤ Σ N_h x_h/n_h) with
    independent hypergeometric X_h, and the ways are those the sample leaves open, x_h ≤ g_h ≤
    N_h − n_h + x_h: Wendell, J. P. and Schmee, J. (1996), "Exact inference for proportions from a
    stratified finite population", JASA 91, 825-830. At one sampling rate the estimate is the count not
    met, Σ X_h, times a constant. Estimates are compared in integers.

    Another failing case makes X_h stochastically larger and the chance smaller. So p(G) falls in G (take
    one away again from the best way for G + 1), and nothing beyond an excluded corner needs a look.
    Raises `TooLarge` beyond `MOST_STEPS`.
    """
    return int(x.sum()) + _most_unseen(_spread(size, n, x, level), level, best=0)


def rules_out(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, failing: int, level: float) -> bool:
    """Is `failing` above `most_failing`, when there is at least one more than were seen?"""
    below = failing - int(x.sum()) - 1
    return _most_unseen(_spread(size, n, x, level), level, best=below, any_better=True) == below


def within_reach(size: WholeNumbers, n: WholeNumbers) -> bool:
    """Can the worst case be worked out whatever the sample will show, since every step of it could be?"""
    order = _by_room(size, n)
    room, counts = (size - n)[order].tolist(), (n + 1)[order].tolist()
    blocks = 0
    for width in _passes(room[:-2]):
        blocks += prod(-(-(most + 1) // wide) for most, wide in zip(room[:-2], width, strict=True))
    of_a_block = (room[-2] + 1) * counts[-2] * counts[-1] + _STEPS_OF_A_BLOCK
    steps = _steps_before(room, counts) + blocks * (of_a_block + prod(counts[:-2]))
    return _weights(size, n) is not None and steps <= MOST_STEPS


@dataclass(frozen=True)
class _Spread:
    """What is asked again and again for one sample; strata stand in the order of their cases not reviewed.

    `size` is their cases, `room` how many of those not reviewed may fail, and `tables[h][u, k]` the chance
    to find k when u of them fail. `outer` are the counts k of all strata but the last two, smallest
    estimate first, and `within[i, j]` says how many of them, with i and j in the last two, make an estimate
    no larger than the one seen. If `opposite`, k counts cases met and all is about the estimates above the
    one seen, because they are fewer.
    """

    size: list[int]
    room: list[int]
    tables: list[Numbers]
    outer: WholeNumbers
    within: WholeNumbers
    opposite: bool

    def rows(self, corner: tuple[int, ...], live: WholeNumbers) -> Numbers:
        """For each count in the last stratum but one, what times a row of the last table is the chance."""
        chance = np.ones(len(self.outer))
        for h, unseen in enumerate(corner):
            chance *= self.tables[h][unseen][self.outer[:, h]]
        at_most = np.concatenate(([0.0], np.cumsum(chance)))
        result: Numbers = self.tables[-2][live] @ at_most[self.within]
        return result

    def kept(self, rows: Numbers, last: WholeNumbers, level: float) -> Flags:
        """Which ways are not ruled out, with so many unseen failing cases in the last stratum?"""
        chance = np.einsum("ij,ij->i", rows, self.tables[-1][last])
        result: Flags = ~rare(1 - chance if self.opposite else chance, level)
        return result


def _spread(size: WholeNumbers, n: WholeNumbers, x: WholeNumbers, level: float) -> _Spread:
    order = _by_room(size, n)
    size, n, x = size[order], n[order], x[order]
    weights = _weights(size, n)
    if weights is None:
        raise _too_large(size.tolist())
    estimate, largest = (
        sum(w * count for w, count in zip(weights, part.tolist(), strict=True)) for part in (x, n)
    )
    weight = np.array(weights, dtype=np.int64)
    opposite = largest - estimate - 1 < estimate
    limit = largest - estimate - 1 if opposite else estimate
    counts = np.minimum(n, limit // weight) + 1
    # More are ruled out even if every other stratum has none.
    alone = failing_limit(np.minimum(n, estimate // weight), n, size, level)
    room = np.minimum(alone - x, size - n)
    if _steps_before(room.tolist(), counts.tolist()) > MOST_STEPS:
        raise _too_large(size.tolist())
    tables = [
        _table(all_cases, reviewed, seen + np.arange(most + 1), reviewed - found if opposite else found)
        for all_cases, reviewed, seen, most, found in zip(
            size.tolist(), n.tolist(), x.tolist(), room.tolist(), map(np.arange, counts), strict=True
        )
    ]
    outer, sums = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int64)
    for h in range(len(n) - 2):
        further = sums[:, None] + weight[h] * np.arange(counts[h])
        before, found = np.nonzero(further <= limit)
        outer, sums = np.column_stack((outer[before], found)), further[before, found]
    in_order = np.argsort(sums)
    i, j = np.ogrid[: counts[-2], : counts[-1]]
    within = np.searchsorted(sums[in_order], limit - weight[-2] * i - weight[-1] * j, side="right")
    return _Spread(size.tolist(), room.tolist(), tables, outer[in_order], within, opposite)


def _by_room(size: WholeNumbers, n: WholeNumbers) -> WholeNumbers:
    return np.argsort(size - n, kind="stable")


def _weights(size: WholeNumbers, n: WholeNumbers) -> list[int] | None:
    """N_h/n_h as the smallest integers in proportion; `None` if estimates made of them could overflow."""
    common = lcm(*n.tolist())
    weights = [
        all_cases * common // reviewed for all_cases, reviewed in zip(size.tolist(), n.tolist(), strict=True)
    ]
    weights = [weight // gcd(*weights) for weight in weights]
    largest = sum(weight * reviewed for weight, reviewed in zip(weights, n.tolist(), strict=True))
    return weights if largest < 2**62 else None


def _steps_before(room: list[int], counts: list[int]) -> int:
    """What it takes to know the chances of each stratum and the estimates of all but the last two."""
    chances = sum((most + 1) * found for most, found in zip(room, counts, strict=True))
    return (chances + prod(counts[:-2])) * _STEPS_OF_A_CHANCE


def _too_large(size: list[int]) -> TooLarge:
    return TooLarge(
        f"The exact worst case over {len(size)} strata of {sum(size):,} cases is too large to work out: it "
        f"takes more than {MOST_STEPS:,} steps. Three strata of a thousand cases, 90 of each drawn, stay "
        "below that. Let the plan fix another method, 'hoeffding-binomial' or 'fisher'."
    )


def _table(size: int, n: int, failing: WholeNumbers, found: WholeNumbers) -> Numbers:
    """P(X = found) for every number failing (rows) and found (columns), X hypergeometric."""
    log_factorial = special.gammaln(np.arange(size + 1) + 1.0)
    g, k = failing[:, None], found[None, :]
    not_found, others = g - k, size - g - n + k
    possible = (not_found >= 0) & (others >= 0)
    log_ways = log_factorial[g] - log_factorial[k] - log_factorial[np.maximum(not_found, 0)]
    log_ways += log_factorial[size - g] - log_factorial[n - k] - log_factorial[np.maximum(others, 0)]
    log_all = log_factorial[size] - log_factorial[n] - log_factorial[size - n]
    chance: Numbers = np.exp(np.where(possible, log_ways - log_all, -np.inf))
    return chance


def _most_unseen(spread: _Spread, level: float, *, best: int, any_better: bool = False) -> int:
    """The most failing cases outside the sample that are not ruled out, or `best` if that is more.

    With `any_better`: `best` if it is not less, and else any larger number that is not ruled out. Raises
    `TooLarge` when it takes more than `MOST_STEPS`.

    All strata but the last two are cut into blocks, halved from pass to pass down to single counts. A
    block is done with when not even its least corner, with as many failing cases in the last two strata
    as its far corner would need to beat the best total so far, is likely enough. `live` are the counts of
    the last stratum but one at which it still is; blocks inside have no others.
    """
    *outer_room, room, last_room = spread.room
    steps, passes = 0, _passes(outer_room)
    blocks: list[Block] = [((0,) * len(outer_room), np.arange(room + 1))]
    for wider, width in zip([passes[0], *passes], passes, strict=False):
        parts = [(part, live) for corner, live in blocks for part in _parts(corner, wider, width, outer_room)]
        blocks = []
        for corner, live in parts:
            near = sum(corner)
            ends = zip(corner, width, outer_room, strict=True)
            far = sum(min(start + wide - 1, most) for start, wide, most in ends)
            live = live[best + 1 - far - live <= last_room]
            if not live.size:
                continue
            steps += live.size * spread.within.size + len(spread.outer) + _STEPS_OF_A_BLOCK
            if steps > MOST_STEPS:
                raise _too_large(spread.size)
            rows = spread.rows(corner, live)
            likely = spread.kept(rows, np.maximum(best + 1 - far - live, 0), level)
            live, rows = live[likely], rows[likely]
            better = best + 1 - near - live <= last_room
            found = _most_in_last_two(spread, live[better], rows[better], best + 1 - near, level)
            if found is not None:
                best = near + found
                if any_better:
                    return best
            blocks.append((corner, live))
    return best


def _passes(room: list[int]) -> list[list[int]]:
    """How wide the blocks are in each pass: from one block down to single counts, the widest side halved."""
    passes = [[1 << most.bit_length() for most in room]]
    while any(wide > 1 for wide in passes[-1]):
        width = passes[-1].copy()
        width[width.index(max(width))] //= 2
        passes.append(width)
    return passes


def _parts(
    corner: tuple[int, ...], wider: list[int], width: list[int], room: list[int]
) -> Iterator[tuple[int, ...]]:
    """The corners of the blocks of this width in a wider one."""
    sides = zip(corner, wider, width, room, strict=True)
    return product(*(range(start, min(start + whole, most + 1), wide) for start, whole, wide, most in sides))


def _most_in_last_two(
    spread: _Spread, live: WholeNumbers, rows: Numbers, least: int, level: float
) -> int | None:
    """The most failing cases in the last two strata, if `least` or more of them are not ruled out."""
    low = np.maximum(least - live, 0)
    kept = spread.kept(rows, low, level)
    live, rows, low = live[kept], rows[kept], low[kept]
    if not live.size:
        return None
    high = np.full_like(low, spread.room[-1])
    while np.any(low < high):
        middle = (low + high + 1) // 2
        kept = spread.kept(rows, middle, level)
        low, high = np.where(kept, middle, low), np.where(kept, high, middle - 1)
    return int(np.max(live + low))
