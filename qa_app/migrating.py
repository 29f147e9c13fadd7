"""Bringing a database to the tables of this version, with Alembic and without an alembic.ini.

`python -m qa_app.migrating "what changes"` writes the next migration from the difference between
the tables as declared and as migrated so far. Read it before it is kept.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect

from learning_register import tables as learning_tables
from learning_register import tables_actions, tables_mail, tables_policy, tables_reports
from sampling import tables as sampling_tables
from sampling.records import (
    audit_guards,
    audit_trail,
    cases,
    known_accounts,
    office,
    people,
    settings,
    sign_in,
    tables_retention,
    unfinished,
)
from sampling.records.database import Base, connect
from sampling.refused import Refused
from scorecards import tables as scorecard_tables
from scorecards import tables_agreement, tables_feedback, tables_intervention, tables_risk, tables_themes

# A table is known once its module is imported, so every module that declares one is named here.
_DECLARED_IN: Final = (
    people,
    audit_trail,
    office,
    settings,
    sign_in,
    known_accounts,
    unfinished,
    cases,
    tables_retention,
    sampling_tables,
    scorecard_tables,
    tables_intervention,
    tables_feedback,
    tables_agreement,
    tables_themes,
    tables_risk,
    learning_tables,
    tables_policy,
    tables_actions,
    tables_mail,
    tables_reports,
)
TABLES: Final[MetaData] = Base.metadata


def is_declared(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether Alembic is to look at a table or index: not at what a full-text search keeps for itself."""
    return name is None or not name.removeprefix("ix_").startswith("learning_point_text")


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Bring a database, empty or older, to the tables of this version. One transaction: all or nothing.

    `to` stops at an earlier revision, to see how a database of then is brought to now.
    """
    writing = engine.execution_options(writes=True)
    with writing.connect() as connection, _copying_tables(connection), connection.begin():
        config = _config(connection)
        _check_not_newer(connection, config)
        if to == "head" and _is_whole(connection, config):
            return  # nothing to do: the app may run as somebody who may change no table
        audit_guards.take_down(connection)
        command.upgrade(config, to)
        if to == "head":
            audit_guards.put_up(connection, TABLES)


def _is_whole(connection: Connection, config: Config) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(config).get_current_head()
    return current == newest and audit_guards.stand(connection, TABLES)


def check_version(engine: Engine) -> None:
    """Refuse a database that is not of this version: an older one is to be opened, or migrated, first."""
    with engine.connect() as connection:
        config = _config(connection)
        _check_not_newer(connection, config)
        current = MigrationContext.configure(connection).get_current_revision()
        if current != ScriptDirectory.from_config(config).get_current_head():
            raise Refused(
                "This database was written by an older version of Casework QA. Open it once with “qa run”, "
                "which brings it up to date."
            )


def is_migrated(engine: Engine) -> bool:
    """Whether a database has had any migration: an empty one has had none."""
    return inspect(engine).has_table("alembic_version")


def _check_not_newer(connection: Connection, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise Refused(
            "This database was written by a newer version of Casework QA. "
            "Install that version, or choose another database."
        )


@contextmanager
def _copying_tables(connection: Connection) -> Iterator[None]:
    # SQLite changes a table by copying it, which its foreign keys would forbid. They can only be
    # switched while no transaction runs, so the driver is told directly.
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _write_migration(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/empty.sqlite")
        migrate(engine)
        with engine.execution_options(writes=True).begin() as connection:
            config = _config(connection)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


if __name__ == "__main__":
    _write_migration(" ".join(sys.argv[1:]))
