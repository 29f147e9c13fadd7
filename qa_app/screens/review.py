"""The score sheet: one case, one screen. Every answer is kept as soon as it is given."""

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.queries import learning_points
from qa_app.learning_form import log_good_practice_form, log_learning_form
from qa_app.runtime import as_typed, carry_out, do, go, in_words, link, problem, reading, signed_in, title
from qa_app.screens.review_read import show_submitted
from qa_app.screens.review_replace import offer_to_replace, replace_gone
from qa_app.wording import RESPONSES, moment_in_words
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.actions import (
    declare_involvement,
    read_file_again,
    save_answer,
    set_file_found,
    start_review,
)
from scorecards.queries import ReviewSheet, case_to_declare, review_sheet
from scorecards.requirements import Kind, Requirement, ResponseValue, allowed_responses
from scorecards.scoring import problem_with
from scorecards.submitting import submit_review
from scorecards.tables import Review, ReviewState
from scorecards.work_list import next_case

HEADINGS = {Kind.OUTCOME: "Outcome requirements", Kind.METHOD: "Method requirements"}
NEEDS_WORDS = frozenset({ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS, ResponseValue.NOT_APPLICABLE})


def show() -> None:
    """Declare involvement, score, submit, read."""
    person = signed_in()
    try:
        if "review" in st.query_params:
            _show_review(_number("review"), person)
        elif "sampled" in st.query_params:
            _declare(_number("sampled"), person)
        else:
            title("Review", "No case is chosen.")
            link("reviews", "Go to your reviews")
    except Refused as refused:
        title("Review")
        problem(str(refused))
        link("reviews", "Go to your reviews")


def _number(name: str) -> int:
    text = st.query_params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused("The address of this page is not complete. Open the case from your list of reviews.")
    return int(text)


def _declare(sampled_id: int, person: Person) -> None:
    with reading() as session:
        facts = case_to_declare(session, sampled_id, person)
    if facts.review_id is not None:
        go("review", review=facts.review_id)
    title(f"Review {facts.reference}", facts.sample)
    if facts.gone is not None:
        replace_gone(sampled_id, facts.reference, facts.gone)
        return
    st.write("Nobody reviews a case they had a hand in. The extract does not know everything, so please say:")
    answer = st.radio(
        f"Were you involved in {facts.reference} in any other way?",
        ["No", "Yes"],
        index=None,
        key=f"involved-{sampled_id}",
        help="For example you advised on it, know the person, or took a call about it.",
    )
    note = ""
    if answer == "Yes":
        note = st.text_area("How were you involved?", key=f"involved-note-{sampled_id}") or ""
    if st.button("Continue", type="primary"):
        if answer is None:
            problem("Select whether you were involved in this case.")
            return
        if answer == "Yes":
            declared = do(
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
            return
        review_id = do(lambda session, by: _start(session, sampled_id, by))
        if review_id is not None:
            go("review", review=review_id)
    if not facts.is_second:
        offer_to_replace(sampled_id)


def _start(session: Session, sampled_id: int, by: Person) -> int:
    sampled = session.get_one(SampledCase, sampled_id)
    declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
    return start_review(session, sampled, by=by).id


def _show_review(review_id: int, person: Person) -> None:
    with reading() as session:
        sheet = review_sheet(session, review_id, person)
        following = next_case(session, person, after=review_id) if sheet.is_own else None
        logged = {
            point.requirement_key
            for point in learning_points(session, person, review_id=review_id)
            if point.kind != LearningKind.GOOD_PRACTICE
        }
    if sheet.state == ReviewState.SUBMITTED or not sheet.is_own:
        show_submitted(sheet, following)
        return
    title(f"Review {sheet.reference}", sheet.sample)
    if sheet.gone is not None:
        replace_gone(sheet.sampled_case_id, sheet.reference, sheet.gone)
        return
    _facts(sheet)
    answered = len(sheet.responses)
    total = len(sheet.scorecard.requirements)
    st.progress(answered / total, text=f"{answered} of {total} requirements answered. Every answer is saved.")
    _file(sheet)
    if sheet.file_found:
        tried = st.session_state.get(f"tried-{review_id}", False)
        number = 0
        for kind, heading in HEADINGS.items():
            st.subheader(heading, anchor=False)
            for requirement in sheet.scorecard.requirements:
                if requirement.kind is kind:
                    number += 1
                    _requirement(sheet, requirement, number, tried=tried)
                    if (
                        requirement.key in logged
                        and sheet.responses.get(requirement.key) != ResponseValue.NOT_MET
                    ):
                        st.warning("Learning was logged from this while it was not met. It stays on record.")
    log_good_practice_form(sheet)
    if not sheet.is_second:
        offer_to_replace(sheet.sampled_case_id)
    _submit(sheet)


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


def _requirement(sheet: ReviewSheet, requirement: Requirement, number: int, *, tried: bool) -> None:
    stored = sheet.responses.get(requirement.key)
    options = list(allowed_responses(open_case=sheet.is_open_case))
    key = f"{sheet.review_id}-{requirement.key}"
    with st.container(border=True):
        response = st.radio(
            f"{number}. {requirement.text}",
            options,
            index=options.index(stored) if stored in options else None,
            format_func=RESPONSES.__getitem__,
            horizontal=True,
            key=f"response-{key}",
            on_change=_save,
            args=(sheet, requirement.key),
            help=f"{requirement.guidance}\n\nRests on paragraph {', '.join(requirement.citations)}.",
        )
        evidence = sheet.evidence.get(requirement.key, "")
        if response in NEEDS_WORDS or evidence:
            st.text_area(
                "Evidence" if response == ResponseValue.NOT_MET else "Reason",
                value=evidence,
                key=f"evidence-{key}",
                on_change=_save,
                args=(sheet, requirement.key),
                height=80,
                help="What in the file shows it. Do not name people.",
            )
        if response == ResponseValue.NOT_MET and sheet.is_open_case and not sheet.is_second:
            st.checkbox(
                "Put right since, before closing",
                value=requirement.key in sheet.put_right,
                key=f"right-{key}",
                on_change=_save,
                args=(sheet, requirement.key),
                help="The finding stays on record; the case then counts as met after correction.",
            )
        if tried:
            wrong = problem_with(requirement, stored, evidence=evidence, open_case=sheet.is_open_case)
            if wrong:
                st.error(f"{wrong[0].upper()}{wrong[1:]}")
        if stored == ResponseValue.NOT_MET and response == stored:
            with st.expander("Log learning from this"):
                log_learning_form(
                    review_id=sheet.review_id,
                    requirement=requirement,
                )


def _save(sheet: ReviewSheet, requirement_key: str) -> None:
    """Keep one answer: what the widgets hold now, and for those not on screen what was stored."""
    key = f"{sheet.review_id}-{requirement_key}"
    state = st.session_state
    response = state.get(f"response-{key}")
    do(
        lambda session, by: save_answer(
            session,
            session.get_one(Review, sheet.review_id),
            requirement_key=requirement_key,
            response=response,
            evidence=state.get(f"evidence-{key}", sheet.evidence.get(requirement_key, "")),
            put_right=state.get(f"right-{key}", requirement_key in sheet.put_right),
            by=by,
        )
    )


def _submit(sheet: ReviewSheet) -> None:
    st.divider()
    st.write("Once submitted, a review is locked.")
    with st.container(horizontal=True, vertical_alignment="center"):
        # Noted before the sheet is shown again, so that each field can say what it lacks.
        tried = st.session_state.setdefault
        if st.button(
            "Submit review", type="primary", on_click=lambda: tried(f"tried-{sheet.review_id}", True)
        ):
            carry_out(
                lambda session, by: submit_review(session, session.get_one(Review, sheet.review_id), by=by),
                done=f"The review of {sheet.reference} is submitted.",
            )
        link("reviews", "Save and go back to your reviews")
