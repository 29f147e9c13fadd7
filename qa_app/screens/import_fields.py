"""The fields of a mapping, each with the columns of the file to choose from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from qa_app.office_queries import team_choices
from qa_app.runtime import as_typed, reading
from qa_app.screens.import_upload import Upload
from qa_app.wording import cases_in_words
from sampling.records.case_mapping import DATE_FIELDS, FIELDS, STATES, Mapping

_PEOPLE_AND_MORE: Final = (
    "caseworker",
    "decided_by",
    "approved_by",
    "case_type",
    "stage",
    "outcome",
    "risk",
    "system_id",
)
_MOST_STATES: Final = 40
_MISSING: Final = ("?", "Unknown", "N/A", "None", "-")
_MOMENT: Final = datetime(2007, 3, 27, 14, 5)  # noqa: DTZ001  (an example of how a date is written)
_PER_ROW: Final = 3


def edit_mapping(upload: Upload, start: Mapping, *, prefix: str) -> Mapping:
    """The mapping as chosen on screen. `prefix` tells the widgets of one start from those of another."""
    form = _Form(upload, start, prefix)
    return Mapping(**form.identity(), **form.dates(), **form.further(), note=form.note())


class _Form:
    """The widgets of one mapping; each method shows a part and returns the fields it gave."""

    def __init__(self, upload: Upload, start: Mapping, prefix: str) -> None:
        self._upload = upload
        self._start = start
        self._prefix = prefix
        self._used: set[str] = set()
        self._missing = start.missing

    def identity(self) -> dict[str, Any]:
        """What every case needs: reference, state with its meanings, team."""
        cells = _grid(3)
        given: dict[str, Any] = {
            "reference": self._column(next(cells), "reference") or "",
            "state": self._column(next(cells), "state") or "",
            "team": self._column(next(cells), "team"),
        }
        if given["team"] is None:
            given["team_name"] = self._team_name()
        if given["state"]:
            given["states"] = self._states(given["state"])
        return given

    def dates(self) -> dict[str, Any]:
        """The dates and how they are written, and the texts that mean missing (which are no dates)."""
        missing = st.multiselect(
            "Texts that mean “not known” (blank always does)",
            list(dict.fromkeys([*(text for text in self._start.missing if text), *_MISSING])),
            default=[text for text in self._start.missing if text],
            accept_new_options=True,
            key=self._key("missing"),
        )
        self._missing = ("", *missing)
        cells = _grid(len(DATE_FIELDS))
        given: dict[str, Any] = {"missing": self._missing, "date_formats": {}}
        for name in DATE_FIELDS:
            cell = next(cells)
            given[name] = self._column(cell, name)
            if given[name] is not None and (form := self._date_format(cell, name, given[name])):
                given["date_formats"][name] = form
        return given

    def further(self) -> dict[str, Any]:
        """People, what the case is about, and further columns to keep."""
        cells = _grid(len(_PEOPLE_AND_MORE))
        given: dict[str, Any] = {name: self._column(next(cells), name) for name in _PEOPLE_AND_MORE}
        if given["case_type"] is None:
            type_name = st.text_input(
                "Case type of all cases, when there is no column for it",
                value=self._start.case_type_name or "",
                key=self._key("case-type-name"),
            )
            given["case_type_name"] = (type_name or "").strip() or None
        given["attributes"] = self._attributes()
        return given

    def note(self) -> str:
        text = st.text_area(
            "A note on this source, shown with every import",
            value=self._start.note,
            key=self._key("note"),
            height=80,
        )
        return (text or "").strip()

    def _column(self, cell: DeltaGenerator, name: str) -> str | None:
        columns = list(self._upload.table.columns)
        before = getattr(self._start, name)
        chosen: str | None = cell.selectbox(
            FIELDS[name].capitalize(),
            columns,
            index=columns.index(before) if before in columns else None,
            format_func=self._upload.examples.__getitem__,
            placeholder="No column",
            key=self._key(name),
        )
        if chosen is not None:
            self._used.add(chosen)
        return chosen

    def _team_name(self) -> str | None:
        with reading() as session:
            teams = [choice.words for choice in team_choices(session)]
        before = self._start.team_name
        options = list(dict.fromkeys([*([before] if before else []), *teams]))
        name = st.selectbox(
            "Team of all cases, when there is no column for it",
            options,
            index=0 if before else None,
            placeholder="Choose a team, or type the name of a new one",
            accept_new_options=True,
            key=self._key("team-name"),
        )
        return (name or "").strip() or None

    def _states(self, column: str) -> dict[str, str]:
        before = self._start.states if column == self._start.state else {}
        before = before or (self._upload.suggestion.states if column == self._upload.suggestion.state else {})
        counts = self._upload.counts(column)
        if len(counts) > _MOST_STATES:
            st.warning(
                as_typed(
                    f"“{column}” has {len(counts):,} different values; a state has at most {_MOST_STATES}. "
                    "Choose another column for the state."
                )
            )
            return {}
        # Values that are not in this file keep their meaning, for the file that has them.
        states = {value: state for value, state in before.items() if value not in counts}
        cells = _grid(len(counts))
        undecided = 0
        for value, rows in counts.most_common():
            meant = before.get(value)
            state = next(cells).selectbox(
                as_typed(f"“{value or 'blank'}” means ({cases_in_words(rows, 'row')})"),
                STATES,
                index=STATES.index(meant) if meant in STATES else None,
                placeholder="Choose",
                key=self._key(f"state-{column}-{value}"),
            )
            if state is None:
                undecided += rows
            else:
                states[value] = state
        if undecided:
            st.caption(f"Rows whose state has no meaning chosen are refused: {undecided:,}.")
        return states

    def _date_format(self, cell: DeltaGenerator, name: str, column: str) -> str | None:
        before = self._start.date_formats.get(name) if column == getattr(self._start, name) else None
        if not self._upload.texts(column, self._missing):
            cell.caption("Dates of Excel: no format is needed.")
            return before  # kept for the next file, which may have text
        fits, others = self._upload.date_formats(column, self._missing)
        before = before or (fits[0] if len(fits) == 1 else None)
        options = list(dict.fromkeys([*([before] if before else []), *fits, *others]))
        chosen: str | None = cell.selectbox(
            f"How “{FIELDS[name]}” is written",
            options,
            index=options.index(before) if before else None,
            format_func=_date_in_form,
            placeholder="Choose, or type one such as %d/%m/%Y",
            accept_new_options=True,
            key=self._key(f"format-{name}-{column}"),
        )
        if not fits:
            cell.caption(
                "No common way fits every value; those that fit most are at the top. "
                "Rows that do not fit are refused."
            )
        elif not chosen:
            cell.caption(f"{len(fits)} ways fit every value; they are at the top. Only you can tell which.")
        return chosen

    def _attributes(self) -> dict[str, str]:
        kept = st.multiselect(
            "Further columns to keep, for filters and strata",
            [column for column in self._upload.table.columns if column not in self._used],
            default=[column for column in self._start.attributes if column not in self._used],
            placeholder="None",
            key=self._key("attributes"),
            help="Least data: no names or addresses of complainants, no notes.",
        )
        cells = _grid(len(kept))
        names = {}
        for column in kept:
            name = next(cells).text_input(
                as_typed(f"Name for “{column}”"),
                value=self._start.attributes.get(column, column),
                key=self._key(f"attribute-{column}"),
            )
            names[column] = (name or "").strip()
        return names

    def _key(self, name: str) -> str:
        return f"{self._prefix}-{name}"


def _grid(cells: int) -> Iterator[DeltaGenerator]:
    """So many places, row by row, so that they stay in order where a narrow screen stacks them."""
    while cells > 0:
        yield from st.columns(_PER_ROW)[:cells]
        cells -= _PER_ROW


def _date_in_form(form: str) -> str:
    """27/03/2007 14:05 (%d/%m/%Y %H:%M)"""
    try:
        return f"{_MOMENT.strftime(form)} ({form})"
    except ValueError:
        return form
