"""Verdicts against sizes and limits worked out in exact integers."""

from fractions import Fraction
from math import comb

from scorecards.verdicts import Verdict, judge


def exact_at_most(x: int, n: int, population: int, failing: int) -> Fraction:
    ways = sum(comb(failing, k) * comb(population - failing, n - k) for k in range(x + 1))
    return Fraction(ways, comb(population, n))


def test_238_of_240_out_of_812() -> None:
    # 98%, 95%: not shown yet, 24 more cases, all met, would show it. M0 = ⌊16.24⌋ + 1 = 17.
    result = judge(238, 240, 812, standard="0.98")
    assert (result.verdict, result.breach, result.still_needed) == (Verdict.NOT_SHOWN, 17, 24)
    level = Fraction(1, 20)
    assert exact_at_most(2, 264, 812, 17) <= level < exact_at_most(2, 263, 812, 17)
    most = round((1 - result.lower) * 812)
    assert exact_at_most(2, 240, 812, most) > level >= exact_at_most(2, 240, 812, most + 1)


def test_the_size_to_show_shows_it_and_one_fewer_does_not() -> None:
    # 119 of 500 for 98% at 95% (see test_sizes).
    assert judge(119, 119, 500, standard="0.98").verdict == Verdict.MET
    one_fewer = judge(118, 118, 500, standard="0.98")
    assert (one_fewer.verdict, one_fewer.still_needed) == (Verdict.NOT_SHOWN, 1)


def test_59_without_end() -> None:
    assert judge(59, 59, None, standard="0.95").verdict == "met"
    assert judge(58, 58, None, standard="0.95").still_needed == 1
