"""Files as they come: every encoding and separator, Excel's habits, and what is refused."""

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from sampling.records import case_files, case_workbooks
from sampling.records.case_files import read_table
from sampling.records.case_suggestions import suggest_mapping
from sampling.refused import Refused

ROWS = [["Reference", "Team", "Note"], ["007", "Zoë’s", "a, b; c"], ["8", "", 'said "no"']]


def text_of(separator: str) -> str:
    return "\r\n".join(
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in ROWS
    )  # fmt: skip


def workbook(*rows: list[Any], sheet: str = "Cases") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_and_separator_gives_the_same_table(separator: str, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    table = read_table((mark + text_of(separator)).encode(encoding), "cases.csv")
    assert table.columns == ("Reference", "Team", "Note")
    assert table.rows == [("007", "Zoë’s", "a, b; c"), ("8", None, 'said "no"')]
    assert bool(table.notes) == (encoding == "cp1252")


def test_the_separator_is_the_one_that_cuts_all_rows_alike() -> None:
    data = b"Reference;Amount, in pounds, if any;State\n1;1,50;Open\n2;2,75;Closed\n"
    assert read_table(data, "cases.csv").columns == ("Reference", "Amount, in pounds, if any", "State")


def test_lines_within_quotes_are_one_row() -> None:
    table = read_table(b'Reference,State\n1,"Open\nstill"\n2,Closed\n', "cases.csv")
    assert table.rows == [("1", "Open\nstill"), ("2", "Closed")]


def test_blank_rows_keep_the_numbers_right_and_trailing_ones_go() -> None:
    table = read_table(b"Reference,State\n1,Open\n\n2,Closed\n,\n\n", "cases.csv")
    assert table.rows == [("1", "Open"), (None, None), ("2", "Closed")]


def test_columns_with_neither_name_nor_value_go() -> None:
    table = read_table(b"Reference;State;\n1;Open;\n2;Closed;\n", "cases.csv")
    assert table.columns == ("Reference", "State")
    assert table.notes == ("Columns with neither a name nor a value were left out: 1.",)


def test_a_workbook_keeps_what_its_cells_are() -> None:
    moment = datetime(2016, 5, 16, 9, 30)  # noqa: DTZ001
    data = workbook(
        ["Reference", "State", "Date", "Moment", "Share", "Flag", "Time", "Nothing"],
        [4848023, "007", date(2016, 5, 16), moment, 0.5, True, time(9, 30), None],
        [10**16, "x", None, None, 2.0, False, None, "y"],
    )
    table = read_table(data, "cases.xlsx")
    assert table.rows == [
        (4848023, "007", date(2016, 5, 16), moment, 0.5, "TRUE", "09:30:00", None),
        (1e16, "x", None, None, 2, "FALSE", None, "y"),
    ]
    assert [type(cell) for cell in table.rows[0][:5]] == [int, str, date, datetime, float]
    assert type(table.rows[1][0]) is float  # beyond 15 digits Excel does not know the number


def test_the_first_visible_sheet_with_data_is_read_from_where_its_data_begin() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Empty"
    hidden = book.create_sheet("Hidden")
    hidden.append(["not", "this"])
    hidden.sheet_state = "hidden"
    cases = book.create_sheet("Cases")
    for row, cells in enumerate([["Reference", "State"], ["1", "Open"]], start=3):
        for column, cell in enumerate(cells, start=2):
            cases.cell(row, column, cell)
    book.create_sheet("More").append(["other"])
    table = read_table(saved(book), "cases.xlsx")
    assert table.columns == ("Reference", "State")
    assert table.header_row == 3
    assert table.rows == [("1", "Open")]
    assert table.notes == ("Only the sheet “Cases” was read, not “Empty”, “More”.",)


def test_excel_errors_are_blank_and_said_so() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Reference", "Team"])
    book.active.append(["1", "#N/A"])
    book.active["B2"].data_type = "e"
    table = read_table(saved(book), "cases.xlsx")
    assert table.rows == [("1", None)]
    assert table.notes == ("Cells that hold an Excel error such as #N/A were read as blank: 1.",)


GUID = "5f1f2c3d-0000-4a1b-9c8d-00155d0a0b0c"
CHECKSUM = "Rl+pnrXf2J3vQn0m1kq8H4T7bYc9ZsWd5gUe6LxAoMi="
DYNAMICS = {
    "English": ["(Do Not Modify) Case", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On"],
    "German": ["(Nicht ändern) Anfrage", "(Nicht ändern) Zeilenprüfsumme", "(Nicht ändern) Geändert am"],
}


@pytest.mark.parametrize("language", DYNAMICS)
def test_of_the_hidden_columns_of_dynamics_only_the_guid_is_kept(language: str) -> None:
    hidden = DYNAMICS[language]
    modified = datetime(2016, 5, 16, 9, 30)  # noqa: DTZ001
    data = workbook([*hidden, "Reference", "State"], [GUID, CHECKSUM, modified, "CAS-1", "Open"])
    table = read_table(data, "Active Cases.xlsx")
    assert table.columns == (hidden[0], "Reference", "State")
    assert table.rows == [(GUID, "CAS-1", "Open")]
    assert all(name in table.notes[0] for name in hidden[1:])
    assert hidden[0] not in table.notes[0]
    assert suggest_mapping(table).system_id == hidden[0]


def test_columns_that_only_resemble_those_of_dynamics_stay() -> None:
    data = workbook(["Id", "Code", "On", "State"], [GUID, "short", datetime(2016, 5, 16), "Open"])  # noqa: DTZ001
    assert read_table(data, "cases.xlsx").columns == ("Id", "Code", "On", "State")


OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100
REFUSED = {
    "empty": (b"", "cases.csv", "is empty"),
    "empty but for its mark": (b"\xef\xbb\xbf", "cases.csv", "is empty"),
    "blank lines": (b"\r\n\r\n", "cases.csv", "is empty"),
    "empty workbook": (workbook(), "cases.xlsx", "no visible sheet with data"),
    "header alone": (b"Reference,State\n", "cases.csv", "no cases below"),
    "not a workbook": (b"Reference,State\n1,Open\n", "cases.xlsx", "is not an Excel workbook"),
    "damaged workbook": (workbook(["a", "b"], ["1", "2"])[:-200], "cases.xlsx", "is not an Excel workbook"),
    "old Excel": (OLD_EXCEL, "cases.xls", "save it as an Excel workbook"),
    "with a password": (OLD_EXCEL, "cases.xlsx", "without a password"),
    "workbook named csv": (
        workbook(["a", "b"], ["1", "2"]),
        "cases.csv",
        "is an Excel workbook under another",
    ),
    "unknown kind": (b"{}", "cases.json", "is of a kind that cannot be read"),
    "one column": (b"Reference|State\n1|Open\n", "cases.csv", "only one column"),
    "binary": (b"a,b\0\x81,c", "cases.csv", "is not text in UTF-8"),
    "UTF-16 without its mark": ("Reference,State\n1,Open\n".encode("utf-16-le"), "cases.csv", "is not text"),
    "same name twice": (b"Reference,state,State\n1,Open,Open\n", "cases.csv", "2 columns called “state”"),
    "no name": (
        b"Reference,,State\n1,x,Open\n",
        "cases.csv",
        "Column 2 of cases.csv has values but no name in row 1",
    ),
    "row too long": (b"Reference,State\n1,Open\n2,Open,x\n", "cases.csv", "Row 3 of cases.csv has 3 cells"),
    "row too short": (
        b"Reference,State,Team\n1,Open,A\n2,Open\n",
        "cases.csv",
        "Row 3 of cases.csv has 2 cells",
    ),
    "quotation mark alone": (
        b'Reference,State\n1,Open\n2,"Open\n',
        "cases.csv",
        "Row 3 of cases.csv cannot be read",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_for_certain_is_refused(what: str) -> None:
    data, name, sentence = REFUSED[what]
    with pytest.raises(Refused) as refused:
        read_table(data, name)
    assert sentence in str(refused.value)
    assert name in str(refused.value)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_files, "LARGEST_FILE", 20)
    with pytest.raises(Refused, match="the most is"):
        read_table(b"Reference,State\n1,Open\n2,Open\n", "cases.csv")


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_workbooks, "LARGEST_UNPACKED", 1_000_000)
    data = io.BytesIO(workbook(["Reference", "State"], ["1", "Open"]))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(2_000_000))
    assert len(data.getvalue()) < 20_000
    with pytest.raises(Refused, match="unpacks to more than 1 MB"):
        read_table(data.getvalue(), "cases.xlsx")


def test_one_stray_cell_far_away_is_refused_and_does_not_fill_the_memory() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Reference", "State"])
    book.active["XFD1048576"] = "stray"
    with pytest.raises(Refused, match="1,048,576 rows and 16,384 columns"):
        read_table(saved(book), "cases.xlsx")
