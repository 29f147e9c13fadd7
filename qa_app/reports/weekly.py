"""The weekly list for the units: cases opened, closed and in progress."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from learning_register.report_contents import Cell, Paragraph, Section, Table
from qa_app.reports.casework import NO_CASES, between, by_team, cases_of, open_on
from qa_app.reports.making import Making
from qa_app.reports.method import method
from qa_app.reports.sampling_done import register_of_draws
from qa_app.wording import in_words

# The last day of each band of ages, in calendar days.
_AGES: Final = {"Up to 4 weeks": 28, "5 to 8 weeks": 56, "9 to 26 weeks": 182}
_OLDER: Final = "Over 26 weeks"
_UNKNOWN: Final = "Day of receipt not told"


def compose(making: Making) -> Sequence[Section]:
    """How many, by team; each case that came or went; and how old those in progress are."""
    cases = cases_of(making)
    if cases.day is None:
        return [Section("Cases of the week", (Paragraph(NO_CASES),)), *method(making, of_samples=False)]
    frame = cases.frame
    opened = frame[between(frame["received_on"], making.first, making.last)]
    closed = frame[between(frame["closed_on"], making.first, making.last) & (frame["state"] == "closed")]
    told = f"As told by the extracts up to {in_words(cases.day)}."
    if cases.day <= making.last:
        told += " What happened later in the week is not in them."
    return [
        Section("Cases of the week", (Paragraph(told), by_team(frame, making.first, making.last))),
        Section("Opened", (_list(opened, "Cases opened", "received_on", "Received"),)),
        Section("Closed", (_list(closed, "Cases closed", "closed_on", "Closed"),)),
        Section("In progress", (_ages(open_on(frame, making.last), making),)),
        *method(making, of_samples=False),
        *register_of_draws(making),
    ]


def _list(rows: pd.DataFrame, caption: str, column: str, head: str) -> Table:
    in_order = rows.sort_values(["team", column, "reference"])
    found: tuple[tuple[Cell, ...], ...] = tuple(
        (
            row["reference"],
            row["team"],
            "" if pd.isna(row["case_type"]) else row["case_type"],
            row[column].date(),
        )
        for row in in_order.to_dict("records")
    )
    return Table(caption, ("Case", "Team", "Type", head), found, empty="None in this week.")


def _ages(under_way: pd.DataFrame, making: Making) -> Table:
    days = (pd.Timestamp(making.last) - under_way["received_on"]).dt.days
    edges = [-1, *_AGES.values(), float("inf")]
    bands = pd.cut(days, edges, labels=[*_AGES, _OLDER]).astype(object).fillna(_UNKNOWN)
    counts = pd.crosstab(under_way["team"], bands)
    heads = [name for name in (*_AGES, _OLDER, _UNKNOWN) if name != _UNKNOWN or name in counts.columns]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(team), *(int(row.get(name, 0)) for name in heads), int(row.sum()))
        for team, row in counts.iterrows()
    )
    return Table(
        f"Cases in progress on {in_words(making.last)}, by age since receipt",
        ("Team", *heads, "All"),
        rows,
        empty="No case was in progress.",
    )
