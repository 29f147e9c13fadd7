"""One learning point: where it came from, what it rests on, whom it was fed back to, what is being done."""

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_queries import people_who_can_own
from learning_register.actions import acknowledge_feedback, cite_more, correct_point, feed_back, may_correct
from learning_register.citing import TypedCitation
from learning_register.document_queries import charter_commitments
from learning_register.documents import GUIDANCE
from learning_register.duplicates import likely_duplicates_of
from learning_register.point_queries import LearningRow, learning_point, told_by_default
from learning_register.tables import LearningPoint
from qa_app.changed_meanwhile import Watched
from qa_app.learning_fields import (
    ask_commitments,
    ask_description,
    ask_paragraphs,
    ask_weight,
    confirm_names,
    show_alike,
)
from qa_app.point_words import SOURCES, fed_back_in_words, paragraphs_in_words, weight_in_words
from qa_app.runtime import as_typed, carry_out, date_input, fresh, given, link, reading, signed_in, title
from qa_app.screens import learning_actions, learning_feedback
from qa_app.unfinished import Form
from qa_app.wording import LEARNING_KINDS, moment_in_words
from sampling.queries import samples
from sampling.records.database import today
from sampling.records.people import Person


def show(point_id: int) -> None:
    """One point, for those who may see it."""
    person = signed_in()
    with reading() as session:
        point = learning_point(session, point_id, person)
        commitments = {row.number: row.summary for row in charter_commitments(session)}
        seen_samples = {row.draw_id for row in samples(session, person)}
        kept = session.get_one(LearningPoint, point_id)
        corrects = may_correct(session, kept, person)
        alike = likely_duplicates_of(session, person, kept)
    title(f"Learning point {point.point_id}", f"{LEARNING_KINDS[point.kind]} learning")
    link("learning", "All learning points")
    st.markdown(as_typed(point.description))
    facts = {
        "From": _source(point),
        "Requirement": point.requirement,
        "Paragraphs": paragraphs_in_words(point),
        "Commitments": "; ".join(f"{number} {commitments[number]}" for number in point.commitments) or "None",
        **weight_in_words(point),
        "Team": point.team or "No team",
        "Case": point.reference,
        "Sample": point.sample,
        "Logged": f"{moment_in_words(point.logged_on)} by {point.logged_by}",
        "Fed back": fed_back_in_words(point),
    }
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items() if value))
    if point.unverified:
        st.caption(
            "Unverified: the document was not loaded here when it was cited, so nobody could look it up."
        )
    _ways_back(point, seen_samples)
    show_alike(alike, "may say the same")
    if corrects:
        _correct(point, person)
        _cite(point)
    st.subheader("Feedback", anchor=False)
    _feed_back(point, person)
    learning_feedback.show(point)
    st.subheader("Actions", anchor=False)
    learning_actions.show_actions_of(point)


def _source(point: LearningRow) -> str:
    more = point.file_name or point.source_note
    if point.file_name and point.source_note:
        more = f"{point.file_name}, {point.source_note}"
    return f"{SOURCES[point.source]}: {more}" if more else SOURCES[point.source]


def _ways_back(point: LearningRow, seen_samples: set[int | None]) -> None:
    with st.container(horizontal=True):
        if point.may_open_review:
            link("review", f"The review of {point.reference}", review=point.review_id)
        if point.may_open_review and point.dispute_id is not None:
            link("disputes", "The feedback sheet with the dispute", review=point.review_id)
        if point.commission_id is not None:
            link("themes", "The theme of the finding", theme=point.commission_id)
        if point.draw_id is not None and point.draw_id in seen_samples:
            link("samples", "The sample it was drawn in", part="Register", sample=point.draw_id)
    if point.review_id is not None and not point.may_open_review:
        st.caption("The review itself is for those who reviewed the case and for the Head of Customer Care.")


def _correct(point: LearningRow, person: Person) -> None:
    def words(session: Session) -> dict[str, str]:
        row = learning_point(session, point.point_id, person)
        return {"what was learned": row.description, **weight_in_words(row)}

    form = Form(
        f"correct-{point.point_id}",
        watching=Watched(
            (LearningPoint, point.point_id),
            f"learning point {point.point_id}",
            ["correct_learning_point"],
            words,
        ),
    )
    with form.expander("Correct this learning point"):
        description = ask_description(form, point.description)
        weight = ask_weight(form.key, point.weight)
        is_other = description.strip() != point.description
        confirmed = confirm_names(form.key, description) if is_other else True
        reason = form.text_input("Why is it corrected?", "reason")
        if st.button("Keep the correction", key=f"{form.key}-keep"):
            form.carry_out(
                lambda session, by: correct_point(
                    session,
                    session.get_one(LearningPoint, point.point_id),
                    description=description,
                    weight=weight,
                    names_confirmed=confirmed,
                    reason=reason,
                    by=by,
                ),
                done="The learning point is corrected. What it said before is in the audit trail.",
            )


def _cite(point: LearningRow) -> None:
    form = Form(f"cite-{point.point_id}")
    with form.expander("Cite more"):
        st.caption("What is cited already stays. What was cited wrongly is a learning point of its own.")
        paragraphs, commitments = ask_paragraphs(form.key), ask_commitments(form.key)
        reason = form.text_input("Why is more cited?", "reason")

        def cite(session: Session, by: Person) -> None:
            cite_more(
                session,
                session.get_one(LearningPoint, point.point_id),
                citations=[TypedCitation(GUIDANCE, number) for number in paragraphs],
                commitments=commitments,
                reason=reason,
                by=by,
            )

        if st.button("Add these", key=f"{form.key}-keep"):
            form.carry_out(cite, done="The learning point cites more now.")


def _feed_back(point: LearningRow, person: Person) -> None:
    with reading() as session:
        day = today(session)
        manager = told_by_default(session, point.point_id, person, on=day)
        people = {who.id: who.name for who in people_who_can_own(session)}
    if point.fed_back_on is None:
        st.write(
            "Learning is fed back to the line manager of whoever it is about: a caseworker's manager, a "
            "manager's assistant director. Record here when that was done."
        )
    else:
        st.write(f"Fed back: {as_typed(fed_back_in_words(point))}. A new record replaces it.")
    if point.fed_back_to_id == person.id and point.acknowledged_on is None:
        st.write("This was fed back to you.")
        if st.button("Acknowledge it", type="primary", key=f"acknowledge-{point.point_id}"):
            carry_out(
                lambda session, by: acknowledge_feedback(
                    session, session.get_one(LearningPoint, point.point_id), by=by
                ),
                done="You have acknowledged this learning point.",
            )
    with st.form(fresh(f"feed-back-{point.point_id}")):
        on = date_input("Fed back on", fresh(f"fed-back-on-{point.point_id}"), value=day)
        to = st.selectbox(
            "Fed back to",
            list(people),
            index=None,
            format_func=people.__getitem__,
            placeholder=f"{manager}, the line manager" if manager else "Choose who was told",
        )
        if st.form_submit_button("Record the feedback"):
            carry_out(
                lambda session, by: feed_back(
                    session,
                    session.get_one(LearningPoint, point.point_id),
                    on=given(on, "the day it was fed back"),
                    to=None if to is None else session.get_one(Person, to),
                    by=by,
                ),
                done="The feedback is recorded.",
            )
