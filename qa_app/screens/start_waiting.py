"""On Start: what waits for the reader's word besides reviews: disputes, calibration, recommendations."""

import streamlit as st

from qa_app.runtime import as_typed, in_words, link, reading, signed_in
from scorecards.adjudication_queries import pairs_to_decide
from scorecards.calibration_results import calibrations
from scorecards.dispute_queries import disputes_to_decide
from scorecards.theme_queries import recommendations_to_decide


def show_waiting() -> None:
    """A line and a link for each kind of thing that waits."""
    with reading() as session:
        person = signed_in()
        disputes = disputes_to_decide(session, person)
        pairs = len(pairs_to_decide(session, person).mine)
        sessions = [row for row in calibrations(session, person) if row.left]
        recommended = recommendations_to_decide(session, person)
    if not disputes and not pairs and not sessions and not recommended:
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
