"""The audit trail: who did what, and when; found by filters, page by page, and taken away as a file."""

from datetime import date, timedelta
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from qa_app import audit_queries, office_queries, runtime
from qa_app.audit_queries import EntryChoices, EntryFilters
from qa_app.table import turn_pages
from sampling.records.database import today
from sampling.records.downloads import as_csv

_SIZE: Final = 25
_DAYS: Final = 30


def show() -> None:
    """What was done in a period, the latest first: what the filters leave, one page of it."""
    by = runtime.signed_in()
    with runtime.reading() as session:
        day = today(session)
        all_of_it = audit_queries.sees_all_of_the_trail(session, by)
        choices = audit_queries.entry_choices(session, by=by)
        read_of = {one.id: one.words for one in office_queries.person_choices(session)} if all_of_it else {}
    if not all_of_it:
        st.write(
            "You second-score cases, so this shows only entries about the office, its people and imports. "
            "Entries about reviews, samples and learning could tell what a manager found."
        )
    wanted = _ask(choices, read_of, day)
    place = f"audit-page-{hash(wanted)}"  # another list begins at its first page
    with runtime.reading() as session:
        found = audit_queries.audit_entries(
            session, wanted, page=int(st.session_state.get(place, 0)), size=_SIZE, by=by
        )
    runtime.table(
        found.rows,
        caption="What was done, the latest first",
        key="audit",
        empty="Nothing that was done fits these filters. Choose others, or an earlier first day.",
        page_size=_SIZE,
    )
    if not found.total:
        return
    turn_pages(found.total, found.page, _SIZE, place)
    st.download_button(
        f"Download all {found.total:,} as CSV" if found.total > 1 else "Download it as CSV",
        data=partial(_file, wanted),
        file_name="audit-trail.csv",
        mime="text/csv",
        on_click="ignore",
    )
    st.caption(
        "The file has the hash of each entry and of the one before it. So that anybody can check the whole "
        "chain, whoever runs this app exports it with “qa verify --audit --export”."
    )
    _changes(found.rows)


def _ask(choices: EntryChoices, read_of: dict[int, str], day: date) -> EntryFilters:
    first, second, third = st.columns(3)
    with first:
        since = runtime.date_input("From", key="audit-since", value=day - timedelta(days=_DAYS))
    with second:
        until = runtime.date_input("To", key="audit-until", value=day)
    who = third.selectbox(
        "Who",
        list(choices.people),
        index=None,
        format_func=choices.people.__getitem__,
        placeholder="Anybody",
        key="audit-who",
    )
    action = first.selectbox(
        "What",
        choices.actions,
        index=None,
        format_func=lambda name: name.replace("_", " "),
        placeholder="Anything",
        key="audit-action",
    )
    subject = second.text_input(
        "Done to", key="audit-subject", help="As it begins in the column “On”, such as draw 3 or person 12."
    )
    source = third.text_input(
        "From where", key="audit-source", help="A part of it, such as command line or a network address."
    )
    table = first.selectbox(
        "Changed a row of",
        choices.tables,
        index=None,
        format_func=lambda name: name.replace("_", " "),
        placeholder="Any table, or none",
        key="audit-table",
    )
    read = (
        second.selectbox(
            "Read the results of",
            list(read_of),
            index=None,
            format_func=read_of.__getitem__,
            placeholder="Anybody, or did something else",
            key="audit-read-of",
        )
        if read_of
        else None
    )
    return EntryFilters(
        since=since,
        until=until,
        by_id=who,
        action=action,
        subject=(subject or "").strip().lower(),
        table=table,
        source=(source or "").strip(),
        read_of=read,
    )


def _file(wanted: EntryFilters) -> bytes:
    # Asked again: whoever may not see the trail any more does not get it.
    by = runtime.signed_in()
    with runtime.reading() as session:
        return as_csv(audit_queries.entries_frame(session, wanted, by=by))


def _changes(entries: pd.DataFrame) -> None:
    """The rows that one entry changed."""
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
