"""On Start: what waits for the reader's word besides reviews: disputes, recommendations, what was learned."""

from typing import Final

import streamlit as st

from learning_register.point_queries import to_acknowledge
from qa_app.runtime import as_typed, in_words, link, reading, signed_in
from qa_app.wording import cases_in_words
from scorecards.adjudication_queries import pairs_to_decide
from scorecards.calibration_results import calibrations
from scorecards.dispute_queries import disputes_to_decide
from scorecards.theme_queries import recommendations_to_decide

_LINKED: Final = 3  # of what somebody was told


def show_waiting() -> None:
    """A line and a link for each kind of thing that waits."""
    with reading() as session:
        person = signed_in()
        disputes = disputes_to_decide(session, person)
        pairs = len(pairs_to_decide(session, person).mine)
        sessions = [row for row in calibrations(session, person) if row.left]
        recommended = recommendations_to_decide(session, person)
        told = to_acknowledge(session, person)
    if not disputes and not pairs and not sessions and not recommended and not told:
        return
    st.subheader("Waiting for you", anchor=False)
    if disputes:
        count = "A dispute waits" if len(disputes) == 1 else f"{len(disputes)} disputes wait"
        link("disputes", f"{count} to be decided")
    if pairs:
        count = "A pair of reviews waits" if pairs == 1 else f"{pairs} pairs of reviews wait"
        link("adjudication", f"{count} to be adjudicated")
    for row in sessions:
        st.write(
            f"Calibration “{as_typed(row.name)}”: {row.left} of {row.cases} cases left, "
            f"due {in_words(row.due_on)}."
        )
        link("calibration", f"Score the cases of {as_typed(row.name)}", session=row.id)
    for theme_id, theme, waiting in recommended:
        count = "A recommendation waits" if waiting == 1 else f"{waiting} recommendations wait"
        link("themes", f"{count} in the theme {as_typed(theme)}", theme=theme_id)
    if told:
        _told(told)


def _told(told: dict[int, str]) -> None:
    st.write(
        f"{cases_in_words(len(told), 'learning point')} you were told of: say that you have taken it in."
    )
    for point_id, description in list(told.items())[:_LINKED]:
        link("learning", f"Learning point {point_id}: {as_typed(description)}", point=point_id)
    if len(told) > _LINKED:
        st.write(f"And {len(told) - _LINKED:,} more, in the list of learning points.")
