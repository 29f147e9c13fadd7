"""Fewer reviews than the quota, with a reason and a second person."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.frames import check_may_sample_team
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person, Role, Team, check_may_act_as, roles_of
from sampling.records.settings import setting
from sampling.refused import Refused
from scorecards.tables import (
    SamplingReduction,
)


def request_reduction(
    session: Session, team: Team, *, caseworker: Person, month: date, required: int, reason: str, by: Person
) -> SamplingReduction:
    """Ask for fewer reviews of a caseworker's cases in a month. It counts once somebody else approves."""
    check_may_sample_team(session, by, team)
    if not reason.strip():
        raise Refused("Say why fewer reviews are required, for example “on leave from 3 to 24 March”.")
    if required < 0:
        raise Refused("The number of reviews cannot be below 0.")
    month = month.replace(day=1)
    quota = int(setting(session, "monthly_quota", month))
    if required >= quota:
        raise Refused(f"{required} is no reduction: {quota} are required. Type a smaller number.")
    if session.scalars(
        select(func.count())
        .select_from(SamplingReduction)
        .where(
            SamplingReduction.team_id == team.id,
            SamplingReduction.caseworker_id == caseworker.id,
            SamplingReduction.month == month,
        )
    ).one():
        raise Refused(f"A reduction for {caseworker.name} in {month:%B %Y} is on record already.")
    reduction = SamplingReduction(
        team_id=team.id,
        caseworker_id=caseworker.id,
        month=month,
        required=required,
        reason=reason.strip(),
        requested_by_id=by.id,
    )
    session.add(reduction)
    session.flush()
    # The reason is often somebody's leave or health: it stays on the reduction, out of the trail.
    audit_trail.record(session, "request_reduction", f"reduction {reduction.id}", by=by, required=required)
    return reduction


def approve_reduction(session: Session, reduction: SamplingReduction, *, by: Person) -> None:
    """Approve a reduction; never one's own."""
    check_may_act_as(session, by, Role.HEAD)
    if reduction.requested_by_id == by.id:
        raise Refused("You asked for this reduction, so somebody else has to approve it.")
    session.refresh(reduction, with_for_update=True)
    if reduction.approved_by is not None:
        raise Refused(f"This reduction was approved by {reduction.approved_by.name} already.")
    reduction.approved_by_id = by.id
    reduction.approved_at = now(session)
    audit_trail.record(session, "approve_reduction", f"reduction {reduction.id}", by=by)


def reductions_to_approve(session: Session, person: Person) -> list[SamplingReduction]:
    """The reductions that wait for this person: the Head's, but for those they asked for themselves."""
    if Role.HEAD not in roles_of(session, person):
        return []
    return list(
        session.scalars(
            select(SamplingReduction)
            .where(SamplingReduction.approved_by_id.is_(None), SamplingReduction.requested_by_id != person.id)
            .order_by(SamplingReduction.month, SamplingReduction.id)
        )
    )
