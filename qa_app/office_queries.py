"""What the office screens show of the books: teams, people, settings and the audit trail.

Every query names who asks, and refuses whom it is not for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import pandas as pd
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from sampling.records.database import today
from sampling.records.people import (
    Absence,
    LineManagement,
    Membership,
    Person,
    Role,
    RoleHeld,
    Team,
    auditors,
    check_may_act_as,
    in_force,
)
from sampling.records.retention import RETENTION_SETTINGS, retention_in_words
from sampling.records.service_settings import SERVICE_SETTINGS, service_value_in_words
from sampling.records.settings import NATIONS, SETTINGS, Setting, setting
from sampling.records.tables_retention import StandIn

ROLE_NAMES: Final = {
    Role.LINE_MANAGER: "Line manager",
    Role.QA_REVIEWER: "QA reviewer",
    Role.THEMATIC_REVIEWER: "Thematic reviewer",
    Role.HEAD: "Head of Customer Care",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Outside auditor",
}


@dataclass(frozen=True)
class Choice:
    """A row to choose: its id, and the words for it."""

    id: int
    words: str


def teams(session: Session, *, by: Person) -> pd.DataFrame:
    """Each team with its members and line managers of today."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    day = today(session)
    members: dict[int, int] = {}
    for team_id in session.scalars(select(Membership.team_id).where(in_force(Membership, day))):
        members[team_id] = members.get(team_id, 0) + 1
    managers: dict[int | None, list[str]] = {}
    for managed, name in session.execute(
        select(RoleHeld.team_id, Person.name)
        .join(Person, Person.id == RoleHeld.person_id)
        .where(RoleHeld.role == Role.LINE_MANAGER, in_force(RoleHeld, day))
        .order_by(Person.name)
    ):
        managers.setdefault(managed, []).append(name)
    rows = [
        (team.name, members.get(team.id, 0), ", ".join(managers.get(team.id, ["Nobody yet"])))
        for team in session.scalars(select(Team).order_by(Team.name))
    ]
    return pd.DataFrame(rows, columns=["Team", "Members", "Line manager"])


def people(session: Session, *, by: Person) -> pd.DataFrame:
    """Everybody in the books, with what they are today."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    day = today(session)
    team = _by_person(
        session.execute(
            select(Membership.person_id, Team.name)
            .join(Team, Team.id == Membership.team_id)
            .where(in_force(Membership, day))
        ).all()
    )
    manager = _by_person(
        session.execute(
            select(LineManagement.person_id, Person.name)
            .join(Person, Person.id == LineManagement.manager_id)
            .where(in_force(LineManagement, day))
        ).all()
    )
    roles = _by_person(
        (person_id, _role_words(role, team_name))
        for person_id, role, team_name in session.execute(
            select(RoleHeld.person_id, RoleHeld.role, Team.name)
            .outerjoin(Team, Team.id == RoleHeld.team_id)
            .where(in_force(RoleHeld, day))
            .order_by(RoleHeld.role, Team.name)
        )
    )
    away = {
        absence.person_id: absence.ends_on
        for absence in session.scalars(select(Absence).where(in_force(Absence, day)))
    }
    rows = [
        (
            person.name,
            team.get(person.id, ""),
            roles.get(person.id, ""),
            manager.get(person.id, ""),
            person.email or "",
            person.case_system_name or "",
            _state(person, away.get(person.id)),
        )
        for person in session.scalars(select(Person).where(_is_somebody()).order_by(Person.name))
    ]
    return pd.DataFrame(
        rows, columns=["Name", "Team", "Roles", "Line manager", "Signs in as", "In the case system", "State"]
    )


def team_choices(session: Session) -> list[Choice]:
    return [Choice(team.id, team.name) for team in session.scalars(select(Team).order_by(Team.name))]


def person_choices(session: Session, *, working: bool = False, but: int | None = None) -> list[Choice]:
    """People to choose from; `working`: no leavers nor outside auditors, `but` the person it is about."""
    query = select(Person).where(_is_somebody()).order_by(Person.name)
    if working:
        query = query.where(Person.disabled_on.is_(None), Person.id.not_in(auditors()))
    if but is not None:
        query = query.where(Person.id != but)
    return [
        Choice(person.id, f"{person.name} ({person.email or person.case_system_name or 'no address'})")
        for person in session.scalars(query)
    ]


def known_from_imports(session: Session) -> list[str]:
    """The case system's names of people who have no sign-in of their own."""
    query = select(Person.case_system_name).where(
        Person.case_system_name.is_not(None), Person.email.is_(None), Person.disabled_on.is_(None)
    )
    return [name for name in session.scalars(query.order_by(Person.case_system_name)) if name]


def held_roles(session: Session, person_id: int) -> list[Choice]:
    """The roles of a person that have not ended by today."""
    day = today(session)
    rows = session.execute(
        select(RoleHeld, Team.name)
        .outerjoin(Team, Team.id == RoleHeld.team_id)
        .where(RoleHeld.person_id == person_id, or_(RoleHeld.ends_on.is_(None), RoleHeld.ends_on >= day))
        .order_by(RoleHeld.starts_on)
    )
    return [
        Choice(held.id, f"{_role_words(held.role, team)}, from {_day(held.starts_on)}") for held, team in rows
    ]


def history_of(session: Session, person_id: int, *, by: Person) -> pd.DataFrame:
    """All that is dated about a person: roles, teams, managers and absences, the latest first."""
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    other = aliased(Person)
    rows: list[tuple[str, str, date, date | None]] = []
    for held, team in session.execute(
        select(RoleHeld, Team.name)
        .outerjoin(Team, Team.id == RoleHeld.team_id)
        .where(RoleHeld.person_id == person_id)
    ):
        rows.append(("Role", _role_words(held.role, team), held.starts_on, held.ends_on))
    for joined, team in session.execute(
        select(Membership, Team.name)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.person_id == person_id)
    ):
        rows.append(("Team", team, joined.starts_on, joined.ends_on))
    for managed, manager in session.execute(
        select(LineManagement, other.name)
        .join(other, other.id == LineManagement.manager_id)
        .where(LineManagement.person_id == person_id)
    ):
        rows.append(("Line manager", manager, managed.starts_on, managed.ends_on))
    for absence, deputy in session.execute(
        select(Absence, other.name)
        .outerjoin(other, other.id == Absence.deputy_id)
        .where(Absence.person_id == person_id)
    ):
        words = f"deputy: {deputy}" if deputy else "no deputy"
        rows.append(("Absence", words, absence.starts_on, absence.ends_on))
    rows.sort(key=lambda row: row[2], reverse=True)
    return pd.DataFrame(rows, columns=["What", "Which", "First day", "Last day"])


def settings_now(session: Session) -> pd.DataFrame:
    """Each setting with its value of today."""
    day = today(session)
    rows = [
        (words, value_in_words(name, setting(session, name, day))) for name, (_, words) in SETTINGS.items()
    ]
    return pd.DataFrame(rows, columns=["Setting", "Value today"])


def settings_history(session: Session) -> pd.DataFrame:
    """The values given to settings so far, the latest first."""
    rows = [
        (SETTINGS[row.name][1], value_in_words(row.name, row.value), row.starts_on)
        for row in session.scalars(select(Setting).order_by(Setting.starts_on.desc(), Setting.id.desc()))
    ]
    return pd.DataFrame(rows, columns=["Setting", "Value", "From"])


def value_in_words(name: str, value: str) -> str:
    """A setting's value as people say it: 98%, England, 2."""
    if name == "calendar":
        return NATIONS[value]
    if name == "monthly_quota":
        return value
    if name == "case_link":
        return value or "No link"
    if name == "dispute_window":
        return f"{value} working days"
    if name in RETENTION_SETTINGS:
        return retention_in_words(value)
    if name in SERVICE_SETTINGS and name != "service_share":
        return service_value_in_words(name, value)
    return f"{(Decimal(value) * 100).normalize():f}%"


def _is_somebody() -> ColumnElement[bool]:
    """The condition on Person that it is not a stand-in for people whose names were disposed of."""
    return Person.id.not_in(select(StandIn.person_id))


def _by_person(rows: Iterable[tuple[int, str]]) -> dict[int, str]:
    words: dict[int, list[str]] = {}
    for person_id, name in rows:
        words.setdefault(person_id, []).append(name)
    return {person_id: ", ".join(names) for person_id, names in words.items()}


def _role_words(role: str, team: str | None) -> str:
    name = ROLE_NAMES[Role(role)]
    return f"{name}, {team}" if team else name


def _state(person: Person, away_until: date | None) -> str:
    if person.disabled_on is not None:
        return f"Disabled on {_day(person.disabled_on)}"
    if away_until is not None:
        return f"Away until {_day(away_until)}"
    return "Works here"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
