"""Who has read the results of whoever is signed in: everybody may know that of their own."""

import pandas as pd
import streamlit as st

from qa_app.runtime import SCREENS, reading, signed_in, table
from sampling.records.readings import readings_about
from sampling.sealing import reviews_blind


def show_readings() -> None:
    """The readings of one's own results; nothing where there are none."""
    person = signed_in()
    with reading() as session:
        is_blind = reviews_blind(session, person)
        found = readings_about(session, person, findings=not is_blind)
    if not found:
        return
    with st.expander("Who has read your results"):
        table(
            pd.DataFrame(
                {
                    "Who": [one.reader for one in found],
                    "When": [one.at for one in found],
                    "On the screen": [SCREENS.get(one.screen, one.screen) for one in found],
                }
            ),
            caption="Each reader and screen once a day, the latest first",
            key="own-readings",
            download="who-has-read-my-results.csv",
        )
        st.caption(
            "Results are what was found in your cases, and figures and answers beside your name."
            + (
                " You score cases without knowing what others found, so only figures and answers are counted."
                if is_blind
                else ""
            )
        )
