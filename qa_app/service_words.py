"""The sentences that read the service standards, long cases, caseloads, the queue and other clocks."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

import pandas as pd

from qa_app.runtime import as_typed
from qa_app.trend_words import period_in_words
from qa_app.wording import cases_in_words, in_words, percent, whole_percent
from sampling.records.service_settings import CLOCK_UNITS, SERVICE_SETTINGS
from scorecards.caseloads import Caseloads, Queue
from scorecards.clocks import SET_APART, Standing
from scorecards.periods import Grain
from scorecards.service_standards import Counting, InTime
from scorecards.standing_out import TAIL, Place, Trend, chance_of_a_signal

LEAD: Final = "Worked out from the dates of the cases, as the case system's extracts told them."
NO_CASES: Final = (
    "No extract of cases had been imported by then. Once one is, the service standards are worked out from "
    "it."
)
HOW_IT_COUNTS: Final = """
- A case is counted once, in the period in which its **last day** falls: the last working day of its time.
- It is in time if it was closed or passed on by that day. A case that is still open after it counts as **not
  in time**, in that same period: leaving a case open gains nothing, and once a period is over it stays as it
  is.
- A case whose last day is still to come, or is today, does not count yet, even if it is closed already: else
  a period under way would count the quick cases only.
- The day of allocation is day 0, and the first working day after it is day 1. Bank holidays are those of the
  office's calendar.
- A case goes by the settings of the day on which it was received; the share to reach is that of the period's
  last day.
- Cancelled and merged cases are left out. A case that was reopened counts as open.
- Every case is counted, so the share is no estimate, and it has no likely range.
"""
STANDINGS: Final = {
    Standing.IN_TIME: "In time",
    Standing.LATE: "Late",
    Standing.OVERDUE: "Still open",
    Standing.NO_START: "No day from which it is counted",
    Standing.NO_END: "Closed, on a day that is not told",
    Standing.CONTRADICTORY: "Ended before it began",
}


def as_told_sentence(day: date, today: date) -> str:
    """How old the newest extract is."""
    age = (today - day).days
    words = f"As the extract of {in_words(day)} told the cases"
    if age <= 1:
        return f"{words}."
    return f"{words}, {age} days ago: what happened since is not in it."


def in_time_sentences(found: InTime, *, days: int, start: str) -> list[str]:
    """Whether the service standard was reached, and what is behind the rest of the share."""
    share, target = found.share, found.target
    if share is None:
        return ["No case had its last day in this period before the extract, so there is no share yet."]
    verdict = "" if found.is_reached is None else "**Reached:** " if found.is_reached else "**Not reached:** "
    sentences = [
        f"{verdict}{found.met:,} of {cases_in_words(found.n)} closed or passed on within {days} working days "
        f"of {start}, {percent(share, against=target)}"
        + (f"; the standard is {whole_percent(target)}." if target is not None else ".")
    ]
    if late := found.n - found.met:
        is_or_are = "is" if found.still_open == 1 else "are"
        sentences.append(f"Of the {late:,} not in time, {found.still_open:,} {is_or_are} still open.")
    if found.lacks_ended_before is not None:
        sentences.append(
            f"Some of these cases began before {in_words(found.lacks_ended_before)}, the first day on which "
            "the extracts tell of a case that ended: quick cases of that time may be missing, and the share "
            "too low."
        )
    return [*sentences, apart_sentence(found.apart)]


def apart_sentence(apart: pd.DataFrame) -> str:
    """The cases that are in neither part of a share, by reason; empty without any."""
    if apart.empty:
        return ""
    counts = apart["standing"].value_counts()
    reasons = [
        f"{STANDINGS[standing].lower()}: {counts[str(standing)]:,}"
        for standing in SET_APART
        if counts[str(standing)]
    ]
    return f"Set apart and not in the share: {cases_in_words(len(apart))} ({'; '.join(reasons)})."


def trend_words(found: Trend) -> str:
    """What the months show, beside what chance alone makes of the same share."""
    if found.rate is None:
        return "There is no month yet of which the extracts tell all cases."
    together = (
        f"All months together: {found.met:,} of {found.n:,} in time, {percent(Fraction(found.met, found.n))}."
    )
    if found.periods < 2:
        return f"{together} From one month there is no trend to read yet."
    out = found.rows[found.rows["place"] != Place.WITHIN]
    chance = chance_of_a_signal(found.periods, 2 * TAIL)
    if out.empty:
        return f"{together} Each month lies where the same share would put it by chance."
    listed = ", ".join(
        f"{period_in_words(int(row['period']), Grain.MONTH)} ({row['place']})" for _, row in out.iterrows()
    )
    return (
        f"{together} Outside what is ordinary for as many cases: {listed}. Chance alone puts at least one of "
        f"{found.periods} months outside with a chance of up to {percent(chance)}."
    )


def long_sentence(count: int, weeks: int, *, oldest: int | None) -> str:
    """How many cases are on the list of long cases; the standard is none."""
    if not count or oldest is None:
        return f"**Reached:** no open case is over {weeks} weeks old."
    return (
        f"**Not reached:** {cases_in_words(count, 'open case')} over {weeks} weeks old; the standard is "
        f"none. The oldest is {oldest:,} days over."
    )


def caseload_sentence(found: Caseloads) -> str:
    """How many caseworkers hold what they are to hold at least."""
    if found.rows.empty:
        return "No caseworker holds an open case."
    enough = int(found.rows["is_enough"].sum())
    return (
        f"{enough:,} of {cases_in_words(len(found.rows), 'caseworker')} hold {found.least} open cases or "
        f"more, which is the standard. The largest caseload is {int(found.rows['open'].max()):,}."
    )


def queue_sentence(found: Queue) -> str:
    """How many cases wait for a caseworker, and where that is more than the office has set."""
    if found.rows.empty:
        return "Nothing waits: every open case has a caseworker."
    words = f"{cases_in_words(len(found.rows), 'open case')} without a caseworker."
    if found.size is None:
        return f"{words} No size is set above which a queue is to be looked at."
    large = found.teams.loc[found.teams["is_large"], "team"]
    if large.empty:
        return f"{words} No team has more than {found.size} waiting."
    return f"{words} More than {found.size} wait in: {', '.join(map(as_typed, large))}."


def clock_name(found: Counting) -> str:
    """A clock with its limit: “Investigations concluded within 13 weeks of receipt”."""
    unit = CLOCK_UNITS[found.clock.key][0]
    words = SERVICE_SETTINGS[found.clock.key][1].replace("so many", str(found.limit))
    return words.replace(unit, unit.removesuffix("s"), 1) if found.limit == 1 else words


def clock_sentences(found: Counting) -> list[str]:
    """What a clock of another document shows."""
    if found.column_missing:
        return [
            "The office has not said which further column of its extracts holds the day that this clock "
            "needs. It can under Office, Settings."
        ]
    of = f" Of the types {', '.join(map(as_typed, found.types))}." if found.types else ""
    if found.in_time is None:
        return [f"{cases_in_words(len(found.over), 'open case')} on the list.{of}"]
    share, target = found.in_time.share, found.in_time.target
    if share is None:
        return [f"No case had its last day in this period before the extract.{of}"]
    verdict = {True: "**Reached:** ", False: "**Not reached:** ", None: ""}[found.in_time.is_reached]
    sentence = (
        f"{verdict}{found.in_time.met:,} of {found.in_time.n:,} in time, {percent(share, against=target)}"
    )
    sentence += "." if target is None else f"; the share to reach is {whole_percent(target)}."
    return [f"{sentence}{of}", apart_sentence(found.in_time.apart)]


def cases_for_table(rows: pd.DataFrame, *, standing: bool = True) -> pd.DataFrame:
    """Cases with a clock run over them, as a list that people work through."""
    days = rows["working_days"].where(rows["working_days"] >= 0)
    listed = {
        "Case": rows["reference"],
        "Team": rows["team"],
        "Caseworker": rows["caseworker"],
        "Days late": rows["days_late"],
        "Working days": days.astype("Int64"),
        "Received": rows["received_on"].dt.date,
        "Allocated": rows["allocated_on"].dt.date,
        "Last day": rows["due_on"].dt.date,
    }
    if standing:
        listed["Ended"] = rows["ended_on"].dt.date
        listed["Standing"] = rows["standing"].astype(str).map({str(k): v for k, v in STANDINGS.items()})
    return pd.DataFrame(listed)


def months_for_table(rows: pd.DataFrame, found: Trend, targets: Sequence[Fraction]) -> pd.DataFrame:
    """The service standard month by month; `found` is the trend of those of which all cases are told."""
    places = dict(zip(found.rows["period"], found.rows["place"], strict=True))
    return pd.DataFrame(
        {
            "Month": [period_in_words(int(period), Grain.MONTH) for period in rows["period"]],
            "Counted": rows["n"],
            "In time": rows["met"],
            "Share": [
                percent(Fraction(int(met), int(n)), against=target) if n else ""
                for met, n, target in zip(rows["met"], rows["n"], targets, strict=True)
            ],
            "Standard": [whole_percent(target) for target in targets],
            "Reached": [
                "" if not n else "Reached" if met >= target * n else "Not reached"
                for met, n, target in zip(rows["met"].tolist(), rows["n"].tolist(), targets, strict=True)
            ],
            "Against what is ordinary": [
                "Partly told" if place is None else "Within" if place == Place.WITHIN else place.capitalize()
                for place in (places.get(period) for period in rows["period"])
            ],
        }
    )


def shares_for_table(rows: pd.DataFrame, what: str, column: str, *, target: Fraction) -> pd.DataFrame:
    """In time by team or caseworker: counts and shares of all cases."""
    return pd.DataFrame(
        {
            what: rows[column],
            "Counted": rows["n"],
            "In time": rows["met"],
            "Still open": rows["still_open"],
            "Share": [
                percent(Fraction(int(met), int(n)), against=target)
                for met, n in zip(rows["met"], rows["n"], strict=True)
            ],
            "Standard": [
                "Reached" if met >= target * n else "Not reached"
                for met, n in zip(rows["met"].tolist(), rows["n"].tolist(), strict=True)
            ],
        }
    )
