"""Loading an office's own document: found in a file, corrected by a person, kept as a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from learning_register.document_queries import LoadedVersion, loaded_versions
from learning_register.documents import load_policy_document
from learning_register.guidance_files import ENDINGS, text_of_guidance
from learning_register.guidance_rows import (
    FORCE,
    FORCES,
    LINE,
    NUMBER,
    SECTION,
    SUMMARY,
    TITLE,
    document_from,
    rows_found,
    rows_written,
)
from learning_register.guidance_text import LONGEST_SUMMARY, LONGEST_TITLE, found_guidance
from learning_register.policy_reading import read_policy_document
from qa_app.policy_words import found_in_words
from qa_app.runtime import as_typed, date_input, do, go, link, reading, refuse_file, title
from sampling.refused import Refused

_LEAD: Final = (
    "A guidance document in text, Markdown or Word, or a version downloaded from an office. Its numbered "
    "paragraphs are found; you correct what was found before it is kept. Only numbers, headings, titles and "
    "one line of each paragraph are kept."
)
_NEW: Final = "A document that is not loaded yet"


@dataclass(frozen=True)
class _Draft:
    """What was found in one uploaded file, kept for as long as the file is there."""

    file_id: str
    rows: pd.DataFrame
    words: str
    doubts: tuple[str, ...]
    title: str
    short_name: str
    version: str
    version_date: date | None


def show(*, may_load: bool) -> None:
    """Ask for the file, show what was found in it, then ask what it is called."""
    title("Load a policy document", _LEAD)
    link("policy", "All policy documents")
    if not may_load:
        st.info("An administrator loads policy documents.")
        return
    file = st.file_uploader("Guidance document", type=list(ENDINGS), key="policy-file", max_upload_size=10)
    if file is None:
        st.write(
            "A paragraph begins its line with its number, such as “14.” or “2.140”. Mark what binds with "
            "“(Policy requirement)” or “(Legal requirement)”."
        )
        return
    try:
        draft = _draft(file)
    except Refused as refused:
        refuse_file(file, str(refused))
        return
    st.write(f"{draft.words} Correct what is wrong, add rows that are missing, delete those that are none.")
    _doubts(draft.doubts)
    _name_and_load(draft, _corrected(draft))


def _draft(file: UploadedFile) -> _Draft:
    kept = st.session_state.get("policy-draft")
    if isinstance(kept, _Draft) and kept.file_id == file.file_id:
        return kept
    text = text_of_guidance(file.name, file.getvalue())
    draft = _taken_away(file, text) if file.name.lower().endswith(".toml") else _found(file, text)
    st.session_state["policy-draft"] = draft
    return draft


def _found(file: UploadedFile, text: str) -> _Draft:
    found = found_guidance(text)
    return _Draft(
        file_id=file.file_id,
        rows=pd.DataFrame(rows_found(found.paragraphs)),
        words=found_in_words([paragraph.forces for paragraph in found.paragraphs]),
        doubts=found.doubts,
        title="",
        short_name="",
        version=found.version,
        version_date=found.version_date,
    )


def _taken_away(file: UploadedFile, text: str) -> _Draft:
    document = read_policy_document(text)
    return _Draft(
        file_id=file.file_id,
        rows=pd.DataFrame(rows_written(document.paragraphs)),
        words=found_in_words([paragraph.forces for paragraph in document.paragraphs]),
        doubts=(),
        title=document.title,
        short_name=document.short_name,
        version=document.version,
        version_date=document.version_date,
    )


def _doubts(doubts: Sequence[str]) -> None:
    if not doubts:
        return
    with st.expander(f"Look at these lines of the document ({len(doubts)})"):
        st.markdown("\n".join(f"- {as_typed(doubt)}" for doubt in doubts))


def _corrected(draft: _Draft) -> Sequence[Mapping[str, Any]]:
    """The table as the person left it. What goes in stays as it was found, so no correction is lost."""
    column = st.column_config
    st.markdown("**Paragraphs found**")
    edited = st.data_editor(
        draft.rows,
        num_rows="dynamic",
        hide_index=True,
        column_order=[NUMBER, TITLE, FORCE, SECTION, SUMMARY, LINE],
        column_config={
            NUMBER: column.TextColumn(width=110, help="Such as 14, 2.140 or Annex A.", max_chars=9),
            SECTION: column.TextColumn(help="The heading it stands under.", max_chars=200),
            TITLE: column.TextColumn(max_chars=LONGEST_TITLE),
            SUMMARY: column.TextColumn(
                width="large", help="One line in your words.", max_chars=LONGEST_SUMMARY
            ),
            FORCE: column.SelectboxColumn(options=list(FORCES), help="How binding it is."),
            LINE: column.NumberColumn(width="small", disabled=True, help="Where it begins in the document."),
        },
        key=f"policy-rows-{draft.file_id}",
    )
    return [{str(name): value for name, value in row.items()} for row in edited.to_dict("records")]


def _name_and_load(draft: _Draft, rows: Sequence[Mapping[str, Any]]) -> None:
    with reading() as session:
        versions = loaded_versions(session)
    newest: dict[str, LoadedVersion] = {}
    for one in versions:
        newest.setdefault(one.document, one)
    key = st.selectbox(
        "Which document is it?",
        [_NEW, *newest],
        format_func=lambda one: newest[one].title if one in newest else _NEW,
        key=f"policy-key-{draft.file_id}",
    )
    known = newest.get(key)
    of = f"{key}-{draft.file_id}"
    name = st.text_input("Title", known.title if known else draft.title, key=f"policy-title-{of}")
    short = st.text_input(
        "Short name",
        known.short_name if known else draft.short_name,
        help="For narrow tables.",
        key=f"policy-short-{of}",
    )
    version = st.text_input("Version", draft.version, key=f"policy-version-{of}")
    day = date_input("Date of the version; empty where it bears none", f"policy-day-{of}", draft.version_date)
    if st.button("Load this version", type="primary"):
        loaded = do(
            lambda session, by: load_policy_document(
                session,
                document_from(
                    rows,
                    key=known.document if known else None,
                    title=name or "",
                    short_name=short or "",
                    version=version or "",
                    version_date=day,
                ),
                by=by,
            ),
            done="The version is loaded. Learning logged before keeps the version it was made under.",
        )
        if loaded is not None:
            go("policy", version=loaded.id)
