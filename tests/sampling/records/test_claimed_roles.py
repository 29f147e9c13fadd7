"""Roles that the organisation's sign-in gives and takes away, beside those given by hand."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.appointments import give_role
from sampling.records.audit_trail import AuditEntry, close_entries
from sampling.records.claimed_roles import ClaimedRole, follow_claims
from sampling.records.database import today
from sampling.records.office import add_team
from sampling.records.people import Person, Role, RoleHeld, may_act_as, roles_of, teams_managed

QA = ClaimedRole(Role.QA_REVIEWER)
HEAD = ClaimedRole(Role.HEAD)
NORTH = ClaimedRole(Role.LINE_MANAGER, "North")


def tomorrow(session: Session) -> None:
    session.info["now"] += timedelta(days=1)


def test_a_role_comes_and_goes_with_its_claim(session: Session, ada: Person, bea: Person) -> None:
    north = add_team(session, "North", by=ada)
    assert follow_claims(session, bea, {QA, NORTH}) == []
    assert follow_claims(session, bea, {QA, NORTH}) == []  # the second sign-in of a day gives nothing twice
    assert roles_of(session, bea) == {Role.QA_REVIEWER, Role.LINE_MANAGER}
    assert teams_managed(session, bea) == {north.id}
    tomorrow(session)
    follow_claims(session, bea, {QA})
    assert roles_of(session, bea) == {Role.QA_REVIEWER}  # at once, and not at the end of the day
    held = session.scalars(select(RoleHeld).where(RoleHeld.role == Role.LINE_MANAGER)).one()
    assert held.ends_on == today(session) - timedelta(days=1)
    close_entries(session)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"person {bea.id}")).all()
    told = [(one.action, one.by_id, one.details["because"]) for one in entries if "because" in one.details]
    assert sorted(told) == [("end_role", None, "claim at sign-in")] + 2 * [
        ("give_role", None, "claim at sign-in")
    ]


def test_a_role_that_came_today_goes_today(session: Session, bea: Person) -> None:
    follow_claims(session, bea, {QA})
    follow_claims(session, bea, set())
    assert not may_act_as(session, bea, [Role.QA_REVIEWER])
    follow_claims(session, bea, {QA})
    assert may_act_as(session, bea, [Role.QA_REVIEWER])


def test_a_role_given_by_hand_stays(session: Session, ada: Person, bea: Person) -> None:
    give_role(session, bea, role=Role.HEAD, starts_on=today(session), by=ada)
    follow_claims(session, bea, {HEAD})
    tomorrow(session)
    follow_claims(session, bea, set())
    assert roles_of(session, bea) == {Role.HEAD}
    follow_claims(session, ada, set())
    assert roles_of(session, ada) == {Role.ADMINISTRATOR}


def test_a_team_that_is_not_here_gives_nothing_and_is_named(session: Session, bea: Person) -> None:
    assert follow_claims(session, bea, {NORTH, QA}) == ["North"]
    assert roles_of(session, bea) == {Role.QA_REVIEWER}
