"""What a review was asked and what its reviewer answered, and the score that makes."""

from dataclasses import dataclass, replace

from sampling.records.unfinished import both
from sampling.refused import Refused
from scorecards.cards import scorecard_from
from scorecards.requirements import Kind, Requirement, ResponseValue, Scorecard, Severity, asked_of
from scorecards.scoring import CaseScore, problems, score_case
from scorecards.tables import Answer, Review


@dataclass(frozen=True)
class Given:
    """One answer as a window shows it, or as it is to be: the response and what stands beside it."""

    response: ResponseValue | None
    evidence: str = ""
    put_right: bool = False
    severity: Severity | None = None


def given_by(answer: Answer) -> Given:
    """An answer as it is stored."""
    response, severity = answer.response, answer.severity
    return Given(
        ResponseValue(response) if response else None,
        answer.evidence,
        answer.put_right,
        Severity(severity) if severity else None,
    )


def over(stored: Given, shown: Given, wanted: Given) -> Given:
    """What is wanted of an answer, over what was stored in another window since it was shown here.

    What was not touched here stays as it is stored, and of two texts both are kept. Refused where both
    windows gave a response.
    """
    if wanted.response != shown.response and stored.response not in (shown.response, wanted.response):
        raise Refused(
            "This requirement was answered in another window since it was shown here. That answer is shown "
            "now; give yours again if it is to replace it."
        )
    return Given(
        stored.response if wanted.response == shown.response else wanted.response,
        both(shown.evidence, stored.evidence, wanted.evidence),
        stored.put_right if wanted.put_right == shown.put_right else wanted.put_right,
        stored.severity if wanted.severity == shown.severity else wanted.severity,
    )


def card_of(review: Review) -> Scorecard:
    """What the scorecard of a review asks of its case: the outcome requirements, then those of method."""
    return card_for(
        review.scorecard_version.definition,
        case_type=review.case_type,
        stage=review.stage,
        risk=review.risk,
    )


def card_for(definition: str, *, case_type: str | None, stage: str | None, risk: str | None) -> Scorecard:
    """The same, of a scorecard's definition and a case of such a kind."""
    card = asked_of(scorecard_from(definition), case_type=case_type, stage=stage, risk=risk)
    in_order = sorted(card.requirements, key=lambda requirement: list(Kind).index(requirement.kind))
    return replace(card, requirements=tuple(in_order))


def not_asked_of(review: Review) -> tuple[Requirement, ...]:
    """What the scorecard of a review asks of other cases, but not of this one."""
    asked = {requirement.key for requirement in card_of(review).requirements}
    every = scorecard_from(review.scorecard_version.definition).requirements
    return tuple(requirement for requirement in every if requirement.key not in asked)


def responses_of(review: Review) -> dict[str, ResponseValue]:
    """The responses given to what is asked, by requirement."""
    asked = {requirement.key for requirement in card_of(review).requirements}
    return {
        answer.requirement_key: ResponseValue(answer.response)
        for answer in review.answers
        if answer.response is not None and answer.requirement_key in asked
    }


def evidence_of(review: Review) -> dict[str, str]:
    """The words beside the responses, by requirement."""
    asked = {requirement.key for requirement in card_of(review).requirements}
    given = {answer.requirement_key: answer.evidence for answer in review.answers}
    return {key: words for key, words in given.items() if key in asked}


def review_problems(review: Review) -> list[str]:
    """What still stops a draft from being submitted, a sentence each; nothing when it is complete."""
    if not review.file_found:
        return []
    return problems(card_of(review), responses_of(review), evidence_of(review), open_case=review.is_open_case)


def score_of(review: Review, *, corrected: bool = False) -> CaseScore:
    """The score of a review's answers, as found, or with what was put right counted as met."""
    responses = responses_of(review)
    if corrected:
        right = {
            answer.requirement_key: ResponseValue.MET
            for answer in review.answers
            if answer.put_right and answer.requirement_key in responses
        }
        responses = {**responses, **right}
    return score_case(card_of(review), responses, file_found=review.file_found)
