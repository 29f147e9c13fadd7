"""Learning: what was learned, and what is being done about it."""

import streamlit as st

from qa_app.runtime import (
    link,
    number_in_address,
    problem,
    title,
)
from qa_app.screens import (
    learning_action,
    learning_actions,
    learning_causes,
    learning_import,
    learning_new,
    learning_no_action,
    learning_outbox,
    learning_point,
    learning_points,
)
from sampling.refused import Refused

_PARTS = {
    "Learning points": learning_points.show,
    "Actions": learning_actions.show,
    "Cases without a plan": learning_no_action.show,
    "Outbox": learning_outbox.show,
    "New learning point": learning_new.show,
    "Import a list": learning_import.show,
    "Root causes": learning_causes.show,
}


def show() -> None:
    """The lists, or the one point or action that the address names."""
    try:
        if "point" in st.query_params:
            learning_point.show(number_in_address("point", of="learning point"))
        elif "action" in st.query_params:
            learning_action.show(number_in_address("action", of="action"))
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
