"""Sample sizes against numbers printed elsewhere and against exact integer arithmetic."""

from fractions import Fraction
from math import ceil, comb

import pytest

from sampling.sizes import (
    breach,
    chance_of_met,
    size_for_margin,
    size_to_show,
    size_to_show_stratified,
    stop_or_go,
)


def exact_chance(allowed: int, n: int, population: int, failing: int) -> Fraction:
    ways = sum(comb(failing, k) * comb(population - failing, n - k) for k in range(allowed + 1))
    return Fraction(ways, comb(population, n))


@pytest.mark.parametrize(
    ("standard", "population", "allowed", "size"),
    [
        # Finite-population discovery and attribute samples, 95% assurance; the definition is worked out
        # again below in integers. The last four are the sizes for agreement between reviewers.
        ("0.98", 100, 0, 63),
        ("0.98", 100, 1, 87),
        ("0.98", 100, 2, 99),
        ("0.98", 300, 0, 104),
        ("0.98", 300, 1, 156),
        ("0.98", 300, 2, 197),
        ("0.98", 500, 0, 119),
        ("0.8", 500, 0, 14),
        ("0.8", 500, 2, 29),
        ("0.8", 500, 5, 48),
        ("0.8", 500, 10, 78),
        ("0.9", 200, 0, 26),
        ("0.9", 200, 1, 40),
        ("0.9", 200, 2, 53),
        ("0.9", 200, 4, 75),
    ],
)
def test_size_to_show_a_standard(standard: str, population: int, allowed: int, size: int) -> None:
    result = size_to_show(standard, population, allowed_failures=allowed)
    assert result.sample_size == size
    level, first = Fraction(1, 20), breach(standard, population)
    assert exact_chance(allowed, size, population, first) <= level
    assert exact_chance(allowed, size - 1, population, first) > level
    assert result.chance_of_false_pass == pytest.approx(
        float(exact_chance(allowed, size, population, first)), rel=1e-12
    )


def test_size_without_end_is_the_classic_discovery_sample() -> None:
    # ln 0.05 / ln 0.95 = 58.4 and ln 0.05 / ln 0.98 = 148.3: 59 and 149 in every audit guide; with one
    # allowed 93 (AICPA, Audit Sampling, table A-1: 5% tolerable rate, 5% risk).
    assert size_to_show("0.95", None).sample_size == 59
    assert size_to_show("0.98", None).sample_size == 149
    assert size_to_show("0.95", None, allowed_failures=1).sample_size == 93


def test_the_convention_costs_ten_cases_at_five_hundred() -> None:
    # Breached by more than 2% (11 cases, ours) or from 2% on (10 cases, audit tables): 119 against 129.
    level = Fraction(1, 20)
    assert breach("0.98", 500) == 11
    assert exact_chance(0, 129, 500, 10) <= level < exact_chance(0, 128, 500, 10)


def test_what_the_rules_do() -> None:
    # 3 of 500 failing (0.6%) passes the 119/0 rule 44% of the time.
    assert chance_of_met(500, 3, sample_size=119, allowed_failures=0) == pytest.approx(0.44, abs=0.005)
    # ISO 2859-1 plan (125, 3): a lot with 3% failing is accepted 48% of the time (binomial, as its tables).
    assert chance_of_met(None, 0.03, sample_size=125, allowed_failures=3) == pytest.approx(0.48, abs=0.005)
    # With 25 of 500 failing, one sample of 60 in 27 is spotless.
    assert 1 / chance_of_met(500, 25, sample_size=60, allowed_failures=0) == pytest.approx(27, abs=0.5)


def test_strata_take_a_little_more_than_one_population() -> None:
    # 1,000 cases in four strata, 98%, 95%: the simple random sizes are 132 and 269.
    populations = {"a": 400, "b": 300, "c": 200, "d": 100}
    assert size_to_show("0.98", 1000).sample_size == 132
    assert size_to_show("0.98", 1000, allowed_failures=2).sample_size == 269
    assert size_to_show_stratified("0.98", populations).sample_size == 136
    assert size_to_show_stratified("0.98", populations, allowed_failures=2).sample_size == 276


def test_the_formula_for_a_margin_asks_for_far_too_few() -> None:
    # N = 400, 98% expected, within 5 points, 95%: Cochran, Sampling Techniques (1977), formula 4.1 with the
    # finite-population correction gives 29 cases; exact intervals of 29 cases are wider than that.
    n0 = 1.959964**2 * 0.98 * 0.02 / 0.05**2
    assert ceil(n0 / (1 + (n0 - 1) / 400)) == 29
    plan = size_for_margin("0.98", "0.05", 400)
    assert (plan.sample_size, plan.first, plan.half_width) == (49, 49, 0.05)


def test_stop_or_go_of_audit_guides() -> None:
    # A tolerable rate of 5% at 90%: 49, and 49 more when one fails. Twice the 45 of a single stage would
    # pass falsely 12.3% of the time.
    plan = stop_or_go("0.95", None, assurance=0.9)
    assert (plan.first_stage, plan.second_stage) == (49, 49)
    assert plan.chance_of_false_pass == pytest.approx(0.95**49 + 49 * 0.05 * 0.95**97)
    assert size_to_show("0.95", None, assurance=0.9).sample_size == 45
    twice_45 = 0.95**45 + 45 * 0.05 * 0.95**89
    assert twice_45 == pytest.approx(0.123, abs=5e-4)
