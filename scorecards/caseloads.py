"""Who holds how many open cases, and how many wait for somebody: absolute numbers, as lists behind them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from sampling.records.settings import setting
from scorecards.cases_as_at import CasesAsAt


@dataclass(frozen=True)
class Caseloads:
    """`rows`: `team_id`, `team`, `caseworker_id`, `caseworker`, `open`, `oldest` (the first day of receipt)
    and `is_enough`: whether it is `least` or more, what a caseworker is to hold."""

    least: int
    rows: pd.DataFrame


@dataclass(frozen=True)
class Queue:
    """`teams`: `team`, `waiting`, `oldest`, `longest_days`, and `is_large` above `size` (None: no size set).

    `rows` are the cases, the longest waiting first, with `days_waiting` (calendar days since receipt, missing
    where that day is not told).
    """

    size: int | None
    teams: pd.DataFrame
    rows: pd.DataFrame


def open_cases(cases: CasesAsAt) -> pd.DataFrame:
    """The open cases, with `days_open`: calendar days since receipt."""
    assert cases.day is not None, "without imports there are no cases"
    rows = cases.frame[cases.frame["state"] == "open"]
    return rows.assign(days_open=(pd.Timestamp(cases.day) - rows["received_on"]).dt.days)


def caseloads(session: Session, cases: CasesAsAt) -> Caseloads:
    """How many open cases does each caseworker hold, the most first?"""
    assert cases.day is not None, "without imports there are no cases"
    least = int(setting(session, "caseload", cases.day))
    held = open_cases(cases).dropna(subset=["caseworker_id"])
    by = held.groupby(["team_id", "team", "caseworker_id", "caseworker"], dropna=False, observed=True)
    rows = by.agg(open=("case_id", "size"), oldest=("received_on", "min")).reset_index()
    rows = rows.assign(is_enough=rows["open"] >= least)
    rows = rows.sort_values(["open", "team", "caseworker"], ascending=[False, True, True], kind="stable")
    return Caseloads(least, rows.reset_index(drop=True))


def queue(session: Session, cases: CasesAsAt) -> Queue:
    """Which open cases has nobody yet, or nobody any more?"""
    assert cases.day is not None, "without imports there are no cases"
    size = setting(session, "queue_size", cases.day)
    found = open_cases(cases)
    rows = found[found["caseworker_id"].isna()].rename(columns={"days_open": "days_waiting"})
    rows = rows.sort_values("days_waiting", ascending=False, kind="stable", na_position="first")
    by = rows.groupby("team", observed=True)
    teams = by.agg(
        waiting=("case_id", "size"), oldest=("received_on", "min"), longest_days=("days_waiting", "max")
    ).reset_index()
    large = teams["waiting"] > int(size) if size else np.zeros(len(teams), dtype=bool)
    return Queue(int(size) if size else None, teams.assign(is_large=large), rows)
