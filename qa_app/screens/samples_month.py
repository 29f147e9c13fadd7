"""The required reviews of a month: how many are done, and where fewer were asked for."""

from datetime import date

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, carry_out, reading, signed_in, table
from qa_app.sample_words import (
    completion_in_words,
    not_drawn_in_words,
    period_in_words,
    teams_complete_in_words,
)
from qa_app.unfinished import Form
from qa_app.wording import counts_in_words
from sampling.records.database import today
from sampling.records.people import Person, Team, teams_managed
from scorecards.completion import Completion, TeamMonth, completion, team_months
from scorecards.reduction_queries import ReductionRow, reductions
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.sampling_months import sampling_months
from scorecards.tables import SamplingReduction


def show() -> None:
    """What is done of a month, caseworker by caseworker, and its reductions."""
    person = signed_in()
    with reading() as session:
        day = today(session)
        own = teams_managed(session, person)
        months = sampling_months(session)
    month: date = st.selectbox(
        "Month", months, format_func=lambda first: period_in_words(first, None), key="month"
    )
    with reading() as session:
        rows = completion(session, person, month=month)
        teams = team_months(session, person, month=month)
        asked = reductions(session, person, month=month)
    _completion(rows, teams)
    _reductions(asked)
    choices = [row for row in rows if row.team_id in own and row.caseworker_id is not None and row.required]
    if choices and month == day.replace(day=1):
        _request(choices, month)


def _completion(rows: list[Completion], teams: list[TeamMonth]) -> None:
    if teams:
        verdict, _, rest = completion_in_words(teams).partition(":")
        st.write(f"**{verdict}:**{rest} {teams_complete_in_words(teams)}")
    for sentence in not_drawn_in_words(teams):
        st.write(as_typed(sentence))
    table(
        pd.DataFrame(
            {
                "Team": [row.team for row in rows],
                "Caseworker": [row.caseworker for row in rows],
                "Open cases": counts_in_words([row.eligible for row in rows]),
                "Required": counts_in_words([row.required for row in rows]),
                "Drawn": [row.drawn for row in rows],
                "Reviewed": [row.reviewed for row in rows],
                "Reduction": [
                    "" if row.reduced_to is None else f"Reduced to {row.reduced_to}" for row in rows
                ],
            }
        ),
        caption="Required reviews, by caseworker",
        key="completion",
        columns=dict.fromkeys(("Open cases", "Required"), st.column_config.Column(alignment="right")),
        empty="No team had open cases to review in this month.",
        download="required-reviews.csv",
    )
    st.caption(
        "Required is the monthly number per caseworker, or all cases where there are fewer, less approved "
        "reductions. High-risk cases are reviewed besides, so more can be drawn than required."
    )


def _reductions(asked: list[ReductionRow]) -> None:
    shown = [
        (row.team, row.caseworker, row.required, row.reason, row.requested_by, row.approved_by or "Not yet")
        for row in asked
    ]
    table(
        pd.DataFrame(
            shown, columns=["Team", "Caseworker", "Reviews required", "Reason", "Asked by", "Approved by"]
        ),
        caption="Reductions asked for",
        key="reductions",
        empty="Nobody has asked for fewer reviews in this month.",
    )
    for row in asked:
        if row.may_approve:
            _approve(row)


def _approve(row: ReductionRow) -> None:
    words = f"Approve {row.required} for {row.caseworker}, {row.team}"
    if st.button(words, key=f"approve-{row.reduction_id}"):
        carry_out(
            lambda session, by: approve_reduction(
                session, session.get_one(SamplingReduction, row.reduction_id), by=by
            ),
            done="The reduction is approved and counts from now on.",
        )


def _request(choices: list[Completion], month: date) -> None:
    st.subheader("Ask for fewer reviews", anchor=False)
    st.write("For example when somebody was on leave. It counts once the Head of Customer Care approves it.")
    most = max(row.required or 0 for row in choices)
    words = [f"{row.caseworker}, {row.team}: {row.required} required" for row in choices]
    form = Form("reduction")
    key = form.key
    with form.box():
        chosen = choices[
            st.selectbox("Caseworker", range(len(choices)), format_func=words.__getitem__, key=f"{key}-who")
        ]
        required = st.number_input("Reviews that are still required", 0, most - 1, 0, key=f"{key}-required")
        reason = form.text_input(
            "Reason", "reason", help="Do not name complainants, or say anything about health."
        )
        if st.button("Ask for the reduction", key=f"{key}-ask"):
            form.carry_out(
                lambda session, by: request_reduction(
                    session,
                    session.get_one(Team, chosen.team_id),
                    caseworker=session.get_one(Person, chosen.caseworker_id),
                    month=month,
                    required=int(required),
                    reason=reason,
                    by=by,
                ),
                done=f"Asked for {required} instead of {chosen.required} reviews for {chosen.caseworker}.",
            )
