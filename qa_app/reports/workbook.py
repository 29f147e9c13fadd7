"""The figures of a report as a workbook: a sheet for each table, numbers as numbers."""

import re
from datetime import date
from io import BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from learning_register.report_contents import Cell, ReportContents, Share, Table, day_in_words, words_of
from qa_app.reports.packed import packed_at
from qa_app.wording import moment_in_words
from sampling.records.downloads import harmless

_NOT_IN_A_NAME: Final = re.compile(r"[\[\]:*?/\\']")
_WIDEST: Final = 60  # characters of a column


def as_workbook(contents: ReportContents) -> bytes:
    """The tables of a report as XLSX. No text in it is run as a formula; like contents make like bytes."""
    book = Workbook()
    about = book.properties
    about.title, about.creator, about.language = contents.title, contents.office, "en-GB"
    about.created = contents.as_at.replace(tzinfo=None)
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "About"
    period = f"{day_in_words(contents.first_day)} to {day_in_words(contents.last_day)}"
    tables = contents.tables
    names = [_sheet_name(number, table) for number, table in enumerate(tables, start=1)]
    rows: list[tuple[str, str]] = [
        ("Report", contents.title),
        ("Office", contents.office),
        ("Period", period),
        ("As the books stood on", moment_in_words(contents.as_at)),
        ("Books", contents.audit),
        *((f"Sheet {name}", table.caption) for name, table in zip(names, tables, strict=True)),
    ]
    if contents.is_demonstration:
        rows.insert(1, ("Demonstration", "Fictional people, cases and scores"))
    for words in rows:
        first.append([harmless(word) for word in words])
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 28, 90
    for name, table in zip(names, tables, strict=True):
        _fill(book.create_sheet(name), table)
    made = BytesIO()
    book.save(made)
    return packed_at(made.getvalue(), contents.as_at)


def _sheet_name(number: int, table: Table) -> str:
    """At most 31 characters, none of those that a name must not have, and each name once."""
    return f"{number} {_NOT_IN_A_NAME.sub(' ', table.caption)}"[:31].strip()


def _fill(sheet: Worksheet, table: Table) -> None:
    sheet.append([harmless(head) for head in table.heads])
    for at, is_number in enumerate(table.are_numbers, start=1):
        head = sheet.cell(1, at)
        head.font = Font(bold=True)
        head.alignment = Alignment(horizontal="right" if is_number else "left", wrap_text=True)
        longest = max((len(words_of(row[at - 1])) for row in table.rows), default=0)
        width = min(max(longest, len(table.heads[at - 1]) // 2, 8) + 2, _WIDEST)
        sheet.column_dimensions[get_column_letter(at)].width = width
    for row_at, row in enumerate(table.rows, start=2):
        for at, cell in enumerate(row, start=1):
            _write(sheet.cell(row_at, at), cell)
    if table.note:
        sheet.append([])
        sheet.append([harmless(table.note)])
    sheet.freeze_panes = "A2"


def _write(at: SheetCell, cell: Cell) -> None:
    if isinstance(cell, Share):
        at.value = cell.value
        at.number_format = "0.0%" if cell.words.endswith("%") else "0.00"
    elif isinstance(cell, date):
        at.value = cell
        at.number_format = "D MMMM YYYY"
    else:
        at.value = harmless(cell)
        at.alignment = Alignment(wrap_text=isinstance(cell, str), vertical="top")
