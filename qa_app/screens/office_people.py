"""People of the office: adding them, and changing what they are from a day on."""

from collections.abc import Callable

import streamlit as st

from qa_app import office_queries, runtime
from qa_app.screens import office_person
from qa_app.sign_in_settings import sign_in_settings
from sampling.records.office import add_person
from sampling.records.passwords import SHORTEST_PASSWORD
from sampling.records.people import Role, may_act_as


def show() -> None:
    """Everybody, and for administrators the forms to add and change people."""
    by = runtime.signed_in()
    with runtime.reading() as session:
        everybody = office_queries.people(session, by=by)
        may_change = may_act_as(session, by, [Role.ADMINISTRATOR])
    if may_change:
        tasks: dict[str, Callable[[], None]] = {
            "Add a person": _add,
            "Complete a person from an import": _complete,
            "Change a person": office_person.show,
        }
        task = st.radio("What do you want to do?", list(tasks), horizontal=True, key="people-task")
        tasks[task]()
    runtime.table(everybody, caption="People", key="people", download="people.csv")


def _add() -> None:
    with st.form(runtime.fresh("add-person")):
        name = st.text_input("Name")
        email, password = _sign_in_fields()
        known_as = st.text_input(
            "Name in the case system",
            help="Exactly as extracts of the case system write it, so that cases find their caseworker.",
        )
        if st.form_submit_button("Add the person"):
            _save(name, email, password, known_as)


def _complete() -> None:
    with runtime.reading() as session:
        unfinished = office_queries.known_from_imports(session)
    if not unfinished:
        st.write("Everybody that imports brought in has been completed, or nothing has been imported yet.")
        return
    known_as = st.selectbox("Known to the case system as", unfinished)
    with st.form(runtime.fresh(f"complete-{known_as}")):
        name = st.text_input("Name", value=known_as)
        email, password = _sign_in_fields()
        if st.form_submit_button("Save the person"):
            _save(name, email, password, known_as)


def _sign_in_fields() -> tuple[str, str]:
    st.caption("Leave address and password empty for somebody who does not sign in.")
    if sign_in_settings().provider:
        st.caption("Leave the password empty for somebody who signs in with the organisation’s account.")
    email = st.text_input("E-mail address", type="email", autocomplete="off")
    password = st.text_input(
        f"First password, at least {SHORTEST_PASSWORD} characters",
        type="password",
        autocomplete="new-password",
    )
    return email or "", password or ""


def _save(name: str, email: str, password: str, known_as: str) -> None:
    runtime.carry_out(
        lambda session, by: add_person(
            session,
            name,
            email=email or None,
            password=password or (None if sign_in_settings().provider else ""),
            case_system_name=known_as or None,
            by=by,
        ),
        done=lambda person: f"Saved {person.name}. Now give them a team, a line manager and roles.",
    )
