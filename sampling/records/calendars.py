"""The office's calendar: whose bank holidays count, by the setting of the day."""

from datetime import date
from functools import cache

import holidays
from sqlalchemy.orm import Session

from sampling.records.settings import setting
from sampling.records.working_days import last_working_day, working_days_after


@cache
def bank_holidays(nation: str, year: int) -> frozenset[date]:
    """The bank holidays of a nation in a year and the next, from a packaged calendar."""
    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=[year, year + 1]))


@cache
def bank_holidays_between(nation: str, first: int, last: int) -> frozenset[date]:
    """The bank holidays of a nation from one year to another, both included."""
    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=range(first, last + 1)))


def month_end(session: Session, day: date) -> date:
    """The last working day of a day's month."""
    nation = setting(session, "calendar", day)
    return last_working_day(day.year, day.month, holidays=bank_holidays(nation, day.year))


def working_days_on(session: Session, day: date, count: int) -> date:
    """The date `count` working days after a day."""
    return working_days_after(day, count, holidays=bank_holidays(setting(session, "calendar", day), day.year))
