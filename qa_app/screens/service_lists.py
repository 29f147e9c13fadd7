"""What is absolute among the service standards: long cases, caseloads and the queue, each as its list."""

import pandas as pd
import streamlit as st

from qa_app.result_charts import count_chart
from qa_app.runtime import reading, table
from qa_app.service_words import (
    caseload_sentence,
    cases_for_table,
    long_sentence,
    queue_sentence,
)
from qa_app.trend_words import counts_sentence, period_in_words
from qa_app.wording import cases_in_words
from scorecards.caseloads import caseloads, open_cases, queue
from scorecards.cases_as_at import CasesAsAt
from scorecards.clocks import SET_APART, over_limit
from scorecards.periods import Grain, month_number
from scorecards.service_standards import long_cases, long_cases_by_month
from scorecards.standing_out import count_series

_MONTHS = 12


def show_long_cases(cases: CasesAsAt) -> None:
    """The open cases over so many weeks, and how many there were at the end of each month."""
    assert cases.day is not None
    this_month = month_number(cases.day)
    with reading() as session:
        weeks, run = long_cases(session, cases)
        months = long_cases_by_month(session, cases, list(range(this_month - _MONTHS, this_month)))
    over = over_limit(run)
    oldest = None if over.empty else int(over["days_late"].max())
    st.markdown(long_sentence(len(over), weeks, oldest=oldest))
    open_apart = run[run["standing"].isin([str(one) for one in SET_APART]) & (run["state"] == "open")]
    if len(open_apart):
        st.write(
            f"Of {cases_in_words(len(open_apart), 'open case')} the extract does not tell the day from which "
            "the weeks are counted: they may be on the list or not."
        )
        with st.expander("See the cases without that day"):
            table(
                cases_for_table(open_apart, standing=False),
                caption="Open cases whose age is not known",
                key="long-apart",
                download="cases-without-a-day.csv",
            )
    table(
        cases_for_table(over, standing=False),
        caption=f"Open cases over {weeks} weeks, the oldest first",
        key="long-cases",
        empty=f"No open case is over {weeks} weeks old.",
        download=f"cases-over-{weeks}-weeks.csv",
    )
    _by_team(over)
    st.subheader("At the end of each month", anchor=False)
    st.caption(
        "By the days the cases have now, each month by the number of weeks that held at its end, and only "
        "since the extracts tell of cases that ended."
    )
    series = count_series([month for month, _, _ in months], [count for _, _, count in months])
    sentence = counts_sentence(series, Grain.MONTH, "cases on the list")
    st.write(sentence)
    names = [period_in_words(month, Grain.MONTH) for month, _, _ in months]
    limits = series.limits
    if limits.mean is not None and limits.low is not None and limits.high is not None:
        st.altair_chart(
            count_chart(
                series.rows.assign(label=names),
                low=limits.low,
                mean=limits.mean,
                high=limits.high,
                noun="Long cases",
            ),
            alt=f"Open cases on the list of long cases at the end of each month. {sentence}",
        )
    with st.expander("See the counts"):
        table(
            pd.DataFrame(
                {
                    "Month": names,
                    "Weeks": [limit for _, limit, _ in months],
                    "Cases": [count for _, _, count in months],
                }
            ),
            caption="Long cases at the end of each month",
            key="long-months",
            download="long-cases-by-month.csv",
        )


def _by_team(over: pd.DataFrame) -> None:
    if over["team"].nunique() > 1:
        counts = over.groupby("team", observed=True).size().rename("Cases").rename_axis("Team").reset_index()
        table(counts, caption="Long cases by team", key="long-teams", download="long-cases-by-team.csv")


def show_caseloads(cases: CasesAsAt) -> None:
    """How many open cases each caseworker holds, and which."""
    with reading() as session:
        found = caseloads(session, cases)
    st.markdown(caseload_sentence(found))
    rows = found.rows
    standard = f"{found.least} or more"
    table(
        pd.DataFrame(
            {
                "Team": rows["team"],
                "Caseworker": rows["caseworker"],
                "Open cases": rows["open"],
                standard: rows["is_enough"],
                "Oldest received": rows["oldest"].dt.date,
            }
        ),
        caption="Caseloads, the largest first",
        key="caseloads",
        empty="No caseworker holds an open case.",
        download="caseloads.csv",
    )
    names = {
        (team, int(number)): f"{caseworker}, {team}: {count}"
        for team, number, caseworker, count in zip(
            rows["team"], rows["caseworker_id"], rows["caseworker"], rows["open"], strict=True
        )
    }
    chosen = st.selectbox(
        "See the cases of",
        list(names),
        index=None,
        format_func=names.__getitem__,
        key="caseload-of",
        placeholder="Choose a caseworker",
    )
    if chosen is not None:
        held = open_cases(cases)
        held = held[held["caseworker_id"].eq(chosen[1]) & (held["team"] == chosen[0])]
        _open_list(held, caption=f"Open cases: {names[chosen]}", key=f"caseload-{chosen}")


def show_queue(cases: CasesAsAt) -> None:
    """Open cases that nobody has, by team, with how long they have waited."""
    with reading() as session:
        found = queue(session, cases)
    st.markdown(queue_sentence(found))
    if found.rows.empty:
        return
    teams = pd.DataFrame(
        {
            "Team": found.teams["team"],
            "Waiting": found.teams["waiting"],
            "Oldest received": found.teams["oldest"].dt.date,
            "Longest wait in days": found.teams["longest_days"].astype("Int64"),
        }
    )
    if found.size is not None:
        teams[f"More than {found.size}"] = found.teams["is_large"]
    table(teams, caption="The queue by team", key="queue-teams", download="queue-by-team.csv")
    _open_list(
        found.rows.rename(columns={"days_waiting": "days_open"}), caption="Cases that wait", key="queue"
    )


def _open_list(rows: pd.DataFrame, *, caption: str, key: str) -> None:
    table(
        pd.DataFrame(
            {
                "Case": rows["reference"],
                "Team": rows["team"],
                "Caseworker": rows["caseworker"],
                "Type": rows["case_type"].astype("str"),
                "Received": rows["received_on"].dt.date,
                "Allocated": rows["allocated_on"].dt.date,
                "Days since receipt": rows["days_open"].astype("Int64"),
            }
        ),
        caption=caption,
        key=key,
        download=f"{key.split('-')[0]}-cases.csv",
    )
