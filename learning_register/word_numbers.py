"""The numbers that Word gives to paragraphs of its lists: they are not in the text of the file."""

from collections.abc import Sequence
from typing import Any

from docx.oxml.ns import qn
from docx.styles.style import BaseStyle
from docx.text.paragraph import Paragraph

_BULLET = "-"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LEVELS = 9


class WordNumbers:
    """Counts the lists of one document, asked paragraph by paragraph in its order."""

    def __init__(self, numbering: Any | None) -> None:
        """`numbering` is the root of the document's part on numbering, None where it has no lists."""
        found = () if numbering is None else numbering.iter(qn("w:abstractNum"))
        self._levels = {
            _value(one, "w:abstractNumId"): {
                int(_value(level, "w:ilvl")): level for level in one.iter(qn("w:lvl"))
            }
            for one in found
        }
        lists = () if numbering is None else numbering.iter(qn("w:num"))
        self._lists = {_value(one, "w:numId"): one for one in lists}
        self._counts: dict[str, list[int]] = {}
        self._begun: set[str] = set()

    def next(self, paragraph: Paragraph, styles: Sequence[BaseStyle]) -> str:
        """The number before this paragraph as Word shows it, "-" for a bullet, "" where it has none."""
        which, depth = self._place(paragraph, styles)
        one = self._lists.get(which)
        if one is None:
            return ""
        kind = _value(one.find(qn("w:abstractNumId")), "w:val")
        level = self._levels.get(kind, {}).get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(kind, [0] * _LEVELS)
        if which not in self._begun:
            self._begun.add(which)
            self._begin_again(one, counts)
        counts[depth] = counts[depth] + 1 if counts[depth] else self._start(kind, depth)
        counts[depth + 1 :] = [0] * (_LEVELS - depth - 1)
        if _format(level) == "bullet":
            return _BULLET
        shown = _child(level, "w:lvlText")
        for at in range(_LEVELS):
            if f"%{at + 1}" in shown:
                number = counts[at] or self._start(kind, at)
                shown = shown.replace(
                    f"%{at + 1}", _written(number, _format(self._levels[kind].get(at, level)))
                )
        return shown.strip()

    def _place(self, paragraph: Paragraph, styles: Sequence[BaseStyle]) -> tuple[str, int]:
        """Which list the paragraph is in, and how deep: as it says itself, or its style or one below that."""
        holders = [paragraph._p, *(style.element for style in styles)]
        which, depth = "", None
        for holder in holders:
            properties = holder.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if properties is None:
                continue
            depth = _child(properties, "w:ilvl") if depth is None and _child(properties, "w:ilvl") else depth
            which = which or _child(properties, "w:numId")
        return which, min(int(depth or 0), _LEVELS - 1)

    def _begin_again(self, one: Any, counts: list[int]) -> None:
        """A list that shares its kind with an earlier one goes on counting, unless it says where to begin."""
        for override in one.iter(qn("w:lvlOverride")):
            start = _child(override, "w:startOverride")
            if start:
                counts[int(_value(override, "w:ilvl"))] = int(start) - 1

    def _start(self, kind: str, depth: int) -> int:
        level = self._levels[kind].get(depth)
        return int(_child(level, "w:start") or 1) if level is not None else 1


def _value(element: Any, name: str) -> str:
    return str(element.get(qn(name), ""))


def _child(element: Any, name: str) -> str:
    """The value of a child element, "" where there is none."""
    found = element.find(qn(name))
    return "" if found is None else _value(found, "w:val")


def _format(level: Any) -> str:
    return _child(level, "w:numFmt") or "decimal"


def _written(number: int, style: str) -> str:
    if style == "none":
        return ""
    if style in {"upperLetter", "lowerLetter"}:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if style == "upperLetter" else letters
    if style in {"upperRoman", "lowerRoman"}:
        return _roman(number).upper() if style == "upperRoman" else _roman(number)
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written
