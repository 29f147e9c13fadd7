"""Choosing a second scoring by the managers' verdicts: for those alone who may know what managers said."""

from datetime import date
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.agreement_words import expected_sentence
from qa_app.runtime import fresh, problem, reading, signed_in, table
from qa_app.wording import percent
from sampling.refused import Refused
from scorecards.second_scoring_design import AtMostMissed, Design
from scorecards.second_scoring_progress import preview_by_verdict, risks_of_reviews

_OF_FAILED: Final = {"1": "All of them", "0.75": "Three in four", "0.5": "Half of them"}
_OF_PASSED: Final = {
    "0.1": "Enough to show that at most 10% are missed, if QA finds none not met",
    "0.05": "Enough to show that at most 5% are missed, if QA finds none not met",
    "0.02": "Enough to show that at most 2% are missed, if QA finds none not met",
    "": "A number",
}


def choose_design(period: tuple[date, date]) -> Design | None:
    """Ask for the design, and show what it takes of each stratum and how sure it would make us."""
    st.write(
        "Nearly all cases are met, so a plain sample hardly sees what managers miss. This one takes all, or "
        "most, of what they called not met and a share of the rest, each with a chance that is known. "
        "What follows is not for those who review for QA, and no screen shows it to them."
    )
    with reading() as session:
        risks = risks_of_reviews(session, period=period, by=signed_in())
    high = []
    if risks:
        high = st.multiselect(
            "Cases of these risks are a stratum of their own",
            risks,
            default=[risk for risk in risks if "high" in risk.casefold()],
            key=fresh("high-risks"),
            placeholder="None",
        )
    failed = st.selectbox(
        "Of those managers called not met",
        list(_OF_FAILED),
        format_func=_OF_FAILED.__getitem__,
        key=fresh("of-failed"),
    )
    wanted = st.selectbox(
        "Of the others", list(_OF_PASSED), index=1, format_func=_OF_PASSED.__getitem__, key=fresh("of-passed")
    )
    passed: AtMostMissed | int = AtMostMissed(wanted)
    if not wanted:
        passed = int(st.number_input("How many of the others", 1, 10_000, 100, key=fresh("number-passed")))
    left, right = st.columns(2)
    missed = left.number_input(
        "If QA calls so many in 100 of the others not met", 1, 99, 3, key=fresh("if-missed")
    )
    confirmed = right.number_input(
        "and so many in 100 of those managers called not met", 1, 99, 60, key=fresh("if-confirmed")
    )
    design = Design(tuple(high), failed, passed)
    shown = _show(period, design, missed=f"0.{missed:02d}", confirmed=f"0.{confirmed:02d}")
    return design if shown else None


def _show(period: tuple[date, date], design: Design, *, missed: str, confirmed: str) -> bool:
    try:
        with reading() as session:
            preview = preview_by_verdict(
                session, period=period, design=design, missed=missed, confirmed=confirmed, by=signed_in()
            )
    except Refused as refused:
        problem(str(refused))
        return False
    rows = [(part.label, *counts, percent(preview.chances[part])) for part, counts in preview.strata.items()]
    table(
        pd.DataFrame(rows, columns=["Stratum", "Reviews", "Scored again", "Chance of being drawn"]),
        caption="What would be scored again",
        key="design",
    )
    st.write(expected_sentence(preview, missed=missed, confirmed=confirmed))
    return True
