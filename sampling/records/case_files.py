"""Reading a file of cases, CSV or Excel, into a table of cells, exactly as the file has them."""

import csv
import io
import re
from collections import Counter
from datetime import date
from pathlib import PurePath
from typing import Any

from sampling.records.case_table import GUID, Cell, Table
from sampling.records.case_workbooks import read_workbook
from sampling.refused import Refused

LARGEST_FILE = 200_000_000
# An Excel number has 15 true digits; a whole number beyond that is not what was typed.
_WHOLE = 10**15

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_CHECKSUM = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")


def read_table(data: bytes, file_name: str) -> Table:
    """The table in a CSV file (comma, semicolon, tab) or in the first sheet with data of a workbook.

    Text may be UTF-8, UTF-16 with its mark, or Windows-1252. Of the three columns that
    Dynamics puts in front of an "Export to Excel", the checksum and the moment are left out; the GUID of
    the case stays, for a link to it. Refuses what cannot be read for certain.
    """
    kind = PurePath(file_name).suffix.lower()
    if kind == ".xls" or (kind == ".xlsx" and data.startswith(_OLD_EXCEL)):
        raise Refused(
            f"{file_name} is an old Excel file (.xls) or has a password. "
            "Open it in Excel, save it as an Excel workbook (.xlsx) without a password, and choose that file."
        )
    if kind not in (".csv", ".tsv", ".txt", ".xlsx"):
        raise Refused(
            f"{file_name} is of a kind that cannot be read. Save it as .csv or .xlsx and choose that file."
        )
    if len(data) > LARGEST_FILE:
        raise Refused(
            f"{file_name} has {len(data) / 1e6:,.0f} MB; the most is {LARGEST_FILE / 1e6:,.0f} MB. "
            "Leave out the columns that are not needed, or import it in parts."
        )
    if not data.strip():
        raise _empty(file_name)
    if kind == ".xlsx":
        header_row, cells, notes = read_workbook(data, file_name)
        records = [[_cell(value) for value in row] for row in cells]
    else:
        header_row, (records, notes) = 1, _read_text(data, file_name)
    return _table(records, notes, header_row, file_name)


def _empty(file_name: str) -> Refused:
    return Refused(f"{file_name} is empty. Export the cases again and choose the new file.")


def _cell(value: Any) -> Cell:
    kind = type(value)
    if kind is str:
        return value or None
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    if kind is bool:
        return "TRUE" if value else "FALSE"  # as Excel shows it
    if value is None or isinstance(value, int | date):
        return value
    return str(value)  # a time of day or a duration


def _read_text(data: bytes, file_name: str) -> tuple[list[list[Cell]], list[str]]:
    text, encoding = _decode(data, file_name)
    if not text.strip():
        raise _empty(file_name)
    separator = _separator(text, file_name)
    records: list[list[Cell]] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in rows:
            records.append([value or None for value in row])
    except csv.Error as problem:
        raise Refused(
            f"Row {len(records) + 1} of {file_name} cannot be read: {problem}. "
            "Most likely a quotation mark is missing its partner; mend it in the file."
        ) from None
    return records, [] if encoding != "cp1252" else ["The file was read as Windows-1252 (it is not UTF-8)."]


def _decode(data: bytes, file_name: str) -> tuple[str, str]:
    if data.startswith(b"PK\x03\x04") or data.startswith(_OLD_EXCEL):
        raise Refused(
            f"{file_name} is an Excel workbook under another name. Save it as .xlsx and choose that file."
        )
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise Refused(
        f"{file_name} is not text in UTF-8, Windows-1252 or UTF-16. "
        "In Excel, save it as “CSV UTF-8” and choose that file."
    )


def _separator(text: str, file_name: str) -> str:
    """The separator that cuts the first rows most evenly; of equals, the one that gives most columns."""
    best = (0.0, 1, "")
    start = text[:200_000]
    for separator in ",;\t":
        widths = _widths(start, separator)
        if widths and widths[0] > 1:
            even = sum(width == widths[0] for width in widths) / len(widths)
            best = max(best, (even, widths[0], separator))
    if not best[2]:
        raise Refused(
            f"{file_name} has only one column. Its columns must be separated by commas, semicolons or tabs: "
            "export it again with one of these."
        )
    return best[2]


def _widths(text: str, separator: str) -> list[int]:
    widths: list[int] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            if row:
                widths.append(len(row))
            if len(widths) == 100:
                break
    except csv.Error:
        # The text may have been cut within a row; a header that cannot be read speaks for itself.
        pass
    return widths


def _table(records: list[list[Cell]], notes: list[str], header_row: int, file_name: str) -> Table:
    while records and not any(cell is not None for cell in records[-1]):
        records.pop()
    if not records:
        raise _empty(file_name)
    names = ["" if name is None else str(name).strip() for name in records[0]]
    rows = _rows(names, records, header_row, file_name)
    if not rows:
        raise Refused(
            f"{file_name} has column names but no cases below them. Export it again and choose the new file."
        )
    kept, more = _kept_columns(names, rows)
    _check_names([names[at] for at in kept], kept, header_row, file_name)
    if len(kept) < len(names):
        rows = [tuple([row[at] for at in kept]) for row in rows]
    return Table(tuple(names[at] for at in kept), rows, (*notes, *more), header_row)


def _rows(
    names: list[str], records: list[list[Cell]], header_row: int, file_name: str
) -> list[tuple[Cell, ...]]:
    width, blank = len(names), (None,) * len(names)
    rows: list[tuple[Cell, ...]] = []
    for number, record in enumerate(records[1:], header_row + 1):
        if len(record) == width:
            rows.append(tuple(record))
        elif not any(cell is not None for cell in record):
            rows.append(blank)  # keeps the numbers of the rows below it right
        else:
            raise Refused(
                f"Row {number} of {file_name} has {len(record)} cells, but there are {width} columns. "
                "Most likely a text holds the separator without quotation marks; mend it or export again."
            )
    return rows


def _kept_columns(names: list[str], rows: list[tuple[Cell, ...]]) -> tuple[list[int], list[str]]:
    """Places of the columns to keep, and sentences on those left out."""
    notes = []
    hidden = {at for at, name in enumerate(names) if name.casefold().startswith("(do not modify)")}
    if not hidden and _begins_with_dynamics_columns(rows):
        hidden = {0, 1, 2}
    hidden -= {at for at in hidden if names[at] and _holds_guids(rows, at)}
    if hidden:
        listed = ", ".join(f"“{names[at]}”" for at in sorted(hidden))
        notes.append(f"Hidden columns of a Dynamics export were left out: {listed}.")
    nameless = {at for at, name in enumerate(names) if not name and all(row[at] is None for row in rows)}
    if nameless - hidden:
        notes.append(f"Columns with neither a name nor a value were left out: {len(nameless - hidden)}.")
    return [at for at in range(len(names)) if at not in hidden | nameless], notes


def _holds_guids(rows: list[tuple[Cell, ...]], at: int) -> bool:
    cells = [row[at] for row in rows if row[at] is not None]
    return bool(cells) and all(isinstance(cell, str) and GUID.fullmatch(cell) is not None for cell in cells)


def _begins_with_dynamics_columns(rows: list[tuple[Cell, ...]]) -> bool:
    """Whether the first three columns hold a GUID, a checksum and a moment in every row.

    The header says "(Do Not Modify)" in the language of the user, so in other languages the
    content must tell.
    """
    if len(rows[0]) < 4:
        return False
    seen = [row for row in rows if row[0] is not None]
    return bool(seen) and all(
        isinstance(row[0], str)
        and GUID.fullmatch(row[0]) is not None
        and isinstance(row[1], str)
        and _CHECKSUM.fullmatch(row[1]) is not None
        and (isinstance(row[2], date) or (isinstance(row[2], str) and row[2][:1].isdigit()))
        for row in seen
    )


def _check_names(names: list[str], places: list[int], header_row: int, file_name: str) -> None:
    for at, name in zip(places, names, strict=True):
        if not name:
            raise Refused(
                f"Column {at + 1} of {file_name} has values but no name in row {header_row}. "
                f"That row must hold the column names: type one there, or remove the rows above the names."
            )
    for name, times in Counter(name.casefold() for name in names).items():
        if times > 1:
            raise Refused(
                f"{file_name} has {times} columns called “{name}”. Give each column a name of its own."
            )
