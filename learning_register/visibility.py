"""Which learning points a person may see: written once, used by every query and action on learning."""

from collections.abc import Collection

from sqlalchemy import CTE, ColumnElement, and_, exists, false, not_, or_, select
from sqlalchemy.orm import Session, aliased

from learning_register.tables import LearningPoint
from sampling.records.people import Person, Role, roles_of, teams_managed
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.tables import Review, ReviewState
from scorecards.visibility import (
    BLIND_ROLES,
    has_route,
    is_running_second,
    is_sealed_for,
    may_see_review,
)


def may_see_point(session: Session, person: Person, *, among_all: bool = False) -> ColumnElement[bool]:
    """The condition on a learning point that a person may see it.

    What came from a review is seen by those who may see that learning. What did not is seen by whoever
    logged it, the Head, those who review for QA, and the manager of its team. Whoever it was fed back to
    sees it too. None of this unseals anything: what was logged about a case since a review began that is
    sealed from somebody is not for them, and nothing tells a manager which cases are scored again.

    `among_all` says the same for a query that goes through all points, where it is quicker to ask of every
    review once than of every point.
    """
    of_review = _of_any_review if among_all else _of_its_review
    sealed, teams = is_sealed_for(session, person), teams_managed(session, person)
    of_sealed_case = _is_of_a_case(sealed)
    if among_all and roles_of(session, person) & BLIND_ROLES:  # else nothing is sealed, or little
        listed = select(Review.id, Review.sampled_case_id, Review.started_at).where(sealed).cte()
        sealed, of_sealed_case = Review.id.in_(select(listed.c.id)), _is_of_a_listed_case(listed)
    from_review = [of_review(may_see_review(session, person, sealed=sealed))]
    if teams:
        told_to_manager = and_(
            Review.state == ReviewState.SUBMITTED,
            not_(has_route(Route.OPEN)),
            not_(is_running_second()),
        )
        from_review.append(and_(LearningPoint.team_id.in_(teams), _of_its_review(told_to_manager)))
    from_elsewhere = and_(
        LearningPoint.review_id.is_(None),
        or_(
            LearningPoint.logged_by_id == person.id,
            and_(_is_for(session, person, teams), not_(of_sealed_case)),
        ),
    )
    # "Not distinct" is false where nobody was told: after an unknown all that follows would be asked too.
    told = LearningPoint.fed_back_to_id.is_not_distinct_from(person.id)
    fed_back = and_(told, not_(_is_sealed(of_review(or_(sealed, is_running_second())), of_sealed_case)))
    return and_(LearningPoint.is_complete, or_(*from_review, from_elsewhere, fed_back))


def check_may_see_point(session: Session, point: LearningPoint, by: Person) -> None:
    """Refuse unless the person may see the learning point."""
    seen = session.scalars(
        select(LearningPoint.id).where(LearningPoint.id == point.id, may_see_point(session, by))
    ).first()
    if seen is None:
        raise Refused("This learning point is not for you to see, so you cannot act on it.")


def is_sealed_point(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on a learning point that it is kept from this person, whatever else lets them see it.

    It would tell somebody who reviews for QA what a manager found, or which cases a second scoring holds.
    """
    sealed = is_sealed_for(session, person)
    return _is_sealed(_of_its_review(or_(sealed, is_running_second())), _is_of_a_case(sealed))


def _of_its_review(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on Review, of the review that a point came from."""
    return exists(
        select(Review.id).where(Review.id == LearningPoint.review_id, condition).correlate(LearningPoint)
    )


def _of_any_review(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return LearningPoint.review_id.in_(select(Review.id).where(condition))


def _is_for(session: Session, person: Person, teams: Collection[int]) -> ColumnElement[bool]:
    if roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}:
        return LearningPoint.id.is_not(None)
    return LearningPoint.team_id.in_(teams) if teams else false()


def _is_sealed(of_review: ColumnElement[bool], of_case: ColumnElement[bool]) -> ColumnElement[bool]:
    # Each said of its own points alone: of those without a review "in" would be neither true nor false.
    return or_(
        and_(LearningPoint.review_id.is_not(None), of_review),
        and_(LearningPoint.review_id.is_(None), of_case),
    )


def _is_of_a_case(sealed: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on a point without a review that it may derive from one, of its case, that is sealed."""
    return exists(
        select(FrameCase.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .where(
            FrameCase.case_id == LearningPoint.case_id, Review.started_at <= LearningPoint.logged_at, sealed
        )
        .correlate(LearningPoint)
    )


def _is_of_a_listed_case(sealed: CTE) -> ColumnElement[bool]:
    """The same of all points at once, by the list of the reviews that are sealed."""
    point = aliased(LearningPoint)
    return LearningPoint.id.in_(
        select(point.id)
        .join(FrameCase, FrameCase.case_id == point.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(sealed, sealed.c.sampled_case_id == SampledCase.id)
        # Said though the join says it: few points have a case of their own, and PostgreSQL begins with those.
        .where(point.case_id.is_not(None), sealed.c.started_at <= point.logged_at)
    )
