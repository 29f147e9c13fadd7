"""The answers of a score sheet: one requirement after another, each with its guidance, each kept at once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Final

import streamlit as st

from learning_register.tables_policy import PolicyParagraph
from qa_app.kept_at_once import shown_since, stored_text, text_shown
from qa_app.learning_form import log_learning_form
from qa_app.runtime import as_typed, do
from qa_app.screens.review_guidance import paragraphs_for, show_guidance
from qa_app.screens.review_intervene import step_in
from qa_app.screens.review_keys import ANSWERS, NEXT, PREVIOUS, bring_into_view, keys_are_on, shortcut
from qa_app.wording import RESPONSES, SEVERITIES
from scorecards.actions import answer_as_shown, save_answer
from scorecards.answers import Given
from scorecards.queries import ReviewSheet
from scorecards.requirements import (
    EvidenceRule,
    Kind,
    Requirement,
    ResponseValue,
    Severity,
    allowed_responses,
)
from scorecards.scoring import next_to_answer, problem_with
from scorecards.tables import Review

HEADINGS: Final = {Kind.OUTCOME: "Outcome requirements", Kind.METHOD: "Method requirements"}
NEEDS_WORDS: Final = frozenset(
    {ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS, ResponseValue.NOT_APPLICABLE}
)


def ask_requirements(sheet: ReviewSheet, *, learned_from: Collection[str]) -> None:
    """Every requirement, by sections. `learned_from` are those from which learning was logged."""
    now = _to_answer_now(sheet)
    paragraphs = paragraphs_for(sheet.scorecard)
    tried = st.session_state.get(f"tried-{sheet.review_id}", False)
    kind, section = None, None
    for number, requirement in enumerate(sheet.scorecard.requirements, start=1):
        if requirement.kind is not kind:
            kind, section = requirement.kind, None
            st.subheader(HEADINGS[kind], anchor=False)
        if requirement.section != section:
            section = requirement.section
            st.markdown(f"**{as_typed(section)}**")
        _requirement(sheet, requirement, number, paragraphs, is_now=requirement is now, tried=tried)
        if requirement.key in learned_from and sheet.responses.get(requirement.key) != ResponseValue.NOT_MET:
            st.warning("Learning was logged from this while it was not met. It stays on record.")
    if sheet.not_asked:
        texts = "; ".join(as_typed(requirement.text.rstrip(".")) for requirement in sheet.not_asked)
        st.caption(f"Not asked of this case, by its type, stage or risk ({len(sheet.not_asked)}): {texts}.")
    bring_into_view(
        f"card-{now.key}" if now else "to-submit", what=f"{sheet.review_id}-{now.key if now else 'all'}"
    )


def is_complete(sheet: ReviewSheet) -> bool:
    """Whether every answer can stand as it is."""
    return _first_incomplete(sheet) is None


def show_first_incomplete(sheet: ReviewSheet) -> None:
    """Go to the first answer that cannot stand, and say beside each what it lacks."""
    st.session_state[f"tried-{sheet.review_id}"] = True
    _go_to(sheet, _first_incomplete(sheet))


def back_to_last(sheet: ReviewSheet) -> None:
    """A button back to the last requirement, for when all have their answer."""
    if _to_answer_now(sheet) is None:
        _way(sheet, "Previous", PREVIOUS, sheet.scorecard.requirements[-1])


def _first_incomplete(sheet: ReviewSheet) -> Requirement | None:
    return next((row for row in sheet.scorecard.requirements if _problem(sheet, row)), None)


def _problem(sheet: ReviewSheet, requirement: Requirement) -> str | None:
    return problem_with(
        requirement,
        sheet.responses.get(requirement.key),
        evidence=sheet.evidence.get(requirement.key, ""),
        open_case=sheet.is_open_case,
    )


def _to_answer_now(sheet: ReviewSheet) -> Requirement | None:
    place, stays = st.session_state.get(f"now-{sheet.review_id}", (None, False))
    chosen = next((row for row in sheet.scorecard.requirements if row.key == place and stays), None)
    return chosen or next_to_answer(sheet.scorecard, sheet.responses, start=place)


def _go_to(sheet: ReviewSheet, requirement: Requirement | None) -> None:
    """Stand at a requirement, answered or not; at None, at the first that is not answered."""
    st.session_state[f"now-{sheet.review_id}"] = (requirement.key if requirement else None, True)


def _go_on_from(sheet: ReviewSheet, requirement_key: str) -> None:
    """Stand at the first requirement from this one on that is not answered.

    For before an answer is saved: a press of another key may cut short what comes after that.
    """
    st.session_state[f"now-{sheet.review_id}"] = (requirement_key, False)


def _requirement(
    sheet: ReviewSheet,
    requirement: Requirement,
    number: int,
    paragraphs: Sequence[PolicyParagraph],
    *,
    is_now: bool,
    tried: bool,
) -> None:
    key = f"{sheet.review_id}-{requirement.key}"
    with st.container(border=True, key=f"card-{requirement.key}"):
        answer, guidance = st.columns([3, 2], gap="medium")
        with answer:
            if is_now:
                st.markdown(f"**▶ Answer now:** requirement {number} of {len(sheet.scorecard.requirements)}")
            response = _response(sheet, requirement, number, key)
            if is_now and keys_are_on():
                _keys(sheet, requirement, number)
            _particulars(sheet, requirement, response, key)
            wrong = _problem(sheet, requirement) if tried else None
            if wrong:
                st.error(f"{wrong[0].upper()}{wrong[1:]}")
        with guidance:
            show_guidance(requirement, paragraphs, key=requirement.key)
        if response == sheet.responses.get(requirement.key) == ResponseValue.NOT_MET:
            with st.expander("Log learning from this"):
                log_learning_form(review_id=sheet.review_id, requirement=requirement)
            step_in(sheet, requirement)


def _response(sheet: ReviewSheet, requirement: Requirement, number: int, key: str) -> ResponseValue | None:
    # What is stored is what is shown, whether it was given with the mouse or with a key.
    st.session_state[f"response-{key}"] = sheet.responses.get(requirement.key)
    options = list(allowed_responses(open_case=sheet.is_open_case))
    critical = " **(critical)**" if requirement.critical else ""
    return st.radio(
        f"{number}. {as_typed(requirement.text)}{critical}",
        options,
        index=None,
        format_func=RESPONSES.__getitem__,
        horizontal=True,
        key=f"response-{key}",
        on_change=_choose,
        args=(sheet, requirement.key),
    )


def _keys(sheet: ReviewSheet, requirement: Requirement, number: int) -> None:
    """A button with a key for each response, and two to move. They are this requirement's alone."""
    stored = sheet.responses.get(requirement.key)
    with st.container(horizontal=True):
        for response in allowed_responses(open_case=sheet.is_open_case):
            st.button(
                RESPONSES[response],
                key=f"key-{sheet.review_id}-{requirement.key}-{response}",
                shortcut=shortcut(ANSWERS[response]),
                on_click=_answer_by_key,
                args=(sheet, requirement.key, response, stored),
            )
    in_order = sheet.scorecard.requirements
    with st.container(horizontal=True):
        if number > 1:
            _way(sheet, "Previous", PREVIOUS, in_order[number - 2])
        _way(sheet, "Next", NEXT, in_order[number] if number < len(in_order) else None)


def _way(sheet: ReviewSheet, label: str, key: str, there: Requirement | None) -> None:
    """A button to another requirement; to what is left to do, when it names none."""
    st.button(label, type="tertiary", shortcut=shortcut(key), on_click=_go_to, args=(sheet, there))


def _particulars(
    sheet: ReviewSheet, requirement: Requirement, response: ResponseValue | None, key: str
) -> None:
    """What stands beside a response: evidence or reason, how grave it is, whether it was put right."""
    is_not_met = response == ResponseValue.NOT_MET
    evidence = sheet.evidence.get(requirement.key, "")
    always = response is not None and requirement.evidence is EvidenceRule.ALWAYS
    if response in NEEDS_WORDS or always or evidence:
        stored_text(
            "Evidence" if is_not_met or response == ResponseValue.MET else "Reason",
            evidence,
            key=f"evidence-{key}",
            save=lambda: _save(sheet, requirement.key),
            height=80,
            help="What in the file shows it. Do not name people.",
        )
    if not is_not_met:
        return
    # As with the response: what is stored is what is shown, in every window.
    st.session_state[f"severity-{key}"] = sheet.severity.get(requirement.key)
    ask_severity(
        "Severity",
        None,
        key=f"severity-{key}",
        on_change=lambda: _save(sheet, requirement.key),
    )
    if sheet.is_open_case and not sheet.is_second:
        st.session_state[f"right-{key}"] = requirement.key in sheet.put_right
        st.checkbox(
            "Put right since, before closing",
            key=f"right-{key}",
            on_change=_save,
            args=(sheet, requirement.key),
            help="The finding stays on record; the case then counts as met after correction.",
        )


def ask_severity(
    label: str, stored: Severity | None, *, key: str, on_change: Callable[[], None] | None = None
) -> Severity | None:
    """How grave a finding is; it need not be said."""
    options = list(SEVERITIES)
    return st.selectbox(
        label,
        options,
        index=options.index(stored) if stored else None,
        format_func=SEVERITIES.__getitem__,
        placeholder="Not said",
        key=key,
        on_change=on_change,
    )


def _choose(sheet: ReviewSheet, requirement_key: str) -> None:
    """Keep a response chosen with the mouse, and go on to what is not answered yet."""
    _go_on_from(sheet, requirement_key)
    _save(sheet, requirement_key)


def _answer_by_key(
    sheet: ReviewSheet, requirement_key: str, response: ResponseValue, shown: ResponseValue | None
) -> None:
    """Keep a response given with a key, unless the key was pressed again before the screen had changed."""
    _go_on_from(sheet, requirement_key)
    do(
        lambda session, by: answer_as_shown(
            session,
            session.get_one(Review, sheet.review_id),
            requirement_key=requirement_key,
            response=response,
            shown=shown,
            by=by,
        )
    )


def _save(sheet: ReviewSheet, requirement_key: str) -> None:
    """Keep one answer: what the widgets hold now, and for those not on screen what was stored."""
    key, field = f"{sheet.review_id}-{requirement_key}", f"evidence-{sheet.review_id}-{requirement_key}"
    state, stored = st.session_state, sheet.evidence.get(requirement_key, "")
    shown = Given(
        sheet.responses.get(requirement_key),
        text_shown(field, stored),
        requirement_key in sheet.put_right,
        sheet.severity.get(requirement_key),
    )
    wanted = Given(
        state.get(f"response-{key}"),
        state.get(field, stored),
        state.get(f"right-{key}", shown.put_right),
        state.get(f"severity-{key}", shown.severity),
    )
    answer = do(
        lambda session, by: save_answer(
            session,
            session.get_one(Review, sheet.review_id),
            requirement_key=requirement_key,
            **asdict(wanted),
            shown=shown,
            by=by,
        )
    )
    if answer is not None:
        shown_since(field, wanted.evidence)
