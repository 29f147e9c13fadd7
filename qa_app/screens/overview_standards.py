"""On the overview: every standard in a line, and what lies behind agreement, sampling and long cases."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.agreement_words import (
    chance_sentence,
    detection_sentence,
    direction_sentence,
    not_met_sentence,
)
from qa_app.overview_figures import (
    Quarter,
    agreement_and_sampling,
    months_of_sampling,
    newest_agreement,
    standards_of_reviews,
    standards_of_service,
)
from qa_app.overview_words import Line
from qa_app.runtime import link, table
from qa_app.sample_words import team_month_in_words
from qa_app.screens.overview_kept import figures
from qa_app.screens.overview_lines import show_lines
from qa_app.screens.service_cases import cases_seen
from qa_app.service_words import NO_CASES, as_told_sentence, cases_for_table
from sampling.records.database import now, today
from sampling.records.people import Person
from scorecards.clocks import over_limit
from scorecards.service_standards import long_cases


def show(quarter: Quarter) -> None:
    """The lines, by what they are drawn from: reviews, pairs and samples, and the dates of all cases."""
    show_lines(figures(standards_of_reviews, quarter))
    show_lines(figures(agreement_and_sampling, quarter))
    _agreement()
    _sampling(quarter)
    st.subheader("The service standards", anchor=False)
    told, lines = figures(_service, quarter)
    st.caption(told)
    show_lines(lines)
    _long_cases()


def _agreement() -> None:
    sentences = figures(_behind_agreement)
    if not sentences:
        return
    with st.expander("What lies behind agreement"):
        for sentence in sentences:
            st.write(sentence)
        link("results", "Agreement in full", part="Agreement")


def _behind_agreement(session: Session, person: Person) -> list[str]:
    newest = newest_agreement(session, person, most=1)
    if not newest or newest[0].figures is None:
        return []
    words = (chance_sentence, not_met_sentence, detection_sentence, direction_sentence)
    return [sentence for word in words if (sentence := word(newest[0]))]


def _sampling(quarter: Quarter) -> None:
    months = figures(_sampling_in_words, quarter)
    if not months:
        return
    with st.expander("Sampling by team and month"):
        table(
            pd.DataFrame(months, columns=["Month", "Team", "Required reviews", "Complete"]),
            caption="Required sampling of open cases",
            key=f"overview-sampling-{quarter.first}",
            download="sampling-by-team.csv",
        )


def _sampling_in_words(
    session: Session, person: Person, quarter: Quarter
) -> list[tuple[str, str, str, bool]]:
    return [
        (f"{month:%B %Y}", team.team, team_month_in_words(team), team.is_complete)
        for month, teams in months_of_sampling(session, person, quarter).items()
        for team in teams
    ]


def _service(session: Session, person: Person, quarter: Quarter) -> tuple[str, list[Line]]:
    cases = cases_seen(now(session))
    if cases.day is None:
        return NO_CASES, []
    return as_told_sentence(cases.day, today(session)), standards_of_service(session, cases, quarter)


def _long_cases() -> None:
    found = figures(_over)
    if found is None:
        return
    weeks, rows = found
    with st.expander(f"Open cases over {weeks} weeks: {len(rows):,}"):
        table(
            rows,
            caption=f"Open cases over {weeks} weeks, the oldest first",
            key="overview-long",
            empty=f"No open case is over {weeks} weeks old.",
            download=f"cases-over-{weeks}-weeks.csv",
        )


def _over(session: Session, person: Person) -> tuple[int, pd.DataFrame] | None:
    cases = cases_seen(now(session))
    if cases.day is None:
        return None
    weeks, run = long_cases(session, cases)
    return weeks, cases_for_table(over_limit(run), standing=False)
