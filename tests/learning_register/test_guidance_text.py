"""Guidance documents: what is found in texts made up here, and the files that are refused."""

import io
import zipfile
from datetime import date

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from learning_register.citations import Force, parse_reference
from learning_register.guidance_files import text_of_guidance
from learning_register.guidance_rows import (
    FORCE,
    LINE,
    NUMBER,
    SECTION,
    TITLE,
    document_from,
    rows_found,
)
from learning_register.guidance_text import NO_HEADING, FoundGuidance, found_guidance
from sampling.refused import Refused

LEGAL, POLICY, GUIDANCE = Force.LEGAL, Force.POLICY, Force.GUIDANCE

STRAIGHT = """
Handling parcels
Contents
Receiving a parcel\t2
Annex A: Forms.....3

Receiving a parcel

1. A parcel is signed for. **(Policy requirement)** The clerk notes
who brought it, see paragraph 2.
2 Parcels that tick are left alone. (Legal requirement) They are also
reported; (Policy
requirements)
- to the guard,
 - to the police.

Version: 3.1

Version date: 29/02/2024

Some wording is there ¹
¹ See [the page](#)

3. A list may stand in a paragraph:
1. first,
2. second.

Sending a parcel

Weighing

4.\tIt is weighed: 5 kilos at most (legal and policy requirement).
20 kilos go by van.
6. It is stamped.

Annex A: Forms

There is one form. Annex A is filled in by hand.

Example of a form

7. is the number of the room.
"""


def seen(found: FoundGuidance) -> dict[str, tuple[str, set[Force]]]:
    return {paragraph.number: (paragraph.section, set(paragraph.forces)) for paragraph in found.paragraphs}


def test_paragraphs_headings_and_marks_of_a_text() -> None:
    found = found_guidance(STRAIGHT)
    assert (found.version, found.version_date) == ("3.1", date(2024, 2, 29))
    assert seen(found) == {
        "1": ("Receiving a parcel", {POLICY}),
        "2": ("Receiving a parcel", {LEGAL, POLICY}),
        "3": ("Receiving a parcel", {GUIDANCE}),
        "4": ("Weighing", {LEGAL, POLICY}),
        "6": ("Weighing", {GUIDANCE}),
        "Annex A": ("Forms", {GUIDANCE}),
    }
    first, second, *_ = found.paragraphs
    assert (first.title, first.summary, first.line) == (
        "A parcel is signed for. The clerk notes who…",
        "A parcel is signed for.",
        9,
    )
    assert second.summary == "Parcels that tick are left alone."
    assert {paragraph.number: paragraph.title for paragraph in found.paragraphs}["Annex A"] == "Forms"
    assert found.doubts == (
        "Line 34: before paragraph 6, 5 was not found.",
        "Line 25: “1. first,” begins with a number that was there before it.",
        "Line 42: “7. is the number of the room.” is taken for text of Annex A.",
    )


SECTIONED = """# 2. Can we help

Words before the first paragraph.

2.1 We ask.
2.2. We listen *carefully*. **(Policy requirement)**

## Deadlines ##

2.140 Twelve months.
2.141 3.5 kilos is no number of a paragraph.

3 What we do

3.1 We act.

### Annex B

A list.
"""


def test_numbers_with_sections_are_found_with_or_without_a_full_stop() -> None:
    found = found_guidance(SECTIONED)
    assert list(seen(found)) == ["2.1", "2.2", "3.1", "Annex B"]
    closer = found_guidance(SECTIONED.replace("2.14", "2.1"))
    assert list(seen(closer)) == ["2.1", "2.2", "2.10", "2.11", "3.1", "Annex B"]
    assert [paragraph.section for paragraph in closer.paragraphs] == [
        "Can we help", "Can we help", "Deadlines", "Deadlines", "What we do", "Annex B",
    ]  # fmt: skip
    # A heading over one paragraph is its title; others go by their first words.
    assert {paragraph.number: paragraph.title for paragraph in closer.paragraphs} == {
        "2.1": "We ask.",
        "2.2": "We listen carefully.",
        "2.10": "Twelve months.",
        "2.11": "3.5 kilos is no number of a paragraph.",
        "3.1": "What we do",
        "Annex B": "Annex B",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nothing is numbered here.", "No numbered paragraph was found"),
        ("1. One.\n2. " + "b" * 20_001, "Line 2 has 20,004 characters"),
        ("1. One.\n" * 50_001, "more than 50,000 lines"),
    ],
)
def test_a_text_that_cannot_be_guidance_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        found_guidance(text)


@pytest.mark.parametrize(
    "hostile", ["[" * 9999, "*a " * 6000, "# " + " #" * 9000, "(policy" * 2800, "_a*" * 6000]
)
def test_no_line_keeps_the_reader_busy(hostile: str) -> None:
    assert len(found_guidance(f"1. One.\n{hostile}\n" * 30).paragraphs) == 1


@given(
    st.lists(
        st.sampled_from(["1. a", "2 b", "2.1 c", "Annex A", "# H", "Heading", "", "- x", "9. z", "text."])
    )
)
def test_every_number_found_is_a_reference_and_rises(lines: list[str]) -> None:
    try:
        found = found_guidance("\n".join(lines))
    except Refused:
        return
    numbers = [paragraph.number for paragraph in found.paragraphs]
    assert len(set(numbers)) == len(numbers)
    counted = [parse_reference(number) for number in numbers if not number.startswith("Annex")]
    assert counted == sorted(counted)
    assert len(document_from(rows_found(found.paragraphs), **NAMED).paragraphs) == len(numbers)


NAMED = {
    "key": None,
    "title": "Parcels & post",
    "short_name": "Parcels",
    "version": "1",
    "version_date": None,
}


def test_corrected_rows_become_a_document() -> None:
    rows = rows_found(found_guidance("1. One.\n2. Two. (Policy requirement)").paragraphs)
    assert [row[SECTION] for row in rows] == [NO_HEADING, NO_HEADING]
    rows[0] |= {TITLE: "  Another \n title ", FORCE: "legal requirement, policy requirement"}
    document = document_from([*rows, {NUMBER: None, LINE: float("nan")}], **NAMED)
    assert document.key == "parcels-post"
    assert [(one.number, one.title, one.forces) for one in document.paragraphs] == [
        ("1", "Another title", (LEGAL, POLICY)),
        ("2", "Two.", (POLICY,)),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({NUMBER: "1"}, r"Row 2 \(line 2\): paragraph 1 is there twice"),
        ({NUMBER: "two"}, r"Row 2 \(line 2\): “two” is not a reference"),
        ({NUMBER: "2-3"}, r"Row 2 \(line 2\): “2-3” must be one paragraph"),
        ({NUMBER: ""}, r"Row 2 \(line 2\): it has no number"),
        ({TITLE: None}, "paragraph 2 has no title"),
        ({TITLE: "t" * 81}, "the title of paragraph 2 has 81 characters"),
        ({FORCE: None, LINE: None}, "Row 2: paragraph 2 has no force"),
    ],
)
def test_a_row_that_is_not_whole_is_refused_with_its_line(changes: dict[str, object], words: str) -> None:
    rows = rows_found(found_guidance("1. One.\n2. Two.").paragraphs)
    with pytest.raises(Refused, match=words):
        document_from([rows[0], rows[1] | changes], **NAMED)


@pytest.mark.parametrize(
    ("rows", "changes", "words"),
    [
        ([], {}, "has no paragraphs"),
        ([], {"title": " "}, "has no title"),
        ([], {"version": "v" * 81}, "The version is longer than 80"),
        (
            [{NUMBER: "1", SECTION: "s", TITLE: "t", "Summary": "s", FORCE: "guidance"}],
            {"title": "…"},
            "no letters",
        ),
    ],
)
def test_a_document_is_named(rows: list[dict[str, object]], changes: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        document_from(rows, **(NAMED | changes))


LISTS = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="77">
<w:lvl w:ilvl="0"><w:start w:val="2"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="(%3)"/></w:lvl>
<w:lvl w:ilvl="3"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>"""


def in_word() -> bytes:
    """A document whose numbers Word gives, with a deleted and an inserted word, and a list of contents."""
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(LISTS))
    for which, start in (
        (88, ""),
        (89, '<w:lvlOverride w:ilvl="1"><w:startOverride w:val="7"/></w:lvlOverride>'),
    ):
        numbering.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{which}"><w:abstractNumId w:val="77"/>{start}</w:num>')
        )

    def add(text: str, level: int | None = None, style: str | None = None, which: int = 88) -> None:
        properties = document.add_paragraph(text, style)._p.get_or_add_pPr()
        if level is not None:
            numbered = properties.get_or_add_numPr()
            numbered.get_or_add_ilvl().val, numbered.get_or_add_numId().val = level, which

    document.styles.add_style("toc 1", 1)
    add("2.1 Asking", style="toc 1")
    add("Asking", 0, "Heading 1")
    add("We ask. (Policy requirement)", 1)
    add("once,", 2)
    add("twice,", 2)
    add("gently.", 3)
    add("We listen.", 1)
    changed = document.paragraphs[-1]._p
    changed.append(
        parse_xml(f'<w:ins {nsdecls("w")}><w:r><w:t xml:space="preserve"> And answer.</w:t></w:r></w:ins>')
    )
    changed.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText> Not.</w:delText></w:r></w:del>"))
    add("We wait.", 1, which=89)
    document.add_table(1, 1).cell(0, 0).text = "2.8 In a table."
    add("Acting", 0, "Heading 1")
    add("We act.", 1)
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


def test_word_gives_its_own_numbers() -> None:
    text = text_of_guidance("Guide.DOCX", in_word())
    assert [line for line in text.splitlines() if line] == [
        "# 2. Asking",
        "2.1 We ask. (Policy requirement)",
        "(i) once,",
        "(ii) twice,",
        "- gently.",
        "2.2 We listen. And answer.",
        "2.7 We wait.",
        "2.8 In a table.",
        "# 3. Acting",
        "3.1 We act.",
    ]
    assert seen(found_guidance(text)) == {
        "2.1": ("Asking", {POLICY}),
        "2.2": ("Asking", {GUIDANCE}),
        "2.7": ("Asking", {GUIDANCE}),
        "2.8": ("Asking", {GUIDANCE}),
        "3.1": ("Acting", {GUIDANCE}),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_that_offices_use(encoding: str) -> None:
    assert text_of_guidance("guide.txt", "1. Café – naïve.".encode(encoding)) == "1. Café – naïve."


def zipped(*parts: tuple[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("guide.pdf", b"%PDF", "not a document that is read here"),
        ("guide", b"1. One.", "not a document that is read here"),
        ("guide.txt", b" \n", "is empty"),
        ("guide.txt", b"1. One.\x00\x01", "not text in UTF-8"),
        ("guide.md", b"1" * 10_000_001, "10.0 MB"),
        ("guide.docx", b"\xd0\xcf\x11\xe0 old", "older Word"),
        ("guide.docx", b"1. One.", "damaged"),
        ("guide.docx", zipped(("word/document.xml", b"<")), "damaged"),
        ("guide.docx", zipped(("[Content_Types].xml", b"<a>&b;</a>")), "damaged"),
        ("guide.docx", zipped(*((str(number), b"") for number in range(2001))), "in 2,001 parts"),
        ("guide.docx", zipped(("word/document.xml", b" " * 61_000_000)), "unpacks to 61 MB"),
        ("guide.docx", in_word()[:-30], "damaged"),
    ],
)
def test_a_file_that_is_no_guidance_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        text_of_guidance(name, data)
