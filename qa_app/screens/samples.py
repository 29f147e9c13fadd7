"""Samples: a manager's month, samples of closed cases and of themes, and the register of all of them."""

from collections.abc import Callable

import streamlit as st

from qa_app.runtime import reading, signed_in, title
from qa_app.screens import samples_month, samples_open, samples_planned, samples_register
from sampling.frames import may_plan
from sampling.records.people import Role, roles_of, teams_managed
from sampling.tables import Route


def show() -> None:
    """The parts that the reader's roles have; everybody has the register."""
    title("Samples", "Which cases are reviewed, what they were drawn from, and how anybody can check it.")
    person = signed_in()
    with reading() as session:
        manages = bool(teams_managed(session, person))
        oversees = Role.HEAD in roles_of(session, person)
        central, thematic = (may_plan(session, person, route) for route in (Route.CENTRAL, Route.THEMATIC))
    parts: dict[str, Callable[[], None]] = {}
    if manages:
        parts["This month"] = samples_open.show
    if manages or oversees:
        parts["Required reviews"] = samples_month.show
    if central:
        parts["Plan a central sample"] = lambda: samples_planned.show(Route.CENTRAL)
    if thematic:
        parts["Plan a thematic sample"] = lambda: samples_planned.show(Route.THEMATIC)
    parts["Register"] = samples_register.show
    part = st.segmented_control(
        "Part", list(parts), default=next(iter(parts)), required=True, key="part", bind="query-params"
    )
    parts[part]()
