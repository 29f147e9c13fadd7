"""What may happen to a follow-up action, and when it is late. Late is computed, never stored."""

from datetime import date
from enum import StrEnum

from sampling.refused import Refused


class ActionState(StrEnum):
    """Where a follow-up action stands."""

    OPEN = "in_progress"
    DONE = "done"


MOVES: dict[ActionState, frozenset[ActionState]] = {
    ActionState.OPEN: frozenset({ActionState.DONE}),
    ActionState.DONE: frozenset({ActionState.OPEN}),  # reopened: it turned out not to be done
}


def may_move(current: ActionState, wanted: ActionState) -> bool:
    """May an action go from one state to the other?"""
    return wanted in MOVES[current]


def check_move(current: ActionState, wanted: ActionState) -> None:
    """Refuse a move that is not in MOVES."""
    if not may_move(current, wanted):
        possible = " or ".join(sorted(MOVES[current]))
        raise Refused(
            f"The action is {current}, so it cannot become {wanted}. From here it can become {possible}."
        )


def is_overdue(state: ActionState, target_date: date, today: date) -> bool:
    """Is the action still open after its target date? On the target date itself it is not."""
    return state == ActionState.OPEN and today > target_date


def days_late(target_date: date, today: date, *, done_on: date | None = None) -> int:
    """How late is an open action, or was a done one? Calendar days after the target date, 0 or more.

    `done_on` is the day it was done, None while it is open or after it was reopened.
    """
    return max(0, ((done_on or today) - target_date).days)


def check_people(owner: int | str | None, authoriser: int | str | None) -> None:
    """Refuse an action without an owner or an authoriser, or authorised by its own owner.

    Both are identifiers of the same kind, compared as they are.
    """
    if owner is None or owner == "":
        raise Refused("The action has no owner, so nobody would do it. Name the person who will.")
    if authoriser is None or authoriser == "":
        raise Refused("The action has no authoriser. Name the manager who authorises it.")
    if owner == authoriser:
        raise Refused(
            "The action would be authorised by its owner. Choose an authoriser who is not the owner, "
            "or another owner."
        )
