"""How much of the required sampling is done: per team, caseworker and month.

Required is the smaller of the quota and the cases that were eligible when the month's frame was
frozen; an approved reduction lowers it. High-risk cases are reviewed beside it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.calendars import month_end
from sampling.records.cases import Case, CaseState
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.records.settings import setting
from sampling.tables import Draw, Frame, FrameCase, Plan, SampledCase
from scorecards.tables import Review, ReviewState, SamplingReduction


@dataclass(frozen=True)
class Completion:
    """One caseworker's month. `caseworker_id` None: cases nobody owned yet."""

    team_id: int
    team: str
    caseworker_id: int | None
    caseworker: str
    month: date
    is_drawn: bool
    eligible: int
    quota: int
    reduced_to: int | None
    reduction_reason: str
    required: int
    drawn: int
    reviewed: int

    @property
    def done(self) -> int:
        """Reviews that count towards what is required."""
        return min(self.required, self.reviewed)


def completion(session: Session, person: Person, *, month: date) -> list[Completion]:
    """The sampling of a month for the teams a person may see; the Head sees every team."""
    month = month.replace(day=1)
    sees_all = Role.HEAD in roles_of(session, person)
    own = teams_managed(session, person)
    teams = session.scalars(select(Team).order_by(Team.name)).all()
    quota = int(setting(session, "monthly_quota", month))
    result: list[Completion] = []
    for team in teams:
        if sees_all or team.id in own:
            result += _of_team(session, team, month, quota=quota, names=team.id in own)
    return result


def _of_team(session: Session, team: Team, month: date, *, quota: int, names: bool) -> list[Completion]:
    frame = session.scalars(
        select(Frame)
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Frame.team_id == team.id, Frame.period_from == month, Draw.drawn_at.is_not(None))
    ).first()
    if frame is None:
        eligible = _counts(
            session,
            select(Case.caseworker_id, func.count())
            .where(Case.state == CaseState.OPEN, Case.team_id == team.id)
            .group_by(Case.caseworker_id),
        )
        drawn: dict[int | None, int] = {}
        reviewed: dict[int | None, int] = {}
    else:
        of_frame = select(FrameCase.caseworker_id, func.count()).where(FrameCase.frame_id == frame.id)
        in_sample = of_frame.join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        eligible = _counts(session, of_frame.group_by(FrameCase.caseworker_id))
        drawn = _counts(session, in_sample.group_by(FrameCase.caseworker_id))
        reviewed = _counts(
            session,
            in_sample.join(Review, Review.sampled_case_id == SampledCase.id)
            .where(Review.state == ReviewState.SUBMITTED)
            .group_by(FrameCase.caseworker_id),
        )
    reductions = {
        reduction.caseworker_id: reduction
        for reduction in session.scalars(
            select(SamplingReduction).where(
                SamplingReduction.team_id == team.id,
                SamplingReduction.month == month,
                SamplingReduction.approved_by_id.is_not(None),
            )
        )
    }
    people = dict(
        session.execute(select(Person.id, Person.name).where(Person.id.in_(eligible))).all()
    )
    rows = []
    for number, caseworker_id in enumerate(
        sorted(eligible, key=lambda key: people.get(key or 0, "")), start=1
    ):
        reduction = reductions.get(caseworker_id or 0)
        required = min(quota, eligible[caseworker_id])
        if reduction is not None:
            required = min(required, reduction.required)
        name = people[caseworker_id] if caseworker_id else "No caseworker yet"
        rows.append(
            Completion(
                team_id=team.id,
                team=team.name,
                caseworker_id=caseworker_id,
                caseworker=name if names or not caseworker_id else f"Caseworker {number}",
                month=month,
                is_drawn=frame is not None,
                eligible=eligible[caseworker_id],
                quota=quota,
                reduced_to=reduction.required if reduction else None,
                reduction_reason=reduction.reason if reduction else "",
                required=required,
                drawn=drawn.get(caseworker_id, 0),
                reviewed=reviewed.get(caseworker_id, 0),
            )
        )
    return rows


def _counts(session: Session, query: object) -> dict[int | None, int]:
    return {row[0]: row[1] for row in session.execute(query)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class TeamMonth:
    """A team's month in one line."""

    team_id: int
    team: str
    is_drawn: bool
    required: int
    done: int
    due_on: date

    @property
    def left(self) -> int:
        return self.required - self.done


def team_months(session: Session, person: Person, *, month: date) -> list[TeamMonth]:
    """How far each team that a person may see is with the required sampling of a month."""
    by_team: dict[int, list[Completion]] = {}
    for row in completion(session, person, month=month):
        by_team.setdefault(row.team_id, []).append(row)
    due_on = month_end(session, month)
    return [
        TeamMonth(
            team_id=team_id,
            team=rows[0].team,
            is_drawn=rows[0].is_drawn,
            required=sum(row.required for row in rows),
            done=sum(row.done for row in rows),
            due_on=due_on,
        )
        for team_id, rows in by_team.items()
    ]
