"""What the responses to a scorecard say about one case, and what still stops a review.

Counts and exact fractions only: 4 of 5 is exactly 80%, which floats cannot promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sampling.refused import Refused
from scorecards.requirements import (
    EvidenceRule,
    Kind,
    Requirement,
    ResponseValue,
    Scorecard,
    allowed_responses,
)

_IN_DENOMINATOR = frozenset({ResponseValue.MET, ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS})


@dataclass(frozen=True)
class CaseScore:
    """One case: True met, False not met, None not assessable (nothing applicable).

    The three `*_if_assessed` are the results had every “cannot assess”, or a file that was not
    found, been met: missing data counts against the case, and this is how much it could matter.
    `critical_failed` marks a case with a critical requirement answered “not met”; it changes no result.
    """

    outcome: bool | None
    method: bool | None
    overall: bool | None
    outcome_if_assessed: bool | None
    method_if_assessed: bool | None
    overall_if_assessed: bool | None
    critical_failed: bool = False


def score_case(
    scorecard: Scorecard, responses: Mapping[str, ResponseValue], *, file_found: bool = True
) -> CaseScore:
    """Does this case meet its outcome requirements, its method requirements, and both?

    Outcome: every applicable outcome requirement is met. Method: the met share of the applicable
    method requirements is at least the scorecard's `method_share`. Overall: both; a part with
    nothing applicable is left out. “Not applicable” and “not yet due” are in no denominator.
    “Cannot assess” counts as not met. A file that was not found counts as not met throughout,
    whatever was answered before it was missed. `scorecard` holds what is asked of this case.

    `responses` maps requirement keys to responses. Refused: keys the scorecard does not have, and
    requirements without a response (half a scorecard is not a verdict).
    """
    _check_responses(scorecard, responses)
    if not file_found:
        return CaseScore(False, False, False, True, True, True)
    unanswered = missing_answers(scorecard, responses)
    if unanswered:
        raise Refused(
            f"The case cannot be scored: {len(unanswered)} of {len(scorecard.requirements)} requirements "
            f"{'has' if len(unanswered) == 1 else 'have'} no response. Answer them all; the first is "
            f"“{unanswered[0].text}”"
        )
    if_assessed = {
        key: ResponseValue.MET if value == ResponseValue.CANNOT_ASSESS else value
        for key, value in responses.items()
    }
    outcome, method = _outcome_met(scorecard, responses), _method_met(scorecard, responses)
    best_outcome, best_method = _outcome_met(scorecard, if_assessed), _method_met(scorecard, if_assessed)
    return CaseScore(
        outcome=outcome,
        method=method,
        overall=_both_met(outcome, method),
        outcome_if_assessed=best_outcome,
        method_if_assessed=best_method,
        overall_if_assessed=_both_met(best_outcome, best_method),
        critical_failed=any(
            requirement.critical and responses[requirement.key] == ResponseValue.NOT_MET
            for requirement in scorecard.requirements
        ),
    )


def missing_answers(scorecard: Scorecard, responses: Mapping[str, ResponseValue]) -> tuple[Requirement, ...]:
    """Which requirements have no response yet? In the scorecard's order."""
    return tuple(requirement for requirement in scorecard.requirements if requirement.key not in responses)


def next_to_answer(
    scorecard: Scorecard, responses: Mapping[str, ResponseValue], *, start: str | None = None
) -> Requirement | None:
    """Which requirement is to be answered now? The first without a response, from `start` on.

    When there is none from there on, the first of all; None when every requirement has its response.
    """
    missing = missing_answers(scorecard, responses)
    keys = [requirement.key for requirement in scorecard.requirements]
    passed = keys.index(start) if start in keys else 0
    following = (requirement for requirement in missing if keys.index(requirement.key) >= passed)
    return next(following, missing[0] if missing else None)


def problems(
    scorecard: Scorecard,
    responses: Mapping[str, ResponseValue],
    evidence: Mapping[str, str],
    *,
    open_case: bool,
) -> list[str]:
    """What stops this review from being submitted? Sentences in the scorecard's order; none when ready.

    `evidence` maps requirement keys to the evidence or reason typed beside the response. Refused:
    responses or evidence for requirements the scorecard does not have.
    """
    _check_responses(scorecard, responses)
    _check_known(scorecard, evidence)
    found = []
    for number, requirement in enumerate(scorecard.requirements, start=1):
        sentence = problem_with(
            requirement,
            responses.get(requirement.key),
            evidence=evidence.get(requirement.key, ""),
            open_case=open_case,
        )
        if sentence is not None:
            found.append(f"Requirement {number}, “{requirement.text.rstrip('.')}”: {sentence}")
    return found


def problem_with(
    requirement: Requirement, response: ResponseValue | None, *, evidence: str, open_case: bool
) -> str | None:
    """What stops this one response? The words to show beside it, or None when it can stand."""
    if response is None:
        return "select a response."
    said_why = bool(evidence.strip())
    if response not in allowed_responses(open_case=open_case):
        return "“not yet due” is for open cases only. Select another response: this case is closed."
    if said_why:
        return None
    if response == ResponseValue.NOT_MET and requirement.evidence is not EvidenceRule.NEVER:
        return "enter the evidence for “not met”."
    if response == ResponseValue.NOT_APPLICABLE and requirement.kind is Kind.OUTCOME:
        return "enter the reason why an outcome requirement does not apply."
    if response == ResponseValue.NOT_APPLICABLE and requirement.critical:
        return "enter the reason why a critical requirement does not apply."
    if response == ResponseValue.CANNOT_ASSESS:
        return "enter the reason why it cannot be assessed."
    if requirement.evidence is EvidenceRule.ALWAYS:
        return "enter the evidence: this requirement asks for it whatever the response."
    return None


def _applicable(
    scorecard: Scorecard, responses: Mapping[str, ResponseValue], *, kind: Kind
) -> list[ResponseValue]:
    given = (responses[requirement.key] for requirement in scorecard.requirements if requirement.kind is kind)
    return [response for response in given if response in _IN_DENOMINATOR]


def _outcome_met(scorecard: Scorecard, responses: Mapping[str, ResponseValue]) -> bool | None:
    applicable = _applicable(scorecard, responses, kind=Kind.OUTCOME)
    return all(response == ResponseValue.MET for response in applicable) if applicable else None


def _method_met(scorecard: Scorecard, responses: Mapping[str, ResponseValue]) -> bool | None:
    applicable = _applicable(scorecard, responses, kind=Kind.METHOD)
    met = applicable.count(ResponseValue.MET)
    # Multiplied out, so that whole numbers and an exact fraction are all that is compared.
    return met >= scorecard.method_share * len(applicable) if applicable else None


def _both_met(outcome: bool | None, method: bool | None) -> bool | None:
    parts = [part for part in (outcome, method) if part is not None]
    return all(parts) if parts else None


def _check_known(scorecard: Scorecard, by_key: Mapping[str, str]) -> None:
    known = {requirement.key for requirement in scorecard.requirements}
    unknown = sorted(set(by_key) - known)
    if unknown:
        raise Refused(
            f"“{unknown[0]}” is not a requirement of the scorecard “{scorecard.title}” version "
            f"{scorecard.version}. Answer the requirements of the version the review was started with."
        )


def _check_responses(scorecard: Scorecard, responses: Mapping[str, ResponseValue]) -> None:
    """Refuse keys the scorecard does not have, and values that would pass silently for “not met”."""
    _check_known(scorecard, responses)
    for key, value in responses.items():
        if value not in set(ResponseValue):
            raise Refused(
                f"The response “{value}” to “{key}” is not one that can be given. "
                f"Choose one of {', '.join(ResponseValue)}."
            )
