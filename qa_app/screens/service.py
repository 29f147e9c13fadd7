"""Service standards: cases in time, long cases, caseloads, the queue, and the clocks of other documents."""

from collections.abc import Callable

import streamlit as st

from qa_app.runtime import title
from qa_app.screens import service_in_time, service_lists
from qa_app.screens.service_cases import choose_cases
from qa_app.service_words import LEAD
from scorecards.cases_as_at import CasesAsAt

PARTS: dict[str, Callable[[CasesAsAt], None]] = {
    "In time": service_in_time.show,
    "Long cases": service_lists.show_long_cases,
    "Caseloads": service_lists.show_caseloads,
    "Queue": service_lists.show_queue,
    "Other clocks": service_in_time.show_other_clocks,
}


def show() -> None:
    """Choose the day and the team; one part at a time, each figure with its list."""
    title("Service standards", LEAD)
    chosen = choose_cases()
    if chosen is None:
        return
    part = st.segmented_control(
        "What to show", list(PARTS), default="In time", required=True, key="part", bind="query-params"
    )
    PARTS[part](chosen[0])
