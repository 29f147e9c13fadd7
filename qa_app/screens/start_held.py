"""On Start: the cases that must not go out, and what somebody is asked to put right."""

from typing import Final

import streamlit as st

from qa_app.held_words import finding_in_words, for_days
from qa_app.runtime import as_typed, do, in_words, link, reading, signed_in
from qa_app.screens.review_intervene import show_intervention
from qa_app.wording import cases_in_words
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Role, roles_of
from scorecards.going_out import Standing
from scorecards.held_cases import HeldRow, held_cases, held_findings, tell_manager
from scorecards.interventions import InterventionRow, interventions

_IN_FULL: Final = 5


def show_held_back() -> None:
    """The held cases of a manager's teams, each with its reason; for others how many wait, and breaches."""
    with reading() as session:
        person = signed_in()
        is_head = Role.HEAD in roles_of(session, person)
        rows = held_cases(session, person, waiting_only=not is_head)
        waiting = [row for row in rows if row.standing == Standing.WAITING]
        own = [row for row in waiting if row.is_own_team]
        why = {
            row.held_id: "; ".join(
                finding_in_words(finding) for finding in held_findings(session, row.held_id, person)
            )
            for row in own[:_IN_FULL]
        }
    others, breaches = len(waiting) - len(own), sum(row.went_out for row in rows)
    if not waiting and not breaches:
        return
    st.subheader("Must not go out", anchor=False)
    _own(own, why)
    if others:
        where = "in other teams" if own else "in the office" if is_head else "that you may see"
        st.write(
            f"{cases_in_words(others)} held back {where}, until put right or released by somebody of the "
            "level that is needed."
        )
    if breaches:
        st.error(
            f"**Breaches: {cases_in_words(breaches, 'held case')} went out** without having been put right "
            "or released."
        )
        link("held_cases", "See the breaches", part="Breaches")
    link("held_cases", "See the held cases")


def show_interventions() -> None:
    """What the reader is asked to put right, with the form for the result; and how their teams do."""
    with reading() as session:
        person = signed_in()
        to_do = [row for row in interventions(session, person) if row.done_on is None]
    own = [row for row in to_do if row.owner_id == person.id]
    if own:
        st.subheader("To put right now", anchor=False)
    for row in own:
        with st.container(border=True):
            st.markdown(f"**{as_typed(row.reference)}** · {as_typed(row.requirement)}")
            show_intervention(row)
    _asked_of_others([row for row in to_do if row.owner_id != person.id])


def _own(own: list[HeldRow], why: dict[int, str]) -> None:
    new = [row.held_id for row in own if row.held_id in why and row.told_at is None]
    for row in own[:_IN_FULL]:
        with st.container(border=True):
            since = f"since {in_words(row.held_at.astimezone(OFFICE_TIME).date())}"
            since += f", {for_days(row.days_held)}" if row.days_held else ""
            reason = why[row.held_id] or "the case file could not be found"
            st.markdown(f"**{as_typed(row.reference)}** is held back {since}: {as_typed(reason)}.")
            link("held_cases", f"Put {row.reference} right, or have it released", held=row.held_id)
    if len(own) > _IN_FULL:
        st.write(f"{len(own) - _IN_FULL:,} more of your cases are held back.")
    if new:
        do(lambda session, by: tell_manager(session, new, by=by))


def _asked_of_others(rows: list[InterventionRow]) -> None:
    if not rows:
        return
    late = sum(row.days_overdue > 0 for row in rows)
    st.write(
        f"{cases_in_words(len(rows), 'intervention')} on open cases that others are to do, {late:,} of them "
        "overdue."
    )
    link("held_cases", "See the interventions", part="Interventions")
