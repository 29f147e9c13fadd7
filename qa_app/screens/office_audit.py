"""The audit trail: who did what, and when."""

from datetime import timedelta

import streamlit as st

from qa_app import office_queries, runtime
from sampling.records.database import today


def show() -> None:
    """What was done in a period, the latest first."""
    by = runtime.signed_in()
    with runtime.reading() as session:
        day = today(session)
        all_of_it = office_queries.sees_all_of_the_trail(session, by)
    left, right = st.columns(2)
    with left:
        since = runtime.date_input("From", key="audit-since", value=day - timedelta(days=30))
    with right:
        until = runtime.date_input("To", key="audit-until", value=day)
    if since is None or until is None:
        st.write("Type both days to see what was done between them.")
        return
    if not all_of_it:
        st.write(
            "You second-score cases, so this shows only entries about the office, its people and imports. "
            "Entries about reviews, samples and learning could tell what a manager found."
        )
    with runtime.reading() as session:
        frame = office_queries.audit_entries(session, since=since, until=until, by=by)
    runtime.table(
        frame,
        caption="What was done, the latest first",
        key="audit",
        empty="Nothing was done in this period. Choose another one.",
        download="audit-trail.csv",
    )
