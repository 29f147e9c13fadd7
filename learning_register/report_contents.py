"""A report as data: all that it says, before anybody decides how it looks. Every format is made from it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sampling.refused import Refused

# What no XML file may hold, such as a form feed that came with a copied text.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Share:
    """A share or another ratio: its value, and the words that round it as it must be read."""

    value: float
    words: str


Cell = str | int | Share | date | None


@dataclass(frozen=True)
class Paragraph:
    """Sentences; `lead` are words before them that stand out."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Points:
    """A list without order."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Figures under their headings. The first cell of a row names it; `note` says how to read them.

    An empty table is shown as its caption and the sentence `empty`.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "There is nothing to show."

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"A row of “{self.caption}” has not as many cells as there are headings.")

    @property
    def are_numbers(self) -> tuple[bool, ...]:
        """Which columns are numbers, which stand to the right."""
        return tuple(
            any(isinstance(row[at], int | Share) for row in self.rows) for at in range(len(self.heads))
        )


@dataclass(frozen=True)
class Chart:
    """A chart as a Vega-Lite specification, what it shows in a sentence, and the table behind it."""

    spec: Mapping[str, Any]
    alt: str
    sentence: str
    table: Table


Block = Paragraph | Points | Table | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. Level 2 is a part of the report, level 3 a part of that."""

    heading: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True)
class ReportContents:
    """A whole report, of a period, as the books stood at a moment."""

    kind: str
    title: str
    office: str
    first_day: date
    last_day: date
    as_at: datetime
    is_demonstration: bool
    sections: tuple[Section, ...]
    audit: str  # by which the state of the books can be told

    @property
    def tables(self) -> list[Table]:
        """Every table, those behind charts among them, in their order."""
        blocks = [block for section in self.sections for block in section.blocks]
        of_blocks = [block.table if isinstance(block, Chart) else block for block in blocks]
        return [block for block in of_blocks if isinstance(block, Table)]


_BLOCKS: Final[Mapping[str, type[Block]]] = {
    "paragraph": Paragraph,
    "points": Points,
    "table": Table,
    "chart": Chart,
}


def words_of(cell: Cell) -> str:
    """What a cell says to a reader."""
    if cell is None:
        return ""
    if isinstance(cell, Share):
        return cell.words
    if isinstance(cell, date):
        return day_in_words(cell)
    return f"{cell:,}" if isinstance(cell, int) else cell


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def as_json(contents: ReportContents) -> dict[str, Any]:
    """The report as JSON keeps it, without characters that could not be printed."""
    plain = {name: value for name, value in vars(contents).items() if name != "sections"}
    kept = {
        **plain,
        **{name: plain[name].isoformat() for name in ("first_day", "last_day", "as_at")},
        "sections": [
            {
                "heading": section.heading,
                "level": section.level,
                "blocks": [_block_as_json(block) for block in section.blocks],
            }
            for section in contents.sections
        ],
    }
    printable: dict[str, Any] = _printable(kept)
    return printable


def from_json(kept: Mapping[str, Any]) -> ReportContents:
    """The report that JSON kept."""
    return ReportContents(
        **{name: kept[name] for name in ("kind", "title", "office", "is_demonstration", "audit")},
        first_day=date.fromisoformat(kept["first_day"]),
        last_day=date.fromisoformat(kept["last_day"]),
        as_at=datetime.fromisoformat(kept["as_at"]),
        sections=tuple(
            Section(
                section["heading"], tuple(_block_from(block) for block in section["blocks"]), section["level"]
            )
            for section in kept["sections"]
        ),
    )


def check_contents(contents: ReportContents) -> None:
    """Refuse a report whose headings leave a level out, or that has none: nobody could find their way."""
    levels = [section.level for section in contents.sections]
    before = [1, *levels]
    if not levels or any(
        level not in (2, 3) or level > last + 1 for last, level in zip(before, levels, strict=False)
    ):
        raise Refused("The report has no headings, or they are out of order. Make it again.")


def _block_as_json(block: Block) -> dict[str, Any]:
    kind = next(name for name, made in _BLOCKS.items() if type(block) is made)
    kept: dict[str, Any] = {"block": kind} | {
        field.name: getattr(block, field.name) for field in fields(block)
    }
    if isinstance(block, Table):
        kept["rows"] = [[_cell_as_json(cell) for cell in row] for row in block.rows]
    if isinstance(block, Chart):
        kept["table"] = _block_as_json(block.table)
    return kept


def _block_from(kept: Mapping[str, Any]) -> Block:
    values = {name: value for name, value in kept.items() if name != "block"}
    if kept["block"] == "points":
        values["items"] = tuple(kept["items"])
    if kept["block"] == "table":
        values["heads"] = tuple(kept["heads"])
        values["rows"] = tuple(tuple(_cell_from(cell) for cell in row) for row in kept["rows"])
    if kept["block"] == "chart":
        values["table"] = _block_from(kept["table"])
    return _BLOCKS[kept["block"]](**values)


def _cell_as_json(cell: Cell) -> Any:
    if isinstance(cell, Share):
        return {"share": cell.value, "words": cell.words}
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    return cell


def _cell_from(kept: Any) -> Cell:
    if isinstance(kept, Mapping):
        return Share(kept["share"], kept["words"]) if "share" in kept else date.fromisoformat(kept["day"])
    cell: Cell = kept
    return cell


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNPRINTABLE.sub("", value)
    if isinstance(value, Mapping):
        return {name: _printable(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_printable(each) for each in value]
    return value
