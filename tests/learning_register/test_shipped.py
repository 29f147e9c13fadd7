"""The shipped documents, counted against the printed ones: review guidance 12.0, charter, standards."""

from datetime import date
from importlib.resources import files

import pytest

from learning_register.citations import (
    Force,
    PolicyDocument,
    parse_reference,
    read_commitments,
    read_policy_document,
    read_quality_standards,
)
from scorecards.card_reading import read_scorecard
from scorecards.cards import shipped_scorecards
from scorecards.requirements import COMMITMENTS, QUALITY_STANDARDS, Scorecard

# Marked in the guidance itself as policy requirements, and as the one legal requirement.
POLICY = [
    *("7", "8", "9", "12", "13", "14", "18", "19", "35", "36", "53", "55"),
    *("56", "58", "59", "63", "64", "65", "68", "69", "73", "74", "76"),
]
LEGAL = ["63"]

SCORECARDS = [read_scorecard(text) for text in shipped_scorecards()]
SHIPPED = files("learning_register") / "shipped"


def shipped(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def guidance() -> PolicyDocument:
    return read_policy_document(shipped("review-and-feedback-guidance-12.0.toml"))


def test_the_guidance_has_78_paragraphs_and_an_annex() -> None:
    document = guidance()
    assert (document.key, document.version) == ("review-and-feedback-guidance", "12.0")
    assert document.version_date == date(2023, 8, 1)
    assert [paragraph.number for paragraph in document.paragraphs] == [*map(str, range(1, 79)), "Annex A"]


def test_the_guidance_marks_its_policy_and_legal_requirements() -> None:
    paragraphs = guidance().paragraphs
    assert len(POLICY) == 23
    assert [paragraph.number for paragraph in paragraphs if Force.POLICY in paragraph.forces] == POLICY
    assert [paragraph.number for paragraph in paragraphs if Force.LEGAL in paragraph.forces] == LEGAL
    for paragraph in paragraphs:
        assert (Force.GUIDANCE in paragraph.forces) is (paragraph.number not in POLICY)
        assert len(set(paragraph.forces)) == len(paragraph.forces)


def test_titles_are_short_and_different_and_summaries_are_one_line() -> None:
    paragraphs = guidance().paragraphs
    assert len({paragraph.title for paragraph in paragraphs}) == len(paragraphs)
    for paragraph in paragraphs:
        assert len(paragraph.title) <= 45, paragraph.number
        assert len(paragraph.summary) <= 150, paragraph.number
        assert "\n" not in paragraph.summary, paragraph.number
        assert paragraph.summary.endswith("."), paragraph.number


def test_sections_stand_together() -> None:
    sections = [paragraph.section for paragraph in guidance().paragraphs]
    starts = [section for number, section in enumerate(sections) if section not in sections[:number]]
    assert sorted(sections, key=starts.index) == sections


def test_the_charter_has_18_commitments_of_which_four_numbers_are_inferred() -> None:
    commitments = read_commitments(shipped("service-charter.toml"))
    assert [commitment.number for commitment in commitments] == list(COMMITMENTS)
    assert [c.number for c in commitments if c.number_inferred] == [15, 16, 17, 18]
    assert [c.number for c in commitments if c.in_published_scores] == list(range(1, 15))
    by_section: dict[str, list[int]] = {}
    for commitment in commitments:
        by_section.setdefault(commitment.section, []).append(commitment.number)
    assert list(by_section.values()) == [
        [1, 2, 3, 4],
        [5, 6, 7, 8, 9, 10, 11],
        [12, 13, 14, 15],
        [16, 17, 18],
    ]


def test_there_are_ten_quality_standards() -> None:
    standards = read_quality_standards(shipped("quality-standards.toml"))
    assert [standard.number for standard in standards] == list(QUALITY_STANDARDS)
    assert len({standard.title for standard in standards}) == 10


@pytest.mark.parametrize("card", SCORECARDS, ids=lambda card: card.key)
def test_every_citation_of_a_shipped_scorecard_exists(card: Scorecard) -> None:
    document = guidance()
    for requirement in card.requirements:
        for citation in requirement.citations:
            reference = parse_reference(citation)
            assert str(reference) == citation
            # Paragraphs of the other policies are written with their section: none is taken for the guidance.
            rests_on_guidance = card.policy_document == document.key
            assert document.contains(reference) is rests_on_guidance, (requirement.key, citation)


def test_the_scorecards_on_the_guidance_name_its_version() -> None:
    document = guidance()
    versions = {card.policy_version for card in SCORECARDS if card.policy_document == document.key}
    assert versions == {document.version}
