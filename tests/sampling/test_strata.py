"""Sharing out: sums, caps, minima and ties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.refused import Refused
from sampling.strata import share_proportionally

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
