"""Did a case that was held back go out before it was let go?

Days by the office's calendar: extracts give no time of closing, so what happened on one day counts as
in order. A case that the extract shows as closed before it was held was held too late; that is no breach.
"""

from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    """Where a held case stands."""

    WAITING = "waiting"
    PUT_RIGHT = "put_right"
    RELEASED = "released"
    TOO_LATE = "too_late"  # it had closed before it was held
    BREACH = "breach"
    GONE = "gone"  # cancelled or merged: nothing goes out


def went_out(*, held_on: date, let_go_on: date | None, closed_on: date | None) -> bool:
    """Is this a breach: closed on or after the day it was held, and not let go by then?

    `closed_on` is the first closing that was told after the case was held; None while it is open.
    """
    return closed_on is not None and closed_on >= held_on and (let_go_on is None or let_go_on > closed_on)


def standing(
    *,
    held_on: date,
    put_right_on: date | None,
    released_on: date | None,
    closed_on: date | None,
    is_open: bool,
) -> Standing:
    """Where does the case stand now? One that was opened again after a breach waits again."""
    let_go_on = put_right_on or released_on
    if let_go_on is None and is_open:
        return Standing.WAITING
    if went_out(held_on=held_on, let_go_on=let_go_on, closed_on=closed_on):
        return Standing.BREACH
    if put_right_on is not None:
        return Standing.PUT_RIGHT
    if released_on is not None:
        return Standing.RELEASED
    return Standing.GONE if closed_on is None else Standing.TOO_LATE
