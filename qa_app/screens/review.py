"""The score sheet: one case, one screen. Every answer is kept as soon as it is given."""

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.point_queries import learning_points
from qa_app.learning_form import log_good_practice_form
from qa_app.runtime import (
    as_typed,
    carry_out,
    do,
    go,
    in_words,
    link,
    number_in_address,
    problem,
    reading,
    signed_in,
    title,
)
from qa_app.screens.review_answers import ask_requirements, back_to_last, is_complete, show_first_incomplete
from qa_app.screens.review_facts import ask_facts, has_all_facts
from qa_app.screens.review_keys import INVOLVED, SUBMIT, offer_keys, shortcut
from qa_app.screens.review_read import show_submitted
from qa_app.screens.review_replace import offer_to_replace, replace_gone
from qa_app.unfinished import Form
from qa_app.wording import moment_in_words, time_in_words
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.actions import (
    declare_involvement,
    note_first_sight,
    read_file_again,
    set_file_found,
    start_review,
)
from scorecards.queries import CaseToDeclare, ReviewSheet, case_to_declare, review_sheet
from scorecards.submitting import submit_review
from scorecards.tables import Review, ReviewState
from scorecards.work_list import next_case


def show() -> None:
    """Declare involvement, score, submit, read."""
    person = signed_in()
    try:
        if "review" in st.query_params:
            _show_review(number_in_address("review", of="case"), person)
        elif "sampled" in st.query_params:
            _declare(number_in_address("sampled", of="case"), person)
        else:
            title("Review", "No case is chosen.")
            link("reviews", "Go to your reviews")
    except Refused as refused:
        title("Review")
        problem(str(refused))
        link("reviews", "Go to your reviews")


def _declare(sampled_id: int, person: Person) -> None:
    with reading() as session:
        facts = case_to_declare(session, sampled_id, person)
    if facts.review_id is not None:
        go("review", review=facts.review_id)
    title(f"Review {facts.reference}", facts.sample)
    if facts.gone is not None:
        replace_gone(sampled_id, facts.reference, facts.gone)
        return
    _ask_about_involvement(sampled_id, facts)
    if not facts.is_second:
        offer_to_replace(sampled_id)


def _ask_about_involvement(sampled_id: int, facts: CaseToDeclare) -> None:
    st.write("Nobody reviews a case they had a hand in. The extract does not know everything, so please say:")
    st.markdown(
        f"**Were you involved in {as_typed(facts.reference)} in any other way?** "
        "For example you advised on it, know the person, or took a call about it."
    )
    involved = f"involved-{sampled_id}"
    with st.container(horizontal=True):
        if st.button("No, start the review", type="primary", shortcut=shortcut(INVOLVED[False])):
            review_id = do(lambda session, by: _start(session, sampled_id, by))
            if review_id is not None:
                go("review", review=review_id)
        if st.button("Yes, I was involved", shortcut=shortcut(INVOLVED[True])):
            st.session_state[involved] = True
    if not st.session_state.get(involved):
        return
    form = Form(f"involved-{sampled_id}")
    form.notes()
    note = form.text_area("How were you involved?", "note")
    if st.button("Leave it to a colleague"):
        declared = form.do(
            lambda session, by: declare_involvement(
                session,
                session.get_one(SampledCase, sampled_id).frame_case.case,
                is_involved=True,
                note=note,
                by=by,
            ),
            done=f"{facts.reference} is left to a colleague. Thank you for saying so.",
        )
        if declared is not None:
            go("reviews")


def _start(session: Session, sampled_id: int, by: Person) -> int:
    sampled = session.get_one(SampledCase, sampled_id)
    declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
    return start_review(session, sampled, by=by).id


def _show_review(review_id: int, person: Person) -> None:
    with reading() as session:
        sheet = review_sheet(session, review_id, person)
    if sheet.state == ReviewState.SUBMITTED or not sheet.is_own:
        _read(sheet, person)
        return
    if not sheet.has_declared:  # a colleague's draft that was handed on
        go("review", sampled=sheet.sampled_case_id)
    title(f"Review {sheet.reference}", sheet.sample)
    if sheet.gone is not None:
        replace_gone(sheet.sampled_case_id, sheet.reference, sheet.gone)
        return
    _facts(sheet)
    answered = len(sheet.responses)
    total = len(sheet.scorecard.requirements)
    st.progress(
        answered / total if total else 1.0,
        text=f"{answered} of {total} requirements answered. Every answer is saved. "
        f"Time spent so far: {time_in_words(sheet.seconds_spent)}.",
    )
    _file(sheet)
    if sheet.file_found:
        offer_keys(open_case=sheet.is_open_case)
        ask_requirements(sheet, learned_from=_learned_from(sheet, person))
        ask_facts(sheet)
    log_good_practice_form(sheet)
    if not sheet.is_second:
        offer_to_replace(sheet.sampled_case_id)
    _submit(sheet)


def _learned_from(sheet: ReviewSheet, person: Person) -> set[str]:
    """The requirements of a review from which it was logged what went wrong."""
    with reading() as session:
        return {
            point.requirement_key
            for point in learning_points(session, person, review_id=sheet.review_id)
            if point.kind != LearningKind.GOOD_PRACTICE and point.requirement_key is not None
        }


def _read(sheet: ReviewSheet, person: Person) -> None:
    """Show a review that is in; that somebody has seen it is on record before they do."""
    if not sheet.is_seen:
        seen = do(
            lambda session, by: note_first_sight(session, session.get_one(Review, sheet.review_id), by=by)
        )
        if seen is None:
            return
    with reading() as session:
        following = next_case(session, person, after=sheet.review_id) if sheet.is_own else None
    show_submitted(sheet, following)


def _facts(sheet: ReviewSheet) -> None:
    facts = {
        "Scorecard": f"{sheet.scorecard.title}, version {sheet.scorecard.version}",
        "Type": sheet.case_type,
        "Team": sheet.team,
        "Stage": sheet.stage,
        "Risk": sheet.risk,
        "Received": in_words(sheet.received_on) if sheet.received_on else None,
        "Closed": in_words(sheet.closed_on) if sheet.closed_on and not sheet.is_open_case else None,
        "Due": in_words(sheet.due_on),
    }
    st.markdown(" · ".join(f"{name}: **{as_typed(value)}**" for name, value in facts.items() if value))
    if sheet.case_link:
        st.link_button("Open the case in its own system", sheet.case_link)
    if sheet.is_second:
        st.info(
            f"Score the case as its file stood on {moment_in_words(sheet.file_read_at)}. "
            f"What was added to the file later does not count."
        )
    elif sheet.route == Route.OPEN:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.write(f"File read on {moment_in_words(sheet.file_read_at)}.")
            if st.button("I have read the file again now"):
                carry_out(
                    lambda session, by: read_file_again(
                        session, session.get_one(Review, sheet.review_id), by=by
                    ),
                    done="Noted: the file was read just now.",
                )
    if sheet.too_late_to_intervene:
        st.info(
            "This case was open when it was drawn and has closed since: it is too late to intervene. Review "
            "it as at closing; it counts as sampling done."
        )
    if sheet.is_reopened:
        st.info("This case has been opened again since it was drawn. Judge it as at the closing named above.")
    if sheet.approved_by_reviewer:
        st.warning("You approved this case. That is allowed in open sampling, and is flagged in the results.")


def _file(sheet: ReviewSheet) -> None:
    key = f"file-{sheet.review_id}"
    st.checkbox(
        "The case file could not be found",
        value=not sheet.file_found,
        key=key,
        on_change=lambda: do(
            lambda session, by: set_file_found(
                session,
                session.get_one(Review, sheet.review_id),
                found=not st.session_state[key],
                by=by,
            )
        ),
    )
    if not sheet.file_found:
        st.info("A case whose file cannot be found counts as not met. Answers given so far are kept.")


def _submit(sheet: ReviewSheet) -> None:
    st.divider()
    complete = not sheet.file_found or (is_complete(sheet) and has_all_facts(sheet))
    with st.container(key="to-submit"):
        st.write(
            "Everything is answered. Once submitted, a review is locked."
            if complete
            else "Once submitted, a review is locked."
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            # What is missing is noted before the sheet is shown again, so that each field can say it.
            if st.button(
                "Submit review",
                type="primary",
                # A key only submits what is complete: it is pressed more lightly than a button.
                shortcut=shortcut(SUBMIT) if complete else None,
                on_click=None if complete else show_first_incomplete,
                args=(sheet,),
            ):
                carry_out(
                    lambda session, by: submit_review(
                        session, session.get_one(Review, sheet.review_id), by=by
                    ),
                    done=f"The review of {sheet.reference} is submitted.",
                )
            back_to_last(sheet)
            link("reviews", "Save and go back to your reviews")
