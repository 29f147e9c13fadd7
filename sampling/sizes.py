"""How many cases must be reviewed, and what the rule then does."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

import numpy as np

from sampling.hypergeometric import (
    Counts,
    Numbers,
    WholeNumbers,
    binomial_at_most,
    chance_at_most,
    chance_of_exactly,
    check_level,
    check_part,
    plain,
    rare,
    whole_numbers,
)
from sampling.margins import SizeForMargin, size_for_margin
from sampling.refused import Refused
from sampling.strata import Exact, Stratum, exact_fraction, share_proportionally
from sampling.stratified import rules_out

__all__ = [
    "SizeForMargin",
    "SizeToShow",
    "Standard",
    "StopOrGo",
    "StratifiedSize",
    "breach",
    "chance_of_met",
    "exact_share",
    "size_for_margin",
    "size_to_show",
    "size_to_show_stratified",
    "stop_or_go",
]

Standard = Exact


@dataclass(frozen=True)
class SizeToShow:
    """A sample size, the rule it belongs to, and the risk that rule runs."""

    sample_size: int
    breach: int | None
    chance_of_false_pass: float
    standard: Fraction
    population: int | None
    assurance: float
    allowed_failures: int


@dataclass(frozen=True)
class StopOrGo:
    """Two stages: none failing in the first passes, exactly one goes on to the second, where none may."""

    first_stage: int
    second_stage: int
    breach: int | None
    chance_of_false_pass: float
    standard: Fraction
    population: int | None
    assurance: float


@dataclass(frozen=True)
class StratifiedSize:
    """A sample size for several strata, its shares, and the rule it belongs to."""

    sample_size: int
    sizes: Mapping[Any, int]
    breach: int
    standard: Fraction
    population: int
    assurance: float
    allowed_failures: int


def exact_share(standard: Standard) -> Fraction:
    """The standard as the exact fraction that was written: 0.98 is 49/50, however it was given.

    Text ("0.98"), `Decimal`, `Fraction` or a number; a float is read as the decimal it prints as. Above
    0 and up to 1, else `Refused`.
    """
    share = exact_fraction("A standard", standard)
    if not 0 < share <= 1:
        raise Refused(f"A standard is a share above 0 and up to 1; {standard} is not. Write 98% as 0.98.")
    return share


def breach(standard: Standard, population: int) -> int:
    """What is the smallest number of failing cases that breaches the standard (M0)?

    The standard is breached when more than (1 − standard)·population cases fail, so
    M0 = ⌊(1 − standard)·population⌋ + 1, exactly. Audit tables elsewhere take ⌈(1 − standard)·population⌉,
    one case earlier when that is a whole number.
    """
    cases = int(whole_numbers("The population", population))
    return int((1 - exact_share(standard)) * cases) + 1


def size_to_show(
    standard: Standard, population: int | None, *, assurance: float = 0.95, allowed_failures: int = 0
) -> SizeToShow:
    """How many cases must be reviewed to show that the standard is met, with at most so many failing?

    `population` is the number of cases in the frame, `None` for one without end. The smallest n with
    P(X ≤ allowed_failures | n) ≤ 1 − assurance when the standard is only just breached: M0 = `.breach`
    failing cases, X hypergeometric; without end, the share 1 − standard failing, X binomial (`.breach`
    is then `None`). That chance is `.chance_of_false_pass`. Assumes a simple random sample without
    replacement. Exact bisection; the chance falls as n grows.

    Raises `Refused` when the allowed failures alone breach the standard, when a standard of 1 is to be
    shown of a population without end, and for bad input.
    """
    check_level("assurance", assurance)
    share, allowed = exact_share(standard), _check_allowed(allowed_failures)
    if population is None:
        size, chance = _size_without_end(share, assurance, allowed)
        return SizeToShow(size, None, chance, share, None, assurance, allowed)
    cases = int(whole_numbers("The population", population))
    first = breach(share, cases)
    _check_can_show(share, cases, first, allowed)

    def chance_of_pass(n: Any) -> Any:
        return chance_at_most(allowed, n, cases, first)

    size = _smallest(cases, lambda n: rare(chance_of_pass(n), 1 - assurance))
    return SizeToShow(size, first, float(chance_of_pass(size)), share, cases, assurance, allowed)


def _smallest(largest: int, suffices: Callable[[WholeNumbers], Any]) -> int:
    """The smallest size that suffices, when `largest` does and every size above one that suffices.

    Asked for some thirty sizes at once, since thirty chances take hardly longer than one.
    """
    low, high = 0, largest
    while low < high:
        sizes = np.arange(low, high, max(1, (high - low) // 32))
        enough = int(np.count_nonzero(~suffices(sizes)))
        low, high = (
            int(sizes[enough - 1]) + 1 if enough else low,
            int(sizes[enough]) if enough < len(sizes) else high,
        )
    return low


def _size_without_end(share: Fraction, assurance: float, allowed: int) -> tuple[int, float]:
    if share == 1:
        raise Refused(
            "No sample can show that every case of a population without end meets. "
            "Give the number of cases, or a standard below 1."
        )
    rate = float(1 - share)

    def shows(n: int) -> bool:
        return bool(rare(binomial_at_most(allowed, n, rate), 1 - assurance))

    enough = allowed + 1
    while not shows(enough):
        enough *= 2
    size = bisect_left(range(enough), True, lo=allowed + 1, key=shows)
    return size, float(binomial_at_most(allowed, size, rate))


def stop_or_go(standard: Standard, population: int | None, *, assurance: float = 0.95) -> StopOrGo:
    """How many cases to review first, and how many more should exactly one of those fail?

    None failing among `.first_stage` cases shows the standard; with exactly one, the next `.second_stage`
    of the same draw must all meet; anything else does not show it. The second stage is as large as the
    first, or all that is left of a small population. `population` is `None` for one without end.

    The stages are the smallest with which the *whole* rule keeps the assurance: the chance that either
    stage passes a standard only just breached, `.chance_of_false_pass`, is at most 1 − assurance, for M0
    failing cases of a known population exactly. It falls as the stages grow and as more cases fail, so
    M0 is the worst case. Hence a first stage larger than `size_to_show`: without end, 95% standard, 90%
    assurance, that gives 45, but 45 + 45 would pass falsely 12.3% of the time; 49 + 49 does 9.8%.

    P(pass) = P(X₁ = 0) + P(X₁ = 1, X₂ = 0); the second part is half the chance of one failing in both
    stages together, as likely in either. The scheme is stop-or-go sampling of audit guides. Raises `Refused`
    when one failing case alone breaches the standard (nothing could then go on), when a standard of 1 is
    to be shown of a population without end, and for bad input.
    """
    check_level("assurance", assurance)
    share = exact_share(standard)
    if population is None:
        largest, _ = _size_without_end(share, assurance, 1)
        rate = float(1 - share)

        def chance_of_pass(n: Any) -> Any:
            return (1 - rate) ** n + n * rate * (1 - rate) ** (2 * n - 1)

        size = _smallest(largest, lambda n: rare(chance_of_pass(n), 1 - assurance))
        return StopOrGo(size, size, None, float(chance_of_pass(size)), share, None, assurance)
    cases = int(whole_numbers("The population", population))
    first = breach(share, cases)
    _check_can_show(share, cases, first, 1)

    def chance_of_false_pass(n: Any) -> Any:
        # In a census, the only case of unequal stages, one failing is impossible: M0 is 2 or more.
        one = chance_of_exactly(1, np.minimum(2 * n, cases), cases, first)
        return chance_at_most(0, n, cases, first) + one / 2

    size = _smallest(cases, lambda n: rare(chance_of_false_pass(n), 1 - assurance))
    second = min(size, cases - size)
    return StopOrGo(size, second, first, float(chance_of_false_pass(size)), share, cases, assurance)


@overload
def chance_of_met(
    population: int | None, failing: float, *, sample_size: int, allowed_failures: int
) -> float: ...
@overload
def chance_of_met(
    population: int | None, failing: Counts, *, sample_size: int, allowed_failures: int
) -> Numbers: ...
def chance_of_met(population: int | None, failing: Any, *, sample_size: int, allowed_failures: int) -> Any:
    """How likely is the verdict "met" when so many cases really fail (the operating characteristic)?

    P(X ≤ allowed_failures) in a simple random sample of `sample_size`. `failing` is a count of cases, or
    an array of them; with `population=None` it is the share failing, 0 to 1. Raises `Refused` for counts
    that cannot be.
    """
    n, allowed = whole_numbers("The sample size", sample_size), _check_allowed(allowed_failures)
    if population is None:
        rate = np.asarray(failing, dtype=float)
        if not np.all((rate >= 0) & (rate <= 1)):
            raise Refused(
                "Without a population, failing is a share from 0 to 1. Give the share, not a count."
            )
        # The binomial is undefined for more allowed than drawn, and then certain to pass.
        return plain(binomial_at_most(min(allowed, int(n)), n, rate))
    cases, count = whole_numbers("The population", population), whole_numbers("The failing cases", failing)
    check_part("The sample size", n, "the population", cases)
    check_part("The number of failing cases", count, "the population", cases)
    if cases == 0:
        return plain(np.ones(count.shape))
    return plain(chance_at_most(allowed, n, cases, count))


def size_to_show_stratified(
    standard: Standard,
    populations: Mapping[Stratum, int],
    *,
    assurance: float = 0.95,
    allowed_failures: int = 0,
) -> StratifiedSize:
    """How many cases, shared among strata, show that the standard is met over all of them?

    `populations` gives the cases of each stratum. The answer is the smallest total, shared by
    `sampling.strata.share_proportionally`, at which the bound of `sampling.intervals.stratified_limits`
    says "met" wherever the allowed failures (or fewer) turn up; `.sizes` are the shares. One stratum gives
    `size_to_show`. Strata too small to get a case count as failing throughout, as they may.
    Raises `Refused` as `size_to_show` does.
    """
    check_level("assurance", assurance)
    share, allowed = exact_share(standard), _check_allowed(allowed_failures)
    total = int(whole_numbers("The population", list(populations.values())).sum())
    first = breach(share, total)
    _check_can_show(share, total, first, allowed)
    # A rule that holds wherever the failing cases sit also holds when they are scattered at random,
    # and then the sample is as good as a simple one: no smaller total can do.
    start = size_to_show(share, total, assurance=assurance, allowed_failures=allowed).sample_size
    for size in range(start, total + 1):
        sizes = share_proportionally(populations, size)
        pairs = [(populations[stratum], sizes[stratum]) for stratum in populations]
        if _always_shows(pairs, first, allowed, assurance):
            break
    return StratifiedSize(size, sizes, first, share, total, assurance, allowed)


def _always_shows(pairs: list[tuple[int, int]], first: int, allowed: int, assurance: float) -> bool:
    """Does the bound say "met" for every way in which up to `allowed` failures may turn up?

    Only the worst way need be looked at. The bound depends on where failures turn up through the
    smallest mean, and that is smallest, for every total at once, with the failures in the strata that
    are sampled most thinly: these then have the most room for failing cases. Wholly reviewed strata are
    taken out of the bound, so every number of failures in them is tried.
    """
    census = [(size, n) for size, n in pairs if n == size]
    partly = sorted(((size, n) for size, n in pairs if n < size), key=lambda pair: Fraction(pair[1], pair[0]))
    in_census, in_partly = sum(n for _, n in census), sum(n for _, n in partly)
    splits = [
        (known, seen - known)
        for seen in range(allowed, -1, -1)
        for known in range(min(seen, in_census) + 1)
        if seen - known <= in_partly
    ]
    return all(
        rules_out(_packed(census, known) + _packed(partly, seen), first, assurance=assurance)
        for known, seen in splits
    )


def _packed(pairs: list[tuple[int, int]], failures: int) -> list[tuple[int, int, int]]:
    strata = []
    for size, n in pairs:
        here = min(n, failures)
        strata.append((size, n, n - here))
        failures -= here
    return strata


def _check_allowed(allowed_failures: int) -> int:
    return int(whole_numbers("The allowed failures", allowed_failures))


def _check_can_show(share: Fraction, population: int, first: int, allowed: int) -> None:
    if population == 0:
        raise Refused("There are no cases to draw from, so nothing can be shown of them. Widen the frame.")
    if allowed >= first:
        raise Refused(
            f"{allowed} failing of {population} cases already breach a standard of {float(share):.6g} "
            f"(breached from {first} on). Allow at most {first - 1}."
        )
