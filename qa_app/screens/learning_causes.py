"""The list of root causes that the office keeps."""

import pandas as pd
import streamlit as st

from learning_register.root_causes import (
    KEEPERS,
    add_root_cause,
    bring_back_root_cause,
    load_shipped_root_causes,
    rename_root_cause,
    retire_root_cause,
    root_causes,
)
from learning_register.tables import RootCause
from qa_app.changed_meanwhile import Watched
from qa_app.runtime import carry_out, fresh, given, reading, signed_in, table
from qa_app.unfinished import Form
from sampling.records.people import may_act_as


def show() -> None:
    """Every root cause, and for those who keep the list what they may do to it."""
    person = signed_in()
    with reading() as session:
        causes = root_causes(session)
        keeps = may_act_as(session, person, KEEPERS)
    st.write("Why things go wrong, in the office's own words. A learning point names one of these, or none.")
    table(
        pd.DataFrame(
            [(cause.name, cause.retired_on) for cause in causes], columns=["Root cause", "Retired on"]
        ),
        caption="Root causes",
        key="causes",
        empty="There is no root cause in the list yet.",
    )
    if not keeps:
        st.caption("Administrators and the Head of Customer Care keep this list.")
        return
    if not causes and st.button("Add those that come with the product"):
        carry_out(
            lambda session, by: load_shipped_root_causes(session, by=by), done="The root causes are added."
        )
    _add()
    if causes:
        _change(causes)


def _add() -> None:
    form = Form("cause")
    name = form.text_input("A new root cause", "name")
    if st.button("Add it", key=f"{form.key}-add"):
        form.carry_out(
            lambda session, by: add_root_cause(session, name, by=by), done="The root cause is added."
        )


def _change(causes: list[RootCause]) -> None:
    by_number = {cause.id: cause for cause in causes}
    chosen = st.selectbox(
        "Change a root cause",
        list(by_number),
        index=None,
        format_func=lambda number: by_number[number].name,
        placeholder="Choose a root cause",
        key=fresh("cause-chosen"),
    )
    if chosen is None:
        return
    cause = by_number[chosen]
    form = Form(
        f"cause-{chosen}",
        watching=Watched(
            (RootCause, chosen),
            f"root cause {chosen}",
            ["rename_root_cause"],
            lambda session: {"its name": session.get_one(RootCause, chosen).name},
        ),
    )
    form.notes()
    name = form.text_input("Its name", "name", cause.name)
    with st.container(horizontal=True):
        if st.button("Rename it", key=f"{form.key}-rename"):
            form.carry_out(
                lambda session, by: rename_root_cause(
                    session, session.get_one(RootCause, chosen), given(name, "its name"), by=by
                ),
                done="The root cause is renamed. The points that have it show the new name.",
            )
        if cause.retired_on is None and st.button("Retire it", key="cause-retire"):
            carry_out(
                lambda session, by: retire_root_cause(session, session.get_one(RootCause, chosen), by=by),
                done=f"“{cause.name}” is not offered any more. The points that have it keep it.",
            )
        if cause.retired_on is not None and st.button("Bring it back", key="cause-back"):
            carry_out(
                lambda session, by: bring_back_root_cause(session, session.get_one(RootCause, chosen), by=by),
                done=f"“{cause.name}” can be chosen again.",
            )
