"""The cases in the books, the imports that brought them, and taking the newest import back."""

from contextlib import suppress
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from qa_app.import_queries import cases_by_team
from qa_app.runtime import as_typed, carry_out, fresh, in_words, reading, signed_in, table
from qa_app.wording import cases_in_words, moment_in_words
from sampling.actions import take_back_import
from sampling.queries import frames_touched
from sampling.records.case_import_history import changed_cases, imports, newest_import
from sampling.records.case_mapping import DATE_FIELDS, FIELDS
from sampling.records.cases import Import

_COLUMNS: Final = {
    "id": "Import",
    "at": "Imported",
    "file_name": "File",
    "state": "State",
    "as_at": "Made on",
    "cases_new": "New",
    "cases_changed": "Changed",
    "cases_same": "The same",
    "cases_vanished": "Not in it",
    "rows_refused": "Rows refused",
    "mapping_name": "Mapping",
    "by": "By",
}
_COUNT: Final = st.column_config.NumberColumn(format="localized")
_DATES: Final = {FIELDS[name] for name in DATE_FIELDS}


def show_cases() -> None:
    """How many cases there are, by team and state."""
    with reading() as session:
        frame = cases_by_team(session, by=signed_in())
    if frame.empty:
        return
    st.subheader("Cases in the books", anchor=False)
    sums = {name: int(frame[name].sum()) for name in frame.columns if name != "Team"}
    st.write(
        f"{cases_in_words(sums['All'])}: {sums['Open']:,} open, {sums['Closed']:,} closed, "
        f"{sums['Cancelled'] + sums['Merged']:,} cancelled or merged."
    )
    table(
        frame,
        caption="Cases by team",
        key="cases-by-team",
        columns=dict.fromkeys(sums, _COUNT),
        download="cases-by-team.csv",
        page_size=10,
    )


def show_imports() -> None:
    """Every import, what a chosen one did, and the way to undo the newest."""
    with reading() as session:
        frame = imports(session)
        newest = newest_import(session)
    st.subheader("Imports so far", anchor=False)
    if frame.empty:
        st.write("Nothing has been imported yet. Choose a file above to import the first cases.")
        return
    frame["state"] = ["Undone" if undone else "In the books" for undone in frame["undone_at"].notna()]
    counts = [heading for name, heading in _COLUMNS.items() if name.startswith(("cases_", "rows_"))]
    table(
        frame[list(_COLUMNS)].rename(columns=_COLUMNS),
        caption="Imports, the newest first",
        key="imports",
        columns=dict.fromkeys(counts, _COUNT),
        download="imports.csv",
        page_size=10,
    )
    words = {
        # The number comes first, because Streamlit tells options apart by their words.
        int(import_id): f"Import {import_id}: {file_name}, {moment_in_words(at)}"
        for import_id, at, file_name in zip(frame["id"], frame["at"], frame["file_name"], strict=True)
    }
    chosen: int = st.selectbox(
        "What an import did", list(words), format_func=words.__getitem__, key=fresh("import-shown")
    )
    _show_import(chosen)
    if newest is not None and newest.id == chosen:
        _offer_to_undo(newest)


def _show_import(import_id: int) -> None:
    with reading() as session:
        made = session.get_one(Import, import_id)
        touched = frames_touched(session, import_id)
    if made.undone_at is not None:
        st.write(f"This import was undone on {moment_in_words(made.undone_at)}.")
    if touched:
        listed = "\n".join(f"- {as_typed(name)}" for name in touched)
        st.warning(f"These samples hold cases that this import changed. They stay as frozen.\n\n{listed}")
    for note in made.notes:
        st.markdown(f"- {as_typed(note)}")
    if made.dropped_columns:
        st.markdown(f"- Columns that were not kept: {as_typed(', '.join(made.dropped_columns))}.")
    if made.rows_refused:
        # Refused rows may hold anything, so the books keep their number and nothing else of them.
        were = "was" if made.rows_refused == 1 else "were"
        st.markdown(
            f"- {cases_in_words(made.rows_refused, 'row')} {were} refused. What stood in them is not kept. "
            "To see which, and why, choose the same file above and check it again."
        )
    words = f"Show what changed in {cases_in_words(made.cases_changed)}"
    changed_any = made.cases_changed > 0 and made.undone_at is None
    if changed_any and st.toggle(words, key=f"changed-{import_id}"):
        _show_changes(import_id)


def _show_changes(import_id: int) -> None:
    with reading() as session:
        frame = changed_cases(session, import_id)
    shown = pd.DataFrame(
        [
            (reference, field, _words(field, was), _words(field, became))
            for reference, field, was, became in frame.itertuples(index=False, name=None)
        ],
        columns=["Case", "Field", "Was", "Became"],
    )
    table(shown, caption="What changed", key=f"changes-{import_id}", download="changed-cases.csv")


def _words(field: str, value: Any) -> str:
    if field in _DATES and isinstance(value, str):
        with suppress(ValueError):  # a further column may have that name, too
            return in_words(date.fromisoformat(value))
    return "" if value is None else str(value)


def _offer_to_undo(newest: Import) -> None:
    with st.expander("Undo this import"):
        st.write(
            f"The cases it added go ({newest.cases_new:,}), and those it changed are again what they were "
            f"({newest.cases_changed:,}). Teams and people it added stay. This is not possible once a sample "
            "was frozen from it."
        )
        sure = st.checkbox(as_typed(f"Yes, undo the import of {newest.file_name}"), key=f"sure-{newest.id}")
        if st.button("Undo the import", disabled=not sure):
            carry_out(
                lambda session, by: take_back_import(session, session.get_one(Import, newest.id), by=by),
                done=f"The import of {newest.file_name} was undone.",
            )
