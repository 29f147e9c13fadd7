"""The facts of its case that a review records, where the scorecard asks for them."""

from collections.abc import Collection

import streamlit as st

from qa_app.runtime import as_typed, do
from scorecards.case_facts import CaseFact
from scorecards.queries import ReviewSheet
from scorecards.recorded_facts import record_fact
from scorecards.tables import Review


def ask_facts(sheet: ReviewSheet) -> None:
    """A choice for each list; what is chosen is kept at once."""
    if sheet.asked_facts:
        st.subheader("Facts of the case", anchor=False)
    for fact in sheet.asked_facts:
        _ask(sheet, fact)


def show_facts(sheet: ReviewSheet) -> None:
    """What a submitted review recorded."""
    for fact in sheet.asked_facts:
        words = [value.label for value in fact.values if value.key in sheet.facts[fact.key]]
        st.markdown(as_typed(f"{fact.title}: {'; '.join(words) or 'not recorded'}."))


def has_all_facts(sheet: ReviewSheet) -> bool:
    """Whether something is chosen of each list."""
    return all(sheet.facts[fact.key] for fact in sheet.asked_facts)


def _ask(sheet: ReviewSheet, fact: CaseFact) -> None:
    key = f"fact-{sheet.review_id}-{fact.key}"
    words = {value.key: value.label for value in fact.values}
    stored = sheet.facts[fact.key]
    if fact.several:
        st.multiselect(
            fact.title,
            list(words),
            default=list(stored),
            format_func=words.__getitem__,
            placeholder="Choose all that hold",
            key=key,
            on_change=lambda: _keep(sheet, fact, st.session_state[key]),
        )
        return
    st.selectbox(
        fact.title,
        list(words),
        index=list(words).index(stored[0]) if stored else None,
        format_func=words.__getitem__,
        placeholder="Choose what holds",
        key=key,
        on_change=lambda: _keep(sheet, fact, [st.session_state[key]] if st.session_state[key] else []),
    )


def _keep(sheet: ReviewSheet, fact: CaseFact, values: Collection[str]) -> None:
    do(
        lambda session, by: record_fact(
            session, session.get_one(Review, sheet.review_id), fact.key, values, by=by
        )
    )
