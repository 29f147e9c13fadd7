"""The tables as declared, and as the migrations make them, are the same on both databases."""

import re
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from qa_app.migrating import TABLES, migrate
from sampling.records.database import connect, reading
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.register_chain import check_chain
from sampling.tables import Frame, FrameCase

_SOURCES = Path(__file__).parents[2]


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), TABLES)
    assert differences == [], "write what is missing with: make migration m='what changes'"


def test_named_constraints_agree(engine: Engine) -> None:
    """Checks and keys too, which Alembic does not compare."""
    found = inspect(engine)
    for table in TABLES.sorted_tables:
        declared = {str(constraint.name) for constraint in table.constraints if constraint.name}
        made = {check["name"] for check in found.get_check_constraints(table.name)}
        made |= {unique["name"] for unique in found.get_unique_constraints(table.name)}
        made |= {key["name"] for key in found.get_foreign_keys(table.name)}
        made.add(found.get_pk_constraint(table.name)["name"])
        assert {name for name in made if name} == declared, table.name


def test_every_table_in_the_sources_is_known_to_the_migrations() -> None:
    declared = set()
    for package in ("sampling", "scorecards", "learning_register", "qa_app"):
        for source in (_SOURCES / package).rglob("*.py"):
            declared |= set(re.findall(r'__tablename__ = "(\w+)"', source.read_text("utf-8")))
    assert declared == set(TABLES.tables)


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer version"):
        migrate(engine)


def test_samples_drawn_before_there_was_a_register_are_in_it(tmp_path: Path) -> None:
    """A database of the first version, with a draw in it and a case that changed after the freeze."""
    made = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
    migrate(made, to="0001")
    moment = "2026-07-06 09:00:00.123456"
    rows = [
        ("person", {"id": 1, "name": "One"}),
        ("import", {"id": 1} | IMPORT | {"at": moment, "as_at": moment}),
        ("import", {"id": 2} | IMPORT | {"at": moment, "as_at": moment}),
        ("case", {"id": 1, "reference": "C-1", "reference_key": "C-1", "state": "open"} | CASE),
        (
            "case_before",
            {"import_id": 2, "case_id": 1, "before": '{"state":"closed","closed_on":"2026-05-05"}'},
        ),
        (
            "frame",
            {
                "id": 1,
                "route": "central",
                "name": "Quarter",
                "filters": "{}",
                "excluded": "{}",
                "population": 1,
            }
            | {"frame_sha256": "00", "import_id": 1, "frozen_at": moment, "frozen_by_id": 1},
        ),
        (
            "stratum",
            {"id": 1, "frame_id": 1, "code": "S01", "label": "All", "population": 1, "is_certainty": 0},
        ),
        ("frame_case", {"id": 1, "frame_id": 1, "stratum_id": 1, "case_id": 1, "reference": "C-1"}),
        (
            "plan",
            {
                "id": 1,
                "frame_id": 1,
                "purpose": "quota",
                "assurance": "0.95",
                "sizes": "{}",
                "plan_text": "{}",
            }
            | {"plan_sha256": "ab", "due_on": "2026-08-03", "registered_at": moment, "registered_by_id": 1},
        ),
        (
            "draw",
            {"id": 1, "plan_id": 1, "randomness": "operating system", "public_value": "1", "seed": "1"}
            | {"seeded_at": moment, "seeded_by_id": 1, "drawn_at": moment},
        ),
    ]
    with made.execution_options(writes=True).begin() as connection:
        for table, values in rows:
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), values)
    migrate(made)
    with reading(made) as session:
        lines = lines_of(session)
        assert check_chain(lines) == 3
        assert [line.event for line in lines] == ["planned", "seeded", "drawn"]
        assert lines[0].at == "2026-07-06T09:00:00+00:00"
        frozen = session.scalars(select(FrameCase)).one()
        assert (frozen.state, frozen.closed_on) == ("closed", date(2026, 5, 5))
        assert session.scalars(select(Frame.attempt)).one() == 1
    made.dispose()


IMPORT = {
    "file_name": "cases.csv",
    "file_sha256": "00",
    "mapping": "{}",
    "dropped_columns": "[]",
    "notes": "[]",
}
IMPORT |= {
    "cases_new": 1,
    "cases_changed": 0,
    "cases_same": 0,
    "cases_vanished": 0,
    "rows_refused": 0,
    "by_id": 1,
}
CASE = {"attributes": "{}", "first_import_id": 1, "last_import_id": 2}
