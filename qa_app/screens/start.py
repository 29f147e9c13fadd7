"""The screen a person lands on: their own work first, with its dates."""

from collections import Counter
from typing import Final

import streamlit as st

from learning_register.action_queries import ActionRow, Concern, follow_up_actions
from learning_register.follow_up import NOT_DONE
from qa_app.runtime import as_typed, in_words, link, reading, signed_in, title
from qa_app.sample_words import team_month_in_words, teams_complete_in_words
from qa_app.screens import set_up
from qa_app.screens.samples_draw import confirm_rolls
from qa_app.screens.start_held import show_held_back, show_interventions
from qa_app.screens.start_readings import show_readings
from qa_app.screens.start_unfinished import show_unfinished
from qa_app.screens.start_waiting import show_waiting
from qa_app.wording import cases_in_words
from sampling.records.database import today
from sampling.records.people import Role, roles_of, teams_managed
from sampling.register_queries import voids_to_answer
from scorecards.approvals import level_of
from scorecards.completion import TeamMonth, team_months
from scorecards.reductions import reductions_to_approve
from scorecards.work_list import WorkItem, work_of

_REVIEWERS: Final = {Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}


def show() -> None:
    """What there is to do for whoever is signed in."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
        own_teams = teams_managed(session, person)
        months = team_months(session, person, month=today(session))
        work = work_of(session, person)
        actions = follow_up_actions(session, person)
        waiting = reductions_to_approve(session, person)
        voids = voids_to_answer(session, person)
        approves = level_of(session, person, teams=()) is not None
    title("Start", f"Good to see you, {as_typed(person.name)}.")
    if Role.ADMINISTRATOR in roles:
        set_up.show()
    confirm_rolls()
    for sample in voids:
        st.warning(f"Somebody asks that the sample “{as_typed(sample)}” be voided, and you may answer.")
        link("samples", "Look at the request", part="Register")
    show_held_back()
    show_waiting()
    show_interventions()
    _own_teams([month for month in months if month.team_id in own_teams])
    _cases(work, is_reviewer=bool(roles & _REVIEWERS) and not own_teams)
    _actions([action for action in actions if person.id in action.acting and action.state in NOT_DONE])
    _to_decide(actions, person.id)
    if Role.HEAD in roles:
        _office(months, actions, len(waiting))
    show_unfinished()
    show_readings()
    if not roles and not approves:
        st.write("You have no role here yet. An administrator gives out roles on the screen “Office”.")


def _own_teams(months: list[TeamMonth]) -> None:
    if not months:
        return
    st.subheader("Your month", anchor=False)
    for month in months:
        with st.container(border=True):
            if not month.is_drawn:
                st.write(
                    f"**{as_typed(month.team)}**: this month's sample is not drawn yet. "
                    f"{month.required} reviews are required by {in_words(month.due_on)}, "
                    "counted from the cases that are open now."
                )
                link("samples", f"Draw the sample of {month.team}")
            elif month.required and not month.is_complete:
                st.write(
                    f"**{as_typed(month.team)}**: {month.done} of {month.required} open-case reviews done, "
                    f"{month.left} to do by {in_words(month.due_on)}."
                )
                st.progress(month.done / month.required)
                link("reviews", f"Review cases of {month.team}")
            else:
                words = f"all {month.required} reviews required this month are done."
                st.write(f"**{as_typed(month.team)}**: {words}")


def _cases(to_do: list[WorkItem], *, is_reviewer: bool) -> None:
    if not to_do:
        if is_reviewer:
            st.write("You have no case to review now.")
        return
    st.subheader("Cases to review", anchor=False)
    for (sample, due_on), count in Counter((item.sample, item.due_on) for item in to_do).items():
        st.write(f"{count} of “{as_typed(sample)}”, due {in_words(due_on)}.")
    drafts = sum(item.state == "draft" for item in to_do)
    if drafts:
        st.write(f"{drafts} of them you have started.")
    link("reviews", "Go to your reviews")


def _actions(own: list[ActionRow]) -> None:
    if not own:
        return
    st.subheader("Your actions", anchor=False)
    for action in own:
        late = f" – **overdue by {cases_in_words(action.days_late, 'day')}**" if action.is_overdue else ""
        st.write(f"{as_typed(action.description)} Due {in_words(action.target_date)}{late}.")
    link("learning", "Go to actions")


def _to_decide(actions: list[ActionRow], person_id: int) -> None:
    """The actions that wait for this person to authorise them, or to say whether they worked."""
    drafts = [row for row in actions if row.authoriser_id == person_id]
    done = [row for row in actions if row.verifier_id == person_id]
    for concern, own, words in (
        (Concern.UNAUTHORISED, drafts, "to be authorised"),
        (Concern.UNVERIFIED, done, "to be verified"),
    ):
        waiting = [row for row in own if concern in row.concerns]
        if waiting:
            wait = "waits" if len(waiting) == 1 else "wait"
            st.write(f"{cases_in_words(len(waiting), 'action')} {wait} {words} by you.")
            for row in waiting:
                link("learning", f"Action {row.action_id}: {as_typed(row.description)}", action=row.action_id)


def _office(months: list[TeamMonth], actions: list[ActionRow], reductions: int) -> None:
    st.subheader("The office this month", anchor=False)
    if complete := teams_complete_in_words(months):
        st.write(complete)
    for month in months:
        st.write(f"{as_typed(month.team)}: {team_month_in_words(month)}.")
    overdue = sum(action.is_overdue for action in actions)
    open_actions = sum(not action.is_finished for action in actions)
    are = "is" if open_actions == 1 else "are"
    st.write(f"{cases_in_words(open_actions, 'follow-up action')} {are} open, {overdue} of them overdue.")
    if reductions:
        wait = "reduction of sampling waits" if reductions == 1 else "reductions of sampling wait"
        st.write(f"{reductions} {wait} for your approval.")
        link("samples", "Look at the reductions")
    link("results", "See the standards")
    link("learning", "See learning and actions")
