"""Which learning points a person may see: written once, used by every query and action on learning."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select
from sqlalchemy.orm import Session, aliased

from learning_register.tables import LearningPoint
from sampling.records.people import Person, Role, roles_of, teams_managed
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.tables import Review, ReviewState
from scorecards.visibility import (
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
    from_review = [of_review(may_see_review(session, person))]
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
            and_(_is_for(session, person, teams), not_(_is_of_a_case(sealed, among_all=among_all))),
        ),
    )
    fed_back = and_(LearningPoint.fed_back_to_id == person.id, not_(_is_sealed(sealed)))
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
    return _is_sealed(is_sealed_for(session, person))


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


def _is_sealed(sealed: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(
        _of_its_review(or_(sealed, is_running_second())),
        and_(LearningPoint.review_id.is_(None), _is_of_a_case(sealed, among_all=False)),
    )


def _is_of_a_case(sealed: ColumnElement[bool], *, among_all: bool) -> ColumnElement[bool]:
    """The condition on a point without a review that it may derive from one, of its case, that is sealed."""
    point = aliased(LearningPoint) if among_all else LearningPoint
    since = (
        select(FrameCase.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .where(FrameCase.case_id == point.case_id, Review.started_at <= point.logged_at, sealed)
    )
    if not among_all:
        return exists(since.correlate(LearningPoint))
    # Asked of the few points that have a case of their own, and not of every point.
    return LearningPoint.id.in_(select(point.id).where(point.case_id.is_not(None), exists(since)))
