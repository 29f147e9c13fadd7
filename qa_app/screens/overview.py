"""The Head's screen: what needs them today, then standards, agreement, sampling, learning and risk."""

from typing import Final

import streamlit as st

from qa_app.overview_figures import quarters
from qa_app.overview_words import LEAD, SEALED
from qa_app.runtime import as_typed, problem, reading, signed_in, title
from qa_app.screens import (
    overview_actions,
    overview_learning,
    overview_risks,
    overview_standards,
    overview_today,
)
from sampling.records.people import Role, check_may_act_as
from sampling.refused import Refused
from sampling.sealing import reviews_blind

# The choices of the screens that links from here lead to, by the names they have in an address.
_CHOSEN_ELSEWHERE: Final = (
    *("part", "service-period", "category"),
    *("actions-shown", "actions-team", "actions-owner", "actions-age"),
    *("search", "kind", "team", "from", "document", "paragraph", "commitment", "cause", "gap", "severity"),
    *("risk", "fed_back", "acknowledged", "verified", "published", "action_agreed", "logged_by", "case"),
)


def show() -> None:
    """One page: what waits today first, then how the office stands in a quarter."""
    title("Overview", LEAD)
    person = signed_in()
    # Streamlit keeps what was chosen on those screens, and would narrow the list behind a figure by it.
    for name in _CHOSEN_ELSEWHERE:
        st.session_state.pop(name, None)
    try:
        with reading() as session:
            check_may_act_as(session, person, Role.HEAD)
            is_blind = reviews_blind(session, person)
            choices = {quarter.name: quarter for quarter in quarters(session)}
    except Refused as refused:
        problem(as_typed(str(refused)))
        return
    if is_blind:
        st.info(SEALED)
    overview_today.show()
    st.subheader("The standards", anchor=False)
    name = st.columns(3)[0].selectbox("Quarter", list(choices), key="quarter", bind="query-params")
    quarter = choices[name]
    overview_standards.show(quarter)
    overview_actions.show()
    overview_learning.show(quarter)
    overview_risks.show()
