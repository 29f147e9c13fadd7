"""A report for Word: real headings, tables whose head is repeated, pictures with words in their place."""

from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from learning_register.report_contents import (
    Block,
    Chart,
    Paragraph,
    Points,
    ReportContents,
    Table,
    day_in_words,
    words_of,
)
from qa_app.reports.packed import packed_at
from qa_app.reports.pictures import as_png
from qa_app.wording import moment_in_words

_ACCENT: Final = RGBColor(0x1D, 0x4A, 0x7A)
_INK: Final = RGBColor(0x0B, 0x0C, 0x0C)
_WIDTH: Final = Cm(17)
_LANGUAGE: Final = "en-GB"


def as_word(contents: ReportContents) -> bytes:
    """The report as DOCX. The same contents make the same bytes."""
    document = Document()
    _prepare(document, contents)
    document.add_paragraph(contents.office)
    document.add_heading(contents.title, level=0)
    document.add_paragraph(
        f"{day_in_words(contents.first_day)} to {day_in_words(contents.last_day)}, as the books stood on "
        f"{moment_in_words(contents.as_at)}."
    )
    if contents.is_demonstration:
        document.add_paragraph().add_run("Demonstration: fictional people, cases and scores.").bold = True
    for section in contents.sections:
        document.add_heading(section.heading, level=section.level - 1)
        for block in section.blocks:
            _add(document, block)
    document.add_paragraph(contents.audit).runs[0].font.size = Pt(8.5)
    made = BytesIO()
    document.save(made)
    return packed_at(made.getvalue(), contents.as_at)


def _prepare(document: Any, contents: ReportContents) -> None:
    """Title, language, dates, and the look of the styles."""
    about = document.core_properties
    about.title, about.author, about.language = contents.title, contents.office, _LANGUAGE
    about.created = about.modified = contents.as_at.replace(tzinfo=None)
    about.comments, about.last_modified_by = "", contents.office
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption", "List Bullet"):
        style = document.styles[name]
        style.font.name = "Arial"
        # A style of the theme's would win over the name, for headings above all.
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
        style.font.color.rgb = _ACCENT if name.startswith("Heading 1") else _INK
    document.styles["Normal"].font.size = Pt(10.5)
    caption = document.styles["Caption"]
    caption.font.size, caption.font.bold, caption.paragraph_format.keep_with_next = Pt(10.5), True, True
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), _LANGUAGE)


def _add(document: Any, block: Block) -> None:
    if isinstance(block, Paragraph):
        paragraph = document.add_paragraph()
        if block.lead:
            paragraph.add_run(f"{block.lead} ").bold = True
        paragraph.add_run(block.text)
    elif isinstance(block, Points):
        for item in block.items:
            document.add_paragraph(item, style="List Bullet")
    elif isinstance(block, Table):
        _add_table(document, block)
    else:
        _add_chart(document, block)


def _add_chart(document: Any, chart: Chart) -> None:
    picture = document.add_picture(BytesIO(as_png(chart.spec)), width=_WIDTH)
    about = picture._inline.docPr
    about.set("descr", chart.alt)
    about.set("title", chart.table.caption)
    document.add_paragraph(chart.sentence)
    _add_table(document, chart.table)


def _add_table(document: Any, table: Table) -> None:
    if not table.rows:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{table.caption}. ").bold = True
        paragraph.add_run(table.empty)
    else:
        document.add_paragraph(table.caption, style="Caption")
        _add_rows(document, table)
    if table.note:
        document.add_paragraph(table.note).runs[0].font.size = Pt(9)


def _add_rows(document: Any, table: Table) -> None:
    made = document.add_table(rows=0, cols=len(table.heads))
    made.style = "Table Grid"
    about = OxmlElement("w:tblCaption")
    about.set(qn("w:val"), table.caption)
    made._tbl.tblPr.append(about)
    numbers = table.are_numbers
    for at, row in enumerate((table.heads, *table.rows)):
        line = made.add_row()
        properties = line._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if at == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for place, (cell, value) in enumerate(zip(line.cells, row, strict=True)):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(words_of(value))
            run.bold, run.font.size = at == 0, Pt(9)
            if numbers[place]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph()
