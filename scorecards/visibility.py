"""Which reviews a person may see: written once, used by every query that shows a score or its traces.

Blindness: whoever reviews for QA sees nothing of a manager's review of an open case until the
second score of that very review is in. Not its score, and nothing derived from it. Where a second scoring
takes the reviews by their verdicts, one verdict tells something of the next: there they wait for the last
score. And of a pair that somebody is to adjudicate they see neither review before it is decided.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from functools import cache
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

from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, roles_of, teams_managed
from sampling.sealing import BLIND_ROLES as BLIND_ROLES
from sampling.sealing import tells_verdicts
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from scorecards.tables import Review, ReviewState, SecondScoring
from scorecards.tables_agreement import Adjudication

T = TypeVar("T")

# Made once: an alias copies every column of its table, which at each question takes longer than the answer.
_SECOND, _SCORE = aliased(Review), aliased(Review)
_OWN_CASE, _SIBLING = aliased(SampledCase), aliased(SampledCase)
_RUNNING, _CLOSED = aliased(Draw), aliased(Draw)


@cache
def route_of_review() -> ColumnElement[str]:
    """The route of a review's frame, as a correlated scalar."""
    return _of_frame(select(Frame.route))


@cache
def team_of_review() -> ColumnElement[int | None]:
    """The team whose month a review belongs to; None for other routes."""
    return _of_frame(select(Frame.team_id))


def has_route(route: Route) -> ColumnElement[bool]:
    """The condition on Review that it is of a sample of this route."""
    draws = (
        select(Draw.id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == route)
        .correlate(None)
    )
    return _is_of_draws(draws)


@cache
def team_of_case() -> ColumnElement[int | None]:
    """The team a review's case had when its frame was frozen, as a correlated scalar."""
    return (
        select(FrameCase.team_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .where(SampledCase.id == Review.sampled_case_id)
        .correlate(Review)
        .scalar_subquery()
    )


def may_see_review(
    session: Session, person: Person, *, sealed: ColumnElement[bool] | None = None
) -> ColumnElement[bool]:
    """The condition on Review that its results may be shown to this person now.

    `sealed` is what `is_sealed_for` says, where the query has a list of those reviews.
    """
    roles = roles_of(session, person)
    seen: list[ColumnElement[bool]] = []
    if roles & {Role.HEAD, Role.QA_REVIEWER}:
        seen.append(true())
    if Role.THEMATIC_REVIEWER in roles:
        seen.append(has_route(Route.THEMATIC))
    teams = teams_managed(session, person)
    if teams:
        seen.append(_is_of_teams_month(teams))
    submitted = Review.state == ReviewState.SUBMITTED
    if sealed is None:
        sealed = is_sealed_for(session, person)
    return or_(Review.reviewer_id == person.id, and_(submitted, or_(false(), *seen), not_(sealed)))


def is_sealed_for(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that this person must not know it, nor what was derived from it.

    Somebody who manages a team besides reviewing for QA, or heading the office, also waits for the
    last score of a second scoring: before it, either review would tell which of the team's cases
    are in it.
    """
    blind = bool(roles_of(session, person) & BLIND_ROLES)
    teams = teams_managed(session, person)
    sealed: list[ColumnElement[bool]] = []
    if blind:
        sealed.append(and_(has_route(Route.OPEN), not_(second_score_is_in())))
        sealed.append(is_to_be_adjudicated())
        by_verdict = _running_by_verdict(session)
        if by_verdict:
            sealed.append(_is_scored_again_in(by_verdict))
    if blind and teams:
        sealed.append(
            and_(has_route(Route.OPEN), team_of_case().in_(teams), not_(second_sample_is_complete()))
        )
    if teams:
        sealed.append(and_(is_running_second(), team_of_case().in_(teams)))
    return and_(or_(false(), *sealed), Review.reviewer_id != person.id)


@cache
def second_score_is_in() -> ColumnElement[bool]:
    """The condition on Review, of a manager, that its second score has been submitted."""
    return exists(
        select(SecondScoring.sampled_case_id)
        .join(_SECOND, _SECOND.sampled_case_id == SecondScoring.sampled_case_id)
        .where(SecondScoring.manager_review_id == Review.id, _SECOND.state == ReviewState.SUBMITTED)
        .correlate(Review)
    )


@cache
def second_sample_is_complete() -> ColumnElement[bool]:
    """The condition on Review, of a manager, that the second scoring it is in has its last score."""
    return exists(
        select(SecondScoring.sampled_case_id)
        .join(_OWN_CASE, _OWN_CASE.id == SecondScoring.sampled_case_id)
        .where(SecondScoring.manager_review_id == Review.id, _is_complete(_OWN_CASE.draw_id))
        .correlate(Review)
    )


@cache
def is_to_be_adjudicated() -> ColumnElement[bool]:
    """The condition on Review that it is one of the two of a pair that waits for a third person."""
    waiting = select(Adjudication.sampled_case_id).where(Adjudication.decided_at.is_(None)).correlate(None)
    managers = (
        select(SecondScoring.manager_review_id)
        .where(SecondScoring.sampled_case_id.in_(waiting))
        .correlate(None)
    )
    return or_(Review.id.in_(managers), Review.sampled_case_id.in_(waiting))


def may_be_scored_again(session: Session) -> ColumnElement[bool]:
    """The condition on Review that it is a manager's, and QA may still have to score its case blind.

    It no longer may once a second scoring that held it in its frame has its last score, whether it was
    drawn in that or not.
    """
    complete = session.execute(
        select(Frame.period_from, Frame.period_until, Frame.frozen_at)
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Frame.route == Route.SECOND, Draw.closed_at.is_not(None), Plan.voided_at.is_(None))
    )
    passed = [
        and_(
            Review.submitted_at >= datetime.combine(first, time(), OFFICE_TIME),
            Review.submitted_at < datetime.combine(until + timedelta(days=1), time(), OFFICE_TIME),
            Review.submitted_at <= frozen_at,
        )
        for first, until, frozen_at in complete
        if first is not None and until is not None
    ]
    managers = and_(has_route(Route.OPEN), Review.state == ReviewState.SUBMITTED)
    return and_(managers, not_(or_(false(), *passed)))


def _running_by_verdict(session: Session) -> list[int]:
    """The draws of second scorings by the managers' verdicts that wait for a score."""
    running = (
        select(Draw)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.SECOND, Draw.closed_at.is_(None))
    )
    return [draw.id for draw in session.scalars(running) if tells_verdicts(draw.plan)]


def _is_scored_again_in(draws: Sequence[int]) -> ColumnElement[bool]:
    return exists(
        select(SecondScoring.sampled_case_id)
        .join(_OWN_CASE, _OWN_CASE.id == SecondScoring.sampled_case_id)
        .where(SecondScoring.manager_review_id == Review.id, _OWN_CASE.draw_id.in_(draws))
        .correlate(Review)
    )


@cache
def is_running_second() -> ColumnElement[bool]:
    """The condition on Review that it is a second score of a second scoring still under way."""
    running = (
        select(_RUNNING.id)
        .join(Plan, Plan.id == _RUNNING.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.SECOND, not_(_is_complete(_RUNNING.id)))
        .correlate(None)
    )
    return _is_of_draws(running)


def _is_complete(draw_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    outstanding = (
        select(_SIBLING.id)
        .outerjoin(_SCORE, and_(_SCORE.sampled_case_id == _SIBLING.id, _SCORE.state == ReviewState.SUBMITTED))
        .where(_SIBLING.draw_id == draw_id, _SCORE.id.is_(None))
    )
    # A draw that is closed need not be gone through case by case; one of before there was a register is not.
    closed = exists(select(_CLOSED.id).where(_CLOSED.id == draw_id, _CLOSED.closed_at.is_not(None)))
    return or_(closed, not_(exists(outstanding)))


def _is_of_teams_month(teams: Collection[int]) -> ColumnElement[bool]:
    """The condition on Review that it is of the open sample of one of these teams."""
    draws = (
        select(Draw.id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.OPEN, Frame.team_id.in_(teams))
        .correlate(None)
    )
    return _is_of_draws(draws)


def _is_of_draws(draws: Select[int]) -> ColumnElement[bool]:
    """The condition on Review that its case was drawn in one of these."""
    # Of one review PostgreSQL looks its case up; of all, it lists the cases of the draws once.
    return exists(
        select(SampledCase.id)
        .where(SampledCase.id == Review.sampled_case_id, SampledCase.draw_id.in_(draws))
        .correlate(Review)
    )


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
