"""What a database holds, kept and put back: quicker than to empty it and do everything again."""

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from unguarded import unguarded


@dataclass(frozen=True)
class _Rows:
    """What a PostgreSQL database holds: the rows of its tables, and the last number of each sequence."""

    tables: dict[str, bytes]
    numbers: dict[str, int]


# A whole SQLite database is kept in memory.
_KEPT: dict[tuple[str, Hashable], sqlite3.Connection | _Rows] = {}


def once(engine: Engine, what: Hashable, make: Callable[[], object]) -> None:
    """Make something of a database, the first time; later put back what it held when that was made."""
    key = (engine.dialect.name, what)
    kept = _KEPT.get(key)
    if kept is None:
        make()
        _KEPT[key] = _copy_of(engine) if engine.dialect.name == "sqlite" else _rows_of(engine)
    elif isinstance(kept, sqlite3.Connection):
        with _driver(engine) as connection:
            # Page by page, whatever the tables and their guards are.
            kept.backup(connection, progress=_check_not_locked)
    else:
        _put_back(engine, kept)


def _copy_of(engine: Engine) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:")
    with _driver(engine) as connection:
        connection.backup(copy)
    return copy


@contextmanager
def _driver(engine: Engine) -> Iterator[Any]:
    """The driver's own connection, in no transaction."""
    with engine.connect() as connection:
        yield connection.connection.driver_connection


def _check_not_locked(status: int, _remaining: int, _total: int) -> None:
    # Without this the copying would be tried for ever. The database's own patience is over by now.
    assert status in (sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE), "A test before has left a transaction open."


def _rows_of(engine: Engine) -> _Rows:
    with engine.connect() as connection:
        numbers = connection.execute(
            text("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
        )
        kept = _Rows({}, dict(numbers.all()))
        cursor: Any = connection.connection.cursor()
        for name in _tables_with_rows(connection):
            with cursor.copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as copied:
                kept.tables[name] = b"".join(copied)
    return kept


def _put_back(engine: Engine, kept: _Rows) -> None:
    with engine.begin() as connection, unguarded(connection):
        # Deleted, and only where there is something: to truncate every table takes five times as long.
        for name in _tables_with_rows(connection):
            connection.execute(text(f'DELETE FROM "{name}"'))
        connection.execute(text("SELECT setval(seqrelid, 1, false) FROM pg_sequence"))
        cursor: Any = connection.connection.cursor()
        for name, rows in kept.tables.items():
            with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT binary)') as copied:
                copied.write(rows)
        for name, number in kept.numbers.items():
            cursor.execute("SELECT setval(%s::regclass, %s)", (name, number))


def _tables_with_rows(connection: Connection) -> list[str]:
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = connection.execute(tables).scalars().all()
    some = ", ".join(f'EXISTS (SELECT FROM "{name}")' for name in names)
    found = connection.execute(text(f"SELECT {some}")).one()
    return [name for name, has_rows in zip(names, found, strict=True) if has_rows]
