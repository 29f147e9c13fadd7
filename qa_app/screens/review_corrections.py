"""Corrections of a submitted review: made by its reviewer, with a reason; and what each revision changed."""

from typing import Any, Final

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.changed_meanwhile import Watched
from qa_app.runtime import as_typed, reading, signed_in
from qa_app.screens.review_answers import ask_severity
from qa_app.screens.review_facts import ask_facts
from qa_app.unfinished import Form
from qa_app.wording import RESPONSES, REVISION_CAUSES, SEVERITIES, VERDICT_OF_CASE, moment_in_words
from scorecards.queries import ReviewSheet
from scorecards.requirements import Requirement, ResponseValue, allowed_responses
from scorecards.revision_queries import AnswerThen, ChangedAnswer, RevisionRow, revisions_of
from scorecards.submitting import correct_review
from scorecards.tables import Review

_RESULTS: Final = {"Outcome": "outcome_met", "Method": "method_met", "Overall": "overall_met"}


def offer_to_correct(sheet: ReviewSheet) -> None:
    """For its reviewer: change answers of a submitted review, and say why."""
    if not sheet.is_own:
        return
    person = signed_in()

    def words(session: Session) -> dict[str, str]:
        return {"its revision": str(len(revisions_of(session, sheet.review_id, person)))}

    form = Form(
        f"correct-review-{sheet.review_id}",
        watching=Watched((Review, sheet.review_id), f"review {sheet.review_id}", ["revise_review"], words),
    )
    key = form.key
    with form.expander("Correct this review"):
        st.write(
            "What you submitted stays on record beside the correction, with your reason. Agreement between "
            "managers and QA goes by what was submitted."
        )
        file_found = _ask_for_file(sheet, key)
        numbered = {
            requirement.key: (number, requirement)
            for number, requirement in enumerate(sheet.scorecard.requirements, start=1)
        }
        wrong = [] if not file_found else list(numbered)
        if sheet.file_found and file_found:
            wrong = st.multiselect(
                "Which answers are to be corrected?",
                list(numbered),
                format_func=lambda name: f"{numbered[name][0]}. {numbered[name][1].text}",
                key=key,
                placeholder="Choose requirements",
            )
        changes = {name: _corrected(sheet, form, *numbered[name]) for name in wrong}
        reason = form.text_area("Why, in a few words and without names", "why", height=80)
        if st.button("Correct the review", key=f"{key}-correct"):
            form.carry_out(
                lambda session, by: correct_review(
                    session,
                    session.get_one(Review, sheet.review_id),
                    changes={
                        name: change for name, change in changes.items() if change["response"] is not None
                    },
                    file_found=file_found,
                    reason=reason,
                    by=by,
                ),
                done=lambda revision: f"The review is corrected. This is its revision {revision.number}.",
            )


def _ask_for_file(sheet: ReviewSheet, key: str) -> bool:
    """Whether the case file was found, as it is to be; with the facts that are asked for then."""
    if sheet.file_found:
        return not st.checkbox("The case file could not be found", key=f"{key}-no-file")
    found = st.checkbox("The case file was found after all", key=f"{key}-file")
    if found:
        ask_facts(sheet)
    return found


def _corrected(sheet: ReviewSheet, form: Form, number: int, requirement: Requirement) -> dict[str, Any]:
    """The answer as it is to be, to one requirement."""
    key = f"{form.key}-{requirement.key}"
    options = list(allowed_responses(open_case=sheet.is_open_case))
    stored = sheet.responses.get(requirement.key)
    response = st.radio(
        f"{number}. {as_typed(requirement.text)}",
        options,
        index=None if stored is None else options.index(stored),
        format_func=RESPONSES.__getitem__,
        horizontal=True,
        key=f"{key}-response",
    )
    evidence = form.text_area(
        f"Evidence or reason for {number}",
        f"{requirement.key}-evidence",
        sheet.evidence.get(requirement.key, ""),
        height=80,
    )
    change: dict[str, Any] = {"response": response, "evidence": evidence}
    if response == ResponseValue.NOT_MET:
        change["severity"] = ask_severity(
            f"Severity of {number}", sheet.severity.get(requirement.key), key=f"{key}-severity"
        )
        if sheet.is_open_case and not sheet.is_second:
            change["put_right"] = st.checkbox(
                f"Put right before closing: {number}",
                value=requirement.key in sheet.put_right,
                key=f"{key}-right",
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
    if not revision.file_found:
        results = f"the case file could not be found, so {results}"
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
