"""What a person may log learning from besides a review: decided disputes, decided pairs, findings."""

from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.orm import Session, selectinload

from sampling.records.people import Person, Role, may_act_as, roles_of
from sampling.tables import FrameCase, SampledCase
from scorecards.adjudication import ADJUDICATORS
from scorecards.feedback import may_see_feedback
from scorecards.tables import Review
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import Commission, CommissionReviewer, Finding, FindingReview
from scorecards.visibility import may_see_review


@dataclass(frozen=True)
class ToLearnFrom:
    """One dispute, pair or finding: what it is about, and what was said there.

    `reviews` are those that show a finding, by number and case; of the others there is none to choose.
    """

    key: int
    title: str
    said: str
    team_id: int | None = None
    reviews: tuple[tuple[int, str], ...] = ()


def disputes_to_learn_from(session: Session, person: Person) -> list[ToLearnFrom]:
    """The decided disputes that a person may read, the latest first."""
    rows = session.execute(
        select(Dispute, FrameCase.reference, FrameCase.team_id)
        .join(Review, Review.id == Dispute.review_id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(Dispute.decision.is_not(None), may_see_feedback(session, person))
        .order_by(Dispute.decided_at.desc(), Dispute.id.desc())
    )
    return [
        ToLearnFrom(
            dispute.id,
            f"{reference}, {str(dispute.decision).replace('_', ' ')}",
            dispute.decision_reason,
            team_id,
        )
        for dispute, reference, team_id in rows
    ]


def pairs_to_learn_from(session: Session, person: Person) -> list[ToLearnFrom]:
    """The decided pairs of reviews that a person may know of, the latest first."""
    if not may_act_as(session, person, ADJUDICATORS):
        return []
    rows = session.execute(
        select(Adjudication, FrameCase.reference, FrameCase.team_id)
        .join(SampledCase, SampledCase.id == Adjudication.sampled_case_id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(Adjudication.decided_at.is_not(None), may_see_review(session, person))
        .order_by(Adjudication.decided_at.desc(), Adjudication.sampled_case_id)
    )
    return [
        ToLearnFrom(pair.sampled_case_id, f"{reference}, {pair.reason_code}", pair.note, team_id)
        for pair, reference, team_id in rows
    ]


def findings_to_learn_from(session: Session, person: Person) -> list[ToLearnFrom]:
    """The findings of the themes that a person reviews for, of all themes for the Head; the latest first."""
    reviews_for = select(CommissionReviewer.commission_id).where(CommissionReviewer.person_id == person.id)
    is_head = Role.HEAD in roles_of(session, person)
    rows = session.execute(
        select(Finding, Commission.name)
        .join(Commission, Commission.id == Finding.commission_id)
        .where(true() if is_head else Commission.id.in_(reviews_for))
        .options(
            selectinload(Finding.reviews)
            .joinedload(FindingReview.review)
            .joinedload(Review.sampled_case)
            .joinedload(SampledCase.frame_case)
        )
        .order_by(Finding.id.desc())
    )
    return [
        ToLearnFrom(
            finding.id,
            f"{name}: {finding.statement}",
            finding.statement,
            reviews=tuple(
                (link.review_id, link.review.sampled_case.frame_case.reference) for link in finding.reviews
            ),
        )
        for finding, name in rows
    ]
