"""Learning points: the list, filtered, searched, page by page, and to take away."""

from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from learning_register.point_frames import points_frame
from learning_register.point_queries import PointsFound, page_of_points
from learning_register.point_search import EVERYTHING, PointFilters
from learning_register.raising import may_raise
from qa_app.point_words import in_words_for_export, listed, shortened
from qa_app.runtime import go, link, reading, signed_in, table
from qa_app.screens.learning_filters import ask_filters
from qa_app.table import turn_pages
from qa_app.wording import cases_in_words
from sampling.records.downloads import XLSX, as_csv, as_json, as_xlsx

_SIZE: Final = 25
_ORDERS: Final = ("Newest first", "Oldest first")


def show() -> None:
    """The points a person may see: those that fit the filters, one page of them."""
    person = signed_in()
    with reading() as session:
        raises = may_raise(session, person)
    if raises:
        link("learning", "Log what was learned elsewhere", part="New learning point")
    wanted = ask_filters()
    order = st.segmented_control("Order", _ORDERS, default=_ORDERS[0], required=True, key="points-order")
    # Another list begins at its first page.
    place = f"points-page-{hash((wanted, order))}"
    with reading() as session:
        found = page_of_points(
            session,
            person,
            wanted,
            page=int(st.session_state.get(place, 0)),
            size=_SIZE,
            oldest_first=order == _ORDERS[1],
        )
    if not found.total and wanted == EVERYTHING:
        st.write(
            "Nothing has been learned yet that you may see. A learning point is logged from a review, "
            "beneath a requirement that was not met; managers, reviewers and the Head also log them by hand."
        )
        return
    _list(found)
    if found.total:
        turn_pages(found.total, found.page, _SIZE, place)
        _open(found)
        _take_away(wanted)


def _list(found: PointsFound) -> None:
    table(
        pd.DataFrame([listed(point) for point in found.rows]),
        caption=cases_in_words(found.total, "learning point"),
        key="points",
        empty="No learning point fits these filters. Choose others.",
        columns={"What was learned": st.column_config.TextColumn(width=340)},
        page_size=_SIZE,
    )


def _open(found: PointsFound) -> None:
    choices = {point.point_id: f"{point.point_id}: {shortened(point.description)}" for point in found.rows}
    opened = st.selectbox(
        "Open a learning point",
        list(choices),
        index=None,
        format_func=choices.__getitem__,
        placeholder="Choose a learning point",
    )
    if opened is not None:
        go("learning", point=opened)


def _take_away(wanted: PointFilters) -> None:
    """The points found, all pages of them, as files."""
    with st.container(horizontal=True):
        for label, name, kind in (
            ("Download as CSV", "learning.csv", "text/csv"),
            ("Download as Excel", "learning.xlsx", XLSX),
            ("Download as JSON", "learning.json", "application/json"),
        ):
            st.download_button(
                label,
                data=partial(_file, wanted, name),
                file_name=name,
                mime=kind,
                key=f"points-{name}",
                on_click="ignore",
            )


def _file(wanted: PointFilters, name: str) -> bytes:
    # Asked again: whoever may not see a point any more does not get it.
    person = signed_in()
    with reading() as session:
        frame = points_frame(session, person, wanted)
    if name.endswith(".json"):
        return as_json(frame)
    words = in_words_for_export(frame)
    return as_xlsx(words, "Learning points") if name.endswith(".xlsx") else as_csv(words)
