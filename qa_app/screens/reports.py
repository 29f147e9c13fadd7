"""Reports: those there are, one of them, a new one, and the periods that were closed."""

import pandas as pd
import streamlit as st

from learning_register.report_queries import ReportRow, reports
from learning_register.reporting import ReportState, may_make_reports
from qa_app.reports.kinds import KINDS, period_words
from qa_app.runtime import (
    as_typed,
    go,
    link,
    number_in_address,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens import reports_make, reports_one, reports_periods
from qa_app.wording import in_words
from sampling.records.database import OFFICE_TIME
from sampling.refused import Refused

STATES = {
    ReportState.PREPARED: "Waits to be approved",
    ReportState.APPROVED: "Approved, to be issued",
    ReportState.ISSUED: "Issued",
}


def show() -> None:
    """One report, or the list with what can be made."""
    person = signed_in()
    with reading() as session:
        rows = reports(session, person)
        makes = may_make_reports(session, person)
    if "report" in st.query_params:
        _one(rows, makes=makes)
        return
    title("Reports", "Documents that leave the office: prepared by one person, approved by another, issued.")
    parts = ["Reports", *(["Make a report", "Closed periods"] if makes else [])]
    part = parts[0]
    if makes:
        chosen = st.segmented_control(
            "Part", parts, default=part, required=True, key="part", bind="query-params"
        )
        part = chosen or part
    if part == "Make a report":
        reports_make.show()
    elif part == "Closed periods":
        reports_periods.show()
    else:
        _list(rows, makes=makes)


def _list(rows: list[ReportRow], *, makes: bool) -> None:
    if not rows:
        st.write(
            "No report has been issued yet. The Head of Customer Care and assistant directors prepare, "
            "approve and issue them; an issued one stands here for good, with its files."
            if not makes
            else "No report has been prepared yet. Begin under “Make a report”."
        )
        return
    table(
        pd.DataFrame(
            {
                "Report": [row.title for row in rows],
                "Kind": [KINDS[row.kind].name for row in rows],
                "Period": [period_words(row.kind, row.first_day, row.last_day) for row in rows],
                "As at": [in_words(row.as_at.astimezone(OFFICE_TIME).date()) for row in rows],
                "State": [STATES[row.state] for row in rows],
                "Issued to": ["; ".join(row.recipients) for row in rows],
            }
        ),
        caption="Reports, newest first",
        key="reports",
        download="reports.csv",
    )
    chosen = st.selectbox(
        "Open a report",
        [row.id for row in rows],
        index=None,
        format_func={row.id: f"{row.title} ({STATES[row.state].lower()})" for row in rows}.__getitem__,
        placeholder="Choose a report",
        key="report-to-open",
    )
    if st.button("Open", disabled=chosen is None):
        go("reports", report=chosen)


def _one(rows: list[ReportRow], *, makes: bool) -> None:
    try:
        number = number_in_address("report", of="report")
        row = next((row for row in rows if row.id == number), None)
        if row is None:
            raise Refused("There is no such report, or it is not for you to read.")
    except Refused as refused:
        title("Reports")
        problem(str(refused))
        link("reports", "Go to the list of reports")
        return
    title(as_typed(row.title))
    reports_one.show(row, STATES[row.state], makes=makes)
    link("reports", "Go to the list of reports")
