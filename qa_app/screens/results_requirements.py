"""Requirement by requirement: how often each is met, in which team or when it is not, and in which cases."""

from typing import Any

import pandas as pd
import streamlit as st

from qa_app.result_charts import heat_map
from qa_app.runtime import as_typed, reading, signed_in, table
from qa_app.screens.results_cases import list_cases
from qa_app.screens.results_choices import ALL, Choice, choose
from qa_app.screens.results_trend import show_trend
from qa_app.trend_words import period_in_words, requirement_sentences, share_in_words
from qa_app.wording import percent
from scorecards.periods import MONTHS_OF, Grain
from scorecards.requirement_results import (
    BY_TEAM,
    FollowedRequirement,
    RequirementResults,
    cases_behind,
    requirement_results,
)
from scorecards.standing_out import trend

_SMALL = 10  # a cell of fewer cases gets no shade
_COLUMNS = 24  # more do not fit beside each other
_COLUMNS_BY = {"Team": None, "Month": Grain.MONTH, "Quarter": Grain.QUARTER}


def show() -> None:
    """Choose a scorecard and what its requirements are put against; then one of them, and its cases."""
    choice = choose(any_scorecard=False)
    if choice is None or choice.scorecard is None:
        return
    words = st.radio("Each requirement by", list(_COLUMNS_BY), horizontal=True, key="requirements-by")
    grain = _COLUMNS_BY[words]
    with reading() as session:
        results = requirement_results(
            session,
            choice.group,
            signed_in(),
            counts=choice.counts,
            scorecard=choice.scorecard,
            by=grain,
            months=choice.months,
            confidence=choice.confidence,
        )
    if results.together.empty:
        st.write("No review of this period is on this scorecard. Choose another period.")
        return
    names = {each.requirement.key: _name(each) for each in results.requirements}
    st.subheader(f"Requirements by {words.lower()}", anchor=False)
    st.markdown(
        " ".join(
            requirement_sentences(
                results.together, {key: f"“{as_typed(name)}”" for key, name in names.items()}
            )
        )
    )
    st.write(
        "Shares are of the cases to which a requirement applied; what could not be assessed or found counts "
        "as not met. No standard is set for a single requirement."
    )
    _heat_map(results, names, grain)
    _figures(results, names, grain)
    _one(results, names, choice, grain)


def _name(each: FollowedRequirement) -> str:
    text = each.requirement.text.rstrip(".")
    return f"{each.number}. {text}" if each.number is not None else f"{text} (not asked any more)"


def _column(results: RequirementResults) -> str:
    return BY_TEAM if BY_TEAM in results.parts else "period"


def _in_words(value: object, grain: Grain | None) -> str:
    return str(value) if grain is None else period_in_words(int(str(value)), grain)


def _heat_map(results: RequirementResults, names: dict[str, str], grain: Grain | None) -> None:
    column = _column(results)
    values = sorted(results.parts[column].unique())
    if len(values) > _COLUMNS:
        st.write(
            f"There are {len(values)} columns, more than fit beside each other. Choose a shorter period for "
            "a map of them; the figures are below."
        )
        return
    frame = results.parts[results.parts["n"] > 0]
    is_small = frame["n"] < _SMALL
    shown = pd.DataFrame(
        {
            "row": frame["requirement"].map(names),
            "column": [_in_words(value, grain) for value in frame[column]],
            "share": frame["share"],
            "is_small": is_small,
            "words": [percent(share) for share in frame["share"]],
            "of": [f"of {n:,}" for n in frame["n"]],
        }
    )
    st.altair_chart(
        heat_map(shown, rows=list(names.values()), columns=[_in_words(value, grain) for value in values]),
        alt="Share of cases in which each requirement is met, in each column; the figures are below.",
    )
    st.caption(
        f"The darker a cell, the fewer cases meet. A broken edge and no shade: fewer than {_SMALL} cases, "
        "too few to compare. On a narrow screen the shares stand in the table only."
    )


def _figures(results: RequirementResults, names: dict[str, str], grain: Grain | None) -> None:
    found: dict[str, Any] = {str(row["requirement"]): row for row in results.together.to_dict("records")}
    rows: list[dict[str, object]] = []
    for each in results.requirements:
        key = each.requirement.key
        since = f"Version {each.since}" if each.since > 1 else "The first"
        if key not in found:
            rows.append(
                {"Requirement": names[key], "Share met": "No review yet", "Same meaning since": since}
            )
            continue
        row = found[key]
        rows.append(
            {
                "Requirement": names[key],
                "Share met": share_in_words(row["share"], row["low"], row["high"]) or "Never applied",
                "Applied": row["n"],
                "Met": row["met"],
                "Not met": row["not_met"],
                "Cannot assess": row["cannot_assess"],
                "File not found": row["not_found"],
                "Not applicable": row["not_applicable"],
                "Not yet due": row["not_yet_due"],
                "Had all been assessed": percent(row["met_if_assessed"] / row["n"]) if row["n"] else "",
                "Same meaning since": since,
            }
        )
    with st.expander("See the figures"):
        table(
            pd.DataFrame(rows),
            caption="Each requirement, in the order of the scorecard",
            key="requirements",
            download="requirements.csv",
            page_size=50,
        )
        _cells(results, names, grain)
        if any(each.since > 1 for each in results.requirements):
            st.caption(
                f"The newest version is {results.newest}. What was answered before the meaning of a "
                "requirement changed is not counted: it is about another question."
            )


def _cells(results: RequirementResults, names: dict[str, str], grain: Grain | None) -> None:
    column, order = _column(results), {key: place for place, key in enumerate(names)}
    cells = results.parts.assign(place=results.parts["requirement"].map(order)).sort_values(["place", column])
    word = next(word for word, each in _COLUMNS_BY.items() if each is grain)
    table(
        pd.DataFrame(
            {
                "Requirement": cells["requirement"].map(names),
                word: [_in_words(value, grain) for value in cells[column]],
                "Applied": cells["n"],
                "Met": cells["met"],
                "Share": _shares(cells),
            }
        ),
        caption=f"Each requirement by {word.lower()}",
        key="requirement-cells",
        download="requirement-cells.csv",
    )


def _shares(cells: pd.DataFrame) -> list[str]:
    return [share_in_words(*of) for of in zip(cells["share"], cells["low"], cells["high"], strict=True)]


def _one(results: RequirementResults, names: dict[str, str], choice: Choice, grain: Grain | None) -> None:
    st.subheader("One requirement, and its cases", anchor=False)
    seen = set(results.together["requirement"])
    key = st.selectbox(
        "Requirement",
        [name for name in names if name in seen],
        format_func=names.__getitem__,
        key="requirement-chosen",
    )
    if key is None or choice.scorecard is None:
        return
    cells = results.parts[results.parts["requirement"] == key]
    if grain is not None:
        show_trend(trend(cells, confidence=choice.confidence), choice, grain, of_requirement=True)
    else:
        table(
            pd.DataFrame(
                {
                    "Team": cells[BY_TEAM],
                    "Applied": cells["n"],
                    "Met": cells["met"],
                    "Share": _shares(cells),
                }
            ),
            caption="By team, in the order of their names",
            key="requirement-teams",
            download="requirement-by-team.csv",
        )
    failing = list(cells.loc[cells["met"] < cells["n"], _column(results)])
    if not failing:
        st.write("It is met wherever it applied.")
        return
    chosen = st.selectbox(
        "Cases that are not met, of",
        [ALL, *failing],
        format_func=lambda value: ALL if value == ALL else _in_words(value, grain),
        key=f"requirement-cell-{grain}",
    )
    first, last = choice.months
    is_period = grain is not None and chosen not in (None, ALL)
    if is_period and grain is not None:
        first, last = max(first, int(chosen)), min(last, int(chosen) + MONTHS_OF[grain] - 1)
    with reading() as session:
        found = cases_behind(
            session,
            choice.group,
            signed_in(),
            scorecard=choice.scorecard,
            requirement=key,
            team=None if is_period or chosen in (None, ALL) else str(chosen),
            months=(first, last),
        )
    list_cases(found, key="requirement-cases")
