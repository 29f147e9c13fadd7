"""What the database itself promises, whoever writes to it: transactions, moments, and the constraints."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Engine, bindparam, func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session
from unguarded import unguarded

from qa_app.migrating import TABLES
from sampling.records.audit_trail import AuditEntry, record
from sampling.records.database import UtcDateTime, connect, frame_of, now, reading, today, total, writing
from sampling.records.people import Person, Team
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
DAY = date(2026, 7, 6)

# A row of each table that is allowed, by table and number; numbers are also the primary keys.
ROWS: dict[str, list[dict[str, Any]]] = {
    "office": [{"id": 1, "name": "Office", "is_demonstration": False}],
    "team": [{"id": 1, "name": "North"}],
    "person": [
        {"id": 1, "name": "One", "email": "one@example.org"},
        {"id": 2, "name": "Two", "email": None},
    ],
    "role_held": [{"id": 1, "person_id": 1, "role": "line_manager", "team_id": 1, "starts_on": DAY}],
    "membership": [{"id": 1, "person_id": 1, "team_id": 1, "starts_on": DAY}],
    "line_management": [{"id": 1, "person_id": 1, "manager_id": 2, "starts_on": DAY}],
    "absence": [{"id": 1, "person_id": 1, "deputy_id": 2, "starts_on": DAY, "ends_on": DAY}],
    "import": [
        {"id": 1, "file_name": "cases.csv", "file_sha256": "00", "as_at": NOW, "mapping": {}}
        | {"dropped_columns": [], "notes": [], "cases_new": 1, "cases_changed": 0, "cases_same": 0}
        | {"cases_vanished": 0, "rows_refused": 0, "by_id": 1, "at": NOW}
    ],
    "case": [
        {"id": 1, "reference": "c-1", "reference_key": "C-1", "state": "closed", "received_on": DAY}
        | {"closed_on": DAY, "attributes": {}, "first_import_id": 1, "last_import_id": 1}
    ],
    "frame": [
        {"id": 1, "route": "open", "name": "July", "team_id": 1, "filters": {}, "excluded": {}}
        | {"population": 1, "frame_sha256": "00", "frozen_at": NOW, "frozen_by_id": 1}
    ],
    "stratum": [
        {"id": 1, "frame_id": 1, "code": "S01", "label": "All", "population": 1, "is_certainty": False}
    ],
    "frame_case": [
        {"id": 1, "frame_id": 1, "stratum_id": 1, "case_id": 1, "reference": "c-1", "state": "open"}
    ],
    "plan": [
        {"id": 1, "frame_id": 1, "purpose": "quota", "assurance": "0.95", "sizes": {}, "plan_text": "{}"}
        | {"plan_sha256": "00", "due_on": DAY, "registered_at": NOW, "registered_by_id": 1}
    ],
    "draw": [
        {"id": 1, "plan_id": 1, "randomness": "dice", "public_value": "1", "seed": "1", "seeded_at": NOW}
        | {"seeded_by_id": 1}
    ],
    "sampled_case": [
        {"id": 1, "draw_id": 1, "frame_case_id": 1, "stratum_id": 1, "position": 1, "ticket": "00"}
    ],
    "replacement": [
        {"sampled_case_id": 1, "code": "duplicate", "reason": "The same complaint", "at": NOW, "by_id": 1}
    ],
    "register_entry": [
        {"number": 1, "event": "planned", "plan_id": 1, "at": NOW, "by_id": 1, "second_id": None}
        | {"details": "{}", "previous_sha256": "0" * 64, "entry_sha256": "1" * 64},
        {"number": 2, "event": "rolled", "plan_id": 1, "at": NOW, "by_id": 1, "second_id": 2}
        | {"details": "{}", "previous_sha256": "1" * 64, "entry_sha256": "2" * 64},
    ],
    "scorecard_version": [
        {"id": 1, "key": "card", "version": 1, "title": "Card", "definition": "", "sha256": "00"}
        | {"published_at": NOW, "published_by_id": 1}
    ],
    "review": [
        {"id": 1, "sampled_case_id": 1, "reviewer_id": 1, "scorecard_version_id": 1, "state": "draft"}
        | {"is_open_case": True, "approved_by_reviewer": False, "file_read_at": NOW, "file_found": True}
        | {"started_at": NOW}
    ],
    "answer": [
        {"review_id": 1, "requirement_key": "r", "response": "not_met", "evidence": "", "put_right": True}
    ],
    "sampling_reduction": [
        {"id": 1, "team_id": 1, "caseworker_id": 2, "month": DAY, "required": 0, "reason": "Leave"}
        | {"requested_by_id": 1, "approved_by_id": 2}
    ],
    "learning_point": [
        {"id": 1, "review_id": 1, "requirement_key": "r", "kind": "organisational", "description": "D"}
        | {"is_gap": True, "logged_at": NOW, "logged_by_id": 1}
    ],
    "follow_up_action": [
        {"id": 1, "learning_point_id": 1, "description": "Do", "owner_id": 1, "authoriser_id": 2}
        | {"target_date": DAY, "first_target_date": DAY, "state": "done", "done_on": DAY, "done_note": ""}
        | {"logged_at": NOW, "logged_by_id": 1}
    ],
}

YESTERDAY = DAY - timedelta(days=1)

# What breaks each check constraint, as changes to the allowed row.
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("office", "only_one", {"id": 2}),
    ("person", "email_lower", {"email": "One@example.org"}),
    ("role_held", "manager_has_team", {"team_id": None}),
    ("role_held", "manager_has_team", {"role": "head"}),
    ("role_held", "role_known", {"role": "king", "team_id": None}),
    ("role_held", "ends_after_start", {"ends_on": YESTERDAY}),
    ("membership", "ends_after_start", {"ends_on": YESTERDAY}),
    ("line_management", "ends_after_start", {"ends_on": YESTERDAY}),
    ("line_management", "not_own_manager", {"manager_id": 1}),
    ("absence", "ends_after_start", {"ends_on": YESTERDAY}),
    ("absence", "not_own_deputy", {"deputy_id": 1}),
    ("case", "reference_key", {"reference_key": "c-1"}),
    ("case", "state_known", {"state": "shut"}),
    ("case", "dates", {"closed_on": YESTERDAY}),
    ("frame", "route_known", {"route": "guess", "team_id": None}),
    ("frame", "open_has_team", {"team_id": None}),
    ("frame", "open_has_team", {"route": "central"}),
    ("frame", "not_empty", {"population": 0}),
    ("frame", "attempt_counts", {"attempt": 0}),
    ("plan", "not_own_parent", {"parent_id": 1}),
    ("sampled_case", "cause_known", {"cause": "whim"}),
    ("replacement", "code_known", {"code": "hard"}),
    ("replacement", "has_reason", {"reason": ""}),
    ("register_entry", "second_person", {"second_id": 1}),
    ("plan", "purpose_known", {"purpose": "fun"}),
    ("plan", "show_has_standard", {"purpose": "show"}),
    ("plan", "show_has_standard", {"standard": "0.98"}),
    ("review", "state_known", {"state": "lost"}),
    ("review", "submitted_when", {"state": "submitted"}),
    ("review", "submitted_when", {"submitted_at": NOW}),
    ("review", "no_file_not_met", {"file_found": False, "outcome_met": True}),
    ("answer", "response_known", {"response": "perhaps", "put_right": False}),
    ("answer", "put_right_not_met", {"response": "met"}),
    ("sampling_reduction", "second_person", {"approved_by_id": 1}),
    ("sampling_reduction", "required_not_negative", {"required": -1}),
    ("learning_point", "kind_known", {"kind": "gossip", "is_gap": False}),
    ("learning_point", "gap_is_organisational", {"kind": "individual"}),
    ("learning_point", "described", {"description": ""}),
    ("follow_up_action", "authoriser_not_owner", {"authoriser_id": 1}),
    ("follow_up_action", "state_known", {"state": "late", "done_on": None}),
    ("follow_up_action", "done_when", {"done_on": None}),
    ("follow_up_action", "done_when", {"state": "open"}),
]

# What must not be there twice, by the columns that then are alike.
TWICE = {
    "team": {"name"},
    "person": {"email"},
    "case": {"reference_key"},
    "draw": {"plan_id"},
    "sampled_case": {"draw_id", "frame_case_id"},
    "scorecard_version": {"sha256", "key"},
    "review": {"sampled_case_id"},
    "sampling_reduction": {"team_id", "caseworker_id", "month"},
}


@pytest.fixture
def filled(engine: Engine) -> Iterator[Session]:
    """A database with the allowed rows of every table, in a transaction."""
    with writing(engine, now=NOW) as session:
        for table, rows in ROWS.items():
            session.execute(insert(TABLES.tables[table]), rows)
        yield session


def violate(session: Session, statement: Any, values: dict[str, Any]) -> str:
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        session.execute(statement, values)
    return str(caught.value.orig)


def test_every_check_constraint_holds_against_direct_writes(filled: Session) -> None:
    for name, constraint, changes in BROKEN:
        table = TABLES.tables[name]
        if (name, constraint) == ("office", "only_one"):
            message = violate(filled, insert(table), ROWS[name][0] | changes)
        else:
            keys = {column.name: ROWS[name][0][column.name] for column in table.primary_key}
            one = [table.c[key] == bindparam(f"its_{key}") for key in keys]
            values = {f"its_{key}": value for key, value in keys.items()} | changes
            with unguarded(filled.connection()):
                message = violate(filled, table.update().where(*one), values)
        assert f"ck_{name}_{constraint}" in message, (name, constraint, message)


def test_no_check_constraint_is_left_untried() -> None:
    declared = {
        constraint.name
        for table in TABLES.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert declared == {f"ck_{table}_{constraint}" for table, constraint, _ in BROKEN}


def test_what_is_there_once_is_not_there_twice(filled: Session) -> None:
    for name, columns in TWICE.items():
        row = ROWS[name][0] | {"id": 99}
        message = violate(filled, insert(TABLES.tables[name]), row)
        assert any(column in message for column in columns), (name, message)


def test_nothing_points_at_what_is_not_there_and_nothing_in_use_goes(filled: Session) -> None:
    violate(filled, insert(TABLES.tables["membership"]), ROWS["membership"][0] | {"id": 2, "team_id": 99})
    for name in ("person", "team", "case", "review"):
        table = TABLES.tables[name]
        violate(filled, table.delete().where(table.c.id == 1), {})


# What may be written later into a row of the register: once, and nothing else.
LATER = {"plan": {"voided_at", "due_on"}, "draw": {"drawn_at", "closed_at"}}
KEPT = ("frame", "stratum", "frame_case", "plan", "draw", "sampled_case", "replacement", "register_entry")


def refused_by_a_guard(session: Session, statement: Any) -> None:
    with pytest.raises(DBAPIError, match="What is in the register of draws stays"), session.begin_nested():
        session.execute(statement)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_in_the_register_can_be_neither_changed_nor_deleted(filled: Session, name: str) -> None:
    table = TABLES.tables[name]
    refused_by_a_guard(filled, table.delete())
    if filled.connection().dialect.name == "postgresql":
        refused_by_a_guard(filled, text(f'TRUNCATE "{name}" CASCADE'))
    for column in table.columns:
        if column.name not in LATER.get(name, ()):
            refused_by_a_guard(filled, table.update().values({column.name: column}))


@pytest.mark.parametrize(
    ("name", "column"), [("plan", "voided_at"), ("draw", "drawn_at"), ("draw", "closed_at")]
)
def test_a_plan_is_voided_and_a_draw_made_and_closed_once(filled: Session, name: str, column: str) -> None:
    table = TABLES.tables[name]
    filled.execute(table.update().values({column: NOW}))
    refused_by_a_guard(filled, table.update().values({column: None}))


@pytest.mark.parametrize(
    "change",
    [
        {"number": 4},
        {"number": 2},
        {"previous_sha256": "1" * 64},
        {"event": "planned"},
        {"event": "rolled"},
        {"event": "drawn"},
        {"event": "replaced"},
        {"event": "won"},
    ],
)
def test_a_line_that_cannot_come_next_is_not_taken(filled: Session, change: dict[str, Any]) -> None:
    table = TABLES.tables["register_entry"]
    line = ROWS["register_entry"][0] | {"number": 3, "event": "seeded"}
    line |= {"previous_sha256": "2" * 64, "entry_sha256": "3" * 64}
    with pytest.raises(DBAPIError, match=r"cannot come next|UNIQUE|duplicate key"), filled.begin_nested():
        filled.execute(insert(table), line | change)
    filled.execute(insert(table), line)


def test_writers_at_once_lose_nothing(sqlite_engine: Engine) -> None:
    # Read, then write: without BEGIN IMMEDIATE both would read the same number, or one would fail.
    workers, rounds = 4, 25
    with writing(sqlite_engine) as session:
        session.add(Team(id=1, name="0"))
    ready, errors = Barrier(workers), []

    def count_up() -> None:
        mine = connect(str(sqlite_engine.url))  # as another process would
        ready.wait()
        try:
            for _ in range(rounds):
                with writing(mine) as session:
                    team = session.get_one(Team, 1)
                    team.name = str(int(team.name) + 1)
        except OperationalError as error:
            errors.append(error)
        finally:
            mine.dispose()

    threads = [Thread(target=count_up) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with reading(sqlite_engine) as session:
        assert session.get_one(Team, 1).name == str(workers * rounds)


def test_sqlite_takes_the_write_lock_at_once_and_readers_go_on(sqlite_engine: Engine) -> None:
    with closing(sqlite3.connect(sqlite_engine.url.database or "", timeout=0)) as other:
        with writing(sqlite_engine) as session:
            session.scalar(select(func.count()).select_from(Team))  # has only read so far
            assert other.execute("SELECT count(*) FROM team").fetchone() == (0,)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        with reading(sqlite_engine) as session:
            session.scalar(select(func.count()).select_from(Team))
            other.execute("BEGIN IMMEDIATE")  # whoever only reads keeps nobody from writing


def test_sqlite_is_opened_with_the_settings_that_keep_it_sound(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as session:
        for pragma, value in (("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", 30000)):
            assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_transaction_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    def fail_half_way() -> None:
        with writing(engine, now=NOW) as session:
            session.add(Team(name="Kept?"))
            record(session, "add_team", "team 1", by=None)
            session.flush()
            raise Refused("Not like this.")

    with pytest.raises(Refused):
        fail_half_way()
    with reading(engine) as session:
        session.add(Team(name="Only read"))
        session.flush()
    with reading(engine) as session:
        assert session.scalars(select(Team)).all() == []
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_moment_without_a_zone_is_refused_and_comes_back_in_utc(engine: Engine) -> None:
    summer = timezone(timedelta(hours=1))
    with reading(engine, now=datetime(2026, 7, 6, 10, 0, tzinfo=summer)) as session:
        record(session, "look", "clock", by=None)
        session.flush()
        session.expire_all()
        moment = session.scalars(select(AuditEntry.at)).one()
        assert moment == NOW
        assert moment.tzinfo is UTC
        naive = AuditEntry(
            at=datetime(2026, 7, 6, 9, 0),  # noqa: DTZ001  what is to be refused
            action="look",
            subject="clock",
            details={},
        )
        session.add(naive)
        with pytest.raises(StatementError, match="A moment needs a time zone"):
            session.flush()
        session.rollback()
        assert session.scalar(select(literal(None, UtcDateTime()))) is None


def test_the_clock_of_a_session_is_the_one_it_was_given(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine, now=datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) as session:
        assert now(session) == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        assert today(session) == date(2026, 7, 1)  # summer time in London
    before = datetime.now(UTC)
    with reading(sqlite_engine) as session:
        assert before <= now(session) <= datetime.now(UTC)


def test_a_frame_has_its_columns_even_without_rows(engine: Engine) -> None:
    query = select(Person.name.label("who"), Person.disabled_on, total(Person.email.is_(None)).label("dark"))
    query = query.group_by(Person.id)
    with writing(engine) as session:
        assert list(frame_of(session, query).columns) == ["who", "disabled_on", "dark"]
        assert frame_of(session, query).empty
        session.add(Person(name="One", email=None))
        session.flush()
        frame = frame_of(session, query)
        assert frame.to_dict("records") == [{"who": "One", "disabled_on": None, "dark": 1}]


def test_a_total_of_no_rows_is_nought(engine: Engine) -> None:
    with reading(engine) as session:
        assert session.scalar(select(total(Person.email.is_(None)))) == 0
