"""One follow-up action: what is to be done, by whom, what shows it, whether it worked, and its history."""

import pandas as pd
import streamlit as st

from learning_register.action_effects import ActionEffect, action_effect
from learning_register.action_queries import Concern
from learning_register.action_sheets import ActionSheet, action_sheet
from learning_register.follow_up import MOVES, parts_in_words
from learning_register.recurrence import LaterPoint, later_points
from qa_app.action_words import CONCERNS, change_in_words, state_of
from qa_app.effect_charts import effect_chart
from qa_app.effect_words import (
    effect_basis,
    effect_chart_frame,
    effect_chart_sentence,
    effect_sentence,
    effect_table,
    proposal_sentence,
)
from qa_app.runtime import as_typed, in_words, link, reading, signed_in, table, title
from qa_app.screens import learning_action_changes, learning_action_moves, learning_action_steps
from qa_app.wording import ACTION_RESULTS, cases_in_words, moment_in_words


def show(action_id: int) -> None:
    """One action, with the forms for those who may move or change it now."""
    person = signed_in()
    with reading() as session:
        sheet = action_sheet(session, action_id, person)
        effect = action_effect(session, action_id, person)
        again = later_points(session, action_id, person) if sheet.row.closed_on is not None else []
    row = sheet.row
    title(f"Action {row.action_id}", state_of(row))
    with st.container(horizontal=True):
        link("learning", "All actions", part="Actions")
        link("learning", f"Learning point {row.point_id}", point=row.point_id)
        if sheet.follows is not None:
            link("learning", f"Follows action {sheet.follows}, which did not work", action=sheet.follows)
        for number in sheet.followed_by:
            link("learning", f"Followed by action {number}", action=number)
    for concern in sorted(row.concerns & {Concern.UNOWNED, Concern.UNVERIFIED}):  # the state says the others
        st.warning(f"{CONCERNS[concern]}.")
    st.markdown(as_typed(row.description))
    _facts(sheet)
    _effect(sheet, effect)
    if row.closed_on is not None:
        _recurrence(again)
    learning_action_moves.show(sheet, effect)
    _who_may(sheet)
    learning_action_steps.show(sheet)
    learning_action_changes.show(sheet)
    _history(sheet)


def _facts(sheet: ActionSheet) -> None:
    row = sheet.row
    facts = {
        "From the learning": row.learning,
        "Case": row.reference or "No one case",
        "Team": row.team or "No team",
        "Owner": row.owner if row.owner_id is not None else f"Team {row.owner}, for which its manager acts",
        "Authorised by" if row.authorised_on else "To be authorised by": row.authoriser,
        "Verified by": row.verifier or "Not named yet",
        "Target date": in_words(row.target_date),
    }
    if row.first_target_date != row.target_date:
        facts["First target date"] = in_words(row.first_target_date)
    for name, day in (
        ("Authorised on", row.authorised_on),
        ("Done on", row.done_on),
        ("Review date", row.review_on),
        ("Closed on", row.closed_on),
    ):
        if day is not None:
            facts[name] = in_words(day)
    if row.age is not None:
        facts["Age"] = cases_in_words(row.age, "day")
    if sheet.decline_reason:
        facts["Declined because"] = sheet.decline_reason
    if row.result is not None:
        facts["Result"] = f"{ACTION_RESULTS[row.result]}: {sheet.result_reason}"
    facts["Is to improve"] = "; ".join(sheet.aims_in_words) or "Nothing is named that a sample could show"
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items()))


def _effect(sheet: ActionSheet, effect: ActionEffect | None) -> None:
    if sheet.row.done_on is None:
        return
    st.subheader("Did it work?", anchor=False)
    if effect is None:
        st.write(
            "Whether it worked is not worked out: no sample speaks of what it was to improve. A theme's "
            "cases were drawn for one question, and what came from elsewhere names no requirement."
        )
        return
    for item in effect.items:
        st.write(f"Requirement: {as_typed(item.requirement)} ({as_typed(item.scorecard)})")
    st.write(effect_sentence(effect))
    counts = effect.counts
    if effect.is_chosen or not (counts.reviewed_before or counts.reviewed_after):
        return
    st.write(proposal_sentence(effect))
    sentence = effect_chart_sentence(effect)
    st.altair_chart(effect_chart(effect_chart_frame(effect)), alt=sentence)
    st.caption(sentence)
    with st.expander("The reviews behind this"):
        table(effect_table(effect), caption="Before and after", key=f"effect-{sheet.row.action_id}")
        st.caption(effect_basis(effect))


def _recurrence(again: list[LaterPoint]) -> None:
    st.subheader("Did it come back?", anchor=False)
    if not again:
        st.write("Nothing was learned again since, in the same team, on the same paragraph or commitment.")
        return
    count = "Once" if len(again) == 1 else f"{len(again):,} times"
    st.write(f"{count} since it was closed, in the same team, on the same paragraph or commitment:")
    for point in again:
        link(
            "learning", f"Learning point {point.point_id}, {in_words(point.logged_on)}", point=point.point_id
        )
        st.write(as_typed(point.description))


def _who_may(sheet: ActionSheet) -> None:
    """Who can take it further, where the reader cannot."""
    moves = MOVES[sheet.row.state]
    if moves and not sheet.may_become:
        who = parts_in_words(frozenset().union(*moves.values()))
        names = {
            "its owner": sheet.row.owner,
            "its authoriser": sheet.row.authoriser,
            "its verifier": sheet.row.verifier or "not named yet",
        }
        named = "; ".join(f"{part}: {name}" for part, name in names.items() if part in who)
        st.caption(f"What comes next after “{state_of(sheet.row)}” is for {who} ({as_typed(named)}).")


def _history(sheet: ActionSheet) -> None:
    with st.expander("History"):
        drafted = {
            "When": in_words(sheet.row.logged_on),
            "What": "Drafted",
            "Why": "",
            "Who": sheet.drafted_by,
        }
        changes = [
            {
                "When": moment_in_words(one.made_at),
                "What": change_in_words(one.what, one.before, one.after),
                "Why": one.reason,
                "Who": one.made_by,
            }
            for one in sheet.changes
        ]
        table(
            pd.DataFrame([drafted, *changes]),
            caption="Every move and change, oldest first",
            key=f"history-{sheet.row.action_id}",
        )
