"""Tables to take away: harmless in a spreadsheet, typed, and untouched as JSON."""

import io
import json
from datetime import UTC, date, datetime

import openpyxl
import pandas as pd

from sampling.records.downloads import as_csv, as_json, as_xlsx

FRAME = pd.DataFrame(
    {
        "Number": [1, 2],
        "Text": ["=1+1", "Plain\x0b text"],
        "@Name": ["-2", None],
        "Share": [0.5, float("nan")],
        "Yes": [True, False],
        "On": [date(2026, 7, 6), None],
        "At": pd.to_datetime([datetime(2026, 7, 6, 9, 30, tzinfo=UTC), None]),
    }
)


def test_a_workbook_keeps_types_and_runs_nothing() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(FRAME, "Points")))["Points"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Number", "Text", "'@Name", "Share", "Yes", "On", "At")
    moments = (pd.Timestamp("2026-07-06"), pd.Timestamp("2026-07-06 10:30"))  # by the office's clock
    first = (1, "'=1+1", "'-2", 0.5, True, *moments)
    assert rows[1] == first
    assert rows[2] == (2, "Plain text", None, None, False, None, None)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.freeze_panes == "A2"
    assert len(list(openpyxl.load_workbook(io.BytesIO(as_xlsx(FRAME[:0], "None"))).active.iter_rows())) == 1


def test_json_leaves_texts_alone() -> None:
    one, other = json.loads(as_json(FRAME))
    assert one == {
        "Number": 1,
        "Text": "=1+1",
        "@Name": "-2",
        "Share": 0.5,
        "Yes": True,
        "On": "2026-07-06",
        "At": "2026-07-06T09:30:00+00:00",
    }
    assert (other["Share"], other["On"], other["At"], other["@Name"]) == (None, None, None, None)
    assert as_csv(FRAME).decode("utf-8-sig").splitlines()[1].startswith("1,'=1+1,'-2,0.5,True,2026-07-06")
