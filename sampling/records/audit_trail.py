"""Who did what, when, from where, and what it changed. Entries are only ever added.

An action says what it did with `record`. The database itself writes down each row that changes, before and
after (`audit_guards`), and binds those changes to an entry that must follow in the same transaction: a change
that nobody recorded does not commit. When a transaction commits, its entries are tied to the chain.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    event,
    func,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from sampling.records import auditors
from sampling.records.audit_chain import (
    NOTHING_BEFORE,
    Break,
    Change,
    Clearing,
    Entry,
    first_break,
    hash_of,
)
from sampling.records.database import Base, now
from sampling.records.people import Person
from sampling.records.tables_retention import Disposal

_AT_ONCE = 2_000  # entries read at once while the trail is checked


class AuditEntry(Base):
    """One thing that was done. `by_id` is empty for what the command line did; `source` says from where."""

    __tablename__ = "audit_entry"
    __table_args__ = (CheckConstraint("number > 0", name="counts_from_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # its place in the chain
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    source: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]
    previous_sha256: Mapped[str]
    sha256: Mapped[str]


class AuditChange(Base):
    """A row that changed, as the database itself saw it. Written by triggers, never by the product.

    Of tables that take thousands of rows at once only that they changed is kept: their rows are kept by
    their own registers. What must not be read again (passwords, contents of files) is left out.
    """

    __tablename__ = "audit_change"
    __table_args__ = (
        CheckConstraint("kind IN ('added', 'changed', 'deleted')", name="kind_known"),
        Index("ix_audit_change_entry", "entry_id"),
        Index("ix_audit_change_row", "table_name", "row_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Checked when the transaction commits: without its entry the change does not.
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id", deferrable=True, initially="DEFERRED"))
    table_name: Mapped[str]
    row_key: Mapped[str]
    kind: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class AuditClearing(Base):
    """That a disposal took values out of an entry's changes: their hash before, and as they were left."""

    __tablename__ = "audit_clearing"
    __table_args__ = (UniqueConstraint("entry_id", "disposal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"))
    disposal_id: Mapped[int] = mapped_column(ForeignKey(Disposal.id))
    before_sha256: Mapped[str]
    left_sha256: Mapped[str]


class Unrecorded(Exception):
    """A programming error: something was changed and no action said so."""


@dataclass
class _Pending:
    """What was recorded in a transaction that has not been committed yet."""

    entries: list[tuple[SessionTransaction | None, AuditEntry]] = field(default_factory=list)


def record(session: Session, action: str, subject: str, *, by: Person | None, **details: Any) -> None:
    """Say what was done: the action's name, what it was done to ("draw 3"), and what is worth reading.

    The entry is written when the transaction commits, after all it has changed. Refused for an outside
    auditor, but for the little that they do (`auditors`).
    """
    if by is not None:
        auditors.check_only_reads(session, by, action)
    entry = AuditEntry(
        at=now(session),
        by_id=by.id if by else None,
        source=session.info.get("source", ""),
        action=action,
        subject=subject,
        details=json.loads(json.dumps(details)),  # as it will be read: hashes must agree
    )
    pending: _Pending = session.info.setdefault("audit", _Pending())
    pending.entries.append((session.get_nested_transaction(), entry))


def recorded(session: Session) -> list[str]:
    """The names of the actions that were recorded in this transaction and are not written yet."""
    pending: _Pending = session.info.get("audit", _Pending())
    return [entry.action for _, entry in pending.entries]


def close_entries(session: Session) -> None:
    """Tie what was recorded to the chain. Done before every commit."""
    if session.in_nested_transaction():
        return
    session.flush()
    reserved = _reserved(session)
    pending: _Pending = session.info.pop("audit", _Pending())
    changes = changes_of_entries(session, [reserved]) if reserved is not None else {}
    if not pending.entries:
        if changes:
            tables = sorted({change.table for of_entry in changes.values() for change in of_entry})
            raise Unrecorded(f"No action has recorded these changes: {', '.join(tables)}")
        return
    _wait_for_the_chain(session)
    last = session.execute(
        select(AuditEntry.number, AuditEntry.sha256).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    number, previous = (last.number, last.sha256) if last else (0, NOTHING_BEFORE)
    entries = [entry for _, entry in pending.entries]
    if changes:
        entries[0].id = reserved or 0
    for place, entry in enumerate(entries):
        number += 1
        entry.number, entry.previous_sha256 = number, previous
        entry.sha256 = hash_of(_as_told(entry, changes.get(entry.id, ()) if place == 0 else ()))
        previous = entry.sha256
    session.add_all(entries[:1])
    session.flush()  # before the others, which take the numbers after its own
    session.add_all(entries[1:])
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT set_config('casework_qa.entry', '', true)"))


def head(session: Session) -> str:
    """The hash of the newest entry: what a report prints, so that nothing before it can be written again."""
    newest = select(AuditEntry.sha256).order_by(AuditEntry.number.desc()).limit(1)
    return session.scalar(newest) or NOTHING_BEFORE


def check_trail(session: Session, *, against: str | None = None) -> tuple[int, Break | None]:
    """How many entries there are, and the first that was altered, removed or inserted, if any."""
    number = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    return number, first_break(entries(session, true()), head=against)


def entries(session: Session, which: ColumnElement[bool]) -> Iterator[Entry]:
    """The entries that a condition on AuditEntry holds for, oldest first, each with its changes."""
    after = 0
    while True:
        rows = session.scalars(
            select(AuditEntry)
            .where(which, AuditEntry.number > after)
            .order_by(AuditEntry.number)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        ids = [row.id for row in rows]
        changes, cleared = changes_of_entries(session, ids), clearings_of_entries(session, ids)
        for row in rows:
            yield _as_told(row, changes.get(row.id, ()), cleared.get(row.id, ()))
            session.expunge(row)  # a long trail is gone through in little memory
        after = rows[-1].number


def _as_told(entry: AuditEntry, changes: Iterable[Change], cleared: Iterable[Clearing] = ()) -> Entry:
    return Entry(
        number=entry.number,
        at=entry.at.isoformat(timespec="microseconds"),
        by=entry.by_id,
        source=entry.source,
        action=entry.action,
        subject=entry.subject,
        details=entry.details,
        changes=tuple(changes),
        previous_sha256=entry.previous_sha256,
        sha256=entry.sha256 or "",
        cleared=tuple(cleared),
    )


def clearings_of_entries(session: Session, entry_ids: Sequence[int]) -> dict[int, list[Clearing]]:
    """What disposals took from entries, by the ids of these, in the order of the disposals."""
    rows = session.execute(
        select(
            AuditClearing.entry_id,
            AuditClearing.disposal_id,
            AuditClearing.before_sha256,
            AuditClearing.left_sha256,
        )
        .where(AuditClearing.entry_id.in_(entry_ids))
        .order_by(AuditClearing.disposal_id)
    )
    found: dict[int, list[Clearing]] = {}
    for entry_id, disposal_id, before, left in rows:
        found.setdefault(entry_id, []).append(Clearing(disposal_id, before, left))
    return found


def changes_of_entries(session: Session, entry_ids: Sequence[int]) -> dict[int, list[Change]]:
    """The changes that entries stand for, by the ids of these, in their order."""
    rows = session.execute(
        select(
            AuditChange.entry_id,
            AuditChange.table_name,
            AuditChange.row_key,
            AuditChange.kind,
            AuditChange.before,
            AuditChange.after,
        )
        .where(AuditChange.entry_id.in_(entry_ids))
        .order_by(AuditChange.id)
    )
    found: dict[int, list[Change]] = {}
    for entry_id, *columns in rows:
        found.setdefault(entry_id, []).append(Change(*columns))
    return found


def _reserved(session: Session) -> int | None:
    """The id that the changes of this transaction have been given, as the triggers do it."""
    if session.get_bind().dialect.name == "postgresql":
        given = session.scalar(text("SELECT nullif(current_setting('casework_qa.entry', true), '')"))
        return int(given) if given else None
    # SQLite lets one transaction write at a time, so the next number is this one's.
    return (session.scalar(select(func.max(AuditEntry.id))) or 0) + 1


def _wait_for_the_chain(session: Session) -> None:
    # Two transactions at once must not both follow the same entry.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audit_entry'))"))


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    close_entries(session)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, undone: SessionTransaction) -> None:
    pending: _Pending | None = session.info.get("audit")
    if pending is not None:
        pending.entries = [
            (within, entry) for within, entry in pending.entries if within is not undone and undone.nested
        ]
