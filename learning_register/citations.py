"""What a learning point rests on: references into policy documents, commitments, quality standards.

An office loads its own documents. What is shipped holds numbers, short titles and summaries only.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sampling.refused import Refused
from scorecards.card_reading import rows_in, text_in, toml_table, whole_number_in

_PARAGRAPHS = re.compile(r"(?:([1-9][0-9]{0,3})\.)?([1-9][0-9]{0,3})(?:-([1-9][0-9]{0,3}))?")
_ANNEX = re.compile(r"annex ([a-z])", re.IGNORECASE | re.ASCII)


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


@dataclass(frozen=True, order=True)
class Reference:
    """A paragraph, a range of paragraphs, or an annex. Made by `parse_reference`.

    The order of the fields is the order of references: no annex sorts before every annex, then
    sections and paragraphs by number. `section` is 0 where paragraphs are numbered straight through.
    """

    annex: str
    section: int
    first: int
    last: int

    def __str__(self) -> str:
        """The one way to write it: `14`, `2.140`, `3.40-41`, `Annex A`."""
        if self.annex:
            return f"Annex {self.annex}"
        start = f"{self.section}.{self.first}" if self.section else str(self.first)
        return start if self.last == self.first else f"{start}-{self.last}"

    def covers(self, number: str) -> bool:
        """Does this reference take in that paragraph, range or annex? Refused when it is none of them."""
        other = parse_reference(number)
        same_part = (self.annex, self.section) == (other.annex, other.section)
        return same_part and self.first <= other.first and other.last <= self.last


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

    @property
    def force(self) -> Force:
        """The most binding of its forces."""
        return next(force for force in Force if force in self.forces)


@dataclass(frozen=True)
class PolicyDocument:
    """A policy document in one version, as numbers, titles and summaries."""

    key: str
    title: str
    short_name: str
    version: str
    version_date: date
    paragraphs: tuple[PolicyParagraph, ...]

    def cited(self, reference: Reference) -> tuple[PolicyParagraph, ...]:
        """Which paragraphs does this reference take in? Empty when the document has none of them."""
        return tuple(paragraph for paragraph in self.paragraphs if reference.covers(paragraph.number))

    def contains(self, reference: Reference) -> bool:
        """Does every paragraph of this reference exist here?"""
        return len(self.cited(reference)) == reference.last - reference.first + 1


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


@dataclass(frozen=True)
class QualityStandard:
    """One of the quality and service standards."""

    number: int
    title: str
    summary: str


def parse_reference(text: str) -> Reference:
    """What does a typed reference point to? `14`, `2.140`, `3.40-41` or `Annex A`.

    Space around it, a dash typed for the hyphen, and capitals in "annex" make no difference.
    Everything else is refused, with an example of what would do.
    """
    typed = " ".join(text.replace("–", "-").split())
    annex = _ANNEX.fullmatch(typed)
    if annex:
        return Reference(annex=annex[1].upper(), section=0, first=0, last=0)
    paragraphs = _PARAGRAPHS.fullmatch(typed)
    if not paragraphs:
        raise Refused(
            f"“{typed}” is not a reference to a paragraph. Enter a number, a range in one section, "
            "or an annex, such as 14, 2.140, 3.40-41 or Annex A."
        )
    section, first, last = (int(part) if part else 0 for part in paragraphs.groups())
    if paragraphs[3] and last <= first:
        raise Refused(
            f"“{typed}” ends before it begins or where it begins. Enter a range from the lower paragraph "
            "to the higher one, such as 3.40-41, or one paragraph, such as 3.40."
        )
    return Reference(annex="", section=section, first=first, last=last or first)


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


def read_policy_document(text: str) -> PolicyDocument:
    """Which policy document does this TOML text describe? Refused, naming the part, when it is not whole."""
    where = "The policy document"
    table = toml_table(text, what=where)
    document = PolicyDocument(
        key=text_in(table, "key", where=where),
        title=text_in(table, "title", where=where),
        short_name=text_in(table, "short_name", where=where),
        version=text_in(table, "version", where=where),
        version_date=_date_in(table, "version_date", where=where),
        paragraphs=tuple(
            _read_paragraph(row, f"Paragraph entry {count}")
            for count, row in enumerate(rows_in(table, "paragraph", where=where), start=1)
        ),
    )
    _refuse_repeats([paragraph.number for paragraph in document.paragraphs], what="paragraph")
    return document


def read_commitments(text: str) -> tuple[Commitment, ...]:
    """Which commitments does this TOML text list? Refused, naming the entry, when one is not whole."""
    table = toml_table(text, what="The charter")
    commitments = tuple(
        Commitment(
            number=whole_number_in(row, "number", where=where),
            section=text_in(row, "section", where=where),
            summary=text_in(row, "summary", where=where),
            in_published_scores=_yes_or_no_in(row, "in_published_scores", where=where),
            number_inferred=_yes_or_no_in(row, "number_inferred", where=where),
        )
        for where, row in _entries(table, "commitment", what="The charter")
    )
    _refuse_repeats([commitment.number for commitment in commitments], what="commitment")
    return commitments


def read_quality_standards(text: str) -> tuple[QualityStandard, ...]:
    """Which quality standards does this TOML text list? Refused, naming the entry, when one is not whole."""
    table = toml_table(text, what="The quality standards")
    standards = tuple(
        QualityStandard(
            number=whole_number_in(row, "number", where=where),
            title=text_in(row, "title", where=where),
            summary=text_in(row, "summary", where=where),
        )
        for where, row in _entries(table, "standard", what="The quality standards")
    )
    _refuse_repeats([standard.number for standard in standards], what="standard")
    return standards


def _read_paragraph(row: Mapping[str, object], where: str) -> PolicyParagraph:
    number = text_in(row, "number", where=where)
    try:
        reference = parse_reference(number)
    except Refused as refused:
        raise Refused(f"{where}: {refused}") from refused
    if str(reference) != number or reference.first != reference.last:
        raise Refused(f"{where}: “{number}” must be one paragraph or annex, written such as 14 or Annex A.")
    listed = row.get("force")
    forces = listed if isinstance(listed, list) else [listed]
    if not forces or not set(map(str, forces)) <= set(Force):
        raise Refused(f"{where}: force must be one or more of “{'”, “'.join(Force)}”, in quotes.")
    return PolicyParagraph(
        number=number,
        section=text_in(row, "section", where=where),
        title=text_in(row, "title", where=where),
        summary=text_in(row, "summary", where=where),
        forces=tuple(Force(str(force)) for force in forces),
    )


def _entries(table: Mapping[str, object], name: str, *, what: str) -> list[tuple[str, Mapping[str, object]]]:
    rows = rows_in(table, name, where=what)
    return [(f"{name.capitalize()} entry {count}", row) for count, row in enumerate(rows, start=1)]


def _date_in(table: Mapping[str, object], name: str, *, where: str) -> date:
    value = table.get(name)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refused(
            f"{where}: {name} must be a date without quotes. Write for example {name} = 2023-08-01."
        )
    return value


def _yes_or_no_in(row: Mapping[str, object], name: str, *, where: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{where}: {name} must be true or false, without quotes.")
    return value


def _refuse_repeats(numbers: list[str] | list[int], *, what: str) -> None:
    seen: set[object] = set()
    for number in numbers:
        if number in seen:
            raise Refused(f"The {what} {number} is there twice. Keep one of the two.")
        seen.add(number)
