"""What reviews show of what an action was to improve, before and after it was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from learning_register.action_rights import check_may_see_action
from learning_register.aims import default_aims, named_aims, requirements_of
from learning_register.citations import LearningKind
from learning_register.effectiveness import BeforeAndAfter, compare
from learning_register.follow_up import PROPOSED, Result
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, may_act_as
from sampling.tables import Frame, FrameCase, Route, SampledCase, in_sample
from scorecards.card_changes import same_meaning_since
from scorecards.cards import scorecard_from
from scorecards.requirements import ResponseValue, Scorecard
from scorecards.tables import Answer, Review, ReviewState, ScorecardVersion
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
class ItemEffect:
    """One requirement that an action was to improve, with the card it is on, before and after."""

    requirement: str
    scorecard: str
    counts: BeforeAndAfter


@dataclass(frozen=True)
class ActionEffect:
    """What failed of an action's requirements before and after, as far as a reader may see the reviews.

    `counts` are reviews: one fails when any of the requirements does. `team` is None for the whole office.
    `is_chosen` says that this reader sees only reviews that were chosen for second scoring by their result:
    nothing can be concluded from those.
    """

    items: tuple[ItemEffect, ...]
    is_open: bool
    of_office: bool
    team: str | None
    since: date
    done_on: date
    counts: BeforeAndAfter
    is_chosen: bool

    @property
    def proposed(self) -> Result | None:
        """What the product proposes to the verifier; nothing from reviews chosen by their result."""
        return None if self.is_chosen else PROPOSED[self.counts.verdict]


@dataclass(frozen=True)
class _Item:
    """A requirement in one meaning: the versions of its card in which it asks the same."""

    requirement_key: str
    requirement: str
    scorecard: str
    version_ids: tuple[int, ...]


def action_effect(session: Session, action_id: int, person: Person) -> ActionEffect | None:
    """Did an action work? None while it is not done, and where no samples speak of what it was to improve.

    Before are the twelve months up to the day the learning was logged and on to the day the action was
    done; after is every later day. What counts is the day on which a closed case was closed, and an open
    one's file was read. Counted are the answers to the requirements named, in the meaning they had when the
    action was done; where none is named, to the one it was learned from, as it was then. They are those of
    the team for individual learning and else of the whole office; of open cases where it was learned from
    one, and else of the central samples. A theme's own requirement is not compared. A file in which it
    cannot be assessed counts as not met. The review it was learned from is left out: it was picked because
    it failed.
    """
    action = session.get_one(FollowUpAction, action_id)
    check_may_see_action(session, action, person)
    point, named = action.learning_point, named_aims(action)
    route = _route_of(point, is_named=bool(named))
    items = _items_of(session, action) if action.done_on is not None and route is not None else []
    if action.done_on is None or route is None or not items:
        return None
    since = _a_year_before(point.logged_at.astimezone(OFFICE_TIME).date())
    of_team = point.kind == LearningKind.INDIVIDUAL
    answers = _answers(items, route, action.done_on).where(
        Frame.route == route,
        _is_since(route, since),
        FrameCase.team_id == point.team_id if of_team else true(),
        Review.id != point.review_id if point.review_id is not None else true(),
        may_see_review(session, person),
    )
    is_chosen = route == Route.OPEN and may_act_as(session, person, BLIND_ROLES)
    return ActionEffect(
        items=tuple(
            ItemEffect(item.requirement, item.scorecard, counts)
            for item, counts in zip(items, _of_each(session, answers, len(items)), strict=True)
        ),
        is_open=route == Route.OPEN,
        of_office=not of_team,
        team=point.team.name if of_team and point.team else None,
        since=since,
        done_on=action.done_on,
        counts=_of_reviews(session, answers),
        is_chosen=is_chosen,
    )


def _route_of(point: LearningPoint, *, is_named: bool) -> Route | None:
    """The samples that speak of what was learned; of what came from elsewhere, the central ones."""
    elsewhere = Route.CENTRAL if is_named else None
    if point.review is None:
        return elsewhere
    return _COMPARED_WITH.get(Route(point.review.sampled_case.draw.plan.frame.route), elsewhere)


def _items_of(session: Session, action: FollowUpAction) -> list[_Item]:
    """The requirements an action was to improve, each once, with the versions in which they ask the same."""
    point, named = action.learning_point, named_aims(action)
    cards = _published(session)
    then = {
        key: _version_on(versions, action.done_on) if named or point.review is None else None
        for key, versions in cards.items()
    }
    if not named and point.review is not None:
        then[point.review.scorecard_version.key] = point.review.scorecard_version_id
    asked = [cards[key][version_id][1] for key, version_id in then.items() if version_id is not None]
    wanted = {
        (card.key, requirement.key): (card, requirement)
        for aim in named or default_aims(session, point)
        for card, requirement in requirements_of(session, aim, asked)
    }
    return [
        _Item(requirement.key, requirement.text, card.title, _alike(cards[card.key], card, requirement.key))
        for card, requirement in wanted.values()
    ]


# The versions of one card that were ever published, oldest first: by id, since when, and the card.
_Versions = Mapping[int, tuple[date, Scorecard]]


def _published(session: Session) -> Mapping[str, _Versions]:
    rows = session.execute(
        select(
            ScorecardVersion.key,
            ScorecardVersion.id,
            ScorecardVersion.published_at,
            ScorecardVersion.definition,
        )
        .where(ScorecardVersion.published_at.is_not(None))
        .order_by(ScorecardVersion.key, ScorecardVersion.version)
    )
    found: dict[str, dict[int, tuple[date, Scorecard]]] = {}
    for key, version_id, published_at, definition in rows:
        if published_at is None:
            continue
        published_on = published_at.astimezone(OFFICE_TIME).date()
        found.setdefault(key, {})[version_id] = (published_on, scorecard_from(definition))
    return found


def _version_on(versions: _Versions, day: date | None) -> int | None:
    """The id of the version that was the newest on a day; None before the first."""
    published = [version_id for version_id, (since, _) in versions.items() if day is None or since <= day]
    return published[-1] if published else None


def _alike(versions: _Versions, asked: Scorecard, requirement_key: str) -> tuple[int, ...]:
    """The versions in which a requirement means what it means on one of them."""
    cards = [card for _, card in versions.values()]
    since = {
        version_id: same_meaning_since(cards[: number + 1], requirement_key)
        for number, (version_id, (_, card)) in enumerate(versions.items())
        if any(each.key == requirement_key for each in card.requirements)
    }
    wanted = next(first for number, first in since.items() if versions[number][1].version == asked.version)
    return tuple(version_id for version_id, first in since.items() if first == wanted)


def _answers(items: Sequence[_Item], route: Route, done_on: date) -> Select[Any]:
    """Of every counted answer its review, the item it answers, whether it fails, and whether it is after."""
    are = [
        and_(
            Review.scorecard_version_id.in_(item.version_ids), Answer.requirement_key == item.requirement_key
        )
        for item in items
    ]
    return (
        select(
            Review.id.label("review_id"),
            case(*((condition, number) for number, condition in enumerate(are))).label("item"),
            case((Answer.response.in_(_FAILS), 1), else_=0).label("failed"),
            case((_is_since(route, done_on + timedelta(days=1)), 1), else_=0).label("is_after"),
        )
        .select_from(Review)
        .join(Answer, Answer.review_id == Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .where(
            or_(*are),
            Review.state == ReviewState.SUBMITTED,
            Review.file_found,
            Answer.response.in_(_COUNTED),
            in_sample(),
        )
    )


def _of_each(session: Session, answers: Select[Any], items: int) -> list[BeforeAndAfter]:
    """The answers to each requirement, before and after."""
    given = answers.subquery()
    rows = session.execute(
        select(given.c.item, given.c.is_after, func.sum(given.c.failed), func.count()).group_by(
            given.c.item, given.c.is_after
        )
    )
    found = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}
    return [
        compare(found.get((number, 0), (0, 0)), found.get((number, 1), (0, 0))) for number in range(items)
    ]


def _of_reviews(session: Session, answers: Select[Any]) -> BeforeAndAfter:
    """The reviews that answer any of the requirements, before and after; one fails with any of them."""
    given = answers.subquery()
    reviews = (
        select(given.c.is_after, func.max(given.c.failed).label("failed"))
        .group_by(given.c.review_id, given.c.is_after)
        .subquery()
    )
    rows = session.execute(
        select(reviews.c.is_after, func.sum(reviews.c.failed), func.count()).group_by(reviews.c.is_after)
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    return compare(found.get(0, (0, 0)), found.get(1, (0, 0)))


def _is_since(route: Route, day: date) -> ColumnElement[bool]:
    if route == Route.OPEN:
        return Review.file_read_at >= datetime.combine(day, time(), OFFICE_TIME)
    return FrameCase.closed_on >= day


def _a_year_before(day: date) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(years=1)).date()
