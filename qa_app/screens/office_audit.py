"""The audit trail: who did what, and when."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from qa_app import audit_queries, runtime
from sampling.records.database import today


def show() -> None:
    """What was done in a period, the latest first."""
    by = runtime.signed_in()
    with runtime.reading() as session:
        day = today(session)
        all_of_it = audit_queries.sees_all_of_the_trail(session, by)
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
        frame = audit_queries.audit_entries(session, since=since, until=until, by=by)
    runtime.table(
        frame,
        caption="What was done, the latest first",
        key="audit",
        empty="Nothing was done in this period. Choose another one.",
        download="audit-trail.csv",
    )
    _changes(frame)


def _changes(entries: pd.DataFrame) -> None:
    """The rows that one entry changed."""
    if entries.empty:
        return
    words = {
        int(row["Entry"]): f"{row['Entry']}: {row['What']}, {row['On']}" for _, row in entries.iterrows()
    }
    number = st.selectbox(
        "See the rows that an entry changed",
        list(words),
        index=None,
        format_func=words.__getitem__,
        placeholder="Choose an entry",
        key="audit-entry",
    )
    if number is None:
        return
    with runtime.reading() as session:
        changes = audit_queries.changes_of(session, number, by=runtime.signed_in())
    runtime.table(
        changes,
        caption="Rows changed, as the database wrote them down",
        key=f"audit-changes-{number}",
        empty="None of its own: it came together with the entry before it, or changed nothing.",
        download=f"audit-entry-{number}.csv",
    )
    st.caption(
        "Of reviews and what was learned from them only the names of what changed are shown here: what "
        "somebody wrote is on the record's own screen, for those who may see it."
    )
