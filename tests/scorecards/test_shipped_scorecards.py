"""The shipped scorecards and lists: complete, short enough to work through, and worded to be judged."""

import pytest

from sampling.refused import Refused
from scorecards.approval_rows import Level, read_approval_levels, shipped_approval_levels
from scorecards.card_reading import read_scorecard
from scorecards.cards import shipped_scorecards
from scorecards.case_facts import read_case_facts, shipped_case_facts
from scorecards.requirements import Kind, Requirement

CARDS = {card.key: card for card in map(read_scorecard, shipped_scorecards())}
BLANK = "thematic-review"
TO_SCORE = sorted(CARDS.keys() - {BLANK})

# Paragraphs that the review and feedback guidance 12.0 marks as policy requirements; 63 is a legal one too.
POLICY = {7, 8, 9, 12, 13, 14, 18, 19, 35, 36, 53, 55, 56, 58, 59, 63, 64, 65, 68, 69, 73, 74, 76}


def of_kind(key: str, kind: Kind) -> list[Requirement]:
    return [requirement for requirement in CARDS[key].requirements if requirement.kind is kind]


def test_every_kind_of_case_has_its_card() -> None:
    rests_on = {key: (card.policy_document, card.policy_version) for key, card in CARDS.items()}
    guidance = ("review-and-feedback-guidance", "12.0")
    assert rests_on == {
        "service-complaint-open-case": guidance,
        "service-complaint": guidance,
        "complaint-about-a-decision": guidance,
        "assurance-review": guidance,
        "positive-feedback": guidance,
        "general-feedback": guidance,
        "nhs-trust-complaint": ("nhs-trust-complaints-policy", "December 2015"),
        "model-procedure-complaint": ("model-complaints-handling-procedure", "undated"),
        BLANK: guidance,
    }
    assert len({card.title for card in CARDS.values()}) == 9
    assert {(card.version, card.method_share) for card in CARDS.values()} == {(1, 1)}


@pytest.mark.parametrize("key", TO_SCORE)
def test_a_shipped_scorecard_can_be_worked_through(key: str) -> None:
    assert 4 <= len(of_kind(key, Kind.OUTCOME)) <= 6
    assert 8 <= len(of_kind(key, Kind.METHOD)) <= 11


@pytest.mark.parametrize("key", TO_SCORE)
def test_outcome_covers_result_remedy_explanation_and_learning(key: str) -> None:
    asked = {requirement.section for requirement in of_kind(key, Kind.OUTCOME)}
    remedy = set() if key == "positive-feedback" else {"Remedy"}
    assert asked == {"Was the result right", "Explanation", "Learning"} | remedy


@pytest.mark.parametrize("key", CARDS)
def test_each_requirement_is_one_sentence_with_examples(key: str) -> None:
    for requirement in CARDS[key].requirements:
        assert requirement.text.endswith("."), requirement.key
        assert requirement.text.count(".") == 1, requirement.key
        assert len(requirement.text) <= 120, requirement.key
        assert requirement.change is None, requirement.key
        assert requirement.quality_standards, requirement.key
        assert requirement.met, requirement.key
        assert requirement.not_met, requirement.key
        for example in (requirement.met, requirement.not_met, requirement.not_applicable):
            assert len(example) <= 140, requirement.key
            assert example.count(".") <= 2, requirement.key


@pytest.mark.parametrize("key", CARDS)
def test_sections_and_kinds_stand_together(key: str) -> None:
    """A section that comes back later on the page, or mixes outcome and method, would mislead."""
    order = [(requirement.kind, requirement.section) for requirement in CARDS[key].requirements]
    changes = [pair for number, pair in enumerate(order) if number == 0 or order[number - 1] != pair]
    assert len(changes) == len({section for _, section in changes})
    kinds = [kind for kind, _ in order]
    assert kinds == sorted(kinds, reverse=True)  # outcome first
    assert len({requirement.text for requirement in CARDS[key].requirements}) == len(order)


def test_every_policy_requirement_and_the_legal_one_is_asked_as_method() -> None:
    cited = {
        (citation, requirement.critical)
        for key, card in CARDS.items()
        if card.policy_document == "review-and-feedback-guidance" and key != BLANK
        for requirement in of_kind(key, Kind.METHOD)
        for citation in requirement.citations
    }
    assert {str(number) for number in POLICY} <= {citation for citation, _ in cited}
    assert ("63", True) in cited


@pytest.mark.parametrize("key", TO_SCORE)
def test_a_few_requirements_are_critical(key: str) -> None:
    assert 1 <= sum(requirement.critical for requirement in CARDS[key].requirements) <= 3


def test_the_reviews_that_record_facts_ask_for_lists_that_exist() -> None:
    asks = {key: card.asks for key, card in CARDS.items() if card.asks}
    lists = tuple(fact.key for fact in shipped_case_facts())
    assert asks == {"assurance-review": lists, BLANK: lists}
    outcome, trigger = shipped_case_facts()
    assert (outcome.key, outcome.several, len(outcome.values)) == ("assurance_outcome", False, 6)
    assert (trigger.key, trigger.several, len(trigger.values)) == ("referral_trigger", True, 7)
    assert [value.key for value in outcome.values][-1] == "accepted"


def test_the_approval_levels_are_those_of_four_paragraphs() -> None:
    assert [(row.reference, row.level) for row in shipped_approval_levels()] == [
        ("63", Level.DEPUTY),
        ("69", Level.DEPUTY),
        ("72", Level.LINE_MANAGER),
        ("73", Level.DEPUTY),
    ]


VALUE = '[[fact.value]]\nkey = "v"\nlabel = "V"\n'
FACT = f'[[fact]]\nkey = "k"\ntitle = "T"\nseveral = false\n{VALUE}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no facts"),
        (FACT + FACT, "the key “k” is there twice"),
        (FACT + VALUE, "Fact entry 1: the key “v” is there twice"),
        (FACT.replace("false", '"no"'), "several must be true or false"),
        (FACT.replace('"k"', '"K-1"'), "“K-1” may hold only"),
        (FACT.replace("label", "words"), "Fact entry 1, value 1: “words” is not a field that is read here"),
        (FACT.replace(VALUE, ""), "Fact entry 1: it has no values"),
        ("name = 1\n" + FACT, "“name” is not a field that is read here"),
    ],
)
def test_a_list_of_facts_that_is_not_whole_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_case_facts(text)


APPROVAL = '[[approval]]\ndecision = "D"\nlevel = "head"\nreference = "69"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no approvals"),
        (APPROVAL.replace("head", "boss"), "Approval entry 1: level is “boss”. Write one of line_manager"),
        (APPROVAL + APPROVAL, "Approval entry 2: “D” is there twice"),
        (APPROVAL.replace("69", "6a"), "“6a” is not a paragraph"),
        ("by = 1\n" + APPROVAL, "“by” is not a field that is read here"),
        (APPROVAL + "by = 1\n", "“by” is not a field that is read here"),
        (APPROVAL.replace('"D"', '" "'), "decision is missing or empty"),
    ],
)
def test_approval_levels_that_are_not_whole_are_refused(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_approval_levels(text)
