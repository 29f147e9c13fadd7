"""A report as a tagged PDF, which screen readers can read (PDF/UA-1).

Everything goes to the typesetter as data: nothing that people typed is ever taken for its markup. A sign that
none of its fonts has, such as a picture of a face, would leave a reader nothing, and the standard forbids it:
it is written as its name.
"""

import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any, Final

import typst

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
from qa_app.reports.pictures import as_svg
from qa_app.wording import moment_in_words

_PLAIN: Final = "\u024f"  # up to here, all of Latin, the fonts have every sign
_ONE_SIGN: Final = b'#set document(title: "-")\n#sys.inputs.report'


def as_pdf(contents: ReportContents) -> bytes:
    """The report as PDF. Its fonts are the typesetter's own and go into it, so it looks alike everywhere."""
    data = {
        "title": contents.title,
        "office": contents.office,
        "period": f"{day_in_words(contents.first_day)} to {day_in_words(contents.last_day)}, as the books "
        f"stood on {moment_in_words(contents.as_at)}.",
        "is_demonstration": contents.is_demonstration,
        "sections": [
            {
                "heading": section.heading,
                "level": section.level,
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in contents.sections
        ],
        "audit": contents.audit,
    }
    words = json.dumps(data, ensure_ascii=False)
    unshown = {sign for sign in set(words) if sign > _PLAIN and not _is_shown(sign)}
    named = {ord(sign): f"[{unicodedata.name(sign, f'U+{ord(sign):04X}').lower()}]" for sign in unshown}
    return _typeset(_template(), words.translate(named), timestamp=int(contents.as_at.timestamp()))


@cache
def _is_shown(sign: str) -> bool:
    """Whether one of the fonts has a sign: nothing else tells than to set it."""
    set_alone = f"e{sign}" if unicodedata.category(sign) == "Me" else sign  # a frame needs something in it
    try:
        _typeset(_ONE_SIGN, set_alone, timestamp=0)
    except typst.TypstError:
        return False
    return True


def _typeset(template: bytes, words: str, *, timestamp: int) -> bytes:
    return typst.compile(
        template,
        format="pdf",
        sys_inputs={"report": words},
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=timestamp,
    )


@cache
def _template() -> bytes:
    return files("qa_app.reports").joinpath("templates", "report.typ").read_bytes()


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"block": "paragraph", "lead": block.lead, "text": block.text}
    if isinstance(block, Points):
        return {"block": "points", "items": block.items}
    if isinstance(block, Chart):
        return {
            "block": "chart",
            "drawing": as_svg(block.spec),
            "alt": block.alt,
            "sentence": block.sentence,
            "table": _table(block.table),
        }
    return _table(block)


def _table(table: Table) -> dict[str, Any]:
    return {
        "block": "table",
        "caption": table.caption,
        "heads": table.heads,
        "numbers": table.are_numbers,
        "cells": [words_of(cell) for row in table.rows for cell in row],
        "note": table.note,
        "empty": table.empty,
    }
