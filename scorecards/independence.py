"""Who may not review a case, because they had a hand in it.

Nobody reviews a case they handled or decided. Having approved it bars central, thematic and
second review; on a manager's own open sampling it is flagged, since managers approve what they
supervise. So does having scored it in another sample; managers may sample an open case again.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Involvement:
    """What a person had to do with a case. `declared` is what they said when they opened it."""

    handled: bool = False
    decided: bool = False
    approved: bool = False
    declared: bool = False
    scored: bool = False  # in another sample; or the manager's review that is to be scored again is theirs


def barred_because(involvement: Involvement, *, open_sampling: bool) -> str | None:
    """Why this person may not review the case, in words that follow "you" or a name; None if they may.

    `open_sampling` is a manager's own sampling of open cases.
    """
    if involvement.handled:
        return "handled this case"
    if involvement.decided:
        return "decided this case"
    if involvement.declared:
        return "declared an involvement in this case"
    if involvement.scored:
        return "scored this case before"
    if involvement.approved and not open_sampling:
        return "approved this case"
    return None
