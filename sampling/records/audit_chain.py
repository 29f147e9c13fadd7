"""The audit trail as a chain: the hash that ties each entry, and the changes it stands for, to the last.

Anybody who has the entries can check them: `printf '%s' "$text" | sha256sum` of an entry's canonical text
gives its hash, and the next entry quotes it.

What a row held can be disposed of. Its change then stays without its values, and the hash that the values had
is kept, so that the chain still holds; a later entry of the trail says by which disposal, and binds all that
it took away. Without such an entry it is a break like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

NOTHING_BEFORE: Final = "0" * 64
DISPOSE: Final = "dispose"  # the action that accounts for what a disposal took from the trail


@dataclass(frozen=True)
class Change:
    """What the database itself saw of one row: `key` names the row, `before` and `after` its values."""

    table: str
    key: str
    kind: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Clearing:
    """A disposal took values away: the hash of an entry's changes as they stood, and as they were left."""

    disposal: int
    before_sha256: str
    left_sha256: str


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
    cleared: Sequence[Clearing] = ()  # in the order of the disposals


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
            "changes": (entry.cleared[0].before_sha256 if entry.cleared else hash_of_changes(entry.changes)),
            "previous": entry.previous_sha256,
        }
    )


def hash_of(entry: Entry) -> str:
    """The hash that the next entry quotes."""
    return _sha256(text_of(entry))


def hash_of_changes(changes: Iterable[Change]) -> str:
    """The hash of the changes that an entry stands for, in their order."""
    rows = [[change.table, change.key, change.kind, change.before, change.after] for change in changes]
    return _sha256(_canonical(rows))


def hash_of_cleared(cleared: Iterable[tuple[int, Clearing]]) -> str:
    """The hash of all that one disposal took from the trail, by the numbers of the entries."""
    return _sha256(
        _canonical(
            [[number, one.before_sha256, one.left_sha256] for number, one in sorted(cleared, key=_number)]
        )
    )


def first_break(entries: Iterable[Entry], *, head: str | None = None) -> Break | None:
    """Is the trail as it was written? `entries` in the order of their numbers; None when nothing is wrong.

    Named is the first entry that was altered, removed or inserted. That entries were cut off at the end shows
    only against a `head`, the hash of the last one, as a report or a receipt printed it: somewhere in the
    trail there must be an entry with it.
    """
    previous, expected, seen_head = NOTHING_BEFORE, 1, head is None or head == NOTHING_BEFORE
    unexplained: dict[int, list[tuple[int, Clearing]]] = {}
    for entry in entries:
        if entry.number > expected:
            return Break(expected, f"Entry {expected} was removed: entry {entry.number} comes next.")
        if entry.number < expected:
            return Break(entry.number, f"Entry {entry.number} was inserted: there are two of that number.")
        if hash_of(entry) != entry.sha256 or not _is_as_it_was_left(entry):
            return Break(entry.number, f"Entry {entry.number} was altered: its hash is not that of its text.")
        if entry.previous_sha256 != previous:
            return Break(
                entry.number,
                f"Entry {entry.number} was inserted or written again: it does not quote the entry before it.",
            )
        for clearing in entry.cleared:
            unexplained.setdefault(clearing.disposal, []).append((entry.number, clearing))
        if entry.action == DISPOSE:
            taken = unexplained.pop(_disposal_of(entry), [])
            if hash_of_cleared(taken) != entry.details.get("trail_sha256"):
                return _removed(min((number for number, _ in taken), default=entry.number))
        seen_head = seen_head or entry.sha256 == head
        previous, expected = entry.sha256, expected + 1
    if unexplained:
        return _removed(min(number for taken in unexplained.values() for number, _ in taken))
    if not seen_head:
        return Break(
            expected,
            f"Entry {expected} or a later one was removed at the end, or all was written again: no entry has "
            f"the hash {head}.",
        )
    return None


def _is_as_it_was_left(entry: Entry) -> bool:
    """Whether each disposal found the changes as the one before left them, and the last is true now."""
    left = [one.left_sha256 for one in entry.cleared]
    found = [one.before_sha256 for one in entry.cleared[1:]]
    return not left or [*found, hash_of_changes(entry.changes)] == left


def _removed(number: int) -> Break:
    return Break(number, f"Something of entry {number} was removed, and no disposal accounts for it.")


def _disposal_of(entry: Entry) -> int:
    number = entry.subject.removeprefix("disposal ")
    return int(number) if number.isdecimal() else 0


def _number(cleared: tuple[int, Clearing]) -> int:
    return cleared[0]


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
