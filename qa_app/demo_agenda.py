"""The diary of the demonstration: what is to happen at which moment, played in order."""

import random
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sampling.records.calendars import bank_holidays
from sampling.records.database import OFFICE_TIME, writing
from sampling.records.people import Person, Team
from sampling.tables import Draw, Frame, Plan
from scorecards.tables import ScorecardVersion

Task = Callable[[Session], None]

_LOOKED_AT: Final = (Person, Team, Frame, Plan, Draw, ScorecardVersion)
_AT_ONCE: Final = 40  # tasks in a transaction: few transactions, and none so long that others wait for it


class Agenda:
    """Tasks by their moment; nothing happens after `now`."""

    def __init__(self, engine: Engine, *, now: datetime, after_each: Callable[[], object]) -> None:
        self._engine = engine
        self.now = now
        self._after_each = after_each
        self._tasks: list[tuple[datetime, int, Task]] = []
        self._numbers = count()

    def add(self, moment: datetime, task: Task) -> None:
        heappush(self._tasks, (moment, next(self._numbers), task))

    def play_until(self, moment: datetime) -> None:
        """Do what is due up to a moment, in order. A task may add others."""
        while self._is_due(moment):
            with writing(self._engine) as session:
                # A session forgets what nobody holds, and every task looks at these again.
                _held = [session.scalars(select(table)).all() for table in _LOOKED_AT]
                for _ in range(_AT_ONCE):
                    if not self._is_due(moment):
                        break
                    session.info["now"], _number, task = heappop(self._tasks)
                    task(session)
                    self._after_each()

    def _is_due(self, moment: datetime) -> bool:
        return bool(self._tasks) and self._tasks[0][0] <= min(moment, self.now)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment of the office's day, or now where that is still to come."""
        return min(datetime.combine(day, time(hour, minute), OFFICE_TIME), self.now)

    def days(self, month: date) -> list[date]:
        """The working days of a month up to now; its first day where there is none yet."""
        today = self.now.astimezone(OFFICE_TIME).date()
        holidays = bank_holidays("ENG", month.year)
        length = monthrange(month.year, month.month)[1]
        days = [month + timedelta(days=number) for number in range(length)]
        return [day for day in days if day.weekday() < 5 and day not in holidays and day <= today] or [month]

    def spread(self, days: list[date], number: int, *, rng: random.Random) -> list[datetime]:
        """So many moments in the working hours of some days, in order."""
        return sorted(
            self.at(rng.choice(days), rng.randrange(10, 17), rng.randrange(60)) for _ in range(number)
        )


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def period_in_words(first: date, last: date) -> str:
    year = f" {first:%Y}" if first.year != last.year else ""
    return f"{first:%B}{year} to {last:%B %Y}"
