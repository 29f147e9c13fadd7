"""Which kind of decision needs approval at which level, as rows that an office may change."""

import re
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from sampling.refused import Refused
from scorecards.card_reading import refuse_unknown_fields, rows_in, text_in, toml_table

_REFERENCE = re.compile(r"[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?")
_FIELDS = ("decision", "level", "reference")


class Level(StrEnum):
    """Who may approve, from the lowest up. Each may approve what those below may."""

    LINE_MANAGER = "line_manager"
    ASSISTANT_DIRECTOR = "assistant_director"
    HEAD = "head"
    DEPUTY = "deputy"
    OMBUDSMAN = "ombudsman"


@dataclass(frozen=True)
class ApprovalRow:
    """A kind of decision, the lowest level that approves it, and the paragraphs it rests on."""

    decision: str
    level: Level
    reference: str


def shipped_approval_levels() -> tuple[ApprovalRow, ...]:
    """The rows that come with the product, from the review and feedback guidance."""
    return read_approval_levels((files("scorecards") / "shipped" / "approval-levels.toml").read_text("utf-8"))


def read_approval_levels(text: str) -> tuple[ApprovalRow, ...]:
    """Which rows does this TOML text list? Refused, naming the entry, when one is not whole."""
    table = toml_table(text, what="The approval levels")
    refuse_unknown_fields(table, frozenset({"approval"}), where="The approval levels")
    rows: list[ApprovalRow] = []
    for count, entry in enumerate(rows_in(table, "approval", where="The approval levels"), start=1):
        where = f"Approval entry {count}"
        refuse_unknown_fields(entry, frozenset(_FIELDS), where=where)
        decision, level, reference = (text_in(entry, name, where=where) for name in _FIELDS)
        if level not in set(Level):
            raise Refused(f"{where}: level is “{level}”. Write one of {', '.join(Level)}.")
        if not _REFERENCE.fullmatch(reference):
            raise Refused(f'{where}: “{reference}” is not a paragraph. Write it such as "69" or "72-73".')
        if decision in {row.decision for row in rows}:
            raise Refused(f"{where}: “{decision}” is there twice. Keep one of the two.")
        rows.append(ApprovalRow(decision, Level(level), reference))
    return tuple(rows)
