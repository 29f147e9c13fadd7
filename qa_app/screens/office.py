"""The office's own books: teams, people, settings and the audit trail."""

import streamlit as st

from qa_app import office_queries, runtime
from qa_app.screens import (
    office_approvals,
    office_audit,
    office_auditors,
    office_people,
    office_retention,
    office_settings,
)
from sampling.records.office import add_team
from sampling.records.people import Role, may_act_as

_PARTS = {
    "Teams": lambda: _teams(),
    "People": office_people.show,
    "Auditors": office_auditors.show,
    "Settings": office_settings.show,
    "Approvals": office_approvals.show,
    "Retention": office_retention.show,
    "Audit trail": office_audit.show,
}


def show() -> None:
    """Choose a part of the books, and show it."""
    runtime.title("Office", "Teams, people and their roles, the settings of the day, and who did what.")
    with runtime.reading() as session:
        may_change = may_act_as(session, runtime.signed_in(), [Role.ADMINISTRATOR])
    if not may_change:
        st.info(
            "You can read all of this, change the settings and open accounts for outside auditors. "
            "The rest is changed by an administrator."
        )
    part = st.segmented_control(
        "Part of the books", list(_PARTS), default="Teams", required=True, key="part", bind="query-params"
    )
    _PARTS[part]()


def _teams() -> None:
    with runtime.reading() as session:
        frame = office_queries.teams(session, by=runtime.signed_in())
        may_change = may_act_as(session, runtime.signed_in(), [Role.ADMINISTRATOR])
    if may_change:
        with st.form(runtime.fresh("add-team")):
            name = st.text_input("Name of the team")
            if st.form_submit_button("Add the team"):
                runtime.carry_out(
                    lambda session, by: add_team(session, name, by=by),
                    done=lambda team: f"Added the team {team.name}.",
                )
    runtime.table(
        frame,
        caption="Teams",
        key="teams",
        empty="There are no teams yet. Add the first one above, or import cases with a team column.",
        download="teams.csv",
    )
