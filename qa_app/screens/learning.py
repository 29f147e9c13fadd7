"""Learning: what was learned, and what is being done about it."""

import streamlit as st

from qa_app.runtime import (
    link,
    number_in_address,
    problem,
    title,
)
from qa_app.screens import learning_actions, learning_points
from sampling.refused import Refused

_PARTS = {"Learning points": learning_points.show, "Actions": learning_actions.show}


def show() -> None:
    """The lists, or the one point or action that the address names."""
    try:
        if "point" in st.query_params:
            learning_points.show_point(number_in_address("point", of="learning point"))
        elif "action" in st.query_params:
            learning_actions.show_action(number_in_address("action", of="action"))
        else:
            _lists()
    except Refused as refused:
        title("Learning")
        problem(str(refused))
        link("learning", "Go to the lists of learning")


def _lists() -> None:
    title("Learning", "What reviews taught, against which paragraph, and whether it was followed up.")
    part = st.segmented_control(
        "Show", list(_PARTS), default="Learning points", required=True, key="part", bind="query-params"
    )
    _PARTS[part]()
