"""Keeping a change of a draft as soon as it is made, and which part of the draft is being edited."""

from collections.abc import Callable

import streamlit as st

from qa_app.runtime import do
from scorecards.card_versions import save_draft
from scorecards.requirements import Scorecard
from scorecards.tables import ScorecardVersion


def keep(version_id: int, change: Callable[[Scorecard], Scorecard]) -> Scorecard | None:
    """Keep a change of the draft as it stands now; None when it was refused."""
    return do(
        lambda session, by: save_draft(session, session.get_one(ScorecardVersion, version_id), change, by=by)
    )


def chooser(version_id: int) -> str:
    """Under which name the screen remembers what is being edited."""
    return f"edit-part-{version_id}"


def go_on_with(version_id: int, key: str) -> None:
    """Edit a requirement from now on. To be called before the list to choose from is shown."""
    st.session_state[chooser(version_id)] = key
