"""An accepted recommendation of a thematic review, turned into a follow-up action."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.following_up import add_action
from learning_register.raising import learn_from_finding
from learning_register.recording import Lesson
from learning_register.tables_actions import FollowUpAction, RecommendationAction
from sampling.records import audit_trail
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, SampledCase, in_sample
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review, ReviewState
from scorecards.tables_themes import Commission, CommissionPlan, Finding, FindingReview, Recommendation
from scorecards.themes import Decision, close_commission


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
    lesson = Lesson(
        kind=LearningKind.ORGANISATIONAL,
        description=finding.statement,
        citations=citations,
        is_gap=is_gap,
        names_confirmed=True,  # those concerned have read it, and said whether its facts are right
    )
    point = learn_from_finding(
        session, finding, lesson, review=review, requirement_key=requirement_key, by=by
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


def close_theme(session: Session, commission: Commission, *, by: Person) -> None:
    """Close a theme once what was accepted is an action; unless nothing was not met, so that none can be."""
    accepted = session.scalars(
        select(Recommendation.id)
        .join(Finding, Finding.id == Recommendation.finding_id)
        .outerjoin(RecommendationAction, RecommendationAction.recommendation_id == Recommendation.id)
        .where(
            Finding.commission_id == commission.id,
            Recommendation.decision == Decision.ACCEPTED,
            RecommendationAction.recommendation_id.is_(None),
        )
    ).all()
    if accepted and _has_something_not_met(session, commission):
        count = (
            "1 accepted recommendation is not an action"
            if len(accepted) == 1
            else f"{len(accepted)} accepted recommendations are not actions"
        )
        raise Refused(f"{count} yet. Turn {'it into one' if len(accepted) == 1 else 'them into some'} first.")
    close_commission(session, commission, by=by)


def _has_something_not_met(session: Session, commission: Commission) -> bool:
    """Whether a finding of the theme could cite a review with a requirement that was not met."""
    not_met = (
        select(Answer.review_id)
        .join(Review, Review.id == Answer.review_id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(CommissionPlan, CommissionPlan.plan_id == Draw.plan_id)
        .where(
            CommissionPlan.commission_id == commission.id,
            Review.state == ReviewState.SUBMITTED,
            Answer.response == ResponseValue.NOT_MET,
            in_sample(),
        )
    )
    return session.scalars(not_met).first() is not None


def actions_of_recommendations(session: Session, recommendation_ids: Sequence[int]) -> dict[int, int]:
    """Which recommendations have become which actions."""
    rows = session.execute(
        select(RecommendationAction.recommendation_id, RecommendationAction.action_id).where(
            RecommendationAction.recommendation_id.in_(recommendation_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
