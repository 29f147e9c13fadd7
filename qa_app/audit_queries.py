"""The audit trail for those who may read it: what was done, by whom, from where, and what it changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from sampling.records.audit_guards import watched
from sampling.records.audit_trail import AuditChange, AuditEntry
from sampling.records.database import OFFICE_TIME, Base, frame_of
from sampling.records.people import Person, Role, check_may_act_as, may_act_as
from sampling.records.readings import READ
from sampling.refused import Refused
from scorecards.visibility import BLIND_ROLES

# Subjects whose entries tell nothing about a score. Whoever second-scores sees only these: the rest of the
# trail would tell what a manager found before their own scoring is in.
_OFFICE_SUBJECTS: Final = ("office", "team", "person", "setting", "import", "mapping", "scorecard")
# Whose results somebody read, which would tell that there are some.
_READINGS: Final = (READ, "subject_access")
# Tables of which the trail shows what a row was and became. Of all others only which columns changed: what
# reviewers answered and wrote is for those who may see the review, on its own screen.
_TOLD: Final = frozenset(
    {
        *("office", "team", "person", "role_held", "membership", "line_management", "absence", "setting"),
        *("saved_mapping", "scorecard_use", "approval_level", "approver", "policy_version", "root_cause"),
    }
)


@dataclass(frozen=True)
class EntryFilters:
    """Which entries are wanted; None and "" leave a filter open. Days are the office's, both included.

    `subject` is the beginning of what something was done to: "draw 3" also finds "draw 31"; `source` is any
    part of where it was done. `table` is one in which a row changed. `read_of` is a person: who read their
    results.
    """

    since: date | None = None
    until: date | None = None
    by_id: int | None = None
    action: str | None = None
    subject: str = ""
    table: str | None = None
    source: str = ""
    read_of: int | None = None


@dataclass(frozen=True)
class EntriesFound:
    """One page of the entries found, the latest first, and how many there are; pages count from 0."""

    total: int
    page: int
    rows: pd.DataFrame


@dataclass(frozen=True)
class EntryChoices:
    """What the filters offer: people who did something, by number, and the actions and tables there are."""

    people: dict[int, str]
    actions: tuple[str, ...]
    tables: tuple[str, ...]


def audit_entries(
    session: Session, wanted: EntryFilters, *, page: int, size: int, by: Person
) -> EntriesFound:
    """A page of the entries wanted, the latest first. A page beyond the last is the last.

    Somebody who second-scores is shown the office's own books only: see _OFFICE_SUBJECTS.
    """
    conditions = _conditions(session, wanted, by)
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
    page = max(0, min(page, -(-total // size) - 1))
    rows = [
        (
            entry.number,
            entry.at,
            name or "Set-up",
            entry.action.replace("_", " "),
            entry.subject,
            _details(entry),
            entry.source,
        )
        for entry, name in session.execute(
            _latest_first(select(AuditEntry, Person.name), conditions).offset(page * size).limit(size)
        )
    ]
    columns = ["Entry", "When", "Who", "What", "On", "Details", "From where"]
    return EntriesFound(total, page, pd.DataFrame(rows, columns=columns))


def entries_frame(session: Session, wanted: EntryFilters, *, by: Person) -> pd.DataFrame:
    """All entries wanted, the latest first, with their hashes: a table to take away.

    `details` is JSON. Who did it is named; in the chain itself they are a number.
    """
    query = select(
        AuditEntry.number.label("number"),
        AuditEntry.at.label("time"),
        func.coalesce(Person.name, "Set-up").label("who"),
        AuditEntry.source.label("source"),
        AuditEntry.action.label("action"),
        AuditEntry.subject.label("subject"),
        AuditEntry.details.label("details"),
        AuditEntry.previous_sha256.label("previous_sha256"),
        AuditEntry.sha256.label("sha256"),
    )
    found = frame_of(session, _latest_first(query, _conditions(session, wanted, by)))
    found["details"] = [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in found["details"]]
    return found


def entry_choices(session: Session, *, by: Person) -> EntryChoices:
    """What to choose from in the filters, of the entries that a person may see."""
    seen = _conditions(session, EntryFilters(), by)
    people = session.execute(
        select(Person.id, Person.name)
        .where(Person.id.in_(select(AuditEntry.by_id).where(*seen)))
        .order_by(Person.name, Person.id)
    )
    actions = session.scalars(select(AuditEntry.action).where(*seen).distinct().order_by(AuditEntry.action))
    return EntryChoices(
        people={row[0]: row[1] for row in people},
        actions=tuple(actions),
        tables=tuple(sorted(table.name for table in watched(Base.metadata))),
    )


def _latest_first(query: Select[*tuple[Any, ...]], conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    # By their numbers, which are those of the chain and have an index; the moments have none.
    joined = query.outerjoin(Person, Person.id == AuditEntry.by_id)
    return joined.where(*conditions).order_by(AuditEntry.number.desc())


def _conditions(session: Session, wanted: EntryFilters, by: Person) -> list[ColumnElement[bool]]:
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    found = [true() if sees_all_of_the_trail(session, by) else _is_of_the_office()]
    if wanted.since is not None:
        found.append(AuditEntry.at >= _midnight(wanted.since))
    if wanted.until is not None:
        found.append(AuditEntry.at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.by_id is not None:
        found.append(AuditEntry.by_id == wanted.by_id)
    if wanted.action is not None:
        found.append(AuditEntry.action == wanted.action)
    if wanted.subject:
        found.append(AuditEntry.subject.startswith(wanted.subject, autoescape=True))
    if wanted.table is not None:
        changed = select(AuditChange.entry_id).where(AuditChange.table_name == wanted.table)
        found.append(AuditEntry.id.in_(changed))
    if wanted.source:
        found.append(AuditEntry.source.contains(wanted.source, autoescape=True))
    if wanted.read_of is not None:
        found += [AuditEntry.action.in_(_READINGS), AuditEntry.subject == f"person {wanted.read_of}"]
    return found


def _is_of_the_office() -> ColumnElement[bool]:
    """The condition on an entry that it is of the office's own books, and tells of no score."""
    of_office = or_(*(AuditEntry.subject.startswith(subject) for subject in _OFFICE_SUBJECTS))
    return and_(of_office, AuditEntry.action.not_in(_READINGS))


def changes_of(session: Session, number: int, *, by: Person) -> pd.DataFrame:
    """The rows that an entry's transaction changed, as the database itself wrote them down.

    They stand with the first entry of the transaction; an entry that came with it has none of its own.
    """
    seen = _conditions(session, EntryFilters(), by)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.number == number, *seen)).first()
    if entry is None:
        raise Refused(f"There is no entry {number} that you may see. Choose one from the list.")
    changes = session.scalars(
        select(AuditChange).where(AuditChange.entry_id == entry.id).order_by(AuditChange.id)
    )
    rows = [
        (
            change.table_name.replace("_", " "),
            change.row_key,
            change.kind,
            _values(change.table_name, change.before),
            _values(change.table_name, change.after),
        )
        for change in changes
    ]
    return pd.DataFrame(rows, columns=["Table", "Row", "Change", "Before", "After"])


def sees_all_of_the_trail(session: Session, person: Person) -> bool:
    """Whether the audit trail may tell a person about scores: not while they may have to score
    blind, or manage a team whose reviews are scored again."""
    return not may_act_as(session, person, [*BLIND_ROLES, Role.LINE_MANAGER])


def _values(table: str, values: dict[str, Any] | None) -> str:
    if not values:
        return ""
    if table not in _TOLD:
        return ", ".join(sorted(values))
    return "; ".join(f"{name}: {_plain(value)}" for name, value in sorted(values.items()))


def _details(entry: AuditEntry) -> str:
    shown = {name: value for name, value in entry.details.items() if value is not None}
    return "; ".join(f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in shown.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=OFFICE_TIME)
