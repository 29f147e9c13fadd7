"""Tables to download that are safe to open in a spreadsheet, or as JSON for other programs."""

import io
import json
import re
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from sampling.records.database import OFFICE_TIME

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet takes a cell that begins with one of these for a formula, and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What no cell of a workbook can hold: control characters, and more than so many of any.
_NOT_IN_A_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_CELL = 32_767
_WIDEST = 60


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula: such texts get a ' in front, all else is left alone."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def harmless_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose texts and column names no spreadsheet runs; numbers stay numbers."""
    safe = {
        at: column if is_numeric_dtype(column) or is_datetime64_any_dtype(column) else column.map(harmless)
        for at, (_, column) in enumerate(frame.items())
    }
    made = pd.DataFrame(safe, index=frame.index)
    made.columns = pd.Index([harmless(name) for name in frame.columns])
    return made


def as_csv(frame: pd.DataFrame) -> bytes:
    """The frame without its index as CSV, in UTF-8 with the mark by which Excel knows it."""
    text = harmless_frame(frame).to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def as_xlsx(frame: pd.DataFrame, sheet: str) -> bytes:
    """The frame without its index as an Excel workbook of one sheet; moments by the office's clock.

    Numbers, dates and truth values stay what they are, and the first row stays in view.
    """
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    for at, name in enumerate(frame.columns, start=1):
        longest = max([len(str(name)), *frame.iloc[:100, at - 1].map(lambda value: len(str(value)))])
        page.column_dimensions[get_column_letter(at)].width = min(longest + 2, _WIDEST)
    heading = [WriteOnlyCell(page, value=_in_cell(name)) for name in frame.columns]
    for cell in heading:
        cell.font = Font(bold=True)
    page.append(heading)
    # A column at a time becomes Python's own values: row by row a large frame takes minutes.
    for row in zip(*(column.astype(object) for _, column in frame.items()), strict=True):
        page.append([_in_cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(frame: pd.DataFrame) -> bytes:
    """The frame as a JSON list of objects: texts untouched, dates as 2026-07-06, moments with their zone."""
    columns = [str(name) for name in frame.columns]
    rows = zip(*(column.astype(object) for _, column in frame.items()), strict=True)
    objects = [dict(zip(columns, map(_for_json, row), strict=True)) for row in rows]
    return json.dumps(objects, ensure_ascii=False, indent=1).encode()


def _in_cell(value: Any) -> Any:
    if _is_blank(value):
        return None
    if isinstance(value, str):
        return harmless(_NOT_IN_A_CELL.sub("", value)[: _LONGEST_CELL - 1])
    if isinstance(value, datetime):  # a workbook knows no zones
        value = pd.Timestamp(value).to_pydatetime()
        return value.astimezone(OFFICE_TIME).replace(tzinfo=None) if value.tzinfo else value
    return value.item() if hasattr(value, "item") else value


def _for_json(value: Any) -> Any:
    if _is_blank(value):
        return None
    if isinstance(value, date):  # a moment too
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _is_blank(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and value != value)
