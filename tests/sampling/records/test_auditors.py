"""Outside auditors: an account for a time, which reads what is named and changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sampling.records.appointments import end_role, give_role, join_team, record_absence
from sampling.records.audit_trail import record
from sampling.records.auditor_accounts import move_last_day, open_auditor_account
from sampling.records.claimed_roles import ClaimedRole, follow_claims
from sampling.records.database import reading, writing
from sampling.records.office import (
    add_person,
    add_team,
    disable_person,
    make_administrator,
    open_office,
    set_password,
)
from sampling.records.people import (
    Person,
    Role,
    RoleHeld,
    Team,
    people_who_sign_in,
    person_by_email,
    roles_of,
)
from sampling.records.sign_in import check_may_sign_in, note_use, person_of_token, sign_in
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 7, 8), date(2026, 7, 20)
PASSWORD = "a long enough password"
AUDITOR, ADMINISTRATOR, OTTO = "mira@audit.example", "ada@example.org", "otto@example.org"


@pytest.fixture
def office(engine: Engine) -> Engine:
    with writing(engine, now=NOW) as session:
        ada = open_office(session, "Office", administrator="Ada Min", email=ADMINISTRATOR, password=PASSWORD)
        add_team(session, "North", by=ada)
        add_person(session, "Otto Owner", email=OTTO, password=None, by=ada)
        open_account(session, ada)
    return engine


def open_account(
    session: Session,
    by: Person,
    *,
    email: str = AUDITOR,
    starts_on: date = FIRST,
    ends_on: date = LAST,
) -> Person:
    return open_auditor_account(
        session,
        "Mira Audit",
        email=email,
        password=PASSWORD,
        starts_on=starts_on,
        ends_on=ends_on,
        by=by,
    )


def person(session: Session, email: str) -> Person:
    found = person_by_email(session, email)
    assert found is not None
    return found


def token_on(engine: Engine, day: date) -> str:
    with writing(engine, now=datetime(day.year, day.month, day.day, 9, tzinfo=UTC)) as session:
        token = sign_in(session, AUDITOR, PASSWORD)
    assert token is not None
    return token


def test_the_account_is_open_from_its_first_day_to_its_last(office: Engine) -> None:
    with pytest.raises(Refused, match="open from 8 July 2026"):
        token_on(office, FIRST - timedelta(days=1))
    token = token_on(office, FIRST)
    with reading(office, now=NOW + timedelta(days=2)) as session:
        found = person_of_token(session, token)
        assert found is not None
        assert roles_of(session, found) == {Role.AUDITOR}
    token = token_on(office, LAST)
    just_before_midnight = datetime(2026, 7, 20, 20, 59, tzinfo=UTC)
    with writing(office, now=just_before_midnight) as session:
        note_use(session, token)
    with reading(office, now=just_before_midnight) as session:
        assert person_of_token(session, token) is not None
    with writing(office, now=just_before_midnight) as session:
        move_last_day(
            session, person(session, AUDITOR), ends_on=date(2026, 7, 19), by=person(session, ADMINISTRATOR)
        )
    with reading(office, now=just_before_midnight) as session:
        assert person_of_token(session, token) is None  # out at the next click
        with pytest.raises(Refused, match="open until 19 July 2026"):
            check_may_sign_in(session, AUDITOR)


def test_a_wrong_password_says_nothing_of_the_account(office: Engine) -> None:
    with writing(office, now=NOW) as session:
        assert sign_in(session, AUDITOR, "not this one") is None


@pytest.mark.parametrize(
    "change",
    [
        # What an auditor would do, also what anybody who is signed in may.
        lambda session, mira, ada: set_password(session, mira, password="another long password", by=mira),
        lambda session, mira, ada: record_absence(
            session, mira, starts_on=FIRST, ends_on=LAST, deputy=None, by=mira
        ),
        lambda session, mira, ada: record(session, "share_feedback", "review 1", by=mira),
        # What others would make of an auditor.
        lambda session, mira, ada: give_role(session, mira, role=Role.HEAD, starts_on=FIRST, by=ada),
        lambda session, mira, ada: make_administrator(session, AUDITOR),
        lambda session, mira, ada: join_team(
            session, mira, team=session.get_one(Team, 1), starts_on=FIRST, by=ada
        ),
        lambda session, mira, ada: record_absence(
            session, person(session, OTTO), starts_on=FIRST, ends_on=LAST, deputy=mira, by=ada
        ),
    ],
)
def test_an_auditor_changes_nothing_and_is_given_nothing(
    office: Engine, change: Callable[[Session, Person, Person], object]
) -> None:
    with (
        pytest.raises(Refused, match="Mira Audit has an outside auditor's account"),
        writing(office, now=NOW) as session,
    ):
        change(session, person(session, AUDITOR), person(session, ADMINISTRATOR))


def test_nobody_chooses_an_auditor_from_a_list(office: Engine) -> None:
    with reading(office, now=NOW) as session:
        assert set(people_who_sign_in(session, but=person(session, ADMINISTRATOR)).values()) == {"Otto Owner"}


def test_a_claim_gives_an_auditor_nothing_and_nobody_the_role(office: Engine) -> None:
    with writing(office, now=NOW) as session:
        mira = person(session, AUDITOR)
        assert follow_claims(session, mira, {ClaimedRole(Role.HEAD)}) == []
        assert roles_of(session, mira, FIRST) == {Role.AUDITOR}


@pytest.mark.parametrize(
    ("open_it", "says"),
    [
        (partial(open_account, email="x@audit.example", ends_on=date(2026, 7, 7)), "before the first"),
        (partial(open_account, email="x@audit.example", ends_on=date(2028, 1, 1)), "a year at most"),
        (partial(open_account, email=OTTO), "already signs in"),  # never somebody of the office
    ],
)
def test_what_no_account_is_opened_with(
    office: Engine, open_it: Callable[[Session, Person], Person], says: str
) -> None:
    with pytest.raises(Refused, match=says), writing(office, now=NOW) as session:
        open_it(session, person(session, ADMINISTRATOR))


def test_the_role_is_given_with_its_account_only_and_ends_like_any_other(office: Engine) -> None:
    with writing(office, now=NOW) as session:
        ada, otto, mira = (person(session, email) for email in (ADMINISTRATOR, OTTO, AUDITOR))
        with pytest.raises(Refused, match="an account of their own"):
            give_role(session, otto, role=Role.AUDITOR, starts_on=FIRST, ends_on=LAST, by=ada)
        with pytest.raises(Refused, match="has no outside auditor's account"):
            move_last_day(session, otto, ends_on=LAST, by=ada)
        held = session.scalars(select(RoleHeld).where(RoleHeld.person_id == mira.id)).one()
        end_role(session, held, ends_on=FIRST, by=ada)
        disable_person(session, mira, by=ada)
        with pytest.raises(Refused, match="is for an administrator or the Head"):
            open_account(session, otto, email="x@audit.example")
