"""Reading a scorecard from its TOML file.

Reading is strict, because a requirement that is silently dropped or misspelt changes every score after it.
"""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from sampling.refused import Refused
from scorecards.requirements import (
    COMMITMENTS,
    QUALITY_STANDARDS,
    CaseAttribute,
    Change,
    EvidenceRule,
    Kind,
    Requirement,
    Scorecard,
)

_KEY = re.compile(r"[a-z0-9-]+")
_SHARE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|[0-9]{1,9}/[1-9][0-9]{0,8}")
_CITATION = re.compile(r"([1-9][0-9]{0,3}\.)?[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?|Annex [A-Z]")

_CARD_TEXTS = ("title", "policy_document", "policy_version")
_REQUIREMENT_TEXTS = ("section", "text", "guidance", "met", "not_met", "not_applicable")
_CARD_FIELDS = frozenset(
    {"key", "title", "version", "policy_document", "policy_version", "method_share", "asks", "requirement"}
)
_REQUIREMENT_FIELDS = frozenset(
    {
        "key",
        "kind",
        "section",
        "text",
        "guidance",
        "met",
        "not_met",
        "not_applicable",
        "critical",
        "evidence",
        "applies_when",
        "change",
        "citations",
        "commitments",
        "quality_standards",
    }
)


def read_scorecard(text: str) -> Scorecard:
    """Which scorecard does this TOML text describe?

    Refused, naming the part of the file, the reason and the way out, when anything is missing,
    unknown, repeated or out of range. The order of the requirements is kept.
    """
    card = read_draft(text)
    missing = missing_in(card)
    if missing:
        raise Refused(missing[0])
    return card


def read_draft(text: str) -> Scorecard:
    """A scorecard as far as it has come: texts may be "", and requirements or their citations may lack.

    What is there is read as strictly as in a whole scorecard. `missing_in` says what it still needs.
    """
    table = toml_table(text, what="The scorecard")
    where = "The scorecard"
    refuse_unknown_fields(table, _CARD_FIELDS, where=where)
    card = Scorecard(
        key=_key_in(table, where=where),
        version=whole_number_in(table, "version", where=where),
        **{name: _text_in(table, name, where=where) for name in _CARD_TEXTS},
        method_share=_share_in(table, where=where),
        requirements=tuple(
            _read_requirement(row, number)
            for number, row in enumerate(
                rows_in(table, "requirement", where=where) if table.get("requirement", []) != [] else [],
                start=1,
            )
        ),
        asks=_texts_in(table, "asks", where=where) if "asks" in table else (),
    )
    first_seen: dict[str, int] = {}
    for number, requirement in enumerate(card.requirements, start=1):
        if requirement.key in first_seen:
            raise Refused(
                f"Requirement {number}: the key “{requirement.key}” is already used by requirement "
                f"{first_seen[requirement.key]}. Give each requirement a key of its own."
            )
        first_seen[requirement.key] = number
    return card


def missing_in(card: Scorecard) -> tuple[str, ...]:
    """What does a scorecard still need before it can be published? A sentence each, in its order."""
    where = "The scorecard"
    missing = [_is_empty(where, name) for name in _CARD_TEXTS if not getattr(card, name)]
    if not card.requirements:
        missing.append(f"{where}: it has no requirements. Add an outcome and a method requirement.")
    for kind in Kind if card.requirements else ():
        if not any(requirement.kind is kind for requirement in card.requirements):
            missing.append(
                f"{where}: it has no {kind} requirement, so it cannot say whether {kind} is met. Add one."
            )
    for number, requirement in enumerate(card.requirements, start=1):
        where = requirement_named(number, requirement.key)
        missing += [_is_empty(where, name) for name in ("section", "text") if not getattr(requirement, name)]
        if not requirement.citations:
            missing.append(
                f"{where}: it cites no paragraph. Every requirement rests on the policy: "
                "add the paragraphs, such as 14 or 2.140."
            )
    return tuple(missing)


def requirement_named(number: int, key: str) -> str:
    """How a sentence speaks of a requirement: its place on the card, counted from 1, and its key."""
    return f"Requirement {number} (“{key}”)"


def _is_empty(where: str, name: str) -> str:
    return f"{where}: {name.replace('_', ' ')} is missing or empty. Write it."


def _read_requirement(row: Mapping[str, object], number: int) -> Requirement:
    key = row.get("key")
    where = requirement_named(number, key) if isinstance(key, str) else f"Requirement {number}"
    refuse_unknown_fields(row, _REQUIREMENT_FIELDS, where=where)
    kind = text_in(row, "kind", where=where)
    if kind not in set(Kind):
        raise Refused(f"{where}: kind is “{kind}”. Write “outcome” or “method”.")
    return Requirement(
        key=_key_in(row, where=where),
        kind=Kind(kind),
        **{name: _text_in(row, name, where=where) for name in _REQUIREMENT_TEXTS},
        critical=_yes_or_no_in(row, "critical", where=where),
        evidence=_choice_in(row, "evidence", EvidenceRule, where=where) or EvidenceRule.ON_NOT_MET,
        applies_when=_applies_when_in(row, where=where),
        change=_choice_in(row, "change", Change, where=where),
        citations=_citations_in(row, where=where),
        commitments=_numbers_in(row, "commitments", COMMITMENTS, where=where),
        quality_standards=_numbers_in(row, "quality_standards", QUALITY_STANDARDS, where=where),
    )


def _text_in(table: Mapping[str, object], name: str, *, where: str) -> str:
    text = table.get(name, "")
    if not isinstance(text, str):
        raise Refused(f'{where}: {name} is not text. Write text in quotes: {name} = "…".')
    return text.strip()


def _yes_or_no_in(row: Mapping[str, object], name: str, *, where: str) -> bool:
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f"{where}: {name} is “{value}”. Write {name} = true or {name} = false.")
    return value


_C = TypeVar("_C", bound=StrEnum)


def _choice_in(row: Mapping[str, object], name: str, choices: type[_C], *, where: str) -> _C | None:
    value = row.get(name)
    if value is None:
        return None
    if value not in set(choices):
        listed = ", ".join(f"“{choice}”" for choice in choices)
        raise Refused(f"{where}: {name} is “{value}”. Write one of {listed}, or leave it out.")
    return choices(str(value))


def _applies_when_in(
    row: Mapping[str, object], *, where: str
) -> tuple[tuple[CaseAttribute, tuple[str, ...]], ...]:
    table = row.get("applies_when", {})
    if not isinstance(table, dict) or not set(table) <= set(CaseAttribute):
        raise Refused(
            f"{where}: applies_when may name {', '.join(CaseAttribute)} only. "
            'Write for example applies_when = { stage = ["Decision"] }.'
        )
    return tuple(
        (attribute, _texts_in(table, attribute, where=where))
        for attribute in CaseAttribute
        if attribute in table
    )


def _texts_in(table: Mapping[str, object], name: str, *, where: str) -> tuple[str, ...]:
    listed = table.get(name)
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(text, str) and text.strip() for text in listed)
    ):
        raise Refused(f'{where}: {name} must list texts in quotes. Write for example {name} = ["…"].')
    _refuse_repeats(listed, name, where=where)
    return tuple(text.strip() for text in listed)


def _key_in(table: Mapping[str, object], *, where: str) -> str:
    key = text_in(table, "key", where=where)
    if not _KEY.fullmatch(key):
        raise Refused(f"{where}: the key “{key}” may hold only a to z, 0 to 9 and hyphens. Change it.")
    return key


def _share_in(table: Mapping[str, object], *, where: str) -> Fraction:
    # Text, because a TOML number would arrive as a float, and 0.8 in floats is not four fifths.
    typed = table.get("method_share")
    if not isinstance(typed, str) or not _SHARE.fullmatch(typed) or not 0 < Fraction(typed) <= 1:
        raise Refused(
            f"{where}: method_share must be text for a number above 0 and up to 1. "
            'Write it in quotes, for example method_share = "0.8", "4/5" or "1".'
        )
    return Fraction(typed)


def _citations_in(row: Mapping[str, object], *, where: str) -> tuple[str, ...]:
    listed = row.get("citations", [])
    if not isinstance(listed, list):
        raise Refused(
            f"{where}: citations must be a list. "
            'Write the paragraphs in quotes, for example citations = ["14", "38"].'
        )
    for citation in listed:
        if not isinstance(citation, str) or not _CITATION.fullmatch(citation):
            raise Refused(
                f"{where}: “{citation}” is not a reference. "
                'Write paragraphs in quotes, such as "14", "2.140", "3.40-41" or "Annex A".'
            )
    _refuse_repeats(listed, "citations", where=where)
    return tuple(listed)


def _numbers_in(row: Mapping[str, object], name: str, allowed: range, *, where: str) -> tuple[int, ...]:
    listed = row.get(name)
    # type() rather than isinstance: in Python true is a whole number too.
    if not isinstance(listed, list) or any(type(n) is not int or n not in allowed for n in listed):
        raise Refused(
            f"{where}: {name} must be a list of whole numbers from {allowed[0]} to {allowed[-1]}. "
            f"Write for example {name} = [5], or {name} = [] when there are none."
        )
    _refuse_repeats(listed, name, where=where)
    return tuple(listed)


def _refuse_repeats(listed: list[object], name: str, *, where: str) -> None:
    if len(set(listed)) != len(listed):
        raise Refused(f"{where}: {name} names the same thing twice. Keep it once.")


# Reading fields out of TOML. The policy documents of the learning register are read with these too.

_LONGEST_TOML: Final = 2_000_000
# Python's reader keeps every beginning of a dotted key: a key of 100,000 parts takes all memory there is.
_MANY_DOTS: Final = re.compile(r"""(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){50}""")


def toml_table(text: str, *, what: str) -> Mapping[str, object]:
    """The TOML text as a table. Refused with line and column when it is not TOML, or is made to do harm."""
    if len(text) > _LONGEST_TOML or _MANY_DOTS.search(text):
        raise Refused(
            f"{what}: it is far larger or deeper than any that is read here. Keep to its own fields, and to "
            f"{_LONGEST_TOML:,} characters."
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{what}: it is not a TOML file. Correct it there: {error}.") from error
    except (RecursionError, ValueError) as error:  # lists in lists in lists, numbers of thousands of digits
        raise Refused(f"{what}: it cannot be read as TOML. Keep to the fields that are read here.") from error


def refuse_unknown_fields(table: Mapping[str, object], known: frozenset[str], *, where: str) -> None:
    """Refuse a table that has other fields than these: a misspelt one would be passed over."""
    unknown = sorted(set(table) - known)
    if unknown:
        raise Refused(
            f"{where}: “{unknown[0]}” is not a field that is read here. "
            f"Remove it or correct its spelling; the fields are {', '.join(sorted(known))}."
        )


def rows_in(table: Mapping[str, object], name: str, *, where: str) -> list[Mapping[str, object]]:
    """The [[name]] tables of a file, in order. Refused when there are none."""
    rows = table.get(name)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refused(f"{where}: it has no {name}s. Add at least one under the heading [[{name}]].")
    return rows


def text_in(table: Mapping[str, object], name: str, *, where: str) -> str:
    """A field of text without the space around it. Refused when it is missing, empty or not text."""
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f'{where}: {name} is missing or empty. Write text in quotes: {name} = "…".')
    return value.strip()


def whole_number_in(table: Mapping[str, object], name: str, *, where: str) -> int:
    """A whole number of 1 or more. Refused when it is missing or anything else."""
    value = table.get(name)
    if type(value) is not int or value < 1:
        raise Refused(f"{where}: {name} must be a whole number, 1 or more. Write for example {name} = 1.")
    return value
