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
    with st.expander("Decline the action"), st.form(f"decline-{key}", border=False):
        reason = st.text_input("Why is it not to be done?", key=f"decline-why-{key}")
        if st.form_submit_button("Decline the action"):
            carry_out(
                lambda session, by: decline_action(
                    session, _action(session, sheet), reason=reason or "", by=by
                ),
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
    with st.expander("Open it again"), st.form(f"reopen-{key}", border=False):
        reason = st.text_input("Why is it opened again?", key=f"reopen-why-{key}")
        if st.form_submit_button("Open the action again"):
            carry_out(
                lambda session, by: reopen_action(
                    session, _action(session, sheet), reason=reason or "", by=by
                ),
                done="The action is open again.",
            )


def _finish(sheet: ActionSheet, key: str) -> None:
    with st.form(f"finish-{key}"):
        note = st.text_area("What was done", height=100, key=f"finish-note-{key}", help="Do not name people.")
        address = st.text_input("A link that shows it", key=f"finish-link-{key}", placeholder="https://")
        file = st.file_uploader("A file that shows it", key=f"finish-file-{key}")
        st.caption(
            "One of the three is enough. Of a file its name and SHA-256 are kept, not the file itself."
        )

        def finish(session: Session, by: Person) -> None:
            action = _action(session, sheet)
            if address:
                add_link(session, action, address=address, by=by)
            if file is not None:
                add_file(session, action, file_name=file.name, content=file.getvalue(), by=by)
            finish_action(session, action, note=note or "", by=by)

        if st.form_submit_button("Mark as done"):
            carry_out(finish, done="The action is marked as done.")


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
    with st.expander("It worked", expanded=shown), st.form(f"effective-{key}", border=False):
        reason = st.text_area(
            "What shows that it worked",
            value=effect_sentence(effect) if effect is not None and shown else "",
            height=100,
            key=f"effective-why-{key}",
        )
        if st.form_submit_button("Judge it effective"):
            carry_out(
                lambda session, by: judge_effective(
                    session, _action(session, sheet), reason=reason or "", by=by
                ),
                done="The action is judged effective.",
            )


def _judge_not_effective(sheet: ActionSheet, key: str) -> None:
    choices, row = choices_for_actions(), sheet.row
    with st.expander("It did not work"), st.form(f"not-effective-{key}", border=False):
        st.write("Another action follows it, on the same learning point. It is authorised anew.")
        reason = st.text_area("What shows that it did not work", height=80, key=f"not-effective-why-{key}")
        next_step = st.text_area("What is to be done instead", height=80, key=f"next-what-{key}")
        of_person = None if row.owner_id is None else (Person, row.owner_id)
        of_team = None if row.owner_team_id is None else (Team, row.owner_team_id)
        owner = owner_input(choices, key=f"next-owner-{key}", value=of_person or of_team)
        authoriser = authoriser_input(choices, key=f"next-authoriser-{key}", value=row.authoriser_id)
        target_date = date_input("Target date of the next action", f"next-target-{key}")

        def judge(session: Session, by: Person) -> int:
            return judge_not_effective(
                session,
                _action(session, sheet),
                reason=reason or "",
                next_step=next_step or "",
                target_date=given(target_date, "the target date of the next action"),
                owner=owner_of(session, owner),
                authoriser=session.get_one(Person, given(authoriser, "who authorises the next action")),
                by=by,
            ).id

        if st.form_submit_button("Judge it not effective"):
            carry_out(judge, done=lambda number: f"Judged not effective. Action {number} follows it.")


def _close_without_result(sheet: ActionSheet, key: str) -> None:
    with st.expander("Close it without a result"), st.form(f"unmeasured-{key}", border=False):
        st.write("Neither answer counts as effective.")
        result = st.radio(
            "Why can nothing be shown?",
            [Result.NOT_MEASURABLE, Result.NOT_SHOWN],
            format_func=ACTION_RESULTS.__getitem__,
            key=f"unmeasured-result-{key}",
        )
        reason = st.text_area("The reason", height=80, key=f"unmeasured-why-{key}")
        if st.form_submit_button("Close without a result"):
            carry_out(
                lambda session, by: close_without_result(
                    session,
                    _action(session, sheet),
                    result=given(result, "the result"),
                    reason=reason or "",
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
