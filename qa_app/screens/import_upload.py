"""The file somebody is about to import. It is read once, and kept in their session only."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final

import streamlit as st

from qa_app.runtime import reading, refuse_file
from sampling.records.case_files import read_table
from sampling.records.case_import import Preview
from sampling.records.case_mapping import Mapping
from sampling.records.case_rows import ParsedExtract, as_text, read_moment
from sampling.records.case_suggestions import DATE_FORMATS, suggest_mapping
from sampling.records.case_table import Table
from sampling.records.database import OFFICE_TIME, now
from sampling.refused import Refused

_UPLOAD: Final = "import-upload"
_NUMBER: Final = "import-number"
_EXAMPLE_LENGTH: Final = 22
_SOME: Final = 200


@dataclass
class Checked:
    """What a file would do to the books: for one mapping, one moment, and the books as they were."""

    mapping: Mapping
    as_at: datetime
    last_import: int | None
    extract: ParsedExtract
    preview: Preview


@dataclass
class Upload:
    """A file that was read, with what was worked out about it so far."""

    file_id: str
    file_name: str
    sha256: str
    table: Table
    read_at: datetime  # by the office's clock, without seconds
    checked: Checked | None = None
    _counts: dict[str, Counter[str]] = field(default_factory=dict)
    _texts: dict[tuple[str, tuple[str, ...]], frozenset[str]] = field(default_factory=dict)
    _formats: dict[tuple[str, tuple[str, ...]], tuple[list[str], list[str]]] = field(default_factory=dict)

    @cached_property
    def suggestion(self) -> Mapping:
        """The first guess at its mapping."""
        return suggest_mapping(self.table)

    @cached_property
    def examples(self) -> dict[str, str]:
        """Each column with its first two different values."""
        return {name: _with_examples(self.table, at) for at, name in enumerate(self.table.columns)}

    def counts(self, column: str) -> Counter[str]:
        """How many rows have each value of a column, written as text; blank is ""."""
        if column not in self._counts:
            at = self.table.columns.index(column)
            by_cell = Counter(row[at] for row in self.table.rows)
            counts: Counter[str] = Counter()
            for value, rows in by_cell.items():
                counts[as_text(value)] += rows
            self._counts[column] = counts
        return self._counts[column]

    def texts(self, column: str, missing: tuple[str, ...]) -> frozenset[str]:
        """The different texts in a column, missing values apart. Where it has any, dates need a format."""
        if (column, missing) not in self._texts:
            left_out = {text.casefold() for text in missing} | {""}
            at = self.table.columns.index(column)
            texts = {value for row in self.table.rows if isinstance(value := row[at], str)}
            known = frozenset(text for text in texts if text.strip().casefold() not in left_out)
            self._texts[column, missing] = known
        return self._texts[column, missing]

    def date_formats(self, column: str, missing: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """The common formats that fit every text in a column, and the others, those that fit most first."""
        if (column, missing) not in self._formats:
            texts = self.texts(column, missing)
            fits = list(DATE_FORMATS)
            for text in texts:
                fits = [form for form in fits if _reads(text, form)]
                if not fits:
                    break
            some = sorted(texts)[:: len(texts) // _SOME + 1]  # enough to tell which fit most
            others = [form for form in DATE_FORMATS if form not in fits]
            others.sort(key=lambda form: -sum(_reads(text, form) for text in some))
            self._formats[column, missing] = fits, others
        return self._formats[column, missing]


@dataclass(frozen=True)
class _Unreadable:
    file_id: str
    sentence: str


def ask_for_file() -> Upload | None:
    """The file chosen, once it is read; a file that cannot be read is refused with the reason."""
    file = st.file_uploader(
        "Extract of the case system: a CSV file or an Excel workbook (.xlsx)",
        key=f"import-file-{st.session_state.get(_NUMBER, 0)}",
    )
    if file is None:
        st.session_state.pop(_UPLOAD, None)
        return None
    held: Upload | _Unreadable | None = st.session_state.get(_UPLOAD)
    if held is None or held.file_id != file.file_id:
        with st.spinner(f"Reading {file.name}"):
            held = _read(file.file_id, file.name, file.getvalue())
        st.session_state[_UPLOAD] = held
    if isinstance(held, _Unreadable):
        refuse_file(file, held.sentence)
        return None
    return held


def drop_file() -> None:
    """Forget the file and what was worked out about it; the next uploader is empty."""
    st.session_state.pop(_UPLOAD, None)
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1


def _read(file_id: str, file_name: str, data: bytes) -> Upload | _Unreadable:
    try:
        table = read_table(data, file_name)
    except Refused as refused:
        return _Unreadable(file_id, str(refused))
    with reading() as session:
        moment = now(session).astimezone(OFFICE_TIME)
    return Upload(
        file_id=file_id,
        file_name=file_name,
        sha256=hashlib.sha256(data).hexdigest(),
        table=table,
        read_at=moment.replace(second=0, microsecond=0, tzinfo=None),
    )


def _reads(text: str, form: str) -> bool:
    return not isinstance(read_moment(text, form), str)


def _with_examples(table: Table, at: int) -> str:
    different = dict.fromkeys(row[at] for row in islice(table.rows, 1000) if row[at] is not None)
    shown = ", ".join(_shortened(as_text(value)) for value in islice(different, 2))
    return f"{table.columns[at]} ({shown or 'blank'})"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _EXAMPLE_LENGTH else f"{text[: _EXAMPLE_LENGTH - 1]}…"
