"""On the overview: every standard in a line, and what lies behind agreement, sampling and long cases."""

from collections.abc import Mapping, Sequence
from datetime import date

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
    months_of_sampling,
    newest_agreement,
    standards_of_reviews,
    standards_of_service,
)
from qa_app.overview_words import Line, agreement_line, sampling_line
from qa_app.runtime import link, table
from qa_app.sample_words import team_month_in_words
from qa_app.screens.overview_kept import figures
from qa_app.screens.overview_lines import show_lines
from qa_app.screens.service_cases import cases_seen
from qa_app.service_words import NO_CASES, as_told_sentence, cases_for_table
from sampling.records.database import now, today
from sampling.records.people import Person
from scorecards.agreement_results import AgreementResult
from scorecards.clocks import over_limit
from scorecards.completion import TeamMonth
from scorecards.service_standards import long_cases


def show(quarter: Quarter) -> None:
    """The lines, by what they are drawn from: reviews, pairs and samples, and the dates of all cases."""
    agreement, sampling = figures(newest_agreement), figures(months_of_sampling, quarter)
    teams = [team for of_month in sampling.values() for team in of_month]
    show_lines(figures(standards_of_reviews, quarter))
    show_lines([agreement_line(agreement), sampling_line(teams if sampling else None)])
    if agreement:
        _behind(agreement[0])
    _sampling(sampling, quarter)
    st.subheader("The service standards", anchor=False)
    told, lines = figures(_service, quarter)
    st.caption(told)
    if lines:
        show_lines(lines)
        _long_cases()


def _behind(result: AgreementResult) -> None:
    """What lies behind agreement: chance, the cases not met, what managers find, and who is stricter."""
    if result.figures is None:
        return
    with st.expander("What lies behind agreement"):
        for word in (chance_sentence, not_met_sentence, detection_sentence, direction_sentence):
            st.write(word(result))
        link("results", "Agreement in full", part="Agreement")


def _sampling(sampling: Mapping[date, Sequence[TeamMonth]], quarter: Quarter) -> None:
    rows = [
        (f"{month:%B %Y}", team.team, team_month_in_words(team), team.is_complete)
        for month, teams in sampling.items()
        for team in teams
    ]
    if not rows:
        return
    with st.expander("Sampling by team and month"):
        table(
            pd.DataFrame(rows, columns=["Month", "Team", "Required reviews", "Complete"]),
            caption="Required sampling of open cases",
            key=f"overview-sampling-{quarter.first}",
            download="sampling-by-team.csv",
        )


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
