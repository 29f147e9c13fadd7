"""Feedback on a submitted review: the sheet, when it was shared, what was said to it, and disputes."""

import streamlit as st

from learning_register.citations import LearningKind
from learning_register.point_queries import learning_points
from qa_app.feedback_sheet import answer_in_words, feedback_document
from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    given,
    in_words,
    reading,
    signed_in,
)
from qa_app.unfinished import Form
from qa_app.wording import RESPONSES, SEVERITIES
from sampling.records.database import today
from sampling.records.office import the_office
from scorecards.dispute_decisions import Decision, Finding
from scorecards.dispute_queries import DisputedAnswer, DisputeRow, disputes_of
from scorecards.disputes import not_disputable_because, raise_dispute
from scorecards.feedback import record_comments, share_feedback
from scorecards.feedback_sheets import FeedbackSheet, feedback_sheet
from scorecards.queries import ReviewSheet
from scorecards.tables import Review

DECISIONS = {
    Decision.UPHELD: "Upheld",
    Decision.PARTLY_UPHELD: "Partly upheld",
    Decision.NOT_UPHELD: "Not upheld",
}


def show_feedback(sheet: ReviewSheet) -> None:
    """The feedback of a review that the reader has open, or why there is none yet."""
    if sheet.submitted_at is None:
        return
    with reading() as session:
        found = feedback_sheet(session, sheet.review_id, signed_in())
    st.subheader("Feedback to the caseworker", anchor=False)
    if found is None:  # else whoever sees the review sees its sheet
        st.write("This review has a feedback sheet once its sample is complete.")
    else:
        show_feedback_sheet(found)


def show_feedback_sheet(sheet: FeedbackSheet) -> None:
    """The sheet to take away, its sharing and comments, and the disputes of the review."""
    _document(sheet)
    _shared(sheet)
    if sheet.may_share:
        _share(sheet)
        _comment(sheet)
    elif sheet.shared_on is None:
        st.caption("The caseworker's line manager or the reviewer shares the sheet.")
    _disputes(sheet)


def show_answers(sheet: FeedbackSheet) -> None:
    """What the sheet says, for a reader who does not have the review itself open."""
    for item in sheet.items:
        critical = " (critical requirement)" if item.is_critical else ""
        st.markdown(f"{item.number}. {as_typed(item.text)}{critical}  \n**{answer_in_words(item)}**")
        if item.evidence.strip():
            st.text(item.evidence)


def show_dispute(row: DisputeRow) -> None:
    """One dispute: what is disputed and why, and what was decided."""
    st.markdown(
        f"**{'Waiting to be decided' if row.decision is None else DECISIONS[row.decision]}** · "
        f"disputed by {as_typed(row.raised_by)} on {in_words(row.raised_on)}"
    )
    st.text(row.grounds)
    for answer in row.answers:
        st.markdown(f"{answer.number}. {as_typed(answer.text)} {_stood(answer)}")
    if row.decided_on is not None and row.decided_by is not None:
        st.markdown(f"Decided by {as_typed(row.decided_by)} on {in_words(row.decided_on)}:")
        st.text(row.reason)


def finding_in_words(finding: Finding) -> str:
    """A response with its severity: “Not met, serious”."""
    words = RESPONSES[finding.response]
    return f"{words}, {SEVERITIES[finding.severity].lower()}" if finding.severity else words


def _stood(answer: DisputedAnswer) -> str:
    before = finding_in_words(answer.stood)
    if answer.became is None:
        return f"**{before}**"
    return f"Before: **{before}**. Now: **{finding_in_words(answer.became)}**"


def _document(sheet: FeedbackSheet) -> None:
    st.write(
        "The sheet says in plain words what was asked, answered and found. Read it through before you share "
        "it: it must not name the complainant or anybody else from the case."
    )
    with reading() as session:
        office, day = the_office(session), today(session)
        good_practice = [
            point.description
            for point in learning_points(session, signed_in(), review_id=sheet.review_id)
            if point.kind == LearningKind.GOOD_PRACTICE
        ]
    st.download_button(
        "Download the feedback sheet",
        data=feedback_document(
            sheet, good_practice=good_practice, office=office.name if office else "", day=day
        ),
        file_name=f"feedback-{sheet.review_id}.html",
        mime="text/html",
        key=f"feedback-{sheet.review_id}",
        on_click="ignore",
    )


def _shared(sheet: FeedbackSheet) -> None:
    if sheet.shared_on is None or sheet.shared_by is None:
        st.write("It has not been shared with the caseworker yet.")
        return
    whom = as_typed(sheet.caseworker) if sheet.caseworker else "the caseworker"
    st.write(f"Shared with {whom} on {in_words(sheet.shared_on)} by {as_typed(sheet.shared_by)}.")
    if sheet.commented_on is None:
        st.write("No comments of the caseworker are on record.")
    else:
        st.write(f"The caseworker's comments of {in_words(sheet.commented_on)}:")
        st.text(sheet.comments)


def _share(sheet: FeedbackSheet) -> None:
    if sheet.shared_on is not None:
        return
    if sheet.line_manager and not sheet.caseworker:
        st.write(f"The caseworker's line manager is {as_typed(sheet.line_manager)}.")
    with reading() as session:
        day = today(session)
    with st.form(f"share-{sheet.review_id}", border=False):
        shared_on = date_input("Shared with the caseworker on", key=f"shared-on-{sheet.review_id}", value=day)
        if st.form_submit_button("Record that it was shared"):
            carry_out(
                lambda session, by: share_feedback(
                    session,
                    session.get_one(Review, sheet.review_id),
                    shared_on=given(shared_on, "the day it was shared"),
                    by=by,
                ),
                done="Recorded: the feedback was shared. The time for a dispute counts from that day.",
            )


def _comment(sheet: FeedbackSheet) -> None:
    if sheet.shared_on is None or sheet.comments:
        return
    with reading() as session:
        day = today(session)
    form = Form(f"comment-{sheet.review_id}")
    form.notes()
    comments = form.text_area(
        "The caseworker's comments",
        "comments",
        help="As they gave them. Do not name the complainant or anybody else from the case.",
    )
    commented_on = date_input("Day of the comments", key=f"{form.key}-on", value=day)
    if st.button("Keep the comments", key=f"{form.key}-keep"):
        form.carry_out(
            lambda session, by: record_comments(
                session,
                session.get_one(Review, sheet.review_id),
                comments=comments,
                commented_on=given(commented_on, "the day of the comments"),
                by=by,
            ),
            done="The caseworker's comments are kept.",
        )


def _disputes(sheet: FeedbackSheet) -> None:
    with reading() as session:
        person = signed_in()
        raised = disputes_of(session, sheet.review_id, person)
        stopped = not_disputable_because(session, session.get_one(Review, sheet.review_id), person)
    st.markdown("**Disputes**")
    if not raised:
        st.write("This review has not been disputed.")
    for row in raised:
        with st.container(border=True):
            show_dispute(row)
    if stopped is not None:
        st.caption(as_typed(stopped))
        return
    form = Form(f"dispute-{sheet.review_id}")
    with form.expander("Dispute this review"):
        st.write(
            f"Until {in_words(sheet.disputable_until)}. Somebody else decides, and what the review says now "
            "stays on record."
        )
        texts = {item.key: f"{item.number}. {item.text}" for item in sheet.items if item.response}
        keys = st.multiselect(
            "Requirements whose answer is disputed",
            list(texts),
            format_func=texts.__getitem__,
            key=f"{form.key}-disputed",
        )
        grounds = form.text_area("Grounds: why the answers are wrong, and where the file shows it", "grounds")
        if st.button("Dispute this review", key=f"{form.key}-raise"):
            form.carry_out(
                lambda session, by: raise_dispute(
                    session,
                    session.get_one(Review, sheet.review_id),
                    requirement_keys=keys,
                    grounds=grounds,
                    by=by,
                ),
                done="The dispute is entered. The Head of Customer Care or a QA reviewer decides it.",
            )
