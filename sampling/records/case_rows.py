"""From the cells of an extract to cases, row by row: what is accepted, what is refused and why."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sampling.records.case_mapping import (
    DATE_FIELDS,
    FIELDS,
    Mapping,
    check_mapping,
    columns_used,
)
from sampling.records.case_table import Cell, Table
from sampling.refused import Refused

# The same zone as database.OFFICE_TIME, which a rule file must not import.
OFFICE_TIME: Final = ZoneInfo("Europe/London")

# What the recipe of a draw accepts as a reference.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_EARLIEST: Final = date(1900, 1, 1)  # an empty date of Excel shows as a day before this
_EXAMPLE: Final = datetime(2007, 3, 27, 14, 5, tzinfo=OFFICE_TIME)
_TEXT_FIELDS: Final = tuple(name for name in FIELDS if name not in ("reference", "state", *DATE_FIELDS))


class ParsedCase(NamedTuple):
    """A case as an extract tells it. `row` is the row's number in the file."""

    row: int
    reference: str
    state: str
    team: str | None
    caseworker: str | None
    decided_by: str | None
    approved_by: str | None
    received_on: date | None
    allocated_on: date | None
    closed_on: date | None
    case_type: str | None
    stage: str | None
    outcome: str | None
    risk: str | None
    system_id: str | None
    attributes: dict[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    """One thing wrong with one row; `row` is its number as the person sees it in the file."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class ParsedExtract:
    """The cases of an extract, and what was not taken in.

    `told` are the fields the mapping speaks of; an import leaves the others as they were.
    `team_name` is the one team of a file without a team column. `refused_references` are the
    references (in capitals) of refused rows: their cases are in the file and have not vanished.
    """

    rows: list[ParsedCase]
    refusals: list[RefusedRow]
    dropped_columns: tuple[str, ...]
    notes: tuple[str, ...]
    told: tuple[str, ...]
    team_name: str | None
    refused_references: frozenset[str]

    @property
    def rows_refused(self) -> int:
        """How many rows were refused (one row may be refused for several reasons)."""
        return len({refusal.row for refusal in self.refusals})


def parse_cases(table: Table, mapping: Mapping, *, as_at: datetime) -> ParsedExtract:
    """The cases in a table as they stood at `as_at`; every row that is not accepted is named.

    Times in the file, and an `as_at` without a zone, are the office's local time. Refuses the
    whole when the mapping does not fit the table.
    """
    check_mapping(mapping, table.columns)
    used = columns_used(mapping)
    reader = _Reader(table, mapping, as_at)
    rows: list[ParsedCase] = []
    refused_references: set[str] = set()
    first_rows: dict[str, int] = {}
    blank_rows = 0
    for number, cells in enumerate(table.rows, table.header_row + 1):
        if not any(cell is not None for cell in cells):
            blank_rows += 1
            continue
        before = len(reader.refusals)
        reference = reader.reference(number, cells)
        if reference is not None:
            first = first_rows.setdefault(reference.upper(), number)
            if first != number:
                reason = f"This reference is already in row {first:,}. Keep one row per case."
                reader.refuse(number, mapping.reference, reference, reason)
        case = reader.case(number, reference or "", cells)
        if len(reader.refusals) == before:
            rows.append(case)
        elif reference is not None:
            refused_references.add(reference.upper())
    notes = [*table.notes, mapping.note, *reader.notes(), *_notes(rows, blank_rows, used)]
    told = [*used, *(name for name in ("team", "case_type") if getattr(mapping, f"{name}_name"))]
    return ParsedExtract(
        rows=rows,
        refusals=reader.refusals,
        dropped_columns=tuple(
            name for name in table.columns if name not in used.values() and name not in mapping.attributes
        ),
        notes=tuple(note for note in notes if note),
        told=(*told, "attributes"),
        team_name=mapping.team_name,
        refused_references=frozenset(refused_references),
    )


def _notes(rows: list[ParsedCase], blank_rows: int, used: dict[str, str]) -> Iterable[str]:
    closed = [row for row in rows if row.state == "closed"]
    undated = sum(row.closed_on is None for row in closed)
    if undated and "closed_on" not in used:
        yield (
            f"No column is chosen for the closing date, so the {undated:,} closed cases have none "
            "and enter no period's frame."
        )
    elif undated:
        yield f"Closed cases without a closing date, which enter no period's frame: {undated:,}."
    if reopened := sum(row.state == "open" and row.closed_on is not None for row in rows):
        yield f"Open cases with a closing date (reopened, perhaps), kept as they are: {reopened:,}."
    if blank_rows:
        yield f"Blank rows that were passed over: {blank_rows:,}."


class _Reader:
    """Reads the cells of one row after another and gathers what is wrong with them."""

    def __init__(self, table: Table, mapping: Mapping, as_at: datetime) -> None:
        self.refusals: list[RefusedRow] = []
        self._mapping = mapping
        self._as_at = _local(as_at)
        self._missing = {text.strip().casefold() for text in mapping.missing} | {""}
        places = {name: at for at, name in enumerate(table.columns)}
        self._place = {name: places[column] for name, column in columns_used(mapping).items()}
        self._column = columns_used(mapping)
        self._attributes = [(name, places[column]) for column, name in mapping.attributes.items()]
        # A value is looked at once, however many rows have it.
        self._dates: dict[tuple[str, Cell], date | str | None] = {}
        self._texts: dict[Cell, str | None] = {}
        self._whole_numbers: list[int] = []
        self._check_formats(table)

    def refuse(self, number: int, column: str, value: Cell, reason: str) -> None:
        self.refusals.append(RefusedRow(number, column, as_text(value), reason))

    def reference(self, number: int, cells: tuple[Cell, ...]) -> str | None:
        value = cells[self._place["reference"]]
        column = self._mapping.reference
        if self._text(value) is None:
            self.refuse(number, column, value, "The reference is missing.")
            return None
        if type(value) is int and value >= 0:
            self._whole_numbers.append(value)
            return str(value)
        if isinstance(value, str):
            if _REFERENCE.fullmatch(value):
                return value
            reason = (
                "The reference has spaces around it."
                if value != value.strip()
                else (
                    "A reference has letters, digits and . _ / - only, begins with a letter or digit, "
                    "and has at most 64 characters."
                )
            )
        elif isinstance(value, date):
            reason = "This is a date, not a reference. Format the column as text in Excel."
        else:
            reason = "This is not a whole number of at most 15 digits. Format the column as text in Excel."
        self.refuse(number, column, value, reason)
        return None

    def case(self, number: int, reference: str, cells: tuple[Cell, ...]) -> ParsedCase:
        texts = {name: self._text(cells[self._place[name]]) for name in _TEXT_FIELDS if name in self._place}
        received, allocated, closed = (self._date(number, name, cells) for name in DATE_FIELDS)
        if received is not None and closed is not None and closed < received:
            value = cells[self._place["closed_on"]]
            reason = f"The case was closed before it was received ({_words(received)})."
            self.refuse(number, self._column["closed_on"], value, reason)
        return ParsedCase(
            row=number,
            reference=reference,
            state=self._state(number, cells),
            team=texts.get("team", self._mapping.team_name),
            caseworker=texts.get("caseworker"),
            decided_by=texts.get("decided_by"),
            approved_by=texts.get("approved_by"),
            received_on=received,
            allocated_on=allocated,
            closed_on=closed,
            case_type=texts.get("case_type", self._mapping.case_type_name),
            stage=texts.get("stage"),
            outcome=texts.get("outcome"),
            risk=texts.get("risk"),
            system_id=texts.get("system_id"),
            attributes={name: self._attribute(cells[at]) for name, at in self._attributes},
        )

    def notes(self) -> Iterable[str]:
        if self._whole_numbers:
            yield (
                f"{len(self._whole_numbers):,} references are whole numbers in Excel and were kept as text, "
                f"such as {self._whole_numbers[0]}. Leading zeros, had there been any, were lost before."
            )

    def _state(self, number: int, cells: tuple[Cell, ...]) -> str:
        value = cells[self._place["state"]]
        text = as_text(value)
        state = self._mapping.states.get(text)
        if state is None:
            missing = self._text(value) is None
            reason = "The state is missing." if missing else "The mapping does not say what this state means."
            self.refuse(number, self._mapping.state, value, reason)
            return ""
        return state

    def _text(self, value: Cell) -> str | None:
        if value not in self._texts:
            text = as_text(value)
            self._texts[value] = None if text.strip().casefold() in self._missing else text
        return self._texts[value]

    def _attribute(self, value: Cell) -> Any:
        """What is kept of a further column: numbers stay numbers, dates become ISO text."""
        if type(value) is int or type(value) is float:
            return value
        return self._text(value)

    def _date(self, number: int, name: str, cells: tuple[Cell, ...]) -> date | None:
        if name not in self._place:
            return None
        value = cells[self._place[name]]
        key = (name, value)
        if key not in self._dates:
            self._dates[key] = self._read_date(name, value)
        found = self._dates[key]
        if isinstance(found, str):
            self.refuse(number, self._column[name], value, found)
            return None
        return found

    def _read_date(self, name: str, value: Cell) -> date | str | None:
        """The date in a cell, None where it is missing, or the reason why it is refused."""
        if self._text(value) is None:
            return None
        if isinstance(value, datetime):
            moment = _local(value)
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001  (local, as the file's times are)
        elif isinstance(value, str):
            read = read_moment(value, self._mapping.date_formats.get(name))
            if isinstance(read, str):
                return read
            moment = read
        else:
            return "This is a number, not a date. Format the column as a date in Excel."
        if moment.date() < _EARLIEST:
            return "The date is impossible: it is before 1900."
        if moment > self._as_at:
            return (
                f"The date is after {_words(self._as_at)} at {self._as_at:%H:%M}, when the extract was made."
            )
        return moment.date()

    def _check_formats(self, table: Table) -> None:
        """Refuse the whole, not every row, when a date column is all text and no format is chosen."""
        for name in DATE_FIELDS:
            if name in self._place and name not in self._mapping.date_formats:
                at = self._place[name]
                known = [row[at] for row in table.rows if self._text(row[at]) is not None]
                if known and all(isinstance(value, str) for value in known):
                    raise Refused(
                        f"The dates in “{self._column[name]}” are text, such as “{known[0]}”, and no date "
                        "format is chosen for them. Choose the format in which they are written."
                    )


def read_moment(text: str, form: str | None) -> datetime | str:
    """The local moment written in a text, without a zone, or the reason why it cannot be read."""
    if form is None:
        return "This is text where the other rows have Excel dates, and no date format is chosen for it."
    try:
        return _local(datetime.strptime(text, form))  # noqa: DTZ007  (the zone, where one is written, is kept)
    except ValueError as problem:
        if "does not match" in str(problem) or "unconverted" in str(problem):
            return f"The date is not in the form chosen for this column, such as {_EXAMPLE.strftime(form)}."
        return "There is no such day."
    except OverflowError:
        return "There is no such day."


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(OFFICE_TIME).replace(tzinfo=None)


def as_text(value: Cell) -> str:
    """A cell as text: blank as "", dates in ISO form."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat() if isinstance(value, date) else str(value)


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
