"""One report in four formats: its structure, what people typed staying as typed, and the same bytes."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from learning_register.report_contents import (
    Chart,
    Paragraph,
    Points,
    ReportContents,
    Section,
    Share,
    Table,
    as_json,
    from_json,
)
from qa_app.reports.kinds import FORMATS
from qa_app.reports.pdf import as_pdf
from qa_app.reports.web_page import as_web_page
from qa_app.reports.word import as_word
from qa_app.reports.workbook import as_workbook

# What would do harm in one format or another; the last two characters can be printed in none.
HOSTILE = '=1+1 </td><script>alert(1)</script> #panic() $x$ *b* {{ 7*7 }} {% x %} & "q" <w:p/>\x0c\x00'
PRINTED = HOSTILE.rstrip("\x0c\x00")
TABLE = Table(
    f"Table of {HOSTILE}",
    ("Name", HOSTILE, "Share", "Day"),
    ((HOSTILE, 1200, Share(0.9796, "97.96%"), date(2026, 7, 1)), ("x" * 64, None, None, None)),
    note=HOSTILE,
)
SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"a": HOSTILE, "b": 28}]},
    "mark": "bar",
    "encoding": {"x": {"field": "b", "type": "quantitative"}, "y": {"field": "a", "type": "nominal"}},
}


@pytest.fixture(scope="module")
def contents() -> ReportContents:
    made = ReportContents(
        kind="quarterly",
        title=f"Report {HOSTILE}",
        office=f"Office {HOSTILE}",
        first_day=date(2026, 4, 1),
        last_day=date(2026, 6, 30),
        as_at=datetime(2026, 7, 6, 9, 30, tzinfo=UTC),
        is_demonstration=True,
        sections=(
            Section(f"Part {HOSTILE}", (Paragraph(HOSTILE, HOSTILE), Points((HOSTILE, "b")), TABLE)),
            Section("Chart", (Chart(SPEC, f"Alt {HOSTILE}", HOSTILE, TABLE),), 3),
            Section("Nothing", (Table("Empty", ("Head",), (), empty="Nothing there."),)),
        ),
        audit="The register.",
    )
    return from_json(json.loads(json.dumps(as_json(made))))


def test_the_contents_are_kept_whole_but_for_what_cannot_be_printed(contents: ReportContents) -> None:
    assert from_json(as_json(contents)) == contents
    assert contents.title == f"Report {PRINTED}"
    assert contents.tables[0].rows[0] == (PRINTED, 1200, Share(0.9796, "97.96%"), date(2026, 7, 1))


@pytest.mark.parametrize("make", [make for _, _, make in FORMATS.values()])
def test_the_same_contents_make_the_same_bytes(
    contents: ReportContents, make: Callable[[ReportContents], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make(contents)
    # Archives keep the time of day that the clock shows when they are written.
    monkeypatch.setattr("time.localtime", lambda *_: datetime(2031, 2, 3, tzinfo=UTC).timetuple())
    assert make(contents) == first


class _Page(HTMLParser):
    """The elements of a page in their order, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def test_the_web_page_can_be_read_by_everybody_and_loads_nothing(contents: ReportContents) -> None:
    page = _Page()
    page.feed(as_web_page(contents).decode())
    assert page.all("html") == [{"lang": "en-GB"}]
    assert [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h3", "h2"]
    assert not page.all("script", "link", "iframe")
    assert all((image["src"] or "").startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    assert [image["alt"] for image in page.all("img")] == [f"Alt {PRINTED}"]
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert {head["scope"] for head in page.all("th")} == {"col", "row"}
    assert page.text.count(PRINTED) >= 6
    numbers = [cell for cell in page.all("td", "th") if cell.get("class") == "number"]
    assert len(numbers) == 2 * (2 + 2 * 2)  # in each table two columns: the head and two rows


def test_the_word_document_has_headings_tables_and_words_for_its_picture(contents: ReportContents) -> None:
    document = Document(BytesIO(as_word(contents)))
    about = document.core_properties
    assert (about.title, about.language) == (f"Report {PRINTED}", "en-GB")
    assert about.modified == contents.as_at
    styles = [(each.style.name, each.text) for each in document.paragraphs if each.style is not None]
    assert [words for name, words in styles if name == "Heading 1"] == [f"Part {PRINTED}", "Nothing"]
    assert [words for name, words in styles if name == "Heading 2"] == ["Chart"]
    assert ("Title", f"Report {PRINTED}") in styles
    assert len([name for name, _ in styles if name == "Caption"]) == len(document.tables) == 2
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert [cell.text for cell in table.rows[1].cells] == [PRINTED, "1,200", "97.96%", "1 July 2026"]
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == f"Alt {PRINTED}"
    languages = {element.get(qn("w:val")) for element in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}


def test_the_pdf_is_tagged(contents: ReportContents) -> None:
    made = as_pdf(contents)  # refused by the typesetter itself where it is not PDF/UA-1
    assert made.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang"):
        assert mark in made
    assert b"pdfuaid" in made


@pytest.mark.parametrize("sign", ["\N{PARTY POPPER}", "\u65e5\u672c", "1\ufe0f\u20e3", "\ud7ff"])
def test_a_sign_that_no_font_has_keeps_no_report_from_being_issued(
    contents: ReportContents, sign: str
) -> None:
    """The standard for readable PDFs refuses it: one such sign in a learning point stopped the report."""
    words = Section("Thanks", (Paragraph(f"Thank you {sign}"),))
    assert as_pdf(replace(contents, sections=(words,))).startswith(b"%PDF")


def test_the_workbook_has_a_sheet_a_table_and_runs_no_text(contents: ReportContents) -> None:
    book = load_workbook(BytesIO(as_workbook(contents)))
    assert len(book.sheetnames) == 1 + len(contents.tables)
    sheet: Any = book[book.sheetnames[1]]
    name, count, share, day = (sheet.cell(2, at) for at in range(1, 5))
    assert (name.value, name.data_type) == (f"'{PRINTED}", "s")
    assert (count.value, share.value, share.number_format) == (1200, 0.9796, "0.0%")
    assert day.value == datetime(2026, 7, 1)  # noqa: DTZ001
    every = (cell for each in book for row in each.iter_rows() for cell in row)
    assert not [cell for cell in every if cell.data_type == "f"]
    with ZipFile(BytesIO(as_workbook(contents))) as archive:
        assert {part.date_time for part in archive.infolist()} == {(2026, 7, 6, 9, 30, 0)}
