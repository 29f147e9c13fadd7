"""The shortest exact intervals of one population, for every result of a sample at once.

Used through `sampling.intervals.rate_interval(method="shortest")`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sampling.hypergeometric import TIE, WholeNumbers, chance_at_most, chance_of_exactly, rare

Ends = tuple[WholeNumbers, WholeNumbers]


@lru_cache(maxsize=256)
def shortest_table(reviewed: int, population: int, confidence: float) -> Ends:
    """Between how many and how many cases fail, for each number not met from 0 to `reviewed`?

    Two arrays, the lowest and the highest count of failing cases; the index is the number not met. Assumes
    a simple random sample without replacement and counts already checked. The arrays are kept for the
    next caller and cannot be written to.

    Each M, a number of failing cases in the population, has an *acceptance interval*: the fewest results in
    a row that have the chance `confidence` together, and of those the likeliest. Shifted until their ends
    rise with M, the intervals are read the other way round: a result's limits are the first and the last M
    that accept it. No other exact intervals that treat met and not met alike add up to fewer cases.
    Bartroff, J., Lorden, G. and Wang, L. (2022), "Optimal and fast confidence intervals for hypergeometric
    successes", arXiv 2109.05624.
    """
    low, high = _acceptance_intervals(reviewed, population, 1 - confidence)
    results = np.arange(reviewed + 1)
    first, last = np.searchsorted(high, results, "left"), np.searchsorted(low, results, "right") - 1
    first.flags.writeable = last.flags.writeable = False
    return first, last


def _acceptance_intervals(n: int, population: int, level: float) -> Ends:
    low, high = _likeliest_intervals(n, population, level)
    # The paper's shifts keep every length, and with it the level: up to the latest start so far; then,
    # from the middle down, back to the earliest end.
    length = high - low
    low = np.maximum.accumulate(low)
    high = np.minimum.accumulate((low + length)[::-1])[::-1]
    low = high - length
    mirrored = slice(None)
    if population % 2 == 0:
        # The middle is its own mirror image, so both tails are cut at half the level.
        tail = chance_at_most(np.arange(n + 1), n, population, population // 2)
        low[-1] = np.count_nonzero(rare(tail, level / 2))
        high[-1] = n - low[-1]
        mirrored = slice(-1)
    return (
        np.concatenate([low, (n - high)[mirrored][::-1]]),
        np.concatenate([high, (n - low)[mirrored][::-1]]),
    )


def _likeliest_intervals(n: int, population: int, level: float) -> Ends:
    """For each M up to half the population: grown from the mode by the likelier neighbour (a tie: the lower).

    All together, one result at a time, each until the chance of the rest is at most `level`.
    """
    failing = np.arange(population // 2 + 1)
    spare = population - failing - n  # meeting cases left over, were all the reviewed to meet
    low = (n + 1) * (failing + 1) // (population + 2)
    high = low.copy()
    inside = chance_of_exactly(low, n, population, failing)
    below = chance_of_exactly(low - 1, n, population, failing)
    above = chance_of_exactly(high + 1, n, population, failing)
    while True:
        # With nothing left on either side, all results are in.
        grow = ~rare(1 - inside, level) & (below + above > 0)
        if not np.any(grow):
            return low, high
        up = grow & (above > below * TIE)
        down = grow & ~up
        inside = inside + np.where(up, above, 0) + np.where(down, below, 0)
        high, low = high + up, low - down
        next_above = above * (failing - high) * (n - high) / ((high + 1) * (spare + high + 1))
        next_below = below * low * (spare + low) / ((failing - low + 1) * (n - low + 1))
        above, below = np.where(up, next_above, above), np.where(down, next_below, below)
