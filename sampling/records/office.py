"""Setting up an office: its name, teams, people, roles and line managers.

Nothing here is deleted. What ends gets a last day, and who leaves is disabled.
"""

import re
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records import audit_trail
from sampling.records.database import Base, today
from sampling.records.passwords import check_password
from sampling.records.people import (
    Person,
    Role,
    RoleHeld,
    Team,
    check_may_act_as,
    in_force,
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
    person = new_account(session, administrator, email=email, password=password)
    session.add(RoleHeld(person_id=person.id, role=Role.ADMINISTRATOR, starts_on=today(session)))
    audit_trail.record(session, "open_office", "office", by=None, name=name, administrator=person.id)
    session.flush()
    return person


def make_administrator(
    session: Session, email: str, *, name: str | None = None, password: str | None = None
) -> Person:
    """Give the office an administrator from the command line, where nobody is signed in.

    Somebody who signs in with that address already keeps their name and password. Without a password a new
    administrator signs in through the organisation only.
    """
    person = person_by_email(session, email)
    if person is None:
        if name is None:
            raise Refused(f"Nobody here signs in as {email}. Name them with --name to add them.")
        person = new_account(session, name, email=email, password=password)
    elif person.disabled_on is not None:
        raise Refused(f"{person.name} is disabled. Choose somebody else, or add one with a new address.")
    held = select(RoleHeld.id).where(
        RoleHeld.person_id == person.id,
        RoleHeld.role == Role.ADMINISTRATOR,
        in_force(RoleHeld, today(session)),
    )
    if session.scalar(held) is not None:
        raise Refused(
            f"{person.name} is an administrator already. If the password is lost, use “qa admin password”."
        )
    session.add(RoleHeld(person_id=person.id, role=Role.ADMINISTRATOR, starts_on=today(session)))
    audit_trail.record(session, "make_administrator", f"person {person.id}", by=None)
    session.flush()
    return person


def new_account(session: Session, name: str, *, email: str, password: str | None) -> Person:
    """Somebody new who signs in: with a password, or (None) through the organisation only."""
    person = Person(name=_name(name), email=_email(session, email))
    person.password_hash = None if password is None else _hash_of(session, password, person)
    session.add(person)
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

    With an address and no password (None) they sign in through the organisation only.
    Somebody whom an import already brought in (by the case system's name) is completed, not doubled.
    Whoever signs in is known to the case system by their own name unless another is given: without one
    nothing would bar them from cases they handled.
    """
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    known_as = (case_system_name or "").strip() or None
    signs_in = bool(email and email.strip())
    if password and not signs_in:
        raise Refused("A password needs an e-mail address to sign in with. Type one, or leave both empty.")
    if known_as is None and signs_in:
        namesake = _known_to_case_system(session, _name(name))
        known_as = _name(name) if namesake is None or namesake.email is None else None
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
        person.password_hash = None if password is None else _hash_of(session, password, person)
    session.flush()
    audit_trail.record(
        session, "add_person", f"person {person.id}", by=by, name=person.name, case_system_name=known_as
    )
    return person


def set_password(session: Session, person: Person, *, password: str, by: Person | None) -> None:
    """Give a person a new password: their own, or an administrator for anybody.

    A password that somebody else sets ends what the person, or a thief, is signed in to. Nobody (`by`) stands
    for the command line, where whoever can write to the database may do this.
    """
    if by is not None and by.id != person.id:
        check_may_act_as(session, by, Role.ADMINISTRATOR)
    if person.email is None:
        raise Refused(f"{person.name} has no e-mail address to sign in with. Add one first.")
    person.password_hash = _hash_of(session, password, person)
    if by is None or by.id != person.id:
        end_sessions(session, person)
    audit_trail.record(session, "set_password", f"person {person.id}", by=by)


def disable_person(session: Session, person: Person, *, by: Person | None) -> None:
    """A leaver signs in no more; everything they recorded stays. `by` nobody: on the command line."""
    if by is not None:
        check_may_act_as(session, by, Role.ADMINISTRATOR)
    if by is not None and person.id == by.id:
        raise Refused("You cannot disable your own account. Ask another administrator.")
    if person.disabled_on is not None:
        raise Refused(f"{person.name} has been disabled since {day_in_words(person.disabled_on)} already.")
    check_administrators_from(session, today(session), without_person=person.id)
    person.disabled_on = today(session)
    end_sessions(session, person)  # or they would go on where they were, should they be enabled again
    audit_trail.record(session, "disable_person", f"person {person.id}", by=by)


def enable_person(session: Session, person: Person, *, by: Person) -> None:
    """Somebody who had been disabled may sign in again."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    person.disabled_on = None
    audit_trail.record(session, "enable_person", f"person {person.id}", by=by)


def check_administrators_from(
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
                f"On {day_in_words(day)} the office would be without an administrator. "
                "Make somebody else an administrator first."
            )
        if max(last_days) == date.max:
            return
        day = max(last_days) + timedelta(days=1)


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


def _hash_of(session: Session, password: str, person: Person) -> str:
    # The demonstration's password is printed on its sign-in page, and is refused everywhere else.
    office = session.get_one(Office, 1)
    if not office.is_demonstration:
        check_password(password, email=person.email or "", office=office.name)
    return hash_password(password)


def day_in_words(day: date) -> str:
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
