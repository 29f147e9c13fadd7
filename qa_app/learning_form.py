"""The forms that log what was learned: beneath an answer that is not met, and good practice for a sheet."""

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.duplicates import team_reviewed
from learning_register.point_queries import learning_points
from learning_register.raising import log_learning
from learning_register.recording import Lesson
from learning_register.tables import LearningPoint
from qa_app.learning_fields import ask_lesson, confirm_names, log_button
from qa_app.runtime import given, reading, signed_in
from qa_app.unfinished import Form
from sampling.records.people import Person
from scorecards.queries import ReviewSheet
from scorecards.requirements import Kind, Requirement, ResponseValue
from scorecards.tables import Review


def log_learning_form(*, review_id: int, requirement: Requirement) -> None:
    """Ask for a learning point from one requirement of a review, and log it.

    What the requirement itself rests on is chosen beforehand; the reviewer may change it.
    """
    with reading() as session:
        logged = [
            point
            for point in learning_points(session, signed_in(), review_id=review_id)
            if point.requirement_key == requirement.key
        ]
        team_id = team_reviewed(session, review_id)
    if logged:
        points = "1 learning point is" if len(logged) == 1 else f"{len(logged)} learning points are"
        st.write(f"{points} logged from this requirement already. You find them under Learning.")
    form = Form(f"learn-{review_id}-{requirement.key}")
    form.notes()
    lesson = ask_lesson(form, cited=requirement.citations, commitments=requirement.commitments)
    log_button(
        form,
        lesson,
        team_id=team_id,
        log=lambda session, by: _log(session, by, review_id, requirement.key, lesson),
        done="The learning point is logged. You find it under Learning, where actions are added to it.",
    )


def log_good_practice_form(sheet: ReviewSheet) -> None:
    """Offer to log good practice from one of the met requirements of one's own review.

    One place for the whole sheet, since most reviews have none to log. It needs no citation.
    """
    in_order = sorted(
        sheet.scorecard.requirements, key=lambda requirement: list(Kind).index(requirement.kind)
    )
    met = {
        requirement.key: f"{number}. {requirement.text}"
        for number, requirement in enumerate(in_order, start=1)
        if sheet.responses.get(requirement.key) == ResponseValue.MET
    }
    if not (met and sheet.is_own and sheet.file_found):
        return
    with reading() as session:
        logged = sum(
            point.kind == LearningKind.GOOD_PRACTICE
            for point in learning_points(session, signed_in(), review_id=sheet.review_id)
        )
    form = Form(f"praise-{sheet.review_id}")
    with form.expander("Log good practice"):
        if logged:
            st.write(f"Good practice logged from this review so far: {logged}. You find it under Learning.")
        requirement_key: str | None = st.selectbox(
            "Requirement that was met well",
            list(met),
            index=None,
            format_func=met.__getitem__,
            key=f"{form.key}-requirement",
            placeholder="Choose a requirement",
        )
        description = form.text_area(
            "What was done well",
            "description",
            height=100,
            placeholder="Do not name people: say what was done, and why others should do the same.",
        )
        lesson = Lesson(
            kind=LearningKind.GOOD_PRACTICE,
            description=description,
            names_confirmed=confirm_names(form.key, description),
        )
        if st.button("Log the good practice", key=f"{form.key}-log"):
            form.carry_out(
                lambda session, by: _log(
                    session,
                    by,
                    sheet.review_id,
                    given(requirement_key, "the requirement that was met well"),
                    lesson,
                ),
                done="The good practice is logged. You find it under Learning.",
            )


def _log(session: Session, by: Person, review_id: int, requirement_key: str, lesson: Lesson) -> LearningPoint:
    return log_learning(
        session,
        session.get_one(Review, review_id),
        requirement_key=requirement_key,
        kind=lesson.kind,
        description=lesson.description,
        citations=lesson.citations,
        commitments=lesson.commitments,
        is_gap=lesson.is_gap,
        weight=lesson.weight,
        names_confirmed=lesson.names_confirmed,
        by=by,
    )
