"""Scoring one case: a whole small world against the rule written out as tables, then the edges."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.refused import Refused
from scorecards.requirements import EvidenceRule, Kind, Requirement, ResponseValue, Scorecard
from scorecards.scoring import (
    CaseScore,
    missing_answers,
    next_to_answer,
    problem_with,
    problems,
    score_case,
)

MET, NOT_MET, NOT_APPLICABLE, NOT_YET_DUE, CANNOT_ASSESS = ResponseValue


def make_card(*, outcomes: int, methods: int, share: Fraction = Fraction(1)) -> Scorecard:
    def requirement(kind: Kind, number: int) -> Requirement:
        key = f"{kind}-{number}"
        return Requirement(key, kind, "Section", f"The {key} is right.", "Guidance", ("14",), (5,), (4,))

    return Scorecard(
        key="card",
        title="Card",
        version=1,
        policy_document="guidance",
        policy_version="1",
        method_share=share,
        requirements=(
            *(requirement(Kind.OUTCOME, number) for number in range(1, outcomes + 1)),
            *(requirement(Kind.METHOD, number) for number in range(1, methods + 1)),
        ),
    )


def answers(card: Scorecard, *given_in_order: ResponseValue) -> dict[str, ResponseValue]:
    keys = (requirement.key for requirement in card.requirements)
    return dict(zip(keys, given_in_order, strict=True))


# The rule for two requirements, written out by hand: (met, applicable) -> result.
ALL = {(0, 0): None, (0, 1): False, (1, 1): True, (0, 2): False, (1, 2): False, (2, 2): True}
HALF = {**ALL, (1, 2): True}
METHOD_RULE = {
    Fraction(1): ALL,
    Fraction(51, 100): ALL,
    Fraction(1, 2): HALF,
    Fraction(1, 3): HALF,
}
BOTH = {
    (True, True): True,
    (True, False): False,
    (False, True): False,
    (False, False): False,
    (True, None): True,
    (None, True): True,
    (False, None): False,
    (None, False): False,
    (None, None): None,
}


def counted(responses: tuple[ResponseValue, ...], *, unclear_is_met: bool) -> tuple[int, int]:
    met = sum(r is MET or (unclear_is_met and r is CANNOT_ASSESS) for r in responses)
    left_out = sum(r in (NOT_APPLICABLE, NOT_YET_DUE) for r in responses)
    return met, len(responses) - left_out


@pytest.mark.parametrize("share", METHOD_RULE)
def test_every_combination_of_responses_to_a_small_card(share: Fraction) -> None:
    card = make_card(outcomes=2, methods=2, share=share)
    for given_in_order in product(ResponseValue, repeat=4):
        results = {}
        for unclear_is_met in (False, True):
            outcome = ALL[counted(given_in_order[:2], unclear_is_met=unclear_is_met)]
            method = METHOD_RULE[share][counted(given_in_order[2:], unclear_is_met=unclear_is_met)]
            results[unclear_is_met] = (outcome, method, BOTH[outcome, method])
        expected = CaseScore(*results[False], *results[True])
        assert score_case(card, answers(card, *given_in_order)) == expected, given_in_order


@given(
    met=st.integers(0, 30),
    not_met=st.integers(0, 30),
    unclear=st.integers(0, 5),
    left_out=st.integers(0, 5),
    hundredths=st.integers(1, 100),
)
def test_the_method_share_is_a_comparison_of_whole_numbers(
    met: int, not_met: int, unclear: int, left_out: int, hundredths: int
) -> None:
    card = make_card(outcomes=1, methods=met + not_met + unclear + left_out, share=Fraction(hundredths, 100))
    given_in_order = (
        [MET] * met + [NOT_MET] * not_met + [CANNOT_ASSESS] * unclear + [NOT_APPLICABLE] * left_out
    )
    score = score_case(card, answers(card, MET, *given_in_order))
    applicable = met + not_met + unclear
    if applicable == 0:
        assert (score.method, score.method_if_assessed) == (None, None)
    else:
        assert score.method == (100 * met >= hundredths * applicable)
        assert score.method_if_assessed == (100 * (met + unclear) >= hundredths * applicable)


@pytest.mark.parametrize(
    ("share", "met", "of", "result"),
    [
        ("0.8", 4, 5, True),
        ("0.8", 3, 4, False),
        ("0.8", 12, 15, True),
        ("0.8", 11, 14, False),
        ("0.55", 11, 20, True),  # in floats 0.55 * 20 is 11.000000000000002, and 11 would not do
        ("1", 14, 14, True),
        ("1", 13, 14, False),
        ("1/3", 1, 3, True),
        ("0.01", 0, 3, False),
    ],
)
def test_method_at_the_edge_of_its_share(share: str, met: int, of: int, result: bool) -> None:
    card = make_card(outcomes=1, methods=of, share=Fraction(share))
    responses = answers(card, MET, *[MET] * met, *[NOT_MET] * (of - met))
    assert score_case(card, responses).method is result


def test_a_file_that_was_not_found_is_not_met_and_would_have_been_met() -> None:
    card = make_card(outcomes=1, methods=1)
    expected = CaseScore(False, False, False, True, True, True)
    assert score_case(card, {}, file_found=False) == expected
    assert score_case(card, answers(card, MET, NOT_APPLICABLE), file_found=False) == expected


@pytest.mark.parametrize("file_found", [True, False])
def test_a_response_to_an_unknown_requirement_is_refused(file_found: bool) -> None:
    card = make_card(outcomes=1, methods=1)
    responses = {**answers(card, MET, MET), "older-key": MET}
    with pytest.raises(Refused, match="“older-key” is not a requirement of the scorecard “Card” version 1"):
        score_case(card, responses, file_found=file_found)


def test_a_response_that_is_not_one_of_the_five_is_refused() -> None:
    card = make_card(outcomes=1, methods=1)
    responses: dict[str, ResponseValue] = {**answers(card, MET, MET), "method-1": "yes"}  # type: ignore[dict-item]
    with pytest.raises(Refused, match="The response “yes” to “method-1”"):
        score_case(card, responses)


def test_half_a_scorecard_is_not_scored() -> None:
    card = make_card(outcomes=2, methods=2)
    with pytest.raises(
        Refused, match=r"3 of 4 requirements have no response\..*first is “The outcome-2 is right\."
    ):
        score_case(card, {"outcome-1": MET})
    with pytest.raises(Refused, match=r"1 of 4 requirements has no response\."):
        score_case(card, {"outcome-1": MET, "outcome-2": MET, "method-1": MET})


def test_missing_answers_come_in_the_order_of_the_scorecard() -> None:
    card = make_card(outcomes=2, methods=2)
    missing = missing_answers(card, {"method-1": MET, "outcome-1": NOT_MET})
    assert [requirement.key for requirement in missing] == ["outcome-2", "method-2"]
    assert missing_answers(card, answers(card, MET, MET, MET, MET)) == ()


@pytest.mark.parametrize(
    ("start", "answered", "key"),
    [
        (None, [], "outcome-1"),
        ("outcome-2", [], "outcome-2"),  # it stands where it is until that is answered
        ("outcome-2", ["outcome-2"], "method-1"),
        ("method-1", ["outcome-1", "method-1"], "outcome-2"),  # round to what was left out
        (None, ["outcome-1", "outcome-2"], "method-1"),
        ("of-another-card", ["outcome-1"], "outcome-2"),
        ("outcome-1", ["outcome-1", "outcome-2", "method-1"], None),
    ],
)
def test_what_is_to_be_answered_now(start: str | None, answered: list[str], key: str | None) -> None:
    card = make_card(outcomes=2, methods=1)
    found = next_to_answer(card, dict.fromkeys(answered, MET), start=start)
    assert (found.key if found else None) == key


# When one response stops submission, by (kind, response): without evidence, open and closed; with it.
STOPS = {
    (Kind.OUTCOME, MET): "",
    (Kind.METHOD, MET): "",
    (Kind.OUTCOME, NOT_MET): "enter the evidence",
    (Kind.METHOD, NOT_MET): "enter the evidence",
    (Kind.OUTCOME, NOT_APPLICABLE): "enter the reason why an outcome requirement does not apply",
    (Kind.METHOD, NOT_APPLICABLE): "",
    (Kind.OUTCOME, NOT_YET_DUE): "",
    (Kind.METHOD, NOT_YET_DUE): "",
    (Kind.OUTCOME, CANNOT_ASSESS): "enter the reason why it cannot be assessed",
    (Kind.METHOD, CANNOT_ASSESS): "enter the reason why it cannot be assessed",
}


@pytest.mark.parametrize(("kind", "response"), STOPS)
@pytest.mark.parametrize("open_case", [True, False])
@pytest.mark.parametrize("evidence", ["", " \n\t", "See the letter of 3 May."])
def test_what_stops_a_response(kind: Kind, response: ResponseValue, open_case: bool, evidence: str) -> None:
    card = make_card(outcomes=1, methods=1)
    requirement = next(requirement for requirement in card.requirements if requirement.kind is kind)
    sentence = problem_with(requirement, response, evidence=evidence, open_case=open_case)
    if response is NOT_YET_DUE and not open_case:
        assert sentence is not None
        assert "for open cases only" in sentence
    elif STOPS[kind, response] and not evidence.strip():
        assert sentence is not None
        assert sentence.startswith(STOPS[kind, response])
    else:
        assert sentence is None


@pytest.mark.parametrize(
    ("rule", "response", "stops"),
    [
        (EvidenceRule.NEVER, NOT_MET, False),
        (EvidenceRule.NEVER, CANNOT_ASSESS, True),  # a reason that the response itself asks for
        (EvidenceRule.ALWAYS, MET, True),
        (EvidenceRule.ALWAYS, NOT_YET_DUE, True),
        (EvidenceRule.ON_NOT_MET, MET, False),
        (EvidenceRule.ON_NOT_MET, NOT_MET, True),
    ],
)
def test_the_rule_of_a_requirement_says_when_words_are_needed(
    rule: EvidenceRule, response: ResponseValue, stops: bool
) -> None:
    requirement = replace(make_card(outcomes=0, methods=1).requirements[0], evidence=rule)
    assert (problem_with(requirement, response, evidence=" ", open_case=True) is not None) is stops
    assert problem_with(requirement, response, evidence="Page 3.", open_case=True) is None


def test_a_critical_requirement_needs_a_reason_when_it_does_not_apply_and_marks_its_failure() -> None:
    card = make_card(outcomes=1, methods=1)
    outcome, method = card.requirements
    critical = replace(method, critical=True)
    assert problem_with(critical, NOT_APPLICABLE, evidence="", open_case=False) is not None
    marked = replace(card, requirements=(outcome, critical))
    for response, failed in ((NOT_MET, True), (CANNOT_ASSESS, False), (MET, False)):
        score = score_case(marked, answers(marked, MET, response))
        assert score.critical_failed is failed
    assert not score_case(card, answers(card, MET, NOT_MET)).critical_failed


def test_problems_name_each_requirement_in_order() -> None:
    card = make_card(outcomes=2, methods=2)
    responses = {"outcome-1": NOT_MET, "outcome-2": NOT_APPLICABLE, "method-1": NOT_YET_DUE}
    assert problems(card, responses, {"outcome-2": "Nothing was asked for."}, open_case=False) == [
        "Requirement 1, “The outcome-1 is right”: enter the evidence for “not met”.",
        "Requirement 3, “The method-1 is right”: “not yet due” is for open cases only. "
        "Select another response: this case is closed.",
        "Requirement 4, “The method-2 is right”: select a response.",
    ]


def test_a_complete_review_has_no_problems_and_can_be_scored() -> None:
    card = make_card(outcomes=1, methods=1)
    responses = answers(card, MET, NOT_MET)
    assert problems(card, responses, {"method-1": "No analysis on file."}, open_case=False) == []
    assert score_case(card, responses).overall is False


def test_evidence_for_an_unknown_requirement_is_refused() -> None:
    card = make_card(outcomes=1, methods=1)
    with pytest.raises(Refused, match="“older-key” is not a requirement"):
        problems(card, answers(card, MET, MET), {"older-key": "text"}, open_case=False)
