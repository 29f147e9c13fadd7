"""Setting up an office: its name, teams, people, roles and line managers.

Nothing here is deleted. What ends gets a last day, and who leaves is disabled.
"""

import re
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records import audit_trail
from sampling.records.database import Base, today
from sampling.records.people import (
    Absence,
    LineManagement,
    Membership,
    Person,
    Role,
    RoleHeld,
    Team,
    check_may_act_as,
    in_force,
    people_count,
    person_by_email,
)
from sampling.records.sign_in import hash_password
from sampling.refused import Refused

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Office(Base):
    """The one office of this database, and whether it is the fictional one."""

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_demonstration: Mapped[bool]


def the_office(session: Session) -> Office | None:
    """The office of this database; None before it was opened."""
    return session.get(Office, 1)


def open_office(
    session: Session,
    name: str,
    *,
    administrator: str,
    email: str,
    password: str,
    is_demonstration: bool = False,
) -> Person:
    """Make the office and its first administrator, once per database."""
    office = the_office(session)
    if office is not None:
        raise Refused(
            f"This database already holds an office, {office.name}. Choose another database for a new one."
        )
    if not name.strip():
        raise Refused("The office has no name. Type one.")
    session.add(Office(id=1, name=name.strip(), is_demonstration=is_demonstration))
    person = Person(
        name=_name(administrator), email=_email(session, email), password_hash=hash_password(password)
    )
    session.add(person)
    session.flush()
    session.add(RoleHeld(person_id=person.id, role=Role.ADMINISTRATOR, starts_on=today(session)))
    audit_trail.record(session, "open_office", "office", by=None, name=name, administrator=person.id)
    session.flush()
    return person


def add_team(session: Session, name: str, *, by: Person) -> Team:
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    name = _name(name)
    if session.scalars(select(Team).where(func.lower(Team.name) == name.lower())).first():
        raise Refused(f"There is already a team called {name}. Choose another name.")
    team = Team(name=name)
    session.add(team)
    session.flush()
    audit_trail.record(session, "add_team", f"team {team.id}", by=by, name=name)
    return team


def add_person(
    session: Session,
    name: str,
    *,
    email: str | None,
    password: str | None,
    case_system_name: str | None = None,
    by: Person,
) -> Person:
    """Add somebody. With an e-mail address and a password they can sign in.

    Somebody whom an import already brought in (by the case system's name) is completed, not doubled.
    """
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    known_as = (case_system_name or "").strip() or None
    person = None
    if known_as:
        person = session.scalars(select(Person).where(Person.case_system_name == known_as)).first()
        if person is not None and person.email is not None:
            raise Refused(
                f"{person.name} is already known to the case system as {known_as}. Leave the name out or change it."
            )
    if person is None:
        person = Person(name=_name(name), case_system_name=known_as)
        session.add(person)
    person.name = _name(name)
    if email and email.strip():
        person.email = _email(session, email)
        person.password_hash = hash_password(password or "")
    session.flush()
    audit_trail.record(
        session, "add_person", f"person {person.id}", by=by, name=person.name, case_system_name=known_as
    )
    return person


def set_password(session: Session, person: Person, *, password: str, by: Person) -> None:
    """Give a person a new password: their own, or an administrator for anybody."""
    if by.id != person.id:
        check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.email is None:
        raise Refused(f"{person.name} has no e-mail address to sign in with. Add one first.")
    person.password_hash = hash_password(password)
    audit_trail.record(session, "set_password", f"person {person.id}", by=by)


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
    _check_period(starts_on, ends_on)
    held = session.scalars(
        select(RoleHeld).where(
            RoleHeld.person_id == person.id,
            RoleHeld.role == role,
            RoleHeld.team_id == (team.id if team else None),
            in_force(RoleHeld, starts_on),
        )
    ).first()
    if held is not None:
        raise Refused(
            f"{person.name} already has this role on {starts_on:%d %B %Y}. End it first, or leave it."
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
    )
    return row


def end_role(session: Session, held: RoleHeld, *, ends_on: date, by: Person) -> None:
    """End a role on its last day. The office keeps at least one administrator."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    _check_period(held.starts_on, ends_on)
    if held.role == Role.ADMINISTRATOR:
        _check_another_administrator(session, held.person_id, ends_on + timedelta(days=1))
    held.ends_on = ends_on
    audit_trail.record(
        session, "end_role", f"person {held.person_id}", by=by, role=held.role, ends_on=str(ends_on)
    )


def join_team(session: Session, person: Person, *, team: Team, starts_on: date, by: Person) -> Membership:
    """Move a person into a team: the earlier membership ends the day before."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    current = session.scalars(
        select(Membership).where(Membership.person_id == person.id, in_force(Membership, starts_on))
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
            LineManagement.person_id == person.id, in_force(LineManagement, starts_on)
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


def disable_person(session: Session, person: Person, *, by: Person) -> None:
    """A leaver signs in no more; everything they recorded stays."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.id == by.id:
        raise Refused("You cannot disable your own account. Ask another administrator.")
    _check_another_administrator(session, person.id, today(session))
    person.disabled_on = today(session)
    audit_trail.record(session, "disable_person", f"person {person.id}", by=by)


def enable_person(session: Session, person: Person, *, by: Person) -> None:
    """Somebody who had been disabled may sign in again."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    person.disabled_on = None
    audit_trail.record(session, "enable_person", f"person {person.id}", by=by)


def _check_another_administrator(session: Session, person_id: int, on: date) -> None:
    others = session.scalar(
        select(func.count())
        .select_from(RoleHeld)
        .join(Person, Person.id == RoleHeld.person_id)
        .where(
            RoleHeld.role == Role.ADMINISTRATOR,
            RoleHeld.person_id != person_id,
            in_force(RoleHeld, on),
            Person.disabled_on.is_(None),
            Person.email.is_not(None),
        )
    )
    if not others:
        raise Refused("This is the office's only administrator. Make somebody else an administrator first.")


def _end_before(row: Membership | LineManagement, starts_on: date, person: Person) -> None:
    if row.starts_on >= starts_on:
        raise Refused(
            f"{person.name} already has an entry from {row.starts_on:%d %B %Y}. Choose a later first day."
        )
    row.ends_on = starts_on - timedelta(days=1)


def _check_period(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise Refused(
            f"The last day, {ends_on:%d %B %Y}, is before the first, {starts_on:%d %B %Y}. Change one."
        )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise Refused("The name is empty. Type one.")
    return name


def _email(session: Session, text: str) -> str:
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Refused(f"{text!r} is not an e-mail address. Type one such as name@example.org.")
    if people_count(session) and person_by_email(session, email) is not None:
        raise Refused(f"Somebody already signs in as {email}. Use another address.")
    return email
