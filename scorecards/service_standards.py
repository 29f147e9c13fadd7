"""The service standards worked out from the dates of cases, by the settings of their day.

Nothing here is estimated: every case that the extracts told of is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import pandas as pd
from sqlalchemy.orm import Session

from sampling.records.calendars import bank_holidays_between
from sampling.records.service_settings import counted, names_in
from sampling.records.settings import setting, setting_over_time
from scorecards.cases_as_at import CasesAsAt
from scorecards.clocks import (
    CLOCKS,
    Clock,
    Standing,
    Terms,
    began_before_ended,
    due_in,
    ended_from,
    monthly_shares,
    over_at_month_ends,
    over_limit,
    run_clock,
    set_apart,
)
from scorecards.periods import last_day

_START: Final = {"allocation": "allocated_on", "receipt": "received_on"}
_YEARS_AHEAD: Final = 2  # a limit in working days ends at most so many years after the last day looked at


@dataclass(frozen=True)
class InTime:
    """Of the cases whose last day fell in a period: how many ended by then, and which did not.

    `target` is the share that is to, None where the office has set none. `rows` are the cases counted,
    `apart` those of which a day is missing or contradicts another; `run` has every case.
    """

    first: date
    last: date
    day: date
    target: Fraction | None
    run: pd.DataFrame
    rows: pd.DataFrame
    apart: pd.DataFrame

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def met(self) -> int:
        return self._number(Standing.IN_TIME)

    @property
    def still_open(self) -> int:
        """Cases that are counted as not in time because they are open still."""
        return self._number(Standing.OVERDUE)

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.met, self.n) if self.n else None

    @property
    def is_reached(self) -> bool | None:
        """Whether the share reaches the target: a count of all cases, not an estimate."""
        return None if self.share is None or self.target is None else self.share >= self.target

    @property
    def lacks_ended_before(self) -> date | None:
        """The first day on which a case is told to have ended, where cases of the period began before it.

        Quick cases of the time before may be missing then, and the share too low.
        """
        is_whole = not began_before_ended(self.run, self.rows).any()
        return None if is_whole else ended_from(self.run)

    @property
    def not_in_time(self) -> pd.DataFrame:
        """The cases behind the rest of the share, the latest first."""
        late = self.rows[self.rows["standing"] != str(Standing.IN_TIME)]
        return late.sort_values("days_late", ascending=False, kind="stable")

    def _number(self, standing: Standing) -> int:
        return int((self.rows["standing"] == str(standing)).sum())


@dataclass(frozen=True)
class Counting:
    """A clock of another document that is counted: its share (none where it is a list) and what is over it.

    `column_missing`: the days it needs are in a further column, and the office has named none.
    """

    clock: Clock
    limit: int
    types: tuple[str, ...]
    in_time: InTime | None
    over: pd.DataFrame
    column_missing: bool


def service_standard(session: Session, cases: CasesAsAt, *, first: date, last: date) -> InTime:
    """The office's service standard in a period, as the extracts told the cases.

    Each case goes by the limit, the start of the clock and the bank holidays in force when it came in; the
    share that is to be reached is that of the period's last day. See `clocks.due_in` for what is counted.
    """
    day = _day_of(cases)
    histories = [setting_over_time(session, name) for name in ("service_days", "service_clock", "calendar")]
    terms = [
        Terms(since, _START[start], int(limit), _holidays(cases, nation))
        for since, (limit, start, nation) in _together(histories)
    ]
    run = run_clock(cases.frame, terms, unit="working days", day=day)
    target = Fraction(setting(session, "service_share", min(last, day)))
    return _in_time(run, first, last, day, target)


def service_months(
    session: Session, standard: InTime, months: Sequence[int]
) -> tuple[pd.DataFrame, list[Fraction]]:
    """The service standard month by month, as `clocks.monthly_shares` has it, and each month's target."""
    rows = monthly_shares(standard.run, months, day=standard.day)
    targets = [
        Fraction(setting(session, "service_share", min(last_day(month), standard.day))) for month in months
    ]
    return rows, targets


def long_cases(session: Session, cases: CasesAsAt) -> tuple[int, pd.DataFrame]:
    """The weeks of the day's setting, and the clock of long cases run over every case.

    `clocks.over_limit` gives the list from it.
    """
    day = _day_of(cases)
    weeks = int(setting(session, "long_case_weeks", day))
    start = _START[setting(session, "long_case_clock", day)]
    terms = [Terms(date.min, start, weeks, _holidays(cases, setting(session, "calendar", day)))]
    return weeks, run_clock(cases.frame, terms, unit="weeks", day=day)


def long_cases_by_month(
    session: Session, cases: CasesAsAt, months: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Each month with the weeks of its last day, and how many open cases were over them at its end.

    By the days the cases have now, and only from the first day on which one is told to have ended: of the
    time before, the cases that ended are missing.
    """
    day = _day_of(cases)
    rules: dict[tuple[int, str], list[int]] = {}
    for month in months:
        on = min(last_day(month), day)
        weeks, start = int(setting(session, "long_case_weeks", on)), setting(session, "long_case_clock", on)
        rules.setdefault((weeks, start), []).append(month)
    found = []
    for (weeks, start), of_rule in rules.items():
        terms = [Terms(date.min, _START[start], weeks, frozenset())]
        run = run_clock(cases.frame, terms, unit="weeks", day=day)
        known_from = ended_from(run) or day
        told = [month for month in of_rule if last_day(month) >= known_from]
        found += [
            (month, weeks, count) for month, count in zip(told, over_at_month_ends(run, told), strict=True)
        ]
    return sorted(found)


def other_clocks(session: Session, cases: CasesAsAt, *, first: date, last: date) -> list[Counting]:
    """The clocks of other documents that the office counted on the last day of a period, in their order."""
    return [
        found
        for clock in CLOCKS
        if (found := _counting(session, cases, clock, first=first, last=last)) is not None
    ]


def _counting(
    session: Session, cases: CasesAsAt, clock: Clock, *, first: date, last: date
) -> Counting | None:
    day = _day_of(cases)
    on = min(last, day)
    now = counted(setting(session, clock.key, on))
    if now is None:
        return None
    types = names_in(setting(session, clock.types, on)) if clock.types else ()
    if {clock.start, clock.end} - set(cases.frame.columns):
        return Counting(clock, now.limit, types, None, cases.frame.iloc[:0], column_missing=True)
    terms = [Terms(date.min, clock.start, now.limit, _holidays(cases, setting(session, "calendar", day)))]
    if not clock.is_list:
        histories = [setting_over_time(session, name) for name in (clock.key, "calendar")]
        terms = [
            Terms(
                since, clock.start, rule.limit if (rule := counted(value)) else None, _holidays(cases, nation)
            )
            for since, (value, nation) in _together(histories)
        ]
    run = run_clock(cases.frame, terms, unit=clock.unit, day=day, end=clock.end, types=types)
    in_time = None if clock.is_list else _in_time(run, first, last, day, now.share)
    return Counting(clock, now.limit, types, in_time, over_limit(run), column_missing=False)


def _in_time(run: pd.DataFrame, first: date, last: date, day: date, target: Fraction | None) -> InTime:
    rows, apart = due_in(run, first, last, day=day), set_apart(run, first, last)
    return InTime(first, last, day, target, run, rows, apart)


def _together(histories: list[list[tuple[date, str]]]) -> list[tuple[date, tuple[str, ...]]]:
    """Settings side by side: each day on which one of them changed, and what all of them were from then."""
    days = sorted({since for history in histories for since, _ in history})
    return [
        (day, tuple([value for since, value in history if since <= day][-1] for history in histories))
        for day in days
    ]


def _holidays(cases: CasesAsAt, nation: str) -> frozenset[date]:
    day = _day_of(cases)
    earliest = cases.frame[["received_on", "allocated_on"]].min().min()
    first = day.year if pd.isna(earliest) else min(int(earliest.year), day.year)
    return bank_holidays_between(nation, first, day.year + _YEARS_AHEAD)


def _day_of(cases: CasesAsAt) -> date:
    assert cases.day is not None, "without imports there are no cases to time"
    return cases.day
