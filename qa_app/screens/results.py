"""What the reviews show: samples, open cases, time, teams, requirements, and whether reviewers agree."""

from collections.abc import Callable

import streamlit as st

from qa_app.runtime import reading, signed_in, title
from qa_app.screens import (
    results_agreement,
    results_closed,
    results_open,
    results_requirements,
    results_teams,
    results_trend,
)
from sampling.records.people import Role, roles_of

_OFFICE_WIDE = frozenset({Role.HEAD, Role.QA_REVIEWER})


def show() -> None:
    """The parts that are for the person's roles; open and closed cases are never mixed."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
    parts: dict[str, Callable[[], None]] = {}
    if roles & {*_OFFICE_WIDE, Role.THEMATIC_REVIEWER}:
        parts["Closed cases and themes"] = results_closed.show
    if roles & {*_OFFICE_WIDE, Role.LINE_MANAGER}:
        parts["Open cases"] = results_open.show
    if parts:
        parts |= {
            "Over time": results_trend.show,
            "Teams": results_teams.show,
            "Requirements": results_requirements.show,
        }
    if roles & _OFFICE_WIDE:
        parts["Agreement"] = results_agreement.show
    title("Results", "Each standard with its verdict, and how sure the sample makes us.")
    if not parts:
        st.info("Results are for reviewers, line managers and the Head of Customer Care.")
        return
    first = next(iter(parts))
    part = first
    if len(parts) > 1:
        part = st.segmented_control(
            "Results of", list(parts), default=first, required=True, key="part", bind="query-params"
        )
    parts[part]()
