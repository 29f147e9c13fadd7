"""The cases behind a count: each with a link to its review."""

from typing import Final

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, link
from qa_app.trend_words import period_in_words
from qa_app.wording import RESPONSES, SEVERITIES, cases_in_words
from scorecards.periods import Grain
from scorecards.requirements import ResponseValue, Severity

_PAGE: Final = 10


def list_cases(found: pd.DataFrame, *, key: str) -> None:
    """The cases of `review_counts.cases_not_met`, ten on a page."""
    if found.empty:
        st.write("No case that you may see is not met here.")
        return
    pages = -(-len(found) // _PAGE)
    page = int(st.number_input(f"Page (of {pages})", 1, pages, 1, key=f"{key}-page")) - 1 if pages > 1 else 0
    shown = found.iloc[page * _PAGE : (page + 1) * _PAGE]
    st.caption(
        f"Showing {page * _PAGE + 1:,} to {page * _PAGE + len(shown):,} of "
        f"{cases_in_words(len(found))} not met"
    )
    for row in shown.to_dict("records"):
        about = [row["team"], period_in_words(int(row["month"]), Grain.MONTH), *_why(row)]
        words, way = st.columns([3, 2], vertical_alignment="center")
        words.markdown(f"**{as_typed(row['reference'])}** · {as_typed(' · '.join(about))}")
        with way:
            link("review", f"Open the review of {row['reference']}", review=row["review_id"])


def _why(row: dict[object, object]) -> list[str]:
    if not row["file_found"]:
        return ["File not found"]
    words = [RESPONSES[ResponseValue(str(row["response"]))]] if row["response"] else []
    if row["severity"]:
        words.append(SEVERITIES[Severity(str(row["severity"]))])
    return [*words, "Put right before closing"] if row["put_right"] else words
