"""One version of a policy document: its paragraphs, what rests on each, and files to take away."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from learning_register.citations import Force
from learning_register.document_citers import ParagraphRow, citing_points, paragraph_rows
from learning_register.document_queries import LoadedVersion, document_of, loaded_versions
from learning_register.policy_writing import document_frame, write_policy_document
from qa_app.policy_words import FORCES, forces_in_words, version_in_words
from qa_app.runtime import as_typed, link, reading, signed_in, table, title
from qa_app.screens import policy_moves
from qa_app.wording import LEARNING_KINDS
from sampling.records.downloads import as_csv
from sampling.refused import Refused

_ALL = "All"


def show(version_id: int) -> None:
    """The paragraphs to search and to open, then where those of an earlier version went."""
    with reading() as session:
        versions = loaded_versions(session)
        version = next((one for one in versions if one.version_id == version_id), None)
        if version is None:
            raise Refused("There is no such version. Choose one from the list.")
        rows = paragraph_rows(session, signed_in(), version_id)
    title(version.title, f"This is {version_in_words(version.version, version.version_date)}.")
    link("policy", "All policy documents")
    found = _found(rows, version_id)
    _paragraphs(found, version)
    _one(found, version_id)
    _files(version)
    earlier = [one for one in versions if one.document == version.document]
    policy_moves.show(version, earlier[earlier.index(version) + 1 :])


def _found(rows: Sequence[ParagraphRow], version_id: int) -> list[ParagraphRow]:
    """The rows that are as binding as chosen; the table searches in them."""
    there = [force for force in Force if any(force in row.forces for row in rows)]
    force = st.segmented_control(
        "Force",
        [_ALL, *there],
        default=_ALL,
        required=True,
        format_func=lambda one: FORCES.get(one, _ALL),
        key=f"force-{version_id}",
    )
    return [row for row in rows if force == _ALL or force in row.forces]


def _paragraphs(rows: Sequence[ParagraphRow], version: LoadedVersion) -> None:
    table(
        pd.DataFrame(
            {
                "Paragraph": row.number,
                "Title": row.title,
                "Force": forces_in_words(row.forces),
                "Requirements": len(row.requirements),
                "Learning points": row.points,
                "Section": row.section,
                "What it says": row.summary,
                "In other versions": "; ".join(row.same_in),
            }
            for row in rows
        ),
        caption=f"Paragraphs of version {as_typed(version.version)}",
        key=f"paragraphs-{version.version_id}",
        empty="This version has no paragraph.",
    )
    st.caption(
        "Requirements are those of published scorecards. Learning points are those that you may see and that "
        "cite the paragraph, in this version or as what it was or became in another."
    )


def _one(rows: Sequence[ParagraphRow], version_id: int) -> None:
    names = {row.paragraph_id: f"{row.number} {row.title}" for row in rows}
    opened = st.selectbox(
        "See what rests on a paragraph",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose a paragraph",
        key=f"opened-{version_id}",
    )
    if opened is None:
        return
    row = next(row for row in rows if row.paragraph_id == opened)
    with st.container(border=True):
        st.markdown(f"**{as_typed(names[opened])}** – {forces_in_words(row.forces)}")
        st.markdown(as_typed(row.summary))
        if row.same_in:
            st.markdown(f"The same paragraph is {as_typed(', '.join(row.same_in))}.")
        if row.requirements:
            st.markdown("\n".join(f"- {as_typed(words)}" for words in row.requirements))
        else:
            st.write("No requirement of a published scorecard names it.")
        _points(opened)


def _points(paragraph_id: int) -> None:
    with reading() as session:
        points = citing_points(session, signed_in(), paragraph_id)
    table(
        pd.DataFrame(
            {
                "Logged": point.logged_at,
                "Kind": LEARNING_KINDS[point.kind],
                "What was learned": point.description,
                "Cited as": point.cited_as,
            }
            for point in points
        ),
        caption="Learning points that cite it",
        key=f"points-{paragraph_id}",
        empty="No learning point that you may see cites it.",
        page_size=10,
        download="learning-points-of-a-paragraph.csv",
    )


def _files(version: LoadedVersion) -> None:
    with reading() as session:
        document = document_of(session, version.version_id)
    name = f"{version.document}-{_in_a_name(version.version, version.version_date)}"
    with st.container(horizontal=True):
        st.download_button(
            "Download as TOML",
            data=lambda: write_policy_document(document),
            file_name=f"{name}.toml",
            mime="application/toml",
            on_click="ignore",
        )
        st.download_button(
            "Download as CSV",
            data=lambda: as_csv(document_frame(document)),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
        )


def _in_a_name(version: str, day: date | None) -> str:
    safe = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in version)
    return f"{safe}-{day:%Y-%m-%d}" if day else safe
