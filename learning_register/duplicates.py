"""Which learning points may say already what somebody is about to log, shown before it is saved."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from learning_register.likeness import Compared, Likeness, likeness, may_be_like, telling_words
from learning_register.point_search import most_like
from learning_register.recording import Lesson
from learning_register.tables import LearningCitation, LearningCommitment, LearningPoint
from learning_register.visibility import may_see_point
from sampling.records.people import Person, Team
from sampling.records.retention import WORDS
from scorecards.tables import Review
from scorecards.visibility import team_of_case

_LOOKED_AT: Final = 300  # of the likest by their words, and of the newest that cite the same
_SHOWN: Final = 5
_WORDS: Final = 6


@dataclass(frozen=True)
class LikelyDuplicate:
    """A learning point that may say the same; `likeness` tells in what."""

    point_id: int
    description: str
    team: str | None
    logged_at: datetime
    likeness: Likeness


@dataclass(frozen=True)
class _Candidate:
    point_id: int
    description: str
    team_id: int | None
    team: str | None
    logged_at: datetime


def likely_duplicates(
    session: Session, person: Person, lesson: Lesson, *, team_id: int | None
) -> list[LikelyDuplicate]:
    """The learning points a person may see that are likely to say what this lesson says, the likest first."""
    references = {(citation.document, citation.reference) for citation in lesson.citations}
    mine = Compared(lesson.description, _places(references, lesson.commitments), team_id)
    return _alike(session, person, mine, references)


def likely_duplicates_of(session: Session, person: Person, point: LearningPoint) -> list[LikelyDuplicate]:
    """The other learning points a person may see that are likely to say what this one says."""
    references = {(row.document, row.reference) for row in point.citations}
    places = _places(references, [row.number for row in point.commitments])
    mine = Compared(point.description, places, point.team_id)
    return _alike(session, person, mine, references, but=point.id)


def team_reviewed(session: Session, review_id: int) -> int | None:
    """The team of a review's case as it was sampled, whose learning a point from it will be."""
    return session.scalar(select(team_of_case()).where(Review.id == review_id))


def _alike(
    session: Session,
    person: Person,
    mine: Compared,
    references: Collection[tuple[str, str]],
    *,
    but: int | None = None,
) -> list[LikelyDuplicate]:
    near = {
        one.point_id: one
        for condition in _shares_something(session, mine.description, references)
        for one in _candidates(session, person, condition)
        if one.point_id != but and may_be_like(mine.description, one.description)
    }
    places = _places_of(session, near)
    alike = [
        LikelyDuplicate(
            one.point_id,
            one.description,
            one.team,
            one.logged_at,
            likeness(mine, Compared(one.description, places[one.point_id], one.team_id)),
        )
        for one in near.values()
    ]
    likely = [one for one in alike if one.likeness.is_likely_duplicate]
    return sorted(likely, key=lambda one: (-one.likeness.words, -one.point_id))[:_SHOWN]


def _shares_something(
    session: Session, text: str, references: Collection[tuple[str, str]]
) -> Iterable[ColumnElement[bool]]:
    words = telling_words(text, most=_WORDS)
    if len(words) > 1:
        yield most_like(session, words, most=_LOOKED_AT)
    if words and references:
        cited = select(LearningCitation.learning_point_id).where(
            tuple_(LearningCitation.document, LearningCitation.reference).in_(sorted(references))
        )
        yield LearningPoint.id.in_(cited)


def _candidates(session: Session, person: Person, condition: ColumnElement[bool]) -> list[_Candidate]:
    rows = session.execute(
        select(
            LearningPoint.id,
            LearningPoint.description,
            LearningPoint.team_id,
            Team.name,
            LearningPoint.logged_at,
        )
        .outerjoin(Team, Team.id == LearningPoint.team_id)
        .where(condition, LearningPoint.description != WORDS, may_see_point(session, person))
        .order_by(LearningPoint.id.desc())
        .limit(_LOOKED_AT)
    )
    return [_Candidate(*row) for row in rows]


def _places_of(session: Session, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The paragraphs and commitments of points, each written one way."""
    references: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in session.execute(
        select(
            LearningCitation.learning_point_id, LearningCitation.document, LearningCitation.reference
        ).where(LearningCitation.learning_point_id.in_(ids))
    ):
        references[row[0]].append((row[1], row[2]))
    numbers: dict[int, list[int]] = defaultdict(list)
    for point_id, number in session.execute(
        select(LearningCommitment.learning_point_id, LearningCommitment.number).where(
            LearningCommitment.learning_point_id.in_(ids)
        )
    ):
        numbers[point_id].append(number)
    return {one: _places(references[one], numbers[one]) for one in ids}


def _places(references: Iterable[tuple[str, str]], commitments: Iterable[int]) -> frozenset[str]:
    cited = [f"{document} {reference}" for document, reference in references]
    return frozenset(cited + [f"commitment {number}" for number in commitments])
