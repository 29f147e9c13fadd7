"""Is each case dealt with in time, and what share of the cases of a period is?

A case is counted once: in the period in which its last day falls, by whether it had ended by that day. So
an open case past its last day counts as not in time, nothing is gained by leaving a case open, and once a
period is over what it says changes only where dates are corrected. All cases are counted and none is
estimated: these figures have no interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sampling.records.service_settings import CLOCK_UNITS
from scorecards.periods import first_day, last_day

Days = NDArray[np.datetime64]
ENDED: Final = "closed_on"  # ended: closed or passed on
_WEEK: Final = 7


class Standing(StrEnum):
    """How a case stands against a clock at a day."""

    IN_TIME = "in time"
    LATE = "late"  # ended after its last day
    RUNNING = "running"  # not ended, and its last day is not over
    OVERDUE = "overdue"  # not ended, though its last day is over
    NO_START = "no start"  # the day from which the clock runs is not told
    NO_END = "no end"  # closed, on a day that is not told
    CONTRADICTORY = "contradictory"  # ended before the clock began
    NOT_COUNTED = "not counted"  # cancelled, merged, of another type, or from before the clock counted


SET_APART: Final = (Standing.NO_START, Standing.NO_END, Standing.CONTRADICTORY)
_DECIDED: Final = (Standing.IN_TIME, Standing.LATE, Standing.OVERDUE)


@dataclass(frozen=True)
class Clock:
    """What is timed: from `start` to `end`, both columns of the cases. `key` is that of its setting.

    `is_list`: it gives the open cases that are over the limit, and no share. `types` is the setting that
    names the types of case it is of, `column` the one that names the further column it needs.
    """

    key: str
    start: str
    source: str
    end: str = ENDED
    is_list: bool = False
    types: str | None = None
    column: str | None = None

    @property
    def unit(self) -> str:
        return CLOCK_UNITS[self.key][0]


_STANDARDS: Final = "Quality and service standards"
_TRUST: Final = "NHS trust's policy"
# The clocks of other documents than the office's own service standards: off unless a setting counts them.
CLOCKS: Final = (
    Clock("receipt_clock", "received_on", f"{_STANDARDS}, 2"),
    # It does not say from when: the day of receipt, as its other clock.
    Clock("investigation_clock", "received_on", f"{_STANDARDS}, 2", types="investigation_types"),
    Clock("very_long_clock", "received_on", f"{_STANDARDS}, 2", is_list=True),
    Clock("complaint_clock", "received_on", f"{_STANDARDS}, 2", types="complaint_types"),
    Clock("update_clock", "updated_on", f"{_STANDARDS}, 6", is_list=True, column="updated_column"),
    Clock(
        "acknowledgement_clock", "received_on", _TRUST, end="acknowledged_on", column="acknowledged_column"
    ),
    Clock("at_once_clock", "received_on", _TRUST),
    Clock(
        "late_complaint_clock",
        "incident_on",
        _TRUST,
        end="received_on",
        is_list=True,
        column="incident_column",
    ),
)


@dataclass(frozen=True)
class Terms:
    """What holds for the cases that came in on a day or after; `limit` is None while it is not counted."""

    since: date
    start: str
    limit: int | None
    holidays: frozenset[date]


def run_clock(
    cases: pd.DataFrame,
    terms: Sequence[Terms],
    *,
    unit: str,
    day: date,
    end: str = ENDED,
    types: Sequence[str] = (),
) -> pd.DataFrame:
    """How does each case stand against a clock on the morning of a day?

    `cases` has `state`, `case_type` and days as columns (missing where not told): `received_on`,
    `allocated_on`, `closed_on`, perhaps `passed_on`, and those of `terms` and `end`. Each case goes by the
    terms in force on the day it was received (allocated, where that is not told), so a new limit never moves
    the last day of a case that is under way; `terms` are in the order of `since`, the first from ever.
    `types` are those that are counted, without regard to case; empty for all.

    The day on which a clock starts is day 0, and the first working day after it is day 1. In working days the
    last day is the `limit`th of them: a case that ends on it is in time, one that ends on the Saturday after
    is late. Weeks are 7 days each; months end on the same day of the month, or on its last. Open cases with a
    closing date were reopened and have not ended.

    Gives the frame with `started_on`, `due_on`, `ended_on`, `working_days` (of the day it ended, or of `day`,
    -1 where unknown), `days_late` (calendar days, 0 where not late) and `standing`.
    """
    came_in = _days(cases, "received_on")
    came_in = np.where(np.isnat(came_in), _days(cases, "allocated_on"), came_in)
    since = np.array([term.since for term in terms], dtype="datetime64[D]")
    by = np.maximum(np.searchsorted(since, came_in, side="right") - 1, 0)
    counts = _is_counted(cases, types)
    ended = _ended(cases, end)
    started, due = (np.full(len(cases), "NaT", dtype="datetime64[D]") for _ in range(2))
    worked = np.full(len(cases), -1, dtype=np.int64)
    until = np.where(np.isnat(ended), np.datetime64(day), ended)
    for number, term in enumerate(terms):
        chosen = by == number
        if term.limit is None:
            counts = counts & ~chosen
        if term.limit is None or not chosen.any():
            continue
        calendar = np.busdaycalendar(holidays=np.array(sorted(term.holidays), dtype="datetime64[D]"))
        start = _days(cases, term.start)[chosen]
        started[chosen] = start
        due[chosen] = _last_days(start, term.limit, unit, calendar)
        worked[chosen] = _working_days(start, until[chosen], calendar)
    standing = _standing(
        started, due, ended, is_counted=counts, has_no_end=_has_no_end(cases, ended, end), day=day
    )
    late = np.isin(standing, [_CODE[Standing.LATE], _CODE[Standing.OVERDUE]])
    days_late = np.where(late, (until - due).astype(np.int64), 0)
    return cases.assign(
        started_on=started.astype("datetime64[s]"),
        due_on=due.astype("datetime64[s]"),
        ended_on=ended.astype("datetime64[s]"),
        working_days=worked,
        days_late=days_late,
        standing=pd.Categorical.from_codes(standing, dtype=_STANDINGS),
    )


def due_in(run: pd.DataFrame, first: date, last: date, *, day: date) -> pd.DataFrame:
    """The cases that are counted in a period: those whose last day falls in it and is over on `day`.

    They are in time, late, or still open. Cases whose last day is not over do not count yet, not even those
    that ended early: else a period that is under way would count the quick ones only.
    """
    decided = run["standing"].isin([str(one) for one in _DECIDED])
    return run[decided & (run["due_on"] < pd.Timestamp(day)) & _within(run["due_on"], first, last)]


def set_apart(run: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The cases of which a period cannot tell whether they were in time, for want of a day.

    They go by the day on which they ended, or else by their last day; where neither is told they are in every
    period.
    """
    apart = run["standing"].isin([str(one) for one in SET_APART])
    placed = run["ended_on"].fillna(run["due_on"])
    return run[apart & (placed.isna() | _within(placed, first, last))]


def over_limit(run: pd.DataFrame) -> pd.DataFrame:
    """The open cases that are over the limit of a clock, the longest first."""
    over = run["standing"].isin([str(Standing.OVERDUE), str(Standing.LATE)])
    return run[over & (run["state"] == "open")].sort_values("days_late", ascending=False, kind="stable")


def shares(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Of the cases counted, how many were in time, by the values of a column: `met`, `n` and `still_open`."""
    in_time = rows["standing"] == str(Standing.IN_TIME)
    overdue = rows["standing"] == str(Standing.OVERDUE)
    counts = rows.assign(met=in_time, n=1, still_open=overdue).groupby(by, dropna=False, observed=True)
    return counts[["met", "n", "still_open"]].sum().astype(int).reset_index()


def ended_from(run: pd.DataFrame) -> date | None:
    """The first day on which a case is told to have ended; None where none has.

    Many extracts hold the open cases and those that ended lately. Then cases that ended before this day are
    missing, and the quick ones of the time before it most of all.
    """
    first = run["ended_on"].min()
    return None if pd.isna(first) else first.date()


def monthly_shares(run: pd.DataFrame, months: Sequence[int], *, day: date) -> pd.DataFrame:
    """`period`, `met`, `n` and `is_partial` of each of the months, in order; `n` is 0 where no case fell due.

    A month is partial where some of its cases began before `ended_from`: others like them may be missing.
    """
    rows = due_in(run, first_day(months[0]), last_day(months[-1]), day=day)
    due = rows["due_on"].dt
    rows = rows.assign(period=due.year * 12 + due.month - 1, is_partial=began_before_ended(run, rows))
    found = (
        shares(rows, "period")
        .set_index("period")
        .assign(is_partial=rows.groupby("period")["is_partial"].any())
    )
    found = found.reindex(list(months)).fillna({"met": 0, "n": 0, "still_open": 0, "is_partial": False})
    kinds = {"met": int, "n": int, "still_open": int, "is_partial": bool}
    return found.astype(kinds).rename_axis("period").reset_index()


def began_before_ended(run: pd.DataFrame, rows: pd.DataFrame) -> "pd.Series[bool]":
    """Which of some cases began before `ended_from`?"""
    before: pd.Series[bool] = rows["started_on"] < run["ended_on"].min()
    return before


def over_at_month_ends(run: pd.DataFrame, months: Sequence[int]) -> list[int]:
    """How many cases were open and over the limit at the end of each month, by the days they have now?"""
    known = run[run["standing"].isin([str(one) for one in (*_DECIDED, Standing.RUNNING)])]
    due, ended = _days(known, "due_on"), _days(known, "ended_on")
    ends = [np.datetime64(last_day(month)) for month in months]
    return [int(((due < end) & (np.isnat(ended) | (ended > end))).sum()) for end in ends]


_CODE: Final = {standing: code for code, standing in enumerate(Standing)}
_STANDINGS: Final = pd.CategoricalDtype([str(standing) for standing in Standing])


def _standing(
    started: Days,
    due: Days,
    ended: Days,
    *,
    is_counted: NDArray[np.bool_],
    has_no_end: NDArray[np.bool_],
    day: date,
) -> NDArray[np.int8]:
    has_ended = ~np.isnat(ended)
    cases = (
        (~is_counted, Standing.NOT_COUNTED),
        (np.isnat(started), Standing.NO_START),
        (has_no_end, Standing.NO_END),
        (has_ended & (ended < started), Standing.CONTRADICTORY),
        (has_ended & (ended <= due), Standing.IN_TIME),
        (has_ended, Standing.LATE),
        (due < np.datetime64(day), Standing.OVERDUE),
    )
    found, codes = zip(*((condition, _CODE[standing]) for condition, standing in cases), strict=True)
    return np.asarray(np.select(found, codes, _CODE[Standing.RUNNING]), dtype=np.int8)


def _is_counted(cases: pd.DataFrame, types: Sequence[str]) -> NDArray[np.bool_]:
    counts: Any = cases["state"].isin(["open", "closed"]).to_numpy()
    if types:
        wanted = {name.casefold() for name in types}
        # A type is looked at once, however many cases are of it.
        meant = [one for one in cases["case_type"].dropna().unique() if one.casefold() in wanted]
        counts = counts & cases["case_type"].isin(meant).to_numpy()
    return np.asarray(counts, dtype=bool)


def _ended(cases: pd.DataFrame, end: str) -> Days:
    days = _days(cases, end)
    if end != ENDED:
        return days
    closed = np.where((cases["state"] == "closed").to_numpy(), days, np.datetime64("NaT"))
    if "passed_on" not in cases:
        return closed
    return np.asarray(np.fmin(closed, _days(cases, "passed_on")))


def _has_no_end(cases: pd.DataFrame, ended: Days, end: str) -> NDArray[np.bool_]:
    if end != ENDED:
        return np.zeros(len(cases), dtype=bool)
    return (cases["state"] == "closed").to_numpy() & np.isnat(ended)


def _last_days(start: Days, limit: int, unit: str, calendar: np.busdaycalendar) -> Days:
    if unit == "working days":
        return np.asarray(np.busday_offset(start, limit, roll="backward", busdaycal=calendar))
    if unit == "weeks":
        return np.asarray(start + np.timedelta64(limit * _WEEK, "D"))
    month = start.astype("datetime64[M]")
    same_day = (month + limit).astype("datetime64[D]") + (start - month.astype("datetime64[D]"))
    return np.asarray(
        np.minimum(same_day, (month + limit + 1).astype("datetime64[D]") - np.timedelta64(1, "D"))
    )


def _working_days(start: Days, until: Days, calendar: np.busdaycalendar) -> NDArray[np.int64]:
    known = ~np.isnat(start) & ~np.isnat(until)
    worked = np.full(len(start), -1, dtype=np.int64)
    one = np.timedelta64(1, "D")
    worked[known] = np.busday_count(start[known] + one, until[known] + one, busdaycal=calendar)
    return worked


def _within(days: "pd.Series[pd.Timestamp]", first: date, last: date) -> "pd.Series[bool]":
    return (days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))


def _days(cases: pd.DataFrame, column: str) -> Days:
    values: Any = cases[column].to_numpy()
    return np.asarray(values.astype("datetime64[D]"))
