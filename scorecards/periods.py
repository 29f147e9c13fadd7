"""Months and quarters as whole numbers, so that databases and frames can count by them."""

from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Months = TypeVar("Months", int, NDArray[np.int64])


class Grain(StrEnum):
    """How long one point of a trend is."""

    MONTH = "month"
    QUARTER = "quarter"


MONTHS_OF = {Grain.MONTH: 1, Grain.QUARTER: 3}


def month_number(day: date) -> int:
    """The month of a day, in months since the year 0: one more is the month after."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The first day of a month that is given by its number."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """The last day of a month that is given by its number."""
    return first_day(month + 1) - timedelta(days=1)


def period_of(month: Months, grain: Grain) -> Months:
    """The period a month is in, by the number of its first month; quarters begin in January."""
    return month - month % MONTHS_OF[grain]
