"""The exact worst case and Fisher's combination, against every allocation of small worlds."""

from fractions import Fraction
from itertools import pairwise, product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sampling import fisher, worst_case
from sampling.hypergeometric import WholeNumbers
from sampling.intervals import stratified_limits
from sampling.worst_case import TooLarge

Strata = list[tuple[int, int, int]]


def ways(size: int, n: int, failing: int, found: int) -> int:
    return comb(failing, found) * comb(size - failing, n - found)


def worst_case_by_hand(strata: Strata, level: Fraction) -> int:
    """The most failing cases of any allocation that is not ruled out, in whole numbers of samples."""
    seen = [n - met for _, n, met in strata]
    rates = [Fraction(size, n) if n else Fraction(0) for size, n, _ in strata]
    estimate = sum(rate * x for rate, x in zip(rates, seen, strict=True))
    outcomes = [
        found
        for found in product(*(range(n + 1) for _, n, _ in strata))
        if sum(rate * k for rate, k in zip(rates, found, strict=True)) <= estimate
    ]
    drawn = prod(comb(size, n) for size, n, _ in strata)
    most = -1
    for failing in product(
        *(range(x, size - n + x + 1) for (size, n, _), x in zip(strata, seen, strict=True))
    ):
        if sum(failing) <= most:
            continue
        so_low = sum(
            prod(ways(size, n, g, k) for (size, n, _), g, k in zip(strata, failing, found, strict=True))
            for found in outcomes
        )
        if Fraction(so_low, drawn) > level:
            most = sum(failing)
    return most


def fisher_by_hand(strata: Strata, level: float) -> int:
    """The same for Fisher's combination, every allocation by itself."""
    tested = sum(0 < n < size for size, n, _ in strata)
    most = -1
    for failing in product(*(range(n - met, size - met + 1) for size, n, met in strata)):
        p = [
            sum(ways(size, n, g, k) for k in range(n - met + 1)) / comb(size, n)
            for (size, n, met), g in zip(strata, failing, strict=True)
        ]
        if special.chdtrc(2 * tested, -2 * np.log(p).sum()) > level * (1 + 1e-9):
            most = max(most, sum(failing))
    return most


DESIGNS = [
    ((6, 6), (3, 3)),
    ((6, 6), (1, 5)),
    ((9, 3), (3, 1)),
    ((9, 3), (1, 2)),
    ((10, 5), (2, 4)),
    ((12, 2), (4, 1)),
    ((8, 8), (7, 2)),
    ((5, 5, 5), (2, 2, 2)),
    ((5, 4, 3), (1, 2, 2)),
    ((4, 4, 4), (1, 2, 3)),
    ((6, 4, 2), (3, 2, 1)),
    ((7, 3, 2), (1, 1, 1)),
    ((6, 5, 3), (2, 2, 3)),
    ((6, 5, 3), (2, 3, 0)),
    ((3, 3, 3, 2), (1, 2, 1, 1)),
    ((2, 2, 3, 3), (1, 1, 2, 1)),
]


@pytest.mark.parametrize(("sizes", "reviewed"), DESIGNS)
def test_against_every_allocation(sizes: tuple[int, ...], reviewed: tuple[int, ...]) -> None:
    even = len({Fraction(n, size) for size, n in zip(sizes, reviewed, strict=True) if 0 < n < size}) == 1
    samples = list(product(*(range(n + 1) for n in reviewed)))
    for met in samples[:: max(1, len(samples) // 12)]:
        strata = list(zip(sizes, reviewed, met, strict=True))
        mirror = [(size, n, n - good) for size, n, good in strata]
        worst = stratified_limits(strata, assurance=0.8, method="worst-case")
        assert worst.most_failing == worst_case_by_hand(strata, Fraction(1, 5))
        assert worst.fewest_failing == sum(sizes) - worst_case_by_hand(mirror, Fraction(1, 5))
        combined = stratified_limits(strata, assurance=0.8, method="fisher")
        assert combined.most_failing == fisher_by_hand(strata, 0.2)
        assert combined.fewest_failing == sum(sizes) - fisher_by_hand(mirror, 0.2)
        if even or met == reviewed:  # else the two compare samples in another order
            assert worst.most_failing <= stratified_limits(strata, assurance=0.8).most_failing


def all_three(strata: Strata) -> tuple[int, ...]:
    methods = ("hoeffding-binomial", "worst-case", "fisher")
    return tuple(stratified_limits(strata, method=method).most_failing for method in methods)


def test_no_method_is_always_the_closest() -> None:
    # So that nobody takes the best of several afterwards, which would not hold with the same assurance.
    hoeffding, worst, _ = all_three([(25, 13, 12), (43, 1, 0)])
    assert hoeffding < worst
    hoeffding, worst, combined = all_three([(1000, 100, 99), (600, 80, 79), (400, 120, 119)])
    assert worst < hoeffding < combined
    hoeffding, worst, combined = all_three([(54, 49, 47), (48, 2, 0), (29, 19, 16)])
    assert combined < hoeffding < worst


SAMPLES = st.lists(
    st.tuples(st.integers(2, 40), st.integers(1, 20), st.integers(0, 20)), min_size=2, max_size=4
).map(
    lambda rows: tuple(
        np.array(column)
        for column in zip(
            *((size, min(n, size - 1), min(x, n, size - 1)) for size, n, x in rows), strict=True
        )
    )
)
LEVELS = st.sampled_from([0.001, 0.05, 0.2, 0.5])


@settings(max_examples=60)
@given(SAMPLES, LEVELS, st.integers(-2, 2))
def test_ruling_out_is_being_above_the_limit(
    counts: tuple[WholeNumbers, ...], level: float, away: int
) -> None:
    size, n, x = counts
    for method in (worst_case, fisher):
        most = method.most_failing(size, n, x, level)
        assert x.sum() <= most <= (size - n + x).sum()
        failing = most + away
        if x.sum() < failing <= (size - n + x).sum():
            assert method.rules_out(size, n, x, failing, level) == (away > 0)


@settings(max_examples=30)
@given(SAMPLES, LEVELS, st.integers(0, 10**6))
def test_no_way_to_spread_more_is_likely(counts: tuple[WholeNumbers, ...], level: float, seed: int) -> None:
    size, n, x = counts
    unseen = worst_case.most_failing(size, n, x, level) + 1 - int(x.sum())
    if unseen > (size - n).sum():
        return
    # One more than the limit, spread at random: too few failures were seen for that.
    places = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(n)), size - n))
    failing = x + np.bincount(places[:unseen], minlength=len(n))
    rates = [Fraction(a, b) for a, b in zip(size.tolist(), n.tolist(), strict=True)]
    seen = sum(rate * k for rate, k in zip(rates, x.tolist(), strict=True))
    chances = {Fraction(0): 1.0}
    for rate, a, b, g in zip(rates, size.tolist(), n.tolist(), failing.tolist(), strict=True):
        following: dict[Fraction, float] = {}
        for k, chance in enumerate(stats.hypergeom.pmf(np.arange(b + 1), a, g, b).tolist()):
            for estimate, before in chances.items():
                if estimate + rate * k <= seen:
                    following[estimate + rate * k] = following.get(estimate + rate * k, 0.0) + before * chance
        chances = following
    assert sum(chances.values()) <= level * (1 + 1e-8)


def steps_of_fisher(size: int, n: int, x: int) -> list[Fraction]:
    chance = [
        Fraction(sum(ways(size, n, g, k) for k in range(x + 1)), comb(size, n))
        for g in range(x, size - n + x + 1)
    ]
    return [later / before for before, later in pairwise(chance)]


def test_every_further_failing_case_costs_more() -> None:
    # −ln p_h is convex in the failing cases, exactly: ratios of neighbours never rise. On this it rests
    # that the cheapest steps make the smallest sum.
    for size in range(2, 15):
        for n in range(1, size):
            for x in range(n + 1):
                ratios = steps_of_fisher(size, n, x)
                assert all(later <= before for before, later in pairwise(ratios))


@pytest.mark.parametrize(
    ("size", "n"),
    [
        ((30_000, 30_000), (3000, 3000)),
        ((40,) * 5, (10,) * 5),
        (tuple(range(50, 66)), tuple(range(49, 65))),
    ],
)
def test_too_large_is_refused(size: tuple[int, ...], n: tuple[int, ...]) -> None:
    # At once by the chances to work out; after a while by the steps made; by estimates past 64 bits.
    assert not worst_case.within_reach(np.array(size), np.array(n))
    with pytest.raises(TooLarge, match=r"too large to work out.*Let the plan fix another method"):
        stratified_limits([(a, b, b // 2) for a, b in zip(size, n, strict=True)], method="worst-case")


@pytest.mark.parametrize(
    ("size", "n"),
    [
        ((500, 400, 300), (40, 60, 60)),
        ((100, 80, 60, 40), (6, 9, 9, 12)),
    ],
)
def test_within_reach_whatever_the_sample_shows(size: tuple[int, ...], n: tuple[int, ...]) -> None:
    assert worst_case.within_reach(np.array(size), np.array(n))
    for share in (0.0, 0.02, 0.5, 1.0):
        strata = [(a, b, b - round(share * b)) for a, b in zip(size, n, strict=True)]
        result = stratified_limits(strata, method="worst-case")
        assert result.fewest_failing <= share * sum(size) <= result.most_failing


def test_sixty_five_strata_by_fisher() -> None:
    # Nothing met in one, everything in the others: too small a chance for a float somewhere on the way.
    strata = [(450 + h, 8, 8 * (h > 0)) for h in range(65)]
    result = stratified_limits(strata, method="fisher")
    assert result.fewest_failing >= 8
    assert result.most_failing > stratified_limits(strata).most_failing
