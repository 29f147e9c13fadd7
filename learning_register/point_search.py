"""Finding learning points: by any field, and in full text with what the database has for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    column,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.document_queries import same_paragraphs
from learning_register.recording import RecurrenceRisk
from learning_register.tables import LearningCitation, LearningCommitment, LearningPoint, Source
from learning_register.tables_actions import FollowUpAction
from sampling.records.cases import Case
from sampling.records.database import OFFICE_TIME
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase
from scorecards.requirements import Severity
from scorecards.tables import Review

NOBODY: Final = 0  # in place of a team, person or root cause: the points that have none


@dataclass(frozen=True)
class PointFilters:
    """Which learning points are wanted. What is None or empty says nothing; all that is said must hold.

    `words` are looked for in what was learned; those in quotation marks stand together. A paragraph is that
    of a document in any version, and what became of it in another; a range that takes it in counts.
    """

    words: str = ""
    kind: LearningKind | None = None
    source: Source | None = None
    team_id: int | None = None
    document: str | None = None
    paragraph: str | None = None
    commitment: int | None = None
    root_cause_id: int | None = None
    severity: Severity | None = None
    recurrence_risk: RecurrenceRisk | None = None
    is_gap: bool | None = None
    is_verified: bool | None = None
    fed_back: bool | None = None
    acknowledged: bool | None = None
    may_be_published: bool | None = None
    has_action: bool | None = None
    logged_by_id: int | None = None
    logged_from: date | None = None
    logged_to: date | None = None
    reference: str = ""


EVERYTHING: Final = PointFilters()


def fits(session: Session, wanted: PointFilters) -> list[ColumnElement[bool]]:
    """The conditions on a learning point that its fields are those wanted; text and visibility are others."""
    if wanted.logged_from and wanted.logged_to and wanted.logged_to < wanted.logged_from:
        raise Refused("The last day is before the first one. Change one of the two.")
    return [
        *_in_columns(wanted),
        *_cited(session, wanted),
        *_logged(wanted),
        *_about_case(wanted),
    ]


def _in_columns(wanted: PointFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name in ("kind", "source", "severity", "recurrence_risk", "is_gap", "may_be_published"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(getattr(LearningPoint, name) == value)
    for name in ("team_id", "root_cause_id", "logged_by_id"):
        value = getattr(wanted, name)
        if value is not None:
            field = getattr(LearningPoint, name)
            conditions.append(field.is_(None) if value == NOBODY else field == value)
    for value, day in (
        (wanted.fed_back, LearningPoint.fed_back_on),
        (wanted.acknowledged, LearningPoint.acknowledged_on),
    ):
        if value is not None:
            conditions.append(day.is_not(None) if value else day.is_(None))
    if wanted.has_action is not None:
        acted_on = LearningPoint.id.in_(select(FollowUpAction.learning_point_id))
        conditions.append(acted_on if wanted.has_action else ~acted_on)
    return conditions


def _cited(session: Session, wanted: PointFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.commitment is not None:
        named = select(LearningCommitment.learning_point_id).where(
            LearningCommitment.number == wanted.commitment
        )
        conditions.append(LearningPoint.id.in_(named))
    if wanted.is_verified is not None:
        unverified = LearningPoint.id.in_(
            select(LearningCitation.learning_point_id).where(LearningCitation.is_verified.is_(False))
        )
        conditions.append(~unverified if wanted.is_verified else unverified)
    if wanted.document:
        conditions.append(_points_citing(session, wanted.document, wanted.paragraph))
    return conditions


def _points_citing(session: Session, document: str, paragraph: str | None) -> ColumnElement[bool]:
    """The condition on a learning point that it cites a document, or a paragraph wherever that stands."""
    cited = LearningCitation.document == document
    if paragraph:
        places = sorted(same_paragraphs(session, document, paragraph))
        cited = tuple_(LearningCitation.document, LearningCitation.reference).in_(places)
    return LearningPoint.id.in_(select(LearningCitation.learning_point_id).where(cited))


def _logged(wanted: PointFilters) -> list[ColumnElement[bool]]:
    """By the days on the office's wall."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.logged_from is not None:
        conditions.append(LearningPoint.logged_at >= _midnight(wanted.logged_from))
    if wanted.logged_to is not None:
        conditions.append(LearningPoint.logged_at < _midnight(wanted.logged_to + timedelta(days=1)))
    return conditions


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OFFICE_TIME)


def _about_case(wanted: PointFilters) -> list[ColumnElement[bool]]:
    key = wanted.reference.strip().upper()
    if not key:
        return []
    case_id = select(Case.id).where(Case.reference_key == key)
    reviews = (
        select(Review.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(FrameCase.case_id.in_(case_id))
    )
    return [or_(LearningPoint.case_id.in_(case_id), LearningPoint.review_id.in_(reviews))]


_PART = re.compile(r'"([^"]*)"?|([^"\s]+)')
_WORD = re.compile(r"[^\W_]+")
_MOST: Final = 30  # words and phrases that are looked at
_TEXT: Final = table("learning_point_text", column("rowid"), column("learning_point_text"))
# The very expression of the index, or PostgreSQL would read every point.
_VECTOR: Final[ColumnElement[Any]] = literal_column(
    "to_tsvector('learning_words', learning_point.description || ' ' || learning_point.source_note)"
)


def in_text(session: Session, typed: str) -> list[ColumnElement[bool]]:
    """The condition on a learning point that what was typed is in its text; none where nothing was."""
    straight = typed.replace("“", '"').replace("”", '"')
    parts = [_WORD.findall(match[1] or match[2] or "") for match in _PART.finditer(straight)]
    phrases = [words for words in parts if words][:_MOST]
    if not typed.strip():
        return []
    if not phrases:
        return [false()]  # signs alone are in no text
    # Nothing of what was typed is taken for the language of queries: it is words, each in quotation marks.
    if not _is_sqlite(session):
        return [_VECTOR.op("@@")(_tsquery([phrases]))]
    found = select(_TEXT.c.rowid).where(_TEXT.c.learning_point_text.op("MATCH")(_fts5([phrases])))
    return [LearningPoint.id.in_(found)]


def most_like(session: Session, words: Sequence[str], *, most: int) -> ColumnElement[bool]:
    """The condition on a learning point that, of those with two of these words, it is among the likest."""
    pairs = [[[one], [other]] for one, other in combinations(words, 2)]
    if _is_sqlite(session):
        found = select(_TEXT.c.rowid).where(_TEXT.c.learning_point_text.op("MATCH")(_fts5(pairs)))
        return LearningPoint.id.in_(found.order_by(literal_column("rank")).limit(most))
    query = _tsquery(pairs)
    # Not the columns of the query around it, but all points.
    every = select(literal_column("learning_point.id", Integer)).select_from(text("learning_point"))
    ranked = every.where(_VECTOR.op("@@")(query)).order_by(func.ts_rank(_VECTOR, query).desc()).limit(most)
    return LearningPoint.id.in_(ranked)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


Phrases = Sequence[Sequence[str]]


def _fts5(any_of: Sequence[Phrases]) -> str:
    """A query of SQLite: all phrases of one of these, the words of a phrase together."""
    quoted = [[f'"{" ".join(phrase)}"' for phrase in phrases] for phrases in any_of]
    return " OR ".join(f"({' AND '.join(phrases)})" for phrases in quoted)


def _tsquery(any_of: Sequence[Phrases]) -> ColumnElement[Any]:
    """The same as a query of PostgreSQL."""
    quoted = [[f"'{' '.join(phrase)}'" for phrase in phrases] for phrases in any_of]
    words = " | ".join(f"({' & '.join(phrases)})" for phrases in quoted)
    return func.to_tsquery(literal_column("'learning_words'"), words)
