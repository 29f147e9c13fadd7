"""Teams, people, and who was what from when until when.

Membership, roles and line management are dated: a mover or a leaver changes nothing that was
recorded. The last day of a period counts as part of it.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, and_, event, or_, select
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from sampling.records.database import Base, today
from sampling.refused import Refused

# Roles and teams are asked for at every step: what was found is kept as long as the transaction.
KNOWN: Final = "roles known"


class Role(StrEnum):
    """What a person may do here. A line manager's role has a team as its scope."""

    LINE_MANAGER = "line_manager"
    QA_REVIEWER = "qa_reviewer"
    THEMATIC_REVIEWER = "thematic_reviewer"
    HEAD = "head"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"  # from outside, for a time: reads the samples that are named, and changes nothing


class Team(Base):
    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Person(Base):
    """Somebody who works on cases, reviews them, or looks after the office's books.

    `case_system_name` is the name under which the case system's extracts know the person;
    `email` is the sign-in name, empty for people who only occur in extracts.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("email IS NULL OR email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    case_system_name: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    disabled_on: Mapped[date | None]


class _Dated:
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


_ENDS_AFTER_START = "ends_on IS NULL OR ends_on >= starts_on"


class RoleHeld(_Dated, Base):
    __tablename__ = "role_held"
    __table_args__ = (
        CheckConstraint(_ENDS_AFTER_START, name="ends_after_start"),
        CheckConstraint("(role = 'line_manager') = (team_id IS NOT NULL)", name="manager_has_team"),
        CheckConstraint(f"role IN ({', '.join(repr(str(role)) for role in Role)})", name="role_known"),
        CheckConstraint(f"role <> '{Role.AUDITOR}' OR ends_on IS NOT NULL", name="auditor_ends"),
        Index("ix_role_held_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    by_claim: Mapped[bool] = mapped_column(default=False)  # given and ended by the organisation's sign-in


class Membership(_Dated, Base):
    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(_ENDS_AFTER_START, name="ends_after_start"),
        Index("ix_membership_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))


class LineManagement(_Dated, Base):
    __tablename__ = "line_management"
    __table_args__ = (
        CheckConstraint(_ENDS_AFTER_START, name="ends_after_start"),
        CheckConstraint("person_id <> manager_id", name="not_own_manager"),
        Index("ix_line_management_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class Absence(Base):
    """A person is away; the deputy may do their sampling in the meantime."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("person_id <> deputy_id", name="not_own_deputy"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


def in_force(table: type[_Dated] | type[Absence], on: date) -> ColumnElement[bool]:
    """The condition that a dated row counts on that day."""
    return and_(table.starts_on <= on, or_(table.ends_on.is_(None), table.ends_on >= on))


def roles_of(session: Session, person: Person, on: date | None = None) -> frozenset[Role]:
    """The roles a person holds on a day (today unless told)."""
    day = on or today(session)
    roles = _roles_given(session, person, day)
    if Role.LINE_MANAGER not in roles and teams_managed(session, person, day):
        roles.add(Role.LINE_MANAGER)  # as somebody's deputy
    return frozenset(roles)


def _roles_given(session: Session, person: Person, day: date) -> set[Role]:
    known = _known(session)
    key = ("roles", person.id, day)
    if key not in known:
        held = select(RoleHeld.role).where(RoleHeld.person_id == person.id, in_force(RoleHeld, day))
        known[key] = frozenset(Role(role) for role in session.scalars(held))
    return set(known[key])


def teams_managed(session: Session, person: Person, on: date | None = None) -> frozenset[int]:
    """Ids of the teams whose sampling a person does on a day: their own, and those they deputise for."""
    day = on or today(session)
    known = _known(session)
    key = ("teams", person.id, day)
    if key not in known:
        known[key] = _teams_managed(session, person, day)
    return known[key]


def _teams_managed(session: Session, person: Person, day: date) -> frozenset[int]:
    deputised = select(Absence.person_id).where(Absence.deputy_id == person.id, in_force(Absence, day))
    teams = session.scalars(
        select(RoleHeld.team_id).where(
            RoleHeld.role == Role.LINE_MANAGER,
            in_force(RoleHeld, day),
            or_(RoleHeld.person_id == person.id, RoleHeld.person_id.in_(deputised)),
        )
    ).all()
    return frozenset(team for team in teams if team is not None)


def _known(session: Session) -> dict[tuple[str, int, date], frozenset[Any]]:
    if session.autoflush:
        session.flush()  # as a query would: a role that was given a moment ago counts
    known: dict[tuple[str, int, date], frozenset[Any]] = session.info.setdefault(KNOWN, {})
    return known


@event.listens_for(Session, "after_flush")
def _forget_after_change(session: Session, _context: object) -> None:
    if any(isinstance(row, RoleHeld | Absence) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop(KNOWN, None)


@event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None or ended.nested:  # each flush is a part of its own that ends, too
        session.info.pop(KNOWN, None)


def manager_of(session: Session, person_id: int, on: date) -> Person | None:
    """Who line-managed a person on a day, or None where nobody is recorded."""
    return session.scalars(
        select(Person)
        .join(LineManagement, LineManagement.manager_id == Person.id)
        .where(LineManagement.person_id == person_id, in_force(LineManagement, on))
        .order_by(LineManagement.starts_on.desc())
    ).first()


def may_act_as(session: Session, person: Person, roles: Iterable[Role]) -> bool:
    """Whether a person holds one of the roles today and still works here."""
    wanted = set(roles)
    if person.disabled_on is not None:
        return False
    if _roles_given(session, person, today(session)) & wanted:
        return True
    return Role.LINE_MANAGER in wanted and bool(teams_managed(session, person))  # as somebody's deputy


ROLE_WORDS = {
    Role.LINE_MANAGER: "a line manager",
    Role.QA_REVIEWER: "a QA reviewer",
    Role.THEMATIC_REVIEWER: "a thematic reviewer",
    Role.HEAD: "the Head of Customer Care",
    Role.ADMINISTRATOR: "an administrator",
    Role.AUDITOR: "an outside auditor",
}


def check_may_act_as(session: Session, person: Person, *roles: Role) -> None:
    """Refuse unless the person holds one of the roles today."""
    if not may_act_as(session, person, roles):
        wanted = " or ".join(ROLE_WORDS[role] for role in roles)
        raise Refused(f"{person.name} cannot do this: it is for {wanted}. An administrator gives out roles.")


def person_by_email(session: Session, email: str) -> Person | None:
    """The person who signs in with that address, in whatever letters it was typed."""
    return session.scalars(select(Person).where(Person.email == email.strip().lower())).first()


def auditors() -> Select[int]:
    """The numbers of the people whose accounts were opened for outside auditors, whenever they are open."""
    return select(RoleHeld.person_id).where(RoleHeld.role == Role.AUDITOR)


def people_who_sign_in(session: Session, *, but: Person) -> dict[int, str]:
    """Everybody else of the office who can sign in today, by number, in the order of their names."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(
            Person.email.is_not(None),
            Person.disabled_on.is_(None),
            Person.id != but.id,
            Person.id.not_in(auditors()),
        )
        .order_by(Person.name, Person.id)
    )
    return {row[0]: row[1] for row in rows}
