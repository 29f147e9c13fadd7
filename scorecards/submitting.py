"""Submitting a review, and its revisions: what was submitted stays, a correction comes beside it."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import SampledCase
from scorecards.actions import check_may_review, check_own_draft, hold
from scorecards.answers import card_of, review_problems, score_of
from scorecards.closing import close_when_done
from scorecards.first_sights import could_see, has_seen
from scorecards.holding import hold_back
from scorecards.involvement import check_has_declared
from scorecards.recorded_facts import facts_missing
from scorecards.requirements import ResponseValue, Severity, allowed_responses
from scorecards.tables import (
    Answer,
    Review,
    ReviewState,
    Revision,
    RevisionCause,
    SecondScoring,
)


def submit_review(session: Session, review: Review, *, by: Person) -> Review:
    """Submit a draft: work out its results and lock it. Submitting twice submits once."""
    # Whoever replaces the case at the same time waits, and then finds its review submitted.
    session.execute(select(SampledCase.id).where(SampledCase.id == review.sampled_case_id).with_for_update())
    hold(session, review)
    if review.state == ReviewState.SUBMITTED and review.reviewer_id == by.id:
        return review
    check_own_draft(review, by)
    check_may_review(session, review.sampled_case, by)
    check_has_declared(session, review.sampled_case, by)
    _check_complete(session, review)
    review.state = ReviewState.SUBMITTED
    review.submitted_at = now(session)
    paired = session.get(SecondScoring, review.sampled_case_id)
    if paired is not None:
        review.is_blind = not (
            has_seen(session, [paired.manager_review_id], by) or could_see(session, paired.manager_review, by)
        )
    _keep_revision(session, review, cause=RevisionCause.SUBMITTED, reason="", by=by)
    # No score goes into the trail: administrators read it, and some of them review.
    audit_trail.record(session, "submit_review", f"review {review.id}", by=by)
    session.flush()
    close_when_done(session, review.sampled_case.draw, by=by)
    return review


def _check_complete(session: Session, review: Review) -> None:
    stopped_by = review_problems(review) + facts_missing(session, review)
    if stopped_by:
        raise Refused(
            stopped_by[0]
            if len(stopped_by) == 1
            else f"{len(stopped_by)} answers are not complete. The first: {stopped_by[0]}"
        )


def revise(
    session: Session,
    review: Review,
    *,
    changes: Mapping[str, Mapping[str, Any]],
    file_found: bool | None = None,
    cause: RevisionCause,
    reason: str,
    by: Person,
) -> Revision:
    """Change answers of a submitted review: a new revision. Who may do so is for the caller to check.

    `changes` maps a requirement to what it has now: response, and where they differ evidence, put_right
    and severity. `file_found` says that the case file was found after all, or was not. The revisions
    before stay, and agreement goes by the first.
    """
    hold(session, review)
    if review.state != ReviewState.SUBMITTED:
        raise Refused("This review is still a draft. Change its answers on the score sheet.")
    if not reason.strip():
        raise Refused("Say why the review is changed. The reason stays on record beside what it was before.")
    asked = {requirement.key for requirement in card_of(review).requirements}
    given = {answer.requirement_key: answer for answer in review.answers}
    for key, change in changes.items():
        if key not in asked:
            raise Refused(f"This scorecard does not ask {key} of this case. Reload the page.")
        response = ResponseValue(change["response"])
        if response not in allowed_responses(open_case=review.is_open_case):
            raise Refused("“Not yet due” is for open cases only. Choose another response.")
        answer = given.get(key)
        if answer is None:
            answer = Answer(requirement_key=key, evidence="")
            review.answers.append(answer)
        is_not_met = response == ResponseValue.NOT_MET
        severity = change.get("severity", answer.severity) if is_not_met else None
        answer.response = response
        answer.evidence = change.get("evidence", answer.evidence)
        answer.put_right = (
            is_not_met and review.is_open_case and bool(change.get("put_right", answer.put_right))
        )
        answer.severity = None if severity is None else Severity(severity)
    if file_found is not None:
        review.file_found = file_found
    _check_complete(session, review)
    revision = _keep_revision(session, review, cause=cause, reason=reason.strip(), by=by)
    audit_trail.record(session, "revise_review", f"review {review.id}", by=by, number=revision.number)
    return revision


def correct_review(
    session: Session,
    review: Review,
    *,
    changes: Mapping[str, Mapping[str, Any]],
    file_found: bool | None = None,
    reason: str,
    by: Person,
) -> Revision:
    """Its reviewer corrects a submitted review, with the reason. What was submitted stays on record.

    What somebody else has decided on a dispute is not corrected back; the rest still can be.
    """
    if review.reviewer_id != by.id:
        raise Refused(f"This review belongs to {review.reviewer.name}. Only they can correct it.")
    hold(session, review)
    given = {answer.requirement_key: answer for answer in review.answers}
    changed = {key for key, change in changes.items() if not _is_same(given.get(key), change)}
    is_missed = file_found is False and review.file_found
    if not changed and file_found in (None, review.file_found):
        raise Refused("Nothing is changed. Change at least one answer.")
    decided = _decided_on_disputes(session, review)
    if decided & changed or (decided and is_missed):
        raise Refused(
            "What was changed by the decision on a dispute is not corrected back. Leave that as it is; the "
            "other answers can still be corrected."
        )
    return revise(
        session,
        review,
        changes=changes,
        file_found=file_found,
        cause=RevisionCause.CORRECTED,
        reason=reason,
        by=by,
    )


def _decided_on_disputes(session: Session, review: Review) -> set[str]:
    """The requirements whose answers a decision on a dispute has changed."""
    revisions = session.scalars(
        select(Revision).where(Revision.review_id == review.id).order_by(Revision.number)
    ).all()
    return {
        key
        for before, after in pairwise(revisions)
        if after.cause == RevisionCause.DISPUTED
        for key, answer in after.answers.items()
        if answer != before.answers.get(key)
    }


def _is_same(answer: Answer | None, change: Mapping[str, Any]) -> bool:
    return answer is not None and all(getattr(answer, name) == value for name, value in change.items())


def _keep_revision(
    session: Session, review: Review, *, cause: RevisionCause, reason: str, by: Person
) -> Revision:
    """Work out the results of the answers as they stand, and keep both as the newest revision."""
    score = score_of(review)
    review.outcome_met, review.outcome_if_assessed = score.outcome, score.outcome_if_assessed
    review.method_met, review.method_if_assessed = score.method, score.method_if_assessed
    review.overall_met, review.overall_if_assessed = score.overall, score.overall_if_assessed
    review.overall_after_correction = score_of(review, corrected=True).overall
    review.critical_failed = score.critical_failed
    before = session.scalar(select(func.max(Revision.number)).where(Revision.review_id == review.id))
    revision = Revision(
        review_id=review.id,
        number=(before or 0) + 1,
        cause=cause,
        reason=reason,
        made_at=now(session),
        made_by_id=by.id,
        file_found=review.file_found,
        answers={
            answer.requirement_key: {
                "response": answer.response,
                "evidence": answer.evidence,
                "put_right": answer.put_right,
                "severity": answer.severity,
            }
            for answer in review.answers
            if answer.response is not None
        },
        critical_failed=score.critical_failed,
        outcome_met=score.outcome,
        method_met=score.method,
        overall_met=score.overall,
    )
    session.add(revision)
    session.flush()
    hold_back(session, revision)
    return revision
