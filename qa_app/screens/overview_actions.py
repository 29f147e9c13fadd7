"""On the overview: learning actions by state, age, team and owner, and what came of them."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.action_overview import actions_overview
from learning_register.action_queries import ActionRow, follow_up_actions
from learning_register.follow_up import Result
from qa_app.point_words import shortened
from qa_app.runtime import as_typed, link, table
from qa_app.screens.overview_kept import figures
from qa_app.wording import ACTION_RESULTS, ACTION_STATES, cases_in_words
from sampling.records.people import Person

_IN_FULL: Final = 8
_NO_EFFECT: Final = frozenset({Result.NOT_EFFECTIVE, Result.NOT_SHOWN})


def show() -> None:
    """Counts that each open the list they are of; the unfinished ones, but for the states."""
    st.subheader("Learning actions", anchor=False)
    found = figures(actions_overview)
    if not found.by_state["actions"].sum():
        st.write("No action has been agreed yet.")
        link("learning", "Go to learning")
        return
    unfinished = int(found.by_age["actions"].sum())
    st.write(f"{cases_in_words(unfinished, 'action')} not finished yet, {len(found.late):,} of them overdue.")
    states, ages, units, owners = st.columns(4)
    with states.container(gap="xsmall"):
        st.markdown("**By state**")
        for state, count in found.by_state.itertuples(index=False):
            if count:
                _link(ACTION_STATES[state], count, 0, {"actions-shown": ACTION_STATES[state]})
    with ages.container(gap="xsmall"):
        st.markdown("**By age**")
        for band, count, late in found.by_age.itertuples(index=False):
            if count:
                _link(band, count, late, {"actions-age": band})
    with units.container(gap="xsmall"):
        st.markdown("**By team it was learned in**")
        for team, count, late in found.by_unit[["team", "actions", "late"]].itertuples(index=False):
            _link(team or "No team", count, late, {"actions-team": team or "No team"})
    with owners.container(gap="xsmall"):
        st.markdown("**By owner**")
        by_owner = found.by_owner[["owner", "actions", "late"]]
        for owner, count, late in by_owner.head(_IN_FULL).itertuples(index=False):
            _link(owner, count, late, {"actions-owner": owner})
    if len(by_owner) > _IN_FULL:
        with st.expander(f"All {len(by_owner):,} owners"):
            words = {"owner": "Owner", "actions": "Actions not finished", "late": "Overdue"}
            table(
                by_owner.rename(columns=words),
                caption="Actions by owner",
                key="overview-owners",
                download="actions-by-owner.csv",
            )
    _results(figures(_with_result))


def _link(words: str, count: int, late: int, query: dict[str, str]) -> None:
    overdue = f", {late:,} overdue" if late else ""
    link("learning", as_typed(f"{words}: {count:,}{overdue}"), part="Actions", **query)


def _with_result(session: Session, person: Person) -> list[ActionRow]:
    return [row for row in follow_up_actions(session, person) if row.result is not None]


def _results(rows: Sequence[ActionRow]) -> None:
    """What samples showed of actions: those without an effect by name, and all in a table."""
    if not rows:
        st.write("Nobody has said yet what came of an action.")
        return
    counts = ", ".join(
        f"{sum(row.result is result for row in rows):,} {words.lower()}"
        for result, words in ACTION_RESULTS.items()
    )
    st.write(f"What came of actions: {counts}.")
    without = [row for row in rows if row.result in _NO_EFFECT]
    for row in without[:_IN_FULL]:
        assert row.result is not None
        words = f"{ACTION_RESULTS[row.result]}: action {row.action_id}, {shortened(row.description)}"
        link("learning", as_typed(words), action=row.action_id)
    with st.expander(f"Actions with a result: {len(rows):,}"):
        table(
            pd.DataFrame(
                [
                    {
                        "Number": row.action_id,
                        "Action": row.description,
                        "Result": ACTION_RESULTS[row.result] if row.result else "",
                        "Owner": row.owner,
                        "Team": row.team or "",
                        "Done on": row.done_on,
                        "Closed on": row.closed_on,
                    }
                    for row in rows
                ]
            ),
            caption="What came of actions",
            key="overview-results",
            download="actions-with-a-result.csv",
        )
