"""Working days: Monday to Friday, bank holidays apart."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date

import numpy as np


def working_days_after(day: date, count: int, *, holidays: Collection[date]) -> date:
    """The date `count` working days after a day; the day itself does not count."""
    return _as_date(np.busday_offset(day, count, roll="backward", holidays=_array(holidays)))


def last_working_day(year: int, month: int, *, holidays: Collection[date]) -> date:
    """The last working day of a month: the day by which a month's sampling is due."""
    end = date(year, month, monthrange(year, month)[1])
    return _as_date(np.busday_offset(end, 0, roll="backward", holidays=_array(holidays)))


def _array(holidays: Collection[date]) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    return np.array(sorted(holidays), dtype="datetime64[D]")


def _as_date(value: np.datetime64) -> date:
    result: date = value.astype(date)
    return result
