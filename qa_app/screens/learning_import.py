"""A review team's list of learning points: the template, a look at what was read, and taking it in."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from learning_register.point_import import (
    PointList,
    import_points,
    may_import_points,
    read_point_list,
    template,
)
from learning_register.point_rows import COLUMNS, ListedPoint, RefusedCell
from qa_app.point_words import RISKS, shortened
from qa_app.runtime import as_typed, carry_out, problem, reading, refuse_file, signed_in, table
from qa_app.wording import LEARNING_KINDS, SEVERITIES, cases_in_words
from sampling.records.downloads import XLSX, as_csv, as_xlsx
from sampling.refused import Refused

_READ: Final = "learning-list"
_NUMBER: Final = "learning-list-number"


@dataclass(frozen=True)
class _Read:
    """A file that was read: what stands in it, or why it cannot be read."""

    file_id: str
    found: PointList | str


def show() -> None:
    """The file, every cell of it that is refused, or what would be taken in and the button that does it."""
    person = signed_in()
    with reading() as session:
        if not may_import_points(session, person):
            st.write("QA reviewers and the Head of Customer Care take in the lists of review teams.")
            return
    st.write(
        "A review team's own list becomes learning points here: all of it, or nothing. The columns have "
        "fixed names; the first two are needed."
    )
    _template()
    found = _ask_for_file()
    if found is None:
        return
    for note in found.notes:
        st.caption(as_typed(note))
    if found.refused:
        _refused(found.refused)
    else:
        _take_in(found)


def _template() -> None:
    with st.expander("The columns, and a template"):
        table(
            pd.DataFrame(list(COLUMNS.items()), columns=["Column", "What stands in it"]),
            caption="Columns of a list",
            key="list-columns",
        )
        with st.container(horizontal=True):
            st.download_button(
                "Download the template as CSV",
                data=lambda: as_csv(template()),
                file_name="learning-template.csv",
                mime="text/csv",
                on_click="ignore",
            )
            st.download_button(
                "Download the template as Excel",
                data=lambda: as_xlsx(template(), "Learning points"),
                file_name="learning-template.xlsx",
                mime=XLSX,
                on_click="ignore",
            )


def _ask_for_file() -> PointList | None:
    file = st.file_uploader(
        "The list: a CSV file or an Excel workbook (.xlsx)",
        key=f"learning-list-file-{st.session_state.get(_NUMBER, 0)}",
    )
    if file is None:
        st.session_state.pop(_READ, None)
        return None
    held: _Read | None = st.session_state.get(_READ)
    if held is None or held.file_id != file.file_id:
        with st.spinner(f"Reading {file.name}"):
            held = st.session_state[_READ] = _Read(file.file_id, _read(file.name, file.getvalue()))
    if isinstance(held.found, str):
        refuse_file(file, held.found)
        return None
    return held.found


def _read(name: str, data: bytes) -> PointList | str:
    person = signed_in()
    try:
        with reading() as session:
            return read_point_list(session, data, name, by=person)
    except Refused as refused:
        return str(refused)


def _refused(refused: tuple[RefusedCell, ...]) -> None:
    cells = "1 cell of this file is" if len(refused) == 1 else f"{len(refused):,} cells of this file are"
    problem(f"Nothing can be taken in before {cells} mended. Mend the file, and choose it again.")
    table(
        pd.DataFrame(
            [(cell.row, cell.column, cell.value, cell.reason) for cell in refused],
            columns=["Row", "Column", "What stands there", "Why it is refused"],
        ),
        caption="What is refused",
        key="list-refused",
        download="learning-refused.csv",
    )


def _take_in(found: PointList) -> None:
    table(
        pd.DataFrame([_row(point) for point in found.points]),
        caption=f"{cases_in_words(len(found.points), 'learning point')} would be taken in",
        key="list-points",
        empty="There is no row below the names of the columns.",
        columns={"What was learned": st.column_config.TextColumn(width=340)},
    )
    named = [point for point in found.points if point.named]
    confirmed = False
    if named:
        st.warning("These rows may name people. Say “the caseworker” or “the person” in the file instead.")
        for point in named:
            st.markdown(f"- Row {point.row}: {as_typed(', '.join(point.named))}")
        confirmed = st.checkbox(
            "I have looked at these words, and they are to stay", key=f"list-names-{found.sha256}"
        )
    if st.button("Take in the list", type="primary"):
        carry_out(
            lambda session, by: import_points(session, found, names_confirmed=confirmed, by=by).points,
            done=lambda count: _done(count),
        )


def _done(count: int) -> str:
    st.session_state.pop(_READ, None)
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1
    return f"{cases_in_words(count, 'learning point')} taken in. You find them in the list."


def _row(point: ListedPoint) -> dict[str, object]:
    lesson = point.lesson
    risk, severity = lesson.weight.recurrence_risk, lesson.weight.severity
    return {
        "Row": point.row,
        "Kind": LEARNING_KINDS[lesson.kind],
        "What was learned": shortened(lesson.description, 200),
        "Case": point.reference,
        "Paragraphs": "; ".join(citation.reference for citation in lesson.citations),
        "Commitments": ", ".join(str(number) for number in lesson.commitments),
        "Risk": RISKS[risk] if risk else "",
        "Severity": SEVERITIES[severity] if severity else "",
        "Note": point.note,
    }
