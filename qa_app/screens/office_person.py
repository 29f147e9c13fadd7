"""One person of the office: what they were and are, and the forms that change it from a day on."""

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from qa_app import office_queries, runtime
from qa_app.office_queries import ROLE_NAMES, Choice
from sampling.records import appointments, office
from sampling.records.database import today
from sampling.records.known_accounts import forget_account, has_account
from sampling.records.passwords import SHORTEST_PASSWORD
from sampling.records.people import Person, Role, RoleHeld, Team


def show() -> None:
    """Choose a person and what to change about them."""
    with runtime.reading() as session:
        everybody = office_queries.person_choices(session)
        day = today(session)
    person = _choice("Person", everybody, key="person")
    forms: dict[str, Callable[[int, date], None]] = {
        "Give a role": _give_role,
        "End a role": _end_role,
        "Move into a team": _join_team,
        "Set the line manager": _set_line_manager,
        "Record an absence": _record_absence,
        "Set a new password": _set_password,
        "Forget the organisation's account": _forget_account,
        "Disable or enable": _disable_or_enable,
    }
    change = st.selectbox("Change", list(forms), key="person-change")
    forms[change](person, day)
    with runtime.reading() as session:
        history = office_queries.history_of(session, person, by=runtime.signed_in())
    runtime.table(
        history,
        caption="Roles, teams, line managers and absences so far",
        key=f"history-{person}",
        empty="Nothing is recorded about this person yet.",
    )
    runtime.link("reassign", "Reassign this person's work", whose=person)


def _give_role(person: int, day: date) -> None:
    given_here = [role for role in ROLE_NAMES if role != Role.AUDITOR]
    role: Role = st.selectbox("Role", given_here, format_func=ROLE_NAMES.__getitem__, key="role")
    with runtime.reading() as session:
        teams = office_queries.team_choices(session)
    if role == Role.LINE_MANAGER and not teams:
        st.write("A line manager's role needs a team, and there is none yet. Add one under Teams.")
        return
    with st.form(runtime.fresh(f"give-{person}-{role}")):
        team = _choice("Team", teams, key=f"give-team-{person}") if role == Role.LINE_MANAGER else None
        starts_on = runtime.date_input("First day", runtime.fresh(f"give-from-{person}"), value=day)
        ends_on = runtime.date_input("Last day, if it is known", runtime.fresh(f"give-until-{person}"))
        if st.form_submit_button("Give the role"):
            runtime.carry_out(
                lambda session, by: appointments.give_role(
                    session,
                    _the(session, Person, person),
                    role=role,
                    team=None if team is None else _the(session, Team, team),
                    starts_on=runtime.given(starts_on, "the first day"),
                    ends_on=ends_on,
                    by=by,
                ),
                done=f"The role was given: {ROLE_NAMES[role]}.",
            )


def _end_role(person: int, day: date) -> None:
    with runtime.reading() as session:
        roles = office_queries.held_roles(session, person)
    if not roles:
        st.write("This person holds no role that could be ended.")
        return
    with st.form(runtime.fresh(f"end-{person}")):
        held = _choice("Role", roles, key=f"end-role-{person}")
        ends_on = runtime.date_input("Last day", runtime.fresh(f"end-on-{person}"), value=day)
        if st.form_submit_button("End the role"):
            runtime.carry_out(
                lambda session, by: appointments.end_role(
                    session,
                    _the(session, RoleHeld, held),
                    ends_on=runtime.given(ends_on, "the last day"),
                    by=by,
                ),
                done="The role has a last day.",
            )


def _join_team(person: int, day: date) -> None:
    with runtime.reading() as session:
        teams = office_queries.team_choices(session)
    if not teams:
        st.write("There is no team yet. Add one under Teams.")
        return
    with st.form(runtime.fresh(f"join-{person}")):
        team = _choice("Team", teams, key=f"join-team-{person}")
        starts_on = runtime.date_input(
            "First day in the team", runtime.fresh(f"join-from-{person}"), value=day
        )
        if st.form_submit_button("Move into the team"):
            runtime.carry_out(
                lambda session, by: appointments.join_team(
                    session,
                    _the(session, Person, person),
                    team=_the(session, Team, team),
                    starts_on=runtime.given(starts_on, "the first day"),
                    by=by,
                ),
                done="The person has joined the team.",
            )


def _set_line_manager(person: int, day: date) -> None:
    with runtime.reading() as session:
        colleagues = office_queries.person_choices(session, working=True, but=person)
    if not colleagues:
        st.write("There is nobody else yet. Add the line manager first.")
        return
    with st.form(runtime.fresh(f"manager-{person}")):
        manager = _choice("Line manager", colleagues, key=f"manager-of-{person}")
        starts_on = runtime.date_input("First day", runtime.fresh(f"manager-from-{person}"), value=day)
        if st.form_submit_button("Set the line manager"):
            runtime.carry_out(
                lambda session, by: appointments.set_line_manager(
                    session,
                    _the(session, Person, person),
                    manager=_the(session, Person, manager),
                    starts_on=runtime.given(starts_on, "the first day"),
                    by=by,
                ),
                done="The line manager is set.",
            )


def _record_absence(person: int, day: date) -> None:
    with runtime.reading() as session:
        colleagues = office_queries.person_choices(session, working=True, but=person)
    with st.form(runtime.fresh(f"absence-{person}")):
        starts_on = runtime.date_input("First day away", runtime.fresh(f"absence-from-{person}"), value=day)
        ends_on = runtime.date_input("Last day away", runtime.fresh(f"absence-until-{person}"))
        deputy = st.selectbox(
            "Deputy, who may do their sampling meanwhile",
            [choice.id for choice in colleagues],
            index=None,
            format_func={choice.id: choice.words for choice in colleagues}.__getitem__,
            placeholder="Nobody",
        )
        if st.form_submit_button("Record the absence"):
            runtime.carry_out(
                lambda session, by: appointments.record_absence(
                    session,
                    _the(session, Person, person),
                    starts_on=runtime.given(starts_on, "the first day"),
                    ends_on=runtime.given(ends_on, "the last day away"),
                    deputy=None if deputy is None else _the(session, Person, deputy),
                    by=by,
                ),
                done="The absence is recorded.",
            )


def _set_password(person: int, _day: date) -> None:
    with st.form(runtime.fresh(f"password-{person}")):
        password = st.text_input(
            f"New password, at least {SHORTEST_PASSWORD} characters",
            type="password",
            autocomplete="new-password",
        )
        if st.form_submit_button("Set the password"):
            runtime.carry_out(
                lambda session, by: office.set_password(
                    session, _the(session, Person, person), password=password or "", by=by
                ),
                done="The new password is set. Tell it to the person in private.",
            )


def _disable_or_enable(person: int, _day: date) -> None:
    with runtime.reading() as session:
        disabled = _the(session, Person, person).disabled_on is not None
    if disabled:
        st.write("This person is disabled and cannot sign in. Everything they recorded is kept.")
        if st.button("Enable the person"):
            runtime.carry_out(
                lambda session, by: office.enable_person(session, _the(session, Person, person), by=by),
                done="The person may sign in again.",
            )
    else:
        st.write(
            "A person who leaves is disabled: they sign in no more, and everything they recorded is kept."
        )
        if st.button("Disable the person"):
            runtime.carry_out(
                lambda session, by: office.disable_person(session, _the(session, Person, person), by=by),
                done="The person is disabled.",
            )


def _forget_account(person: int, _day: date) -> None:
    with runtime.reading() as session:
        is_known = has_account(session, _the(session, Person, person))
    if not is_known:
        st.write("This person has not signed in with an account of the organisation yet.")
        return
    st.write(
        "They sign in with the account that they came with first, whatever becomes of its e-mail address. "
        "Once it is forgotten, the next account with their address here is theirs."
    )
    if st.button("Forget the account"):
        runtime.carry_out(
            lambda session, by: forget_account(session, _the(session, Person, person), by=by),
            done="The account is forgotten, and the person is signed out.",
        )


def _choice(label: str, choices: list[Choice], *, key: str) -> int:
    words = {choice.id: choice.words for choice in choices}
    chosen: int = st.selectbox(label, list(words), format_func=words.__getitem__, key=key)
    return chosen


def _the(session: Session, table: type[Any], row_id: int) -> Any:
    row = session.get(table, row_id)
    assert row is not None  # rows of these tables are never deleted
    return row
