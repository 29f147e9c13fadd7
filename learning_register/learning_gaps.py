"""Where learning was recorded in a period and where none was: teams, commitments, and good practice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.point_search import PointFilters, fits
from learning_register.tables import LearningCommitment, LearningPoint
from learning_register.tables_policy import CharterCommitment
from learning_register.visibility import may_see_point
from sampling.records.database import OFFICE_TIME, total
from sampling.records.people import Person, Role, Team, check_may_act_as
from sampling.tables import FrameCase, SampledCase, in_sample
from scorecards.tables import Review, ReviewState
from scorecards.visibility import may_see_review


@dataclass(frozen=True)
class TeamLearning:
    """What was learned in a team in a period, beside how many reviews of its cases came in then.

    Without learning that says whether nobody looked, or somebody looked and wrote nothing down.
    """

    team_id: int
    team: str
    points: int
    reviewed: int


@dataclass(frozen=True)
class CommitmentLearning:
    """How many learning points of a period name a commitment of the Service Charter."""

    number: int
    summary: str
    points: int


@dataclass(frozen=True)
class LearningOfPeriod:
    """The learning of a period: all points, the good practice among them, those of no team, and by what."""

    points: int
    good_practice: int
    of_no_team: int
    teams: tuple[TeamLearning, ...]
    commitments: tuple[CommitmentLearning, ...]

    @property
    def teams_without(self) -> tuple[TeamLearning, ...]:
        return tuple(team for team in self.teams if not team.points)

    @property
    def commitments_without(self) -> tuple[CommitmentLearning, ...]:
        return tuple(one for one in self.commitments if not one.points)


@dataclass(frozen=True)
class PointInShort:
    """A learning point as a line of a list."""

    point_id: int
    kind: LearningKind
    description: str
    team: str | None
    logged_at: datetime


def learning_of_period(session: Session, person: Person, *, first: date, last: date) -> LearningOfPeriod:
    """Where was learning recorded, and where was none? For the Head: every team and every commitment.

    Of the points that the Head may see, by the days on which they were logged; of a team beside the reviews
    of its cases that were submitted in these days and that the Head may see.
    """
    check_may_act_as(session, person, Role.HEAD)
    logged = _logged(session, person, first, last)
    is_good = LearningPoint.kind == LearningKind.GOOD_PRACTICE
    counts = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(LearningPoint.team_id, func.count(), total(is_good))
            .where(*logged)
            .group_by(LearningPoint.team_id)
        )
    }
    reviewed = _reviewed(session, person, first, last)
    teams = session.execute(select(Team.id, Team.name).order_by(Team.name))
    named = (
        select(LearningCommitment.number, func.count())
        .join(LearningPoint, LearningPoint.id == LearningCommitment.learning_point_id)
        .where(*logged)
        .group_by(LearningCommitment.number)
    )
    by_commitment = {row[0]: row[1] for row in session.execute(named)}
    commitments = session.execute(
        select(CharterCommitment.number, CharterCommitment.summary).order_by(CharterCommitment.number)
    )
    return LearningOfPeriod(
        points=sum(points for points, _ in counts.values()),
        good_practice=sum(good for _, good in counts.values()),
        of_no_team=counts.get(None, (0, 0))[0],
        teams=tuple(
            TeamLearning(number, name, counts.get(number, (0, 0))[0], reviewed.get(number, 0))
            for number, name in teams
        ),
        commitments=tuple(
            CommitmentLearning(number, summary, by_commitment.get(number, 0))
            for number, summary in commitments
        ),
    )


def points_in_short(
    session: Session,
    person: Person,
    *,
    first: date | None = None,
    last: date | None = None,
    kind: LearningKind | None = None,
    team_id: int | None = None,
    among: Collection[int] | None = None,
) -> list[PointInShort]:
    """The learning points that a person may see, newest first: of a period, a kind, a team, or these."""
    wanted = PointFilters(kind=kind, team_id=team_id, logged_from=first, logged_to=last)
    query = (
        select(
            LearningPoint.id,
            LearningPoint.kind,
            LearningPoint.description,
            Team.name,
            LearningPoint.logged_at,
        )
        .outerjoin(Team, Team.id == LearningPoint.team_id)
        .where(*fits(session, wanted), may_see_point(session, person, among_all=True))
        .order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc())
    )
    if among is not None:
        query = query.where(LearningPoint.id.in_(among))
    return [
        PointInShort(number, LearningKind(of), description, team, logged_at)
        for number, of, description, team, logged_at in session.execute(query)
    ]


def _logged(session: Session, person: Person, first: date, last: date) -> list[ColumnElement[bool]]:
    of_period = fits(session, PointFilters(logged_from=first, logged_to=last))
    return [*of_period, may_see_point(session, person, among_all=True)]


def _reviewed(session: Session, person: Person, first: date, last: date) -> dict[int | None, int]:
    """The reviews submitted in a period, by the team that each case had when its frame was frozen."""
    begins, ends = (datetime.combine(day, time(), OFFICE_TIME) for day in (first, last + timedelta(days=1)))
    rows = session.execute(
        select(FrameCase.team_id, func.count())
        .select_from(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(
            Review.state == ReviewState.SUBMITTED,
            Review.submitted_at >= begins,
            Review.submitted_at < ends,
            in_sample(),
            may_see_review(session, person),
        )
        .group_by(FrameCase.team_id)
    )
    return {row[0]: row[1] for row in rows}
