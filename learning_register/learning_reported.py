"""What was learned and done in a period, as reports count it: no names, and nothing that has to stay sealed.

Learning from a second scoring under way is left out, whoever asks: it would tell managers which of their
cases are in it. What is for everybody also leaves out what managers learned from reviews that QA may still
have to score blind.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session, selectinload

from learning_register.citations import LearningKind
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.tables_policy import CharterCommitment, PolicyVersion
from learning_register.visibility import may_see_point
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Team
from sampling.tables import FrameCase, SampledCase
from scorecards.tables import Review
from scorecards.visibility import is_running_second, may_be_scored_again


@dataclass(frozen=True)
class ReportedPoint:
    """A learning point without people. `paragraphs` are document, reference and title."""

    id: int
    kind: LearningKind
    description: str
    is_gap: bool
    team: str | None
    root_cause: str | None
    may_be_published: bool
    is_for_everybody: bool  # it tells nothing of a review that QA may still have to score blind
    paragraphs: tuple[tuple[str, str, str], ...]
    commitments: tuple[int, ...]


@dataclass(frozen=True)
class DoneAction:
    """What was done about a learning point, and on which day; the last one if it was done more than once."""

    point: ReportedPoint
    description: str
    done_on: date
    result: str | None


def points_reported(session: Session, person: Person, *, first: date, last: date) -> list[ReportedPoint]:
    """The learning points logged in a period that a report may count, oldest first."""
    begins, ends = (datetime.combine(day, time(), OFFICE_TIME) for day in (first, last + timedelta(days=1)))
    logged = and_(LearningPoint.logged_at >= begins, LearningPoint.logged_at < ends)
    names = _documents(session)
    found = _points(session, person, logged)
    kept = _kept_from_reviewers(session, found)
    return [_reported(point, names, kept) for point in found]


def actions_reported(session: Session, person: Person, *, first: date, last: date) -> list[DoneAction]:
    """The actions done in a period that a report may tell of, by the day they were done."""
    actions = session.scalars(
        select(FollowUpAction)
        .where(FollowUpAction.done_on.between(first, last))
        .order_by(FollowUpAction.done_on, FollowUpAction.id)
    ).all()
    of_actions = LearningPoint.id.in_({action.learning_point_id for action in actions})
    names = _documents(session)
    found = _points(session, person, of_actions)
    kept = _kept_from_reviewers(session, found)
    points = {point.id: _reported(point, names, kept) for point in found}
    return [
        DoneAction(points[action.learning_point_id], action.description, action.done_on, action.result)
        for action in actions
        if action.learning_point_id in points and action.done_on is not None
    ]


def teams_and_commitments(session: Session) -> tuple[list[str], dict[int, str]]:
    """All areas in which there could be learning: the teams by name, and the commitments by number."""
    teams = session.scalars(select(Team.name).order_by(Team.name)).all()
    commitments = session.execute(
        select(CharterCommitment.number, CharterCommitment.summary).order_by(CharterCommitment.number)
    )
    return list(teams), {row[0]: row[1] for row in commitments}


def _documents(session: Session) -> dict[str, str]:
    """What the documents are called in short, by their keys: as their newest version calls them."""
    rows = session.execute(
        select(PolicyVersion.document, PolicyVersion.short_name).order_by(PolicyVersion.version_date)
    )
    return {row[0]: row[1] for row in rows}


def _points(session: Session, person: Person, wanted: ColumnElement[bool]) -> Sequence[LearningPoint]:
    return session.scalars(
        select(LearningPoint)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .where(
            wanted,
            may_see_point(session, person),
            or_(LearningPoint.review_id.is_(None), not_(is_running_second())),
        )
        .options(
            selectinload(LearningPoint.citations),
            selectinload(LearningPoint.commitments),
            selectinload(LearningPoint.team),
            selectinload(LearningPoint.root_cause),
        )
        .order_by(LearningPoint.logged_at, LearningPoint.id)
    ).all()


def _kept_from_reviewers(session: Session, points: Sequence[LearningPoint]) -> set[int]:
    """Those of some points, by their numbers, that come from a review which may still be scored again.

    Or may come from one: what was logged by hand of its case since it began.
    """
    numbers, again = {point.id for point in points}, may_be_scored_again(session)
    of_review = select(LearningPoint.id).join(Review, Review.id == LearningPoint.review_id)
    of_case = (
        select(LearningPoint.id)
        .join(FrameCase, FrameCase.case_id == LearningPoint.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .where(LearningPoint.review_id.is_(None), Review.started_at <= LearningPoint.logged_at)
    )
    return {
        number
        for found in (of_review, of_case)
        for number in session.scalars(found.where(LearningPoint.id.in_(numbers), again))
    }


def _reported(point: LearningPoint, names: Mapping[str, str], kept: AbstractSet[int]) -> ReportedPoint:
    return ReportedPoint(
        id=point.id,
        kind=LearningKind(point.kind),
        description=point.description,
        is_gap=point.is_gap,
        team=point.team.name if point.team else None,
        root_cause=point.root_cause.name if point.root_cause else None,
        may_be_published=point.may_be_published,
        is_for_everybody=point.id not in kept,
        paragraphs=tuple(
            (names.get(row.document, row.document), row.reference, row.title) for row in point.citations
        ),
        commitments=tuple(row.number for row in point.commitments),
    )
