"""A submitted review: what was answered, and what follows from it."""

import streamlit as st

from qa_app.learning_form import log_good_practice_form, log_learning_form
from qa_app.runtime import as_typed, go, in_words, link, title
from qa_app.screens.review_answers import HEADINGS
from qa_app.screens.review_corrections import offer_to_correct, show_revisions
from qa_app.screens.review_facts import show_facts
from qa_app.screens.review_feedback import show_feedback
from qa_app.screens.review_intervene import show_held, step_in
from qa_app.screens.review_keys import NEXT_CASE, shortcut
from qa_app.wording import RESPONSES, SEVERITIES, VERDICT_OF_CASE, moment_in_words, time_in_words
from scorecards.queries import ReviewSheet
from scorecards.requirements import Requirement, ResponseValue
from scorecards.work_list import WorkItem


def show_submitted(sheet: ReviewSheet, following: WorkItem | None) -> None:
    """The results, the next case, and every answer."""
    title(f"Review {sheet.reference}", sheet.sample)
    if following is not None and st.button(
        f"Review the next case, {following.reference}", type="primary", shortcut=shortcut(NEXT_CASE)
    ):
        if following.review_id is None:
            go("review", sampled=following.sampled_case_id)
        go("review", review=following.review_id)
    if sheet.submitted_at is None:
        st.write(f"{as_typed(sheet.reviewer)} is still working on this review.")
        return
    _results(sheet)
    spent = f", after {time_in_words(sheet.seconds_spent)}" if sheet.is_own else ""
    st.write(
        f"Submitted by {as_typed(sheet.reviewer)} on {moment_in_words(sheet.submitted_at)}{spent}, "
        f"file read on {moment_in_words(sheet.file_read_at)}, due {in_words(sheet.due_on)}."
    )
    if sheet.case_link:
        st.link_button("Open the case in its own system", sheet.case_link)
    show_facts(sheet)
    kind = None
    for number, requirement in enumerate(sheet.scorecard.requirements, start=1):
        if requirement.kind is not kind:
            kind = requirement.kind
            st.subheader(HEADINGS[kind], anchor=False)
        _answer(sheet, requirement, number)
    show_revisions(sheet)
    offer_to_correct(sheet)
    show_feedback(sheet)
    log_good_practice_form(sheet)
    link("reviews", "Back to your reviews")


def _results(sheet: ReviewSheet) -> None:
    """The three results, what they would be had everything been assessed, and what marks the case."""
    results = (
        ("Outcome", sheet.outcome_met, sheet.outcome_if_assessed),
        ("Method", sheet.method_met, sheet.method_if_assessed),
        ("Overall", sheet.overall_met, sheet.overall_if_assessed),
    )
    st.markdown(" · ".join(f"{name}: **{VERDICT_OF_CASE[met]}**" for name, met, _ in results))
    if sheet.critical_failed:
        st.warning(
            "A critical requirement is not met. That marks the case; every answer stays as it was given."
        )
    show_held(sheet)
    if not sheet.file_found:
        st.warning("The case file could not be found, so the case counts as not met.")
        return
    otherwise = [
        f"{name.lower()} {VERDICT_OF_CASE[best].lower()}" for name, met, best in results if met != best
    ]
    if otherwise:
        st.write(
            "What could not be assessed counts as not met. Had it been met, the case would have "
            f"{', '.join(otherwise)}."
        )
    if sheet.route == "open" and sheet.put_right:
        words = "requirement was" if len(sheet.put_right) == 1 else "requirements were"
        st.write(f"{len(sheet.put_right)} {words} not met at first, and put right before closing.")


def _answer(sheet: ReviewSheet, requirement: Requirement, number: int) -> None:
    response = sheet.responses.get(requirement.key)
    with st.container(border=True):
        words = RESPONSES[response] if response else "Not answered"
        severity = sheet.severity.get(requirement.key)
        grave = f", {SEVERITIES[severity].lower()}" if severity else ""
        right = ", put right before closing" if requirement.key in sheet.put_right else ""
        critical = " (critical)" if requirement.critical else ""
        st.markdown(f"{number}. {as_typed(requirement.text)}{critical}  \n**{words}{grave}{right}**")
        evidence = sheet.evidence.get(requirement.key)
        if evidence:
            st.text(evidence)
        if sheet.is_own and response == ResponseValue.NOT_MET:
            with st.expander("Log learning from this"):
                log_learning_form(review_id=sheet.review_id, requirement=requirement)
        if response == ResponseValue.NOT_MET:
            step_in(sheet, requirement)
