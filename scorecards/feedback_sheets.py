"""The feedback sheets a person may read: one with all it says, and the list of them."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from sampling.records.database import OFFICE_TIME, frame_of, today
from sampling.records.people import Person, Team, manager_of
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from scorecards.answers import card_of
from scorecards.feedback import (
    disputable_until,
    holds,
    is_of_own_caseworker,
    may_see_feedback,
    may_share_feedback,
    submitted_on,
)
from scorecards.findings_read import note_findings_read
from scorecards.first_sights import has_seen
from scorecards.requirements import Kind, Requirement, ResponseValue, Severity
from scorecards.tables import Review, Revision, RevisionCause
from scorecards.tables_feedback import Dispute, Feedback

_SAMPLE: Final = case((Frame.route == Route.SECOND, "Review for QA"), else_=Frame.name)


@dataclass(frozen=True)
class FeedbackItem:
    """One requirement on a feedback sheet, as its review stands now. `number` is its place on the sheet."""

    key: str
    number: int
    kind: Kind
    text: str
    is_critical: bool
    response: ResponseValue | None
    put_right: bool
    severity: Severity | None
    evidence: str


@dataclass(frozen=True)
class FeedbackSheet:
    """What a review says to its caseworker, and how far that has come.

    `caseworker` is named to their manager only. `changed_on` is the day of the newest revision after the
    first, and `changed_by` its cause. `disputable_until` is the last day on which a dispute is in time.
    """

    review_id: int
    reference: str
    sample: str
    team: str | None
    caseworker: str | None
    line_manager: str | None
    reviewer: str
    is_second: bool
    is_open_case: bool
    submitted_on: date
    changed_on: date | None
    changed_by: RevisionCause | None
    file_found: bool
    outcome_met: bool | None
    method_met: bool | None
    overall_met: bool | None
    critical_failed: bool
    items: tuple[FeedbackItem, ...]
    shared_on: date | None
    shared_by: str | None
    comments: str
    commented_on: date | None
    disputable_until: date
    may_share: bool
    is_seen: bool  # one's own, or its first sight by this person is on record


def feedback_sheet(session: Session, review_id: int, person: Person) -> FeedbackSheet | None:
    """The feedback sheet of a review as it stands now; None for whom it is not, or not yet."""
    review = session.scalars(
        select(Review).where(Review.id == review_id, may_see_feedback(session, person))
    ).first()
    if review is None:
        return None
    note_findings_read(session, review, by=person)
    sampled, feedback = review.sampled_case, session.get(Feedback, review_id)
    found, frame = sampled.frame_case, sampled.draw.plan.frame
    changed = session.scalars(
        select(Revision)
        .where(Revision.review_id == review_id, Revision.number > 1)
        .order_by(Revision.number.desc())
    ).first()
    caseworker = found.caseworker
    is_manager = holds(session, review_id, is_of_own_caseworker(session, person))
    line_manager = manager_of(session, caseworker.id, today(session)) if caseworker else None
    return FeedbackSheet(
        review_id=review.id,
        reference=found.reference,
        sample="Review for QA" if frame.route == Route.SECOND else frame.name,
        team=found.team.name if found.team else None,
        caseworker=caseworker.name if caseworker and is_manager else None,
        line_manager=line_manager.name if line_manager else None,
        reviewer=review.reviewer.name,
        is_second=frame.route == Route.SECOND,
        is_open_case=review.is_open_case,
        submitted_on=submitted_on(review),
        changed_on=changed.made_at.astimezone(OFFICE_TIME).date() if changed else None,
        changed_by=RevisionCause(changed.cause) if changed else None,
        file_found=review.file_found,
        outcome_met=review.outcome_met,
        method_met=review.method_met,
        overall_met=review.overall_met,
        critical_failed=bool(review.critical_failed),
        items=_items(review),
        shared_on=feedback.shared_on if feedback else None,
        shared_by=feedback.shared_by.name if feedback else None,
        comments=feedback.comments if feedback else "",
        commented_on=feedback.commented_on if feedback else None,
        disputable_until=disputable_until(session, review),
        may_share=holds(session, review_id, may_share_feedback(session, person)),
        is_seen=review.reviewer_id == person.id or has_seen(session, [review_id], person),
    )


def numbered_requirements(review: Review) -> list[tuple[int, Requirement]]:
    """What a review asks, as every sheet numbers it: outcome requirements first."""
    asked = sorted(card_of(review).requirements, key=lambda row: list(Kind).index(row.kind))
    return list(enumerate(asked, start=1))


def _items(review: Review) -> tuple[FeedbackItem, ...]:
    given = {answer.requirement_key: answer for answer in review.answers}
    items = []
    for number, requirement in numbered_requirements(review):
        answer = given.get(requirement.key)
        items.append(
            FeedbackItem(
                key=requirement.key,
                number=number,
                kind=requirement.kind,
                text=requirement.text,
                is_critical=requirement.critical,
                response=ResponseValue(answer.response) if answer and answer.response else None,
                put_right=answer is not None and answer.put_right,
                severity=Severity(answer.severity) if answer and answer.severity else None,
                evidence=answer.evidence if answer else "",
            )
        )
    return tuple(items)


def feedback_sheets(session: Session, person: Person, *, most: int | None = None) -> pd.DataFrame:
    """The feedback sheets a person may read, the newest review first: all, or so many of them at most.

    Columns: review_id, reference, team, sample, submitted_at, shared_on, commented_on, disputes.
    """
    disputes = select(func.count()).where(Dispute.review_id == Review.id).correlate(Review).scalar_subquery()
    newest = (Review.submitted_at.desc(), Review.id.desc())
    found = (
        select(Review.id).where(may_see_feedback(session, person)).order_by(*newest).limit(most).subquery()
    )
    query = (
        select(
            Review.id.label("review_id"),
            FrameCase.reference.label("reference"),
            Team.name.label("team"),
            _SAMPLE.label("sample"),
            Review.submitted_at.label("submitted_at"),
            Feedback.shared_on.label("shared_on"),
            Feedback.commented_on.label("commented_on"),
            disputes.label("disputes"),
        )
        .select_from(found)
        .join(Review, Review.id == found.c.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(Feedback, Feedback.review_id == Review.id)
        .order_by(*newest)
    )
    return frame_of(session, query)
