"""The audit trail for those who may read it: what was done, by whom, from where, and what it changed."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from sampling.records.audit_trail import AuditChange, AuditEntry
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, check_may_act_as, may_act_as
from sampling.refused import Refused
from scorecards.visibility import BLIND_ROLES

# Subjects whose entries tell nothing about a score. Whoever second-scores sees only these: the rest of the
# trail would tell what a manager found before their own scoring is in.
_OFFICE_SUBJECTS: Final = ("office", "team", "person", "setting", "import", "mapping", "scorecard")
# Tables of which the trail shows what a row was and became. Of all others only which columns changed: what
# reviewers answered and wrote is for those who may see the review, on its own screen.
_TOLD: Final = frozenset(
    {
        *("office", "team", "person", "role_held", "membership", "line_management", "absence", "setting"),
        *("saved_mapping", "scorecard_use", "approval_level", "approver", "policy_version", "root_cause"),
    }
)


def audit_entries(session: Session, *, since: date, until: date, by: Person) -> pd.DataFrame:
    """What was done between two days, both included, the latest first.

    Somebody who second-scores is shown the office's own books only: see _OFFICE_SUBJECTS.
    """
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    query = (
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.by_id)
        .where(AuditEntry.at >= _midnight(since), AuditEntry.at < _midnight(until + timedelta(days=1)))
        .order_by(AuditEntry.at.desc(), AuditEntry.number.desc())
    )
    if not sees_all_of_the_trail(session, by):
        query = query.where(or_(*(AuditEntry.subject.startswith(subject) for subject in _OFFICE_SUBJECTS)))
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
        for entry, name in session.execute(query)
    ]
    return pd.DataFrame(rows, columns=["Entry", "When", "Who", "What", "On", "Details", "From where"])


def changes_of(session: Session, number: int, *, by: Person) -> pd.DataFrame:
    """The rows that an entry's transaction changed, as the database itself wrote them down.

    They stand with the first entry of the transaction; an entry that came with it has none of its own.
    """
    check_may_act_as(session, by, Role.ADMINISTRATOR, Role.HEAD)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.number == number)).first()
    allowed = entry is not None and (
        sees_all_of_the_trail(session, by) or entry.subject.startswith(_OFFICE_SUBJECTS)
    )
    if entry is None or not allowed:
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
