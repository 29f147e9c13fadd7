"""One pair of reviews side by side, and the answers of the person who decides it, each kept at once."""

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.tables_policy import PolicyParagraph
from qa_app.agreement_words import REASONS
from qa_app.kept_at_once import shown_since, stored_text, text_shown
from qa_app.runtime import as_typed, carry_out, do, flash, link, problem
from qa_app.screens.review_guidance import paragraphs_for, show_guidance
from qa_app.unfinished import Form
from qa_app.wording import RESPONSES, moment_in_words
from sampling.records.cases import Case
from sampling.records.people import Person
from scorecards.actions import declare_involvement
from scorecards.adjudication import Reason, decide_pair, save_pair_answer, save_pair_reason, start_pair
from scorecards.adjudication_queries import OneReview, PairDraft, PairSheet
from scorecards.requirements import Requirement, ResponseValue
from scorecards.tables_agreement import Adjudication


def decide(sheet: PairSheet) -> None:
    """Say whether one was involved; then answer what differs, confirm the rest, and give the reason."""
    st.subheader(as_typed(sheet.reference), anchor=False)
    if sheet.is_decided:
        st.write("This pair has been decided.")
        link(
            "learning",
            "Log what it taught",
            part="New learning point",
            source="adjudication",
            of=sheet.sampled_case_id,
        )
        return
    if sheet.draft is None:
        _begin(sheet)
        return
    if sheet.has_seen:
        st.warning(
            "You have opened one of these two reviews before. If you know whose it is, leave the pair."
        )
    st.write(
        f"Read the file as it stood on {moment_in_words(sheet.file_read_at)}, and answer as you would score "
        "it. Which review is whose is not told, and their order was drawn by lot. What you answer is saved "
        "as you give it, and nobody else sees it before you decide."
    )
    differing = [asked for asked in sheet.card.requirements if asked.key not in sheet.shared]
    alike = [asked for asked in sheet.card.requirements if asked.key in sheet.shared]
    verdicts: dict[str, ResponseValue] = {}
    paragraphs = paragraphs_for(sheet.card)
    if differing:
        st.subheader("Where they differ", anchor=False)
    for requirement in differing:
        answer = _differing(sheet, sheet.draft, requirement, paragraphs)
        if answer is not None:
            verdicts[requirement.key] = answer
    st.subheader("Where they agree", anchor=False)
    st.write("Change an answer if both are wrong. What you leave stands as both have it.")
    for requirement in alike:
        answer = _alike(sheet, sheet.draft, requirement)
        if answer != sheet.shared[requirement.key]:
            verdicts[requirement.key] = answer
    stored = sheet.draft.note
    # What is stored is what is shown, in every window; of the answers too.
    st.session_state[f"reason-{sheet.sampled_case_id}"] = sheet.draft.reason
    reason = st.radio(
        "What lies behind it",
        list(Reason),
        index=None,
        format_func=REASONS.__getitem__,
        key=f"reason-{sheet.sampled_case_id}",
        on_change=_save_reason,
        args=(sheet.sampled_case_id, stored),
    )
    note = stored_text(
        "Note",
        stored,
        key=f"note-{sheet.sampled_case_id}",
        save=lambda: _save_reason(sheet.sampled_case_id, stored),
        help="What would help others see it. Do not name people.",
    )
    if st.button("Decide this pair", type="primary"):
        decided = do(
            lambda session, by: decide_pair(
                session,
                session.get_one(Adjudication, sheet.sampled_case_id),
                verdicts=verdicts,
                reason=reason,
                note=note,
                by=by,
            )
        )
        if decided is not None:
            flash(f"{sheet.reference} is decided.")
            _back()


def _begin(sheet: PairSheet) -> None:
    """Take the pair: once one has said whether one was involved, and if no colleague has it."""
    if not sheet.is_free:
        st.write(f"{as_typed(sheet.started_by or '')} is deciding this pair. Take another from the list.")
        return
    if sheet.started_by is not None:
        st.write(
            f"{as_typed(sheet.started_by)} has started this pair and cannot go on with it now. If you take "
            "it over, their answers are kept, and you may change them."
        )
    if not sheet.has_declared:
        _declare(sheet)
        return
    st.write("You have said before that you were not involved in this case.")
    if st.button("Start this pair" if sheet.started_by is None else "Take this pair over", type="primary"):
        carry_out(
            lambda session, by: _start(session, sheet, by), done=f"{sheet.reference} is yours to decide."
        )


def _start(session: Session, sheet: PairSheet, by: Person) -> None:
    start_pair(session, session.get_one(Adjudication, sheet.sampled_case_id), by=by)


def _declare(sheet: PairSheet) -> None:
    answer = st.radio(
        f"Were you involved in {sheet.reference} in any other way?",
        ["No", "Yes"],
        index=None,
        key=f"involved-{sheet.sampled_case_id}",
        help="For example you advised on it, know the person, or took a call about it.",
    )
    note, form = "", Form(f"involved-{sheet.sampled_case_id}")
    if answer == "Yes":
        note = form.text_area("How were you involved?", "note")
    if not st.button("Continue", type="primary"):
        return
    if answer is None:
        problem("Select whether you were involved in this case.")
        return

    def say(session: Session, by: Person) -> bool:
        case = session.get_one(Case, sheet.case_id)
        declare_involvement(session, case, is_involved=answer == "Yes", note=note, by=by)
        if answer == "No":
            _start(session, sheet, by)
        return True

    if form.do(say):
        if answer == "Yes":
            _back()
        st.rerun()


def _back() -> NoReturn:
    st.query_params.clear()
    st.rerun()


def _save_answer(sampled_case_id: int, requirement_key: str, widget: str) -> None:
    """Keep one answer as the widget holds it."""
    response = st.session_state[widget]
    do(
        lambda session, by: save_pair_answer(
            session,
            session.get_one(Adjudication, sampled_case_id),
            requirement_key=requirement_key,
            response=response,
            by=by,
        )
    )


def _save_reason(sampled_case_id: int, stored: str) -> None:
    """Keep the reason and the note as their widgets hold them; `stored` is the note as it was shown."""
    field = f"note-{sampled_case_id}"
    reason, note = st.session_state[f"reason-{sampled_case_id}"], st.session_state[field] or ""
    shown = text_shown(field, stored)

    def act(session: Session, by: Person) -> bool:
        pair = session.get_one(Adjudication, sampled_case_id)
        save_pair_reason(session, pair, reason=reason, note=note, shown=shown, by=by)
        return True

    if do(act):
        shown_since(field, note)


def _differing(
    sheet: PairSheet, draft: PairDraft, requirement: Requirement, paragraphs: Sequence[PolicyParagraph]
) -> ResponseValue | None:
    given, key = draft.verdicts.get(requirement.key), f"answer-{sheet.sampled_case_id}-{requirement.key}"
    with st.container(border=True):
        st.markdown(f"**{as_typed(requirement.text)}**")
        show_guidance(requirement, paragraphs, key=requirement.key)
        left, right = st.columns(2)
        for place, name, review in ((left, "A", sheet.review_a), (right, "B", sheet.review_b)):
            place.markdown(f"Review {name}: {_answer(review, requirement.key)}")
        st.session_state[key] = given
        return st.radio(
            f"Your answer: {requirement.text}",
            sheet.choices,
            index=None,
            format_func=RESPONSES.__getitem__,
            horizontal=True,
            key=key,
            on_change=_save_answer,
            args=(sheet.sampled_case_id, requirement.key, key),
            label_visibility="collapsed",
        )


def _answer(review: OneReview, key: str) -> str:
    if not review.file_found:
        return "**the file could not be found**"
    response = review.responses.get(key)
    words = "no answer" if response is None else RESPONSES[response]
    evidence = review.evidence.get(key, "")
    return f"**{words}**" + (f"  \n{as_typed(evidence)}" if evidence else "")


def _alike(sheet: PairSheet, draft: PairDraft, requirement: Requirement) -> ResponseValue:
    given = draft.verdicts.get(requirement.key, sheet.shared[requirement.key])
    key = f"alike-{sheet.sampled_case_id}-{requirement.key}"
    words = [
        f"Review {name}: {as_typed(review.evidence[requirement.key])}"
        for name, review in (("A", sheet.review_a), ("B", sheet.review_b))
        if review.evidence.get(requirement.key)
    ]
    st.session_state[key] = given
    answer = st.selectbox(
        requirement.text,
        sheet.choices,
        format_func=lambda value: (
            f"{RESPONSES[value]}, as both say" if value == sheet.shared[requirement.key] else RESPONSES[value]
        ),
        key=key,
        on_change=_save_answer,
        args=(sheet.sampled_case_id, requirement.key, key),
        help=as_typed(requirement.guidance),
    )
    if words:
        st.caption("  \n".join(words))
    return answer
