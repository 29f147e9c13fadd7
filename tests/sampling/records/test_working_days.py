"""Working days, against a count day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.records.calendars import bank_holidays
from sampling.records.working_days import last_working_day, working_days_after

DAY = timedelta(days=1)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
NO_HOLIDAYS: frozenset[date] = frozenset()


def is_working_day(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


@given(day=DAYS, count=st.integers(1, 30), holidays=st.frozensets(DAYS, max_size=20))
def test_so_many_working_days_later(day: date, count: int, holidays: frozenset[date]) -> None:
    found, left = day, count
    while left:
        found += DAY
        left -= is_working_day(found, holidays)
    assert working_days_after(day, count, holidays=holidays) == found


@given(day=DAYS, holidays=st.frozensets(DAYS, max_size=20))
def test_the_last_working_day_of_a_month(day: date, holidays: frozenset[date]) -> None:
    found = (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    while not is_working_day(found, holidays):
        found -= DAY
    assert last_working_day(day.year, day.month, holidays=holidays) == found


def test_the_day_itself_does_not_count() -> None:
    friday, saturday, monday = date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 6)
    assert working_days_after(friday, 1, holidays=NO_HOLIDAYS) == monday
    assert working_days_after(saturday, 1, holidays=NO_HOLIDAYS) == monday
    assert working_days_after(monday, 20, holidays=NO_HOLIDAYS) == date(2026, 8, 3)


# gov.uk/bank-holidays: what the nations do not share, and days in lieu of a weekend.
@pytest.mark.parametrize(
    ("day", "nations"),
    [
        (date(2026, 1, 1), {"ENG", "WLS", "SCT", "NIR"}),
        (date(2026, 1, 2), {"SCT"}),
        (date(2026, 3, 17), {"NIR"}),
        (date(2026, 4, 6), {"ENG", "WLS", "NIR"}),
        (date(2026, 7, 13), {"NIR"}),
        (date(2026, 8, 3), {"SCT"}),
        (date(2026, 8, 31), {"ENG", "WLS", "NIR"}),
        (date(2026, 12, 28), {"ENG", "WLS", "SCT", "NIR"}),
        (date(2027, 12, 28), {"ENG", "WLS", "SCT", "NIR"}),
        (date(2026, 7, 6), set()),
    ],
)
def test_the_bank_holidays_of_the_nations(day: date, nations: set[str]) -> None:
    known = {nation for nation in ("ENG", "WLS", "SCT", "NIR") if day in bank_holidays(nation, day.year)}
    assert known == nations


def test_a_span_over_new_year_knows_the_holidays_of_both_years() -> None:
    holidays = bank_holidays("ENG", 2026)
    assert date(2026, 12, 25) in holidays
    assert date(2027, 1, 1) in holidays
