"""Reading a scorecard: what is kept, what is refused, and what its hash stands for."""

import re
from fractions import Fraction

import pytest

from sampling.refused import Refused
from scorecards.card_reading import read_scorecard
from scorecards.requirements import (
    Kind,
    ResponseValue,
    allowed_responses,
    scorecard_as_json,
    scorecard_sha256,
    share_each_needs,
    share_of_cases_clear,
)

CARD = """
key = "small-card"
title = "Small card"
version = 2
policy_document = "some-guidance"
policy_version = "1.0"
method_share = "0.8"

[[requirement]]
key = "right-decision"
kind = "outcome"
section = "Result"
text = "The decision is sound."
guidance = "Met: it is. Not met: it is not."
citations = ["14", "3.40-41"]
commitments = [10]
quality_standards = [3, 7]

[[requirement]]
key = "on-file"
kind = "method"
section = "Record"
text = "The analysis is on file."
guidance = "Met: it is. Not met: it is not."
citations = ["Annex A"]
commitments = []
quality_standards = []
"""


def changed(old: str, new: str) -> str:
    assert old in CARD
    return CARD.replace(old, new, 1)


def test_a_scorecard_is_read_as_written() -> None:
    card = read_scorecard(CARD)
    assert (card.key, card.title, card.version) == ("small-card", "Small card", 2)
    assert (card.policy_document, card.policy_version) == ("some-guidance", "1.0")
    assert card.method_share == Fraction(4, 5)
    first, second = card.requirements
    assert (first.key, first.kind, first.section) == ("right-decision", Kind.OUTCOME, "Result")
    assert first.text == "The decision is sound."
    assert first.guidance == "Met: it is. Not met: it is not."
    assert (first.citations, first.commitments, first.quality_standards) == (("14", "3.40-41"), (10,), (3, 7))
    assert (second.kind, second.citations, second.commitments) == (Kind.METHOD, ("Annex A",), ())


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ('"1"', Fraction(1)),
        ('"1.0"', Fraction(1)),
        ('"4/5"', Fraction(4, 5)),
        ('"0.07"', Fraction(7, 100)),
        ('"1/3"', Fraction(1, 3)),
    ],
)
def test_the_method_share_is_exact(typed: str, share: Fraction) -> None:
    assert read_scorecard(changed('"0.8"', typed)).method_share == share


@pytest.mark.parametrize(
    "typed", ["0.8", "1", '"0"', '"0/5"', '"1.1"', '"5/4"', '"-1"', '"80%"', '"1/0"', '"½"', '""']
)
def test_any_other_method_share_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="method_share must be text for a number above 0 and up to 1"):
        read_scorecard(changed('"0.8"', typed))


ON_FILE = '[[requirement]]\nkey = "on-file"'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "Small card"', 'title = "Small', "The scorecard: it is not a TOML file.*line"),
        ('title = "Small card"\n', "", "The scorecard: title is missing or empty"),
        ('title = "Small card"', 'title = " "', "The scorecard: title is missing or empty"),
        ('title = "Small card"', "title = 5", "The scorecard: title is not text"),
        ('title = "Small card"', 'titel = "Small card"', "“titel” is not a field"),
        ('"small-card"', '"Small card"', "the key “Small card” may hold only a to z"),
        ("version = 2", "version = 0", "version must be a whole number, 1 or more"),
        ("version = 2", 'version = "2"', "version must be a whole number, 1 or more"),
        ("version = 2", "version = true", "version must be a whole number, 1 or more"),
        ('"right-decision"', '"right_decision"', "Requirement 1.*may hold only a to z"),
        (
            'key = "on-file"',
            'key = "right-decision"',
            "Requirement 2: the key.*already used by requirement 1",
        ),
        ('key = "on-file"\n', "", "Requirement 2: key is missing"),
        ('kind = "method"', 'kind = "outcome"', "no method requirement"),
        ('kind = "outcome"', 'kind = "method"', "no outcome requirement"),
        ('kind = "method"', 'kind = "Method"', "Requirement 2.*kind is “Method”"),
        ('text = "The analysis is on file."', 'text = ""', "Requirement 2.*text is missing or empty"),
        ('citations = ["Annex A"]', "citations = []", "Requirement 2 .“on-file”.: it cites no paragraph"),
        ('citations = ["Annex A"]\n', "", "Requirement 2 .“on-file”.: it cites no paragraph"),
        ('citations = ["Annex A"]', 'citations = "38"', "citations must be a list"),
        ('citations = ["Annex A"]', "citations = [38]", "“38” is not a reference"),
        ('citations = ["Annex A"]', 'citations = ["para 38"]', "“para 38” is not a reference"),
        ('citations = ["Annex A"]', 'citations = ["8", "8"]', "citations names the same thing twice"),
        ("commitments = []", "commitments = [0]", "commitments must be a list of whole numbers from 1 to 18"),
        (
            "commitments = []",
            "commitments = [19]",
            "commitments must be a list of whole numbers from 1 to 18",
        ),
        ("commitments = []", "commitments = [true]", "commitments must be a list of whole numbers"),
        ("commitments = []", 'commitments = ["5"]', "commitments must be a list of whole numbers"),
        ("commitments = []\n", "", "commitments must be a list of whole numbers"),
        ("commitments = []", "commitments = [5, 5]", "commitments names the same thing twice"),
        ("quality_standards = []", "quality_standards = [11]", "quality_standards must be .* from 1 to 10"),
        ("quality_standards = []", "weight = 3\nquality_standards = []", "“weight” is not a field"),
    ],
)
def test_a_faulty_scorecard_is_refused_at_the_fault(old: str, new: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_scorecard(changed(old, new))


def test_a_scorecard_without_requirements_is_refused() -> None:
    with pytest.raises(Refused, match=r"it has no requirements\. Add an outcome and a method requirement"):
        read_scorecard(CARD.partition("[[requirement]]")[0])


def test_the_ends_of_both_lists_are_allowed() -> None:
    card = read_scorecard(
        CARD.replace("commitments = []", "commitments = [1, 18]").replace(
            "quality_standards = []", "quality_standards = [1, 10]"
        )
    )
    assert (card.requirements[1].commitments, card.requirements[1].quality_standards) == ((1, 18), (1, 10))


def test_the_hash_ignores_layout_and_the_way_the_share_is_typed() -> None:
    sha = scorecard_sha256(read_scorecard(CARD))
    assert re.fullmatch("[0-9a-f]{64}", sha)
    relaid = CARD.replace(' = "', '   =   "').replace("[3, 7]", "[\n  3,\n  7,\n]").replace('"0.8"', '"4/5"')
    assert scorecard_sha256(read_scorecard("# a comment\n" + relaid)) == sha


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 2", "version = 3"),
        ('"0.8"', '"1"'),
        ("The decision is sound.", "The decision is right."),
        ("commitments = [10]", "commitments = [11]"),
        ('["14", "3.40-41"]', '["3.40-41", "14"]'),
        ('policy_version = "1.0"', 'policy_version = "1.1"'),
    ],
)
def test_the_hash_changes_with_the_content(old: str, new: str) -> None:
    assert scorecard_sha256(read_scorecard(changed(old, new))) != scorecard_sha256(read_scorecard(CARD))


def test_canonical_json_has_sorted_keys_no_spaces_and_an_exact_share() -> None:
    text = scorecard_as_json(read_scorecard(CARD))
    assert text.startswith('{"key":"small-card","method_share":"4/5","policy_document":')
    assert '"citations":["14","3.40-41"],"commitments":[10],' in text


def test_not_yet_due_is_for_open_cases() -> None:
    assert allowed_responses(open_case=True) == tuple(ResponseValue)
    assert set(ResponseValue) - set(allowed_responses(open_case=False)) == {ResponseValue.NOT_YET_DUE}


def test_eight_requirements_at_98_percent_leave_85_percent_of_cases_clear() -> None:
    assert share_of_cases_clear(1, Fraction(98, 100)) == Fraction(98, 100)
    assert share_of_cases_clear(8, Fraction(98, 100)) == Fraction(98**8, 100**8)
    assert float(share_of_cases_clear(8, Fraction(98, 100))) == pytest.approx(0.8508, abs=5e-5)
    assert share_each_needs(1, Fraction(98, 100)) == pytest.approx(0.98)
    assert share_each_needs(8, Fraction(98, 100)) == pytest.approx(0.99748, abs=5e-6)
    assert share_each_needs(8, share_of_cases_clear(8, Fraction(98, 100))) == pytest.approx(0.98)
