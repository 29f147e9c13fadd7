"""The books as they were: a session in which every query finds what had been recorded by a moment.

A report of a past quarter must not know what came later. Rather than to give every read model a date to
heed, the tables look back: for one transaction, views of their names stand before them, in the schema of
temporary objects, which both databases look through first. Nothing is written, and with the transaction
the views are gone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    MetaData,
    Select,
    Table,
    and_,
    case,
    exists,
    literal,
    not_,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from learning_register.books_then import BOOKS, Rows, rows_then
from sampling.records.cases import Case, Import
from sampling.records.database import OFFICE_TIME, Base, now, today
from sampling.records.people import Person, RoleHeld
from sampling.refused import Refused
from sampling.register_chain import Event
from sampling.tables import Cause, Draw, RegisterEntry, Replacement, SampledCase
from scorecards.tables import Answer, Review

_ALWAYS: Final = date(1900, 1, 1)


@contextmanager
def looking_back(session: Session, moment: datetime, *, by: Person) -> Iterator[Session]:
    """A session that reads the books as they stood at a moment, and whose clock shows it.

    `session` is an ordinary one; `by` reads with the roles they have by its clock: who may know something
    is asked now, about what was known then.
    """
    if moment > now(session):
        raise Refused("The books of a day to come cannot be read. Choose a day up to today.")
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # A statement that was prepared before would go on looking at the tables themselves.
            connection.connection.driver_connection.prepare_threshold = None  # type: ignore[union-attr]
        connection.detach()  # closed in the end, so that nobody else meets what stands in it meanwhile
        with Session(connection, expire_on_commit=False) as past:
            past.info["now"] = moment
            _stand_before(connection, past, moment.astimezone(UTC), by=by.id, roles_on=today(session))
            past.expunge_all()  # what was read so far is from today's books
            yield past


def _stand_before(
    connection: Connection, past: Session, moment: datetime, *, by: int, roles_on: date
) -> None:
    # "main" is what SQLite calls the tables of its file.
    schema = "main" if connection.dialect.name == "sqlite" else past.scalar(text("SELECT current_schema()"))
    books = _tables_in(schema)
    made = {
        table: _keep(connection, books[table.__tablename__], rows)
        for table, rows in rows_then(past, moment).items()
    }
    for table in BOOKS:
        _create_view(connection, table, _as_it_was(books, table, moment, made))
    _create_view(connection, SampledCase, _sampled_by(books, moment))
    _create_view(connection, RoleHeld, _roles(books[RoleHeld.__tablename__], by, roles_on))


@cache
def _tables_in(schema: str) -> Mapping[str, Table]:
    """The tables by name, each to be asked for by its full name, which no view can stand before."""
    named = MetaData()
    return {table.name: table.to_metadata(named, schema=schema) for table in Base.metadata.tables.values()}


def _keep(connection: Connection, table: Table, rows: Rows) -> Table:
    """Those rows of a table that were different, as a temporary table: its keys, and the columns given."""
    wanted = [column for column in table.columns if column.primary_key or column.name in rows.columns]
    kept = Table(
        f"{table.name}_then",
        MetaData(),
        *(Column(column.name, column.type, primary_key=column.primary_key) for column in wanted),
        prefixes=["TEMPORARY"],
    )
    connection.execute(CreateTable(kept))
    if rows.values:
        connection.execute(kept.insert(), list(rows.values))
    return kept


def _as_it_was(
    books: Mapping[str, Table], of: type[Base], moment: datetime, made: Mapping[type[Base], Table]
) -> Select[Any]:
    """The rows of a table that were there, without what was added to them later."""
    table, book, then = books[of.__tablename__], BOOKS[of], made.get(of)
    columns = []
    for column in table.columns:
        value: ColumnElement[Any] = column
        for said_on, filled in book.later.items():
            if column.name in filled:
                value = case((_is_by(table.c[said_on], moment), column), else_=_nothing(column))
        if then is not None and column.name in then.c and not column.primary_key:
            is_same = next(iter(then.primary_key)).is_(None)
            value = case((is_same, value), else_=then.c[column.name])
        columns.append(value.label(column.name))
    query = select(*columns)
    if then is not None:
        same = and_(*(table.c[key.name] == key for key in then.primary_key))
        query = query.select_from(table.outerjoin(then, same))
        if of is Answer:  # a review that was different had the answers of its revision, and no others
            of_review = exists().where(made[Review].c.id == table.c.review_id)
            query = query.where(or_(not_(of_review), then.c.review_id.is_not(None)))
    if of is Case:
        taken_in = books[Import.__tablename__]
        query = query.where(
            table.c.first_import_id.in_(select(taken_in.c.id).where(_is_by(taken_in.c.at, moment)))
        )
    if book.since is not None:
        query = query.where(_is_by(table.c[book.since], moment))
    return query


def _is_by(said_on: ColumnElement[Any], moment: datetime) -> ColumnElement[bool]:
    """Whether something had been said by the moment, or by its day where only days are kept."""
    until = moment.astimezone(OFFICE_TIME).date() if isinstance(said_on.type, Date) else moment
    return said_on <= literal(until, said_on.type)


def _nothing(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return null() if getattr(column, "nullable", True) else literal("", column.type)


def _sampled_by(books: Mapping[str, Table], moment: datetime) -> Select[Any]:
    """The cases that had been drawn: without second stages, and what replaced others, of later."""
    sampled, replacement, draw, entry = (
        books[table.__tablename__] for table in (SampledCase, Replacement, Draw, RegisterEntry)
    )
    replaces_later = exists().where(
        replacement.c.next_id == sampled.c.id, not_(_is_by(replacement.c.at, moment))
    )
    extended_later = exists().where(
        draw.c.id == sampled.c.draw_id,
        entry.c.plan_id == draw.c.plan_id,
        entry.c.event == literal(str(Event.EXTENDED)),
        not_(_is_by(entry.c.at, moment)),
    )
    is_drawn = exists().where(draw.c.id == sampled.c.draw_id, _is_by(draw.c.drawn_at, moment))
    return select(sampled).where(
        is_drawn,
        not_(and_(sampled.c.cause == literal(str(Cause.REPLACEMENT)), replaces_later)),
        not_(and_(sampled.c.cause == literal(str(Cause.EXTENSION)), extended_later)),
    )


def _roles(role_held: Table, by: int, roles_on: date) -> Select[Any]:
    """The roles as they were held; but those of whoever looks back as they are now, and for good."""
    on = literal(roles_on, Date())
    is_own = role_held.c.person_id == literal(by)
    is_now = and_(role_held.c.starts_on <= on, or_(role_held.c.ends_on.is_(None), role_held.c.ends_on >= on))
    always: dict[str, ColumnElement[Any]] = {
        "starts_on": case((is_own, literal(_ALWAYS, Date())), else_=role_held.c.starts_on),
        "ends_on": case((is_own, null()), else_=role_held.c.ends_on),
    }
    columns = [always.get(column.name, column).label(column.name) for column in role_held.columns]
    return select(*columns).where(or_(not_(is_own), is_now))


def _create_view(connection: Connection, of: type[Base], query: Select[Any]) -> None:
    words = query.compile(connection, compile_kwargs={"literal_binds": True})
    quoted = connection.dialect.identifier_preparer.quote(of.__tablename__)
    connection.exec_driver_sql(f"CREATE TEMPORARY VIEW {quoted} AS {words}")
