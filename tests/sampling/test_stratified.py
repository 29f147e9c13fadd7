"""Several strata: the bound's coverage of small worlds, its edges, and the estimate's."""

from itertools import product
from math import comb, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.intervals import fewest_failing, most_failing, stratified_estimate, stratified_limits
from sampling.refused import Refused
from sampling.stratified import rules_out

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


@pytest.mark.parametrize("assurance", [0.7, 0.95])
@pytest.mark.parametrize(("sizes", "reviewed"), DESIGNS)
def test_limits_cover_in_every_world(
    sizes: tuple[int, ...], reviewed: tuple[int, ...], assurance: float
) -> None:
    limits = {}
    for x in product(*(range(n + 1) for n in reviewed)):
        strata = [(size, n, n - bad) for size, n, bad in zip(sizes, reviewed, x, strict=True)]
        result = stratified_limits(strata, assurance=assurance)
        limits[x] = (result.fewest_failing, result.most_failing)
        assert rules_out(strata, result.most_failing + 1, assurance=assurance)
        assert not rules_out(strata, result.most_failing, assurance=assurance)
    ways = {
        (size, n, g): [comb(g, x) * comb(size - g, n - x) for x in range(n + 1)]
        for size, n in zip(sizes, reviewed, strict=True)
        for g in range(size + 1)
    }
    drawn = prod(comb(size, n) for size, n in zip(sizes, reviewed, strict=True))
    for world in product(*(range(size + 1) for size in sizes)):
        rows = [ways[key] for key in zip(sizes, reviewed, world, strict=True)]
        failing, below, above = sum(world), 0, 0
        for x, (fewest, most) in limits.items():
            if failing > most or failing < fewest:
                weight = prod(row[bad] for row, bad in zip(rows, x, strict=True))
                above += weight * (failing > most)
                below += weight * (failing < fewest)
        # In whole numbers of samples, so that a limit that is only just right is not called wrong.
        assert above <= (1 - assurance) * drawn * (1 + 1e-9)
        assert below <= (1 - assurance) * drawn * (1 + 1e-9)


@given(st.data())
def test_one_stratum_has_its_exact_limits(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    n = data.draw(st.integers(0, size))
    met = data.draw(st.integers(0, n))
    result = stratified_limits([(size, n, met)])
    assert result.most_failing == most_failing(n - met, n, size)
    assert result.fewest_failing == fewest_failing(n - met, n, size)


def test_census_strata_come_out_first() -> None:
    sampled = [(400, 40, 39), (300, 30, 30)]
    alone = stratified_limits(sampled)
    both = stratified_limits([*sampled, (20, 20, 17), (0, 0, 0)])
    assert both.most_failing == alone.most_failing + 3
    assert both.fewest_failing == alone.fewest_failing + 3
    census = stratified_limits([(20, 20, 17), (5, 5, 5)])
    assert (census.most_failing, census.fewest_failing, census.low) == (3, 3, 22 / 25)


def test_failing_cases_may_all_hide_where_nothing_is_reviewed() -> None:
    alone = stratified_limits([(400, 40, 40), (300, 30, 30)])
    hiding = stratified_limits([(400, 40, 40), (300, 30, 30), (50, 0, 0)])
    assert hiding.most_failing == alone.most_failing + 50
    assert hiding.fewest_failing == alone.fewest_failing == 0
    nothing = stratified_limits([(400, 0, 0), (300, 0, 0)])
    assert (nothing.low, nothing.high) == (0.0, 1.0)


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
