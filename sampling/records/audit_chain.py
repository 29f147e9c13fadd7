"""The audit trail as a chain: the hash that ties each entry, and the changes it stands for, to the last.

Anybody who has the entries can check them: `printf '%s' "$text" | sha256sum` of an entry's canonical text
gives its hash, and the next entry quotes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

NOTHING_BEFORE: Final = "0" * 64


@dataclass(frozen=True)
class Change:
    """What the database itself saw of one row: `key` names the row, `before` and `after` its values."""

    table: str
    key: str
    kind: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One entry as it is kept, with its changes in their order."""

    number: int
    at: str
    by: int | None
    source: str
    action: str
    subject: str
    details: Any
    changes: Sequence[Change]
    previous_sha256: str
    sha256: str


@dataclass(frozen=True)
class Break:
    """The first place where the trail is not what was written, and in what way."""

    number: int
    words: str


def text_of(entry: Entry) -> str:
    """The canonical text of an entry: JSON with sorted keys, the hash of its changes, and the hash before."""
    return _canonical(
        {
            "number": entry.number,
            "at": entry.at,
            "by": entry.by,
            "source": entry.source,
            "action": entry.action,
            "subject": entry.subject,
            "details": entry.details,
            "changes": _sha256(
                _canonical(
                    [
                        [change.table, change.key, change.kind, change.before, change.after]
                        for change in entry.changes
                    ]
                )
            ),
            "previous": entry.previous_sha256,
        }
    )


def hash_of(entry: Entry) -> str:
    """The hash that the next entry quotes."""
    return _sha256(text_of(entry))


def first_break(entries: Iterable[Entry], *, head: str | None = None) -> Break | None:
    """Is the trail as it was written? `entries` in the order of their numbers; None when nothing is wrong.

    Named is the first entry that was altered, removed or inserted. That entries were cut off at the end shows
    only against a `head`, the hash of the last one, as a report or a receipt printed it: somewhere in the
    trail there must be an entry with it.
    """
    previous, expected, seen_head = NOTHING_BEFORE, 1, head is None or head == NOTHING_BEFORE
    for entry in entries:
        if entry.number > expected:
            return Break(expected, f"Entry {expected} was removed: entry {entry.number} comes next.")
        if entry.number < expected:
            return Break(entry.number, f"Entry {entry.number} was inserted: there are two of that number.")
        if hash_of(entry) != entry.sha256:
            return Break(entry.number, f"Entry {entry.number} was altered: its hash is not that of its text.")
        if entry.previous_sha256 != previous:
            return Break(
                entry.number,
                f"Entry {entry.number} was inserted or written again: it does not quote the entry before it.",
            )
        seen_head = seen_head or entry.sha256 == head
        previous, expected = entry.sha256, expected + 1
    if not seen_head:
        return Break(
            expected,
            f"Entry {expected} or a later one was removed at the end, or all was written again: no entry has "
            f"the hash {head}.",
        )
    return None


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
