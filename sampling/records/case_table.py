"""A table of cells, as a file of cases has it."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

Cell = str | int | float | date | datetime | None

# How Dynamics, and others, name a row for themselves.
GUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")


@dataclass(frozen=True)
class Table:
    """A file's columns and rows. A blank cell is None, a whole number of Excel an int.

    `header_row` is the number of the row with the column names as the person sees it in the
    file, so `rows[0]` is row `header_row + 1`. `notes` are sentences for the person.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    notes: tuple[str, ...] = ()
    header_row: int = 1
