"""Policy documents as readers see them: their paragraphs, what cites each, and where each went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from learning_register.citations import PolicyDocument, Reference, forces_in, parse_reference
from learning_register.citations import PolicyParagraph as Paragraph
from learning_register.documents import newest_version
from learning_register.paragraph_moves import PlacedParagraph, families
from learning_register.tables import LearningCitation
from learning_register.tables_policy import CharterCommitment, ParagraphMove, PolicyParagraph, PolicyVersion
from sampling.records.people import Person


def paragraphs_of(session: Session, document: str) -> list[PolicyParagraph]:
    """The paragraphs of a document's newest version, in its order."""
    return list(
        session.scalars(
            select(PolicyParagraph)
            .where(PolicyParagraph.version_id == newest_version(document))
            .options(joinedload(PolicyParagraph.version))
            .order_by(PolicyParagraph.place)
        )
    )


def paragraphs_of_version(session: Session, document: str, version: str) -> list[PolicyParagraph]:
    """The paragraphs of that version, in its order; of the newest where that version is not loaded."""
    named = session.scalars(
        select(PolicyParagraph)
        .join(PolicyVersion, PolicyVersion.id == PolicyParagraph.version_id)
        .where(PolicyVersion.document == document, PolicyVersion.version == version)
        .options(joinedload(PolicyParagraph.version))
        .order_by(PolicyParagraph.place)
    ).all()
    return list(named) or paragraphs_of(session, document)


def charter_commitments(session: Session) -> list[CharterCommitment]:
    """The commitments of the Service Charter, by number."""
    return list(session.scalars(select(CharterCommitment).order_by(CharterCommitment.number)))


@dataclass(frozen=True)
class CitedPlace:
    """A place that learning cites, as the citations write it; the version is "" where none is loaded."""

    document: str
    version: str
    reference: str


def same_paragraphs(session: Session, document: str, reference: str) -> frozenset[tuple[str, str]]:
    """As which (document, reference) pairs may learning cite what this reference means, whatever the version?

    A number without a version means every paragraph that ever had it in that document: versions use
    numbers again, so two different ones may answer, and the version that each citation keeps tells
    them apart. Where the version is known, `same_places` gives that paragraph alone. The pairs hold
    the reference itself, the numbers that a person says its paragraphs had or got, the ranges and
    headings as cited that take one of them in, and the document's name as it was typed before it was loaded.
    """
    places = same_places(session, document, reference, version=None)
    return frozenset((place.document, place.reference) for place in places)


def same_places(
    session: Session, document: str, reference: str, *, version: str | None
) -> frozenset[CitedPlace]:
    """The places at which learning cites what this reference means in that version, or in any for None."""
    document = _key_of(session, document)
    paragraphs = placed_paragraphs(session, document)
    same = families(paragraphs, moves_of(session, document))
    wanted = parse_reference(reference)
    start = wanted.among(one for one in paragraphs if version in {None, one.version})
    found = {member for one in start for member in same[one.paragraph_id]}
    meant = [one for one in paragraphs if one.paragraph_id in found]
    cited = {place for place in cited_places(session, document) if _meets(place, wanted, meant)}
    itself = {CitedPlace(document, version or "", str(wanted))}
    return frozenset(itself | {CitedPlace(document, one.version, one.number) for one in meant} | cited)


def placed_paragraphs(session: Session, document: str) -> list[PlacedParagraph]:
    """The paragraphs of a document in all its versions."""
    rows = session.execute(
        select(
            PolicyParagraph.id,
            PolicyVersion.version,
            PolicyParagraph.number,
            PolicyParagraph.section,
            PolicyParagraph.title,
        )
        .join(PolicyVersion, PolicyVersion.id == PolicyParagraph.version_id)
        .where(PolicyVersion.document == document)
        .order_by(PolicyVersion.version_date.nulls_first(), PolicyVersion.id, PolicyParagraph.place)
    )
    return [PlacedParagraph(*row) for row in rows]


def moves_of(session: Session, document: str) -> list[tuple[int, int]]:
    """Where a person says that paragraphs of a document went: pairs of their ids, from and to."""
    rows = session.execute(
        select(ParagraphMove.from_id, ParagraphMove.to_id)
        .join(PolicyParagraph, PolicyParagraph.id == ParagraphMove.from_id)
        .join(PolicyVersion, PolicyVersion.id == PolicyParagraph.version_id)
        .where(PolicyVersion.document == document)
    )
    return [(row[0], row[1]) for row in rows]


def cited_places(session: Session, document: str) -> list[CitedPlace]:
    """Every place of a document at which any learning cites it, under whatever name it was typed."""
    names = names_of(session, document)
    rows = session.execute(
        select(LearningCitation.document, LearningCitation.version, LearningCitation.reference).distinct()
    )
    return [CitedPlace(*row) for row in rows if row[0].casefold() in names]


def _meets(place: CitedPlace, wanted: Reference, meant: Sequence[PlacedParagraph]) -> bool:
    """Does a citation take in one of the paragraphs meant? Without a version, by number or heading alone."""
    reference = parse_reference(place.reference)
    if place.version:
        return bool(reference.among(one for one in meant if one.version == place.version))
    return reference.touches(wanted) or bool(reference.among(meant))


def names_of(session: Session, document: str) -> set[str]:
    """The names that a document has or had: its key, and its titles and short names."""
    rows = session.execute(
        select(PolicyVersion.title, PolicyVersion.short_name).where(PolicyVersion.document == document)
    )
    return {document.casefold(), *(name.casefold() for row in rows for name in row)}


def _key_of(session: Session, name: str) -> str:
    """The key of the loaded document with that key, title or short name; the name itself where none has."""
    rows = session.execute(select(PolicyVersion.document, PolicyVersion.title, PolicyVersion.short_name))
    keys = {row[0] for row in rows if name.casefold() in {text.casefold() for text in row}}
    return name if name in keys or len(keys) != 1 else keys.pop()


@dataclass(frozen=True)
class LoadedVersion:
    """A version of a policy document that is loaded, and since when."""

    version_id: int
    document: str
    title: str
    short_name: str
    version: str
    version_date: date | None
    paragraphs: int
    loaded_at: datetime
    loaded_by: str


def loaded_versions(session: Session) -> list[LoadedVersion]:
    """Every version of every document, by title; of a document the newest first."""
    rows = session.execute(
        select(
            PolicyVersion.id,
            PolicyVersion.document,
            PolicyVersion.title,
            PolicyVersion.short_name,
            PolicyVersion.version,
            PolicyVersion.version_date,
            func.count(PolicyParagraph.id),
            PolicyVersion.loaded_at,
            Person.name,
        )
        .join(PolicyParagraph, PolicyParagraph.version_id == PolicyVersion.id)
        .join(Person, Person.id == PolicyVersion.loaded_by_id)
        .group_by(PolicyVersion.id, Person.name)
        .order_by(PolicyVersion.version_date.desc().nulls_last(), PolicyVersion.id.desc())
    )
    versions = [LoadedVersion(*row) for row in rows]
    titles: dict[str, str] = {}
    for one in versions:
        titles.setdefault(one.document, one.title)
    return sorted(versions, key=lambda one: (titles[one.document].casefold(), one.document))


@dataclass(frozen=True)
class MoveRow:
    """Where somebody says that a paragraph went."""

    from_id: int
    to_id: int
    was: str
    became: str
    said_by: str
    said_at: datetime


def moves_said(session: Session, document: str) -> list[MoveRow]:
    """Where people say that paragraphs of a document went, in its order."""
    placed = {one.paragraph_id: one for one in placed_paragraphs(session, document)}
    rows = session.execute(
        select(ParagraphMove.from_id, ParagraphMove.to_id, Person.name, ParagraphMove.said_at)
        .join(Person, Person.id == ParagraphMove.said_by_id)
        .where(ParagraphMove.from_id.in_(placed))
    )
    order = {paragraph_id: place for place, paragraph_id in enumerate(placed)}
    return [
        MoveRow(row[0], row[1], in_version(placed[row[0]]), in_version(placed[row[1]]), row[2], row[3])
        for row in sorted(rows, key=lambda row: (order[row[0]], order[row[1]]))
    ]


def in_version(paragraph: PlacedParagraph) -> str:
    """A paragraph in words: “40 of version 13.0: Time limits”."""
    return f"{paragraph.number} of version {paragraph.version}: {paragraph.title}"


def document_of(session: Session, version_id: int) -> PolicyDocument:
    """A loaded version as a document, to take away."""
    version = session.get_one(PolicyVersion, version_id)
    return PolicyDocument(
        key=version.document,
        title=version.title,
        short_name=version.short_name,
        version=version.version,
        version_date=version.version_date,
        paragraphs=tuple(
            Paragraph(
                number=row.number,
                section=row.section,
                title=row.title,
                summary=row.summary,
                forces=forces_in(row.force),
            )
            for row in version.paragraphs
        ),
    )


def paragraphs_to_place(
    session: Session, earlier_id: int, version_id: int, *, everything: bool
) -> list[tuple[PlacedParagraph, str | None]]:
    """The paragraphs of an earlier version that are not found in a later one yet, or all of them if asked.

    With each that is not found, what it may be there: the paragraph of the same number and heading.
    """
    earlier, version = session.get_one(PolicyVersion, earlier_id), session.get_one(PolicyVersion, version_id)
    placed = placed_paragraphs(session, version.document)
    there = {one.paragraph_id: one for one in placed if one.version == version.version}
    alike = {(one.number, one.section.casefold()): f"{one.number} {one.title}" for one in there.values()}
    same = families(placed, moves_of(session, version.document))
    return [
        (one, None if is_found else alike.get((one.number, one.section.casefold())))
        for one in placed
        if one.version == earlier.version
        for is_found in [not same[one.paragraph_id].isdisjoint(there)]
        if everything or not is_found
    ]


def places_in(session: Session, version_id: int) -> dict[str, int]:
    """The paragraphs of a version in words, “40 Time limits”, with their ids."""
    rows = session.execute(
        select(PolicyParagraph.number, PolicyParagraph.title, PolicyParagraph.id)
        .where(PolicyParagraph.version_id == version_id)
        .order_by(PolicyParagraph.place)
    )
    return {f"{row[0]} {row[1]}": row[2] for row in rows}
