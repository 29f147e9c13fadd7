"""Opening an Excel workbook that somebody else made, without being taken in by it."""

import io
import re
import zipfile
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from sampling.refused import Refused

LARGEST_UNPACKED = 1_000_000_000
LARGEST_AREA = 50_000_000

# The address of a cell ("AB12") or the number of a row, as an attribute of the sheet's XML.
_ADDRESS = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,7})["']""")
_ERROR_CELL = re.compile(rb"""\st\s*=\s*["']e["']""")
_CHUNK = 4_000_000
_OVERLAP = 64  # longer than anything looked for, so that nothing is lost at a seam


def read_workbook(data: bytes, file_name: str) -> tuple[int, list[list[Any]], list[str]]:
    """The number of the first row with data, the cells from there on, and sentences for the person.

    Reads the first visible sheet that holds anything.
    """
    errors = _check_size(data, file_name)
    try:
        workbook = CalamineWorkbook.from_object(io.BytesIO(data))
        sheets = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        for name in sheets:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is None:
                continue
            notes = []
            if others := [f"“{other}”" for other in sheets if other != name]:
                notes.append(f"Only the sheet “{name}” was read, not {', '.join(others)}.")
            if errors:
                notes.append(f"Cells that hold an Excel error such as #N/A were read as blank: {errors:,}.")
            return sheet.start[0] + 1, sheet.to_python(), notes
    except CalamineError:
        raise _not_a_workbook(file_name) from None
    raise Refused(
        f"{file_name} has no visible sheet with data. Export the cases again and choose the new file."
    )


def _check_size(data: bytes, file_name: str) -> int:
    """Refuse a workbook that would fill the memory; return how many cells hold an Excel error.

    A small file can unpack to gigabytes, and the reader lays a sheet out as a full rectangle:
    one stray cell in the last row and column would ask for 17,000 million cells.
    """
    errors = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Each member is read to its end below or by testzip, which also checks that it unpacks
            # to no more than it declares.
            if sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED:
                raise Refused(
                    f"{file_name} unpacks to more than {LARGEST_UNPACKED / 1e6:,.0f} MB. "
                    "Leave out the columns that are not needed, or save it as .csv."
                )
            if archive.testzip() is not None:
                raise _not_a_workbook(file_name)
            for member in archive.namelist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member, re.IGNORECASE):
                    errors += _check_area(archive, member, file_name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as problem:
        if isinstance(problem, Refused):
            raise
        raise _not_a_workbook(file_name) from None
    return errors


def _check_area(archive: zipfile.ZipFile, member: str, file_name: str) -> int:
    rows, errors, letters, tail = 0, 0, {b""}, b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            for name, number in _ADDRESS.findall(text):
                letters.add(name)
                rows = max(rows, int(number))
            # What lies wholly in the overlap was counted with the chunk before.
            errors += sum(match.end() > len(tail) for match in _ERROR_CELL.finditer(text))
            tail = text[-_OVERLAP:]
    columns = max(_column_number(name) for name in letters)
    if rows * columns > LARGEST_AREA:
        raise Refused(
            f"{file_name} has a sheet of {rows:,} rows and {columns:,} columns, more than can be read. "
            "Delete the empty rows and columns beyond the cases, or save it as .csv."
        )
    return errors


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _not_a_workbook(file_name: str) -> Refused:
    return Refused(
        f"{file_name} is not an Excel workbook, or it is damaged. "
        "Open it in Excel and save it again as .xlsx; if it is text, name it .csv."
    )
