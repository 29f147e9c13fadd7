"""The shipped documents, counted against the printed ones, and what the shipped scorecards cite of them."""

from datetime import date

import pytest

from learning_register.citations import Force, PolicyDocument, parse_reference
from learning_register.policy_reading import (
    shipped_commitments,
    shipped_documents,
    shipped_quality_standards,
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
DOCUMENTS = {(document.key, document.version): document for document in shipped_documents()}


def guidance() -> PolicyDocument:
    return DOCUMENTS["review-and-feedback-guidance", "12.0"]


def holds(document: PolicyDocument, citation: str) -> bool:
    reference = parse_reference(citation)
    return reference.is_whole(reference.among(document.paragraphs))


def test_what_is_shipped() -> None:
    counts = {
        ("feedback-service-model", "undated"): 50,
        ("model-complaints-handling-procedure", "undated"): 18,
        ("nhs-trust-complaints-policy", "December 2015"): 143,
        ("quality-standards", "six"): 6,
        ("quality-standards", "ten"): 10,
        ("review-and-feedback-guidance", "12.0"): 79,
    }
    assert {named: len(document.paragraphs) for named, document in DOCUMENTS.items()} == counts
    undated = [document.key for document in DOCUMENTS.values() if document.version_date is None]
    assert undated == ["feedback-service-model", "model-complaints-handling-procedure", "quality-standards"]


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


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=lambda document: document.key)
def test_titles_are_short_summaries_one_line_and_sections_together(document: PolicyDocument) -> None:
    paragraphs = document.paragraphs
    for paragraph in paragraphs:
        assert len(paragraph.title) <= 45, paragraph.number
        assert len(paragraph.summary) <= 150, paragraph.number
        assert "\n" not in paragraph.summary, paragraph.number
        assert paragraph.summary.endswith("."), paragraph.number
    assert len({(paragraph.section, paragraph.title) for paragraph in paragraphs}) == len(paragraphs)
    sections = [paragraph.section for paragraph in paragraphs]
    starts = [section for number, section in enumerate(sections) if section not in sections[:number]]
    assert sorted(sections, key=starts.index) == sections
    references = [parse_reference(paragraph.number) for paragraph in paragraphs]
    assert sorted(references) == references


def test_the_learning_minimum_of_the_model_procedure_is_there() -> None:
    document = DOCUMENTS["model-complaints-handling-procedure", "undated"]
    assert holds(document, "4.18-27")
    assert [
        paragraph.number
        for paragraph in parse_reference("“Learning from complaints”").among(document.paragraphs)
    ] == [f"4.{number}" for number in range(18, 23)]


def test_the_charter_has_18_commitments_of_which_four_numbers_are_inferred() -> None:
    commitments = shipped_commitments()
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


def test_scorecards_map_to_the_ten_quality_standards() -> None:
    assert [int(row.number) for row in shipped_quality_standards().paragraphs] == list(QUALITY_STANDARDS)


@pytest.mark.parametrize("card", SCORECARDS, ids=lambda card: card.key)
def test_every_citation_of_a_shipped_scorecard_exists(card: Scorecard) -> None:
    document = DOCUMENTS[card.policy_document, card.policy_version]
    for requirement in card.requirements:
        for citation in requirement.citations:
            assert str(parse_reference(citation)) == citation
            assert holds(document, citation), (requirement.key, citation)
