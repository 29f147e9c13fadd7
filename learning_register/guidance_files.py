"""The text of an uploaded guidance document: plain text, Markdown, Word, or what an office took away."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.styles.style import BaseStyle, CharacterStyle
from docx.text.paragraph import Paragraph

from learning_register.word_numbers import WordNumbers
from sampling.refused import Refused

ENDINGS = ("txt", "md", "docx", "toml")

_LARGEST = 10_000_000  # bytes of a file
_LARGEST_UNPACKED = 60_000_000  # bytes of what a Word file unpacks to
_MOST_PARTS = 2_000  # of a Word file
# What python-docx raises at parts that lack, XML that is none, another program's file, a password.
_BROKEN = (KeyError, ValueError, SyntaxError, AttributeError, zipfile.BadZipFile, OSError, RuntimeError)
_OLD_WORD = b"\xd0\xcf\x11\xe0"  # also what Word makes of a document under a password

_AS_TEXT = {qn("w:tab"): "\t", qn("w:br"): " ", qn("w:cr"): " ", qn("w:noBreakHyphen"): "-"}


def text_of_guidance(file_name: str, data: bytes) -> str:
    """The text of a guidance document, one paragraph a line in Word; headings of Word are marked with #.

    Numbers that Word itself gives to paragraphs are written out. Refused when the file is of another
    kind, too large, or cannot be read.
    """
    ending = file_name.rsplit(".", 1)[-1].lower() if "." in file_name else ""
    if ending not in ENDINGS:
        raise Refused(
            f"{file_name} is not a document that is read here. "
            "Save it as .docx, .txt or .md and choose that file."
        )
    if len(data) > _LARGEST:
        raise Refused(
            f"{file_name} has {len(data) / 1e6:.1f} MB, and up to {_LARGEST // 1_000_000} MB are read. "
            "Take pictures out of it, or save it as text."
        )
    if not data.strip():
        raise Refused(f"{file_name} is empty. Choose the file that has the guidance.")
    if ending == "docx":
        return "\n".join(_lines(_opened(file_name, data)))
    return _decoded(file_name, data)


def _decoded(file_name: str, data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refused(
        f"{file_name} is not text in UTF-8, UTF-16 or Windows-1252. "
        "Save it as text in UTF-8, or as .docx, and choose that file."
    )


def _opened(file_name: str, data: bytes) -> Document:
    if data.startswith(_OLD_WORD):
        raise Refused(
            f"{file_name} is locked with a password, or is in the format of an older Word. "
            "Save it without a password as .docx."
        )
    broken = Refused(f"{file_name} is no Word document, or is damaged. Open it in Word and save it again.")
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise broken from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _LARGEST_UNPACKED:
        raise Refused(
            f"{file_name} unpacks to {unpacked / 1e6:,.0f} MB in {len(parts):,} parts, too much to read. "
            "Take pictures out of it, or save it as text."
        )
    try:
        return docx.Document(io.BytesIO(data))
    except _BROKEN as error:
        raise broken from error


def _lines(document: Document) -> Iterator[str]:
    numbers = WordNumbers(_numbering(document))
    for element in document.element.body.iter(qn("w:p")):  # those in tables too
        paragraph = Paragraph(element, document)
        styles = _styles(paragraph)
        names = [(style.name or "").lower() for style in styles]
        text = _text(paragraph).replace("\n", " ")
        # Every paragraph counts, or the numbers after an empty one would be wrong.
        number = numbers.next(paragraph, styles)
        if any(name.startswith("toc") for name in names) or not text.strip():
            yield ""
        elif any(name.startswith("heading") for name in names):
            yield f"# {number} {text}" if number else f"# {text}"
        else:
            yield f"{number} {text}" if number else text


def _text(paragraph: Paragraph) -> str:
    """Its text, also what was inserted with changes tracked; what was deleted is not in it."""
    return "".join(
        _AS_TEXT.get(node.tag, node.text or "") for node in paragraph._p.iter(qn("w:t"), *_AS_TEXT)
    ).strip()


def _styles(paragraph: Paragraph) -> list[BaseStyle]:
    """Its style, and those that it is based on."""
    styles: list[BaseStyle] = []
    style: BaseStyle | None = paragraph.style
    while style is not None and style not in styles:
        styles.append(style)
        style = style.base_style if isinstance(style, CharacterStyle) else None
    return styles


def _numbering(document: Document) -> Any | None:
    try:
        part = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        return None
    return part.element if isinstance(part, XmlPart) else None
