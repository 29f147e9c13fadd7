"""One database: connecting, transactions, the clock, and the base of every table.

SQLite is the embedded default, PostgreSQL serves a department. Both get the same tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Select,
    SQLColumnExpression,
    Text,
    case,
    create_engine,
    event,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

OFFICE_TIME = ZoneInfo("Europe/London")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Refuses naive datetimes; always gives back UTC (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table. The names of constraints are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        str: Text(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
    }


def connect(url: str) -> Engine:
    """Open the database at an SQLAlchemy address, with the settings that keep it sound."""
    # Asked before each use whether it is still there: after a restart of the server nobody sees a failure.
    # What was to be written stays out of the text of an exception, which may be printed somewhere.
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "do_connect", _settle_postgresql)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _settle_postgresql(dialect: Dialect, _record: Any, _arguments: Any, settings: dict[str, Any]) -> None:
    if dialect.name == "postgresql":
        # A server that is gone is waited for by the network's own patience otherwise: for minutes.
        settings.setdefault("connect_timeout", 10)
        # A statement asked often would be planned without its values, and take seconds where it took a tenth.
        settings.setdefault("prepare_threshold", None)
        # Compiling a question before it is answered takes longer than the answer: ours are long and quick.
        settings["options"] = f"{settings.get('options', '')} -c jit=off".strip()


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = dbapi_connection.cursor()
    # An import of 60,000 cases writes for some seconds, and whoever saves an answer meanwhile waits for it.
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "busy_timeout=30000", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes loses updates, or fails with "database is locked",
    # unless it takes the write lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine, *, now: datetime | None = None, source: str = "") -> Iterator[Session]:
    """One transaction for one thing the user did: all of it, or none.

    `now` sets the clock of the session (the demonstration office plays a past quarter). `source` is what
    the audit trail says of where it was done.
    """
    with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
        session.info["source"] = source
        if now is not None:
            session.info["now"] = now
        with session.begin():
            yield session


@contextmanager
def reading(engine: Engine, *, now: datetime | None = None) -> Iterator[Session]:
    """A session for queries; nothing done in it is kept."""
    with Session(engine, expire_on_commit=False) as session:
        if now is not None:
            session.info["now"] = now
        yield session


def now(session: Session) -> datetime:
    """The present moment of this session, in UTC."""
    moment: datetime = session.info.get("now") or datetime.now(UTC)
    return moment.astimezone(UTC)


def today(session: Session) -> date:
    """The date on the office's wall."""
    return now(session).astimezone(OFFICE_TIME).date()


def frame_of(session: Session, query: Select[*tuple[object, ...]]) -> pd.DataFrame:
    """A query's rows as a frame; an empty answer keeps its columns."""
    result = session.execute(query)
    return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def total(condition: SQLColumnExpression[bool]) -> ColumnElement[int]:
    """The number of rows for which a condition holds; 0 without rows."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
