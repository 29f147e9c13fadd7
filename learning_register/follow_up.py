"""What may happen to a follow-up action, by whom, and when it is late. Late is computed, never stored."""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from learning_register.effectiveness import Effect
from sampling.refused import Refused


class ActionState(StrEnum):
    """Where a follow-up action stands."""

    DRAFT = "draft"
    AUTHORISED = "authorised"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    MONITORING = "monitoring"
    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    CLOSED = "closed"
    DECLINED = "declined"


class Result(StrEnum):
    """What came of an action. The last two are answers too, and are never counted as effective."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    NOT_MEASURABLE = "not_measurable"
    NOT_SHOWN = "not_shown"  # by its review date


class Part(StrEnum):
    """What a person is to an action; one person may be several of these."""

    OWNER = "owner"  # or stands for the team that owns it
    DOER = "doer"  # gave evidence of it, or marked it as done
    AUTHORISER = "authoriser"
    VERIFIER = "verifier"
    TEAM_MANAGER = "team_manager"  # of the team it was learned in
    HEAD = "head"
    WRITER = "writer"  # drafted it


_AUTHORISE: Final = frozenset({Part.AUTHORISER, Part.HEAD})
_CARRY_OUT: Final = frozenset({Part.OWNER, Part.TEAM_MANAGER, Part.HEAD})
_FOLLOW_UP: Final = _CARRY_OUT | {Part.AUTHORISER}
_VERIFY: Final = frozenset({Part.VERIFIER})
_DRAFT: Final = _AUTHORISE | {Part.OWNER, Part.WRITER}

# From a state to the next, and who may take an action there.
MOVES: Final[Mapping[ActionState, Mapping[ActionState, frozenset[Part]]]] = {
    ActionState.DRAFT: {ActionState.AUTHORISED: _AUTHORISE, ActionState.DECLINED: _AUTHORISE},
    ActionState.AUTHORISED: {ActionState.IN_PROGRESS: _CARRY_OUT},
    ActionState.IN_PROGRESS: {ActionState.DONE: _CARRY_OUT},
    ActionState.DONE: {
        ActionState.IN_PROGRESS: _FOLLOW_UP,  # opened again: it turned out not to be done
        ActionState.MONITORING: _FOLLOW_UP,
        ActionState.CLOSED: _VERIFY | _AUTHORISE,  # nothing is to be measured
    },
    ActionState.MONITORING: {
        ActionState.IN_PROGRESS: _FOLLOW_UP | _VERIFY,
        ActionState.EFFECTIVE: _VERIFY,
        ActionState.NOT_EFFECTIVE: _VERIFY,
        ActionState.CLOSED: _VERIFY,
    },
    ActionState.EFFECTIVE: {ActionState.CLOSED: _VERIFY | _AUTHORISE},
    ActionState.NOT_EFFECTIVE: {ActionState.CLOSED: _VERIFY | _AUTHORISE},
    ActionState.CLOSED: {},
    ActionState.DECLINED: {},
}


class Right(StrEnum):
    """What may be done to an action besides moving it."""

    CHANGE_PLAN = "change_plan"  # wording, target date, what it is to improve
    CHANGE_PEOPLE = "change_people"
    CHANGE_REVIEW = "change_review"  # the day by which its effect is to be shown
    GIVE_EVIDENCE = "give_evidence"
    PLAN_STEPS = "plan_steps"
    SHARE = "share"


NOT_DONE: Final = frozenset({ActionState.DRAFT, ActionState.AUTHORISED, ActionState.IN_PROGRESS})
FINISHED: Final = frozenset({ActionState.CLOSED, ActionState.DECLINED})
UNFINISHED: Final = frozenset(ActionState) - FINISHED
_EVIDENCED: Final = frozenset(
    {ActionState.AUTHORISED, ActionState.IN_PROGRESS, ActionState.DONE, ActionState.MONITORING}
)

# In which states, and by whom. A draft is also changed by those who made it: nobody has authorised it yet.
RIGHTS: Final[Mapping[Right, Mapping[ActionState, frozenset[Part]]]] = {
    Right.CHANGE_PLAN: dict.fromkeys(NOT_DONE, _AUTHORISE) | {ActionState.DRAFT: _DRAFT},
    Right.CHANGE_PEOPLE: dict.fromkeys(UNFINISHED, _AUTHORISE) | {ActionState.DRAFT: _DRAFT},
    Right.CHANGE_REVIEW: {ActionState.MONITORING: _AUTHORISE},
    Right.GIVE_EVIDENCE: dict.fromkeys(_EVIDENCED, _CARRY_OUT),
    Right.PLAN_STEPS: dict.fromkeys(NOT_DONE, _FOLLOW_UP | {Part.WRITER}),
    Right.SHARE: dict.fromkeys(
        frozenset(ActionState) - {ActionState.DRAFT, ActionState.DECLINED}, _FOLLOW_UP
    ),
}

# What needs somebody who is none of these, whatever else they are.
_BY_ANOTHER: Final = {
    ActionState.AUTHORISED: frozenset({Part.OWNER}),
    ActionState.DECLINED: frozenset({Part.OWNER}),
    ActionState.EFFECTIVE: frozenset({Part.OWNER, Part.DOER}),
    ActionState.NOT_EFFECTIVE: frozenset({Part.OWNER, Part.DOER}),
    ActionState.CLOSED: frozenset({Part.OWNER, Part.DOER}),
}

_PARTS: Final = {
    Part.OWNER: "its owner",
    Part.AUTHORISER: "its authoriser",
    Part.VERIFIER: "its verifier",
    Part.TEAM_MANAGER: "the team's line manager",
    Part.HEAD: "the Head of Customer Care",
    Part.WRITER: "whoever drafted it",
}

# What the product proposes to the verifier, by what the samples show.
PROPOSED: Final = {
    Effect.WORKED: Result.EFFECTIVE,
    Effect.WORSE: Result.NOT_EFFECTIVE,
    Effect.NOT_SHOWN: Result.NOT_SHOWN,
}

# The last day of each band of ages; what is older is in the last.
AGE_BANDS: Final = {
    "Up to 30 days": 30,
    "31 to 90 days": 90,
    "91 to 180 days": 180,
    "181 to 365 days": 365,
}
OLDEST: Final = "More than a year"


def may_move(current: ActionState, wanted: ActionState, parts: Collection[Part]) -> bool:
    """May a person who is this to an action take it from one state to the other?"""
    return why_not_move(current, wanted, parts) is None


def check_move(current: ActionState, wanted: ActionState, parts: Collection[Part]) -> None:
    """Refuse a move that is not in MOVES, or is not for this person."""
    reason = why_not_move(current, wanted, parts)
    if reason is not None:
        raise Refused(reason)


def why_not_move(current: ActionState, wanted: ActionState, parts: Collection[Part]) -> str | None:
    """Why a person cannot take an action from one state to the other, in a sentence; None if they can."""
    if wanted not in MOVES[current]:
        possible = " or ".join(state_in_words(state) for state in MOVES[current])
        further = f"From here it can become {possible}." if possible else "It has come to its end."
        return (
            f"The action is {state_in_words(current)}, so it cannot become {state_in_words(wanted)}. "
            f"{further}"
        )
    if not MOVES[current][wanted] & set(parts):
        return f"This is not yours to do. It is for {parts_in_words(MOVES[current][wanted])}."
    if _BY_ANOTHER.get(wanted, frozenset()) & set(parts):
        if wanted in (ActionState.AUTHORISED, ActionState.DECLINED):
            return "You own this action, so somebody else has to authorise it. Choose another authoriser."
        return (
            "You own this action or had a hand in doing it, so somebody else has to say what came of it. "
            "Choose another verifier."
        )
    return None


def has_right(right: Right, state: ActionState, parts: Collection[Part]) -> bool:
    """May a person who is this to an action do this to it?"""
    return why_not_right(right, state, parts) is None


def check_right(right: Right, state: ActionState, parts: Collection[Part]) -> None:
    """Refuse what is not in RIGHTS, or is not for this person."""
    reason = why_not_right(right, state, parts)
    if reason is not None:
        raise Refused(reason)


def why_not_right(right: Right, state: ActionState, parts: Collection[Part]) -> str | None:
    """Why a person cannot do this to an action, in a sentence; None if they can."""
    who = RIGHTS[right].get(state)
    if who is None:
        return f"The action is {state_in_words(state)}, so this is settled. Look at the action as it is now."
    if not who & set(parts):
        return f"This is not yours to do. It is for {parts_in_words(who)}."
    return None


def state_in_words(state: ActionState) -> str:
    """A state within a sentence: in progress."""
    return state.replace("_", " ")


def parts_in_words(parts: Collection[Part]) -> str:
    """Those who may do something, within a sentence: its authoriser or the Head of Customer Care."""
    named = [words for part, words in _PARTS.items() if part in parts]
    return " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def moves_in_words() -> list[tuple[str, str, str]]:
    """Every move: from where, to where, and by whom."""
    return [
        (state_in_words(start), state_in_words(end), parts_in_words(who))
        for start, ends in MOVES.items()
        for end, who in ends.items()
    ]


def is_overdue(state: ActionState, target_date: date, today: date) -> bool:
    """Is the action still not done after its target date? On the target date itself it is not overdue."""
    return state in NOT_DONE and today > target_date


def days_late(target_date: date, today: date, *, done_on: date | None = None) -> int:
    """How late is an action that is not done, or was a done one? Calendar days after the target date.

    `done_on` is the day it was done, None while it is not or after it was opened again.
    """
    return max(0, ((done_on or today) - target_date).days)


def is_unverified(state: ActionState, review_on: date | None, today: date) -> bool:
    """Does a done action wait for a word on whether it worked? A monitored one from its review date on."""
    if state is ActionState.MONITORING:
        return review_on is not None and today >= review_on
    return state is ActionState.DONE


def age_in_days(logged_on: date, today: date, *, closed_on: date | None = None) -> int:
    """How many days has an action been on the books, or was it until it was closed?"""
    return ((closed_on or today) - logged_on).days


def age_band(days: int) -> str:
    """The band of an age: one of AGE_BANDS, or OLDEST."""
    return next((band for band, last in AGE_BANDS.items() if days <= last), OLDEST)
