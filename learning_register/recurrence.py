"""What comes back: the same paragraph or commitment, in the same team, after an action on it was closed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.action_rights import check_may_see_action, may_see_action
from learning_register.citations import LearningKind
from learning_register.subjects import Subject, Subjects
from learning_register.tables import LearningCitation, LearningCommitment, LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import may_see_point
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Team


@dataclass(frozen=True)
class LaterPoint:
    """A learning point that came after an action was closed, and what it has in common with it."""

    point_id: int
    description: str
    logged_on: date
    about: tuple[Subject, ...]


@dataclass(frozen=True)
class Recurrence:
    """A paragraph or commitment that came back in a team: after which actions, and in which points."""

    about: Subject
    team_id: int
    team: str
    action_ids: tuple[int, ...]
    closed_on: date  # the first of the actions
    point_ids: tuple[int, ...]
    last_on: date


class _Again(NamedTuple):
    action_id: int
    closed_on: date
    about: Subject
    team_id: int
    point_id: int
    logged_on: date


def later_points(session: Session, action_id: int, person: Person) -> list[LaterPoint]:
    """What was learned again after an action was closed, as far as a person may see it, newest first."""
    check_may_see_action(session, session.get_one(FollowUpAction, action_id), person)
    about: defaultdict[int, list[Subject]] = defaultdict(list)
    logged: dict[int, date] = {}
    for one in _again(session, person, action_id=action_id):
        about[one.point_id].append(one.about)
        logged[one.point_id] = one.logged_on
    rows = session.execute(
        select(LearningPoint.id, LearningPoint.description)
        .where(LearningPoint.id.in_(about))
        .order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc())
    )
    return [LaterPoint(row[0], row[1], logged[row[0]], tuple(sorted(about[row[0]]))) for row in rows]


def recurrences(session: Session, person: Person) -> list[Recurrence]:
    """What came back after an action on it was closed, by paragraph or commitment and team, most often first.

    Learning of what went wrong in the same team, logged later than the day on which the action was closed,
    that cites the same paragraph or the same commitment. Only actions and points that the person may see.
    """
    groups: defaultdict[tuple[Subject, int], list[_Again]] = defaultdict(list)
    for one in _again(session, person):
        groups[one.about, one.team_id].append(one)
    teams = {row[0]: row[1] for row in session.execute(select(Team.id, Team.name))}
    found = [
        Recurrence(
            about=about,
            team_id=team_id,
            team=teams[team_id],
            action_ids=tuple(sorted({one.action_id for one in group})),
            closed_on=min(one.closed_on for one in group),
            point_ids=tuple(sorted({one.point_id for one in group})),
            last_on=max(one.logged_on for one in group),
        )
        for (about, team_id), group in groups.items()
    ]
    return sorted(found, key=lambda row: (-len(row.point_ids), row.about, row.team))


def _again(session: Session, person: Person, *, action_id: int | None = None) -> list[_Again]:
    """Every later point of every closed action, or of one, once for each subject that both are about."""
    closed = (
        select(FollowUpAction.id, FollowUpAction.closed_on, LearningPoint.id, LearningPoint.team_id)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .where(
            FollowUpAction.closed_on.is_not(None),
            LearningPoint.team_id.is_not(None),
            may_see_action(session, person),
        )
    )
    if action_id is not None:
        closed = closed.where(FollowUpAction.id == action_id)
    actions = [
        (number, closed_on, point_id, team_id)
        for number, closed_on, point_id, team_id in session.execute(closed)
        if closed_on is not None and team_id is not None
    ]
    if not actions:
        return []
    teams = {row[3] for row in actions}
    about = _subjects(session, teams)
    later = select(LearningPoint.id, LearningPoint.team_id, LearningPoint.logged_at).where(
        LearningPoint.team_id.in_(teams),
        LearningPoint.kind != LearningKind.GOOD_PRACTICE,
        LearningPoint.id > min(row[2] for row in actions),  # what came later has a higher number
        may_see_point(session, person, among_all=True),
    )
    points: defaultdict[tuple[int, Subject], list[tuple[int, date]]] = defaultdict(list)
    for later_id, team_id, logged_at in session.execute(later):
        for subject in about[later_id]:
            points[team_id or 0, subject].append((later_id, logged_at.astimezone(OFFICE_TIME).date()))
    return [
        _Again(number, closed_on, subject, team_id, later_id, logged_on)
        for number, closed_on, point_id, team_id in actions
        for subject in about[point_id]
        for later_id, logged_on in points[team_id, subject]
        if logged_on > closed_on
    ]


def _subjects(session: Session, teams: Collection[int]) -> Mapping[int, set[Subject]]:
    """What each learning point of some teams is about."""
    found: defaultdict[int, set[Subject]] = defaultdict(set)
    commitments = (
        select(LearningCommitment.learning_point_id, LearningCommitment.number)
        .join(LearningPoint, LearningPoint.id == LearningCommitment.learning_point_id)
        .where(LearningPoint.team_id.in_(teams))
    )
    for point_id, number in session.execute(commitments):
        found[point_id].add(Subject("", f"{number}", ""))
    citations = (
        select(
            LearningCitation.learning_point_id,
            LearningCitation.document,
            LearningCitation.version,
            LearningCitation.reference,
        )
        .join(LearningPoint, LearningPoint.id == LearningCitation.learning_point_id)
        .where(LearningPoint.team_id.in_(teams))
    )
    subjects = Subjects(session)
    for point_id, document, version, reference in session.execute(citations):
        found[point_id] |= subjects.of(document, version, reference)
    return found
