"""The table in which a person corrects what was found in a guidance document, and what it then says."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from learning_register.citations import Force, PolicyDocument, PolicyParagraph, forces_in
from learning_register.guidance_text import LONGEST_SUMMARY, LONGEST_TITLE, FoundParagraph
from learning_register.policy_reading import check_number
from sampling.refused import Refused

NUMBER, SECTION, TITLE, SUMMARY, FORCE, LINE = "Paragraph", "Section", "Title", "Summary", "Force", "Line"

FORCES = (Force.GUIDANCE, Force.POLICY, Force.LEGAL, f"{Force.LEGAL}, {Force.POLICY}")

_LONGEST = {SECTION: 200, TITLE: LONGEST_TITLE, SUMMARY: LONGEST_SUMMARY}
_LONGEST_NAME = 80


def rows_found(paragraphs: Sequence[FoundParagraph]) -> list[dict[str, object]]:
    """What was found, as rows to correct; the line says where each begins in the document."""
    return [
        {**row, LINE: paragraph.line}
        for row, paragraph in zip(rows_written(paragraphs), paragraphs, strict=True)
    ]


def rows_written(paragraphs: Sequence[FoundParagraph | PolicyParagraph]) -> list[dict[str, object]]:
    """Paragraphs as rows to correct."""
    return [
        {
            NUMBER: paragraph.number,
            SECTION: paragraph.section,
            TITLE: paragraph.title,
            SUMMARY: paragraph.summary,
            FORCE: ", ".join(force for force in Force if force in paragraph.forces),
            LINE: None,
        }
        for paragraph in paragraphs
    ]


def document_from(
    rows: Sequence[Mapping[str, object]],
    *,
    key: str | None,
    title: str,
    short_name: str,
    version: str,
    version_date: date | None,
) -> PolicyDocument:
    """The document that the corrected rows make. Without a key it is a new one, known by its title.

    Rows left empty are passed over. Refused, naming the row and its line, when a row is not whole.
    """
    names = {"title": title, "short name": short_name, "version": version}
    for what, words in names.items():
        if not words.strip():
            raise Refused(f"The document has no {what}. Type one.")
        if len(words.strip()) > _LONGEST_NAME:
            raise Refused(f"The {what} is longer than {_LONGEST_NAME} characters. Shorten it.")
    paragraphs: dict[str, PolicyParagraph] = {}
    for count, row in enumerate(rows, start=1):
        if not any(_words(row, name) for name in (NUMBER, SECTION, TITLE, SUMMARY)):
            continue
        paragraph = _paragraph(row, _where(count, row))
        if paragraph.number in paragraphs:
            raise Refused(
                f"{_where(count, row)}: paragraph {paragraph.number} is there twice. "
                "Change one of the two, or delete it."
            )
        paragraphs[paragraph.number] = paragraph
    if not paragraphs:
        raise Refused("The table has no paragraphs. Add at least one.")
    return PolicyDocument(
        key=key or _key(title),
        title=title.strip(),
        short_name=short_name.strip(),
        version=version.strip(),
        version_date=version_date,
        paragraphs=tuple(paragraphs.values()),
    )


def _paragraph(row: Mapping[str, object], where: str) -> PolicyParagraph:
    number = _words(row, NUMBER)
    if not number:
        raise Refused(
            f"{where}: it has no number. Type one, such as 14, 2.140 or Annex A, or delete the row."
        )
    check_number(number, where=where)
    for name, longest in _LONGEST.items():
        words = _words(row, name)
        if not words:
            raise Refused(f"{where}: paragraph {number} has no {name.lower()}. Type one.")
        if len(words) > longest:
            raise Refused(
                f"{where}: the {name.lower()} of paragraph {number} has {len(words)} characters, and up to "
                f"{longest} are kept. Shorten it; the wording itself stays in your own document."
            )
    if _words(row, FORCE) not in FORCES:
        raise Refused(f"{where}: paragraph {number} has no force. Choose how binding it is.")
    return PolicyParagraph(
        number=number,
        section=_words(row, SECTION),
        title=_words(row, TITLE),
        summary=_words(row, SUMMARY),
        forces=forces_in(_words(row, FORCE)),
    )


def _words(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _where(count: int, row: Mapping[str, object]) -> str:
    line = row.get(LINE)
    # A row that a person added comes from no line; an editor of tables writes that as NaN.
    known = isinstance(line, int | float) and line == line
    return f"Row {count} (line {line:.0f})" if known else f"Row {count}"


def _key(title: str) -> str:
    key = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    if not key:
        raise Refused("The title has no letters or numbers to know the document by. Type another.")
    return key
