"""The words for a follow-up action as it stands."""

from typing import Final

from learning_register.action_queries import ActionRow, Concern
from learning_register.follow_up import ActionState, moves_in_words
from qa_app.wording import ACTION_RESULTS, ACTION_STATES, cases_in_words, in_words

CONCERNS: Final = {
    Concern.LATE: "Overdue",
    Concern.UNOWNED: "Without an owner: they have left, or nobody leads the team",
    Concern.UNAUTHORISED: "To be authorised",
    Concern.UNVERIFIED: "To be verified",
}


def state_of(row: ActionRow) -> str:
    """Where an action stands, with what matters about it there: Overdue by 3 days; Closed: effective."""
    state = ACTION_STATES[row.state]
    if row.is_overdue:
        late = f"overdue by {cases_in_words(row.days_late, 'day')}"
        return f"{state}, {late}"
    if row.state is ActionState.DONE and row.days_late:
        return f"Done, {cases_in_words(row.days_late, 'day')} late"
    if row.state is ActionState.MONITORING and row.review_on is not None:
        return f"Monitoring until {in_words(row.review_on)}"
    if row.state is ActionState.CLOSED and row.result is not None:
        return f"Closed: {ACTION_RESULTS[row.result].lower()}"
    return state


def ways_of_an_action() -> str:
    """How an action goes, from draft to its end, as a list in Markdown."""
    return "\n".join(f"- From **{start}** to **{end}**: {who}." for start, end, who in moves_in_words())


def change_in_words(what: str, before: str, after: str) -> str:
    """One line of an action's history."""
    if what == "state":
        states = {str(state): words for state, words in ACTION_STATES.items()}
        return f"{states.get(before, before)} → {states.get(after, after)}"
    return f"{what.capitalize()}: {before or 'nobody'} → {after}"
