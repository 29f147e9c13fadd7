"""On the overview: the risks of open cases, with the high-risk ones in view."""

from typing import Final

import streamlit as st

from qa_app.overview_needs import Risks
from qa_app.risk_words import BLANK, CATEGORIES, HIGH_RISK, reasons_in_words, risk_sentences
from qa_app.runtime import as_typed, link
from qa_app.screens.overview_kept import figures
from qa_app.screens.overview_today import risks
from qa_app.service_words import NO_CASES
from qa_app.wording import cases_in_words

_IN_FULL: Final = 8


def show() -> None:
    """How many open cases carry which risk, and the high-risk ones by their references."""
    st.subheader("Risks of open cases", anchor=False)
    found = figures(risks)
    if found is None:
        st.write(NO_CASES)
        return
    st.markdown(" ".join(risk_sentences(found.figures)))
    high, categories, records = st.columns(3)
    with high:
        _high(found)
    with categories:
        st.markdown("**By category**")
        for key, words in CATEGORIES.items():
            count = found.figures.categories[key]
            if count:
                link("risks", f"{words}: {count:,}", part="Categories", category=words)
    with records:
        st.markdown("**Records**")
        blank, not_confirmed = found.figures.blank, found.figures.not_confirmed
        link("risks", f"{BLANK}: {cases_in_words(blank, 'open case')}", part=BLANK)
        if not_confirmed:
            words = f"Called high by the case system, no reason on record: {not_confirmed:,}"
            link("risks", words, part="High-risk cases")
        link("risks", "Months and signatures", part="Months")


def _high(found: Risks) -> None:
    st.markdown("**High risk**")
    link("risks", f"High-risk cases: {found.figures.high:,}", part="High-risk cases")
    reasons = "; ".join(
        f"{words.lower()} {found.figures.reasons[key]:,}"
        for key, words in HIGH_RISK.items()
        if found.figures.reasons[key]
    )
    if reasons:
        st.caption(f"By reason: {reasons}.")
    rows = found.high.head(_IN_FULL)
    for case_id, reference, team, why in zip(
        rows["case_id"], rows["reference"], rows["team"], rows["high_risk"], strict=True
    ):
        link("risks", as_typed(f"{reference}, {team}: {reasons_in_words(why).lower()}"), case=case_id)
