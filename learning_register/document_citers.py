"""What rests on the paragraphs of a policy document: requirements of scorecards, and learning points."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from learning_register.citations import Force, LearningKind, forces_in, parse_reference
from learning_register.document_queries import (
    CitedPlace,
    moves_of,
    names_of,
    placed_paragraphs,
    same_places,
)
from learning_register.paragraph_moves import PlacedParagraph, families
from learning_register.tables import LearningCitation, LearningPoint
from learning_register.tables_policy import PolicyParagraph, PolicyVersion
from learning_register.visibility import may_see_point
from sampling.records.people import Person
from scorecards.cards import published_scorecards, scorecard_from
from scorecards.tables import Review, ScorecardVersion


@dataclass(frozen=True)
class ParagraphRow:
    """A paragraph of a version as a reader sees it, with what rests on it.

    `same_in` are its numbers in other versions. `points` counts the learning points that this reader
    may see and that cite it, in this version or as what it was or became in others.
    """

    paragraph_id: int
    number: str
    section: str
    title: str
    summary: str
    forces: tuple[Force, ...]
    requirements: tuple[str, ...]
    points: int
    same_in: tuple[str, ...]


@dataclass(frozen=True)
class CitingPoint:
    """A learning point that cites a paragraph, and as what: the version and number it was made under."""

    point_id: int
    kind: LearningKind
    logged_at: datetime
    description: str
    cited_as: str


def paragraph_rows(session: Session, person: Person, version_id: int) -> list[ParagraphRow]:
    """The paragraphs of a version in its order, with what cites each."""
    version = session.get_one(PolicyVersion, version_id)
    paragraphs = session.scalars(
        select(PolicyParagraph)
        .where(PolicyParagraph.version_id == version_id)
        .order_by(PolicyParagraph.place)
    ).all()
    everywhere = placed_paragraphs(session, version.document)
    placed = {one.paragraph_id: one for one in everywhere}
    same = families(everywhere, moves_of(session, version.document))
    asked = _requirements(session, version, paragraphs)
    points = _points(
        session, person, version.document, everywhere, {row.id: same[row.id] for row in paragraphs}
    )
    return [
        ParagraphRow(
            paragraph_id=row.id,
            number=row.number,
            section=row.section,
            title=row.title,
            summary=row.summary,
            forces=forces_in(row.force),
            requirements=tuple(asked[row.id]),
            points=points[row.id],
            same_in=tuple(
                f"{placed[member].number} of version {placed[member].version}"
                for member in sorted(same[row.id] - {row.id})
            ),
        )
        for row in paragraphs
    ]


def citing_points(session: Session, person: Person, paragraph_id: int) -> list[CitingPoint]:
    """The learning points that cite a paragraph, under whatever version and number, newest first."""
    paragraph = session.get_one(PolicyParagraph, paragraph_id)
    version = paragraph.version
    places = same_places(session, version.document, paragraph.number, version=version.version)
    rows = session.execute(
        select(
            LearningPoint.id,
            LearningPoint.kind,
            LearningPoint.logged_at,
            LearningPoint.description,
            LearningCitation.version,
            LearningCitation.reference,
        )
        .join(LearningCitation, LearningCitation.learning_point_id == LearningPoint.id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .where(
            _is_at(places),
            may_see_point(session, person),
        )
        .order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc())
    )
    return [
        CitingPoint(
            point_id=row.id,
            kind=LearningKind(row.kind),
            logged_at=row.logged_at,
            description=row.description,
            cited_as=f"{row.reference} of version {row.version}" if row.version else row.reference,
        )
        for row in rows
    ]


def _requirements(
    session: Session, version: PolicyVersion, paragraphs: Sequence[PolicyParagraph]
) -> dict[int, list[str]]:
    """For each paragraph, the requirements that name it, on the newest published version of each card."""
    asked = defaultdict[int, list[str]](list)
    newest: dict[str, ScorecardVersion] = {}
    for kept in sorted(published_scorecards(session), key=lambda kept: kept.version):
        newest[kept.key] = kept
    for kept in newest.values():
        card = scorecard_from(kept.definition)
        if (card.policy_document, card.policy_version) != (version.document, version.version):
            continue
        for requirement in card.requirements:
            references = [parse_reference(citation) for citation in requirement.citations]
            for row in dict.fromkeys(row for reference in references for row in reference.among(paragraphs)):
                asked[row.id].append(f"{card.title}: {requirement.text}")
    return asked


def _points(
    session: Session,
    person: Person,
    document: str,
    paragraphs: Sequence[PlacedParagraph],
    wanted: Mapping[int, frozenset[int]],
) -> dict[int, int]:
    """How many learning points cite each paragraph wanted, or one of those that are the same as it?"""
    at = _visible_at(session, person, document)
    met_by = defaultdict[int, set[CitedPlace]](set)
    for place in at:
        reachable = [one for one in paragraphs if place.version in {"", one.version}]
        for one in parse_reference(place.reference).among(reachable):
            met_by[one.paragraph_id].add(place)
    places = {
        one: set[CitedPlace]().union(*(met_by[member] for member in same)) for one, same in wanted.items()
    }
    # A point cites a place once, so places that differ in the version alone share no point. Others may.
    shared = [
        found for found in places.values() if len({(place.document, place.reference) for place in found}) > 1
    ]
    cited_by = _points_at(session, person, set[CitedPlace]().union(*shared))
    return {
        one: len(set[int]().union(*(cited_by[place] for place in found)))
        if found in shared
        else sum(at[place] for place in found)
        for one, found in places.items()
    }


def _visible_at(session: Session, person: Person, document: str) -> dict[CitedPlace, int]:
    """How many learning points that a person may see cite each place of a document."""
    names = names_of(session, document)
    rows = session.execute(
        _visible(session, person, func.count()).group_by(
            LearningCitation.document, LearningCitation.version, LearningCitation.reference
        )
    )
    return {CitedPlace(*row[:3]): row[3] for row in rows if row[0].casefold() in names}


def _points_at(
    session: Session, person: Person, places: Collection[CitedPlace]
) -> dict[CitedPlace, set[int]]:
    """The learning points that a person may see at each of some places."""
    points = defaultdict[CitedPlace, set[int]](set)
    for row in session.execute(_visible(session, person, LearningPoint.id).where(_is_at(places))):
        points[CitedPlace(*row[:3])].add(row[3])
    return points


def _visible(
    session: Session, person: Person, value: ColumnElement[int] | InstrumentedAttribute[int]
) -> Select[str, str, str, int]:
    return (
        select(LearningCitation.document, LearningCitation.version, LearningCitation.reference, value)
        .join(LearningPoint, LearningPoint.id == LearningCitation.learning_point_id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .where(may_see_point(session, person))
    )


def _is_at(places: Collection[CitedPlace]) -> ColumnElement[bool]:
    named = [(place.document, place.version, place.reference) for place in places]
    return and_(
        # The index is on these two.
        LearningCitation.document.in_({place.document for place in places}),
        LearningCitation.reference.in_({place.reference for place in places}),
        tuple_(LearningCitation.document, LearningCitation.version, LearningCitation.reference).in_(named),
    )
