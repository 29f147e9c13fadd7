"""A scorecard that is written and read back is the same to the letter, whole or half finished."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecards.card_reading import read_draft, read_scorecard
from scorecards.card_writing import write_scorecard
from scorecards.cards import shipped_scorecards
from scorecards.requirements import (
    CaseAttribute,
    Change,
    EvidenceRule,
    Kind,
    Requirement,
    Scorecard,
    scorecard_sha256,
)

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip) | st.sampled_from(
    ['"""', "\\", "one\ntwo", "one\r\ntwo", "one\rtwo\n\nthree", "'", "# no comment", "½ – “”", "\\r\\n"]
)
_some = st.lists(_texts.filter(bool), min_size=1, max_size=3, unique=True).map(tuple)
_keys = st.from_regex("[a-z0-9-]{1,8}", fullmatch=True)


def _numbers(highest: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, highest), unique=True, max_size=4).map(tuple)


_requirements = st.builds(
    Requirement,
    key=_keys,
    kind=st.sampled_from(Kind),
    **dict.fromkeys(("section", "text", "guidance", "met", "not_met", "not_applicable"), _texts),
    citations=st.lists(st.sampled_from(["14", "2.140", "3.40-41", "Annex A"]), unique=True, max_size=3).map(
        tuple
    ),
    commitments=_numbers(18),
    quality_standards=_numbers(10),
    critical=st.booleans(),
    evidence=st.sampled_from(EvidenceRule),
    applies_when=st.lists(_some, min_size=3, max_size=3).flatmap(
        lambda values: st.sets(st.sampled_from(CaseAttribute)).map(
            lambda chosen: tuple(
                (attribute, listed)
                for attribute, listed in zip(CaseAttribute, values, strict=True)
                if attribute in chosen
            )
        )
    ),
    change=st.none() | st.sampled_from(Change),
)
_cards = st.builds(
    Scorecard,
    key=_keys,
    **dict.fromkeys(("title", "policy_document", "policy_version"), _texts),
    version=st.integers(1, 10**6),
    method_share=st.fractions(Fraction(1, 999), 1, max_denominator=999),
    requirements=st.lists(_requirements, unique_by=lambda one: one.key, max_size=4).map(tuple),
    asks=st.just(()) | _some,
)


@given(_cards)
def test_any_card_comes_back_as_it_was_written(card: Scorecard) -> None:
    back = read_draft(write_scorecard(card))
    assert back == card
    assert scorecard_sha256(back) == scorecard_sha256(card)


@pytest.mark.parametrize("text", shipped_scorecards(), ids=lambda text: read_scorecard(text).key)
def test_a_shipped_card_comes_back_with_its_hash(text: str) -> None:
    card = read_scorecard(text)
    assert scorecard_sha256(read_scorecard(write_scorecard(card))) == scorecard_sha256(card)
