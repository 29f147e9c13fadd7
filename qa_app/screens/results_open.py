"""Open cases: what managers found in the cases they sampled, and whether the sampling is done."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.charts import counts_chart
from qa_app.runtime import as_typed, link, reading, signed_in, table
from qa_app.sample_words import completion_in_words, not_drawn_in_words, teams_complete_in_words
from qa_app.wording import alternative_sentence, cases_in_words, counts_in_words, open_sentence, percent
from sampling.records.database import today
from sampling.records.people import Role, roles_of, teams_managed
from scorecards.completion import Completion, TeamMonth, completion, team_months
from scorecards.open_results import OpenResult, open_results
from scorecards.reduction_queries import ReductionRow, reductions
from scorecards.sampling_months import sampling_months


def show() -> None:
    """Choose a month; what was found, then what was done of what is required."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
        sees_sampling = Role.HEAD in roles or bool(teams_managed(session, person))
        results = open_results(session, person)
        this_month = today(session).replace(day=1)
        months = sampling_months(session)
    month = st.selectbox("Month", months, format_func=_month, key="open-month")
    if Role.QA_REVIEWER in roles:
        st.info(
            "You second-score managers' reviews, so of those you see only the ones whose second score is in. "
            "They are not the whole month."
        )
    with reading() as session:
        teams = team_months(session, person, month=month) if sees_sampling else []
    st.subheader("Cases that meet requirements", anchor=False)
    _found(
        [result for result in results if result.month == month],
        all_months=results,
        oversees=Role.HEAD in roles,
        left=sum(team.left or 0 for team in teams) if sees_sampling else None,
    )
    if not sees_sampling:
        return
    with reading() as session:
        rows = completion(session, person, month=month)
        reduced = [row for row in reductions(session, person, month=month) if row.approved_by]
    st.subheader("Sampling done", anchor=False)
    _sampling(rows, teams, this_month=month == this_month)
    _reduced(reduced)


def _found(
    results: Sequence[OpenResult], *, all_months: Sequence[OpenResult], oversees: bool, left: int | None
) -> None:
    if not results:
        st.write("No review of an open case of this month has been submitted yet that you may see.")
        if not oversees:
            link("reviews", "Go to Reviews")
    else:
        _month_so_far(results, left)
    if not all_months:
        return
    with st.expander("See the figures", expanded=False):
        table(
            pd.DataFrame([_row(result) for result in all_months]),
            caption="Open cases reviewed, by team and month",
            key="open-results",
            download="open-cases.csv",
        )


def _month_so_far(results: Sequence[OpenResult], left: int | None) -> None:
    standard = Fraction(results[0].standard)
    assessable, met = _sum(results, "assessable"), _sum(results, "met")
    verdict, _, rest = open_sentence(met, assessable, standard=standard, left=left).partition(":")
    st.markdown(f"**{verdict}:**{rest}" if rest else verdict)
    st.write(
        "This is a count of the cases managers sampled, not an estimate of all open cases. "
        "It is never mixed with the results of closed cases."
    )
    sentences = [alternative_sentence(met, _sum(results, "met_if_assessed"), assessable, against=standard)]
    found, right = _sum(results, "found"), _sum(results, "put_right")
    if found:
        after = _sum(results, "met_after_correction")
        share = percent(Fraction(after, assessable), against=standard) if assessable else "none"
        sentences.append(
            f"Managers found {cases_in_words(found, 'requirement')} not met, and {right:,} put right before "
            f"closing. Counting those as met, {after:,} of {assessable:,} cases meet requirements, {share}."
        )
    approved = _sum(results, "approved_by_reviewer")
    if approved:
        sentences.append(f"{cases_in_words(approved)} had been approved by the reviewer.")
    st.write(" ".join(sentence for sentence in sentences if sentence))
    frame = pd.DataFrame(
        {
            "label": [result.team for result in results],
            "met": [result.met for result in results],
            "not_met": [result.assessable - result.met for result in results],
            "outstanding": [result.reviewed - result.assessable for result in results],
        }
    )
    st.altair_chart(
        counts_chart(frame),
        alt=f"Reviewed open cases by team: {met} of {assessable} meet requirements; the figures are below.",
    )


def _row(result: OpenResult) -> dict[str, object]:
    share = ""
    if result.assessable:
        share = percent(Fraction(result.met, result.assessable), against=Fraction(result.standard))
    return {
        "Team": result.team,
        "Month": _month(result.month),
        "Reviewed": result.reviewed,
        "Met": result.met,
        "Not met": result.assessable - result.met,
        "Not assessable": result.reviewed - result.assessable,
        "Share met": share,
        "Met after correction": result.met_after_correction,
        "Requirements not met": result.found,
        "Put right": result.put_right,
        "Approved by the reviewer": result.approved_by_reviewer,
    }


def _sampling(rows: Sequence[Completion], teams: Sequence[TeamMonth], *, this_month: bool) -> None:
    if not rows:
        are, is_ = ("are", "is") if this_month else ("were", "was")
        st.write(f"There {are} no open cases, so no sampling {is_} required.")
        return
    verdict, _, rest = completion_in_words(teams).partition(":")
    st.markdown(
        f"**{verdict}:**{rest} {teams_complete_in_words(teams)} "
        "Required is the smaller of the quota and the eligible cases, for each caseworker and month."
    )
    for sentence in not_drawn_in_words(teams):
        st.write(as_typed(sentence))
    if this_month and not all(team.is_drawn for team in teams):
        link("samples", "Go to Samples")
    table(
        pd.DataFrame(
            {
                "Team": [row.team for row in rows],
                "Caseworker": [row.caseworker for row in rows],
                "Eligible cases": counts_in_words([row.eligible for row in rows]),
                "Quota": [row.quota for row in rows],
                "Required": counts_in_words([row.required for row in rows]),
                "Done": [row.done for row in rows],
                "Drawn": [row.drawn for row in rows],
                "Reviewed": [row.reviewed for row in rows],
            }
        ),
        caption="Sampling by team and caseworker",
        key="completion",
        columns=dict.fromkeys(("Eligible cases", "Required"), st.column_config.Column(alignment="right")),
        download="sampling.csv",
    )


def _reduced(reduced: Sequence[ReductionRow]) -> None:
    if not reduced:
        st.write("No reduction was approved for this month.")
        return
    table(
        pd.DataFrame(
            {
                "Team": [row.team for row in reduced],
                "Caseworker": [row.caseworker for row in reduced],
                "Reduced to": [row.required for row in reduced],
                "Reason": [row.reason for row in reduced],
            }
        ),
        caption="Approved reductions",
        key="reductions",
    )


def _month(month: date) -> str:
    return f"{month:%B %Y}"


def _sum(results: Sequence[OpenResult], field: str) -> int:
    return sum(int(getattr(result, field)) for result in results)
