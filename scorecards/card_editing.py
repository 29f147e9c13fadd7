"""Changing a scorecard that is being drafted: requirements added, removed, moved, and their fields.

Outcome requirements stand before method requirements, as a review numbers them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sampling.refused import Refused
from scorecards.requirements import CaseAttribute, Kind, Requirement, Scorecard

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%?")


def key_from(text: str) -> str:
    """The key that words make: “Right remedy” gives right-remedy. Refused when nothing is left."""
    key = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not key:
        raise Refused(f"“{text}” makes no key. Write at least one letter from a to z or a number.")
    return key


def blank_card(title: str) -> Scorecard:
    """A scorecard with nothing on it but a title, from which its key comes. All method requirements count."""
    return Scorecard(
        key=key_from(title),
        title=title.strip(),
        version=1,
        policy_document="",
        policy_version="",
        method_share=Fraction(1),
        requirements=(),
    )


def begun_from(card: Scorecard, *, title: str = "") -> Scorecard:
    """A published card to change; with a title of its own it becomes another scorecard, with another key.

    What it said of its own changes was about the version before it, and is left out.
    """
    unmarked = tuple(replace(requirement, change=None) for requirement in card.requirements)
    card = replace(card, requirements=unmarked)
    return replace(card, key=key_from(title), title=title.strip()) if title.strip() else card


def with_requirement(card: Scorecard, kind: Kind) -> Scorecard:
    """The card with one more requirement of a kind, the last of it and still empty."""
    taken = {requirement.key for requirement in card.requirements}
    number = len(taken) + 1
    while f"requirement-{number}" in taken:
        number += 1
    sections = [requirement.section for requirement in card.requirements if requirement.kind is kind]
    added = Requirement(
        key=f"requirement-{number}",
        kind=kind,
        section=sections[-1] if sections else "",
        text="",
        guidance="",
        citations=(),
        commitments=(),
        quality_standards=(),
    )
    return _in_order(card, [*card.requirements, added])


def without_requirement(card: Scorecard, key: str) -> Scorecard:
    """The card without a requirement."""
    gone = _one(card, key)
    return replace(card, requirements=tuple(one for one in card.requirements if one is not gone))


def moved(card: Scorecard, key: str, *, up: bool) -> Scorecard:
    """The card with a requirement one place earlier or later among those of its kind; the ends stay."""
    requirement = _one(card, key)
    rows = [one for one in card.requirements if one.kind is requirement.kind]
    place = rows.index(requirement)
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    return _in_order(card, [*(one for one in card.requirements if one.kind is not requirement.kind), *rows])


def check_still(card: Scorecard, requirement_key: str, name: str, shown: Any) -> None:
    """Refuse to change a field that somebody else has changed since it was shown."""
    stored = getattr(_one(card, requirement_key), name)
    if stored != shown:
        words = f" It reads now: “{stored}”." if isinstance(stored, str) else ""
        raise Refused(
            f"Somebody else has changed this field since it was shown here.{words} What you gave is not "
            "kept; what you typed is still in the field. Change it there once more, and it replaces that."
        )


def with_fields(card: Scorecard, requirement_key: str, **changes: Any) -> Scorecard:
    """The card with other values in fields of one requirement. A key that another one has is refused."""
    requirement = _one(card, requirement_key)
    new_key = changes.get("key", requirement_key)
    if new_key != requirement_key and any(one.key == new_key for one in card.requirements):
        raise Refused(f"Another requirement has the key “{new_key}”. Give each a key of its own.")
    changed = replace(requirement, **changes)
    return _in_order(card, [changed if one is requirement else one for one in card.requirements])


def asked_only_of(
    card: Scorecard, requirement_key: str, attribute: CaseAttribute, values: Sequence[str]
) -> Scorecard:
    """The card with a requirement that is asked of cases with one of these values; of all with none."""
    held = {**dict(_one(card, requirement_key).applies_when), attribute: tuple(values)}
    return with_fields(
        card,
        requirement_key,
        applies_when=tuple((name, held[name]) for name in CaseAttribute if held.get(name)),
    )


def share_of_percent(text: str) -> Fraction:
    """The share that somebody typed in percent: “80” or “66.7 %”, above 0 and up to 100. Exact."""
    typed = _PERCENT.fullmatch(text.strip())
    share = Fraction(typed[1]) / 100 if typed else Fraction(0)
    if not 0 < share <= 1:
        raise Refused(f"“{text}” is not a share in percent. Type a number above 0 and up to 100, such as 80.")
    return share


def _one(card: Scorecard, key: str) -> Requirement:
    for requirement in card.requirements:
        if requirement.key == key:
            return requirement
    raise Refused(
        f"The draft no longer has the requirement “{key}”: somebody else removed it or gave it another key. "
        "Reload the page."
    )


def _in_order(card: Scorecard, requirements: list[Requirement]) -> Scorecard:
    return replace(card, requirements=tuple(sorted(requirements, key=lambda one: list(Kind).index(one.kind))))
