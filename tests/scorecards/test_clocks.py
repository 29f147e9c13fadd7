"""Clocks over the days of cases: last days counted by hand, and every way a case can stand."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from sampling.records.calendars import bank_holidays_between
from scorecards.clocks import (
    Standing,
    Terms,
    due_in,
    ended_from,
    monthly_shares,
    over_at_month_ends,
    over_limit,
    run_clock,
    set_apart,
    shares,
)
from scorecards.periods import month_number

ENGLAND = bank_holidays_between("ENG", 2025, 2027)
FROM_ALLOCATION = (Terms(date.min, "allocated_on", 20, ENGLAND),)
DAY = date(2026, 7, 6)  # a Monday


def cases(*rows: Sequence[object], further: dict[str, list[object]] | None = None) -> pd.DataFrame:
    """Rows of state, received, allocated and closed."""
    frame = pd.DataFrame(rows, columns=["state", "received_on", "allocated_on", "closed_on"], dtype=object)
    frame = frame.assign(case_type="Complaint", **(further or {}))
    for column in frame.columns:
        if column.endswith("_on"):
            frame[column] = pd.to_datetime(frame[column])
    return frame


def standings(run: pd.DataFrame) -> list[str]:
    return [str(one) for one in run["standing"]]


def test_the_last_day_is_the_twentieth_working_day_after_allocation_and_counts() -> None:
    # From Thursday 2 April 2026; Good Friday and Easter Monday (3 and 6 April) are holidays, and so is 4 May.
    # By hand: 7 to 10 April 4, 13 to 17 April 9, 20 to 24 April 14, 27 April to 1 May 19, 5 May 20.
    allocated = date(2026, 4, 2)
    run = run_clock(
        cases(
            ("closed", allocated, allocated, date(2026, 5, 5)),
            ("closed", allocated, allocated, date(2026, 5, 6)),
            ("closed", allocated, allocated, allocated),
            # Allocated on a Saturday: the Monday after is day 1, as it is from the Friday before.
            ("closed", None, date(2026, 6, 6), date(2026, 6, 8)),
        ),
        FROM_ALLOCATION,
        unit="working days",
        day=DAY,
    )
    assert list(run["due_on"].dt.date[:3]) == [date(2026, 5, 5)] * 3
    assert standings(run) == ["in time", "late", "in time", "in time"]
    assert list(run["working_days"]) == [20, 21, 0, 1]
    assert list(run["days_late"]) == [0, 1, 0, 0]


def test_a_case_that_ends_on_the_saturday_after_its_last_day_is_late() -> None:
    # Twenty working days from Friday 5 June 2026 end on Friday 3 July.
    run = run_clock(
        cases(("closed", None, date(2026, 6, 5), date(2026, 7, 4))),
        FROM_ALLOCATION,
        unit="working days",
        day=DAY,
    )
    assert (standings(run), run["days_late"][0]) == (["late"], 1)


@pytest.mark.parametrize(
    ("unit", "limit", "start", "last"),
    [
        ("weeks", 8, date(2026, 5, 11), date(2026, 7, 6)),
        ("months", 12, date(2025, 7, 6), date(2026, 7, 6)),
        ("months", 1, date(2026, 1, 31), date(2026, 2, 28)),
        ("working days", 3, date(2026, 12, 23), date(2026, 12, 30)),
    ],
)
def test_an_open_case_is_over_the_limit_from_the_day_after_its_last_day(
    unit: str, limit: int, start: date, last: date
) -> None:
    terms = [Terms(date.min, "received_on", limit, ENGLAND)]
    for day, standing in ((last, Standing.RUNNING), (last + timedelta(days=1), Standing.OVERDUE)):
        run = run_clock(cases(("open", start, None, None)), terms, unit=unit, day=day)
        assert run["due_on"][0].date() == last
        assert standings(run) == [standing]
        assert len(over_limit(run)) == (standing == Standing.OVERDUE)


def test_every_way_a_case_can_stand() -> None:
    early, late = date(2026, 4, 1), date(2026, 6, 30)
    run = run_clock(
        cases(
            ("closed", early, early, date(2026, 4, 2)),
            ("closed", early, early, late),
            ("open", late, late, None),
            ("open", early, early, None),
            ("open", early, early, date(2026, 4, 2)),  # reopened: it has not ended
            ("open", early, None, None),
            ("closed", early, None, late),
            ("closed", early, early, None),
            ("closed", early, late, early),
            ("cancelled", early, early, late),
            ("merged", early, early, None),
        ),
        FROM_ALLOCATION,
        unit="working days",
        day=DAY,
    )
    assert standings(run) == [
        Standing.IN_TIME,
        Standing.LATE,
        Standing.RUNNING,
        Standing.OVERDUE,
        Standing.OVERDUE,
        Standing.NO_START,
        Standing.NO_START,
        Standing.NO_END,
        Standing.CONTRADICTORY,
        Standing.NOT_COUNTED,
        Standing.NOT_COUNTED,
    ]
    quarter = date(2026, 4, 1), date(2026, 6, 30)
    counted = due_in(run, *quarter, day=DAY)
    (row,) = shares(counted, "case_type").itertuples()
    assert (row.met, row.n, row.still_open) == (1, 4, 2)
    assert len(set_apart(run, *quarter)) == 4
    # A case of which no day is told is apart in every period; those with a day only in their own.
    assert standings(set_apart(run, date(2025, 1, 1), date(2025, 3, 31))) == [Standing.NO_START]


def test_an_open_case_counts_in_the_period_of_its_last_day_however_long_it_stays_open() -> None:
    allocated = date(2026, 4, 2)  # due on 5 May
    may, june = (date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 6, 1), date(2026, 6, 30))
    for closed in (None, date(2026, 5, 20), date(2026, 6, 29)):
        row = ("closed" if closed else "open", allocated, allocated, closed)
        run = run_clock(cases(row), FROM_ALLOCATION, unit="working days", day=DAY)
        assert shares(due_in(run, *may, day=DAY), "state")[["met", "n"]].values.tolist() == [[0, 1]]
        assert due_in(run, *june, day=DAY).empty


def test_a_period_under_way_counts_no_case_whose_last_day_is_to_come() -> None:
    quick = ("closed", date(2026, 6, 22), date(2026, 6, 22), date(2026, 6, 23))
    july = date(2026, 7, 1), date(2026, 7, 31)
    run = run_clock(cases(quick), FROM_ALLOCATION, unit="working days", day=DAY)
    assert due_in(run, *july, day=DAY).empty
    assert len(due_in(run, *july, day=date(2026, 7, 21))) == 1


def test_a_case_goes_by_the_terms_of_the_day_it_came_in() -> None:
    terms = [
        Terms(date.min, "allocated_on", None, ENGLAND),
        Terms(date(2026, 1, 1), "allocated_on", 20, ENGLAND),
        Terms(date(2026, 6, 1), "received_on", 10, ENGLAND),
    ]
    came, given = [date(2025, 12, 31), date(2026, 5, 29), date(2026, 6, 1)], date(2026, 6, 2)
    run = run_clock(cases(*(("open", day, given, None) for day in came)), terms, unit="working days", day=DAY)
    assert standings(run) == [Standing.NOT_COUNTED, Standing.OVERDUE, Standing.OVERDUE]
    assert list(run["due_on"].dt.date[1:]) == [date(2026, 6, 30), date(2026, 6, 15)]


def test_a_case_that_was_passed_on_has_ended_and_an_acknowledgement_ends_its_own_clock() -> None:
    allocated = date(2026, 4, 2)
    frame = cases(
        ("open", allocated, allocated, None),
        ("closed", allocated, allocated, date(2026, 6, 1)),
        further={
            "passed_on": [date(2026, 5, 5), date(2026, 5, 6)],
            "acknowledged_on": [date(2026, 4, 9), None],
        },
    )
    frame["passed_on"] = pd.to_datetime(frame["passed_on"])
    run = run_clock(frame, FROM_ALLOCATION, unit="working days", day=DAY)
    assert standings(run) == [Standing.IN_TIME, Standing.LATE]
    terms = [Terms(date.min, "received_on", 3, ENGLAND)]
    told = run_clock(frame, terms, unit="working days", day=DAY, end="acknowledged_on")
    assert standings(told) == [Standing.IN_TIME, Standing.OVERDUE]


def test_only_the_types_that_a_clock_is_of_are_counted_in_whatever_letters() -> None:
    frame = cases(*[("open", date(2026, 4, 2), date(2026, 4, 2), None)] * 3)
    frame["case_type"] = pd.Series(["INVESTIGATION", "Complaint", None], dtype="category")
    run = run_clock(frame, FROM_ALLOCATION, unit="working days", day=DAY, types=("Investigation", "Detailed"))
    assert standings(run) == [Standing.OVERDUE, Standing.NOT_COUNTED, Standing.NOT_COUNTED]


def test_months_in_order_and_how_many_were_over_the_limit_at_their_ends() -> None:
    months = [month_number(date(2026, month, 1)) for month in (3, 4, 5, 6)]
    terms = [Terms(date.min, "received_on", 8, frozenset())]
    run = run_clock(
        cases(
            ("open", date(2026, 3, 5), None, None),  # over from 1 May
            ("closed", date(2026, 3, 5), None, date(2026, 5, 31)),  # ended on the last day of May
            ("closed", date(2026, 3, 5), None, date(2026, 4, 30)),  # in time, on its last day
            ("closed", date(2026, 3, 5), None, date(2026, 6, 1)),
        ),
        terms,
        unit="weeks",
        day=DAY,
    )
    assert over_at_month_ends(run, months) == [0, 0, 2, 1]
    found = monthly_shares(run, months, day=DAY)
    assert list(found["period"]) == months
    assert found[["met", "n"]].values.tolist() == [[0, 0], [1, 4], [0, 0], [0, 0]]


def test_a_month_is_partial_where_cases_began_before_the_first_that_is_told_to_have_ended() -> None:
    # An extract of the open cases and those that ended from 7 May on: the quick cases of April are not in it.
    ended = ("closed", date(2026, 4, 9), date(2026, 4, 9), date(2026, 5, 7))
    later = ("open", date(2026, 5, 7), date(2026, 5, 7), None)
    run = run_clock(cases(ended, later), FROM_ALLOCATION, unit="working days", day=DAY)
    found = monthly_shares(run, [month_number(date(2026, month, 1)) for month in (4, 5, 6)], day=DAY)
    assert found[["n", "is_partial"]].values.tolist() == [[0, False], [1, True], [1, False]]
    assert ended_from(run) == date(2026, 5, 7)
    assert ended_from(run.iloc[1:]) is None
