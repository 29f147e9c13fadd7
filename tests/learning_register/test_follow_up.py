"""Follow-up actions: the moves, when one is late, and who may authorise."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_register.follow_up import (
    MOVES,
    ActionState,
    check_move,
    check_people,
    days_late,
    is_overdue,
    may_move,
)
from sampling.refused import Refused

TARGET = date(2024, 2, 28)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_every_move_is_allowed_or_refused() -> None:
    allowed = {(ActionState.OPEN, ActionState.DONE), (ActionState.DONE, ActionState.OPEN)}
    assert set(MOVES) == set(ActionState)
    for current, wanted in product(ActionState, repeat=2):
        assert may_move(current, wanted) is ((current, wanted) in allowed)
        if (current, wanted) in allowed:
            check_move(current, wanted)
        else:
            with pytest.raises(Refused, match=f"The action is {current}, so it cannot become {wanted}"):
                check_move(current, wanted)


@pytest.mark.parametrize(
    ("today", "late"),
    [
        (date(2024, 2, 27), 0),
        (date(2024, 2, 28), 0),  # the target date itself is in time
        (date(2024, 2, 29), 1),
        (date(2024, 3, 1), 2),
    ],
)
def test_overdue_begins_the_day_after_the_target(today: date, late: int) -> None:
    assert days_late(TARGET, today) == late
    assert is_overdue(ActionState.OPEN, TARGET, today) is (late > 0)
    assert is_overdue(ActionState.DONE, TARGET, today) is False


def test_a_done_action_stays_as_late_as_it_was() -> None:
    a_year_on = TARGET + timedelta(days=365)
    assert days_late(TARGET, a_year_on, done_on=TARGET) == 0
    assert days_late(TARGET, a_year_on, done_on=TARGET - timedelta(days=1)) == 0
    assert days_late(TARGET, a_year_on, done_on=TARGET + timedelta(days=3)) == 3


@given(days, days)
def test_an_open_action_is_overdue_exactly_when_it_is_days_late(target: date, today: date) -> None:
    assert is_overdue(ActionState.OPEN, target, today) is (days_late(target, today) > 0)


def test_the_authoriser_is_not_the_owner() -> None:
    check_people(1, 2)
    check_people("asha", "ben")
    for same in (1, "asha"):
        with pytest.raises(Refused, match=r"authorised by its owner\. Choose an authoriser"):
            check_people(same, same)


@pytest.mark.parametrize("nobody", [None, ""])
def test_both_people_are_needed(nobody: str | None) -> None:
    with pytest.raises(Refused, match="has no owner"):
        check_people(nobody, 2)
    with pytest.raises(Refused, match="has no authoriser"):
        check_people(1, nobody)
