"""Confidence sequences: every order of small worlds, false alarms, strata, and the door."""

from itertools import product
from math import comb, lgamma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.monitoring import (
    confidence_sequence,
    limits_at_a_look,
    stratified_confidence_sequence,
    whole_order_prefix,
)
from sampling.refused import Refused

PRIORS = [(99, 1), (1, 1), (0.5, 2)]


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_all_limits_hold_together_in_every_small_world(confidence: float, prior: tuple[float, float]) -> None:
    # Orders are counted along the lattice of (reviewed, not met): those that never leave the limits.
    for size in range(1, 13):
        x, n = np.meshgrid(np.arange(size + 1), np.arange(size + 1))
        fewest, most = limits_at_a_look(np.minimum(x, n), n, size, confidence=confidence, prior=prior)
        for failing in range(size + 1):
            held = (fewest <= failing) & (failing <= most)
            orders = np.zeros(size + 1, dtype=np.int64)
            orders[0] = 1
            for reviewed in range(1, size + 1):
                orders[1:] += orders[:-1].copy()
                orders = np.where(held[reviewed], orders, 0)
            assert orders[failing] / comb(size, failing) >= confidence, (size, failing)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_every_order_of_review(size: int) -> None:
    held = np.zeros(size + 1, dtype=int)
    for results in product((0, 1), repeat=size):
        failing = size - sum(results)
        sequence = confidence_sequence(results, size, confidence=0.8, prior=(2, 1))
        held[failing] += np.all((sequence.fewest_failing <= failing) & (failing <= sequence.most_failing))
        assert np.all(sequence.fewest_failing <= sequence.most_failing)
        assert sequence.most_failing[-1] == sequence.fewest_failing[-1] == failing
        assert np.array_equal(sequence.low, (size - sequence.most_failing) / size)
        assert np.array_equal(sequence.high, (size - sequence.fewest_failing) / size)
    assert all(held[failing] >= 0.8 * comb(size, failing) for failing in range(size + 1))


@given(st.integers(1, 300), st.sampled_from(PRIORS), st.data())
def test_the_limits_are_the_ratio_of_prior_and_posterior(
    size: int, prior: tuple[float, float], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, size))
    x = data.draw(st.integers(0, n))

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    def log_beta_binomial(k: int, trials: int, a: float, b: float) -> float:
        return (
            -log_beta(trials - k + 1, k + 1)
            - np.log(trials + 1)
            + log_beta(k + a, trials - k + b)
            - log_beta(a, b)
        )

    met, not_met = prior
    kept = []
    for failing in range(x, size - n + x + 1):
        before = log_beta_binomial(size - failing, size, met, not_met)
        after = log_beta_binomial(size - n - failing + x, size - n, met + n - x, not_met + x)
        if before - after < -np.log(0.05) - 1e-9:
            kept.append(failing)
    assert kept == list(range(kept[0], kept[-1] + 1))
    assert limits_at_a_look(x, n, size, prior=prior) == (kept[0], kept[-1])


def test_the_first_time_a_standard_is_shown() -> None:
    clean = confidence_sequence([1] * 300, 500)
    position = clean.first_met("0.98")
    assert position is not None
    assert clean.most_failing[position - 1] < 11 <= clean.most_failing[position - 2]
    assert clean.first_missed("0.98") is None
    poor = confidence_sequence([1, 0] * 30, 500)
    position = poor.first_missed("0.98")
    assert position is not None
    assert poor.fewest_failing[position - 1] >= 11 > poor.fewest_failing[position - 2]
    assert poor.first_met("0.98") is None


def test_limits_only_ever_come_closer_and_a_later_result_changes_no_earlier_one() -> None:
    results = ([1] * 40 + [0]) * 9
    whole, part = confidence_sequence(results, 2000), confidence_sequence(results[:200], 2000)
    assert np.array_equal(whole.low[:200], part.low)
    assert np.array_equal(whole.high[:200], part.high)
    assert np.all(np.diff(whole.low) >= 0)
    assert np.all(np.diff(whole.high) <= 0)
    assert whole.contradicted_at is None


def test_an_order_that_was_not_random_is_noticed() -> None:
    # 150 that met, put before 50 that did not.
    results = [1] * 150 + [0] * 50
    sequence = confidence_sequence(results, 300)
    at = sequence.contradicted_at
    assert at is not None
    assert confidence_sequence(results[: at - 1], 300).contradicted_at is None
    failed = at - 150
    assert (sequence.fewest_failing[at - 1], sequence.most_failing[at - 1]) == (failed, 300 - at + failed)
    assert np.all(sequence.fewest_failing <= sequence.most_failing)


def test_strata_one_after_another() -> None:
    # None of 100 fail in one office, 30 of 100 in the other. Read as one sequence the order is not random,
    # and 30 is ruled out; one sequence per stratum does not mind.
    ordered = [1] * 90 + ([1] * 7 + [0] * 3) * 9
    one = confidence_sequence(ordered, 200)
    assert one.most_failing[89] < 30
    offices = ["a"] * 90 + ["b"] * 90
    both = stratified_confidence_sequence(list(zip(offices, ordered, strict=True)), {"a": 100, "b": 100})
    assert np.all((both.fewest_failing <= 30) & (both.most_failing >= 30))
    first = confidence_sequence(ordered[:90], 100, confidence=0.975)
    assert np.array_equal(both.most_failing[:90], first.most_failing + 100)
    second = confidence_sequence(ordered[90:], 100, confidence=0.975)
    assert np.array_equal(both.fewest_failing[90:], first.fewest_failing[-1] + second.fewest_failing)
    assert both.population == 200


def test_strata_taking_turns_and_strata_without_cases() -> None:
    results = [("a", 1), ("b", 0), ("a", 1), ("b", 1)]
    both = stratified_confidence_sequence(results, {"a": 4, "b": 2, "empty": 0}, confidence=0.9)
    assert both.most_failing[-1] == confidence_sequence([1, 1], 4, confidence=0.95).most_failing[-1] + 1
    assert both.fewest_failing.tolist() == [0, 1, 1, 1]
    alone = stratified_confidence_sequence([("a", 1), ("a", 0)], {"a": 30})
    assert np.array_equal(alone.low, confidence_sequence([1, 0], 30).low)
    odd = stratified_confidence_sequence([("b", 1)] + [("a", 1)] * 150 + [("a", 0)] * 50, {"a": 300, "b": 9})
    assert odd.contradicted_at is not None
    assert odd.contradicted_at > 151


def test_the_prefix_before_a_quota_is_overrun() -> None:
    assert whole_order_prefix("abab" + "aab", {"a": 3, "b": 2}) == 5
    assert whole_order_prefix("abab", {"a": 2, "b": 2}) == 4
    assert whole_order_prefix("ab", {"a": 2, "b": 2}) == 2
    assert whole_order_prefix("ca", {"a": 2}) == 0
    assert whole_order_prefix([], {"a": 2}) == 0


def test_edges() -> None:
    empty = confidence_sequence([], 50)
    assert (empty.low.shape, empty.first_met("0.98"), empty.contradicted_at) == ((0,), None, None)
    assert confidence_sequence([], 0).high.shape == (0,)
    assert stratified_confidence_sequence([], {}).low.shape == (0,)
    assert limits_at_a_look(0, 0, 50) == (0, 50)
    assert type(limits_at_a_look(1, 10, 50)[0]) is int
    assert confidence_sequence(np.array([True, False]), 2).low.tolist() == [0.5, 0.5]
    # Far from the prior, where the chances themselves are too small for a float.
    low, high = limits_at_a_look(2500, 5000, 20_000)
    assert 8000 < low < 10_000 < high < 12_000
    assert limits_at_a_look(2500, 5000, 20_000, prior=(1, 99)) == (20_000 - high, 20_000 - low)
    assert limits_at_a_look(5000, 5000, 20_000)[1] == 20_000


def test_refusals() -> None:
    with pytest.raises(Refused, match="Result 2 is None"):
        confidence_sequence([1, None], 10)  # type: ignore[list-item]
    with pytest.raises(Refused, match="Result 1 is 2"):
        confidence_sequence([2], 10)
    with pytest.raises(Refused, match="cannot be 3 results of a population of 2"):
        confidence_sequence([1, 1, 1], 2)
    with pytest.raises(Refused, match="The population must be a whole number"):
        confidence_sequence([1], None)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="confidence must lie between 0 and 1"):
        confidence_sequence([1], 10, confidence=95)
    for prior in [(0, 1), (1, float("inf")), (1, float("nan")), (1, 2, 3)]:
        with pytest.raises(Refused, match="A prior is two numbers above 0"):
            confidence_sequence([1], 10, prior=prior)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="stratum 'c', whose size is not given"):
        stratified_confidence_sequence([("c", 1)], {"a": 3})
    with pytest.raises(Refused, match="The size of stratum 'a'"):
        stratified_confidence_sequence([], {"a": -3})
    with pytest.raises(Refused, match="The number not met cannot be 11"):
        limits_at_a_look(11, 10, 50)
