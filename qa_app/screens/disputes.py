"""Feedback and disputes: what is to be decided, what was, and the feedback sheets one may read."""

from typing import Final

import pandas as pd
import streamlit as st

from qa_app.runtime import (
    as_typed,
    do,
    given,
    go,
    link,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens.review_feedback import (
    DECISIONS,
    finding_in_words,
    show_answers,
    show_dispute,
    show_feedback_sheet,
)
from qa_app.unfinished import Form
from qa_app.wording import RESPONSES, SEVERITIES, VERDICT_OF_CASE
from scorecards.dispute_decisions import Decision, Finding
from scorecards.dispute_queries import DisputedAnswer, DisputeRow, disputes_seen
from scorecards.disputes import decide_dispute
from scorecards.feedback import note_feedback_read
from scorecards.feedback_sheets import feedback_sheet, feedback_sheets
from scorecards.requirements import ResponseValue, allowed_responses
from scorecards.tables import Review
from scorecards.tables_feedback import Dispute

_NEWEST: Final = 500  # of the feedback sheets


def show() -> None:
    """One sheet when the address names it, else disputes first and then the list of sheets."""
    if "review" in st.query_params:
        _one(st.query_params["review"])
        return
    person = signed_in()
    with reading() as session:
        seen = disputes_seen(session, person)
        sheets = feedback_sheets(session, person, most=_NEWEST + 1)
    title(
        "Feedback and disputes",
        "Each review has a sheet for the caseworker. Their line manager can dispute the review, and somebody "
        "else decides.",
    )
    st.subheader("To decide", anchor=False)
    waiting = [row for row in seen if row.decision is None]
    to_decide = [row for row in waiting if row.not_to_decide is None]
    if not to_decide:
        st.write(
            "No dispute waits for you. The Head of Customer Care decides disputes, and QA reviewers who have "
            "not scored the case."
        )
    for row in to_decide:
        with st.container(border=True):
            _decide(row)
    if len(waiting) > len(to_decide):
        st.subheader("Waiting for somebody else", anchor=False)
    for row in waiting:
        if row.not_to_decide is not None:
            with st.container(border=True):
                link("disputes", f"{row.reference}, {row.sample}", review=row.review_id)
                show_dispute(row)
                st.caption(row.not_to_decide)
    st.subheader("Decided", anchor=False)
    _decided([row for row in seen if row.decision is not None])
    st.subheader("Feedback sheets", anchor=False)
    _sheets(sheets)


def _one(asked: str) -> None:
    review_id = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    with reading() as session:
        sheet = feedback_sheet(session, review_id, signed_in())
    if sheet is None:
        title("Feedback and disputes")
        problem("There is no such feedback sheet, or it is not for you to see. Go back to the list.")
        link("disputes", "All feedback and disputes")
        return
    if not sheet.is_seen:  # that somebody has seen it is on record before they do
        seen = do(lambda session, by: note_feedback_read(session, session.get_one(Review, review_id), by=by))
        if seen is None:
            return
    title(
        f"Feedback on {sheet.reference}", f"{as_typed(sheet.sample)}, reviewed by {as_typed(sheet.reviewer)}"
    )
    link("disputes", "All feedback and disputes")
    results = (("Outcome", sheet.outcome_met), ("Method", sheet.method_met), ("Overall", sheet.overall_met))
    st.markdown(" · ".join(f"{name}: **{VERDICT_OF_CASE[met]}**" for name, met in results))
    if not sheet.file_found:
        st.warning("The case file could not be found, so the case counts as not met.")
    else:
        with st.expander("What was asked and answered"):
            show_answers(sheet)
    show_feedback_sheet(sheet)


def _decide(row: DisputeRow) -> None:
    st.markdown(
        f"**{as_typed(row.reference)}** · {as_typed(row.sample)} · reviewed by {as_typed(row.reviewer)}"
    )
    show_dispute(row)
    link("review", f"Read the review of {row.reference}", review=row.review_id)
    st.write(_effect(row))
    number = row.dispute_id
    form = Form(f"decide-{number}")
    form.notes()
    decision = st.radio(
        "Decision",
        list(DECISIONS),
        index=None,
        format_func=DECISIONS.__getitem__,
        horizontal=True,
        key=f"decision-{number}",
    )
    answers = (
        {}
        if decision in (None, Decision.NOT_UPHELD)
        else {answer.key: _answer(form, row, answer) for answer in row.answers}
    )
    reason = form.text_area(f"Reason for the decision on {row.reference}", "reason")
    if st.button(f"Decide the dispute about {row.reference}", type="primary", key=f"{form.key}-decide"):
        form.carry_out(
            lambda session, by: decide_dispute(
                session,
                session.get_one(Dispute, number),
                decision=given(decision, "the decision"),
                reason=reason,
                findings={key: finding for key, (finding, _) in answers.items()},
                evidence={key: evidence for key, (_, evidence) in answers.items()},
                by=by,
            ),
            done=f"The dispute about {row.reference} is decided.",
        )


def _effect(row: DisputeRow) -> str:
    if row.is_second:
        return (
            "A second score is in no quality figure, and agreement goes by what was first submitted. The "
            "decision stays on record beside it."
        )
    return (
        "What you change counts in the quality figures from now on, also where the sample is complete. The "
        "review as it was submitted stays on record, and agreement between managers and QA goes by it."
    )


def _answer(form: Form, row: DisputeRow, answer: DisputedAnswer) -> tuple[Finding, str]:
    """What the review is to hold for one disputed requirement: as it is, until something else is chosen."""
    st.markdown(
        f"{answer.number}. {as_typed(answer.text)} The review says: **{finding_in_words(answer.stood)}**"
    )
    name = f"Requirement {answer.number}"
    # New once the review is changed, and only then: what is decided elsewhere leaves what is typed alone.
    key = f"{row.dispute_id}-{row.revision}-{answer.key}"
    left, right = st.columns(2)
    responses = allowed_responses(open_case=row.is_open_case)
    response = left.selectbox(
        f"{name}: response from now on",
        responses,
        index=responses.index(answer.stood.response),
        format_func=RESPONSES.__getitem__,
        key=f"response-{key}",
    )
    severity = None
    if response == ResponseValue.NOT_MET:
        levels = [None, *SEVERITIES]
        severity = right.selectbox(
            f"{name}: severity",
            levels,
            index=levels.index(answer.stood.severity),
            format_func=lambda level: SEVERITIES[level] if level else "Not given",
            key=f"severity-{key}",
        )
    evidence = form.text_area(f"{name}: evidence or reason", f"evidence-{key}", answer.evidence)
    return Finding(response, severity), evidence


def _decided(rows: list[DisputeRow]) -> None:
    table(
        pd.DataFrame(
            [
                (
                    row.reference,
                    row.sample,
                    row.raised_by,
                    DECISIONS[row.decision],
                    row.reason,
                    row.decided_by,
                    row.decided_on,
                )
                for row in reversed(rows)
                if row.decision is not None
            ],
            columns=["Case", "Sample", "Disputed by", "Decision", "Reason", "Decided by", "Decided on"],
        ),
        caption="Decided disputes that you may see, the latest raised first",
        key="disputes-decided",
        empty="No dispute has been decided yet that you may see.",
        download="disputes.csv",
    )
    if rows:
        link("learning", "Log what a dispute taught", part="New learning point", source="dispute")


def _sheets(sheets: pd.DataFrame) -> None:
    if len(sheets) > _NEWEST:
        sheets = sheets[:_NEWEST]
        st.write(f"These are the {_NEWEST:,} newest. An older one is opened from its review.")
    words = {
        "reference": "Case",
        "team": "Team",
        "sample": "Sample",
        "submitted_at": "Review submitted",
        "shared_on": "Shared with the caseworker",
        "commented_on": "Comments",
        "disputes": "Disputes",
    }
    table(
        sheets[list(words)].rename(columns=words),
        caption="Feedback sheets that you may read, the newest review first",
        key="feedback-sheets",
        empty="No review has been submitted yet whose feedback sheet you may read.",
        download="feedback.csv",
    )
    if sheets.empty:
        return
    chosen = st.selectbox(
        "Open a feedback sheet",
        sheets["review_id"],
        index=None,
        format_func=dict(zip(sheets["review_id"], sheets["reference"], strict=True)).__getitem__,
        placeholder="Choose a case",
    )
    if chosen is not None:
        go("disputes", review=int(chosen))
