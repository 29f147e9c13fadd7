"""One report: how it stands, its files with their hashes, what it says, and what is to be done next."""

from functools import partial

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.report_contents import ReportContents
from learning_register.report_queries import FileRow, ReportRow, contents_of, issued_file
from learning_register.reporting import ReportState, approve_report, discard_report, issue_report
from learning_register.tables_reports import Report
from qa_app.reports.kinds import FORMATS, KINDS, files_of, period_words
from qa_app.runtime import as_typed, carry_out, do, go, reading, signed_in, table
from qa_app.screens.reports_shown import offer_files, show_contents
from qa_app.unfinished import Form
from qa_app.wording import moment_in_words
from sampling.records.people import Person


def show(row: ReportRow, state: str, *, makes: bool) -> None:
    """The facts, then the next step for whoever may take it, then the report itself."""
    st.markdown("\n".join(f"- {as_typed(fact)}" for fact in _facts(row, state)))
    if row.sealed:
        st.info(
            "This report tells how managers' reviews turned out, and you may still have to score some of "
            "them blind. You can read it once the second scoring of its period has its last score."
        )
        return
    with reading() as session:
        contents = contents_of(session, row.id, signed_in())
    if row.files:
        _files(row)
    elif makes:
        _next(row, contents)
    show_contents(contents)


def _facts(row: ReportRow, state: str) -> list[str]:
    facts = [
        f"{KINDS[row.kind].name}, {period_words(row.kind, row.first_day, row.last_day)}",
        f"As the books stood on {moment_in_words(row.as_at)}",
        f"{state}. Prepared by {row.prepared_by}"
        + (f", approved by {row.approved_by}" if row.approved_by else ""),
    ]
    if row.issued_at is not None:
        facts.append(f"Issued on {moment_in_words(row.issued_at)} to: {'; '.join(row.recipients)}")
    return facts


def _files(row: ReportRow) -> None:
    table(
        pd.DataFrame(
            {
                "File": [file.name for file in row.files],
                "Size in bytes": [file.size for file in row.files],
                "Hash (SHA-256)": [file.sha256 for file in row.files],
            }
        ),
        caption="The files as they were issued, byte for byte",
        key=f"files-{row.id}",
        download="hashes.csv",
    )
    person = signed_in()
    with st.container(horizontal=True):
        for file in row.files:
            name, mime, _ = FORMATS[file.name.rpartition(".")[2]]
            st.download_button(
                f"Download: {name}",
                data=partial(_content, file, person),
                file_name=file.name,
                mime=mime,
                key=f"file-{file.id}",
                on_click="ignore",
            )


def _content(file: FileRow, person: Person) -> bytes:
    """The file at the moment of the download, which is outside the session: nobody is signed in there."""
    with reading() as session:
        return issued_file(session, file.id, person)


def _next(row: ReportRow, contents: ReportContents) -> None:
    offer_files(contents, key=str(row.id))
    if row.state is ReportState.APPROVED:
        _issue(row, contents)
        return
    if row.is_own:
        st.write("You prepared it, so somebody else who heads the office approves it.")
    elif st.button("Approve it", type="primary", key=f"approve-{row.id}"):
        carry_out(
            lambda session, by: approve_report(session, session.get_one(Report, row.id), by=by),
            done="Approved. From here on nothing of it changes; issue it when it is to leave the office.",
        )
    if st.button("Discard it", key=f"discard-{row.id}"):
        dropped = do(partial(_discard, row.id), done="Discarded. The audit trail keeps that it was prepared.")
        if dropped is not None:
            go("reports")


def _discard(report_id: int, session: Session, by: Person) -> int:
    discard_report(session, session.get_one(Report, report_id), by=by)
    return report_id


def _issue(row: ReportRow, contents: ReportContents) -> None:
    form = Form(f"issue-{row.id}")
    form.notes()
    names = form.text_area(
        "Who receives it, one person or body on a line",
        "recipients",
        help="For the record: the product sends nothing. Take the files from here and send them.",
    )
    if st.button("Issue it", type="primary", key=f"issue-{row.id}"):
        with st.spinner("Making its files …"):
            files = files_of(contents)
        form.carry_out(
            lambda session, by: issue_report(
                session,
                session.get_one(Report, row.id),
                files=files,
                recipients=names.splitlines(),
                by=by,
            ),
            done="Issued. Its files stand below for good, each with its hash.",
        )
