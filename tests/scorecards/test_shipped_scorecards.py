"""The shipped scorecards: complete, of a size that can be worked through, and worded to be judged."""

from importlib.resources import files

import pytest

from scorecards.card_reading import read_scorecard
from scorecards.requirements import Kind, Scorecard

KEYS = ("complaint-about-a-decision", "service-complaint")


def shipped(key: str) -> Scorecard:
    return read_scorecard((files("scorecards") / "shipped" / f"{key}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", KEYS)
def test_a_shipped_scorecard_judges_by_all_of_its_requirements(key: str) -> None:
    card = shipped(key)
    assert card.key == key
    assert card.version == 1
    assert card.method_share == 1
    assert (card.policy_document, card.policy_version) == ("review-and-feedback-guidance", "12.0")


@pytest.mark.parametrize("key", KEYS)
def test_a_shipped_scorecard_can_be_worked_through(key: str) -> None:
    requirements = shipped(key).requirements
    assert 5 <= sum(requirement.kind is Kind.OUTCOME for requirement in requirements) <= 8
    assert 9 <= sum(requirement.kind is Kind.METHOD for requirement in requirements) <= 14
    assert 15 <= len(requirements) <= 20


@pytest.mark.parametrize("key", KEYS)
def test_outcome_covers_finding_remedy_explanation_and_learning(key: str) -> None:
    outcomes = {
        requirement.key for requirement in shipped(key).requirements if requirement.kind is Kind.OUTCOME
    }
    assert {"right-remedy", "clear-explanation", "right-learning"} <= outcomes
    assert {"error-and-effect", "sound-finding"} & outcomes


@pytest.mark.parametrize("key", KEYS)
def test_each_requirement_is_one_sentence_with_guidance_on_each_answer(key: str) -> None:
    for requirement in shipped(key).requirements:
        assert requirement.text.endswith("."), requirement.key
        assert requirement.text.count(".") == 1, requirement.key
        assert len(requirement.text) <= 120, requirement.key
        starts = [line.partition(":")[0] for line in requirement.guidance.splitlines()]
        assert [start for start in starts if start in ("Met", "Not met", "Not applicable")] == [
            "Met",
            "Not met",
            "Not applicable",
        ], requirement.key
        assert requirement.quality_standards, requirement.key


@pytest.mark.parametrize("key", KEYS)
def test_sections_and_kinds_stand_together(key: str) -> None:
    """A section that comes back later on the page, or mixes outcome and method, would mislead."""
    order = [(requirement.kind, requirement.section) for requirement in shipped(key).requirements]
    changes = [pair for number, pair in enumerate(order) if number == 0 or order[number - 1] != pair]
    assert len(changes) == len({section for _, section in changes})
    kinds = [kind for kind, _ in order]
    assert kinds == sorted(kinds, reverse=True)  # outcome first
    assert len({requirement.text for requirement in shipped(key).requirements}) == len(order)
