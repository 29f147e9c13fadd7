"""Two versions side by side, in words: what is new, what is gone, what changed and how."""

import streamlit as st

from qa_app.runtime import as_typed
from qa_app.scorecard_words import CHANGES, FIELDS, STATES, differences, field_in_words, version_name
from scorecards.card_changes import ChangedRequirement, compare
from scorecards.card_versions import VersionSheet
from scorecards.requirements import Requirement, Scorecard


def show(sheet: VersionSheet, sheets: list[VersionSheet]) -> None:
    """This version beside one that is chosen; its own scorecard's versions come first, the newest on top."""
    others = sorted(
        (one for one in sheets if one.version_id != sheet.version_id),
        key=lambda one: (one.card.key != sheet.card.key, one.card.version > sheet.card.version),
    )
    if not others:
        st.write("This is the only version there is. A draft made from it can be compared with it.")
        return
    names = {one.version_id: f"{version_name(one.card)} ({STATES[one.state].lower()})" for one in others}
    other = st.selectbox(
        "Compare with",
        others,
        format_func=lambda one: names[one.version_id],
        key=f"compare-{sheet.version_id}",
    )
    before, after = sorted((other.card, sheet.card), key=lambda card: card.version)
    if before.key != after.key or before.version == after.version:
        before, after = other.card, sheet.card
    found = compare(before, after)
    st.write(
        f"From {as_typed(version_name(before))} to {as_typed(version_name(after))}: {differences(found)}"
    )
    if found.fields:
        st.subheader("The card", anchor=False)
        _side_by_side(before, after, found.fields)
    _listed("New", found.added)
    _listed("No longer asked", found.removed)
    if found.changed:
        st.subheader("Changed", anchor=False)
        for change in found.changed:
            _changed(change, says=before == _version_before(after, sheets))
    _listed("Moved to another place", found.moved)


def _listed(heading: str, requirements: tuple[Requirement, ...]) -> None:
    if requirements:
        st.subheader(heading, anchor=False)
        st.markdown("\n".join(f"- {as_typed(one.text or one.key)}" for one in requirements))


def _version_before(card: Scorecard, sheets: list[VersionSheet]) -> Scorecard | None:
    """The version that a card's own words on its changes are about."""
    earlier = (
        one.card
        for one in sheets
        if one.published_at is not None and one.card.key == card.key and one.card.version < card.version
    )
    return max(earlier, key=lambda one: one.version, default=None)


def _changed(change: ChangedRequirement, *, says: bool) -> None:
    with st.container(border=True):
        st.markdown(f"**{as_typed(change.after.text or change.after.key)}**")
        if says and change.after.change is not None:
            st.caption(CHANGES[change.after.change])
        _side_by_side(change.before, change.after, change.fields)


def _side_by_side(
    old: Scorecard | Requirement,
    new: Scorecard | Requirement,
    names: tuple[str, ...],
) -> None:
    for name in names:
        st.markdown(f"**{FIELDS[name]}**")
        left, right = st.columns(2)
        left.markdown(f"Before: {as_typed(field_in_words(old, name))}")
        right.markdown(f"After: {as_typed(field_in_words(new, name))}")
