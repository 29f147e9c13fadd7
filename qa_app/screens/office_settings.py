"""Settings of the office, each with a start date, and what they were."""

from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from qa_app import office_queries, runtime
from qa_app.changed_meanwhile import Watched
from qa_app.unfinished import Form
from sampling.case_filters import attribute_names
from sampling.records.database import today
from sampling.records.office import Office
from sampling.records.people import Person
from sampling.records.retention import RETENTION_SETTINGS
from sampling.records.service_settings import CLOCK_UNITS, OFF, SERVICE_SETTINGS, START_OF_CLOCK, counted
from sampling.records.settings import NATIONS, SETTINGS, set_setting, setting

_SUBJECTS: Final = {
    "Quality and sampling": [
        name for name in SETTINGS if name not in {*SERVICE_SETTINGS, *RETENTION_SETTINGS, "case_link"}
    ],
    "Service standards": [
        name
        for name in SERVICE_SETTINGS
        if name not in CLOCK_UNITS and not name.endswith(("_types", "_column"))
    ],
    "Clocks of other documents": [
        *CLOCK_UNITS,
        *(name for name in SERVICE_SETTINGS if name.endswith(("_types", "_column"))),
    ],
    "The case system": ["case_link"],
    "Retention": list(RETENTION_SETTINGS),
}
_NUMBERS: Final = {
    "service_days": "Working days",
    "long_case_weeks": "Weeks",
    "caseload": "Open cases",
    "queue_size": "Cases; empty for no number",
}


def show() -> None:
    """The values of today, a form for a new one, and the history."""
    with runtime.reading() as session:
        now = office_queries.settings_now(session)
        history = office_queries.settings_history(session)
        day = today(session)
    if history.empty:
        st.info(
            "No setting has been saved yet: the shipped values hold. Look at them; then keep or change them."
        )
        if st.button("Keep the shipped values", type="primary"):
            runtime.carry_out(_keep_shipped, done="The shipped values are saved as the office's own.")
    runtime.table(now, caption="Settings as they are today", key="settings-now")

    subject = st.segmented_control(
        "Settings of", list(_SUBJECTS), default=next(iter(_SUBJECTS)), required=True, key="settings-of"
    )
    name = st.selectbox("Setting to change", _SUBJECTS[subject], format_func=lambda name: SETTINGS[name][1])
    what = SETTINGS[name][1]
    form = Form(
        f"set-{name}",
        watching=Watched(
            (Office, 1),
            f"setting {name}",
            ["set_setting"],
            lambda session: {what: setting(session, name, today(session))},
        ),
    )
    form.notes()
    with st.form(form.key):
        value = _value(name, form.shown[what])
        starts_on = runtime.date_input("From which day on", key=f"{form.key}-from", value=day)
        if st.form_submit_button("Save the setting"):
            form.carry_out(
                lambda session, by: set_setting(
                    session, name, value, starts_on=runtime.given(starts_on, "the first day"), by=by
                ),
                done=f"Saved: {what}.",
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
    if name in RETENTION_SETTINGS:
        return st.text_input("Years; empty to keep them until a period is set", value=now)
    if name in CLOCK_UNITS:
        return _clock(name, now)
    if name in ("service_clock", "long_case_clock"):
        starts = list(START_OF_CLOCK)
        return st.selectbox(
            "Counted from", starts, index=starts.index(now), format_func=START_OF_CLOCK.__getitem__
        )
    if name in _NUMBERS:
        return st.text_input(_NUMBERS[name], value=now)
    if name.endswith("_types"):
        return st.text_input(
            "Types", value=now, help="As the case system names them, with semicolons between; empty for all."
        )
    if name.endswith("_column"):
        return _column(now)
    if name == "case_link":
        return st.text_input(
            "Address",
            value=now,
            placeholder="https://cases.example.org/case?id={id}",
            help="{reference} stands for the case's reference, {id} for its identifier in the case system.",
        )
    return st.text_input("Share", value=now, help="A share between 0 and 1: type 0.98 for 98%.")


def _clock(name: str, now: str) -> str:
    """A clock of another document: whether it is counted, its limit, and the share that is to keep it."""
    unit, limit = CLOCK_UNITS[name]
    before = counted(now)
    is_counted = st.checkbox("Count it", value=before is not None)
    number = st.text_input(unit.capitalize(), value=str(before.limit if before else limit))
    share = st.text_input(
        "Share of cases that is to keep it",
        value="" if before is None or before.share is None else f"{float(before.share):.9g}",
        help="A share between 0 and 1, such as 0.95; empty where the office has set none.",
    )
    if not is_counted:
        return OFF
    return f"{number.strip()} at {share.strip()}" if share.strip() else number.strip()


def _column(now: str) -> str:
    """One of the further columns that imports have brought, or none."""
    with runtime.reading() as session:
        names = attribute_names(session)
    columns = ["", *names, *([now] if now not in ("", *names) else [])]
    return st.selectbox(
        "Column",
        columns,
        index=columns.index(now),
        format_func=lambda name: name or "None",
        help="Imports keep further columns of an extract where the mapping names them. Days of text in it "
        "must be written year first, 2026-07-27.",
    )


def _keep_shipped(session: Session, by: Person) -> None:
    for name, (shipped, _) in SETTINGS.items():
        set_setting(session, name, shipped, starts_on=today(session), by=by)
