"""What shows that an action is being done: its milestones, its evidence, and with whom it was shared."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_sheets import ActionSheet
from learning_register.follow_up import Right
from learning_register.progressing import (
    EvidenceKind,
    add_file,
    add_link,
    add_milestone,
    add_note,
    finish_milestone,
    share_action,
)
from learning_register.tables_actions import ActionMilestone, FollowUpAction
from qa_app.runtime import as_typed, carry_out, date_input, given, in_words, table
from qa_app.unfinished import Form
from qa_app.wording import moment_in_words
from sampling.records.people import Person
from sampling.refused import Refused

_KINDS = {EvidenceKind.NOTE: "Note", EvidenceKind.LINK: "Link", EvidenceKind.FILE: "File"}


def show(sheet: ActionSheet) -> None:
    """The three lists, with the forms for those who may add to them."""
    _milestones(sheet)
    _evidence(sheet)
    _shared(sheet)


def _milestones(sheet: ActionSheet) -> None:
    may_plan = Right.PLAN_STEPS in sheet.rights
    if not sheet.milestones and not may_plan:
        return
    st.subheader("Milestones", anchor=False)
    if not sheet.milestones:
        st.write("None is planned.")
    for one in sheet.milestones:
        when = f"Reached on {in_words(one.done_on)}" if one.done_on else f"Due {in_words(one.due_on)}"
        st.write(f"{when}: {as_typed(one.description)}")
        if one.done_on is None and may_plan and st.button("Reached", key=f"milestone-{one.milestone_id}"):
            _reach(one.milestone_id)
    if not may_plan:
        return
    form = Form(f"milestone-{sheet.row.action_id}")
    with form.expander("Add a milestone"):
        description = form.text_input("What is to be reached", "what")
        due_on = date_input("By when", f"{form.key}-due")
        if st.button("Add the milestone", key=f"{form.key}-add"):
            form.carry_out(
                lambda session, by: add_milestone(
                    session,
                    _action(session, sheet),
                    description=description,
                    due_on=given(due_on, "the day of the milestone"),
                    by=by,
                ),
                done="The milestone is added.",
            )


def _reach(milestone_id: int) -> None:
    carry_out(
        lambda session, by: finish_milestone(session, session.get_one(ActionMilestone, milestone_id), by=by),
        done="The milestone is reached.",
    )


def _evidence(sheet: ActionSheet) -> None:
    may_give = Right.GIVE_EVIDENCE in sheet.rights
    if not sheet.evidence and not may_give:
        return
    st.subheader("Evidence", anchor=False)
    table(
        pd.DataFrame(
            [
                {
                    "What": _KINDS[EvidenceKind(one.kind)],
                    "Evidence": one.words,
                    "SHA-256": one.sha256 or "",
                    "Given": moment_in_words(one.given_at),
                    "By": one.given_by,
                }
                for one in sheet.evidence
            ]
        ),
        caption="What shows that it was done",
        key=f"evidence-{sheet.row.action_id}",
        empty="None was given yet.",
        columns={"Evidence": st.column_config.TextColumn(width=340)},
    )
    if not may_give:
        return
    form = Form(f"evidence-{sheet.row.action_id}")
    with form.expander("Give evidence"):
        words = form.text_area("A note", "note", height=80)
        address = form.text_input("A link", "link", placeholder="https://")
        file = st.file_uploader("A file, of which name and SHA-256 are kept", key=f"{form.key}-file")

        def give(session: Session, by: Person) -> None:
            action = _action(session, sheet)
            if words:
                add_note(session, action, words=words, by=by)
            if address:
                add_link(session, action, address=address, by=by)
            if file is not None:
                add_file(session, action, file_name=file.name, content=file.getvalue(), by=by)
            if not words and not address and file is None:
                raise Refused("Nothing is given. Write a note, give a link or choose a file.")

        if st.button("Keep the evidence", key=f"{form.key}-keep"):
            form.carry_out(give, done="The evidence is kept.")


def _shared(sheet: ActionSheet) -> None:
    may_share = Right.SHARE in sheet.rights
    if not sheet.shared and not may_share:
        return
    st.subheader("Shared with", anchor=False)
    if not sheet.shared:
        st.write("It is not on record that this was shared with anybody.")
    for whom, day in sheet.shared:
        st.write(f"{as_typed(whom)}, on {in_words(day)}.")
    if not may_share:
        return
    form = Form(f"shared-{sheet.row.action_id}")
    with form.expander("Record that it was shared"):
        with_whom = form.text_input("With whom", "whom", placeholder="A team, a meeting, an office")
        shared_on = date_input("When", f"{form.key}-when")
        if st.button("Record it", key=f"{form.key}-record"):
            form.carry_out(
                lambda session, by: share_action(
                    session,
                    _action(session, sheet),
                    with_whom=with_whom,
                    shared_on=given(shared_on, "the day on which it was shared"),
                    by=by,
                ),
                done="It is recorded.",
            )


def _action(session: Session, sheet: ActionSheet) -> FollowUpAction:
    return session.get_one(FollowUpAction, sheet.row.action_id)
