"""A submitted review: what was answered, and what follows from it."""

import streamlit as st

from qa_app.learning_form import log_good_practice_form, log_learning_form
from qa_app.runtime import as_typed, go, in_words, link, title
from qa_app.wording import RESPONSES, VERDICT_OF_CASE, moment_in_words
from scorecards.queries import ReviewSheet
from scorecards.requirements import Kind, Requirement, ResponseValue
from scorecards.work_list import WorkItem


def show_submitted(sheet: ReviewSheet, following: WorkItem | None) -> None:
    """The results, the next case, and every answer."""
    title(f"Review {sheet.reference}", sheet.sample)
    if following is not None and st.button(f"Review the next case, {following.reference}", type="primary"):
        if following.review_id is None:
            go("review", sampled=following.sampled_case_id)
        go("review", review=following.review_id)
    if sheet.submitted_at is None:
        st.write(f"{as_typed(sheet.reviewer)} is still working on this review.")
        return
    st.markdown(
        " · ".join(
            f"{name}: **{VERDICT_OF_CASE[met]}**"
            for name, met in (
                ("Outcome", sheet.outcome_met),
                ("Method", sheet.method_met),
                ("Overall", sheet.overall_met),
            )
        )
    )
    st.write(
        f"Submitted by {as_typed(sheet.reviewer)} on {moment_in_words(sheet.submitted_at)}, "
        f"file read on {moment_in_words(sheet.file_read_at)}, due {in_words(sheet.due_on)}."
    )
    if not sheet.file_found:
        st.warning("The case file could not be found, so the case counts as not met.")
    elif sheet.route == "open" and sheet.put_right:
        words = "requirement was" if len(sheet.put_right) == 1 else "requirements were"
        st.write(f"{len(sheet.put_right)} {words} not met at first, and put right before closing.")
    number = 0
    for kind, heading in ((Kind.OUTCOME, "Outcome requirements"), (Kind.METHOD, "Method requirements")):
        st.subheader(heading, anchor=False)
        for requirement in sheet.scorecard.requirements:
            if requirement.kind is kind:
                number += 1
                _answer(sheet, requirement, number)
    log_good_practice_form(sheet)
    link("reviews", "Back to your reviews")


def _answer(sheet: ReviewSheet, requirement: Requirement, number: int) -> None:
    response = sheet.responses.get(requirement.key)
    with st.container(border=True):
        words = RESPONSES[response] if response else "Not answered"
        right = ", put right before closing" if requirement.key in sheet.put_right else ""
        st.markdown(f"{number}. {requirement.text}  \n**{words}{right}**")
        evidence = sheet.evidence.get(requirement.key)
        if evidence:
            st.text(evidence)
        if sheet.is_own and response == ResponseValue.NOT_MET:
            with st.expander("Log learning from this"):
                log_learning_form(review_id=sheet.review_id, requirement=requirement)
