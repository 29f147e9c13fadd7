"""A scorecard as a reviewer sees it. Nothing can be answered here, and nothing is kept."""

from typing import Final

import streamlit as st

from qa_app.runtime import as_typed
from qa_app.scorecard_words import ATTRIBUTES, HEADINGS
from qa_app.wording import RESPONSES, cases_in_words
from scorecards.requirements import (
    CaseAttribute,
    EvidenceRule,
    Requirement,
    Scorecard,
    allowed_responses,
    asked_of,
)

_NOT_KNOWN: Final = "Not known"


def show(card: Scorecard) -> None:
    """The score sheet that a case of some kind would have."""
    st.caption("This is the score sheet of a case. It cannot be answered here, and nothing is kept.")
    if not card.requirements:
        st.write("The card has no requirements yet, so a reviewer would see nothing.")
        return
    with st.container(horizontal=True):
        state = st.segmented_control(
            "The case is", ["Open", "Closed"], default="Closed", required=True, key="preview-state"
        )
        case = {attribute: _case_has(card, attribute) for attribute in CaseAttribute}
    asked = asked_of(
        card,
        case_type=case[CaseAttribute.TYPE],
        stage=case[CaseAttribute.STAGE],
        risk=case[CaseAttribute.RISK],
    )
    left_out = len(card.requirements) - len(asked.requirements)
    st.progress(0.0, text=f"0 of {cases_in_words(len(asked.requirements), 'requirement')} answered.")
    if left_out:
        verb = "is" if left_out == 1 else "are"
        st.caption(f"{cases_in_words(left_out, 'requirement')} of this card {verb} not asked of such a case.")
    number = 0
    for kind, heading in HEADINGS.items():
        st.subheader(heading, anchor=False)
        for requirement in asked.requirements:
            if requirement.kind is kind:
                number += 1
                _requirement(requirement, number, open_case=state == "Open")


def _case_has(card: Scorecard, attribute: CaseAttribute) -> str | None:
    """What the case is taken to be, where the card asks after it."""
    values = dict.fromkeys(
        value
        for requirement in card.requirements
        for name, listed in requirement.applies_when
        if name is attribute
        for value in listed
    )
    if not values:
        return None
    chosen = st.selectbox(ATTRIBUTES[attribute], [_NOT_KNOWN, *values, "Another"], key=f"preview-{attribute}")
    return None if chosen == _NOT_KNOWN else chosen


def _requirement(requirement: Requirement, number: int, *, open_case: bool) -> None:
    with st.container(border=True):
        st.caption(as_typed(requirement.section) + (" · **Critical**" if requirement.critical else ""))
        examples = {
            "Met": requirement.met,
            "Not met": requirement.not_met,
            "Not applicable": requirement.not_applicable,
        }
        guidance = [requirement.guidance, *(f"{name}: {words}" for name, words in examples.items() if words)]
        label = f"{number}. {as_typed(requirement.text or 'No words yet')}"
        st.markdown(f"**{label}**")  # that of a field which is disabled is too pale to read
        st.radio(
            label,
            allowed_responses(open_case=open_case),
            index=None,
            format_func=RESPONSES.__getitem__,
            horizontal=True,
            disabled=True,
            label_visibility="collapsed",
            key=f"preview-{open_case}-{requirement.key}",
        )
        for words in guidance:
            if words:
                st.markdown(as_typed(words))
        if requirement.evidence is not EvidenceRule.ON_NOT_MET:
            always = requirement.evidence is EvidenceRule.ALWAYS
            st.caption("Evidence is needed with every answer." if always else "No evidence is asked for.")
        st.caption(f"Rests on paragraph {', '.join(requirement.citations) or 'none yet'}.")
