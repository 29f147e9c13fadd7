"""Which learning points a person may see: written once, used by every query and action on learning."""

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select
from sqlalchemy.orm import Session

from learning_register.tables import LearningPoint
from sampling.records.people import Person, Role, roles_of, teams_managed
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase
from scorecards.tables import Review
from scorecards.visibility import is_sealed_for, may_see_learning


def may_see_point(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition, on a learning point outer-joined to its review, that a person may see it.

    What came from a review is seen by those who may see that learning. What did not is seen by whoever
    logged it, the Head, those who review for QA, and the manager of its team; but not by somebody who is
    to score its case blind while a manager's review of that case is sealed from them.
    """
    from_review = and_(
        LearningPoint.review_id.is_not(None), may_see_learning(session, person, LearningPoint.team_id)
    )
    from_elsewhere = and_(
        LearningPoint.review_id.is_(None),
        or_(
            LearningPoint.logged_by_id == person.id,
            and_(_is_for(session, person), not_(_is_of_a_sealed_case(session, person))),
        ),
    )
    return and_(LearningPoint.is_complete, or_(from_review, from_elsewhere))


def check_may_see_point(session: Session, point: LearningPoint, by: Person) -> None:
    """Refuse unless the person may see the learning point."""
    seen = session.scalars(
        select(LearningPoint.id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .where(LearningPoint.id == point.id, may_see_point(session, by))
    ).first()
    if seen is None:
        raise Refused("This learning point is not for you to see, so you cannot act on it.")


def _is_for(session: Session, person: Person) -> ColumnElement[bool]:
    roles = roles_of(session, person)
    if roles & {Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}:
        return LearningPoint.id.is_not(None)
    teams = teams_managed(session, person)
    return LearningPoint.team_id.in_(teams) if teams else false()


def _is_of_a_sealed_case(session: Session, person: Person) -> ColumnElement[bool]:
    return exists(
        select(Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(FrameCase.case_id == LearningPoint.case_id, is_sealed_for(session, person))
        .correlate(LearningPoint)
    )
