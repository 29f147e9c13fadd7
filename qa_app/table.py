"""The table people work through: a caption, pages, a search box, an order, and a file to take away."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from qa_app.wording import in_words
from sampling.records.database import OFFICE_TIME
from sampling.records.downloads import as_csv

_DATE: Final = "D MMMM YYYY"


def table(
    frame: pd.DataFrame,
    *,
    caption: str,
    key: str,
    empty: str = "There is nothing here yet.",
    columns: Mapping[str, Any] | None = None,
    page_size: int = 25,
    download: str | None = None,
) -> None:
    """Show a frame whose columns are named in words.

    `key` tells tables of one screen apart. `columns` are Streamlit's column settings, for what the
    types do not tell. `download` is the name of a file: with it, all rows found can be taken away.
    """
    st.markdown(f"**{caption}**")
    if frame.empty:
        st.write(empty)
        return
    found = frame
    if len(frame) > page_size:
        left, right = st.columns([2, 1])
        wanted = left.text_input("Search in all columns", key=f"{key}-search")
        order = right.selectbox("In the order of", frame.columns, index=None, key=f"{key}-order")
        found = _in_order(_containing(frame, wanted or ""), order)
    if found.empty:
        st.write("No row contains what you searched for.")
        return
    page = _page(len(found), page_size, key)
    shown = found.iloc[page * page_size : (page + 1) * page_size]
    st.dataframe(
        _with_words(shown),
        hide_index=True,
        column_config={**_settings(frame), **(columns or {})},
        placeholder="",
        alt=caption,
        key=f"{key}-rows",
    )
    if download is not None:
        st.download_button(
            "Download as CSV",
            data=lambda: as_csv(found),
            file_name=download,
            mime="text/csv",
            key=f"{key}-download",
            on_click="ignore",
        )


def _page(rows: int, page_size: int, key: str) -> int:
    """Which page is shown, with the buttons to move; pages count from 0."""
    place = f"{key}-page"
    page = min(int(st.session_state.get(place, 0)), -(-rows // page_size) - 1)  # a search may leave fewer
    turn_pages(rows, page, page_size, place)
    return page


def turn_pages(total: int, page: int, page_size: int, place: str) -> None:
    """The buttons to the pages before and after, where there are several; `place` keeps which is shown."""
    pages = -(-total // page_size)
    if pages <= 1:
        return
    st.caption(f"Showing {page * page_size + 1:,} to {min((page + 1) * page_size, total):,} of {total:,}")
    with st.container(horizontal=True):
        for label, step, possible in (("Previous", -1, page > 0), ("Next", 1, page < pages - 1)):
            st.button(
                label,
                key=f"{place}-{label}",
                disabled=not possible,
                on_click=_turn_to,
                args=(place, page + step),
            )


def _turn_to(name: str, page: int) -> None:
    st.session_state[name] = page


def _containing(frame: pd.DataFrame, wanted: str) -> pd.DataFrame:
    wanted = wanted.strip().casefold()
    if not wanted:
        return frame
    rows = pd.Series(False, index=frame.index)
    for column in frame.columns:
        rows |= frame[column].map(_words).str.casefold().str.contains(wanted, regex=False)
    return frame[rows]


def _in_order(frame: pd.DataFrame, column: str | None) -> pd.DataFrame:
    return frame if column is None else frame.sort_values(column, kind="stable")


def _words(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(OFFICE_TIME)
    if isinstance(value, date):
        return in_words(value)
    if isinstance(value, bool | np.bool_):
        return "Yes" if value else "No"
    return str(value)


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Yes and No for truth values, and moments by the office's clock."""
    shown = frame.copy()
    for column in frame.columns:
        kind = _kind(frame[column])
        if kind is bool:
            shown[column] = frame[column].map(_words)
        elif kind is datetime:
            moments = pd.to_datetime(frame[column], utc=True)
            shown[column] = moments.dt.tz_convert(OFFICE_TIME).dt.tz_localize(None)
    return shown


def _settings(frame: pd.DataFrame) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for column in frame.columns:
        kind = _kind(frame[column])
        if kind is datetime:
            settings[column] = st.column_config.DatetimeColumn(format=f"{_DATE}, HH:mm")
        elif kind is date:
            settings[column] = st.column_config.DateColumn(format=_DATE)
    return settings


def _kind(values: pd.Series) -> type | None:
    """Whether a column holds truth values, moments or dates; None for anything else."""
    if pd.api.types.is_bool_dtype(values):
        return bool
    if pd.api.types.is_datetime64_any_dtype(values):
        return datetime
    present = values.dropna()
    if present.empty:
        return None
    return next((kind for kind in (bool, datetime, date) if isinstance(present.iloc[0], kind)), None)
