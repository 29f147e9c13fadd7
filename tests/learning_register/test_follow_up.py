"""Follow-up actions: who may take them where, when one is late, how old, and when it waits for a verdict."""

from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning_register.follow_up import (
    FINISHED,
    MOVES,
    NOT_DONE,
    ActionState,
    Part,
    Right,
    age_band,
    age_in_days,
    check_move,
    check_right,
    days_late,
    has_right,
    is_overdue,
    is_unverified,
    may_move,
)
from sampling.refused import Refused

TARGET = date(2024, 2, 28)
PARTS = [frozenset(some) for size in range(4) for some in combinations(Part, size)]
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_every_move_is_allowed_or_refused_for_everybody() -> None:
    assert set(MOVES) == set(ActionState)
    for current, wanted, parts in product(ActionState, ActionState, PARTS):
        if may_move(current, wanted, parts):
            assert MOVES[current][wanted] & parts
            check_move(current, wanted, parts)
        else:
            with pytest.raises(Refused):
                check_move(current, wanted, parts)


def test_every_state_is_reached_and_every_action_can_come_to_its_end() -> None:
    reached = {ActionState.DRAFT}.union(*MOVES.values())
    assert reached == set(ActionState)
    assert {state for state, ends in MOVES.items() if not ends} == FINISHED
    done: set[ActionState] = set(FINISHED)
    for _ in ActionState:
        done |= {state for state, ends in MOVES.items() if done & set(ends)}
    assert done == set(ActionState)


@pytest.mark.parametrize("wanted", [ActionState.AUTHORISED, ActionState.DECLINED])
def test_nobody_authorises_what_they_own(wanted: ActionState) -> None:
    for part in Part:
        assert may_move(ActionState.DRAFT, wanted, {part}) is (part in {Part.AUTHORISER, Part.HEAD})
        assert not may_move(ActionState.DRAFT, wanted, {part, Part.OWNER})
    with pytest.raises(Refused, match="You own this action"):
        check_move(ActionState.DRAFT, wanted, {Part.OWNER, Part.HEAD})


@pytest.mark.parametrize("wanted", [ActionState.EFFECTIVE, ActionState.NOT_EFFECTIVE, ActionState.CLOSED])
def test_only_the_verifier_says_what_came_of_it_and_never_who_did_it(wanted: ActionState) -> None:
    for part in Part:
        assert may_move(ActionState.MONITORING, wanted, {part}) is (part is Part.VERIFIER)
    for part in (Part.OWNER, Part.DOER):
        assert not may_move(ActionState.MONITORING, wanted, {Part.VERIFIER, part})


def test_refusals_say_what_is_possible_and_for_whom() -> None:
    with pytest.raises(Refused, match=r"is draft, so it cannot become done\. From here it can become"):
        check_move(ActionState.DRAFT, ActionState.DONE, set(Part))
    with pytest.raises(Refused, match="has come to its end"):
        check_move(ActionState.CLOSED, ActionState.DRAFT, set(Part))
    with pytest.raises(Refused, match="It is for its owner, the team's line manager or the Head"):
        check_move(ActionState.IN_PROGRESS, ActionState.DONE, {Part.VERIFIER})
    with pytest.raises(Refused, match="The action is done, so this is settled"):
        check_right(Right.CHANGE_PLAN, ActionState.DONE, set(Part))
    with pytest.raises(Refused, match="It is for its authoriser or the Head of Customer Care"):
        check_right(Right.CHANGE_PLAN, ActionState.IN_PROGRESS, {Part.OWNER})


def test_a_plan_is_changed_by_its_maker_only_as_a_draft() -> None:
    for state in ActionState:
        assert has_right(Right.CHANGE_PLAN, state, {Part.OWNER}) is (state is ActionState.DRAFT)
        assert has_right(Right.CHANGE_PLAN, state, {Part.AUTHORISER}) is (state in NOT_DONE)
        assert has_right(Right.CHANGE_PEOPLE, state, {Part.HEAD}) is (state not in FINISHED)


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
    for state in ActionState:
        assert is_overdue(state, TARGET, today) is (late > 0 and state in NOT_DONE)


def test_a_done_action_stays_as_late_as_it_was() -> None:
    a_year_on = TARGET + timedelta(days=365)
    assert days_late(TARGET, a_year_on, done_on=TARGET) == 0
    assert days_late(TARGET, a_year_on, done_on=TARGET - timedelta(days=1)) == 0
    assert days_late(TARGET, a_year_on, done_on=TARGET + timedelta(days=3)) == 3


@given(days, days)
def test_an_action_is_overdue_exactly_when_it_is_days_late(target: date, today: date) -> None:
    assert is_overdue(ActionState.IN_PROGRESS, target, today) is (days_late(target, today) > 0)


def test_what_is_done_waits_for_a_verdict_and_what_is_monitored_from_its_review_date() -> None:
    day = timedelta(days=1)
    assert is_unverified(ActionState.DONE, None, TARGET)
    assert not is_unverified(ActionState.MONITORING, TARGET + day, TARGET)
    assert is_unverified(ActionState.MONITORING, TARGET, TARGET)
    assert not is_unverified(ActionState.EFFECTIVE, TARGET, TARGET + day)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "Up to 30 days"),
        (30, "Up to 30 days"),
        (31, "31 to 90 days"),
        (365, "181 to 365 days"),
        (366, "More than a year"),
    ],
)
def test_ages(age: int, band: str) -> None:
    assert age_in_days(TARGET, TARGET + timedelta(days=age)) == age
    assert age_in_days(TARGET, date(2100, 1, 1), closed_on=TARGET + timedelta(days=age)) == age
    assert age_band(age) == band
