"""Roles that the organisation's own sign-in gives and takes away. Those given by hand stay as they are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.auditors import is_auditor
from sampling.records.database import today
from sampling.records.people import Person, Role, RoleHeld, Team, in_force


@dataclass(frozen=True)
class ClaimedRole:
    """A role that a claim speaks of; a line manager's with the name of the team."""

    role: Role
    team: str | None = None


def follow_claims(session: Session, person: Person, claimed: Collection[ClaimedRole]) -> list[str]:
    """Give a person the roles that their claims speak of from today, and end those they no longer do.

    Returns the names of the teams that this office does not have. An administrator's role ends even if it was
    the last: taking a right away must not fail, and `qa admin create` makes another. An outside auditor's
    account gets nothing from a claim: its role has a last day, and no other is given beside it.
    """
    if is_auditor(session, person):
        return []
    day = today(session)
    session.refresh(person, with_for_update=True)  # or two sign-ins at once would both give the role
    teams = {team.name: team.id for team in session.scalars(select(Team))}
    unknown = {one.team for one in claimed if one.team is not None and one.team not in teams}
    wanted = {
        (one.role, teams[one.team] if one.team is not None else None)
        for one in claimed
        if one.team not in unknown
    }
    held = session.scalars(
        select(RoleHeld).where(RoleHeld.person_id == person.id, in_force(RoleHeld, day))
    ).all()
    for row in held:
        if row.by_claim and (Role(row.role), row.team_id) not in wanted:
            _end(session, row)
    for role, team_id in sorted(wanted - {(Role(row.role), row.team_id) for row in held}, key=str):
        session.add(RoleHeld(person_id=person.id, role=role, team_id=team_id, starts_on=day, by_claim=True))
        audit_trail.record(
            session,
            "give_role",
            f"person {person.id}",
            by=None,
            role=str(role),
            team=team_id,
            starts_on=str(day),
            because="claim at sign-in",
        )
    session.flush()
    return sorted(unknown)


def _end(session: Session, row: RoleHeld) -> None:
    # A last day counts as part of a period, and this right ends now: yesterday was the last, and a role of
    # today alone goes. What it was is in the audit trail.
    last = today(session) - timedelta(days=1)
    if row.starts_on <= last:
        row.ends_on = last
    else:
        session.delete(row)
    audit_trail.record(
        session,
        "end_role",
        f"person {row.person_id}",
        by=None,
        role=row.role,
        team=row.team_id,
        ends_on=str(last),
        because="claim at sign-in",
    )
