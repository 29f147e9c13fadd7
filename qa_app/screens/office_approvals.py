"""Approval levels: which kind of decision needs which level, and who approves at it, from when until when."""

import pandas as pd
import streamlit as st

from qa_app import office_queries, runtime
from qa_app.held_words import LEVELS
from qa_app.wording import in_words
from sampling.records.database import today
from sampling.records.people import Person, Role, may_act_as
from scorecards.approval_rows import Level
from scorecards.approvals import (
    NAMED_LEVELS,
    OTHER_DECISION,
    ApproverRow,
    DecisionLevel,
    add_approver,
    approvers,
    decision_history,
    decision_levels,
    end_approval_level,
    end_approver,
    load_shipped_approval_levels,
    set_approval_level,
)
from scorecards.tables_intervention import ApprovalLevel, Approver

_ANOTHER = "Another kind of decision"


def show() -> None:
    """What holds today, the forms for an administrator, and what held before."""
    with runtime.reading() as session:
        person = runtime.signed_in()
        day = today(session)
        now = decision_levels(session, day)
        history = decision_history(session, by=person)
        named = approvers(session, by=person)
        may_change = may_act_as(session, person, [Role.ADMINISTRATOR])
    st.write(
        "A case that is held back is released by somebody of the level of its kind of decision, or of a "
        "higher one. A line manager approves at the lowest level for their own team; the Head at the Head’s "
        "for every team."
    )
    if not history and may_change:
        st.info("No level is set yet. Those of the review and feedback guidance come with the product.")
        if st.button("Use the levels of the guidance", type="primary"):
            runtime.carry_out(
                lambda session, by: load_shipped_approval_levels(session, by=by),
                done="The levels of the guidance are set. Change any of them below.",
            )
    runtime.table(_levels(now), caption="Levels as they are today", key="levels-now")
    if may_change:
        _set_level(now)
        _end_level([row for row in history if row.ends_on is None])
    runtime.table(
        _approvers(named),
        caption="Approvers besides the line managers and the Head",
        key="approvers",
        empty="Nobody is named yet. What only the Ombudsman or the deputies may approve, nobody can release.",
    )
    if may_change:
        _add_approver()
        _end_approver([row for row in named if row.ends_on is None or row.ends_on >= day])
    runtime.table(
        _levels(history),
        caption="Every level that was ever set",
        key="levels-history",
        empty="No level has been set so far.",
        download="approval-levels.csv",
    )


def _levels(rows: list[DecisionLevel]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Kind of decision": row.decision,
            "Level": LEVELS[row.level],
            "Rests on paragraphs": row.reference,
            "First day": row.starts_on,
            "Last day": row.ends_on,
        }
        for row in rows
    )


def _approvers(rows: list[ApproverRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {"Name": row.person, "Level": LEVELS[row.level], "First day": row.starts_on, "Last day": row.ends_on}
        for row in rows
    )


def _set_level(now: list[DecisionLevel]) -> None:
    with st.expander("Set a level"):
        chosen = st.selectbox(
            "Kind of decision", [*(row.decision for row in now), _ANOTHER], key="level-decision"
        )
        if chosen == OTHER_DECISION:
            st.write("The level of every held case until somebody says what kind of decision it is.")
        current = next((row for row in now if row.decision == chosen), None)
        with st.form(runtime.fresh(f"level-{chosen}"), border=False):
            decision = chosen if current else st.text_input("Name of the kind of decision")
            level: Level = st.selectbox(
                "Lowest level that may approve it",
                list(LEVELS),
                index=list(LEVELS).index(current.level) if current else 0,
                format_func=LEVELS.__getitem__,
            )
            reference = st.text_input(
                "Paragraphs it rests on", value=current.reference if current else "", help="Such as 72-73."
            )
            starts_on = runtime.date_input("First day", runtime.fresh(f"level-from-{chosen}"))
            if st.form_submit_button("Set the level"):
                runtime.carry_out(
                    lambda session, by: set_approval_level(
                        session,
                        decision=decision or "",
                        level=level,
                        reference=reference or "",
                        starts_on=runtime.given(starts_on, "the first day"),
                        by=by,
                    ),
                    done="The level is set.",
                )


def _end_level(rows: list[DecisionLevel]) -> None:
    choices = {row.row_id: f"{row.decision} – {LEVELS[row.level]}" for row in rows}
    if not choices:
        return
    with st.expander("End a level"), st.form(runtime.fresh("end-level"), border=False):
        ended = st.selectbox("Kind of decision", list(choices), format_func=choices.__getitem__)
        ends_on = runtime.date_input("Last day", runtime.fresh("end-level-on"))
        if st.form_submit_button("End the level"):
            runtime.carry_out(
                lambda session, by: end_approval_level(
                    session,
                    session.get_one(ApprovalLevel, ended),
                    ends_on=runtime.given(ends_on, "the last day"),
                    by=by,
                ),
                done="The level has a last day.",
            )


def _add_approver() -> None:
    with runtime.reading() as session:
        people = {row.id: row.words for row in office_queries.person_choices(session, working=True)}
    with st.expander("Name an approver"), st.form(runtime.fresh("add-approver"), border=False):
        who = st.selectbox(
            "Who", list(people), index=None, format_func=people.__getitem__, placeholder="Choose a person"
        )
        level: Level = st.selectbox(
            "Approves at the level of", list(NAMED_LEVELS), format_func=LEVELS.__getitem__
        )
        starts_on = runtime.date_input("First day", runtime.fresh("approver-from"))
        ends_on = runtime.date_input("Last day, if it is known", runtime.fresh("approver-until"))
        if st.form_submit_button("Name the approver"):
            runtime.carry_out(
                lambda session, by: add_approver(
                    session,
                    session.get_one(Person, runtime.given(who, "who approves")),
                    level=level,
                    starts_on=runtime.given(starts_on, "the first day"),
                    ends_on=ends_on,
                    by=by,
                ),
                done="The approver is named.",
            )


def _end_approver(rows: list[ApproverRow]) -> None:
    choices = {
        row.approver_id: f"{row.person} – {LEVELS[row.level]}, from {in_words(row.starts_on)}" for row in rows
    }
    if not choices:
        return
    with st.expander("End an approver’s time"), st.form(runtime.fresh("end-approver"), border=False):
        ended = st.selectbox("Who", list(choices), format_func=choices.__getitem__)
        ends_on = runtime.date_input("Last day", runtime.fresh("end-approver-on"))
        if st.form_submit_button("End their time"):
            runtime.carry_out(
                lambda session, by: end_approver(
                    session,
                    session.get_one(Approver, ended),
                    ends_on=runtime.given(ends_on, "the last day"),
                    by=by,
                ),
                done="The approver has a last day.",
            )
