"""Scoring the cases of a calibration session: one's own answers, kept as they are given."""

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.kept_at_once import shown_since, stored_text, text_shown
from qa_app.runtime import as_typed, carry_out, do
from qa_app.wording import RESPONSES
from sampling.records.people import Person
from scorecards.answers import Given
from scorecards.calibration import save_calibration_answer, submit_calibration_score
from scorecards.calibration_results import CalibrationCaseSheet, CalibrationSheet
from scorecards.requirements import Requirement, ResponseValue, allowed_responses
from scorecards.tables_agreement import CalibrationCase, CalibrationSession


def score_cases(sheet: CalibrationSheet) -> None:
    """The cases one after the other; the first that is not handed in stands open."""
    st.subheader("Your cases", anchor=False)
    left = [chosen for chosen in sheet.cases if not chosen.is_handed_in]
    if not left:
        st.write("You have handed in all your cases. Everybody's answers are shown once all are in.")
        return
    places = {chosen.id: place for place, chosen in enumerate(sheet.cases, start=1)}
    labels = {chosen.id: f"Case {places[chosen.id]}: {chosen.reference}" for chosen in left}
    wanted = st.selectbox(
        "Case to score", list(labels), format_func=labels.__getitem__, key="calibration-case"
    )
    chosen = next(one for one in left if one.id == (wanted or left[0].id))
    answered = len(chosen.responses)
    total = len(chosen.card.requirements)
    st.progress(answered / total, text=f"{answered} of {total} requirements answered. Every answer is saved.")
    for number, requirement in enumerate(chosen.card.requirements, start=1):
        _requirement(sheet, chosen, requirement, number)
    st.write("Once handed in, your answers to this case stay as they are.")
    if st.button(f"Hand in {chosen.reference}", type="primary"):
        carry_out(
            lambda session, by: submit_calibration_score(
                session,
                session.get_one(CalibrationSession, sheet.id),
                session.get_one(CalibrationCase, chosen.id),
                by=by,
            ),
            done=f"{chosen.reference} is handed in.",
        )


def _requirement(
    sheet: CalibrationSheet, chosen: CalibrationCaseSheet, requirement: Requirement, number: int
) -> None:
    key = f"{chosen.id}-{requirement.key}"
    options = list(allowed_responses(open_case=False))
    # What is stored is what is shown, in every window.
    st.session_state[f"calibrate-{key}"] = chosen.responses.get(requirement.key)
    with st.container(border=True):
        response = st.radio(
            f"{number}. {as_typed(requirement.text)}",
            options,
            index=None,
            format_func=RESPONSES.__getitem__,
            horizontal=True,
            key=f"calibrate-{key}",
            on_change=_save,
            args=(sheet.id, chosen, requirement.key),
        )
        for name, words in (
            ("", requirement.guidance),
            ("Met: ", requirement.met),
            ("Not met: ", requirement.not_met),
            ("Not applicable: ", requirement.not_applicable),
        ):
            if words:
                st.caption(f"{name}{as_typed(words)}")
        evidence = chosen.evidence.get(requirement.key, "")
        if evidence or response not in (None, ResponseValue.MET):
            stored_text(
                "What in the file shows it",
                evidence,
                key=f"calibrate-evidence-{key}",
                save=lambda: _save(sheet.id, chosen, requirement.key),
                height=80,
                help="Do not name people.",
            )


def _save(calibration_id: int, chosen: CalibrationCaseSheet, requirement_key: str) -> None:
    """Keep one answer: what the widgets hold now, and for those not on screen what was stored."""
    key, field = f"{chosen.id}-{requirement_key}", f"calibrate-evidence-{chosen.id}-{requirement_key}"
    state, stored = st.session_state, chosen.evidence.get(requirement_key, "")
    shown = Given(chosen.responses.get(requirement_key), text_shown(field, stored))
    response, evidence = state.get(f"calibrate-{key}"), state.get(field, stored)

    def act(session: Session, by: Person) -> bool:
        save_calibration_answer(
            session,
            session.get_one(CalibrationSession, calibration_id),
            session.get_one(CalibrationCase, chosen.id),
            requirement_key=requirement_key,
            response=response,
            evidence=evidence,
            shown=shown,
            by=by,
        )
        return True

    if do(act):
        shown_since(field, evidence)
