"""Agreement on answers: its standard error by two other routes, and where there is none."""

import numpy as np
import pytest

from sampling.intervals import rate_interval, stratified_estimate
from sampling.refused import Refused
from scorecards.agreement import item_agreement

MANY = 10**9


def test_the_standard_error_is_that_of_case_means() -> None:
    """Cases with as many answers each: the standard error of their means."""
    alike = np.array([10, 4, 9, 10, 7])
    result = item_agreement([(MANY, [10] * 5, alike)])
    assert (result.answers, result.alike, result.cases, result.population) == (50, 40, 5, MANY)
    assert result.share == pytest.approx(0.8)
    assert result.standard_error == pytest.approx((alike / 10).std(ddof=1) / 5**0.5)
    finite = item_agreement([(10, [10] * 5, alike)])
    assert finite.standard_error == pytest.approx(result.standard_error / 2**0.5)


def test_one_answer_a_case_is_a_stratified_sample_of_cases() -> None:
    strata = [(400, 40, 37), (90, 30, 20), (20, 20, 8)]
    cases = [(size, [1] * n, [1] * met + [0] * (n - met)) for size, n, met in strata]
    result, plain = item_agreement(cases), stratified_estimate(strata)
    assert (result.share, result.standard_error) == pytest.approx((plain.estimate, plain.standard_error))
    assert (result.low, result.high) == pytest.approx((plain.low, plain.high))


def test_the_linearised_standard_error_of_unequal_cases() -> None:
    """By what a hair more weight of each case does to the share."""
    answers, alike = np.array([3, 8, 5, 12]), np.array([3, 5, 4, 6])
    hairs = 1 + 1e-6 * np.eye(4)
    slopes = ((hairs @ alike) / (hairs @ answers) - alike.sum() / answers.sum()) / 1e-6
    result = item_agreement([(MANY, answers, alike)])
    assert result.standard_error == pytest.approx((4 / 3 * np.sum(slopes**2)) ** 0.5, rel=1e-5)


def test_more_answers_of_the_same_cases_tell_nothing_new() -> None:
    alike = np.array([1] * 36 + [0] * 4)
    once, tenfold = (item_agreement([(MANY, [k] * 40, k * alike)]) for k in (1, 10))
    assert once.share == tenfold.share == 0.9
    assert once.standard_error == pytest.approx(tenfold.standard_error)
    naive = rate_interval(360, 400)
    assert tenfold.low is not None
    assert tenfold.high is not None
    assert tenfold.low < naive.low < naive.high < tenfold.high


@pytest.mark.parametrize("alike", [15, 0])
def test_no_certainty_where_all_or_none_are_alike(alike: int) -> None:
    result, cases = item_agreement([(300, [15] * 20, [alike] * 20)]), rate_interval(alike and 20, 20, 300)
    assert (result.share, result.standard_error) == (float(alike > 0), None)
    assert (result.low, result.high) == (cases.low, cases.high)


def test_cases_that_say_nothing_of_their_spread() -> None:
    for strata in ([(50, [15], [14])], [(50, [15] * 4, [12] * 4)]):
        result = item_agreement(strata)
        assert (result.standard_error, result.low, result.high) == (None, None, None)
        assert result.share is not None
    census = item_agreement([(2, [3, 5], [3, 4])])
    assert (census.share, census.standard_error, census.low, census.high) == (7 / 8, 0.0, 7 / 8, 7 / 8)


def test_nothing_scored_twice() -> None:
    for strata in ([], [(50, [], [])], [(50, [3, 4], [3, 2]), (10, [], [])], [(50, [0, 0], [0, 0])]):
        result = item_agreement(strata)
        assert (result.share, result.standard_error, result.low, result.high) == (None,) * 4
    with_an_empty_stratum = item_agreement([(50, [3, 4], [3, 2]), (0, [], [])])
    assert with_an_empty_stratum == item_agreement([(50, [3, 4], [3, 2])])


def test_refusals() -> None:
    with pytest.raises(Refused, match="do not fit together"):
        item_agreement([(50, [3, 4], [3])])
    with pytest.raises(Refused, match="The answers alike cannot be 5"):
        item_agreement([(50, [3, 4], [3, 5])])
    with pytest.raises(Refused, match="the population is 1"):
        item_agreement([(1, [3, 4], [3, 2])])
    with pytest.raises(Refused, match="confidence"):
        item_agreement([(50, [3], [3])], confidence=95)
