"""The moves of one action: a form for each that its reader may make now."""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_effects import ActionEffect
from learning_register.action_sheets import ActionSheet
from learning_register.authorising import authorise_action, decline_action
from learning_register.follow_up import ActionState, Result
from learning_register.progressing import add_file, add_link, finish_action, reopen_action, start_action
from learning_register.tables_actions import FollowUpAction
from learning_register.verifying import (
    close_action,
    close_without_result,
    judge_effective,
    judge_not_effective,
    monitor_action,
)
from qa_app.action_form import authoriser_input, choices_for_actions, owner_input, owner_of, verifier_input
from qa_app.effect_words import effect_sentence
from qa_app.runtime import carry_out, date_input, given
from qa_app.unfinished import Form
from qa_app.wording import ACTION_RESULTS
from sampling.records.people import Person, Team


def show(sheet: ActionSheet, effect: ActionEffect | None) -> None:
    """The forms, in the order of the states they lead to."""
    wanted = [state for state in ActionState if state in sheet.may_become]
    if wanted:
        st.subheader("What comes next", anchor=False)
    # The keys are new once the action has moved, and only then: what is typed meanwhile stays.
    key = f"{sheet.row.action_id}-{sheet.row.state}-{len(sheet.changes)}"
    for state in wanted:
        if state is ActionState.EFFECTIVE:
            _judge_effective(sheet, effect, key)
        elif state is ActionState.CLOSED and sheet.row.result is None:
            _close_without_result(sheet, key)
        else:
            _FORMS[state](sheet, key)


def _authorise(sheet: ActionSheet, key: str) -> None:
    if st.button("Authorise the action", key=f"authorise-{key}", type="primary"):
        carry_out(
            lambda session, by: authorise_action(session, _action(session, sheet), by=by),
            done="The action is authorised.",
        )


def _decline(sheet: ActionSheet, key: str) -> None:
    form = Form(f"decline-{sheet.row.action_id}")
    with form.expander("Decline the action"):
        reason = form.text_input("Why is it not to be done?", "why")
        if st.button("Decline the action", key=f"{form.key}-decline"):
            form.carry_out(
                lambda session, by: decline_action(session, _action(session, sheet), reason=reason, by=by),
                done="The action is declined.",
            )


def _start_or_reopen(sheet: ActionSheet, key: str) -> None:
    if sheet.row.state is ActionState.AUTHORISED:
        if st.button("Begin the action", key=f"start-{key}", type="primary"):
            carry_out(
                lambda session, by: start_action(session, _action(session, sheet), by=by),
                done="The action is in progress.",
            )
        return
    form = Form(f"reopen-{sheet.row.action_id}")
    with form.expander("Open it again"):
        reason = form.text_input("Why is it opened again?", "why")
        if st.button("Open the action again", key=f"{form.key}-reopen"):
            form.carry_out(
                lambda session, by: reopen_action(session, _action(session, sheet), reason=reason, by=by),
                done="The action is open again.",
            )


def _finish(sheet: ActionSheet, key: str) -> None:
    form = Form(f"finish-{sheet.row.action_id}")
    with form.box():
        note = form.text_area("What was done", "note", height=100, help="Do not name people.")
        address = form.text_input("A link that shows it", "link", placeholder="https://")
        file = st.file_uploader("A file that shows it", key=f"{form.key}-file")
        st.caption(
            "One of the three is enough. Of a file its name and SHA-256 are kept, not the file itself."
        )

        def finish(session: Session, by: Person) -> None:
            action = _action(session, sheet)
            if address:
                add_link(session, action, address=address, by=by)
            if file is not None:
                add_file(session, action, file_name=file.name, content=file.getvalue(), by=by)
            finish_action(session, action, note=note, by=by)

        if st.button("Mark as done", key=f"{form.key}-finish"):
            form.carry_out(finish, done="The action is marked as done.")


def _monitor(sheet: ActionSheet, key: str) -> None:
    with st.form(f"monitor-{key}"):
        st.write("Later samples show whether it worked. Its verifier says so, by the review date.")
        verifier = verifier_input(
            choices_for_actions(), key=f"monitor-verifier-{key}", value=sheet.row.verifier_id
        )
        review_on = date_input("Review date", f"monitor-until-{key}")
        if st.form_submit_button("Monitor its effect"):
            carry_out(
                lambda session, by: monitor_action(
                    session,
                    _action(session, sheet),
                    verifier=None if verifier is None else session.get_one(Person, verifier),
                    review_on=given(review_on, "the review date"),
                    by=by,
                ),
                done="The effect of the action is monitored.",
            )


def _judge_effective(sheet: ActionSheet, effect: ActionEffect | None, key: str) -> None:
    shown = effect is not None and effect.proposed is Result.EFFECTIVE
    form = Form(f"effective-{sheet.row.action_id}")
    with form.expander("It worked", expanded=shown):
        reason = form.text_area(
            "What shows that it worked",
            "why",
            effect_sentence(effect) if effect is not None and shown else "",
            height=100,
        )
        if st.button("Judge it effective", key=f"{form.key}-judge"):
            form.carry_out(
                lambda session, by: judge_effective(session, _action(session, sheet), reason=reason, by=by),
                done="The action is judged effective.",
            )


def _judge_not_effective(sheet: ActionSheet, key: str) -> None:
    choices, row = choices_for_actions(), sheet.row
    form = Form(f"not-effective-{row.action_id}")
    key = form.key
    with form.expander("It did not work"):
        st.write("Another action follows it, on the same learning point. It is authorised anew.")
        reason = form.text_area("What shows that it did not work", "why", height=80)
        next_step = form.text_area("What is to be done instead", "next", height=80)
        of_person = None if row.owner_id is None else (Person, row.owner_id)
        of_team = None if row.owner_team_id is None else (Team, row.owner_team_id)
        owner = owner_input(choices, key=f"next-owner-{key}", value=of_person or of_team)
        authoriser = authoriser_input(choices, key=f"next-authoriser-{key}", value=row.authoriser_id)
        target_date = date_input("Target date of the next action", f"next-target-{key}")

        def judge(session: Session, by: Person) -> int:
            return judge_not_effective(
                session,
                _action(session, sheet),
                reason=reason,
                next_step=next_step,
                target_date=given(target_date, "the target date of the next action"),
                owner=owner_of(session, owner),
                authoriser=session.get_one(Person, given(authoriser, "who authorises the next action")),
                by=by,
            ).id

        if st.button("Judge it not effective", key=f"{key}-judge"):
            form.carry_out(judge, done=lambda number: f"Judged not effective. Action {number} follows it.")


def _close_without_result(sheet: ActionSheet, key: str) -> None:
    form = Form(f"unmeasured-{sheet.row.action_id}")
    with form.expander("Close it without a result"):
        st.write("Neither answer counts as effective.")
        result = st.radio(
            "Why can nothing be shown?",
            [Result.NOT_MEASURABLE, Result.NOT_SHOWN],
            format_func=ACTION_RESULTS.__getitem__,
            key=f"{form.key}-result",
        )
        reason = form.text_area("The reason", "why", height=80)
        if st.button("Close without a result", key=f"{form.key}-close"):
            form.carry_out(
                lambda session, by: close_without_result(
                    session,
                    _action(session, sheet),
                    result=given(result, "the result"),
                    reason=reason,
                    by=by,
                ),
                done="The action is closed.",
            )


def _close(sheet: ActionSheet, key: str) -> None:
    if st.button("Close the action", key=f"close-{key}", type="primary"):
        carry_out(
            lambda session, by: close_action(session, _action(session, sheet), by=by),
            done="The action is closed.",
        )


def _action(session: Session, sheet: ActionSheet) -> FollowUpAction:
    return session.get_one(FollowUpAction, sheet.row.action_id)


_FORMS: Final[Mapping[ActionState, Callable[[ActionSheet, str], None]]] = {
    ActionState.AUTHORISED: _authorise,
    ActionState.DECLINED: _decline,
    ActionState.IN_PROGRESS: _start_or_reopen,
    ActionState.DONE: _finish,
    ActionState.MONITORING: _monitor,
    ActionState.NOT_EFFECTIVE: _judge_not_effective,
    ActionState.CLOSED: _close,
}
