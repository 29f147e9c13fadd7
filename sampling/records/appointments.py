"""Who is what from when until when: roles, teams, line managers, absences. Nothing here is deleted."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.database import today
from sampling.records.office import check_administrators_from, day_in_words
from sampling.records.people import (
    Absence,
    LineManagement,
    Membership,
    Person,
    Role,
    RoleHeld,
    Team,
    check_may_act_as,
)
from sampling.refused import Refused


def give_role(
    session: Session,
    person: Person,
    *,
    role: Role,
    team: Team | None = None,
    starts_on: date,
    ends_on: date | None = None,
    by: Person,
) -> RoleHeld:
    """Give a person a role from a day on, a line manager's with the team it is for."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    if (role == Role.LINE_MANAGER) != (team is not None):
        raise Refused(
            "A line manager's role needs a team, and no other role has one. Choose the team or the role."
        )
    if role == Role.AUDITOR:
        raise Refused(
            "An outside auditor has an account of their own, opened with the samples it is for. "
            "Open it under Office, Auditors."
        )
    _check_period(starts_on, ends_on)
    held = session.scalars(
        select(RoleHeld).where(
            RoleHeld.person_id == person.id,
            RoleHeld.role == role,
            RoleHeld.team_id == (team.id if team else None),
            _not_over(RoleHeld, starts_on),
            *([] if ends_on is None else [RoleHeld.starts_on <= ends_on]),
        )
    ).first()
    if held is not None:
        day = max(starts_on, held.starts_on)
        raise Refused(
            f"{person.name} already has this role on {day_in_words(day)}. End it first, or leave it."
        )
    row = RoleHeld(
        person_id=person.id,
        role=role,
        team_id=team.id if team else None,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    session.add(row)
    session.flush()
    audit_trail.record(
        session,
        "give_role",
        f"person {person.id}",
        by=by,
        role=str(role),
        team=team.id if team else None,
        starts_on=str(starts_on),
        ends_on=str(ends_on) if ends_on else None,
    )
    return row


def end_role(session: Session, held: RoleHeld, *, ends_on: date, by: Person) -> None:
    """End a role on its last day. The office keeps at least one administrator."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    _check_period(held.starts_on, ends_on)
    if held.ends_on is not None and held.ends_on < min(ends_on, today(session)):
        raise Refused(
            f"This role ended on {day_in_words(held.ends_on)} and stays so. "
            "Give the role again from a later day."
        )
    if held.role == Role.ADMINISTRATOR:
        first_day = max(today(session), ends_on + timedelta(days=1))
        check_administrators_from(session, first_day, without_role=held.id)
    held.ends_on = ends_on
    audit_trail.record(
        session, "end_role", f"person {held.person_id}", by=by, role=held.role, ends_on=str(ends_on)
    )


def join_team(session: Session, person: Person, *, team: Team, starts_on: date, by: Person) -> Membership:
    """Move a person into a team: the earlier membership ends the day before."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    current = session.scalars(
        select(Membership).where(Membership.person_id == person.id, _not_over(Membership, starts_on))
    ).all()
    for membership in current:
        _end_before(membership, starts_on, person)
    membership = Membership(person_id=person.id, team_id=team.id, starts_on=starts_on)
    session.add(membership)
    session.flush()
    audit_trail.record(
        session, "join_team", f"person {person.id}", by=by, team=team.id, starts_on=str(starts_on)
    )
    return membership


def set_line_manager(
    session: Session, person: Person, *, manager: Person, starts_on: date, by: Person
) -> LineManagement:
    """Say who manages a person from a day on: the earlier manager's time ends the day before."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.id == manager.id:
        raise Refused(f"{person.name} cannot be their own line manager. Choose somebody else.")
    current = session.scalars(
        select(LineManagement).where(
            LineManagement.person_id == person.id, _not_over(LineManagement, starts_on)
        )
    ).all()
    for row in current:
        _end_before(row, starts_on, person)
    row = LineManagement(person_id=person.id, manager_id=manager.id, starts_on=starts_on)
    session.add(row)
    session.flush()
    audit_trail.record(
        session,
        "set_line_manager",
        f"person {person.id}",
        by=by,
        manager=manager.id,
        starts_on=str(starts_on),
    )
    return row


def record_absence(
    session: Session, person: Person, *, starts_on: date, ends_on: date, deputy: Person | None, by: Person
) -> Absence:
    """Record that somebody is away, and who may do their sampling meanwhile."""
    if by.id != person.id:
        check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    _check_period(starts_on, ends_on)
    if deputy is not None and (deputy.id == person.id or deputy.disabled_on is not None):
        raise Refused(f"{deputy.name} cannot be the deputy here. Choose a colleague who works here.")
    absence = Absence(
        person_id=person.id, deputy_id=deputy.id if deputy else None, starts_on=starts_on, ends_on=ends_on
    )
    session.add(absence)
    session.flush()
    audit_trail.record(
        session,
        "record_absence",
        f"person {person.id}",
        by=by,
        starts_on=str(starts_on),
        ends_on=str(ends_on),
        deputy=deputy.id if deputy else None,
    )
    return absence


def _not_over(
    table: type[RoleHeld] | type[Membership] | type[LineManagement], day: date
) -> ColumnElement[bool]:
    """The condition that a dated row counts on that day or on a later one."""
    return or_(table.ends_on.is_(None), table.ends_on >= day)


def _end_before(row: Membership | LineManagement, starts_on: date, person: Person) -> None:
    if row.starts_on >= starts_on:
        raise Refused(
            f"{person.name} already has an entry from {day_in_words(row.starts_on)}. Choose a later day."
        )
    row.ends_on = starts_on - timedelta(days=1)


def _check_period(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise Refused(
            f"The last day, {day_in_words(ends_on)}, is before the first, {day_in_words(starts_on)}."
            " Change one of them."
        )
