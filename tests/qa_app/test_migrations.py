"""The tables as declared, and as the migrations make them, are the same on both databases."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from qa_app.migrating import TABLES, migrate
from sampling.refused import Refused

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
