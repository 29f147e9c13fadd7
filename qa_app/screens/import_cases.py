"""Importing cases from an extract of the case system, and what was imported so far."""

from datetime import datetime

import streamlit as st

from qa_app.runtime import date_input, reading, signed_in, title
from qa_app.screens.import_history import show_cases, show_imports
from qa_app.screens.import_mapping import choose_mapping
from qa_app.screens.import_preview import check_and_import
from qa_app.screens.import_upload import Upload, ask_for_file
from sampling.records.case_import import may_import


def show() -> None:
    """A file in hand is led to its import, step by step; without one, the imports and cases there are."""
    title("Import cases", "Take in an extract of the case system. Nothing is written back to it.")
    with reading() as session:
        allowed = may_import(session, signed_in())
    if not allowed:
        st.info("Cases are imported by an administrator, the Head of Customer Care or a QA reviewer.")
        return
    upload = ask_for_file()
    if upload is None:
        show_imports()
        show_cases()
    else:
        _lead(upload)


def _lead(upload: Upload) -> None:
    st.write(f"{len(upload.table.rows):,} rows and {len(upload.table.columns):,} columns were read.")
    st.subheader("1. When the extract was made", anchor=False)
    as_at = _ask_as_at(upload)
    if as_at is None:
        st.write("Type the day and the time to go on.")
        return
    st.subheader("2. What its columns mean", anchor=False)
    mapping, name, ready = choose_mapping(upload, as_at)
    st.subheader("3. Check and import", anchor=False)
    if ready:
        check_and_import(upload, mapping, name, as_at)
    else:
        st.write("The file can be checked once its columns are chosen.")


def _ask_as_at(upload: Upload) -> datetime | None:
    """The moment the extract was made, by the office's clock."""
    left, right, _ = st.columns(3)
    with left:
        day = date_input("Day", key=f"day-{upload.file_id}", value=upload.read_at.date())
    time = right.time_input("Time", value=upload.read_at.time(), step=60, key=f"time-{upload.file_id}")
    if day is None or time is None:
        return None
    return datetime.combine(day, time)
