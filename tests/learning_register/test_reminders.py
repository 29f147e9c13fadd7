"""When somebody is reminded: each step begins on its day, and lasts until the next."""

from datetime import date, timedelta

import pytest

from learning_register.follow_up import ActionState
from learning_register.reminders import Reach, due, reached, waiting, waits_for_verdict

DAY = date(2026, 7, 20)


@pytest.mark.parametrize(
    ("days_before", "step"),
    [
        *((31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 0)),
        *((-1, -1), (-6, -1), (-7, -2), (-13, -2), (-14, -3), (-365, -53)),
    ],
)
def test_how_pressing_a_date_is(days_before: int, step: int | None) -> None:
    assert due(DAY, DAY - timedelta(days=days_before)) == step


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (-31, set()),
        (-30, {Reach.OWNER}),
        (6, {Reach.OWNER}),
        (7, {Reach.OWNER, Reach.MANAGER}),
        (13, {Reach.OWNER, Reach.MANAGER}),
        (14, {Reach.OWNER, Reach.MANAGER, Reach.HEAD}),
    ],
)
def test_the_word_of_a_late_action_goes_up_by_steps(late: int, told: set[Reach]) -> None:
    assert reached(DAY, DAY + timedelta(days=late)) == told


def test_a_step_begins_once_and_none_is_skipped() -> None:
    """Over a year around the date each step is met in one unbroken run, so that each is told once."""
    steps = [due(DAY, DAY + timedelta(days=number)) for number in range(-60, 305)]
    begun = [step for before, step in zip([None, *steps], steps, strict=False) if step != before]
    assert begun == [30, 7, 1, 0, *range(-1, -45, -1)]


@pytest.mark.parametrize(("days", "weeks"), [(2, None), (3, 0), (9, 0), (10, 1), (31, 4), (99, 4)])
def test_for_how_long_somebody_is_waited_for(days: int, weeks: int | None) -> None:
    assert waiting(DAY, DAY + timedelta(days=days), after=3) == weeks


@pytest.mark.parametrize(
    ("state", "review_on", "weeks"),
    [
        (ActionState.MONITORING, DAY + timedelta(days=1), None),
        (ActionState.MONITORING, DAY, 0),
        (ActionState.MONITORING, DAY - timedelta(days=7), 1),
        (ActionState.MONITORING, None, None),
        (ActionState.DONE, None, 2),
        (ActionState.CLOSED, DAY, None),
        (ActionState.IN_PROGRESS, DAY, None),
    ],
)
def test_a_done_action_waits_for_its_verifier(
    state: ActionState, review_on: date | None, weeks: int | None
) -> None:
    assert waits_for_verdict(state, review_on, DAY - timedelta(days=14), DAY) == weeks
