"""How much of the required sampling is done: per team, caseworker and month.

Required is the smaller of the quota and the cases that were eligible when the month's frame was
frozen; an approved reduction lowers it. High-risk cases are reviewed beside it: they count towards
it only where a caseworker has too few others. Of a past month that was never drawn nobody knows any
more what was eligible: what was required is unknown there, and the month is not complete.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from sampling.records.calendars import month_end
from sampling.records.cases import Case, CaseState
from sampling.records.database import today
from sampling.records.people import Person, Role, RoleHeld, Team, in_force, roles_of, teams_managed
from sampling.records.settings import setting
from sampling.registering import plan_contents
from sampling.tables import (
    Draw,
    Frame,
    FrameCase,
    Plan,
    Replacement,
    SampledCase,
    Stratum,
    in_sample,
)
from scorecards.sampling_months import teams_at_work
from scorecards.tables import Review, ReviewState, SamplingReduction


@dataclass(frozen=True)
class Completion:
    """One caseworker's month. `caseworker_id` None: cases nobody owned yet.

    A past month that a team never drew is one row for the whole team, whose `eligible` and
    `required` are None: unknown. Of the cases drawn and reviewed, `drawn_beside` and
    `reviewed_beside` are high-risk ones.
    """

    team_id: int
    team: str
    caseworker_id: int | None
    caseworker: str
    month: date
    is_drawn: bool
    eligible: int | None
    quota: int
    reduced_to: int | None
    reduction_reason: str
    required: int | None
    drawn: int
    reviewed: int
    drawn_beside: int = 0
    reviewed_beside: int = 0

    @property
    def done(self) -> int:
        """Reviews that count towards what is required."""
        if self.required is None:
            return 0  # nothing was drawn, so nothing was reviewed
        too_few_others = max(0, self.required - (self.drawn - self.drawn_beside))
        beside = min(self.reviewed_beside, too_few_others)
        return min(self.required, self.reviewed - self.reviewed_beside + beside)


def completion(session: Session, person: Person, *, month: date) -> list[Completion]:
    """The sampling of a month for the teams a person may see; the Head sees every team."""
    month = month.replace(day=1)
    sees_all = Role.HEAD in roles_of(session, person)
    own = teams_managed(session, person)
    day = today(session)
    this_month = day.replace(day=1)
    quota = int(setting(session, "monthly_quota", day if month == this_month else month))
    teams = session.scalars(select(Team).order_by(Team.name)).all()
    plans = {team: _drawn_plan(session, team, month) for team in teams if sees_all or team.id in own}
    is_over = month < this_month
    at_work = teams_at_work(session, month) if is_over and None in plans.values() else frozenset()
    result: list[Completion] = []
    for team, plan in plans.items():
        if plan is not None or not is_over:
            result += _of_team(session, team, month, plan, quota=quota, names=team.id in own)
        elif team.id in at_work:
            result.append(_never_drawn(team, month, quota=quota))
    return result


def _drawn_plan(session: Session, team: Team, month: date) -> Plan | None:
    return session.scalars(
        select(Plan)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(
            Frame.team_id == team.id,
            Frame.period_from == month,
            Draw.drawn_at.is_not(None),
            Plan.voided_at.is_(None),
        )
    ).first()


def _never_drawn(team: Team, month: date, *, quota: int) -> Completion:
    return Completion(
        team_id=team.id,
        team=team.name,
        caseworker_id=None,
        caseworker="Whole team",
        month=month,
        is_drawn=False,
        eligible=None,
        quota=quota,
        reduced_to=None,
        reduction_reason="",
        required=None,
        drawn=0,
        reviewed=0,
    )


def _of_team(
    session: Session, team: Team, month: date, plan: Plan | None, *, quota: int, names: bool
) -> list[Completion]:
    if plan is None:
        eligible, sampled = _eligible_now(session, team), {}
    else:
        quota = plan_contents(plan)["rule"].get("quota", quota)  # it may have changed since the draw
        eligible = _counts(
            session,
            select(FrameCase.caseworker_id, func.count())
            # A case that fell away is none of the eligible ones.
            .where(FrameCase.frame_id == plan.frame_id, FrameCase.id.not_in(_fell_away()))
            .group_by(FrameCase.caseworker_id),
        )
        sampled = _sampled(session, plan.frame_id)
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
    people = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(eligible))).all())
    rows = []
    for number, caseworker_id in enumerate(
        sorted(eligible, key=lambda key: people.get(key or 0, "")), start=1
    ):
        reduction = reductions.get(caseworker_id or 0)
        required = min(quota, eligible[caseworker_id])
        drawn, reviewed = sampled.get((caseworker_id, False), (0, 0))
        drawn_beside, reviewed_beside = sampled.get((caseworker_id, True), (0, 0))
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
                is_drawn=plan is not None,
                eligible=eligible[caseworker_id],
                quota=quota,
                reduced_to=reduction.required if reduction else None,
                reduction_reason=reduction.reason if reduction else "",
                required=required,
                drawn=drawn + drawn_beside,
                reviewed=reviewed + reviewed_beside,
                drawn_beside=drawn_beside,
                reviewed_beside=reviewed_beside,
            )
        )
    return rows


def _eligible_now(session: Session, team: Team) -> dict[int | None, int]:
    # As a frame is frozen: without what the team's manager handled or decided.
    managers = select(RoleHeld.person_id).where(
        RoleHeld.role == Role.LINE_MANAGER, RoleHeld.team_id == team.id, in_force(RoleHeld, today(session))
    )
    return _counts(
        session,
        select(Case.caseworker_id, func.count())
        .where(
            Case.state == CaseState.OPEN,
            Case.team_id == team.id,
            or_(Case.caseworker_id.is_(None), Case.caseworker_id.not_in(managers)),
            or_(Case.decided_by_id.is_(None), Case.decided_by_id.not_in(managers)),
        )
        .group_by(Case.caseworker_id),
    )


def _fell_away() -> Select[int]:
    return select(SampledCase.frame_case_id).join(Replacement, Replacement.sampled_case_id == SampledCase.id)


def _sampled(session: Session, frame_id: int) -> dict[tuple[int | None, bool], tuple[int, int]]:
    """Cases drawn and reviewed, by caseworker and whether the case is in a high-risk stratum."""
    submitted = and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)
    rows = session.execute(
        select(
            FrameCase.caseworker_id, Stratum.is_certainty, func.count(SampledCase.id), func.count(Review.id)
        )
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .outerjoin(Review, submitted)
        .where(FrameCase.frame_id == frame_id, in_sample())
        .group_by(FrameCase.caseworker_id, Stratum.is_certainty)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _counts(session: Session, query: object) -> dict[int | None, int]:
    return {row[0]: row[1] for row in session.execute(query)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class TeamMonth:
    """A team's month in one line. `required` is None where it is unknown: see `Completion`.

    Of so many caseworkers as `reductions` says, fewer than the quota are required, as was approved.
    """

    team_id: int
    team: str
    is_drawn: bool
    required: int | None
    done: int
    reductions: int
    due_on: date

    @property
    def left(self) -> int | None:
        return None if self.required is None else self.required - self.done

    @property
    def is_complete(self) -> bool:
        """Whether all that is required is done; a month that was never drawn is not complete."""
        return self.left == 0


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
            required=_sum_if_known([row.required for row in rows]),
            done=sum(row.done for row in rows),
            reductions=sum(row.reduced_to is not None for row in rows),
            due_on=due_on,
        )
        for team_id, rows in by_team.items()
    ]


def _sum_if_known(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
