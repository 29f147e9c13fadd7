"""The disputes a person may read: those of a review, those they may decide, and what was decided."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, roles_of
from sampling.tables import Route
from scorecards.dispute_decisions import Decision, Finding
from scorecards.disputes import not_to_decide_because
from scorecards.feedback import may_see_feedback
from scorecards.feedback_sheets import numbered_requirements
from scorecards.findings_read import note_findings_read
from scorecards.requirements import Requirement, ResponseValue, Severity
from scorecards.tables import Review, Revision, RevisionCause
from scorecards.tables_feedback import Dispute


@dataclass(frozen=True)
class DisputedAnswer:
    """An answer that is disputed, as it stood; `became` is what it was decided to be, if another."""

    key: str
    number: int
    text: str
    stood: Finding
    evidence: str
    became: Finding | None


@dataclass(frozen=True)
class DisputeRow:
    """A dispute as a reader sees it. Without a decision it waits; then its answers are those of now.

    `not_to_decide` is why this reader does not decide it: None where they may, and where it is decided.
    """

    dispute_id: int
    review_id: int
    reference: str
    sample: str
    is_second: bool
    is_open_case: bool
    reviewer: str
    revision: int  # the newest of the review
    answers: tuple[DisputedAnswer, ...]
    grounds: str
    raised_on: date
    raised_by: str
    not_to_decide: str | None
    decision: Decision | None
    reason: str
    decided_on: date | None
    decided_by: str | None


def disputes_of(session: Session, review_id: int, person: Person) -> list[DisputeRow]:
    """The disputes of one review, the first first."""
    return _rows(session, person, Dispute.review_id == review_id)


def disputes_seen(session: Session, person: Person) -> list[DisputeRow]:
    """Every dispute a person may read, in the order they were raised."""
    return _rows(session, person)


def disputes_to_decide(session: Session, person: Person) -> list[DisputeRow]:
    """The disputes that wait and that this person may decide, the longest waiting first."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        return []
    waiting = _rows(session, person, Dispute.decision.is_(None))
    return [row for row in waiting if row.not_to_decide is None]


def _rows(session: Session, person: Person, *conditions: ColumnElement[bool]) -> list[DisputeRow]:
    disputes = session.scalars(
        select(Dispute)
        .join(Review, Review.id == Dispute.review_id)
        .where(may_see_feedback(session, person), *conditions)
        .order_by(Dispute.raised_at, Dispute.id)
    ).all()
    for dispute in disputes:
        note_findings_read(session, dispute.review, by=person)
    revisions: dict[int, list[Revision]] = defaultdict(list)
    for revision in session.scalars(
        select(Revision)
        .where(Revision.review_id.in_({dispute.review_id for dispute in disputes}))
        .order_by(Revision.number)
    ):
        revisions[revision.review_id].append(revision)
    return [
        _row(
            dispute,
            revisions[dispute.review_id],
            None if dispute.decision else not_to_decide_because(session, dispute, person),
        )
        for dispute in disputes
    ]


def _row(dispute: Dispute, revisions: Sequence[Revision], not_to_decide: str | None) -> DisputeRow:
    review, decided_at = dispute.review, dispute.decided_at
    found, frame = review.sampled_case.frame_case, review.sampled_case.draw.plan.frame
    # Revisions are numbered from 1 without a gap, and the one of a decision has its moment.
    made = next(
        (row for row in revisions if row.cause == RevisionCause.DISPUTED and row.made_at == decided_at), None
    )
    if made is not None:
        stood = revisions[made.number - 2].answers
    else:
        stood = [row for row in revisions if decided_at is None or row.made_at <= decided_at][-1].answers
    return DisputeRow(
        dispute_id=dispute.id,
        review_id=review.id,
        reference=found.reference,
        sample="Review for QA" if frame.route == Route.SECOND else frame.name,
        is_second=frame.route == Route.SECOND,
        is_open_case=review.is_open_case,
        reviewer=review.reviewer.name,
        revision=revisions[-1].number,
        answers=tuple(
            _answer(number, requirement, stood, made.answers if made else stood)
            for number, requirement in numbered_requirements(review)
            if requirement.key in dispute.requirement_keys
        ),
        grounds=dispute.grounds,
        raised_on=dispute.raised_at.astimezone(OFFICE_TIME).date(),
        raised_by=dispute.raised_by.name,
        not_to_decide=not_to_decide,
        decision=Decision(dispute.decision) if dispute.decision else None,
        reason=dispute.decision_reason,
        decided_on=decided_at.astimezone(OFFICE_TIME).date() if decided_at else None,
        decided_by=dispute.decided_by.name if dispute.decided_by else None,
    )


def _answer(
    number: int, requirement: Requirement, stood: dict[str, Any], became: dict[str, Any]
) -> DisputedAnswer:
    before, after = _finding(stood[requirement.key]), _finding(became[requirement.key])
    return DisputedAnswer(
        key=requirement.key,
        number=number,
        text=requirement.text,
        stood=before,
        evidence=stood[requirement.key]["evidence"],
        became=after if after != before else None,
    )


def _finding(answer: dict[str, Any]) -> Finding:
    severity = answer["severity"]
    return Finding(ResponseValue(answer["response"]), Severity(severity) if severity else None)
