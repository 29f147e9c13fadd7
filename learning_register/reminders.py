"""When somebody is reminded of something: how pressing it is on a day.

Each answer is a step. Somebody is told when a step begins, and not again until the next one.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from learning_register.follow_up import ActionState, is_unverified

# So many days before its target date, and on the day itself, the owner of an action is reminded.
BEFORE: Final = (30, 7, 1, 0)
# A week late is for the owner's manager, who can still clear the way; two weeks late are for the Head.
MANAGER_AFTER: Final = 7
HEAD_AFTER: Final = 14
# An action cannot begin before it is authorised: after three days its authoriser is asked.
DRAFT_WAITS: Final = 3
# Working days in which somebody who was told of learning says that they have taken it in.
ACKNOWLEDGED_WITHIN: Final = 10

_WEEK: Final = 7
_WEEKS_AT_MOST: Final = 4


class Reach(StrEnum):
    """How far up the word of a late action goes."""

    OWNER = "owner"
    MANAGER = "manager"  # of the owner
    HEAD = "head"


def due(target_date: date, today: date) -> int | None:
    """How pressing a date is: 30, 7 or 1 from so many days before on, 0 on the day, -1, -2, … by weeks late.

    None while it is further off. -1 begins on the day after, -2 a week after the date.
    """
    left = (target_date - today).days
    if left < 0:
        return -1 - -left // _WEEK
    return min((days for days in BEFORE if left <= days), default=None)


def reached(target_date: date, today: date) -> frozenset[Reach]:
    """Who is told of an action by its target date: its owner, then the owner's manager, then the Head too."""
    late = (today - target_date).days
    told = {
        Reach.OWNER: due(target_date, today) is not None,
        Reach.MANAGER: late >= MANAGER_AFTER,
        Reach.HEAD: late >= HEAD_AFTER,
    }
    return frozenset(reach for reach, is_told in told.items() if is_told)


def waiting(since: date, today: date, *, after: int) -> int | None:
    """For how many weeks somebody has been waited for, beyond the days they have; None within those.

    0 begins `after` days after `since`, 1 a week later, and so on up to 4: what has waited for longer is
    not said anew every week.
    """
    beyond = (today - since).days - after
    return None if beyond < 0 else min(beyond // _WEEK, _WEEKS_AT_MOST)


def waits_for_verdict(
    state: ActionState, review_on: date | None, done_on: date | None, today: date
) -> int | None:
    """For how many weeks an action that was done has waited for its verifier; None while it does not."""
    since = review_on if state is ActionState.MONITORING else done_on
    if since is None or not is_unverified(state, review_on, today):
        return None
    return waiting(since, today, after=0)
