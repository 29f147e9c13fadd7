"""Disputes: the caseworker's manager says a review is wrong, and somebody else decides.

What was disputed stays on record as it was. A decision that changes answers is a further revision of
the review: quality figures go by it, agreement between managers and QA by the first.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.office import day_in_words
from sampling.records.people import Person, Role, roles_of
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.actions import hold
from scorecards.answers import card_of, responses_of
from scorecards.dispute_decisions import Decision, Finding, check_decision
from scorecards.feedback import (
    check_may_see_feedback,
    checked_text,
    disputable_until,
    holds,
    is_of_own_caseworker,
    may_see_feedback,
    submitted_on,
)
from scorecards.independence import barred_because
from scorecards.involvement import involvement_of
from scorecards.requirements import ResponseValue, Severity
from scorecards.submitting import revise
from scorecards.tables import Review, RevisionCause
from scorecards.tables_feedback import Dispute, Feedback
from scorecards.visibility import BLIND_ROLES, may_see_review, second_sample_is_complete


def not_disputable_because(session: Session, review: Review, person: Person) -> str | None:
    """Why this person cannot dispute a review whose sheet they may read, in a sentence; None if they can."""
    if not holds(session, review.id, is_of_own_caseworker(session, person)):
        return "A dispute is entered by the caseworker's line manager."
    if review.reviewer_id == person.id:
        return "You wrote this review, so you do not dispute it. You can correct it, with the reason."
    if not review.file_found:
        return (
            "The case file could not be found, so no answer can be disputed. If it has turned up, tell "
            f"{review.reviewer.name}, who corrects the review."
        )
    waiting = session.scalars(
        select(Dispute).where(Dispute.review_id == review.id, Dispute.decision.is_(None))
    ).first()
    if waiting is not None:
        return (
            f"{waiting.raised_by.name} has disputed this review, and that is not decided yet. "
            "Wait for the decision."
        )
    last = disputable_until(session, review)
    if today(session) > last:
        feedback = session.get(Feedback, review.id)
        since = (
            f"its feedback was shared on {day_in_words(feedback.shared_on)}"
            if feedback
            else f"it was submitted on {day_in_words(submitted_on(review))}"
        )
        return (
            f"This review could be disputed until {day_in_words(last)}: {since}. Speak to its reviewer, "
            "who can still correct it with a reason."
        )
    return None


def raise_dispute(
    session: Session, review: Review, *, requirement_keys: Collection[str], grounds: str, by: Person
) -> Dispute:
    """Dispute answers of a review, for its caseworker. One dispute of a review waits at a time."""
    hold(session, review)  # whoever comes second finds the dispute of whoever came first
    check_may_see_feedback(session, review, by)
    reason = not_disputable_because(session, review, by)
    if reason is not None:
        raise Refused(reason)
    answered = [row.key for row in card_of(review).requirements if row.key in responses_of(review)]
    unknown = set(requirement_keys) - set(answered)
    if unknown:
        raise Refused(f"This review has no answer to {', '.join(sorted(unknown))}. Reload the page.")
    if not requirement_keys:
        raise Refused("No requirement is chosen. Choose those whose answer is disputed.")
    dispute = Dispute(
        review_id=review.id,
        requirement_keys=[key for key in answered if key in requirement_keys],
        grounds=checked_text(grounds, "the grounds of the dispute"),
        raised_at=now(session),
        raised_by_id=by.id,
    )
    session.add(dispute)
    session.flush()
    audit_trail.record(session, "raise_dispute", f"review {review.id}", by=by)
    return dispute


def not_to_decide_because(session: Session, dispute: Dispute, person: Person) -> str | None:
    """Why this person does not decide a dispute, in a sentence; None if they may."""
    review, roles = dispute.review, roles_of(session, person)
    sampled = review.sampled_case
    if not roles & {Role.HEAD, Role.QA_REVIEWER}:
        return "A dispute is decided by the Head of Customer Care, or by a QA reviewer."
    visible = and_(may_see_review(session, person), may_see_feedback(session, person))
    if not holds(session, review.id, visible):
        return "There is no such dispute, or it is not for you to see. Go back to the list."
    if dispute.raised_by_id == person.id:
        return "You raised this dispute, so somebody else decides it."
    if _has_scored(session, person, sampled):
        return "You have scored this case, so somebody else decides the dispute."
    reason = barred_because(involvement_of(session, person, sampled), open_sampling=False)
    if reason is not None or sampled.frame_case.caseworker_id == person.id:
        return f"You {reason or 'handled this case'}, so somebody else decides the dispute."
    # A name under the decision would tell the manager that QA has scored the case again.
    if (
        roles & BLIND_ROLES
        and sampled.draw.plan.frame.route == Route.OPEN
        and not holds(session, review.id, second_sample_is_complete())
    ):
        return "The second scoring of this case is under way, so the Head of Customer Care decides."
    return None


def _has_scored(session: Session, person: Person, sampled: SampledCase) -> bool:
    """Whether a person has a review of the same case, in whatever sample."""
    theirs = (
        select(Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(FrameCase.case_id == sampled.frame_case.case_id, Review.reviewer_id == person.id)
    )
    return bool(session.scalar(select(exists(theirs))))


def decide_dispute(
    session: Session,
    dispute: Dispute,
    *,
    decision: Decision,
    reason: str,
    findings: Mapping[str, Finding],
    evidence: Mapping[str, str],
    by: Person,
) -> Dispute:
    """Decide a dispute; what is upheld of it becomes a new revision of the review.

    `findings` and `evidence` say what the review is to hold for the disputed requirements: those left
    out, and those that stay the same, keep their answer.
    """
    review = dispute.review
    hold(session, review)
    session.refresh(dispute)
    if dispute.decision is not None:
        raise Refused("This dispute is decided already, and the decision stays. Reload the page.")
    stopped = not_to_decide_because(session, dispute, by)
    if stopped is not None:
        raise Refused(stopped)
    words = checked_text(reason, "the reason for the decision")
    before = findings_of(review, dispute.requirement_keys)
    after = {key: _whole(finding) for key, finding in findings.items()}
    check_decision(decision, before, after)
    dispute.decision, dispute.decision_reason = decision, words
    dispute.decided_at, dispute.decided_by_id = now(session), by.id
    changes = {
        key: {
            "response": finding.response,
            "severity": finding.severity,
            **({"evidence": evidence[key].strip()} if key in evidence else {}),
        }
        for key, finding in after.items()
        if finding != before[key]
    }
    if changes:
        revision = revise(session, review, changes=changes, cause=RevisionCause.DISPUTED, reason=words, by=by)
        dispute.decided_at = revision.made_at  # by it the revision of this decision is found again
    session.flush()
    # Neither decision nor answer goes into the trail: administrators read it, and some of them review.
    audit_trail.record(session, "decide_dispute", f"review {review.id}", by=by)
    return dispute


def findings_of(review: Review, keys: Collection[str]) -> dict[str, Finding]:
    """What a review says now of some of its requirements."""
    return {
        answer.requirement_key: Finding(
            ResponseValue(answer.response), Severity(answer.severity) if answer.severity else None
        )
        for answer in review.answers
        if answer.requirement_key in keys and answer.response is not None
    }


def _whole(finding: Finding) -> Finding:
    is_not_met = finding.response == ResponseValue.NOT_MET
    return Finding(finding.response, finding.severity if is_not_met else None)
