"""The rows of a review team's list, looked up in the office's books; what is wrong is refused by cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind, check_citations, parse_reference
from learning_register.citing import TypedCitation, citation_row
from learning_register.documents import GUIDANCE
from learning_register.naming import OfficeNames, people_named
from learning_register.recording import (
    Lesson,
    RecurrenceRisk,
    Weight,
    check_commitments,
    check_gap,
    checked_description,
    names_of_the_office,
)
from learning_register.root_causes import causes_to_choose
from sampling.records.cases import Case
from sampling.records.people import Person, Team
from sampling.refused import Refused
from scorecards.requirements import Severity

T = TypeVar("T")

KIND, LEARNED = "Kind", "What was learned"
CASE, TEAM, PERSON, NOTE = "Case", "Team", "Person", "Note"
DOCUMENT, PARAGRAPHS, TITLE = "Document", "Paragraphs", "Title of the paragraph"
GAP, COMMITMENTS = "Gap in the guidance", "Commitments"
CAUSE, RISK, SEVERITY, PUBLISHED = "Root cause", "Risk of recurrence", "Severity", "May be published"

# Each column of a list, and what stands in it. The first two are needed, the others may be left out.
COLUMNS: Final = {
    KIND: "Individual, organisational, or good practice",
    LEARNED: "What happened and what should happen, without naming people",
    CASE: "The reference of the case, if it is about one",
    TEAM: "The name of the team, if there is no case or it is another one",
    PERSON: "The name of the person it is about, as the office's books have it, if there is no case",
    DOCUMENT: "The document that the paragraphs are in; empty for the review and feedback guidance",
    PARAGRAPHS: "Numbers, ranges or annexes with a semicolon between them: 38; 40-41; Annex A",
    TITLE: "The title of the paragraph, only where its document is not loaded",
    GAP: "Yes, if no paragraph covers it",
    COMMITMENTS: "Numbers of the Service Charter's commitments with a semicolon between them: 5; 12",
    CAUSE: "One of the office's root causes",
    RISK: "Low, medium or high",
    SEVERITY: "Minor, moderate or serious",
    PUBLISHED: "Yes, if it may be published",
    NOTE: "Where it comes from, such as the number in the team's own list",
}
E = TypeVar("E", bound=StrEnum)
_TRUTH: Final = {"yes": True, "no": False, "": False}


@dataclass(frozen=True)
class RefusedCell:
    """Why a row cannot be taken in: the row as the file counts it, the column, what stands there."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class ListedPoint:
    """One row of a list, understood. `named` are the words that may name people."""

    row: int
    lesson: Lesson
    reference: str
    team_id: int | None
    person_id: int | None
    note: str
    named: tuple[str, ...]


@dataclass(frozen=True)
class Books:
    """What the cells of a list are looked up in. `cases` gives the caseworker of each case that is named."""

    cases: Mapping[str, int | None]
    teams: Mapping[str, int]
    people: Mapping[str, Sequence[int]]
    causes: Mapping[str, int]
    names: OfficeNames


def books_for(session: Session, references: Sequence[str]) -> Books:
    """The books, as far as a list with these references of cases needs them."""
    keys = sorted({reference.upper() for reference in references})
    people: dict[str, list[int]] = {}
    for number, *names in session.execute(select(Person.id, Person.name, Person.case_system_name)):
        for name in {name.casefold() for name in names if name}:
            people.setdefault(name, []).append(number)
    return Books(
        cases=dict(
            session.execute(
                select(Case.reference_key, Case.caseworker_id).where(Case.reference_key.in_(keys))
            ).all()
        ),
        teams={name.casefold(): number for number, name in session.execute(select(Team.id, Team.name))},
        people=people,
        causes={name.casefold(): number for number, name in causes_to_choose(session).items()},
        names=names_of_the_office(session),
    )


def read_row(
    session: Session, number: int, texts: Mapping[str, str], books: Books
) -> tuple[ListedPoint | None, list[RefusedCell]]:
    """One row of a list, or every cell of it that cannot be taken in."""
    refused: list[RefusedCell] = []

    def cell(column: str, read: Callable[[str], T]) -> T | None:
        value = texts.get(column, "")
        try:
            return read(value)
        except Refused as problem:
            refused.append(RefusedCell(number, column, value, str(problem)))
            return None

    kind = cell(KIND, lambda text: _one_of(LearningKind, text, needed=True))
    # Whether it may name people is asked once, for the whole list.
    description = cell(LEARNED, lambda text: checked_description(text, (), confirmed=True)) or ""
    person_id = cell(PERSON, lambda text: _person(text, books))
    cell(CASE, lambda text: _check_case(text, books))
    citations = cell(PARAGRAPHS, lambda text: _citations(session, text, texts)) or []
    commitments = cell(COMMITMENTS, lambda text: _commitments(session, text)) or []
    is_gap = bool(cell(GAP, _truth))
    team_id = cell(TEAM, lambda text: _known(text, books.teams, "team") if text else None)
    weight = Weight(
        cell(CAUSE, lambda text: _known(text, books.causes, "root cause") if text else None),
        cell(RISK, lambda text: _one_of(RecurrenceRisk, text)),
        cell(SEVERITY, lambda text: _one_of(Severity, text)),
        bool(cell(PUBLISHED, _truth)),
    )
    if refused or kind is None:
        return None, refused
    cell(GAP, lambda _: check_gap(kind, is_gap=is_gap))
    place = COMMITMENTS if citations and not commitments else PARAGRAPHS
    references = [parse_reference(citation.reference) for citation in citations]
    cell(place, lambda _: check_citations(kind, paragraphs=references, commitments=commitments, gap=is_gap))
    handled_by = books.cases.get(texts.get(CASE, "").upper())
    if kind == LearningKind.INDIVIDUAL and person_id is None and handled_by is None:
        cell(PERSON, _nobody)
    if refused:
        return None, refused
    lesson = Lesson(kind, description, citations, commitments, is_gap, weight)
    named = people_named(description, books.names)
    return ListedPoint(
        number, lesson, texts.get(CASE, ""), team_id, person_id, texts.get(NOTE, ""), named
    ), []


def _one_of(choices: type[E], text: str, *, needed: bool = False) -> E | None:
    wanted = text.casefold().replace(" ", "_")
    if not wanted and not needed:
        return None
    found = next((choice for choice in choices if choice == wanted), None)
    if found is None:
        words = ", ".join(choice.replace("_", " ") for choice in choices)
        raise Refused(f"This must be one of: {words}.")
    return found


def _truth(text: str) -> bool:
    known = _TRUTH.get(text.casefold())
    if known is None:
        raise Refused("This must be yes or no, or empty for no.")
    return known


def _known(text: str, known: Mapping[str, int], what: str) -> int:
    number = known.get(text.casefold())
    if number is None:
        raise Refused(f"There is no {what} of this name here. Check the spelling, or add it first.")
    return number


def _person(text: str, books: Books) -> int | None:
    if not text:
        return None
    found = books.people.get(text.casefold(), [])
    if len(found) != 1:
        raise Refused(
            "Nobody of this name is in the books. Check the spelling."
            if not found
            else "Several people have this name. Give the case instead, or the name in the case system."
        )
    return found[0]


def _nobody(_: str) -> None:
    raise Refused("Learning for an individual needs to be about somebody. Give the person, or their case.")


def _check_case(text: str, books: Books) -> None:
    if text and text.upper() not in books.cases:
        raise Refused("There is no case with this reference here. Check it, or leave it empty.")


def _citations(session: Session, text: str, texts: Mapping[str, str]) -> list[TypedCitation]:
    document, title = texts.get(DOCUMENT, "") or GUIDANCE, texts.get(TITLE, "")
    citations = [TypedCitation(document, part, title) for part in _parts(text)]
    for citation in citations:
        citation_row(session, citation, parse_reference(citation.reference))
    return citations


def _commitments(session: Session, text: str) -> list[int]:
    parts = _parts(text.replace(",", ";"))
    if wrong := next((part for part in parts if not (part.isascii() and part.isdigit())), None):
        raise Refused(f"“{wrong}” is not the number of a commitment. Enter numbers, such as 5; 12.")
    numbers = [int(part) for part in parts]
    check_commitments(session, numbers)
    return numbers


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]
