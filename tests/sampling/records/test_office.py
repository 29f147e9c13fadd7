"""Setting up an office: nothing is deleted, nothing overlaps, and somebody can always administer it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from sampling.records.appointments import end_role, give_role, join_team, record_absence, set_line_manager
from sampling.records.audit_trail import AuditEntry, close_entries
from sampling.records.database import reading, writing
from sampling.records.office import (
    add_person,
    add_team,
    disable_person,
    enable_person,
    open_office,
    set_password,
    the_office,
)
from sampling.records.people import Absence, LineManagement, Person, Role, RoleHeld, roles_of
from sampling.records.sign_in import person_of_token, sign_in
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
TODAY = date(2026, 7, 6)
START = date(2026, 1, 1)
DAY = timedelta(days=1)
PASSWORD = "a long enough password"


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expect a refusal that is a sentence, or several, and holds these words."""
    with pytest.raises(Refused) as caught:
        yield
    sentence = str(caught.value)
    assert sentence[0].isupper() or not sentence[0].isalpha()
    assert sentence.endswith(".")
    for word in words:
        assert word in sentence


def open_it(session: Session) -> Person:
    return open_office(
        session, "Test office", administrator="Ada Min", email="Ada@Example.org", password=PASSWORD
    )


def add(session: Session, name: str, by: Person) -> Person:
    return add_person(session, name, email=None, password=None, by=by)


def make_administrator(session: Session, person: Person, *, ends_on: date | None = None, by: Person) -> None:
    give_role(session, person, role=Role.ADMINISTRATOR, starts_on=TODAY, ends_on=ends_on, by=by)


def role_of(session: Session, person: Person) -> RoleHeld:
    return session.scalars(select(RoleHeld).where(RoleHeld.person_id == person.id)).one()


# The office itself


def test_an_office_is_opened_once_and_its_administrator_can_sign_in(session: Session, ada: Person) -> None:
    office = the_office(session)
    assert office is not None
    assert (office.name, office.is_demonstration) == ("Test office", False)
    assert ada.email == "ada@example.org"
    assert roles_of(session, ada) == {Role.ADMINISTRATOR}
    assert sign_in(session, "ADA@example.org", PASSWORD)
    with refused("already holds an office, Test office", "another database"):
        open_it(session)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "  "}, "no name"),
        ({"administrator": " "}, "name is empty"),
        ({"email": "ada at example"}, "'ada at example' is not an e-mail address"),
        ({"email": "ada@example.org x"}, "is not an e-mail address"),
        ({"password": "123456789"}, "9 characters"),
    ],
)
def test_an_office_is_not_half_opened(sqlite_engine: Engine, changes: dict[str, str], words: str) -> None:
    given = {"name": "Office", "administrator": "Ada", "email": "ada@example.org", "password": PASSWORD}
    given |= changes
    with refused(words), writing(sqlite_engine, now=NOW) as session:
        open_office(
            session,
            given["name"],
            administrator=given["administrator"],
            email=given["email"],
            password=given["password"],
        )
    with reading(sqlite_engine, now=NOW) as session:
        assert the_office(session) is None
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_only_an_administrator_changes_the_office(session: Session, ada: Person) -> None:
    other = add(session, "Otto Owner", ada)
    give_role(session, other, role=Role.QA_REVIEWER, starts_on=START, by=ada)
    team = add_team(session, "North", by=ada)
    held = role_of(session, other)
    attempts: list[Callable[[], object]] = [
        lambda: add_team(session, "South", by=other),
        lambda: add_person(session, "New", email=None, password=None, by=other),
        lambda: set_password(session, ada, password=PASSWORD, by=other),
        lambda: give_role(session, other, role=Role.ADMINISTRATOR, starts_on=TODAY, by=other),
        lambda: end_role(session, held, ends_on=TODAY, by=other),
        lambda: join_team(session, other, team=team, starts_on=TODAY, by=other),
        lambda: set_line_manager(session, other, manager=ada, starts_on=TODAY, by=other),
        lambda: record_absence(session, ada, starts_on=TODAY, ends_on=TODAY, deputy=other, by=other),
        lambda: disable_person(session, ada, by=other),
        lambda: enable_person(session, ada, by=other),
    ]
    for attempt in attempts:
        with refused("Otto Owner cannot do this"):
            attempt()


def test_every_change_is_in_the_audit_trail_with_who_made_it(session: Session, ada: Person) -> None:
    person, boss = add(session, "Otto Owner", ada), add(session, "Bo Ss", ada)
    team = add_team(session, "North", by=ada)
    held = give_role(session, person, role=Role.LINE_MANAGER, team=team, starts_on=START, by=ada)
    end_role(session, held, ends_on=TODAY, by=ada)
    join_team(session, person, team=team, starts_on=START, by=ada)
    set_line_manager(session, person, manager=boss, starts_on=START, by=ada)
    record_absence(session, person, starts_on=TODAY, ends_on=TODAY, deputy=boss, by=person)
    set_password(session, ada, password=PASSWORD, by=ada)
    disable_person(session, boss, by=ada)
    enable_person(session, boss, by=ada)
    close_entries(session)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.by_id) for entry in entries] == [
        ("open_office", None),
        ("add_person", ada.id),
        ("add_person", ada.id),
        ("add_person", ada.id),
        ("add_team", ada.id),
        ("give_role", ada.id),
        ("end_role", ada.id),
        ("join_team", ada.id),
        ("set_line_manager", ada.id),
        ("record_absence", person.id),
        ("set_password", ada.id),
        ("disable_person", ada.id),
        ("enable_person", ada.id),
    ]
    assert {entry.at for entry in entries} == {NOW}
    told = " ".join(str(entry.details) for entry in entries)
    assert PASSWORD not in told
    assert "argon2" not in told


# Teams and people


def test_a_team_has_a_name_of_its_own(session: Session, ada: Person) -> None:
    assert add_team(session, "  Review   and feedback ", by=ada).name == "Review and feedback"
    with refused("There is already a team called REVIEW AND FEEDBACK"):
        add_team(session, "REVIEW AND FEEDBACK", by=ada)
    with refused("name is empty"):
        add_team(session, " \t ", by=ada)


def test_an_address_belongs_to_one_person(session: Session, ada: Person) -> None:
    with refused("Somebody already signs in as ada@example.org"):
        add_person(session, "Other Ada", email=" ADA@example.org ", password=PASSWORD, by=ada)


def test_an_empty_password_is_refused_and_none_means_the_organisations(session: Session, ada: Person) -> None:
    quinn = add_person(session, "Quinn", email="quinn@example.org", password=None, by=ada)
    assert (quinn.email, quinn.password_hash) == ("quinn@example.org", None)
    with refused("0 characters"):
        add_person(session, "Quentin", email="quentin@example.org", password="", by=ada)


def test_a_password_without_an_address_is_not_silently_dropped(session: Session, ada: Person) -> None:
    with refused("needs an e-mail address"):
        add_person(session, "Quinn", email=" ", password=PASSWORD, by=ada)


@pytest.mark.parametrize("typed", ["North 0", " NORTH 0 "])
def test_a_person_known_from_an_import_is_completed_not_doubled(
    session: Session, ada: Person, typed: str
) -> None:
    imported = Person(name="North 0", case_system_name="North 0")
    session.add(imported)
    session.flush()
    completed = add_person(
        session,
        "Case Worker",
        email="case@example.org",
        password=PASSWORD,
        case_system_name=typed,
        by=ada,
    )
    assert completed is imported  # the very row that cases point to
    assert (completed.name, completed.case_system_name) == ("Case Worker", "North 0")
    with refused("Case Worker is already known to the case system"):
        add_person(session, "Twin", email=None, password=None, case_system_name="North 0", by=ada)


# Dated roles, teams, managers


def test_whoever_signs_in_is_known_to_the_case_system_by_their_name(session: Session, ada: Person) -> None:
    def add(email: str | None) -> Person:
        password = PASSWORD if email else None
        return add_person(session, "Case Worker", email=email, password=password, by=ada)

    imported = Person(name="Case Worker", case_system_name="Case Worker")
    session.add(imported)
    session.flush()
    assert add("case@example.org") is imported  # or nothing would bar them from their own cases
    assert add("another@example.org").case_system_name is None  # a namesake, who has to say so


def test_a_line_managers_role_has_a_team_and_no_other_role_has_one(session: Session, ada: Person) -> None:
    team = add_team(session, "North", by=ada)
    with refused("needs a team"):
        give_role(session, ada, role=Role.LINE_MANAGER, starts_on=START, by=ada)
    with refused("needs a team"):
        give_role(session, ada, role=Role.HEAD, team=team, starts_on=START, by=ada)


def test_a_role_is_not_held_twice_at_once(session: Session, ada: Person) -> None:
    person = add(session, "Quinn Qua", ada)
    june, august = date(2026, 6, 1), date(2026, 8, 1)
    held = give_role(session, person, role=Role.HEAD, starts_on=june, by=ada)
    with refused("Quinn Qua already has this role on 6 July 2026"):
        give_role(session, person, role=Role.HEAD, starts_on=TODAY, by=ada)
    with refused("on 1 June 2026"):  # it would run into the one that starts later
        give_role(session, person, role=Role.HEAD, starts_on=START, by=ada)
    with refused("on 1 June 2026"):
        give_role(session, person, role=Role.HEAD, starts_on=START, ends_on=june, by=ada)
    give_role(session, person, role=Role.HEAD, starts_on=START, ends_on=june - DAY, by=ada)
    end_role(session, held, ends_on=date(2026, 7, 31), by=ada)
    give_role(session, person, role=Role.HEAD, starts_on=august, by=ada)
    for day in (START, june - DAY, june, august - DAY, august):
        assert roles_of(session, person, day) == {Role.HEAD}


def test_a_period_ends_on_or_after_its_first_day(session: Session, ada: Person) -> None:
    person = add(session, "Quinn Qua", ada)
    with refused("The last day, 5 July 2026, is before the first, 6 July 2026"):
        give_role(session, person, role=Role.HEAD, starts_on=TODAY, ends_on=TODAY - DAY, by=ada)
    held = give_role(session, person, role=Role.HEAD, starts_on=TODAY, ends_on=TODAY, by=ada)
    with refused("is before the first"):
        end_role(session, held, ends_on=TODAY - DAY, by=ada)
    with refused("is before the first"):
        record_absence(session, person, starts_on=TODAY, ends_on=TODAY - DAY, deputy=None, by=ada)


def test_a_role_that_is_over_is_not_made_to_have_lasted_longer(session: Session, ada: Person) -> None:
    person = add(session, "Quinn Qua", ada)
    held = give_role(session, person, role=Role.HEAD, starts_on=START, ends_on=date(2026, 3, 31), by=ada)
    with refused("ended on 31 March 2026"):
        end_role(session, held, ends_on=date(2026, 12, 31), by=ada)
    end_role(session, held, ends_on=date(2026, 2, 28), by=ada)  # it is learned late that it ended sooner
    assert held.ends_on == date(2026, 2, 28)


def test_a_move_does_not_overlap_one_recorded_for_later(session: Session, ada: Person) -> None:
    person, boss = add(session, "Mo Ver", ada), add(session, "Bo Ss", ada)
    north, south = add_team(session, "North", by=ada), add_team(session, "South", by=ada)
    september = date(2026, 9, 1)
    join_team(session, person, team=north, starts_on=september, by=ada)
    set_line_manager(session, person, manager=boss, starts_on=september, by=ada)
    with refused("Mo Ver already has an entry from 1 September 2026"):
        join_team(session, person, team=south, starts_on=TODAY, by=ada)
    with refused("Mo Ver already has an entry from 1 September 2026"):
        set_line_manager(session, person, manager=ada, starts_on=TODAY, by=ada)
    with refused("already has an entry"):
        join_team(session, person, team=south, starts_on=september, by=ada)


def test_a_change_of_manager_keeps_who_managed_before(session: Session, ada: Person) -> None:
    person, old, new = (add(session, name, ada) for name in ("Mo Ver", "Old", "New"))
    set_line_manager(session, person, manager=old, starts_on=START, by=ada)
    set_line_manager(session, person, manager=new, starts_on=TODAY, by=ada)
    rows = session.execute(
        select(LineManagement.manager_id, LineManagement.starts_on, LineManagement.ends_on)
    ).all()
    assert sorted(tuple(row) for row in rows if row.ends_on) == [(old.id, START, TODAY - DAY)]
    assert sorted(tuple(row) for row in rows if not row.ends_on) == [(new.id, TODAY, None)]
    with refused("cannot be their own line manager"):
        set_line_manager(session, person, manager=person, starts_on=TODAY + DAY, by=ada)


def test_an_absence_is_recorded_by_oneself_an_administrator_or_the_head(
    session: Session, ada: Person
) -> None:
    person, head, deputy = (add(session, name, ada) for name in ("Nora North", "Hedda Head", "Dep Uty"))
    give_role(session, head, role=Role.HEAD, starts_on=START, by=ada)
    for by in (person, head, ada):
        record_absence(session, person, starts_on=TODAY, ends_on=TODAY, deputy=deputy, by=by)
    assert session.scalar(select(func.count()).select_from(Absence)) == 3
    with refused("Nora North cannot be the deputy"):
        record_absence(session, person, starts_on=TODAY, ends_on=TODAY, deputy=person, by=ada)
    disable_person(session, deputy, by=ada)
    with refused("Dep Uty cannot be the deputy", "a colleague who works here"):
        record_absence(session, person, starts_on=TODAY, ends_on=TODAY, deputy=deputy, by=ada)


# Leaving, and always an administrator


def test_a_leaver_is_disabled_and_everything_stays(session: Session, ada: Person, bea: Person) -> None:
    person = bea
    give_role(session, person, role=Role.QA_REVIEWER, starts_on=START, by=ada)
    token = sign_in(session, "bea@example.org", PASSWORD)
    assert token is not None
    disable_person(session, person, by=ada)
    assert person.disabled_on == TODAY
    assert session.get(Person, person.id) is person
    assert roles_of(session, person) == {Role.QA_REVIEWER}
    assert person_of_token(session, token) is None
    assert sign_in(session, "bea@example.org", PASSWORD) is None
    session.info["now"] = NOW + 30 * DAY
    with refused("Bea Min has been disabled since 6 July 2026"):
        disable_person(session, person, by=ada)
    assert person.disabled_on == TODAY
    enable_person(session, person, by=ada)
    assert person_of_token(session, token) is None  # a session from before does not come back
    assert sign_in(session, "bea@example.org", PASSWORD)


def test_nobody_disables_themselves(session: Session, ada: Person) -> None:
    with refused("your own account"):
        disable_person(session, ada, by=ada)


def test_the_only_administrator_cannot_go(session: Session, ada: Person, bea: Person) -> None:
    held = role_of(session, ada)
    with refused("On 7 July 2026", "without an administrator"):
        end_role(session, held, ends_on=TODAY, by=ada)
    make_administrator(session, bea, by=ada)
    end_role(session, held, ends_on=TODAY, by=ada)
    assert Role.ADMINISTRATOR not in roles_of(session, ada, TODAY + DAY)


def test_who_cannot_sign_in_or_has_left_is_no_other_administrator(
    session: Session, ada: Person, bea: Person
) -> None:
    held = role_of(session, ada)
    offline = add(session, "Off Line", ada)
    give_role(session, offline, role=Role.ADMINISTRATOR, starts_on=START, by=ada)
    make_administrator(session, bea, by=ada)
    disable_person(session, bea, by=ada)
    with refused("without an administrator"):
        end_role(session, held, ends_on=TODAY, by=ada)


def test_there_is_an_administrator_on_every_later_day_too(session: Session, ada: Person, bea: Person) -> None:
    # Bea's time runs out at the end of August: nobody would come after her.
    august = date(2026, 8, 31)
    make_administrator(session, bea, ends_on=august, by=ada)
    held = role_of(session, ada)
    with refused("On 1 September 2026"):
        end_role(session, held, ends_on=TODAY, by=ada)
    with refused("On 1 September 2026"):
        disable_person(session, ada, by=bea)
    give_role(session, bea, role=Role.ADMINISTRATOR, starts_on=date(2026, 9, 2), by=ada)
    with refused("On 1 September 2026"):  # a day between
        end_role(session, held, ends_on=TODAY, by=ada)
    end_role(session, held, ends_on=date(2026, 9, 1), by=ada)
    assert held.ends_on == date(2026, 9, 1)


def test_an_end_in_the_past_asks_for_an_administrator_from_today_on(
    session: Session, ada: Person, bea: Person
) -> None:
    # Bea became one only today. That nobody else was one last week changes nothing now.
    held = role_of(session, ada)
    held.starts_on = START
    make_administrator(session, bea, by=ada)
    end_role(session, held, ends_on=date(2026, 6, 30), by=ada)


def test_two_administrators_cannot_disable_each_other_at_once(engine: Engine) -> None:
    with writing(engine, now=NOW) as session:
        ada = open_it(session)
        bea = add_person(session, "Bea Min", email="bea@example.org", password=PASSWORD, by=ada)
        make_administrator(session, bea, by=ada)
        ids = (ada.id, bea.id)
    ready, refusals = Barrier(2), []

    # Both see the other before either is done; SQLite lets the second begin only after the first.
    in_step = engine.dialect.name == "postgresql"

    def disable(person_id: int, by_id: int) -> None:
        try:
            with writing(engine, now=NOW) as session:
                person, by = session.get_one(Person, person_id), session.get_one(Person, by_id)
                if in_step:
                    ready.wait()
                disable_person(session, person, by=by)
        except Refused as refusal:
            refusals.append(str(refusal))

    threads = [Thread(target=disable, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        disabled = session.scalars(select(Person.disabled_on).order_by(Person.id)).all()
    assert sorted(day is None for day in disabled) == [False, True]
    assert len(refusals) == 1


# Passwords


def test_a_password_is_changed_by_its_owner_or_an_administrator(
    session: Session, ada: Person, bea: Person
) -> None:
    person = bea
    token = sign_in(session, "bea@example.org", PASSWORD) or ""
    set_password(session, person, password="another long password", by=person)
    assert person_of_token(session, token) is person
    assert sign_in(session, "bea@example.org", PASSWORD) is None
    assert sign_in(session, "bea@example.org", "another long password")
    with refused("8 characters"):
        set_password(session, person, password="tooshort", by=person)
    set_password(session, person, password="chosen by Ada for Bea", by=ada)
    assert person_of_token(session, token) is None  # whoever had got hold of the account is out
    with refused("has no e-mail address"):
        set_password(session, add(session, "No Mail", ada), password=PASSWORD, by=ada)
