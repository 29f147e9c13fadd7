"""Draws: what is refused, and what must not matter."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.draw import check_references, draw, frame_file, plan_file, seed_from, ticket
from sampling.refused import Refused

SEED = "00112233445566778899aabbccddeeff"
REFERENCES = st.lists(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,8}", fullmatch=True), unique_by=str.upper, max_size=30
)


@pytest.mark.parametrize(
    "reference",
    ["", " A1", "A1 ", "A1\n", "A\t1", "-A1", ".1", "É1", "A１", "A" * 65, "A,1", "A|1", None, 7, b"A1"],
)
def test_bad_references_are_refused_by_name(reference: object) -> None:
    with pytest.raises(Refused, match="not a case reference") as refusal:
        check_references(["GOOD-1", reference])  # type: ignore[list-item]
    assert repr(reference) in str(refusal.value)
    assert "GOOD-1" not in str(refusal.value)


def test_good_references() -> None:
    check_references(["A", "0", "a1", "CASE-0001/2026.v_2", "9" * 64])
    check_references([])


def test_the_same_reference_twice_is_refused_whatever_its_case() -> None:
    with pytest.raises(Refused, match="'Case-1', 'CASE-1': the same case reference more than once"):
        check_references(["Case-1", "B", "CASE-1"])
    with pytest.raises(Refused, match="more than once"):
        draw({"north": ["A1"], "south": ["a1"]}, {"north": 1, "south": 0}, seed=SEED)


def test_only_the_first_bad_ones_are_named() -> None:
    with pytest.raises(Refused, match="'-4' and 7 more: not a case reference"):
        check_references([f"-{number}" for number in range(12)])


def test_frame_file() -> None:
    assert frame_file([]) == b""
    # Bytewise: capitals come before small letters, and the tab before everything.
    rows = [("b", "x"), ("A2", "y"), ("A", "Zürich")]
    assert frame_file(rows) == "A\tZürich\nA2\ty\nb\tx\n".encode()
    assert frame_file(reversed(rows)) == frame_file(rows)
    for stratum in ("a\tb", "a\nb", None):
        with pytest.raises(Refused, match="not the name of a stratum"):
            frame_file([("A", stratum)])  # type: ignore[list-item]


def test_plan_file_is_canonical() -> None:
    plan = {"b": [1, {"z": None, "a": True}], "a": "é"}
    assert plan_file(plan) == '{"a":"é","b":[1,{"a":true,"z":null}]}'.encode()
    assert plan_file(dict(reversed(plan.items()))) == plan_file(plan)
    assert json.loads(plan_file(plan)) == plan
    for bad in ({"a": float("nan")}, {"a": object()}, {1: "a"}, {"a": [{2: 3}]}, {"a": "\ud800"}):
        with pytest.raises(Refused, match="plan"):
            plan_file(bad)  # type: ignore[arg-type]


def test_seed_and_ticket_are_refused_what_they_cannot_use() -> None:
    for value in ("", " 1", "1\n", "1\n2", None):
        with pytest.raises(Refused, match="public value"):
            seed_from("a" * 64, value)  # type: ignore[arg-type]
    for plan in ("a" * 63, "A" * 64, None):
        with pytest.raises(Refused, match="hash of a plan"):
            seed_from(plan, "1")  # type: ignore[arg-type]
    for seed in ("0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", None):
        with pytest.raises(Refused, match="not a seed"):
            draw({"a": ["1"]}, {"a": 1}, seed=seed)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="not a case reference"):
        ticket(SEED, "no good")


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"a": 3}, "3 cases cannot be drawn from stratum 'a', which has 2"),
        ({"a": -1}, "cannot be -1"),
        ({"a": 1.0}, "cannot be 1.0"),
        ({"a": True}, "cannot be True"),
        ({"a": 1, "b": 0}, "'b': no such stratum"),
        ({}, "'a': no sample size"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes: dict[str, int], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        draw({"a": ["1", "2"]}, sizes, seed=SEED)


@given(REFERENCES, st.data())
def test_the_sample_is_the_smallest_tickets_in_order(references: list[str], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(references)))
    by_definition = sorted(
        references,
        key=lambda reference: (
            hashlib.sha256(f"{SEED}|{reference}".encode()).hexdigest().encode(),
            reference.encode(),
        ),
    )
    assert draw({"all": references}, {"all": size}, seed=SEED) == {"all": by_definition[:size]}
    shuffled = data.draw(st.permutations(references))
    assert draw({"all": shuffled}, {"all": size}, seed=SEED) == {"all": by_definition[:size]}
    # A larger draw from the same seed only adds.
    assert draw({"all": references}, {"all": len(references)}, seed=SEED)["all"] == by_definition


def test_none_all_and_empty_strata() -> None:
    strata = {"a": ["1", "2"], "b": ["3"], "c": []}
    assert draw(strata, {"a": 0, "b": 1, "c": 0}, seed=SEED) == {"a": [], "b": ["3"], "c": []}
    assert draw({}, {}, seed=SEED) == {}
