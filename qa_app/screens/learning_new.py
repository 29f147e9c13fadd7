"""A new learning point: by hand, from praise, or from a dispute, an adjudication or a theme's finding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.duplicates import team_reviewed
from learning_register.raising import (
    learn_by_hand,
    learn_from_adjudication,
    learn_from_dispute,
    learn_from_finding,
    may_raise,
    people_to_learn_about,
    teams_to_learn_about,
)
from learning_register.recording import Lesson
from learning_register.sources import (
    ToLearnFrom,
    disputes_to_learn_from,
    findings_to_learn_from,
    pairs_to_learn_from,
)
from learning_register.tables import LearningPoint, Source
from qa_app.learning_fields import ask_lesson, log_button
from qa_app.point_words import SOURCES, shortened
from qa_app.runtime import as_typed, fresh, reading, signed_in
from qa_app.unfinished import Form
from sampling.records.people import Person, Team
from scorecards.tables import Review
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import Finding

_DONE: Final = "The learning point is logged. You find it in the list, where actions are added to it."

Choices = dict[Source, list[ToLearnFrom]]


@dataclass(frozen=True)
class _Place:
    """What a point is to be logged from: how, for which team, what is written beforehand."""

    form: Form
    team_id: int | None
    log: Callable[[Session, Person, Lesson], LearningPoint]
    said: str = ""


def show() -> None:
    """Where it comes from, whom it is about, and the lesson; the address may choose the source."""
    person = signed_in()
    with reading() as session:
        if not may_raise(session, person):
            st.write(
                "Learning is logged by line managers for their teams, by QA and thematic reviewers, and by "
                "the Head of Customer Care."
            )
            return
        choices: Choices = {
            Source.BY_HAND: [],
            Source.POSITIVE_FEEDBACK: [],
            Source.DISPUTE: disputes_to_learn_from(session, person),
            Source.ADJUDICATION: pairs_to_learn_from(session, person),
            Source.THEME: findings_to_learn_from(session, person),
        }
        people = people_to_learn_about(session, person)
        teams = teams_to_learn_about(session, person)
    st.write("What a review taught is logged on the review itself, beneath a requirement that was not met.")
    source = _ask_source(choices)
    place = (
        _by_hand(source, people, teams)
        if source in (Source.BY_HAND, Source.POSITIVE_FEEDBACK)
        else _from_what_was_decided(source, choices[source], people)
    )
    if place is None:
        return
    praise = source == Source.POSITIVE_FEEDBACK
    lesson = ask_lesson(
        place.form,
        kind=LearningKind.GOOD_PRACTICE if praise else LearningKind.INDIVIDUAL,
        description=place.said,
    )
    log_button(
        place.form,
        lesson,
        team_id=place.team_id,
        log=lambda session, by: place.log(session, by, lesson),
        done=_DONE,
    )


def _ask_source(choices: Choices) -> Source:
    """The source, with those of which there is nothing to choose left out."""
    open_to = [
        source
        for source, found in choices.items()
        if found or source in (Source.BY_HAND, Source.POSITIVE_FEEDBACK)
    ]
    asked = st.query_params.get("source", "")
    return st.radio(
        "Where was it learned?",
        open_to,
        index=open_to.index(Source(asked)) if asked in open_to else 0,
        format_func=SOURCES.__getitem__,
        horizontal=True,
        key=f"new-point-source-{asked}",
    )


def _by_hand(source: Source, people: dict[int, str], teams: dict[int, str]) -> _Place:
    form = Form(f"new-point-{source}")
    form.notes()
    left, right = st.columns(2)
    with left:
        reference = form.text_input(
            "Case, if it is about one", "case", help="Its reference. Team and person are taken from it."
        )
    team_id = right.selectbox(
        "Team, if it is about one",
        list(teams),
        index=None,
        format_func=teams.__getitem__,
        placeholder="That of the case, or none",
        key=f"{form.key}-team",
    )
    about = _ask_person(form.key, people)
    note = form.text_input(
        "Where it comes from",
        "note",
        placeholder="A letter of thanks" if source == Source.POSITIVE_FEEDBACK else "A team meeting",
    )

    def log(session: Session, by: Person, lesson: Lesson) -> LearningPoint:
        return learn_by_hand(
            session,
            lesson,
            source=Source.POSITIVE_FEEDBACK if source == Source.POSITIVE_FEEDBACK else Source.BY_HAND,
            reference=reference,
            team=None if team_id is None else session.get_one(Team, team_id),
            about=_person(session, about),
            note=note,
            by=by,
        )

    return _Place(form, team_id, log)


def _from_what_was_decided(
    source: Source, found: Sequence[ToLearnFrom], people: dict[int, str]
) -> _Place | None:
    titles = {one.key: one for one in found}
    numbers, asked = list(titles), st.query_params.get("of", "")
    chosen = st.selectbox(
        SOURCES[source].removeprefix("A ").removeprefix("An ").capitalize(),
        numbers,
        index=next((place for place, number in enumerate(numbers) if str(number) == asked), None),
        format_func=lambda number: shortened(titles[number].title, 110),
        placeholder="Choose what it was learned from",
        key=fresh(f"new-point-{source}-of-{asked}"),
    )
    if chosen is None:
        return None
    one = titles[chosen]
    form = Form(f"new-point-{source}-{chosen}")
    form.notes()
    if source == Source.THEME:
        return _from_finding(form, one)
    if one.said:
        st.write(f"Said there: {as_typed(one.said)}")
    about = _ask_person(form.key, people)

    def log(session: Session, by: Person, lesson: Lesson) -> LearningPoint:
        person = _person(session, about)
        if source == Source.DISPUTE:
            dispute = session.get_one(Dispute, one.key)
            return learn_from_dispute(session, dispute, lesson, about=person, by=by)
        pair = session.get_one(Adjudication, one.key)
        return learn_from_adjudication(session, pair, lesson, about=person, by=by)

    return _Place(form, one.team_id, log)


def _from_finding(form: Form, one: ToLearnFrom) -> _Place:
    references = dict(one.reviews)
    review_id = st.selectbox(
        "About one of the cases that show it",
        list(references),
        index=None,
        format_func=references.__getitem__,
        placeholder="No, about the whole office",
        key=f"{form.key}-review",
    )
    team_id = None
    if review_id is not None:
        with reading() as session:
            team_id = team_reviewed(session, review_id)

    def log(session: Session, by: Person, lesson: Lesson) -> LearningPoint:
        review = None if review_id is None else session.get_one(Review, review_id)
        return learn_from_finding(session, session.get_one(Finding, one.key), lesson, review=review, by=by)

    return _Place(form, team_id, log, said=one.said)


def _ask_person(key: str, people: dict[int, str]) -> int | None:
    return st.selectbox(
        "Person it is about",
        list(people),
        index=None,
        format_func=people.__getitem__,
        placeholder="The caseworker of the case, or nobody",
        key=f"{key}-about",
        help="Only to feed it back to their line manager. The text itself names nobody.",
    )


def _person(session: Session, person_id: int | None) -> Person | None:
    return None if person_id is None else session.get_one(Person, person_id)
