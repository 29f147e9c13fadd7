"""The revisions of a review: when, by whom, why, and which answers each changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from sampling.records.people import Person
from scorecards.answers import card_of
from scorecards.findings_read import note_findings_read
from scorecards.requirements import Requirement, ResponseValue, Severity
from scorecards.tables import Review, Revision, RevisionCause
from scorecards.visibility import may_see_review


@dataclass(frozen=True)
class AnswerThen:
    """An answer as a revision has it; all of it empty where there was none."""

    response: ResponseValue | None
    evidence: str
    put_right: bool
    severity: Severity | None


@dataclass(frozen=True)
class ChangedAnswer:
    """What a revision made of one answer. `number` is the requirement's on the score sheet."""

    number: int
    requirement: Requirement
    before: AnswerThen
    after: AnswerThen


@dataclass(frozen=True)
class RevisionRow:
    """A revision; the first is the review as it was submitted, and has no changes."""

    number: int
    cause: RevisionCause
    reason: str
    made_at: datetime
    made_by: str
    file_found: bool
    outcome_met: bool | None
    method_met: bool | None
    overall_met: bool | None
    changes: tuple[ChangedAnswer, ...]


def revisions_of(session: Session, review_id: int, person: Person) -> list[RevisionRow]:
    """The revisions of a submitted review, the first one first; none of what the person may not see."""
    found = session.scalars(
        select(Revision)
        .join(Review, Review.id == Revision.review_id)
        .where(Revision.review_id == review_id, may_see_review(session, person))
        .options(
            joinedload(Revision.made_by), joinedload(Revision.review).joinedload(Review.scorecard_version)
        )
        .order_by(Revision.number)
    ).all()
    if found:
        note_findings_read(session, found[0].review, by=person)
    before = [None, *found]
    return [_row(revision, earlier) for revision, earlier in zip(found, before, strict=False)]


def _row(revision: Revision, earlier: Revision | None) -> RevisionRow:
    changes = []
    for number, requirement in enumerate(card_of(revision.review).requirements, start=1):
        after = _then(revision.answers.get(requirement.key))
        before = _then(earlier.answers.get(requirement.key)) if earlier else after
        if before != after:
            changes.append(ChangedAnswer(number, requirement, before, after))
    return RevisionRow(
        number=revision.number,
        cause=RevisionCause(revision.cause),
        reason=revision.reason,
        made_at=revision.made_at,
        made_by=revision.made_by.name,
        file_found=revision.file_found,
        outcome_met=revision.outcome_met,
        method_met=revision.method_met,
        overall_met=revision.overall_met,
        changes=tuple(changes),
    )


def _then(kept: dict[str, Any] | None) -> AnswerThen:
    if kept is None:
        return AnswerThen(None, "", False, None)
    severity = kept["severity"]
    return AnswerThen(
        ResponseValue(kept["response"]),
        kept["evidence"],
        kept["put_right"],
        None if severity is None else Severity(severity),
    )
