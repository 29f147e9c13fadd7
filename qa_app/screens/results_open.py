"""Open cases: what managers found in the cases they sampled, and whether the sampling is done."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.charts import counts_chart
from qa_app.runtime import link, reading, signed_in, table
from qa_app.wording import alternative_sentence, cases_in_words, open_sentence, percent
from sampling.records.database import today
from sampling.records.people import Role, roles_of, teams_managed
from scorecards.completion import Completion, completion
from scorecards.open_results import OpenResult, open_results


def show() -> None:
    """Choose a month; what was found, then what was done of what is required."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
        sees_sampling = Role.HEAD in roles or bool(teams_managed(session, person))
        results = open_results(session, person)
        this_month = today(session).replace(day=1)
    months = sorted({this_month, *(result.month for result in results)}, reverse=True)
    month = st.selectbox("Month", months, format_func=_month, key="open-month")
    if Role.QA_REVIEWER in roles:
        st.info(
            "You second-score managers' reviews, so of those you see only the ones whose second score is in. "
            "They are not the whole month."
        )
    st.subheader("Cases that meet requirements", anchor=False)
    _found(
        [result for result in results if result.month == month],
        all_months=results,
        oversees=Role.HEAD in roles,
    )
    if not sees_sampling:
        return
    with reading() as session:
        done = completion(session, person, month=month)
    st.subheader("Sampling done", anchor=False)
    _sampling(done, this_month=month == this_month)


def _found(results: Sequence[OpenResult], *, all_months: Sequence[OpenResult], oversees: bool) -> None:
    if not results:
        st.write("No review of an open case of this month has been submitted yet that you may see.")
        if not oversees:
            link("reviews", "Go to Reviews")
    else:
        _month_so_far(results)
    if not all_months:
        return
    with st.expander("See the figures", expanded=False):
        table(
            pd.DataFrame([_row(result) for result in all_months]),
            caption="Open cases reviewed, by team and month",
            key="open-results",
            download="open-cases.csv",
        )


def _month_so_far(results: Sequence[OpenResult]) -> None:
    standard = Fraction(results[0].standard)
    assessable, met = _sum(results, "assessable"), _sum(results, "met")
    verdict, _, rest = open_sentence(met, assessable, standard=standard).partition(":")
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


def _sampling(rows: Sequence[Completion], *, this_month: bool) -> None:
    required, done = sum(row.required for row in rows), sum(row.done for row in rows)
    if not rows:
        st.write("There are no open cases, so no sampling is required.")
        return
    share = percent(Fraction(done, required), against=Fraction(1)) if required else "100%"
    verdict = "Complete" if done >= required else "Not complete"
    st.markdown(
        f"**{verdict}:** {done:,} of {required:,} required reviews are done, {share}; the standard is 100%. "
        "Required is the smaller of the quota and the eligible cases, for each caseworker and month."
    )
    waiting = sorted({row.team for row in rows if not row.is_drawn})
    if waiting:
        st.write(
            f"Not drawn{' yet' if this_month else ''}: {', '.join(waiting)}. "
            "What is required there is counted from the cases that are open now."
        )
        link("samples", "Go to Samples")
    table(
        pd.DataFrame(
            [
                {
                    "Team": row.team,
                    "Caseworker": row.caseworker,
                    "Eligible cases": row.eligible,
                    "Quota": row.quota,
                    "Required": row.required,
                    "Done": row.done,
                    "Drawn": row.drawn,
                    "Reviewed": row.reviewed,
                }
                for row in rows
            ]
        ),
        caption="Sampling by team and caseworker",
        key="completion",
        download="sampling.csv",
    )
    reduced = [row for row in rows if row.reduced_to is not None]
    if reduced:
        table(
            pd.DataFrame(
                [
                    {
                        "Team": row.team,
                        "Caseworker": row.caseworker,
                        "Quota": row.quota,
                        "Reduced to": row.reduced_to,
                        "Reason": row.reduction_reason,
                    }
                    for row in reduced
                ]
            ),
            caption="Approved reductions",
            key="reductions",
        )
    else:
        st.write("No reduction was approved for this month.")


def _month(month: date) -> str:
    return f"{month:%B %Y}"


def _sum(results: Sequence[OpenResult], field: str) -> int:
    return sum(int(getattr(result, field)) for result in results)
