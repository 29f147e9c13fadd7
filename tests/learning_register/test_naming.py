"""What may name people in a text, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_register.naming import office_names, people_named

NAMES = office_names(
    ["Nora North", "Priya Marigold", "Grace White", "Mark Green", "John O’Neil", "Mary Ann Lee", "Zoë"],
    not_names=["North"],
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Nora North did not answer.", ["Nora North"]),
        ("nora north did not answer", ["nora north"]),
        ("It was for White, Grace to answer.", ["White, Grace"]),
        ("Priya’s letter, and Marigold again.", ["Priya", "Marigold"]),
        ("Mary Ann Lee wrote; so did Zoë.", ["Mary Ann Lee", "Zoë"]),
        ("O’Neil was on leave.", ["O’Neil"]),
        ("Mr Smith was not called, nor Mrs. J Jones, nor Dr and Mrs Patel.", 3),
        ("Mr B called twice.", ["Mr B"]),
        ("Write to a.b@example.org or ring 020 7946 0018.", ["a.b@example.org", "020 7946 0018"]),
        ("Ring +44 20 7946 0018.", ["+44 20 7946 0018"]),
    ],
)
def test_what_names_people_is_found_where_it_stands(text: str, named: list[str] | int) -> None:
    found = people_named(text, NAMES)
    assert len(found) == named if isinstance(named, int) else list(found) == named


@pytest.mark.parametrize(
    "text",
    [
        "Mark the file, and will it in May to the White paper’s Green form.",
        "The North team has the grace of a lead.",
        "the letter of priya did not come",  # a name alone needs its capital
        "Miss the deadline and the case is late; dr. is short for drive.",
        "Paragraph 02.140 of 2026-01-01, reference 01234567890123, 0300 times.",
        "",
    ],
)
def test_ordinary_words_are_no_names(text: str) -> None:
    assert people_named(text, NAMES) == ()


@given(st.text(max_size=60))
def test_whatever_is_found_is_in_the_text(text: str) -> None:
    assert all(words in text for words in people_named(text, NAMES))
