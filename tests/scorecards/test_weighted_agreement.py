"""Weighted agreement: by exact sums, its limits by their source, and where it is undefined."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.intervals import rate_interval, stratified_limits
from sampling.refused import Refused
from scorecards.agreement import agreement, weighted_agreement

STRATUM = st.tuples(st.integers(0, 30), st.integers(0, 15), st.integers(0, 15)).map(
    lambda counts: (counts[0], min(counts[:2]), min(counts))
)
STRATA = st.lists(STRATUM, max_size=3)


@given(STRATA, STRATA.filter(bool))
def test_rates_are_exact_sums(passed: list[tuple[int, int, int]], failed: list[tuple[int, int, int]]) -> None:
    result = weighted_agreement(passed, failed)
    population = sum(size for size, _, _ in passed + failed)
    assert (result.population, result.pairs) == (population, sum(n for _, n, _ in passed + failed))
    if population == 0 or any(size > 0 and n == 0 for size, n, _ in passed + failed):
        assert (result.agreement, result.detection, result.not_met_rate) == (None, None, None)
        return
    missed, found = (
        sum((Fraction(size * x, n) for size, n, x in strata if n), Fraction()) for strata in (passed, failed)
    )
    agreeing = sum(size for size, _, _ in passed) - missed + found
    assert result.agreement == pytest.approx(float(agreeing / population))
    assert result.not_met_rate == pytest.approx(float((missed + found) / population))
    assert result.agreement_low - 1e-12 <= result.agreement <= result.agreement_high + 1e-12
    if missed and found:
        assert result.detection == pytest.approx(float(found / (found + missed)))
        if result.detection_low is not None:
            assert result.detection_high is not None
            assert result.detection_low <= result.detection <= result.detection_high
    else:
        assert (result.detection, result.detection_low, result.detection_high) == (None, None, None)


def test_everything_scored_again_is_known() -> None:
    result, plain = weighted_agreement([(90, 90, 4)], [(10, 10, 7)]), agreement(86, 4, 3, 7)
    assert result.agreement == result.agreement_low == result.agreement_high == plain.raw
    assert result.detection == pytest.approx(7 / 11)
    assert result.detection_low == result.detection_high == pytest.approx(plain.detection)
    assert (result.both_met, result.missed, result.overcalled, result.both_not_met) == (86, 4, 3, 7)


def test_limits_of_agreement_are_those_of_agreeing_counts() -> None:
    passed, failed = [(600, 60, 2), (300, 60, 3)], [(80, 40, 31)]
    result = weighted_agreement(passed, failed)
    limits = stratified_limits(
        [(600, 60, 58), (300, 60, 57), (80, 40, 31)], assurance=0.975, method="worst-case"
    )
    assert (result.agreement_low, result.agreement_high) == (limits.low, limits.high)
    assert result.method == "exact worst case"
    # With all of the failed ones known, the passed ones are one population.
    one = weighted_agreement([(600, 60, 2)], [(80, 80, 70)])
    alone = rate_interval(58, 60, 600)
    assert one.agreement_low == pytest.approx((600 * alone.low + 70) / 680)
    assert one.agreement_high == pytest.approx((600 * alone.high + 70) / 680)
    assert one.method == "exact hypergeometric limit"


def test_a_worst_case_out_of_reach_gives_way_whatever_the_scores() -> None:
    for missed in (0, 20):
        result = weighted_agreement([(9000, 400, missed), (9000, 600, 0)], [(9000, 800, 700)])
        assert result.method == "Fisher combination"


def test_no_certainty_where_all_are_alike() -> None:
    """Ten of ten missed: the formula's variance is 0, and yet 90 were never looked at."""
    result = weighted_agreement([(100, 10, 10)], [(20, 20, 20)])
    assert (result.detection, result.detection_low, result.detection_high) == (
        pytest.approx(20 / 120),
        None,
        None,
    )


def test_a_larger_confidence_is_wider() -> None:
    narrow, wide = (weighted_agreement([(500, 50, 4)], [(40, 20, 12)], confidence=c) for c in (0.8, 0.99))
    assert narrow.detection_low is not None
    assert wide.detection_low is not None
    assert wide.detection_low < narrow.detection_low
    assert wide.agreement_low < narrow.agreement_low


def test_refusals() -> None:
    with pytest.raises(Refused, match="The number not met by QA"):
        weighted_agreement([(100, 10, 11)], [])
    with pytest.raises(Refused, match="all three counts"):
        weighted_agreement([(100, 10)], [])  # type: ignore[list-item]
    with pytest.raises(Refused, match="no stratum"):
        weighted_agreement([], [])
    with pytest.raises(Refused, match="confidence"):
        weighted_agreement([(100, 10, 1)], [], confidence=95)
