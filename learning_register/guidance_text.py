"""Numbered paragraphs found in the text of a guidance document, for a person to look at and correct.

Text gives no certainty: what is found is a draft. A paragraph is never made up, and what looks odd is
said with its line.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from learning_register.citations import Force
from sampling.refused import Refused

LONGEST_TITLE = 80
LONGEST_SUMMARY = 160
NO_HEADING = "No heading"

_NUMBER = re.compile(r"(?:([1-9][0-9]{0,3})\.)?([1-9][0-9]{0,3})(?:([.)])?\s+(?=\S)|([.)])$)(.*)")
_ANNEX = re.compile(r"(?i:annex)\s+([A-Za-z])(?:\s*[:.–—-]\s*(.*)|\s+([A-Z].*)|)")
_MARKED_HEADING = re.compile(r"#{1,6}\s+(.*)")
_LISTED = re.compile(r"[-*•●○◦▪➤·–—]\s|o\s")
_FURNITURE = re.compile(r"(?:page\s+)?[0-9]{1,4}(?:\s+of\s+[0-9]{1,4})?", re.IGNORECASE)
_VERSION = re.compile(r"version:?\s+([0-9][0-9.]{0,9})", re.IGNORECASE)
_VERSION_DATE = re.compile(r"(?:version )?date:?\s+([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.IGNORECASE)
_FOOTNOTE_MARK = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_FORCE_MARK = re.compile(
    r"[(\[]\s*(policy|legal)(?:\s*(?:and|&|/|,)\s*(policy|legal))?\s+requirements?\s*[)\]]", re.IGNORECASE
)
# Each stops at the next of its own marks: a hostile line costs no more than its length.
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*]+)\*(?!\w)|(?<!\w)_(?=\S)([^_]+)_(?!\w)")
_ESCAPED = re.compile(r"\\([\\.()\[\]*_#+-])")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s+(?=[A-Z“‘(])|$)")
_ENDS_A_SENTENCE = tuple(".,;:?!…")
_LONGEST_HEADING = 120
_LONGEST_LINE = 20_000
_MOST_LINES = 50_000
_LONGEST_GAP = 10  # numbers left out between two paragraphs; a number further on is not a paragraph's
_REPEATED = 3  # times that the header or footer of a page stands in a text, at least


@dataclass(frozen=True)
class FoundParagraph:
    """A paragraph or annex as it was found, and the line on which it begins."""

    number: str
    section: str
    title: str
    summary: str
    forces: tuple[Force, ...]
    line: int


@dataclass(frozen=True)
class FoundGuidance:
    """What a text holds: its paragraphs, what to look at, and its version and date where it names them."""

    paragraphs: tuple[FoundParagraph, ...]
    doubts: tuple[str, ...]
    version: str
    version_date: date | None


@dataclass
class _Draft:
    number: str
    section: str
    line: int
    heading: str = ""
    text: list[str] = field(default_factory=list)


def found_guidance(text: str) -> FoundGuidance:
    """Which numbered paragraphs and annexes are in this text, under which headings, how binding?

    Numbers such as `14.`, `14`, `2.140` and `2.140.` at the start of a line are found, in rising order:
    a number that goes back belongs to a list within a paragraph. A heading is marked (`#`), or is a short
    line of its own before a paragraph. Lists of contents and repeated lines of pages are passed over.
    Refused when there is no numbered paragraph at all, or the text is too long to be guidance.
    """
    typed = text.splitlines()
    if len(typed) > _MOST_LINES:
        raise Refused(f"The text has more than {_MOST_LINES:,} lines. Load the guidance in parts.")
    for count, line in enumerate(typed, start=1):
        if len(line) > _LONGEST_LINE:
            raise Refused(
                f"Line {count} has {len(line):,} characters. A line holds one paragraph at most, and up to "
                f"{_LONGEST_LINE:,} are read. Break it where its paragraphs begin."
            )
    lines = [_plain(line) for line in typed]
    straight, sectioned = (_drafts(lines, sectioned=style) for style in (False, True))
    drafts, again = max(straight, sectioned, key=lambda found: len(found[0]))
    if not any(draft.number[0].isdigit() for draft in drafts):
        raise Refused(
            "No numbered paragraph was found. A paragraph begins its line with its number, such as “14. ” or "
            "“2.140 ”. Number them in the document, or type them into the table."
        )
    # A heading over one paragraph alone says what it is about.
    alone = Counter(draft.section for draft in drafts)
    joined = [line for line in lines if line]
    return FoundGuidance(
        paragraphs=tuple(_finished(draft, alone[draft.section] == 1) for draft in drafts),
        doubts=(*_gaps(drafts), *(f"Line {line}: {words}" for line, words in again)),
        version=next((found[1].rstrip(".") for line in joined if (found := _VERSION.fullmatch(line))), ""),
        version_date=next((day for line in joined if (day := _date(line)) is not None), None),
    )


def first_words(text: str, longest: int) -> str:
    """The text on one line, cut between two words where it is too long."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def _plain(line: str) -> str:
    """A line without the marks of Markdown, but for those of a heading."""
    line = _LINK.sub(r"\1", line.replace("\u00a0", " ").replace("\u200b", "").strip().lstrip("> "))
    line = _EMPHASIS.sub(lambda found: found[1] or found[2], line.replace("**", "").replace("__", ""))
    return _ESCAPED.sub(r"\1", line).strip()


def _drafts(lines: Sequence[str], *, sectioned: bool) -> tuple[list[_Draft], list[tuple[int, str]]]:
    """The paragraphs in one of the two ways of numbering, and the lines that look like more of them."""
    repeated = {line for line, times in Counter(lines).items() if times >= _REPEATED and _is_headingish(line)}
    drafts: list[_Draft] = []
    odd: list[tuple[int, str]] = []
    section, waiting, blank = NO_HEADING, list[str](), True
    for count, line in enumerate(lines, start=1):
        heading = _MARKED_HEADING.fullmatch(line)
        words = heading[1].rstrip(" #") if heading else line
        if not words or _passed_over(line, repeated):
            blank = True
        elif (annex := _ANNEX.fullmatch(words)) and (heading or blank) and _is_annex(annex, drafts):
            title = (annex[2] or annex[3] or "").strip()
            number = f"Annex {annex[1].upper()}"
            drafts.append(_Draft(number, title or number, count, heading=title))
            waiting = []
        elif (begun := _number(words, drafts, sectioned=sectioned)) is not None and not _in_annex(drafts):
            section = waiting[-1] if waiting else section
            drafts.append(_Draft(begun, section, count, text=[_after_number(words)]))
            waiting, blank = [], False
        elif heading:
            section, waiting, blank = _without_number(words), [], True
        elif (blank or waiting) and _is_headingish(words):
            waiting.append(_without_number(words))
        else:
            if drafts:
                drafts[-1].text += [*waiting, words]
            elif waiting:
                section = waiting[-1]
            waiting, blank = [], False
            if begun is not None:
                odd.append((count, f"“{first_words(words, 40)}” is taken for text of {drafts[-1].number}."))
            elif _starts_over(words, drafts, sectioned=sectioned):
                odd.append(
                    (count, f"“{first_words(words, 40)}” begins with a number that was there before it.")
                )
    return drafts, odd


def _passed_over(line: str, repeated: set[str]) -> bool:
    """Page numbers, lines of a list of contents, repeated lines of pages, versions and footnotes."""
    return (
        line[0] in _FOOTNOTE_MARK
        or bool(_FURNITURE.fullmatch(line))
        or _is_of_contents(line)
        or bool(_VERSION.fullmatch(line) or _VERSION_DATE.fullmatch(line))
        or line in repeated
    )


def _is_of_contents(line: str) -> bool:
    """Does a line end with the number of a page, after dots, a tab or a wide space?"""
    title = line.rstrip("0123456789")
    before = title[-8:]
    led = "\t" in before or before.endswith("   ") or before.rstrip().endswith("...")
    return 0 < len(line) - len(title) <= 4 and led


def _number(words: str, drafts: Sequence[_Draft], *, sectioned: bool) -> str | None:
    """The number of the paragraph that begins with this line, if one does."""
    found = _NUMBER.fullmatch(words)
    if not found or (found[1] is not None) is not sectioned:
        return None
    section, number = int(found[1] or 0), int(found[2])
    last_section, last = _last(drafts)
    if section == last_section:
        # Without a full stop it may be a number within a sentence, unless it is the next one.
        near = _LONGEST_GAP if sectioned or found[3] or found[4] else 1
        starts = not drafts and bool(sectioned or found[3] or found[4] or number == 1)
        fits = starts or last < number <= last + near
    else:
        fits = last_section < section and number <= _LONGEST_GAP
        fits = fits and (not last_section or section <= last_section + _LONGEST_GAP)
    return (f"{section}.{number}" if section else str(number)) if fits else None


def _in_annex(drafts: Sequence[_Draft]) -> bool:
    """What is numbered within an annex is a list of its own."""
    return bool(drafts) and drafts[-1].number.startswith("Annex")


def _last(drafts: Sequence[_Draft]) -> tuple[int, int]:
    for draft in reversed(drafts):
        if draft.number[0].isdigit():
            section, _, number = draft.number.rpartition(".")
            return int(section or 0), int(number)
    return 0, 0


def _after_number(words: str) -> str:
    found = _NUMBER.fullmatch(words)
    return found[5] if found else words


def _without_number(heading: str) -> str:
    """A heading without its own number: “2. Risk” is “Risk”."""
    return re.sub(r"^[0-9]+(?:\.[0-9]+)*[.):]?\s+", "", heading)


def _is_annex(annex: re.Match[str], drafts: Sequence[_Draft]) -> bool:
    """Does a line that begins “Annex A” begin the annex? Not in a list of contents, nor in a sentence."""
    words = (annex[2] or annex[3] or "").strip()
    known = {draft.number for draft in drafts}
    is_title = len(words) <= _LONGEST_HEADING and not words.endswith(_ENDS_A_SENTENCE)
    return bool(drafts) and is_title and f"Annex {annex[1].upper()}" not in known


def _is_headingish(words: str) -> bool:
    return (
        0 < len(words) <= _LONGEST_HEADING
        and not words.endswith((*_ENDS_A_SENTENCE, *_FOOTNOTE_MARK))
        and not _LISTED.match(words)
        and not _FORCE_MARK.search(words)
        and (words[0].isupper() or words[0].isdigit())
    )


def _starts_over(words: str, drafts: Sequence[_Draft], *, sectioned: bool) -> bool:
    """Does a line that is no paragraph begin with a number in the manner of one, from 1 again?"""
    found = _NUMBER.fullmatch(words)
    if not found or not drafts or not (found[3] or found[4]) or (found[1] is not None) is not sectioned:
        return False
    return int(found[2]) == 1


def _finished(draft: _Draft, is_alone: bool) -> FoundParagraph:
    text = " ".join(" ".join(draft.text).split())
    marks = {mark.lower() for found in _FORCE_MARK.finditer(text) for mark in found.groups() if mark}
    forces = tuple(force for force in (Force.LEGAL, Force.POLICY) if force.split()[0] in marks)
    text = " ".join(_FORCE_MARK.sub(" ", text).translate(dict.fromkeys(map(ord, _FOOTNOTE_MARK))).split())
    text = re.sub(r"\s+([.,;:])", r"\1", text)
    heading = draft.heading or (draft.section if is_alone and draft.section != NO_HEADING else "")
    sentence = _SENTENCE.match(text)
    return FoundParagraph(
        number=draft.number,
        section=first_words(draft.section, _LONGEST_HEADING),
        title=first_words(heading or text or draft.number, LONGEST_TITLE if heading else 50),
        summary=first_words(sentence[1] if sentence else text or heading or draft.number, LONGEST_SUMMARY),
        forces=forces or (Force.GUIDANCE,),
        line=draft.line,
    )


def _gaps(drafts: Sequence[_Draft]) -> list[str]:
    """Numbers that were left out, each said at the line of the paragraph after them."""
    gaps = []
    last_section, last = 0, 0
    for draft in drafts:
        if not draft.number[0].isdigit():
            continue
        section, number = _last([draft])
        before = last if section == last_section else 0
        if number > before + 1:
            prefix = f"{section}." if section else ""
            left_out = [f"{prefix}{one}" for one in (before + 1, number - 1)]
            words = " to ".join(dict.fromkeys(left_out))
            gaps.append(f"Line {draft.line}: before paragraph {draft.number}, {words} was not found.")
        last_section, last = section, number
    return gaps


def _date(line: str) -> date | None:
    found = _VERSION_DATE.fullmatch(line)
    if not found:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
