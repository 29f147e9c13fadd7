"""Setting up an office: its name, teams, people, roles and line managers.

Nothing here is deleted. What ends gets a last day, and who leaves is disabled.
"""

import re
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, func, or_, select
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
    person_by_email,
)
from sampling.records.sign_in import end_sessions, hash_password
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
    signs_in = bool(email and email.strip())
    if password and not signs_in:
        raise Refused("A password needs an e-mail address to sign in with. Type one, or leave both empty.")
    person = _known_to_case_system(session, known_as) if known_as else None
    if person is not None and person.email is not None:
        raise Refused(
            f"{person.name} is already known to the case system as {known_as}. "
            "Leave the name out or change it."
        )
    if person is None:
        person = Person(name=_name(name), case_system_name=known_as)
        session.add(person)
    person.name = _name(name)
    if email and signs_in:
        person.email = _email(session, email)
        person.password_hash = hash_password(password or "")
    session.flush()
    audit_trail.record(
        session, "add_person", f"person {person.id}", by=by, name=person.name, case_system_name=known_as
    )
    return person


def set_password(session: Session, person: Person, *, password: str, by: Person) -> None:
    """Give a person a new password: their own, or an administrator for anybody.

    A password that somebody else sets ends what the person, or a thief, is signed in to.
    """
    if by.id != person.id:
        check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.email is None:
        raise Refused(f"{person.name} has no e-mail address to sign in with. Add one first.")
    person.password_hash = hash_password(password)
    if by.id != person.id:
        end_sessions(session, person)
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
            _not_over(RoleHeld, starts_on),
            *([] if ends_on is None else [RoleHeld.starts_on <= ends_on]),
        )
    ).first()
    if held is not None:
        day = max(starts_on, held.starts_on)
        raise Refused(f"{person.name} already has this role on {_in_words(day)}. End it first, or leave it.")
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
            f"This role ended on {_in_words(held.ends_on)} and stays so. "
            "Give the role again from a later day."
        )
    if held.role == Role.ADMINISTRATOR:
        first_day = max(today(session), ends_on + timedelta(days=1))
        _check_administrators_from(session, first_day, without_role=held.id)
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


def disable_person(session: Session, person: Person, *, by: Person) -> None:
    """A leaver signs in no more; everything they recorded stays."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.id == by.id:
        raise Refused("You cannot disable your own account. Ask another administrator.")
    if person.disabled_on is not None:
        raise Refused(f"{person.name} has been disabled since {_in_words(person.disabled_on)} already.")
    _check_administrators_from(session, today(session), without_person=person.id)
    person.disabled_on = today(session)
    end_sessions(session, person)  # or they would go on where they were, should they be enabled again
    audit_trail.record(session, "disable_person", f"person {person.id}", by=by)


def enable_person(session: Session, person: Person, *, by: Person) -> None:
    """Somebody who had been disabled may sign in again."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    person.disabled_on = None
    audit_trail.record(session, "enable_person", f"person {person.id}", by=by)


def _check_administrators_from(
    session: Session, day: date, *, without_role: int | None = None, without_person: int | None = None
) -> None:
    """Refuse unless, from that day on and without this role or person, there is always an administrator."""
    # Locked, in one order for everybody: two administrators could otherwise end each other at once.
    rows = session.execute(
        select(RoleHeld.id, RoleHeld.person_id, RoleHeld.starts_on, RoleHeld.ends_on, Person.disabled_on)
        .join(Person, Person.id == RoleHeld.person_id)
        .where(RoleHeld.role == Role.ADMINISTRATOR, Person.email.is_not(None))
        .order_by(RoleHeld.id)
        .with_for_update()
    )
    periods = [
        (row.starts_on, row.ends_on or date.max)
        for row in rows
        if row.disabled_on is None and row.id != without_role and row.person_id != without_person
    ]
    while True:
        last_days = [last for first, last in periods if first <= day <= last]
        if not last_days:
            raise Refused(
                f"On {_in_words(day)} the office would be without an administrator. "
                "Make somebody else an administrator first."
            )
        if max(last_days) == date.max:
            return
        day = max(last_days) + timedelta(days=1)


def _not_over(
    table: type[RoleHeld] | type[Membership] | type[LineManagement], day: date
) -> ColumnElement[bool]:
    """The condition that a dated row counts on that day or on a later one."""
    return or_(table.ends_on.is_(None), table.ends_on >= day)


def _known_to_case_system(session: Session, name: str) -> Person | None:
    """The person extracts know under a name, compared as imports compare names."""
    known = session.execute(
        select(Person.case_system_name, Person.id)
        .where(Person.case_system_name.is_not(None))
        .order_by(Person.id)
    ).all()
    alike = [row.id for row in known if row.case_system_name.strip().casefold() == name.casefold()]
    exact = [row.id for row in known if row.case_system_name == name]
    return session.get(Person, (exact or alike)[0]) if alike else None


def _end_before(row: Membership | LineManagement, starts_on: date, person: Person) -> None:
    if row.starts_on >= starts_on:
        raise Refused(
            f"{person.name} already has an entry from {_in_words(row.starts_on)}. Choose a later first day."
        )
    row.ends_on = starts_on - timedelta(days=1)


def _check_period(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise Refused(
            f"The last day, {_in_words(ends_on)}, is before the first, {_in_words(starts_on)}. Change one."
        )


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise Refused("The name is empty. Type one.")
    return name


def _email(session: Session, text: str) -> str:
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Refused(f"{text!r} is not an e-mail address. Type one such as name@example.org.")
    if person_by_email(session, email) is not None:
        raise Refused(f"Somebody already signs in as {email}. Use another address.")
    return email
