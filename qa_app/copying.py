"""A whole office copied from one database to another, and proven to be the same.

One way for moving to PostgreSQL, for backups (a copy in a SQLite file) and for restoring them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, insert, select, text
from sqlalchemy.orm import Session

from qa_app.migrating import TABLES, is_migrated, migrate
from sampling.records import audit_trail
from sampling.records.database import reading
from sampling.refused import Refused

_ROWS: Final = 5_000


@dataclass(frozen=True)
class Copied:
    """What a copy holds, as it was compared with its source: rows by table, head of the audit trail."""

    rows: dict[str, int]
    audit_entries: int
    audit_sha256: str

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def copy_office(
    source: Engine, target: Engine, *, progress: Callable[[float, str], object] = lambda *_: None
) -> Copied:
    """Copy everything, then compare every table row by row by its hash, and go through the audit trail.

    The source is read as it is at one moment, while others go on working with it. The target must be empty.
    In one transaction: where anything differs, the target stays empty.
    """
    _check_empty(target)
    migrate(target)
    tables = [table for table in TABLES.sorted_tables if table.name != "alembic_version"]
    with _at_one_moment(source) as old, target.execution_options(writes=True).begin() as new:
        counted = {table.name: _count(old, table) for table in tables}
        done, total = 0, sum(counted.values()) or 1
        with _without_guards(new):
            for table in tables:
                new.execute(table.delete())  # what a migration itself puts in
                for rows in _chunks(old, table):
                    new.execute(insert(table), rows)
                    done += len(rows)
                    progress(0.6 * done / total, f"Copied {done:,} of {total:,} rows")
            _go_on_counting(new, tables)
        for number, table in enumerate(tables, start=1):
            progress(0.6 + 0.4 * number / len(tables), f"Compared {number} of {len(tables)} tables")
            if _hash(old, table) != _hash(new, table):
                raise Refused(
                    f"The copy of {table.name} is not the same as the original, so nothing was kept. "
                    "Do it again."
                )
    with reading(target) as session:
        entries, broken = audit_trail.check_trail(session)
        head = audit_trail.head(session)
    if broken is not None:
        raise Refused(f"Everything was copied, but the audit trail does not hold. {broken.words}")
    return Copied(counted, entries, head)


def check_holds(engine: Engine) -> Copied:
    """What a database holds, with its audit trail gone through; refused where that does not hold."""
    with reading(engine) as session:
        rows = {table.name: _count(session.connection(), table) for table in TABLES.sorted_tables}
        entries, broken = audit_trail.check_trail(session)
        if broken is not None:
            raise Refused(f"The audit trail does not hold. {broken.words}")
        return Copied(rows, entries, audit_trail.head(session))


def _check_empty(target: Engine) -> None:
    if not is_migrated(target):
        return
    with reading(target) as session:
        found = [table.name for table in TABLES.sorted_tables if _has_rows(session, table)]
    if set(found) - {"root_cause"}:
        raise Refused(
            "The database to copy to is not empty, and nothing in it may be lost. Choose an empty one."
        )


def _has_rows(session: Session, table: Table) -> bool:
    return session.execute(select(table).limit(1)).first() is not None


@contextmanager
def _at_one_moment(engine: Engine) -> Iterator[Connection]:
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.execution_options(**options).connect() as connection, connection.begin():
        yield connection


@contextmanager
def _without_guards(connection: Connection) -> Iterator[None]:
    """Without the triggers that watch rows and keep them: what is copied has been through them once."""
    if connection.dialect.name == "postgresql":
        for table in TABLES.sorted_tables:
            connection.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
        yield
        connection.execute(
            text("SET CONSTRAINTS ALL IMMEDIATE")
        )  # a table that is to be checked yet is locked
        for table in TABLES.sorted_tables:
            connection.execute(text(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER'))
        return
    guards = connection.execute(
        text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
            "AND name NOT LIKE 'learning\\_point\\_text%' ESCAPE '\\'"  # those fill the full-text search
        )
    ).all()
    for name, _ in guards:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, statement in guards:
        connection.exec_driver_sql(statement)


def _chunks(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    for rows in connection.execution_options(yield_per=_ROWS).execute(query).mappings().partitions():
        yield [dict(row) for row in rows]


def _go_on_counting(connection: Connection, tables: list[Table]) -> None:
    """PostgreSQL gives out numbers apart from the rows: they go on after the highest."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        column = table.autoincrement_column
        if column is not None:
            connection.execute(
                select(
                    func.setval(
                        func.pg_get_serial_sequence(f'"{table.name}"', column.name),
                        func.coalesce(select(func.max(column)).scalar_subquery(), 1),
                        select(func.count() > 0).select_from(table).scalar_subquery(),
                    )
                )
            )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _hash(connection: Connection, table: Table) -> str:
    """One hash of all rows in the order of their keys, the same on either kind of database."""
    found = hashlib.sha256()
    for rows in _chunks(connection, table):
        for row in rows:
            found.update(json.dumps(row, sort_keys=True, default=_plain).encode())
            found.update(b"\n")
    return found.hexdigest()


def _plain(value: object) -> str:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else str(value)
