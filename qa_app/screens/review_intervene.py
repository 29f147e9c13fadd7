"""Stepping in from a score sheet: what to put right, who, by when; what came of it; what is held back."""

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.held_words import LEVELS, for_days
from qa_app.runtime import (
    as_typed,
    date_input,
    do,
    given,
    in_words,
    link,
    reading,
    signed_in,
)
from qa_app.unfinished import Form
from qa_app.wording import cases_in_words
from sampling.records.database import today
from sampling.records.people import Person
from sampling.tables import Route
from scorecards.held_cases import held_cases, tell_manager
from scorecards.interventions import (
    InterventionRow,
    finish_intervention,
    intervene,
    interventions,
    may_intervene,
    owners_for,
    put_right,
)
from scorecards.queries import ReviewSheet
from scorecards.requirements import Requirement
from scorecards.tables import Review, ReviewState
from scorecards.tables_intervention import Intervention


def show_held(sheet: ReviewSheet) -> None:
    """Say that the case of a submitted review must not go out, to whoever may know."""
    with reading() as session:
        rows = [
            row
            for row in held_cases(session, signed_in(), waiting_only=True)
            if row.review_id == sheet.review_id
        ]
    for row in rows:
        st.warning(
            f"**{as_typed(row.reference)} must not go out.** It is held back {for_days(row.days_held)}: an "
            f"outcome requirement is not met. It may go once that is put right, or when somebody of the "
            f"level “{LEVELS[row.required_level]}” releases it."
        )
        link("held_cases", "See what holds it, and let it go", held=row.held_id)
        if row.is_own_team and row.told_at is None:
            do(lambda session, by, shown=row.held_id: tell_manager(session, [shown], by=by))  # type: ignore[misc]


def step_in(sheet: ReviewSheet, requirement: Requirement) -> None:
    """Beneath an answer that is not met: what was asked for, and the forms to ask and to put right."""
    if not sheet.is_open_case or sheet.route not in (Route.OPEN, Route.THEMATIC):
        return
    with reading() as session:
        person, review = signed_in(), session.get_one(Review, sheet.review_id)
        may = may_intervene(session, review, person)
        owners = owners_for(session, review) if may else {}
        asked = [
            row
            for row in interventions(session, person, review_id=sheet.review_id)
            if row.requirement_key == requirement.key
        ]
        day = today(session)
    for row in asked:
        show_intervention(row)
    if not may:
        return
    form = Form(f"intervene-{sheet.review_id}-{requirement.key}")
    with form.expander("Intervene now"):
        what = form.text_area("What is to be put right", "what", height=80)
        owner = st.selectbox(
            "Who does it",
            list(owners),
            index=None,
            format_func=owners.__getitem__,
            key=f"{form.key}-owner",
            placeholder="Choose a person",
        )
        due_on = date_input("By when", f"{form.key}-due", value=day)
        if st.button("Ask for it", key=f"{form.key}-ask"):
            form.carry_out(
                lambda session, by: intervene(
                    session,
                    session.get_one(Review, sheet.review_id),
                    requirement_key=requirement.key,
                    what=what,
                    owner=session.get_one(Person, given(owner, "who does it")),
                    due_on=given(due_on, "by when"),
                    by=by,
                ),
                done="It is asked for. Its owner sees it on their screen “Start”.",
            )
    if sheet.state == ReviewState.SUBMITTED and requirement.key not in sheet.put_right:
        _put_right(sheet, requirement)


def show_intervention(row: InterventionRow) -> None:
    """One intervention with its dates, and the form for its result where the reader may give it."""
    st.markdown(f"**To put right:** {as_typed(row.what)}  \n{as_typed(row.owner)}, {_when(row)}.")
    if row.result:
        st.markdown(f"**What came of it:** {as_typed(row.result)}")
    if not row.may_finish:
        return
    form = Form(f"finish-intervention-{row.intervention_id}")
    with form.expander(f"Record the result of intervention {row.intervention_id}"):
        result = form.text_area("What was done, and what came of it", "result", height=80)
        done_on = date_input("Done on", f"{form.key}-on")
        if st.button("Record the result", key=f"{form.key}-record"):
            form.carry_out(
                lambda session, by: finish_intervention(
                    session,
                    session.get_one(Intervention, row.intervention_id),
                    result=result,
                    done_on=given(done_on, "the day on which it was done"),
                    by=by,
                ),
                done="The result is recorded.",
            )


def _when(row: InterventionRow) -> str:
    if row.done_on is not None:
        return f"done on {in_words(row.done_on)}, due {in_words(row.due_on)}"
    late = f" – **overdue by {cases_in_words(row.days_overdue, 'day')}**" if row.days_overdue else ""
    return f"due {in_words(row.due_on)}{late}"


def _put_right(sheet: ReviewSheet, requirement: Requirement) -> None:
    form = Form(f"right-since-{sheet.review_id}-{requirement.key}")
    with form.expander("Record that it was put right"):
        st.write("What was found stays on record; that it is met now comes beside it.")
        reason = form.text_area("What was done, and where the file shows it", "reason", height=80)
        if st.button("It is met now", key=f"{form.key}-record"):
            form.carry_out(
                lambda session, by: _record(session, by, sheet.review_id, requirement.key, reason),
                done="Recorded: it was put right.",
            )


def _record(session: Session, by: Person, review_id: int, key: str, reason: str) -> None:
    put_right(session, session.get_one(Review, review_id), requirement_keys=[key], reason=reason, by=by)
