"""Several strata: every method's coverage of small worlds, their edges, and the estimate's."""

from functools import reduce
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.intervals import fewest_failing, most_failing, stratified_estimate, stratified_limits
from sampling.refused import Refused
from sampling.stratified import (
    METHODS,
    checked_strata,
    method_for,
    method_name,
    most_failing_in_strata,
    rules_out,
)

DESIGNS = [
    ((6, 6), (3, 3)),
    ((6, 6), (1, 5)),
    ((9, 3), (3, 1)),
    ((9, 3), (6, 3)),
    ((9, 3), (1, 2)),
    ((10, 5), (0, 4)),
    ((10, 5), (7, 0)),
    ((12, 4), (9, 3)),
    ((12, 2), (11, 1)),
    ((8, 8), (7, 7)),
    ((8, 8), (2, 8)),
    ((15, 1), (6, 0)),
    ((20, 10), (5, 8)),
    ((5, 5, 5), (2, 2, 2)),
    ((5, 5, 5), (4, 4, 4)),
    ((5, 5, 5), (1, 2, 4)),
    ((6, 4, 2), (3, 2, 1)),
    ((6, 4, 2), (5, 1, 2)),
    ((7, 5, 3), (0, 4, 2)),
    ((7, 5, 3), (6, 4, 0)),
    ((4, 4, 4), (4, 0, 2)),
    ((3, 3, 3, 3), (2, 2, 2, 2)),
    ((3, 3, 3, 3), (1, 1, 2, 3)),
    ((4, 3, 2, 1), (3, 2, 1, 1)),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("sizes", "reviewed"), DESIGNS)
def test_limits_cover_in_every_world(sizes: tuple[int, ...], reviewed: tuple[int, ...], method: str) -> None:
    # In whole numbers of samples, so that a limit that is only just right is not called wrong: how many
    # samples of each outcome (columns) there are in each world (rows).
    samples = reduce(
        np.kron,
        [
            np.array(
                [[comb(g, x) * comb(size - g, n - x) for x in range(n + 1)] for g in range(size + 1)],
                dtype=np.int64,
            )
            for size, n in zip(sizes, reviewed, strict=True)
        ],
    )
    drawn = prod(comb(size, n) for size, n in zip(sizes, reviewed, strict=True))
    failing = np.array([sum(world) for world in product(*(range(size + 1) for size in sizes))])
    assert np.all(samples.sum(axis=1) == drawn)
    for assurance in (0.7, 0.95):
        limits = []
        for x in product(*(range(n + 1) for n in reviewed)):
            strata = [(size, n, n - bad) for size, n, bad in zip(sizes, reviewed, x, strict=True)]
            result = stratified_limits(strata, assurance=assurance, method=method)
            limits.append((result.fewest_failing, result.most_failing))
        fewest, most = np.array(limits).T
        above = np.where(failing[:, None] > most, samples, 0).sum(axis=1)
        below = np.where(failing[:, None] < fewest, samples, 0).sum(axis=1)
        assert np.max(above) <= (1 - assurance) * drawn * (1 + 1e-9)
        assert np.max(below) <= (1 - assurance) * drawn * (1 + 1e-9)


STRATA = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=4
).map(lambda rows: [(size, min(n, size), min(met, n, size)) for size, n, met in rows])


@settings(max_examples=40)
@given(STRATA, st.sampled_from(sorted(METHODS)), st.data())
def test_what_holds_for_every_method(
    strata: list[tuple[int, int, int]], method: str, data: st.DataObject
) -> None:
    result = stratified_limits(strata, method=method)
    size, n, met = (int(column.sum()) for column in checked_strata(strata))
    assert n - met <= result.most_failing <= size - met
    assert n - met <= result.fewest_failing <= result.most_failing
    assert (result.population, result.reviewed, result.method) == (size, n, method)
    # Met and not met are mirror images.
    mirror = stratified_limits([(size, n, n - met) for size, n, met in strata], method=method)
    assert (mirror.most_failing, mirror.fewest_failing) == (
        size - result.fewest_failing,
        size - result.most_failing,
    )
    # The order of the strata is of no account, and the search for a breach agrees with the limit.
    in_another_order = data.draw(st.permutations(strata))
    assert most_failing_in_strata(in_another_order, assurance=0.95, method=method) == result.most_failing
    for breach in range(result.most_failing - 1, result.most_failing + 3):
        ruled_out = rules_out(strata, breach, assurance=0.95, method=method)
        assert ruled_out == (result.most_failing < breach)


@settings(max_examples=50)
@given(st.data(), st.sampled_from(sorted(METHODS)))
def test_one_stratum_has_its_exact_limits(data: st.DataObject, method: str) -> None:
    size = data.draw(st.integers(1, 300))
    n = data.draw(st.integers(0, size))
    met = data.draw(st.integers(0, n))
    result = stratified_limits([(size, n, met)], method=method)
    assert method_name([(size, n, met)], method) == "exact hypergeometric limit"
    assert result.most_failing == most_failing(n - met, n, size)
    assert result.fewest_failing == fewest_failing(n - met, n, size)


@pytest.mark.parametrize("method", METHODS)
def test_census_strata_come_out_first(method: str) -> None:
    sampled = [(400, 40, 39), (300, 30, 30)]
    alone = stratified_limits(sampled, method=method)
    both = stratified_limits([*sampled, (20, 20, 17), (0, 0, 0)], method=method)
    assert both.most_failing == alone.most_failing + 3
    assert both.fewest_failing == alone.fewest_failing + 3
    census = stratified_limits([(20, 20, 17), (5, 5, 5)], method=method)
    assert (census.most_failing, census.fewest_failing, census.low) == (3, 3, 22 / 25)
    # One is left: its own limit, whatever the rates.
    left = stratified_limits([(1949, 149, 145), (51, 51, 19)], method=method)
    assert left.most_failing == most_failing(4, 149, 1949) + 32


@pytest.mark.parametrize("method", METHODS)
def test_failing_cases_may_all_hide_where_nothing_is_reviewed(method: str) -> None:
    alone = stratified_limits([(400, 40, 40), (300, 30, 30)], method=method)
    hiding = stratified_limits([(400, 40, 40), (300, 30, 30), (50, 0, 0)], method=method)
    assert hiding.most_failing == alone.most_failing + 50
    assert hiding.fewest_failing == alone.fewest_failing == 0
    nothing = stratified_limits([(400, 0, 0), (300, 0, 0)], method=method)
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_the_method_follows_from_the_plan() -> None:
    populations = {"a": 400, "b": 300, "c": 200, "d": 100}

    def method(**sizes: int) -> str:
        return method_for({stratum: populations[stratum] for stratum in sizes}, sizes)

    assert method(a=40, b=30, c=20, d=10) == "hoeffding-binomial"
    assert method(a=40, b=30, c=25, d=10) == "hoeffding-binomial"  # .125 is a quarter more than .1
    assert method(a=40, b=30, c=26) == "worst-case"
    assert method(a=40, b=30, c=26, d=10) == "fisher"
    # All of a stratum and nothing of it have no rate to compare, and one rate is even.
    assert method(a=40, b=30, c=0, d=100) == "hoeffding-binomial"
    assert method(a=399, b=300, c=0) == "hoeffding-binomial"
    assert method_for(populations, {"a": 40, "b": 30, "d": 5}) == "worst-case"
    assert method_for({}, {}) == "hoeffding-binomial"
    # Four strata of few cases are small enough, and three of very many too large.
    assert method_for(dict.fromkeys("abcd", 12), {"a": 2, "b": 3, "c": 4, "d": 5}) == "worst-case"
    assert method_for(dict.fromkeys("abc", 9000), {"a": 400, "b": 600, "c": 800}) == "fisher"
    with pytest.raises(Refused, match="'e', which is not one of the strata"):
        method_for(populations, {"e": 3})
    with pytest.raises(Refused, match="the population is 100"):
        method_for(populations, {"d": 101})


def test_met_and_not_met_are_mirror_images() -> None:
    strata = [(400, 40, 31), (300, 45, 30), (200, 10, 9)]
    result = stratified_limits(strata)
    mirror = stratified_limits([(size, n, n - met) for size, n, met in strata])
    assert result.fewest_failing == 900 - mirror.most_failing
    assert result.low < stratified_estimate(strata).estimate < result.high  # type: ignore[operator]


def test_estimate_is_undefined_where_it_should_be() -> None:
    everything = stratified_estimate([(400, 40, 38), (300, 0, 0)])
    assert (everything.estimate, everything.standard_error, everything.low) == (None, None, None)
    lonely = stratified_estimate([(400, 40, 38), (300, 1, 1)])
    assert lonely.estimate == pytest.approx((400 * 0.95 + 300) / 700)
    assert (lonely.standard_error, lonely.low, lonely.high) == (None, None, None)
    for met in (0, 1):
        same = stratified_estimate([(400, 40, 40 * met), (300, 1, met)])
        assert (same.estimate, same.standard_error, same.low, same.high) == (float(met), 0.0, None, None)
    apart = stratified_estimate([(100, 10, 10), (100, 10, 0)])
    assert (apart.estimate, apart.standard_error, apart.low) == (0.5, 0.0, None)
    known = stratified_estimate([(100, 100, 90), (50, 50, 50), (0, 0, 0)])
    assert (known.estimate, known.low, known.high) == (140 / 150, 140 / 150, 140 / 150)
    assert stratified_estimate([(0, 0, 0)]).estimate is None


def test_a_census_stratum_adds_no_variance() -> None:
    alone = stratified_estimate([(100, 20, 18)])
    beside = stratified_estimate([(100, 20, 18), (100, 100, 80), (1, 1, 1)])
    assert alone.standard_error is not None
    assert beside.standard_error == pytest.approx(alone.standard_error * 100 / 201)


def test_refusals() -> None:
    with pytest.raises(Refused, match="at least one is needed"):
        stratified_limits([])
    with pytest.raises(Refused, match="The number met cannot be 9"):
        stratified_limits([(20, 10, 10), (20, 8, 9)])
    with pytest.raises(Refused, match="population is 7"):
        stratified_estimate([(7, 8, 8)])
    with pytest.raises(Refused, match="assurance"):
        stratified_limits([(20, 10, 10)], assurance=0)
    # Adding the strata up is no method.
    for judged in (stratified_limits, method_name):
        with pytest.raises(Refused, match=r"no method .pooled. for several strata"):
            judged([(20, 10, 10), (30, 5, 5)], method="pooled")
    with pytest.raises(Refused, match="no method"):
        rules_out([(20, 10, 10), (30, 5, 5)], 3, assurance=0.95, method="pooled")
