"""An accepted recommendation of a thematic review, turned into a follow-up action."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.actions import TypedCitation, log_learning
from learning_register.citations import LearningKind
from learning_register.following_up import add_action
from learning_register.tables import FollowUpAction, RecommendationAction
from sampling.records import audit_trail
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review
from scorecards.tables_themes import Finding, FindingReview, Recommendation
from scorecards.themes import Decision


def act_on_recommendation(
    session: Session,
    recommendation: Recommendation,
    *,
    citations: Sequence[TypedCitation],
    is_gap: bool,
    owner: Person,
    authoriser: Person,
    target_date: date,
    by: Person,
) -> FollowUpAction:
    """Turn an accepted recommendation into an action: organisational learning, and what is to be done.

    The learning is logged from the first requirement not met in the reviews that the finding cites.
    """
    if recommendation.decision != Decision.ACCEPTED:
        raise Refused("Only a recommendation that was accepted becomes an action.")
    if session.get(RecommendationAction, recommendation.id) is not None:
        raise Refused("This recommendation is an action already.")
    shown_by = session.execute(
        select(Review, Answer.requirement_key)
        .join(FindingReview, FindingReview.review_id == Review.id)
        .join(Answer, Answer.review_id == Review.id)
        .where(
            FindingReview.finding_id == recommendation.finding_id, Answer.response == ResponseValue.NOT_MET
        )
        .order_by(Review.id, Answer.requirement_key)
    ).first()
    if shown_by is None:
        raise Refused(
            "No review that the finding cites has a requirement that was not met, so there is nothing to "
            "learn from yet. Let the finding cite one that shows it."
        )
    review, requirement_key = shown_by
    finding = session.get_one(Finding, recommendation.finding_id)
    point = log_learning(
        session,
        review,
        requirement_key=requirement_key,
        kind=LearningKind.ORGANISATIONAL,
        description=finding.statement,
        citations=citations,
        is_gap=is_gap,
        by=by,
    )
    action = add_action(
        session,
        point,
        description=recommendation.wording,
        owner=owner,
        authoriser=authoriser,
        target_date=target_date,
        by=by,
    )
    session.add(RecommendationAction(recommendation_id=recommendation.id, action_id=action.id))
    session.flush()
    audit_trail.record(
        session, "act_on_recommendation", f"recommendation {recommendation.id}", by=by, becomes=action.id
    )
    return action


def actions_of_recommendations(session: Session, recommendation_ids: Sequence[int]) -> dict[int, int]:
    """Which recommendations have become which actions."""
    rows = session.execute(
        select(RecommendationAction.recommendation_id, RecommendationAction.action_id).where(
            RecommendationAction.recommendation_id.in_(recommendation_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
