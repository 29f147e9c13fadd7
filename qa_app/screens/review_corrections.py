"""Corrections of a submitted review: made by its reviewer, with a reason; and what each revision changed."""

from typing import Any, Final

import streamlit as st

from qa_app.runtime import as_typed, carry_out, fresh, reading, signed_in
from qa_app.screens.review_answers import ask_severity
from qa_app.wording import RESPONSES, REVISION_CAUSES, SEVERITIES, VERDICT_OF_CASE, moment_in_words
from scorecards.queries import ReviewSheet
from scorecards.requirements import Requirement, ResponseValue, allowed_responses
from scorecards.revision_queries import AnswerThen, ChangedAnswer, RevisionRow, revisions_of
from scorecards.submitting import correct_review
from scorecards.tables import Review

_RESULTS: Final = {"Outcome": "outcome_met", "Method": "method_met", "Overall": "overall_met"}


def offer_to_correct(sheet: ReviewSheet) -> None:
    """For its reviewer: change answers of a submitted review, and say why."""
    if not sheet.is_own or not sheet.file_found:
        return
    with st.expander("Correct this review"):
        st.write(
            "What you submitted stays on record beside the correction, with your reason. Agreement between "
            "managers and QA goes by what was submitted."
        )
        numbered = {
            requirement.key: (number, requirement)
            for number, requirement in enumerate(sheet.scorecard.requirements, start=1)
        }
        wrong = st.multiselect(
            "Which answers are to be corrected?",
            list(numbered),
            format_func=lambda key: f"{numbered[key][0]}. {numbered[key][1].text}",
            key=fresh(f"correct-{sheet.review_id}"),
            placeholder="Choose requirements",
        )
        changes = {key: _corrected(sheet, *numbered[key]) for key in wrong}
        reason = st.text_area(
            "Why, in a few words and without names", key=fresh(f"correct-why-{sheet.review_id}"), height=80
        )
        if st.button("Correct the review"):
            carry_out(
                lambda session, by: correct_review(
                    session,
                    session.get_one(Review, sheet.review_id),
                    changes=changes,
                    reason=reason or "",
                    by=by,
                ),
                done=lambda revision: f"The review is corrected. This is its revision {revision.number}.",
            )


def _corrected(sheet: ReviewSheet, number: int, requirement: Requirement) -> dict[str, Any]:
    """The answer as it is to be, to one requirement."""
    key = f"correct-{sheet.review_id}-{requirement.key}"
    options = list(allowed_responses(open_case=sheet.is_open_case))
    response = st.radio(
        f"{number}. {as_typed(requirement.text)}",
        options,
        index=options.index(sheet.responses[requirement.key]),
        format_func=RESPONSES.__getitem__,
        horizontal=True,
        key=fresh(f"{key}-response"),
    )
    evidence = st.text_area(
        f"Evidence or reason for {number}",
        value=sheet.evidence.get(requirement.key, ""),
        key=fresh(f"{key}-evidence"),
        height=80,
    )
    change: dict[str, Any] = {"response": response, "evidence": evidence or ""}
    if response == ResponseValue.NOT_MET:
        change["severity"] = ask_severity(
            f"Severity of {number}", sheet.severity.get(requirement.key), key=fresh(f"{key}-severity")
        )
        if sheet.is_open_case and not sheet.is_second:
            change["put_right"] = st.checkbox(
                f"Put right before closing: {number}",
                value=requirement.key in sheet.put_right,
                key=fresh(f"{key}-right"),
            )
    return change


def show_revisions(sheet: ReviewSheet) -> None:
    """When a review was submitted and changed, by whom, why, and what became of which answer."""
    with reading() as session:
        revisions = revisions_of(session, sheet.review_id, signed_in())
    if len(revisions) < 2:
        return
    st.subheader("Revisions", anchor=False)
    for revision in revisions:
        st.markdown(_sentence(revision))
        for change in revision.changes:
            st.markdown(_change(change))


def _sentence(revision: RevisionRow) -> str:
    results = ", ".join(
        f"{name.lower()} {VERDICT_OF_CASE[getattr(revision, field)].lower()}"
        for name, field in _RESULTS.items()
    )
    reason = f"  \nReason: {as_typed(revision.reason)}" if revision.reason else ""
    return (
        f"**Revision {revision.number}.** {REVISION_CAUSES[revision.cause]} by "
        f"{as_typed(revision.made_by)} on {moment_in_words(revision.made_at)}: {results}.{reason}"
    )


def _change(change: ChangedAnswer) -> str:
    lines = [f"- {change.number}. {as_typed(change.requirement.text)}"]
    before, after = _words(change.before), _words(change.after)
    if before != after:
        lines.append(f"From **{before}** to **{after}**.")
    if change.before.evidence != change.after.evidence:
        lines.append(f"Words before: {_quoted(change.before.evidence)} Now: {_quoted(change.after.evidence)}")
    return "  \n  ".join(lines)


def _words(answer: AnswerThen) -> str:
    if answer.response is None:
        return "not answered"
    severity = f", {SEVERITIES[answer.severity].lower()}" if answer.severity else ""
    right = ", put right before closing" if answer.put_right else ""
    return f"{RESPONSES[answer.response].lower()}{severity}{right}"


def _quoted(text: str) -> str:
    flat = as_typed(" ".join(text.split()))
    return f"“{flat}”" if flat else "none."
