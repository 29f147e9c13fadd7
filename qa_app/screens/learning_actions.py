"""Follow-up actions: the list with its filters, those of one learning point, and the form for a new one."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_queries import ActionRow, Concern, follow_up_actions
from learning_register.aims import default_aims
from learning_register.follow_up import AGE_BANDS, OLDEST, ActionState
from learning_register.following_up import add_action
from learning_register.point_queries import LearningRow
from learning_register.tables import LearningPoint
from qa_app.action_form import (
    aims_input,
    authoriser_input,
    choices_for_actions,
    owner_input,
    owner_of,
    verifier_input,
)
from qa_app.action_words import CONCERNS, state_of, ways_of_an_action
from qa_app.runtime import (
    as_typed,
    date_input,
    given,
    go,
    in_words,
    link,
    reading,
    signed_in,
    table,
)
from qa_app.unfinished import Form
from qa_app.wording import ACTION_RESULTS, ACTION_STATES, cases_in_words
from sampling.records.people import Person

_UNFINISHED, _ALL = "Unfinished", "All"
# What can be shown, with the concern or the state it asks for.
_SHOWN: Final[dict[str, Concern | ActionState | None]] = {
    _UNFINISHED: None,
    **{words: concern for concern, words in CONCERNS.items()},
    **{words: state for state, words in ACTION_STATES.items()},
    _ALL: None,
}


def show() -> None:
    """The actions a person may see or is named in, unfinished ones first."""
    person = signed_in()
    with reading() as session:
        actions = follow_up_actions(session, person)
    if not actions:
        st.write(
            "No action has been agreed yet that you may see. Open a learning point to say what is to be done "
            "about it, by whom and by when."
        )
        return
    late = sum(row.is_overdue for row in actions)
    unfinished = sum(not row.is_finished for row in actions)
    st.write(
        f"{unfinished:,} unfinished, {late:,} of them overdue; "
        f"{len(actions) - unfinished:,} closed or declined."
    )
    with st.expander("How an action goes from draft to its end"):
        st.markdown(ways_of_an_action())
    chosen = _filtered(actions, person)
    _list(chosen)
    choices = {row.action_id: f"{row.action_id}: {row.description}" for row in chosen}
    opened = st.selectbox(
        "Open an action",
        list(choices),
        index=None,
        format_func=choices.__getitem__,
        placeholder="Choose an action",
    )
    if opened is not None:
        go("learning", action=opened)


def _filtered(actions: Sequence[ActionRow], person: Person) -> list[ActionRow]:
    """The actions that fit what is chosen. The first four can be set by an address that leads here."""
    columns = st.columns(4)
    shown = columns[0].selectbox("Which actions", list(_SHOWN), key="actions-shown", bind="query-params")
    team = _pick(columns[1], "Team", sorted({row.team or "No team" for row in actions}), "actions-team")
    owner = _pick(columns[2], "Owner", sorted({row.owner for row in actions}), "actions-owner")
    age = _pick(columns[3], "Age", [*AGE_BANDS, OLDEST], "actions-age")
    own = st.checkbox("Only those in which I am named", key="actions-own")
    return [
        row
        for row in actions
        if _fits(row, shown)
        and team in (None, row.team or "No team")
        and owner in (None, row.owner)
        and age in (None, row.age_band)
        and (not own or row.names(person.id))
    ]


def _fits(row: ActionRow, shown: str) -> bool:
    wanted = _SHOWN[shown]
    if wanted is None:
        return shown == _ALL or not row.is_finished
    return wanted in row.concerns if isinstance(wanted, Concern) else row.state is wanted


def _pick(column: st.delta_generator.DeltaGenerator, label: str, options: list[str], key: str) -> str | None:
    """One value, or None for all of them."""
    return column.selectbox(label, options, index=None, placeholder="All", key=key, bind="query-params")


def _list(rows: Sequence[ActionRow]) -> None:
    table(
        pd.DataFrame(
            [
                {
                    "Number": row.action_id,
                    "Action": row.description,
                    "State": state_of(row),
                    "Target date": row.target_date,
                    "Owner": row.owner,
                    "Team": row.team or "",
                    "First target date": row.first_target_date,
                    "Age in days": "" if row.age is None else f"{row.age:,}",
                    "Authorised by": row.authoriser,
                    "Verified by": row.verifier or "",
                    "Case": row.reference,
                    "Done on": row.done_on,
                    "Review date": row.review_on,
                    "Result": "" if row.result is None else ACTION_RESULTS[row.result],
                }
                for row in rows
            ]
        ),
        caption=cases_in_words(len(rows), "action"),
        key="actions",
        empty="No action fits. Choose others to show.",
        columns={"Action": st.column_config.TextColumn(width=300)},
        download="actions.csv",
    )


def show_actions_of(point: LearningRow) -> None:
    """The actions of one learning point, and the form for another."""
    with reading() as session:
        actions = follow_up_actions(session, signed_in(), point_id=point.point_id)
    if not actions:
        st.write("No action has been agreed on this yet.")
    for row in actions:
        link("learning", f"Action {row.action_id}, {state_of(row).lower()}", action=row.action_id)
        st.write(f"{as_typed(row.description)} Owner: {as_typed(row.owner)}, by {in_words(row.target_date)}.")
    _add(point.point_id)


def _add(point_id: int) -> None:
    choices = choices_for_actions()
    with reading() as session:
        aims = default_aims(session, session.get_one(LearningPoint, point_id))
    form = Form(f"add-action-{point_id}")
    key = form.key
    with form.expander("Add an action"):
        st.caption("It is a draft until its authoriser, or the Head of Customer Care, authorises it.")
        description = form.text_area(
            "What is to be done", "what", placeholder="Do not name people.", height=100
        )
        owner = owner_input(choices, key=f"{key}-owner")
        authoriser = authoriser_input(choices, key=f"{key}-authoriser")
        verifier = verifier_input(choices, key=f"{key}-verifier")
        target_date = date_input("Target date", f"{key}-target")
        improves = aims_input(choices, key=f"{key}-aims", value=aims)

        def add(session: Session, by: Person) -> None:
            add_action(
                session,
                session.get_one(LearningPoint, point_id),
                description=description,
                owner=owner_of(session, owner),
                authoriser=session.get_one(Person, given(authoriser, "who authorises it")),
                verifier=None if verifier is None else session.get_one(Person, verifier),
                target_date=given(target_date, "the target date"),
                improves=improves,
                by=by,
            )

        if st.button("Add the action", key=f"{key}-add"):
            form.carry_out(add, done="The action is drafted. Its authoriser sees it in the list of actions.")
