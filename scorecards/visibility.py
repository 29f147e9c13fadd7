"""Which reviews a person may see: written once, used by every query that shows a score or its traces.

Blindness: whoever reviews for QA sees nothing of a manager's review of an open case until the
second score of that very review is in. Not its score, and nothing derived from it.
"""

from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    false,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from sampling.records.people import Person, Role, roles_of, teams_managed
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.tables import Review, ReviewState, SecondScoring

T = TypeVar("T")

BLIND_ROLES = frozenset({Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


def route_of_review() -> ColumnElement[str]:
    """The route of a review's frame, as a correlated scalar."""
    return _of_frame(select(Frame.route))


def team_of_review() -> ColumnElement[int | None]:
    """The team whose month a review belongs to; None for other routes."""
    return _of_frame(select(Frame.team_id))


def may_see_review(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that its results may be shown to this person now."""
    roles = roles_of(session, person)
    seen: list[ColumnElement[bool]] = []
    if roles & {Role.HEAD, *BLIND_ROLES}:
        seen.append(true())
    teams = teams_managed(session, person)
    if teams:
        seen.append(and_(route_of_review() == Route.OPEN, team_of_review().in_(teams)))
    submitted = Review.state == ReviewState.SUBMITTED
    return or_(
        Review.reviewer_id == person.id,
        and_(submitted, or_(false(), *seen), not_(is_sealed_for(session, person))),
    )


def is_sealed_for(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that this person must not know it, nor what was derived from it."""
    if not roles_of(session, person) & BLIND_ROLES:
        return false()
    return and_(
        route_of_review() == Route.OPEN,
        Review.reviewer_id != person.id,
        not_(second_score_is_in()),
    )


def second_score_is_in() -> ColumnElement[bool]:
    """The condition on Review, of a manager, that its second score has been submitted."""
    second = aliased(Review)
    return exists(
        select(SecondScoring.sampled_case_id)
        .join(second, second.sampled_case_id == SecondScoring.sampled_case_id)
        .where(SecondScoring.manager_review_id == Review.id, second.state == ReviewState.SUBMITTED)
        .correlate(Review)
    )


def sample_is_complete() -> ColumnElement[bool]:
    """The condition on Review that every case of its draw has a submitted review."""
    own_case, sibling, score = aliased(SampledCase), aliased(SampledCase), aliased(Review)
    outstanding = (
        select(sibling.id)
        .join(own_case, own_case.draw_id == sibling.draw_id)
        .outerjoin(score, and_(score.sampled_case_id == sibling.id, score.state == ReviewState.SUBMITTED))
        .where(own_case.id == Review.sampled_case_id, score.id.is_(None))
        .correlate(Review)
    )
    return not_(exists(outstanding))


def may_see_learning(
    session: Session, person: Person, team_id: SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """The condition, on a Review joined to what was learned from it, that a person may see the learning.

    A line manager also sees what was learned about their team in other routes; of a second
    scoring only when its last score is in, since before that it would tell which cases are in it.
    """
    condition = may_see_review(session, person)
    teams = teams_managed(session, person)
    if not teams:
        return condition
    route = route_of_review()
    told = and_(
        Review.state == ReviewState.SUBMITTED,
        team_id.in_(teams),
        route != Route.OPEN,
        or_(route != Route.SECOND, sample_is_complete()),
    )
    return or_(condition, told)


def _of_frame(columns: Select[T]) -> ColumnElement[T]:
    return (
        columns.select_from(SampledCase)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(SampledCase.id == Review.sampled_case_id)
        .correlate(Review)
        .scalar_subquery()
    )
