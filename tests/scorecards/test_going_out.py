"""When a held case counts as gone out, in a small world of days."""

from datetime import date
from itertools import product

from scorecards.going_out import Standing, standing, went_out

DAYS = [None, *(date(2026, 7, day) for day in (5, 6, 7, 8))]
HELD = date(2026, 7, 6)


def test_a_breach_is_a_closing_from_the_day_of_holding_with_nothing_let_go_by_then() -> None:
    for let_go_on, closed_on in product(DAYS, DAYS):
        expected = (
            closed_on is not None
            and closed_on >= HELD
            and not (let_go_on is not None and let_go_on <= closed_on)
        )
        assert went_out(held_on=HELD, let_go_on=let_go_on, closed_on=closed_on) == expected


def test_every_case_stands_somewhere_and_waits_only_while_it_is_open_and_not_let_go() -> None:
    for right, released, closed_on, is_open in product(DAYS[2:], DAYS[2:], DAYS, (True, False)):
        for put_right_on, released_on in ((right, None), (None, released), (None, None)):
            stands = standing(
                held_on=HELD,
                put_right_on=put_right_on,
                released_on=released_on,
                closed_on=closed_on,
                is_open=is_open,
            )
            let_go_on = put_right_on or released_on
            assert (stands == Standing.WAITING) == (is_open and let_go_on is None)
            if stands != Standing.WAITING:
                out = went_out(held_on=HELD, let_go_on=let_go_on, closed_on=closed_on)
                assert (stands == Standing.BREACH) == out
            if stands in (Standing.GONE, Standing.TOO_LATE):
                assert let_go_on is None
                assert (stands == Standing.GONE) == (closed_on is None)
