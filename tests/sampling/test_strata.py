"""Sharing out: sums, caps, minima and ties."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.refused import Refused
from sampling.strata import (
    share_at_rate,
    share_optimally,
    share_proportionally,
    spreads_of_rates,
)

SIZES = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 50), max_size=8)


def test_ties_go_to_the_smaller_key_and_order_is_kept() -> None:
    assert share_proportionally({"b": 5, "a": 5, "c": 5}, 4) == {"b": 1, "a": 2, "c": 1}
    assert list(share_proportionally({"b": 5, "a": 5}, 1)) == ["b", "a"]
    assert share_proportionally({2: 1, 10: 1}, 1) == {2: 1, 10: 0}


def test_minimum_and_cap() -> None:
    # c would get 1.5 and d 0.3: both are fixed, d at all it has, and the rest is shared again.
    sizes = {"a": 500, "b": 400, "c": 80, "d": 2}
    assert share_proportionally(sizes, 20, minimum=3) == {"a": 8, "b": 7, "c": 3, "d": 2}


def test_edges() -> None:
    assert share_proportionally({}, 0) == {}
    assert share_proportionally({"a": 0}, 0, minimum=5) == {"a": 0}
    assert share_proportionally({"a": 3, "b": 4}, 7) == {"a": 3, "b": 4}
    assert share_proportionally({"a": 3, "b": 4}, 0) == {"a": 0, "b": 0}


def test_refusals() -> None:
    with pytest.raises(Refused, match="8 cannot be drawn from 7"):
        share_proportionally({"a": 3, "b": 4}, 8)
    with pytest.raises(Refused, match="minimum of 2: that takes 4"):
        share_proportionally({"a": 3, "b": 4}, 3, minimum=2)
    with pytest.raises(Refused, match="stratum 'a'"):
        share_proportionally({"a": -1}, 0)
    with pytest.raises(Refused, match="whole number"):
        share_proportionally({"a": 3}, 1.5)  # type: ignore[arg-type]


@given(SIZES, st.data())
def test_whole_exact_capped_and_fair(sizes: dict[str, int], data: st.DataObject) -> None:
    available = sum(sizes.values())
    total = data.draw(st.integers(0, available))
    shares = share_proportionally(sizes, total)
    assert sum(shares.values()) == total
    for stratum, size in sizes.items():
        assert 0 <= shares[stratum] <= size
        # Quota rule: less than one case from the exact share.
        assert abs(shares[stratum] * available - total * size) < max(available, 1)


@given(SIZES, st.integers(0, 6), st.data())
def test_minimum_holds(sizes: dict[str, int], minimum: int, data: st.DataObject) -> None:
    least = {stratum: min(minimum, size) for stratum, size in sizes.items()}
    total = data.draw(st.integers(sum(least.values()), sum(sizes.values())))
    shares = share_proportionally(sizes, total, minimum=minimum)
    assert sum(shares.values()) == total
    assert all(least[stratum] <= shares[stratum] <= size for stratum, size in sizes.items())


def test_a_common_rate_is_exact() -> None:
    # 0.07·100 is 7.000000000000001 in floats, and the sample would be 8.
    assert share_at_rate({"a": 100, "b": 101, "c": 0}, 0.07) == {"a": 7, "b": 8, "c": 0}
    assert list(share_at_rate({"b": 5, "a": 5}, "0.1")) == ["b", "a"]
    assert share_at_rate({"a": 3}, 1) == {"a": 3}
    assert share_at_rate({}, Fraction(1, 3)) == {}


@given(SIZES, st.fractions(Fraction(1, 1000), 1))
def test_no_stratum_falls_below_the_common_rate(sizes: dict[str, int], rate: Fraction) -> None:
    for stratum, share in share_at_rate(sizes, rate).items():
        assert rate * sizes[stratum] <= share < rate * sizes[stratum] + 1
        assert share <= sizes[stratum]


@pytest.mark.parametrize("rate", [0, "0", 1.5, "-0.1"])
def test_what_is_not_a_rate_is_refused(rate: object) -> None:
    with pytest.raises(Refused, match="sampling rate is a share above 0"):
        share_at_rate({"a": 3}, rate)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="stratum 'a'"):
        share_at_rate({"a": -3}, "0.1")


def test_optimal_shares_tie_by_key_and_stop_at_the_stratum() -> None:
    same = {"b": 1.0, "a": 1.0, "c": 1.0}
    assert share_optimally({"b": 9, "a": 9, "c": 9}, same, 5) == {"b": 2, "a": 2, "c": 1}
    assert share_optimally({"a": 2, "b": 90}, {"a": 500.0, "b": 1.0}, 40) == {"a": 2, "b": 38}
    assert share_optimally({"a": 2, "b": 90}, {"a": 1.0, "b": 1.0}, 40, minimum=5) == {"a": 2, "b": 38}
    # 9·1/√(1·2) is 9·6/√(8·9): whoever comes first by key gets the tenth case.
    assert share_optimally({"a": 9, "b": 9}, {"a": 1, "b": 6}, 10) == {"a": 2, "b": 8}
    assert share_optimally({"a": 9, "b": 9}, {"a": 6, "b": 1}, 10) == {"a": 9, "b": 1}
    assert share_optimally({"a": 1, "b": 6}, {"a": 0, "b": 1}, 7) == {"a": 1, "b": 6}
    assert share_optimally({"a": 9, "b": 0}, {"a": 0, "b": 0}, 9) == {"a": 9, "b": 0}
    assert share_optimally({}, {}, 0) == {}


@given(
    st.lists(st.tuples(st.integers(1, 7), st.integers(0, 5)), min_size=1, max_size=3),
    st.integers(1, 3),
    st.data(),
)
def test_no_other_shares_are_more_precise(
    strata: list[tuple[int, int]], minimum: int, data: st.DataObject
) -> None:
    sizes = {number: size for number, (size, _) in enumerate(strata)}
    spreads = {number: float(spread) for number, (_, spread) in enumerate(strata)}
    least = [min(minimum, size) for size in sizes.values()]
    total = data.draw(st.integers(sum(least), sum(sizes.values())))
    shares = share_optimally(sizes, spreads, total, minimum=minimum)

    def variance(of: tuple[int, ...]) -> Fraction:
        return sum(
            (Fraction((size * spread) ** 2, n) for (size, spread), n in zip(strata, of, strict=True)),
            Fraction(),
        )

    possible = product(*(range(low, size + 1) for low, size in zip(least, sizes.values(), strict=True)))
    ours = tuple(shares.values())
    assert variance(ours) == min(variance(of) for of in possible if sum(of) == total)
    assert sum(ours) == total
    assert all(low <= n <= size for low, n, size in zip(least, ours, sizes.values(), strict=True))


def test_a_stratum_without_failures_last_time_is_not_starved() -> None:
    sizes = {"North": 400, "South": 400, "one": 1}
    spreads = spreads_of_rates(sizes, {"North": 1.0, "South": 0.9, "one": 1.0}, floor=0.02)
    assert spreads["North"] == pytest.approx((0.02 * 0.98 * 400 / 399) ** 0.5)
    assert spreads["South"] == pytest.approx((0.9 * 0.1 * 400 / 399) ** 0.5)
    assert spreads["one"] == pytest.approx((0.02 * 0.98) ** 0.5)
    assert spreads_of_rates({"a": 9}, {"a": 0.0}) == spreads_of_rates({"a": 9}, {"a": 1.0})
    # Neyman: 99·0.14 to 99·0.3.
    assert share_optimally(sizes, spreads, 100) == {"North": 32, "South": 67, "one": 1}


def test_optimal_refusals() -> None:
    sizes, spreads = {"a": 3, "b": 4}, {"a": 1.0, "b": 2.0}
    with pytest.raises(Refused, match="8 cannot be drawn from 7"):
        share_optimally(sizes, spreads, 8)
    with pytest.raises(Refused, match="minimum of 2: that takes 4"):
        share_optimally(sizes, spreads, 3, minimum=2)
    with pytest.raises(Refused, match="The minimum is 0"):
        share_optimally(sizes, spreads, 3, minimum=0)
    for spread in (-1.0, float("nan"), float("inf")):
        with pytest.raises(Refused, match="The spread of stratum 'b'"):
            share_optimally(sizes, {"a": 1.0, "b": spread}, 3)
    with pytest.raises(Refused, match="The spread of stratum 'b'"):
        share_optimally(sizes, {"a": 1.0}, 3)
    with pytest.raises(Refused, match="The rate of stratum 'b'"):
        spreads_of_rates(sizes, {"a": 1.0, "b": 1.1})
    with pytest.raises(Refused, match="The rate of stratum 'b'"):
        spreads_of_rates(sizes, {"a": 1.0})
    with pytest.raises(Refused, match="floor of a rate"):
        spreads_of_rates(sizes, {"a": 1.0, "b": 1.0}, floor=0)
