"""The audit trail: what is not recorded does not commit, what is recorded stays, and tampering is named."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from unguarded import unguarded

from qa_app.migrating import TABLES, migrate
from sampling.records.audit_chain import NOTHING_BEFORE, Change, Entry, first_break, hash_of
from sampling.records.audit_guards import grant_use, watched
from sampling.records.audit_trail import Unrecorded, check_trail, head, record
from sampling.records.database import connect, reading, writing
from sampling.records.people import Person, Team
from sampling.refused import Refused


def chained(count: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, count + 1):
        entry = Entry(
            number=number,
            at="2026-07-06T09:00:00.000000+00:00",
            by=None,
            source="",
            action="rename",
            subject="team 1",
            details={},
            changes=(Change("team", "1", "changed", {"name": "A"}, {"name": "B"}),),
            previous_sha256=entries[-1].sha256 if entries else NOTHING_BEFORE,
            sha256="",
        )
        entries.append(replace(entry, sha256=hash_of(entry)))
    return entries


def test_the_first_entry_that_is_not_as_it_was_written_is_named() -> None:
    whole = chained(5)
    assert first_break(whole) is None
    assert first_break([]) is None
    altered = replace(whole[2], changes=(Change("team", "1", "changed", {"name": "A"}, {"name": "C"}),))
    rewritten = replace(whole[2], action="look")
    rewritten = replace(rewritten, sha256=hash_of(rewritten))
    for entries, number, words in (
        ([*whole[:2], altered, *whole[3:]], 3, "was altered"),
        ([*whole[:2], *whole[3:]], 3, "was removed"),
        (whole[1:], 1, "was removed"),
        ([*whole[:3], whole[2], *whole[3:]], 3, "was inserted"),
        ([*whole[:2], rewritten, *whole[3:]], 4, "does not quote the entry before it"),
    ):
        found = first_break(entries)
        assert found is not None
        assert found.number == number
        assert words in found.words
    cut = first_break(whole[:4], head=whole[4].sha256)
    assert cut is not None
    assert cut.number == 5
    assert first_break(whole, head=whole[3].sha256) is None


def test_a_change_that_nobody_recorded_does_not_commit(engine: Engine) -> None:
    with pytest.raises(Unrecorded, match="team"), writing(engine) as session:
        session.add(Team(name="North"))
    # Past the product, too.
    with (
        pytest.raises(DBAPIError, match=r"FOREIGN KEY|fk_audit_change"),
        engine.execution_options(writes=True).begin() as connection,
    ):
        connection.execute(text("INSERT INTO team (name) VALUES ('North')"))
    with reading(engine) as session:
        assert session.query(Team).all() == []
        assert check_trail(session) == (0, None)


def test_what_changed_is_told_before_and_after_whatever_way_it_was_changed(engine: Engine) -> None:
    with writing(engine, source="a test") as session:
        session.add_all([Team(name="North"), Person(name="One", password_hash="secret")])
        record(session, "set_up", "office", by=None, kinds=("a", "b"))
    with writing(engine) as session:
        session.execute(text("UPDATE team SET name = 'South'"))
        record(session, "rename", "team 1", by=None)
        record(session, "look", "team 1", by=None)
    with writing(engine) as session:
        session.execute(text("DELETE FROM team"))
        record(session, "delete", "team 1", by=None)
    with reading(engine) as session:
        rows = session.execute(
            text(
                "SELECT number, source, table_name, row_key, kind, before, after FROM audit_change "
                "JOIN audit_entry ON audit_entry.id = entry_id ORDER BY audit_change.id"
            )
        ).all()
        assert check_trail(session, against=head(session)) == (4, None)
    told = {(row.number, row.table_name, row.kind): row for row in rows}
    assert set(told) == {
        (1, "team", "added"),
        (1, "person", "added"),
        (2, "team", "changed"),
        (4, "team", "deleted"),
    }
    assert {row.source for row in rows} == {"a test", ""}
    assert all(row.row_key == "1" for row in rows)
    renamed = told[2, "team", "changed"]
    assert ("North" in str(renamed.before), "South" in str(renamed.after)) == (True, True)
    assert "id" not in str(renamed.after)
    assert "secret" not in str(rows)


def test_a_refusal_within_a_transaction_takes_its_entry_back(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(Team(name="North"))
        record(session, "set_up", "office", by=None)
        inner = session.begin_nested()
        record(session, "never", "office", by=None)
        inner.rollback()
    with reading(engine) as session:
        assert session.execute(text("SELECT action FROM audit_entry")).scalars().all() == ["set_up"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'look'",
        "DELETE FROM audit_entry",
        "UPDATE audit_change SET after = NULL",
        "DELETE FROM audit_change",
        "INSERT INTO audit_change (entry_id, table_name, row_key, kind) VALUES (1, 'team', '9', 'added')",
    ],
)
def test_the_trail_is_only_added_to(engine: Engine, statement: str) -> None:
    with writing(engine) as session:
        session.add(Team(name="North"))
        record(session, "set_up", "office", by=None)
    with (
        pytest.raises(DBAPIError, match="only added to"),
        engine.execution_options(writes=True).begin() as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("tampering", "number", "words"),
    [
        ('UPDATE audit_entry SET details = \'{"name": "West"}\' WHERE number = 2', 2, "altered"),
        ('UPDATE audit_change SET after = \'{"name": "West"}\' WHERE id = 2', 2, "altered"),
        ("DELETE FROM audit_change WHERE id = 2", 2, "altered"),
        (
            "INSERT INTO audit_change (entry_id, table_name, row_key, kind) VALUES (2, 't', '1', 'added')",
            2,
            "altered",
        ),
        ("UPDATE audit_entry SET number = 9 WHERE number = 2", 2, "removed"),
    ],
)
def test_tampering_past_the_guards_is_found(engine: Engine, tampering: str, number: int, words: str) -> None:
    for name in ("North", "South", "East"):
        with writing(engine) as session:
            session.add(Team(name=name))
            record(session, "add_team", f"team {name}", by=None, name=name)
    with writing(engine) as session, unguarded(session.connection()):
        session.execute(text(tampering.replace(":", "\\:")))
    with reading(engine) as session:
        _, found = check_trail(session)
    assert found is not None
    assert found.number == number
    assert words in found.words


def test_every_table_is_watched(engine: Engine) -> None:
    with engine.connect() as connection:
        source = (
            "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname LIKE 'audit%'"
            if engine.dialect.name == "postgresql"
            else "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
        )
        found = set(connection.execute(text(source)).scalars())
    kept_apart = {"alembic_version", "sign_in_session", "failed_sign_in", "unfinished"}
    assert {table.name for table in watched(TABLES)} <= found
    assert set(TABLES.tables) - found == kept_apart - {"alembic_version"}
    assert found <= set(inspect(engine).get_table_names())


def test_a_role_of_postgresql_can_read_and_add_and_no_more(postgresql_engine: Engine) -> None:
    with postgresql_engine.begin() as connection:
        with pytest.raises(Refused, match="There is no role casework_app"):
            grant_use(connection, "casework_app")
        with pytest.raises(Refused, match="nothing can be kept from it"):
            grant_use(connection, "postgres")
        connection.execute(text("CREATE ROLE casework_app LOGIN"))
        grant_use(connection, "casework_app")
    as_app = connect(postgresql_engine.url.set(username="casework_app").render_as_string(hide_password=False))
    migrate(as_app)  # of this version already: nothing to do, and so nothing to be allowed
    with writing(as_app) as session:
        session.add(Team(name="North"))
        record(session, "add_team", "team North", by=None)
    forbidden = (
        *("UPDATE audit_entry SET action = ''", "DELETE FROM audit_change"),
        "DELETE FROM alembic_version",
        # Disposing of records is not for the app.
        *("UPDATE audit_change SET before = NULL, after = NULL", "DELETE FROM audit_clearing"),
        "INSERT INTO disposed_record VALUES ('cases', 1, 1)",
    )
    for statement in forbidden:
        with pytest.raises(DBAPIError, match="permission denied"), as_app.begin() as connection:
            connection.execute(text(statement))
    with reading(as_app) as session:
        assert check_trail(session) == (1, None)
    as_app.dispose()
    with postgresql_engine.begin() as connection:
        connection.execute(text("DROP OWNED BY casework_app"))
        connection.execute(text("DROP ROLE casework_app"))
