"""The register of draws as a chain: what may follow what, and the hash that ties each line to the last.

Anybody who has the lines can check them: `printf '%s' "$line" | sha256sum` of a line's canonical text
gives its hash, and the next line quotes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sampling.draw import plan_file, sha256_hex
from sampling.refused import Refused

NOTHING_BEFORE: Final = "0" * 64


class Event(StrEnum):
    """What can happen to a plan."""

    PLANNED = "planned"  # registered, and no randomness exists
    ROLLED = "rolled"  # dice rolled and minuted by one person, for another to confirm
    SEEDED = "seeded"
    DRAWN = "drawn"
    EXTENDED = "extended"  # the second stage that the plan foresaw
    REPLACED = "replaced"  # one case, by the next ticket
    VOID_ASKED = "void asked"
    VOID_DECLINED = "void declined"
    VOIDED = "voided"
    CLOSED = "closed"  # nothing waits to be reviewed any more


# The states, and the moves between them. The other events leave the state as it is.
MOVES: Final[Mapping[Event | None, frozenset[Event]]] = {
    None: frozenset({Event.PLANNED}),
    Event.PLANNED: frozenset({Event.ROLLED, Event.SEEDED, Event.VOIDED}),
    Event.ROLLED: frozenset({Event.SEEDED, Event.VOIDED}),
    Event.SEEDED: frozenset({Event.DRAWN, Event.VOIDED}),
    Event.DRAWN: frozenset({Event.CLOSED, Event.VOIDED}),
    Event.CLOSED: frozenset({Event.VOIDED}),
    Event.VOIDED: frozenset(),
}
STATES: Final = frozenset(state for state in MOVES if state is not None)
# What leaves the state as it is, and the states in which it can happen.
NOTES: Final[Mapping[Event, frozenset[Event]]] = {
    Event.EXTENDED: frozenset({Event.DRAWN}),
    Event.REPLACED: frozenset({Event.DRAWN}),
    Event.VOID_ASKED: STATES - {Event.VOIDED},
    Event.VOID_DECLINED: STATES - {Event.VOIDED},
}


@dataclass(frozen=True)
class Line:
    """One line of the register. People are the numbers the office gave them: no name leaves the office."""

    number: int
    event: str
    plan_sha256: str
    at: str
    by: int
    second: int | None
    details: str
    previous_sha256: str
    entry_sha256: str


def check_move(state: Event | None, event: Event) -> None:
    """Refuse what cannot happen to a plan in this state (None: it is not in the register yet)."""
    if event in MOVES[state] or state in NOTES.get(event, ()):
        return
    raise Refused(
        f"A plan that is {state or 'not registered'} cannot be {event}. Reload the page to see how it stands."
    )


def entry_hash(line: Mapping[str, Any]) -> str:
    """The hash of a line: of its canonical text, which holds the hash of the line before.

    `line` has the fields of `Line`; its own hash, if there, is left out.
    """
    return sha256_hex(plan_file({name: value for name, value in line.items() if name != "entry_sha256"}))


def check_chain(lines: Iterable[Line]) -> int:
    """Is this a whole register, unchanged? The number of its lines; refused at the first wrong one.

    The lines come in order, from the first. A line that was altered, taken out, put in or moved breaks
    the chain there; no line is older than the one before it. Lines missing at the end cannot be seen:
    compare the last hash with one that was printed earlier.
    """
    previous, at, count = NOTHING_BEFORE, "", 0
    states: dict[str, Event | None] = {}
    for count, line in enumerate(lines, start=1):
        if line.number != count:
            raise Refused(
                f"The register has no line {count}: after line {count - 1} comes line {line.number}."
            )
        if line.previous_sha256 != previous:
            raise Refused(f"Line {count} of the register does not follow from the line before it.")
        if entry_hash(vars(line)) != line.entry_sha256:
            raise Refused(f"Line {count} of the register ({line.event}, {line.at}) was changed.")
        if line.at < at:  # one form for all of them, in which text sorts as time
            raise Refused(
                f"Line {count} of the register ({line.event}, {line.at}) is older than the line before it."
            )
        state, event = states.get(line.plan_sha256), Event(line.event)
        check_move(state, event)
        states[line.plan_sha256] = event if event in STATES else state
        previous, at = line.entry_sha256, line.at
    return count


def best_of(chance: float, draws: int) -> float:
    """What becomes of a chance to pass by luck when the best of so many independent draws counts."""
    return float(1 - (1 - chance) ** draws)
