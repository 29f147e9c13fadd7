"""Tables to download that are safe to open in a spreadsheet."""

from typing import Any

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

# A spreadsheet takes a cell that begins with one of these for a formula, and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
