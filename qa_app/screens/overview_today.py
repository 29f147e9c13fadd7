"""On the overview: what waits for the Head today, with the actions to authorise by name."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_overview import actions_overview
from learning_register.action_queries import ActionRow
from qa_app.overview_needs import Need, Risks, needs_of_actions, needs_of_cases, needs_of_word, risks_now
from qa_app.point_words import shortened
from qa_app.runtime import as_typed, in_words, link
from qa_app.screens.overview_kept import figures
from qa_app.screens.overview_lines import show_needs
from qa_app.screens.service_cases import cases_seen
from sampling.records.database import now
from sampling.records.people import Person

_IN_FULL: Final = 5


def show() -> None:
    """Three groups side by side, and below them a way straight to each action that is not authorised."""
    st.subheader("What needs you today", anchor=False)
    groups, to_authorise = figures(_today)
    for column, (title, needs) in zip(st.columns(len(groups)), groups.items(), strict=True):
        with column:
            show_needs(title, needs)
    if to_authorise:
        st.markdown("**Actions to authorise**")
    for row in to_authorise[:_IN_FULL]:
        label = f"Action {row.action_id}: {shortened(row.description)}"
        link("learning", as_typed(label), action=row.action_id)
        team = f", {row.team}" if row.team else ""
        st.caption(as_typed(f"{row.owner}{team}, by {in_words(row.target_date)}"))
    if len(to_authorise) > _IN_FULL:
        st.caption(f"{len(to_authorise) - _IN_FULL:,} more stand in the list of actions to authorise.")


def risks(session: Session, person: Person) -> Risks | None:
    """The risks of the open cases, as the newest extract and the records of now have them."""
    moment = now(session)
    return risks_now(session, person, cases_seen(moment), moment)


def _today(session: Session, person: Person) -> tuple[dict[str, list[Need]], Sequence[ActionRow]]:
    actions = figures(actions_overview)
    groups = {
        "Learning actions": needs_of_actions(session, person, actions),
        "Cases and risks": needs_of_cases(session, person, figures(risks)),
        "Your word": needs_of_word(session, person),
    }
    return groups, actions.unauthorised
