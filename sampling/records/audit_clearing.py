"""What disposed records held is taken out of the audit trail too, and the chain still holds.

The values go; that the rows changed, and by which entry, stays.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from sqlalchemy import insert, null, or_, select, update
from sqlalchemy.orm import Session

from sampling.records.audit_chain import Clearing, hash_of_changes, hash_of_cleared
from sampling.records.audit_trail import AuditChange, AuditClearing, AuditEntry, changes_of_entries
from sampling.records.tables_retention import Disposal

T = TypeVar("T")

_AT_ONCE = 500


def clear_values(session: Session, disposal: Disposal, rows: Mapping[str, Collection[str]]) -> str:
    """Take the values of rows out of the audit trail: `rows` by table and key, as the trail names them.

    Returns the hash of what was taken, which the entry of the disposal must carry (`trail_sha256`): the
    trail is not whole without it. The values that this transaction itself has just written there go too.
    """
    session.flush()
    found = dict(_changes_of_rows(session, rows))  # of each change the entry it belongs to
    numbers = {
        entry_id: number
        for ids in _portions(sorted(set(found.values())))
        for entry_id, number in session.execute(
            select(AuditEntry.id, AuditEntry.number).where(AuditEntry.id.in_(ids))
        )
    }  # not of the entry that this transaction will make: what it tells is hashed as it is then left
    taken: list[tuple[int, Clearing]] = []
    for ids in _portions(sorted(numbers)):
        cleared = _cleared(session, disposal, ids, rows)
        session.execute(
            insert(AuditClearing),
            [
                {
                    "entry_id": entry_id,
                    "disposal_id": disposal.id,
                    "before_sha256": one.before_sha256,
                    "left_sha256": one.left_sha256,
                }
                for entry_id, one in cleared.items()
            ],
        )
        taken += [(numbers[entry_id], one) for entry_id, one in cleared.items()]
    for ids in _portions(sorted(found)):
        session.execute(
            update(AuditChange)
            .where(AuditChange.id.in_(ids))
            .values(before=null(), after=null())
            .execution_options(synchronize_session=False)
        )
    return hash_of_cleared(taken)


def _changes_of_rows(session: Session, rows: Mapping[str, Collection[str]]) -> Iterator[tuple[int, int]]:
    has_values = or_(AuditChange.before.is_not(null()), AuditChange.after.is_not(null()))
    for table, keys in rows.items():
        for portion in _portions(sorted(keys)):
            changes = select(AuditChange.id, AuditChange.entry_id).where(
                AuditChange.table_name == table, AuditChange.row_key.in_(portion), has_values
            )
            yield from ((row[0], row[1]) for row in session.execute(changes))


def _cleared(
    session: Session, disposal: Disposal, entry_ids: Sequence[int], rows: Mapping[str, Collection[str]]
) -> dict[int, Clearing]:
    return {
        entry_id: Clearing(
            disposal.id,
            hash_of_changes(changes),
            hash_of_changes(
                replace(change, before=None, after=None)
                if change.key in rows.get(change.table, ())
                else change
                for change in changes
            ),
        )
        for entry_id, changes in changes_of_entries(session, entry_ids).items()
    }


def _portions(values: Iterable[T]) -> Iterator[list[T]]:
    """So many at a time as a statement can name."""
    going = iter(values)
    while portion := list(islice(going, _AT_ONCE)):
        yield portion
