"""Lists of facts that a review may record of its case, such as the outcome of the assurance team's review.

A scorecard names the lists it asks for under `asks`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from sampling.refused import Refused
from scorecards.card_reading import refuse_unknown_fields, rows_in, text_in, toml_table

_KEY = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class FactValue:
    """One value of a list: the key that is kept, and the words that are shown."""

    key: str
    label: str


@dataclass(frozen=True)
class CaseFact:
    """A list of facts. `several`: a review may record more than one of its values."""

    key: str
    title: str
    several: bool
    values: tuple[FactValue, ...]


def shipped_case_facts() -> tuple[CaseFact, ...]:
    """The shipped lists: outcomes of the assurance team's review, and referral triggers."""
    return read_case_facts((files("scorecards") / "shipped" / "case-facts.toml").read_text("utf-8"))


def read_case_facts(text: str) -> tuple[CaseFact, ...]:
    """Which lists does this TOML text hold? Refused, naming the part, when one is not whole."""
    table = toml_table(text, what="The lists of case facts")
    refuse_unknown_fields(table, frozenset({"fact"}), where="The lists of case facts")
    rows = rows_in(table, "fact", where="The lists of case facts")
    facts = tuple(_read_fact(row, f"Fact entry {count}") for count, row in enumerate(rows, start=1))
    _refuse_repeats([fact.key for fact in facts], where="The lists of case facts")
    return facts


def _read_fact(row: Mapping[str, object], where: str) -> CaseFact:
    refuse_unknown_fields(row, frozenset({"key", "title", "several", "value"}), where=where)
    several = row.get("several")
    if not isinstance(several, bool):
        raise Refused(f"{where}: several must be true or false, without quotes.")
    values = tuple(
        _read_value(value, f"{where}, value {count}")
        for count, value in enumerate(rows_in(row, "value", where=where), start=1)
    )
    _refuse_repeats([value.key for value in values], where=where)
    return CaseFact(_key_in(row, where=where), text_in(row, "title", where=where), several, values)


def _read_value(row: Mapping[str, object], where: str) -> FactValue:
    refuse_unknown_fields(row, frozenset({"key", "label"}), where=where)
    return FactValue(_key_in(row, where=where), text_in(row, "label", where=where))


def _key_in(row: Mapping[str, object], *, where: str) -> str:
    key = text_in(row, "key", where=where)
    if not _KEY.fullmatch(key):
        raise Refused(f"{where}: the key “{key}” may hold only a to z, 0 to 9 and underscores. Change it.")
    return key


def _refuse_repeats(keys: list[str], *, where: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise Refused(f"{where}: the key “{key}” is there twice. Give each a key of its own.")
