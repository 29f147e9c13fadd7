"""Settings of the office, each with a start date, and what they were."""

import streamlit as st
from sqlalchemy.orm import Session

from qa_app import office_queries, runtime
from sampling.records.database import today
from sampling.records.people import Person
from sampling.records.settings import NATIONS, SETTINGS, set_setting, setting


def show() -> None:
    """The values of today, a form for a new one, and the history."""
    with runtime.reading() as session:
        now = office_queries.settings_now(session)
        history = office_queries.settings_history(session)
        day = today(session)
        values = {name: setting(session, name, day) for name in SETTINGS}
    if history.empty:
        st.info(
            "No setting has been saved yet: the shipped values hold. Look at them; then keep or change them."
        )
        if st.button("Keep the shipped values", type="primary"):
            runtime.carry_out(_keep_shipped, done="The shipped values are saved as the office's own.")
    runtime.table(now, caption="Settings as they are today", key="settings-now")

    name = st.selectbox("Setting to change", list(SETTINGS), format_func=lambda name: SETTINGS[name][1])
    with st.form(runtime.fresh(f"set-{name}")):
        value = _value(name, values[name])
        starts_on = runtime.date_input("From which day on", key=runtime.fresh(f"set-{name}-from"), value=day)
        if st.form_submit_button("Save the setting"):
            runtime.carry_out(
                lambda session, by: set_setting(
                    session, name, value, starts_on=runtime.given(starts_on, "the first day"), by=by
                ),
                done=f"Saved: {SETTINGS[name][1]}.",
            )
    runtime.table(
        history,
        caption="What was set so far",
        key="settings-history",
        empty="Nothing has been set so far.",
        download="settings.csv",
    )


def _value(name: str, now: str) -> str:
    if name == "calendar":
        nations = list(NATIONS)
        return st.selectbox("Calendar", nations, index=nations.index(now), format_func=NATIONS.__getitem__)
    if name == "monthly_quota":
        return st.text_input("Cases per caseworker and month", value=now)
    if name == "dispute_window":
        return st.text_input("Working days", value=now)
    if name == "case_link":
        return st.text_input(
            "Address",
            value=now,
            placeholder="https://cases.example.org/case?id={id}",
            help="{reference} stands for the case's reference, {id} for its identifier in the case system.",
        )
    return st.text_input("Share", value=now, help="A share between 0 and 1: type 0.98 for 98%.")


def _keep_shipped(session: Session, by: Person) -> None:
    for name, (shipped, _) in SETTINGS.items():
        set_setting(session, name, shipped, starts_on=today(session), by=by)
