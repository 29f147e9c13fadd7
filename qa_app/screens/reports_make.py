"""Making a report: its kind and period, the moment the books are read at, a look at it, and preparing it."""

from datetime import UTC, date, datetime, time

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.report_contents import ReportContents
from learning_register.reporting import ReportKind, prepare_report
from qa_app.reports.kinds import KINDS, make_report, period_words, periods_of
from qa_app.runtime import as_typed, date_input, do, go, problem, reading, signed_in
from qa_app.screens.reports_shown import offer_files, show_contents
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.tables_themes import Commission
from scorecards.theme_queries import themes

_MADE = "report-made"  # what was made last: what it was asked for, and its contents


def show() -> None:
    """Choose, make, look, prepare."""
    person = signed_in()
    with reading() as session:
        day, moment = today(session), now(session)
    kind = st.selectbox("Kind of report", list(KINDS), format_func=lambda one: KINDS[one].name, key="kind")
    commission_id, period = _theme(person, day) if kind is ReportKind.THEME else (None, _period(kind, day))
    if period is None:
        return
    on = date_input("As the books stood at the end of", "as-at", day)
    st.caption("A past day leaves out what was recorded later: the report reads as it would have then.")
    asked = (kind, period, on, commission_id)
    if st.button("Make the report", type="primary") and on is not None:
        st.session_state.pop(_MADE, None)
        made = _make(kind, period, _end_of(on, moment), commission_id, person)
        if made is not None:
            st.session_state[_MADE] = (asked, made)
    known, contents = st.session_state.get(_MADE, (None, None))
    if known == asked and contents is not None:
        _look(contents, commission_id)


def _period(kind: ReportKind, day: date) -> tuple[date, date]:
    periods = periods_of(kind, day)
    chosen = st.selectbox(
        "Period", periods, format_func=lambda one: period_words(kind, *one), key=f"period-{kind}"
    )
    return chosen or periods[0]


def _theme(person: Person, day: date) -> tuple[int | None, tuple[date, date] | None]:
    with reading() as session:
        names = {row.id: row.name for row in themes(session, person)}
        began = {
            number: session.get_one(Commission, number).made_at.astimezone(OFFICE_TIME).date()
            for number in names
        }
    if not names:
        st.info("No theme has been asked for yet. Themes are recorded on the screen “Themes”.")
        return None, None
    chosen = st.selectbox("Theme", list(names), format_func=names.__getitem__, key="report-theme")
    return chosen, None if chosen is None else (began[chosen], day)


def _end_of(day: date, moment: datetime) -> datetime:
    """The last second of a day of the office; of today, now."""
    ends = datetime.combine(day, time(23, 59, 59), OFFICE_TIME).astimezone(UTC)
    return moment if moment.astimezone(OFFICE_TIME).date() == day else ends


def _make(
    kind: ReportKind, period: tuple[date, date], as_at: datetime, commission_id: int | None, person: Person
) -> ReportContents | None:
    with st.spinner("Reading the books as they stood, and working out the figures …"):
        try:
            with reading() as session:
                return make_report(
                    session, kind, *period, as_at=as_at, commission_id=commission_id, by=person
                )
        except Refused as refused:
            problem(str(refused))
            return None


def _look(contents: ReportContents, commission_id: int | None) -> None:
    st.success(f"Made: {as_typed(contents.title)}. Look at it, then prepare it for approval.")
    offer_files(contents, key="made")
    if st.button("Prepare it for approval", type="primary"):

        def act(session: Session, by: Person) -> int:
            commission = None if commission_id is None else session.get_one(Commission, commission_id)
            return prepare_report(session, contents, commission=commission, by=by).id

        number = do(act, done="Prepared. Somebody else who heads the office approves it.")
        if number is not None:
            st.session_state.pop(_MADE, None)
            go("reports", report=number)
    show_contents(contents)
