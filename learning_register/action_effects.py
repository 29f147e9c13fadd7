"""What reviews show of a requirement before and after an action that came from it was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.effectiveness import BeforeAndAfter, before_and_after
from learning_register.following_up import check_may_see_action
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from sampling.records.database import OFFICE_TIME, total
from sampling.records.people import Person, may_act_as
from sampling.tables import Frame, FrameCase, Route, SampledCase, in_sample
from scorecards.card_changes import same_meaning_since
from scorecards.requirements import ResponseValue, Scorecard
from scorecards.standing import versions_by_id
from scorecards.tables import Answer, Review, ReviewState
from scorecards.visibility import BLIND_ROLES, may_see_review

_FAILS: Final = (ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS)
_COUNTED: Final = (ResponseValue.MET, *_FAILS)
# What was learned from a second score is about an open case; a theme's cases were drawn for its question.
_COMPARED_WITH: Final = {
    Route.OPEN: Route.OPEN,
    Route.SECOND: Route.OPEN,
    Route.CENTRAL: Route.CENTRAL,
}


@dataclass(frozen=True)
class ActionEffect:
    """The failures of an action's requirement before and after, as far as a reader may see the reviews.

    `team` is None for the whole office. `is_chosen` says that this reader sees only reviews that were
    chosen for second scoring by their result: nothing can be concluded from those.
    """

    requirement: str
    is_open: bool
    of_office: bool
    team: str | None
    since: date
    done_on: date
    counts: BeforeAndAfter
    is_chosen: bool


def action_effect(session: Session, action_id: int, person: Person) -> ActionEffect | None:
    """Did a finished action work? None while it is open, and for what was learned from a theme.

    Before are the twelve months up to the day the learning was logged and on to the day the action was
    done; after is every later day. What counts is the day on which a closed case was closed, and an open
    one's file was read. Counted are the answers to the same requirement in the same meaning, of the team
    for individual learning and else of the whole office. A file in which it cannot be assessed counts as
    not met. The review it was learned from is left out: it was picked because it failed.
    """
    action = session.get_one(FollowUpAction, action_id)
    check_may_see_action(session, action, person)
    point = action.learning_point
    route = _COMPARED_WITH.get(Route(point.review.sampled_case.draw.plan.frame.route))
    if action.done_on is None or route is None:
        return None
    since = _a_year_before(point.logged_at.astimezone(OFFICE_TIME).date())
    cards = versions_by_id(session, point.review.scorecard_version.key)
    of_team = point.kind == LearningKind.INDIVIDUAL
    reviews = (
        select(
            _is_after(route, action.done_on).label("is_after"),
            func.count().label("reviewed"),
            total(Answer.response.in_(_FAILS)).label("failed"),
        )
        .select_from(Review)
        .join(Answer, Answer.review_id == Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .where(
            Frame.route == route,
            _is_since(route, since),
            FrameCase.team_id == point.team_id if of_team else true(),
            Review.scorecard_version_id.in_(_alike(cards, point)),
            Review.state == ReviewState.SUBMITTED,
            Review.file_found,
            Review.id != point.review_id,
            Answer.requirement_key == point.requirement_key,
            Answer.response.in_(_COUNTED),
            in_sample(),
            may_see_review(session, person),
        )
        .group_by("is_after")
    )
    found = {row.is_after: (row.failed, row.reviewed) for row in session.execute(reviews)}
    card = cards[point.review.scorecard_version_id]
    return ActionEffect(
        requirement=next(each.text for each in card.requirements if each.key == point.requirement_key),
        is_open=route == Route.OPEN,
        of_office=not of_team,
        team=point.team.name if of_team and point.team else None,
        since=since,
        done_on=action.done_on,
        counts=before_and_after(*found.get(0, (0, 0)), *found.get(1, (0, 0))),
        is_chosen=route == Route.OPEN and may_act_as(session, person, BLIND_ROLES),
    )


def _alike(cards: Mapping[int, Scorecard], point: LearningPoint) -> list[int]:
    """The versions in which the requirement means what it meant when something was learned from it."""
    versions = list(cards.values())
    since = {
        version_id: same_meaning_since(versions[: number + 1], point.requirement_key)
        for number, (version_id, card) in enumerate(cards.items())
        if any(each.key == point.requirement_key for each in card.requirements)
    }
    wanted = since[point.review.scorecard_version_id]
    return [version_id for version_id, first in since.items() if first == wanted]


def _is_since(route: Route, day: date) -> ColumnElement[bool]:
    if route == Route.OPEN:
        return Review.file_read_at >= _start_of(day)
    return FrameCase.closed_on >= day


def _is_after(route: Route, day: date) -> ColumnElement[int]:
    """1 for a case looked at after that day, 0 for one before."""
    return case((_is_since(route, day + timedelta(days=1)), 1), else_=0)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), OFFICE_TIME)


def _a_year_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()
