"""What a learning point rests on: references into policy documents, commitments, quality standards.

An office loads its own documents. What is shipped holds numbers, short titles and summaries only.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from sampling.refused import Refused

_PARAGRAPHS = re.compile(r"(?:([1-9][0-9]{0,3})\.)?([1-9][0-9]{0,3})(?:-([1-9][0-9]{0,3}))?")
_ANNEX = re.compile(r"annex ([a-z])", re.IGNORECASE | re.ASCII)
_HEADING = re.compile(r"""[“"]\s*([^“”"]*[^\W\d_][^“”"]*?)\s*[”"]""")
_LONGEST_HEADING = 200


class LearningKind(StrEnum):
    """Whom a learning point is for. Individual and organisational points are about what went wrong."""

    INDIVIDUAL = "individual"
    ORGANISATIONAL = "organisational"
    GOOD_PRACTICE = "good_practice"


class Force(StrEnum):
    """How binding a paragraph is."""

    LEGAL = "legal requirement"
    POLICY = "policy requirement"
    GUIDANCE = "guidance"


def forces_in(text: str) -> tuple[Force, ...]:
    """The forces of a paragraph that are kept as one text, the most binding first."""
    kept = text.split(", ")
    return tuple(force for force in Force if force in kept)


class Numbered(Protocol):
    """A paragraph as far as references go: its number, and the heading it stands under."""

    @property
    def number(self) -> str: ...
    @property
    def section(self) -> str: ...


P = TypeVar("P", bound=Numbered)


@dataclass(frozen=True, order=True)
class Reference:
    """A paragraph, a range of paragraphs, an annex, or a heading alone. Made by `parse_reference`.

    The order of the fields is the order of references: sections and paragraphs by number, then
    annexes, then headings. `section` is 0 where paragraphs are numbered straight through.
    """

    heading: str
    annex: str
    section: int
    first: int
    last: int

    def __str__(self) -> str:
        """The one way to write it: `14`, `2.140`, `3.40-41`, `Annex A`, `“Risk assessment”`."""
        if self.heading:
            return f"“{self.heading}”"
        if self.annex:
            return f"Annex {self.annex}"
        start = f"{self.section}.{self.first}" if self.section else str(self.first)
        return start if self.last == self.first else f"{start}-{self.last}"

    def covers(self, number: str) -> bool:
        """Does this reference take in that paragraph, range or annex? Refused when it is none of them."""
        other = parse_reference(number)
        return self._same_part(other) and self.first <= other.first and other.last <= self.last

    def touches(self, other: "Reference") -> bool:
        """Do the two have a paragraph in common? Of headings only the name is known, in capitals or not."""
        return self._same_part(other) and self.first <= other.last and other.first <= self.last

    def among(self, paragraphs: Iterable[P]) -> list[P]:
        """Which of these paragraphs does it take in? A heading takes in all that stand under it."""
        if self.heading:
            return [one for one in paragraphs if one.section.casefold() == self.heading.casefold()]
        return [one for one in paragraphs if self.covers(one.number)]

    def is_whole(self, paragraphs: Collection[Numbered]) -> bool:
        """Are these, which it takes in, all that it points to?"""
        return bool(paragraphs) if self.heading else len(paragraphs) == self.last - self.first + 1

    def _same_part(self, other: "Reference") -> bool:
        return (self.heading.casefold(), self.annex, self.section) == (
            other.heading.casefold(),
            other.annex,
            other.section,
        )


@dataclass(frozen=True)
class PolicyParagraph:
    """One numbered paragraph or annex: its number, a short title and one line of what it asks.

    `forces` has more than one member where a paragraph makes requirements of more than one kind.
    """

    number: str
    section: str
    title: str
    summary: str
    forces: tuple[Force, ...]


@dataclass(frozen=True)
class PolicyDocument:
    """A policy document in one version, as numbers, titles and summaries.

    `version_date` is None for a document that bears no date.
    """

    key: str
    title: str
    short_name: str
    version: str
    version_date: date | None
    paragraphs: tuple[PolicyParagraph, ...]


@dataclass(frozen=True)
class Commitment:
    """One commitment of the Service Charter.

    `number_inferred`: the number follows from the order, no published page shows it.
    """

    number: int
    section: str
    summary: str
    in_published_scores: bool
    number_inferred: bool


def parse_reference(text: str) -> Reference:
    """What does a typed reference point to? `14`, `2.140`, `3.40-41`, `Annex A`, or a heading in quotes.

    Space around it, a dash typed for the hyphen, and capitals in "annex" make no difference. A heading
    alone is told from a slip of the pen by its quotes, straight or curly. Everything else is refused,
    with an example of what would do.
    """
    typed = " ".join(text.split())
    heading = _HEADING.fullmatch(typed)
    if heading and len(heading[1]) <= _LONGEST_HEADING:
        return Reference(heading=heading[1], annex="", section=0, first=0, last=0)
    annex = _ANNEX.fullmatch(typed)
    if annex:
        return Reference(heading="", annex=annex[1].upper(), section=0, first=0, last=0)
    paragraphs = _PARAGRAPHS.fullmatch(typed.replace("–", "-"))
    if not paragraphs:
        raise Refused(
            f"“{typed}” is not a reference to a paragraph. Enter a number, a range in one section, an annex, "
            "or a heading in quotes, such as 14, 2.140, 3.40-41, Annex A or “Risk assessment”."
        )
    section, first, last = (int(part) if part else 0 for part in paragraphs.groups())
    if paragraphs[3] and last <= first:
        raise Refused(
            f"“{typed}” ends before it begins or where it begins. Enter a range from the lower paragraph "
            "to the higher one, such as 3.40-41, or one paragraph, such as 3.40."
        )
    return Reference(heading="", annex="", section=section, first=first, last=last or first)


def check_citations(
    kind: LearningKind, *, paragraphs: Collection[Reference], commitments: Collection[int], gap: bool
) -> None:
    """Refuse a learning point that does not say what it rests on.

    An individual point cites at least one paragraph and at least one commitment. An organisational
    point cites at least one paragraph, or is marked as a gap in the guidance. Good practice needs
    neither. `gap` matters to organisational points only. Source: review and feedback guidance 12.0,
    Annex A.
    """
    if kind == LearningKind.INDIVIDUAL and not paragraphs:
        raise Refused(
            "A learning point for an individual must name the paragraph that was not followed. "
            "Add at least one, such as 2.140."
        )
    if kind == LearningKind.INDIVIDUAL and not commitments:
        raise Refused(
            "A learning point for an individual must name the Service Charter commitment that was not kept. "
            "Add at least one, from 1 to 18."
        )
    if kind == LearningKind.ORGANISATIONAL and not paragraphs and not gap:
        raise Refused(
            "A learning point for the organisation must name a paragraph or say that the guidance has a gap. "
            "Add a paragraph, such as 2.140, or mark it as a gap."
        )
