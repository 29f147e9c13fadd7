"""The risks of open casework: high-risk cases, cases without a record, categories, and a month's sign-off."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import streamlit as st

from qa_app.risk_words import (
    BLANK,
    CATEGORIES,
    HIGH_RISK,
    categories_in_words,
    reasons_in_words,
    risk_sentences,
)
from qa_app.runtime import go, link, problem, reading, signed_in, table, title
from qa_app.screens import risks_case, risks_months
from qa_app.screens.service_cases import choose_cases
from qa_app.wording import cases_in_words
from sampling.refused import Refused
from scorecards.recording_risk import may_sign_off_risks
from scorecards.risk_queries import RiskFigures, case_risks, figures_of

_LEAD = (
    "What managers recorded of the risks of open cases: seven categories, and three reasons for which a case "
    "is a high-risk one. “None identified” is what somebody found after looking; a case with no record has "
    "not been looked at."
)


def show() -> None:
    """One case, or the lists and counts of the open ones."""
    if "case" in st.query_params:
        try:
            risks_case.show()
        except Refused as refused:
            problem(str(refused))
            link("risks", "All risks")
        return
    title("Risks", _LEAD)
    chosen = choose_cases()
    if chosen is None:
        return
    cases, moment = chosen
    with reading() as session:
        risks = case_risks(session, cases, moment)
        signs_off = may_sign_off_risks(session, signed_in())
    figures = figures_of(risks, month=_month(cases.day), as_at=moment)
    st.markdown(" ".join(risk_sentences(figures)))
    parts: dict[str, Callable[[], None]] = {
        "High-risk cases": lambda: _high(risks),
        BLANK: lambda: _blank(risks),
        "Categories": lambda: _categories(risks, figures),
        "All open cases": lambda: _list(risks, "Open cases and their risks", "all"),
    }
    if signs_off:
        parts["Months"] = risks_months.show
    part = st.segmented_control(
        "What to show",
        list(parts),
        default="High-risk cases",
        required=True,
        key="part",
        bind="query-params",
    )
    parts[part]()


def _month(day: date | None) -> date:
    assert day is not None
    return day.replace(day=1)


def _high(risks: pd.DataFrame) -> None:
    _list(
        risks[risks["is_high"]],
        "Open high-risk cases",
        "high",
        empty="No open case is a high-risk one by its record.",
    )
    _list(
        risks[risks["says_high"] & ~risks["is_high"]],
        "Called high by the case system, with no reason on record",
        "says-high",
        empty="Every case that the case system calls high has its reason on record.",
    )


def _blank(risks: pd.DataFrame) -> None:
    rows = risks[risks["is_blank"]].sort_values("days_open", ascending=False, na_position="first")
    _list(rows, "Open cases with no record, the oldest first", "blank", empty="Every open case has a record.")


def _categories(risks: pd.DataFrame, figures: RiskFigures) -> None:
    """Counts by category and team, each with the cases behind it."""
    known = {str(key): words for key, words in CATEGORIES.items()}
    table(
        pd.DataFrame(
            {
                "Category": [*known.values(), BLANK],
                "Open cases": [*(figures.categories[key] for key in known), figures.blank],
            }
        ),
        caption="Open cases by category; a case counts in each of its own",
        key="risk-categories",
        download="risks-by-category.csv",
    )
    table(
        pd.DataFrame(
            {
                "Reason": list(HIGH_RISK.values()),
                "Open cases": [figures.reasons[key] for key in HIGH_RISK],
            }
        ),
        caption="High-risk cases by reason; a case counts in each of its own",
        key="risk-reasons",
        download="high-risk-by-reason.csv",
    )
    table(
        pd.DataFrame(
            [
                {
                    "Team": team.team,
                    "Open": team.open,
                    "High risk": team.high,
                    BLANK: team.blank,
                    **{words: team.categories[key] for key, words in known.items()},
                }
                for team in figures.teams
            ]
        ),
        caption="By team",
        key="risk-teams",
        download="risks-by-team.csv",
    )
    chosen = st.selectbox(
        "See the cases of",
        [*known, BLANK],
        format_func=lambda key: known.get(key, key),
        key="category",
        bind="query-params",
    )
    if chosen == BLANK:
        _blank(risks)
    else:
        has = risks["categories"].map(lambda found: isinstance(found, list) and chosen in found)
        _list(risks[has.astype(bool)], f"Open cases: {known[chosen]}", f"of-{chosen}")


def _list(rows: pd.DataFrame, caption: str, key: str, *, empty: str = "There are none.") -> None:
    table(
        pd.DataFrame(
            {
                "Case": rows["reference"],
                "Team": rows["team"],
                "Caseworker": rows["caseworker"],
                "Received": rows["received_on"].dt.date,
                "Categories": [categories_in_words(found) for found in rows["categories"]],
                "High risk for": [reasons_in_words(found) for found in rows["high_risk"]],
                "In the case system": rows["risk"].astype("str"),
                "Recorded": rows["recorded_at"],
                "By": rows["recorded_by"],
            }
        ),
        caption=f"{caption}: {cases_in_words(len(rows))}",
        key=f"risks-{key}",
        empty=empty,
        download=f"risks-{key}.csv",
    )
    names = dict(zip(rows["case_id"].tolist(), rows["reference"], strict=True))
    if not names:
        return
    opened = st.selectbox(
        f"Open the risks of a case: {caption}",
        list(names),
        index=None,
        format_func=names.__getitem__,
        key=f"risks-open-{key}",
        placeholder="Choose a case",
    )
    if opened is not None:
        go("risks", case=opened)
