"""How the people of the demonstration review: what they find, and how they fill in a scorecard."""

import random
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from qa_app.demo_people import DECISION, SERVICE
from sampling.records.people import Person
from sampling.tables import SampledCase
from scorecards.actions import declare_involvement, save_answer, set_file_found, start_review
from scorecards.cards import scorecard_from
from scorecards.requirements import Kind, Requirement, ResponseValue
from scorecards.submitting import submit_review
from scorecards.tables import Review

# What is found wanting now and then, with the evidence a reviewer would give.
OUTCOME_EVIDENCE: Final = {
    DECISION: {
        "whole-challenge-answered": "The third ground, on the missing record, is not answered.",
        "clear-explanation": "The letter gives the result, but not why the new report changed nothing.",
        "right-remedy": "An apology alone, though the delay had cost the person a second journey.",
    },
    SERVICE: {
        "whole-complaint-answered": "The concern about two unreturned calls is not mentioned.",
        "clear-explanation": "The answer lists dates and does not say what was found.",
        "promises-kept": "The update promised for the end of the week never went out.",
    },
}
METHOD_EVIDENCE: Final = {
    DECISION: {
        "grounds-asked-for": "No deadline for further grounds can be found on the file.",
        "adjustments-kept": "Large print was asked for, and the decision letter came in the usual size.",
        "challenge-analysed": "The analysis form is empty below the first ground.",
        "tried-to-resolve": "There is no sign of a call or letter before the challenge was passed on.",
        "end-of-process-stated": "The letter does not say that our process is finished.",
        "learning-fed-back": "The learning is on the case, and nobody told the manager.",
    },
    SERVICE: {
        "kept-informed": "No word to the person for six weeks.",
        "courtesy": "The second e-mail is curt and does not thank the person for the documents.",
        "no-avoidable-delay": "The file lay still from the day it came until the third week.",
        "analysis-on-file": "The file says what took place, not what should have.",
        "both-heard": "The member of staff concerned was not asked.",
    },
}
# What often does not apply, and what is often not due while a case is open: the chance of it.
_NOT_APPLICABLE: Final = {
    "right-remedy": 0.5,
    "adjustments-kept": 0.7,
    "late-request-decided": 0.85,
    "right-hands": 0.4,
    "remedy-analysed": 0.5,
    "new-investigation-proposed": 0.9,
    "promises-kept": 0.3,
    "unresolved-decided": 0.6,
    "remedy-offered": 0.5,
    "recorded-as-service-review": 0.5,
}
_NOT_YET_DUE: Final = {
    "right-learning": 0.8,
    "end-of-process-stated": 0.8,
    "case-owner-told": 0.8,
    "learning-fed-back": 0.8,
    "learning-shared": 0.8,
    "right-next-step": 0.3,
    "clear-explanation": 0.4,
}


@dataclass(frozen=True)
class Findings:
    """What a reviewer finds in one case: evidence by requirement that is not met, or no file at all."""

    not_met: tuple[tuple[str, str], ...] = ()
    put_right: bool = False
    file_found: bool = True
    is_half_done: bool = False


NOTHING_WRONG: Final = Findings()
HALF_DONE: Final = Findings(is_half_done=True)
NO_FILE: Final = Findings(file_found=False)


def wanting(
    rng: random.Random,
    case_type: str,
    *,
    outcome: bool = False,
    method: bool = False,
    put_right: bool = False,
) -> Findings:
    """Findings of a case in which an outcome or a method requirement, or one of both, is not met."""
    tables = [OUTCOME_EVIDENCE] * outcome + [METHOD_EVIDENCE] * method
    return Findings(tuple(rng.choice(list(table[case_type].items())) for table in tables), put_right)


def found_wanting(case_type: str, key: str) -> Findings:
    """Findings of a case in which one requirement is not met: the explanation, if its card lacks that one."""
    evidence = OUTCOME_EVIDENCE[case_type] | METHOD_EVIDENCE[case_type]
    key = key if key in evidence else "clear-explanation"
    return Findings(((key, evidence[key]),))


def review_case(
    session: Session, sampled_id: int, findings: Findings, *, rng: random.Random, by: Person
) -> Review:
    """Review a sampled case as one does on screen: declare, answer every requirement, submit."""
    sampled = session.get_one(SampledCase, sampled_id)
    declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
    review = start_review(session, sampled, by=by)
    if not findings.file_found:
        set_file_found(session, review, found=False, by=by)
        return submit_review(session, review, by=by)
    requirements = scorecard_from(review.scorecard_version.definition).requirements
    evidence = dict(findings.not_met)
    for requirement in requirements[: len(requirements) // 2] if findings.is_half_done else requirements:
        is_met = requirement.key not in evidence
        response = _response(rng, requirement, review) if is_met else ResponseValue.NOT_MET
        reason = response == ResponseValue.NOT_APPLICABLE and requirement.kind is Kind.OUTCOME
        save_answer(
            session,
            review,
            requirement_key=requirement.key,
            response=response,
            evidence=evidence.get(requirement.key, "Nothing had gone wrong." if reason else ""),
            put_right=findings.put_right and not is_met,
            by=by,
        )
    return review if findings.is_half_done else submit_review(session, review, by=by)


def _response(rng: random.Random, requirement: Requirement, review: Review) -> ResponseValue:
    if review.is_open_case and rng.random() < _NOT_YET_DUE.get(requirement.key, 0):
        return ResponseValue.NOT_YET_DUE
    if rng.random() < _NOT_APPLICABLE.get(requirement.key, 0):
        return ResponseValue.NOT_APPLICABLE
    return ResponseValue.MET
