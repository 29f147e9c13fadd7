"""How long each class of record is kept: what it holds, what disposing takes out of it, and what stays.

The documents disagree: one keeps the records of complaints for ten years, the others name no time. So each
period is a setting with a start date, and a class without one is kept.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sampling.refused import Refused

WORDS: Final = "Disposed of"  # stands where a text was


class RecordClass(StrEnum):
    """A class of record. Its own period says when it is due to be disposed of."""

    CASES = "cases"
    REVIEWS = "reviews"
    LEARNING = "learning"
    MAIL = "mail"
    CALIBRATION = "calibration"


@dataclass(frozen=True)
class Rule:
    """What a class of record holds, what disposing takes away, what stays, and what is counted from."""

    title: str
    holds: str
    erased: str
    stays: str
    counted_from: str


RULES: Final = {
    RecordClass.CASES: Rule(
        "Cases",
        "What the extracts told of a case, and what was recorded of it here",
        "Reference, identifier, who worked on it, decided or approved it, further columns, notes of risk and "
        "of involvement; the same in what the case was before, and the reference in frozen samples",
        "Type, team, days, stage, outcome, risk",
        "the day it was closed; of a cancelled or merged case, the last extract that changed it",
    ),
    RecordClass.REVIEWS: Rule(
        "Reviews",
        "What was scored of a sampled case, with feedback, disputes, interventions and adjudications",
        "Evidence, reasons, comments and notes; who reviewed, decided, gave and got feedback. Once all "
        "reviews of a sample are disposed of: whose work each of its cases was, and why fewer were required",
        "Responses, verdicts, revisions, times, team, stratum",
        "the day it was submitted, or the end of the period sampled where that is later",
    ),
    RecordClass.LEARNING: Rule(
        "Learning points and actions",
        "What was learned, about whom, and what was done about it",
        "Descriptions, notes, reasons and evidence; who is named, owns, authorised, verified or was told",
        "Kind, team, root cause, what is cited, states, days, results",
        "the day it was logged, or the last of its actions ended where that is later",
    ),
    RecordClass.MAIL: Rule(
        "E-mails",
        "The feedback and the daily digests that were written",
        "Of feedback: address, subject, text and to whom it went. Digests are deleted: they repeat what is "
        "recorded elsewhere, and nothing is counted from them",
        "That feedback was written, and when it was sent or taken",
        "the day it was sent or taken; of a digest that never went, the day it was written",
    ),
    RecordClass.CALIBRATION: Rule(
        "Calibration sessions",
        "What several reviewers scored of the same cases",
        "Evidence, and who took part",
        "Responses, what was agreed, changes of guidance",
        "the day the session was closed",
    ),
}

# name: (shipped value, what it is)
RETENTION_SETTINGS: Final = {
    f"retention_{kind}": (
        "10" if kind is RecordClass.CASES else "",
        f"{rule.title}: years they are kept, counted from {rule.counted_from}",
    )
    for kind, rule in RULES.items()
}

_YEARS: Final = re.compile(r"[1-9][0-9]?")


def check_retention_setting(name: str, value: str) -> None:
    """Refuse a period that is neither whole years nor empty."""
    if value and not _YEARS.fullmatch(value):
        title = RULES[RecordClass(name.removeprefix("retention_"))].title
        raise Refused(
            f"The period of {title.lower()} is {value!r}; type 1 to 99 whole years, or leave it empty to "
            "keep them until a period is set."
        )


def years_of(value: str) -> int | None:
    """A period's years; None where none is set, and nothing is disposed of."""
    return int(value) if value else None


def retention_in_words(value: str) -> str:
    """A period as people say it: 10 years, No period: kept."""
    if not value:
        return "No period: kept"
    return "1 year" if value == "1" else f"{value} years"


def last_day_counted(until: date, years: int) -> date:
    """The last day that lies whole years before a day: what is counted from it is due by then.

    Of 29 February in a year that has none, the day before counts: nothing is due a day early.
    """
    try:
        return until.replace(year=until.year - years)
    except ValueError:
        return until.replace(year=until.year - years, day=28)


def hash_of_records(numbers: Iterable[int]) -> str:
    """The hash of a list of records, by their numbers in order: it tells of nobody."""
    return hashlib.sha256("".join(f"{number}\n" for number in sorted(numbers)).encode()).hexdigest()
