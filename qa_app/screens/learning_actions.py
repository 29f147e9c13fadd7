"""Follow-up actions: the list, one action with what may be done to it, and the form for a new one."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from learning_register.action_effects import ActionEffect, action_effect
from learning_register.follow_up import ActionState
from learning_register.following_up import (
    add_action,
    finish_action,
    may_finish,
    may_move_target_date,
    move_target_date,
    reopen_action,
)
from learning_register.queries import (
    ActionRow,
    LearningRow,
    follow_up_actions,
    people_who_can_authorise,
    people_who_can_own,
)
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from qa_app.effect_words import effect_basis, effect_sentence
from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    fresh,
    given,
    go,
    in_words,
    link,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.wording import ACTION_STATES, cases_in_words
from sampling.records.people import Person
from sampling.refused import Refused

_SHOWN = ("Open", "Overdue", "Done", "All")


def show() -> None:
    """The actions a person may see or is named in, open ones first."""
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
    open_ones = sum(row.state == ActionState.OPEN for row in actions)
    st.write(f"{open_ones:,} open, {late:,} of them overdue; {len(actions) - open_ones:,} done.")
    left, right = st.columns(2)
    shown = left.radio("Show", _SHOWN, horizontal=True, key="actions-shown")
    own = right.checkbox("Only those I own or authorised", key="actions-own")
    chosen = [
        row
        for row in actions
        if _fits(row, shown) and (not own or person.id in (row.owner_id, row.authoriser_id))
    ]
    _list(chosen, "actions")
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


def show_actions_of(point: LearningRow) -> None:
    """The actions of one learning point, and the form for another."""
    with reading() as session:
        actions = follow_up_actions(session, signed_in(), point_id=point.point_id)
    if not actions:
        st.write("No action has been agreed on this yet.")
    for row in actions:
        link("learning", f"Action {row.action_id}, {_state(row).lower()}", action=row.action_id)
        st.write(f"{as_typed(row.description)} Owner: {as_typed(row.owner)}, by {in_words(row.target_date)}.")
    _add(point.point_id)


def show_action(action_id: int) -> None:
    """One action, with the forms for those who may change it."""
    person = signed_in()
    with reading() as session:
        found = [row for row in follow_up_actions(session, person) if row.action_id == action_id]
        if not found:
            raise Refused(
                "There is no such action, or it is not for you to see. Choose one from the list of actions."
            )
        action = session.get_one(FollowUpAction, action_id)
        may_finish_it, may_move_it = (
            may_finish(session, action, person),
            may_move_target_date(session, action, person),
        )
        effect = action_effect(session, action_id, person)
    (row,) = found
    title(f"Action {row.action_id}", _state(row))
    with st.container(horizontal=True):
        link("learning", "All actions", part="Actions")
        link("learning", f"Learning point {row.point_id}", point=row.point_id)
    st.markdown(as_typed(row.description))
    facts = {
        "From the learning": row.learning,
        "Case": row.reference,
        "Team": row.team or "No team",
        "Owner": row.owner,
        "Authorised by": row.authoriser,
        "Target date": in_words(row.target_date),
    }
    if row.first_target_date != row.target_date:
        facts["First target date"] = in_words(row.first_target_date)
    if row.done_on is not None:
        facts["Done on"] = in_words(row.done_on)
        facts["What was done"] = row.done_note
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items()))
    if effect is not None:
        _effect(effect)
    elif row.done_on is not None:
        st.write(
            "Whether it worked is not worked out: it comes from a theme, whose cases were drawn for one "
            "question."
        )
    if not may_finish_it:
        st.caption(
            f"{row.owner}, the team's line manager or the Head of Customer Care marks this action as done."
        )
    elif row.state == ActionState.OPEN:
        _finish(row)
    else:
        _reopen(row)
    if row.state == ActionState.OPEN and may_move_it:
        _move(row)


def _effect(effect: ActionEffect) -> None:
    counts = effect.counts
    st.subheader("Did it work?", anchor=False)
    st.write(f"Requirement: {as_typed(effect.requirement)}")
    st.write(effect_sentence(effect))
    if not counts.reviewed_before and not counts.reviewed_after:
        return
    with st.expander("The reviews behind this"):
        table(
            pd.DataFrame(
                {
                    "When": [
                        f"{in_words(effect.since)} to {in_words(effect.done_on)}",
                        f"After {in_words(effect.done_on)}",
                    ],
                    "Reviews": [counts.reviewed_before, counts.reviewed_after],
                    "Not met": [counts.failed_before, counts.failed_after],
                }
            ),
            caption="Before and after",
            key="effect",
        )
        st.caption(effect_basis(effect))


def _fits(row: ActionRow, shown: str) -> bool:
    return {
        "Open": row.state == ActionState.OPEN,
        "Overdue": row.is_overdue,
        "Done": row.state == ActionState.DONE,
        "All": True,
    }[shown]


def _state(row: ActionRow) -> str:
    if row.is_overdue:
        return f"Overdue by {cases_in_words(row.days_late, 'day')}"
    if row.done_on is not None and row.days_late:
        return f"Done, {cases_in_words(row.days_late, 'day')} late"
    return ACTION_STATES[row.state]


def _list(rows: Sequence[ActionRow], key: str) -> None:
    table(
        pd.DataFrame(
            [
                {
                    "Number": row.action_id,
                    "Action": row.description,
                    "State": _state(row),
                    "Target date": row.target_date,
                    "First target date": row.first_target_date,
                    "Owner": row.owner,
                    "Authorised by": row.authoriser,
                    "Team": row.team or "",
                    "Case": row.reference,
                    "Done on": row.done_on,
                }
                for row in rows
            ]
        ),
        caption=cases_in_words(len(rows), "action"),
        key=key,
        empty="No action fits. Choose others to show.",
        download="actions.csv",
    )


def _add(point_id: int) -> None:
    with reading() as session:
        owners = {who.id: who.name for who in people_who_can_own(session)}
        authorisers = {who.id: who.name for who in people_who_can_authorise(session)}
    with st.expander("Add an action"), st.form(fresh(f"add-action-{point_id}"), border=False):
        description = st.text_area("What is to be done", placeholder="Do not name people.", height=100)
        owner = st.selectbox(
            "Owner, who does it",
            list(owners),
            index=None,
            format_func=owners.__getitem__,
            placeholder="Choose the owner",
        )
        authoriser = st.selectbox(
            "Authorised by, not the owner",
            list(authorisers),
            index=None,
            format_func=authorisers.__getitem__,
            placeholder="Choose a line manager or the Head",
        )
        target_date = date_input("Target date", fresh(f"target-{point_id}"))
        if st.form_submit_button("Add the action"):
            carry_out(
                lambda session, by: add_action(
                    session,
                    session.get_one(LearningPoint, point_id),
                    description=description or "",
                    owner=session.get_one(Person, given(owner, "the owner")),
                    authoriser=session.get_one(Person, given(authoriser, "who authorises it")),
                    target_date=given(target_date, "the target date"),
                    by=by,
                ),
                done="The action is added.",
            )


def _finish(row: ActionRow) -> None:
    with st.form(fresh(f"finish-{row.action_id}")):
        note = st.text_area("What was done", height=100)
        if st.form_submit_button("Mark as done"):
            carry_out(
                lambda session, by: finish_action(
                    session, session.get_one(FollowUpAction, row.action_id), note=note or "", by=by
                ),
                done="The action is marked as done.",
            )


def _reopen(row: ActionRow) -> None:
    with st.form(fresh(f"reopen-{row.action_id}")):
        reason = st.text_input("Why is it opened again?")
        if st.form_submit_button("Open the action again"):
            carry_out(
                lambda session, by: reopen_action(
                    session, session.get_one(FollowUpAction, row.action_id), reason=reason or "", by=by
                ),
                done="The action is open again.",
            )


def _move(row: ActionRow) -> None:
    with (
        st.expander("Move the target date"),
        st.form(fresh(f"move-{row.action_id}"), border=False),
    ):
        st.write(f"The first target date, {in_words(row.first_target_date)}, stays on record.")
        target_date = date_input("New target date", fresh(f"move-to-{row.action_id}"))
        reason = st.text_input("Why does it move?")
        if st.form_submit_button("Move the target date"):
            carry_out(
                lambda session, by: move_target_date(
                    session,
                    session.get_one(FollowUpAction, row.action_id),
                    target_date=given(target_date, "the new target date"),
                    reason=reason or "",
                    by=by,
                ),
                done="The target date is moved.",
            )
