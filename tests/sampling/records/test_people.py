"""Who is what on which day: every period has a first and a last day, and both belong to it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.appointments import end_role, give_role, join_team, record_absence, set_line_manager
from sampling.records.office import add_person, add_team, disable_person
from sampling.records.people import (
    Membership,
    Person,
    Role,
    Team,
    check_may_act_as,
    manager_of,
    may_act_as,
    person_by_email,
    roles_of,
    teams_managed,
)
from sampling.refused import Refused

TODAY = date(2026, 7, 6)
START = date(2026, 1, 1)
DAY = timedelta(days=1)


class Books:
    """One transaction in which people are put into the books."""

    def __init__(self, session: Session, by: Person) -> None:
        self.session, self.by = session, by

    def person(self, name: str) -> Person:
        return add_person(self.session, name, email=None, password=None, by=self.by)

    def team(self, name: str) -> Team:
        return add_team(self.session, name, by=self.by)

    def manager(self, name: str, team: Team, first: date = START, last: date | None = None) -> Person:
        person = self.person(name)
        give_role(
            self.session,
            person,
            role=Role.LINE_MANAGER,
            team=team,
            starts_on=first,
            ends_on=last,
            by=self.by,
        )
        return person


@pytest.fixture
def books(session: Session, ada: Person) -> Books:
    return Books(session, ada)


def test_a_role_counts_from_its_first_to_its_last_day(books: Books) -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    person = books.person("Quinn Qua")
    held = give_role(books.session, person, role=Role.QA_REVIEWER, starts_on=first, ends_on=last, by=books.by)

    def has_it(day: date) -> bool:
        return Role.QA_REVIEWER in roles_of(books.session, person, day)

    assert [has_it(day) for day in (first - DAY, first, last, last + DAY)] == [False, True, True, False]
    end_role(books.session, held, ends_on=date(2026, 3, 15), by=books.by)
    assert [has_it(date(2026, 3, day)) for day in (15, 16)] == [True, False]


def test_today_is_the_date_on_the_offices_wall(books: Books) -> None:
    # Half past eleven in the evening of 30 June by UTC is half past midnight of 1 July in London.
    person = books.person("Quinn Qua")
    give_role(books.session, person, role=Role.HEAD, starts_on=date(2026, 7, 1), by=books.by)
    books.session.info["now"] = datetime(2026, 6, 30, 22, 59, tzinfo=UTC)
    assert roles_of(books.session, person) == frozenset()
    books.session.info["now"] = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert roles_of(books.session, person) == {Role.HEAD}


def test_a_person_may_hold_several_roles_and_manage_several_teams(books: Books) -> None:
    north, south = books.team("North"), books.team("South")
    person = books.manager("Nora North", north)
    give_role(
        books.session, person, role=Role.LINE_MANAGER, team=south, starts_on=date(2026, 6, 1), by=books.by
    )
    give_role(books.session, person, role=Role.QA_REVIEWER, starts_on=START, by=books.by)
    assert roles_of(books.session, person) == {Role.LINE_MANAGER, Role.QA_REVIEWER}
    assert teams_managed(books.session, person) == {north.id, south.id}
    assert teams_managed(books.session, person, date(2026, 5, 31)) == {north.id}


def test_a_deputy_has_the_managers_teams_during_the_absence_and_no_longer(books: Books) -> None:
    north, south = books.team("North"), books.team("South")
    manager, deputy = books.manager("Nora North", north), books.manager("Sue South", south)
    outsider = books.person("Otto Owner")
    first, last = date(2026, 7, 6), date(2026, 7, 10)
    for stand_in in (deputy, outsider):
        record_absence(books.session, manager, starts_on=first, ends_on=last, deputy=stand_in, by=books.by)
    for day, away in ((first - DAY, False), (first, True), (last, True), (last + DAY, False)):
        gained = {north.id} if away else set()
        assert teams_managed(books.session, deputy, day) == {south.id} | gained
        assert teams_managed(books.session, outsider, day) == gained
        assert roles_of(books.session, outsider, day) == ({Role.LINE_MANAGER} if away else set())
        assert teams_managed(books.session, manager, day) == {north.id}  # a manager may come in after all


def test_a_deputy_stands_in_for_the_managers_own_teams_only(books: Books) -> None:
    north = books.team("North")
    manager, deputy, third = books.manager("Nora North", north), books.person("Dep"), books.person("Third")
    give_role(books.session, manager, role=Role.HEAD, starts_on=START, by=books.by)
    week = {"starts_on": TODAY, "ends_on": TODAY + 4 * DAY, "by": books.by}
    record_absence(books.session, manager, deputy=deputy, **week)
    record_absence(books.session, deputy, deputy=third, **week)
    assert roles_of(books.session, deputy) == {Role.LINE_MANAGER}  # the Head's role is not passed on
    assert teams_managed(books.session, third) == frozenset()  # a deputy has no deputy


def test_an_absence_without_a_deputy_gives_nobody_the_team(books: Books) -> None:
    north = books.team("North")
    manager, other = books.manager("Nora North", north), books.person("Other")
    record_absence(books.session, manager, starts_on=TODAY, ends_on=TODAY, deputy=None, by=books.by)
    assert teams_managed(books.session, other) == frozenset()


def test_a_deputy_loses_the_team_when_the_managers_role_ends(books: Books) -> None:
    north = books.team("North")
    manager, deputy = books.manager("Nora North", north, last=TODAY), books.person("Dep")
    record_absence(
        books.session, manager, starts_on=TODAY, ends_on=TODAY + 9 * DAY, deputy=deputy, by=books.by
    )
    assert teams_managed(books.session, deputy, TODAY) == {north.id}
    assert teams_managed(books.session, deputy, TODAY + DAY) == frozenset()


def test_a_mover_changes_nothing_that_was_recorded(books: Books) -> None:
    north, south = books.team("North"), books.team("South")
    person, old, new = books.person("Mo Ver"), books.person("Old"), books.person("New")
    moved_on = date(2026, 7, 1)
    join_team(books.session, person, team=north, starts_on=START, by=books.by)
    set_line_manager(books.session, person, manager=old, starts_on=START, by=books.by)
    join_team(books.session, person, team=south, starts_on=moved_on, by=books.by)
    set_line_manager(books.session, person, manager=new, starts_on=moved_on, by=books.by)
    rows = books.session.execute(
        select(Membership.team_id, Membership.starts_on, Membership.ends_on).order_by(Membership.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        (north.id, START, date(2026, 6, 30)),
        (south.id, moved_on, None),
    ]
    days = (START - DAY, START, date(2026, 6, 30), moved_on, date(2030, 1, 1))
    found = [manager_of(books.session, person.id, day) for day in days]
    assert [manager.name if manager else None for manager in found] == [None, "Old", "Old", "New", "New"]


def test_a_disabled_person_may_act_as_nothing_but_keeps_what_they_were(books: Books) -> None:
    person = books.person("Quinn Qua")
    give_role(books.session, person, role=Role.QA_REVIEWER, starts_on=START, by=books.by)
    assert may_act_as(books.session, person, [Role.QA_REVIEWER])
    disable_person(books.session, person, by=books.by)
    assert not may_act_as(books.session, person, [Role.QA_REVIEWER])
    assert roles_of(books.session, person) == {Role.QA_REVIEWER}


def test_the_refusal_names_the_person_and_who_could(books: Books) -> None:
    person = books.person("Otto Owner")
    with pytest.raises(Refused) as refused:
        check_may_act_as(books.session, person, Role.HEAD, Role.ADMINISTRATOR)
    assert str(refused.value) == (
        "Otto Owner cannot do this: it is for the Head of Customer Care or an administrator. "
        "An administrator gives out roles."
    )


def test_an_address_is_found_in_whatever_letters_it_is_typed(books: Books) -> None:
    assert person_by_email(books.session, "  ADA@Example.org ") is books.by
    assert person_by_email(books.session, "nobody@example.org") is None
