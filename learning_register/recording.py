"""Keeping a learning point, wherever it came from: what it says and rests on, and whether it names people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind, check_citations, parse_reference
from learning_register.citing import TypedCitation, citation_row
from learning_register.naming import OfficeNames, office_names, people_named
from learning_register.tables import LearningCommitment, LearningPoint, RootCause
from learning_register.tables_policy import CharterCommitment
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person, Team
from sampling.refused import Refused
from scorecards.actions import LONGEST_TEXT
from scorecards.requirements import Severity


class RecurrenceRisk(StrEnum):
    """How likely it is to happen again."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True)
class Weight:
    """What the office makes of a learning point: why it came about, how grave, how likely again."""

    root_cause_id: int | None = None
    recurrence_risk: RecurrenceRisk | None = None
    severity: Severity | None = None
    may_be_published: bool = False


UNWEIGHED: Final = Weight()


@dataclass(frozen=True)
class Lesson:
    """A learning point as somebody wrote it down.

    `names_confirmed`: the writer was shown the words that may name people, and keeps them.
    """

    kind: LearningKind
    description: str
    citations: Sequence[TypedCitation] = ()
    commitments: Sequence[int] = ()
    is_gap: bool = False
    weight: Weight = UNWEIGHED
    names_confirmed: bool = False


def weight_of(point: LearningPoint) -> Weight:
    """What the office makes of a point now."""
    return Weight(
        root_cause_id=point.root_cause_id,
        recurrence_risk=None if point.recurrence_risk is None else RecurrenceRisk(point.recurrence_risk),
        severity=None if point.severity is None else Severity(point.severity),
        may_be_published=point.may_be_published,
    )


def keep_point(
    session: Session, point: LearningPoint, lesson: Lesson, *, named: Sequence[str], by: Person
) -> LearningPoint:
    """Keep a learning point that says where it came from, with the lesson and what it rests on.

    The rules of citing are those of `check_citations`; from here on the database holds the point to them.
    `named` are the words of its description that may name people.
    """
    point.description = checked_description(lesson.description, named, confirmed=lesson.names_confirmed)
    check_weight(session, lesson.weight)
    check_gap(lesson.kind, is_gap=lesson.is_gap)
    references = [parse_reference(citation.reference) for citation in lesson.citations]
    check_citations(
        lesson.kind, paragraphs=references, commitments=list(lesson.commitments), gap=lesson.is_gap
    )
    point.kind, point.is_gap = lesson.kind, lesson.is_gap
    for name, value in asdict(lesson.weight).items():
        setattr(point, name, value)
    point.logged_at, point.logged_by_id = now(session), by.id
    session.add(point)
    session.flush()
    add_citations(session, point, lesson.citations)
    add_commitments(session, point, lesson.commitments)
    point.is_complete = True  # now the database holds it to the rules of citing
    session.flush()
    audit_trail.record(
        session,
        "log_learning",
        f"learning point {point.id}",
        by=by,
        kind=str(point.kind),
        source=str(point.source),
        **({"names_kept": len(named)} if named else {}),
    )
    return point


def checked_description(description: str, named: Sequence[str], *, confirmed: bool) -> str:
    """The description as it is kept; refused when it says nothing, or names people and nobody looked."""
    description = description.strip()
    if not description:
        raise Refused("The learning point says nothing. Write what was learned, without naming people.")
    if len(description) > LONGEST_TEXT:
        raise Refused(
            f"The learning point has {len(description):,} characters; the most is {LONGEST_TEXT:,}. "
            "Shorten it."
        )
    if named and not confirmed:
        words = ", ".join(f"“{word}”" for word in named)
        raise Refused(
            f"The learning point may name people: {words}. Say “the caseworker” or “the person” instead, or "
            "confirm that these words are to stay."
        )
    return description


def check_weight(session: Session, weight: Weight, *, kept_cause_id: int | None = None) -> None:
    """Refuse a root cause that is not in the list, or retired; the one a point has already may stay."""
    if weight.root_cause_id is None or weight.root_cause_id == kept_cause_id:
        return
    cause = session.get(RootCause, weight.root_cause_id)
    if cause is None or cause.retired_on is not None:
        raise Refused("This root cause is not in the office's list any more. Choose one from the list.")


def add_citations(session: Session, point: LearningPoint, citations: Sequence[TypedCitation]) -> list[str]:
    """Add what the point does not cite yet; the references added."""
    kept = {(row.document, row.reference) for row in point.citations}
    added: list[str] = []
    for citation in citations:
        row = citation_row(session, citation, parse_reference(citation.reference))
        if (row.document, row.reference) not in kept:
            kept.add((row.document, row.reference))
            row.learning_point_id = point.id
            session.add(row)
            added.append(f"{row.document} {row.reference}")
    session.flush()
    session.expire(point, ["citations"])
    return added


def add_commitments(session: Session, point: LearningPoint, commitments: Sequence[int]) -> list[int]:
    """Add the commitments that the point does not name yet; those added."""
    check_commitments(session, commitments)
    added = sorted(set(commitments) - {row.number for row in point.commitments})
    session.add_all(LearningCommitment(learning_point_id=point.id, number=number) for number in added)
    session.flush()
    session.expire(point, ["commitments"])
    return added


def check_gap(kind: LearningKind, *, is_gap: bool) -> None:
    """Refuse a gap in the guidance of anything but organisational learning."""
    if is_gap and kind != LearningKind.ORGANISATIONAL:
        raise Refused(
            "Only learning for the organisation can be a gap in the guidance. Change one of the two."
        )


def check_commitments(session: Session, commitments: Sequence[int]) -> None:
    """Refuse a commitment that the Service Charter has not."""
    if not commitments:
        return
    known = set(session.scalars(select(CharterCommitment.number)))
    unknown = sorted(set(commitments) - known)
    if unknown and not known:
        raise Refused(
            "No Service Charter is loaded, so no commitment can be named. An administrator loads it."
        )
    if unknown:
        raise Refused(
            f"The Service Charter has no commitment {unknown[0]}. It has {min(known)} to {max(known)}."
        )


def names_of_the_office(session: Session) -> OfficeNames:
    """The names of everybody in the books, to be looked for in what is written."""
    people = [name for row in session.execute(select(Person.name, Person.case_system_name)) for name in row]
    teams = session.scalars(select(Team.name)).all()
    return office_names([name for name in people if name is not None], not_names=teams)


def named_in(session: Session, text: str) -> tuple[str, ...]:
    """The words of a text that may name people: shown to its writer before it is saved."""
    return people_named(text, names_of_the_office(session)) if text.strip() else ()
