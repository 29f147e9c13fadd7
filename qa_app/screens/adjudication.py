"""Adjudication: a third person decides where two reviews differ, without knowing whose is which."""

import pandas as pd
import streamlit as st

from qa_app.runtime import (
    as_typed,
    carry_out,
    fresh,
    link,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens.adjudication_pair import decide
from qa_app.wording import cases_in_words
from sampling.records.people import may_act_as
from sampling.refused import Refused
from sampling.tables import Draw
from scorecards.adjudication import ADJUDICATORS, BOTH_MET, draw_adjudication
from scorecards.adjudication_queries import (
    ToDecide,
    ToDraw,
    Waiting,
    pair_sheet,
    pairs_to_decide,
    second_scorings_to_adjudicate,
)


def show() -> None:
    """What waits to be chosen and decided, or one pair."""
    title(
        "Adjudication",
        "A third person decides the pairs in which manager and QA differ, and some that both called met. "
        "Agreement stays as it was before; this tells why, and what both miss.",
    )
    person = signed_in()
    with reading() as session:
        if not may_act_as(session, person, ADJUDICATORS):
            st.write("Adjudication is for QA reviewers and the Head of Customer Care.")
            return
    asked = st.query_params.get("pair", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        _one(int(asked))
        return
    with reading() as session:
        to_draw = second_scorings_to_adjudicate(session, person)
        waiting = pairs_to_decide(session, person)
    for each in to_draw:
        _draw(each)
    _list(waiting)
    if not to_draw and not waiting.mine and not waiting.with_colleagues and not waiting.for_others:
        st.write(
            "Nothing waits to be adjudicated. Pairs are chosen once every case of a second scoring has its "
            "second score."
        )
        link("second_scoring")


def _draw(each: ToDraw) -> None:
    with st.container(border=True):
        st.write(
            f"**{as_typed(each.name)}** is complete. Every pair that differs is decided by a third person, "
            f"and of those both called met some that are drawn by lot: {BOTH_MET} of them without a miss "
            "show that at most 5% should not have been met."
        )
        both_met = st.number_input(
            "How many that both called met", 0, 1_000, BOTH_MET, key=fresh(f"both-met-{each.draw_id}")
        )
        if st.button("Choose the pairs", type="primary", key=f"choose-{each.draw_id}"):
            carry_out(
                lambda session, by: draw_adjudication(
                    session, session.get_one(Draw, each.draw_id), both_met=int(both_met), by=by
                ),
                done="The pairs are chosen. Whoever scored neither review may decide them.",
            )


def _list(waiting: Waiting) -> None:
    if waiting.mine:
        first = waiting.mine[0]
        words = "Go on with" if first.is_own else "Decide the next pair,"
        if st.button(f"{words} {first.reference}", type="primary"):
            st.query_params["pair"] = str(first.sampled_case_id)
            st.rerun()
        table(
            _frame([(pair, _left_by(pair)) for pair in waiting.mine]),
            caption=f"{cases_in_words(len(waiting.mine), 'pair')} you may decide",
            key="pairs-to-decide",
        )
    if waiting.with_colleagues:
        table(
            _frame([(pair, pair.started_by or "") for pair in waiting.with_colleagues]),
            caption=f"{cases_in_words(len(waiting.with_colleagues), 'pair')} with a colleague",
            key="pairs-with-colleagues",
        )
    if waiting.for_others:
        waits = "waits" if waiting.for_others == 1 else "wait"
        st.write(
            f"{cases_in_words(waiting.for_others, 'pair')} {waits} for somebody else: whoever scored a case "
            "or had a hand in it does not decide it."
        )


def _frame(pairs: list[tuple[ToDecide, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(pair.reference, pair.name, started) for pair, started in pairs],
        columns=["Case", "Second scoring", "Started by"],
    )


def _left_by(pair: ToDecide) -> str:
    if pair.is_own:
        return "You"
    return f"{pair.started_by}, who cannot go on with it now" if pair.started_by else ""


def _one(sampled_case_id: int) -> None:
    try:
        with reading() as session:
            sheet = pair_sheet(session, sampled_case_id, signed_in())
    except Refused as refused:
        problem(str(refused))
    else:
        decide(sheet)
    if st.button("Back to the list"):
        st.query_params.clear()
        st.rerun()
