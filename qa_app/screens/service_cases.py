"""The cases behind the service standards and the risks: read once for each state of the books, then kept."""

from datetime import date, datetime, time

import streamlit as st

from qa_app.runtime import date_input, engine, reading, signed_in
from qa_app.service_words import NO_CASES, as_told_sentence
from sampling.records.database import OFFICE_TIME, now, today
from scorecards.cases_as_at import CasesAsAt, cases_as_at, key_of_cases, seen_by

_ALL = "All teams"


def cases_seen(moment: datetime) -> CasesAsAt:
    """The cases that whoever is signed in may see, as they were told up to a moment."""
    with reading() as session:
        told = _cases(str(engine().url), key_of_cases(session, moment), moment)
        return seen_by(session, told, signed_in())


# Kept by what the books are, and not by the moment: the moment is another at every click.
@st.cache_data(max_entries=6, show_spinner=False)
def _cases(url: str, key: tuple[str, ...], _moment: datetime) -> CasesAsAt:
    with reading() as session:
        return cases_as_at(session, _moment)


def choose_cases() -> tuple[CasesAsAt, datetime] | None:
    """The cases of a team or of all as they stood on a day, with its last moment (now, for today).

    None, and a sentence, where there are none to see.
    """
    with reading() as session:
        day, present = today(session), now(session)
    left, right = st.columns(2)
    with left:
        asked = date_input("As the books stood at the end of", key="service-day", value=day)
    moment = present if asked is None or asked >= day else _end_of(asked)
    cases = cases_seen(moment)
    if cases.day is None:
        st.write(NO_CASES)
        return None
    st.caption(as_told_sentence(cases.day, day if moment == present else asked or day))
    teams = sorted(cases.frame["team"].unique())
    if len(teams) > 1:
        with right:
            team = st.selectbox("Team", [_ALL, *teams], key="service-team")
        if team and team != _ALL:
            cases = CasesAsAt(cases.frame[cases.frame["team"] == team], cases.day)
    return cases, moment


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, OFFICE_TIME)
