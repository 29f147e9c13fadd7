"""Editing one requirement of a draft: its words, its rules, and what it rests on."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from qa_app.kept_at_once import follow, shown_since, text_shown
from qa_app.runtime import reading
from qa_app.scorecard_queries import Policy, values_of_cases
from qa_app.scorecard_words import ATTRIBUTES, CHANGES, EVIDENCE, FIELDS, KINDS
from qa_app.screens.scorecards_keeping import go_on_with, keep
from scorecards.card_changes import compare
from scorecards.card_editing import (
    asked_only_of,
    check_still,
    key_from,
    moved,
    with_fields,
    without_requirement,
)
from scorecards.card_versions import VersionSheet
from scorecards.requirements import (
    COMMITMENTS,
    QUALITY_STANDARDS,
    CaseAttribute,
    Change,
    EvidenceRule,
    Kind,
    Requirement,
    Scorecard,
)


def show_requirement(
    sheet: VersionSheet, requirement: Requirement, before: Scorecard | None, policy: Policy
) -> None:
    """Its fields. `before` is the version published last, None for a new scorecard."""
    version_id = sheet.version_id
    rows = [one for one in sheet.card.requirements if one.kind is requirement.kind]
    was = next((one for one in before.requirements if one.key == requirement.key), None) if before else None
    number = sheet.card.requirements.index(requirement) + 1
    st.subheader(f"Requirement {number}", anchor=False)
    with st.container(horizontal=True):
        for label, up, end in (("Move up", True, rows[0]), ("Move down", False, rows[-1])):
            st.button(
                label,
                disabled=requirement is end,
                on_click=_move,
                args=(version_id, requirement.key, up),
            )
        with st.popover("Remove"):
            st.write("The requirement and all that is written for it leave the draft.")
            st.button("Remove this requirement", on_click=_remove, args=(version_id, requirement.key))
    if was is not None and before is not None:
        _change(version_id, requirement, before)
    _words(version_id, requirement, sheet.card, is_new=was is None)
    _rules(version_id, requirement)
    _rests_on(version_id, requirement, policy)


def _change(version_id: int, requirement: Requirement, before: Scorecard) -> None:
    changed = compare(before, replace(before, requirements=(requirement,))).changed
    if not changed:
        st.caption(f"As it was in version {before.version}.")
        return
    options = list(CHANGES)
    names = ", ".join(FIELDS[name].lower() for name in changed[0].fields)
    st.radio(
        f"Not as in version {before.version} ({names}). What changed?",
        options,
        index=None if requirement.change is None else options.index(requirement.change),
        format_func=CHANGES.__getitem__,
        **_kept(version_id, requirement, "change", Change),
    )


def _words(version_id: int, requirement: Requirement, card: Scorecard, *, is_new: bool) -> None:
    st.text_area(
        FIELDS["text"],
        value=requirement.text,
        height=80,
        help="One sentence that is met or not met. Write it so that two people judge it the same way.",
        **_kept(version_id, requirement, "text"),
    )
    left, right = st.columns(2)
    with left:
        sections = dict.fromkeys([*(one.section for one in card.requirements if one.section)])
        st.selectbox(
            FIELDS["section"],
            list(sections),
            index=list(sections).index(requirement.section) if requirement.section else None,
            accept_new_options=True,
            placeholder="Choose a section, or type a new one",
            **_kept(version_id, requirement, "section", lambda typed: typed or ""),
        )
    with right:
        st.text_input(
            "Key",
            value=requirement.key,
            disabled=not is_new,
            help="By its key a requirement is followed from version to version. It is fixed once published.",
            key=_field(version_id, requirement, "key"),
            on_change=_rename,
            args=(version_id, requirement.key),
        )
    for name, height in (("guidance", 120), ("met", 80), ("not_met", 80), ("not_applicable", 80)):
        st.text_area(
            FIELDS[name],
            value=getattr(requirement, name),
            height=height,
            **_kept(version_id, requirement, name),
        )


def _rules(version_id: int, requirement: Requirement) -> None:
    kinds, rules = list(KINDS), list(EVIDENCE)
    st.radio(
        FIELDS["kind"],
        kinds,
        index=kinds.index(requirement.kind),
        format_func=KINDS.__getitem__,
        horizontal=True,
        **_kept(version_id, requirement, "kind", Kind),
    )
    st.checkbox(
        "Critical: a failure marks the case",
        value=requirement.critical,
        **_kept(version_id, requirement, "critical"),
    )
    st.radio(
        "Evidence is asked for",
        rules,
        index=rules.index(requirement.evidence),
        format_func=EVIDENCE.__getitem__,
        horizontal=True,
        **_kept(version_id, requirement, "evidence", EvidenceRule),
    )
    st.markdown("**Asked of every case, unless you name some here**")
    with reading() as session:
        known = values_of_cases(session)
    held = dict(requirement.applies_when)
    for attribute, column in zip(CaseAttribute, st.columns(3), strict=True):
        now = held.get(attribute, ())
        key = _field(version_id, requirement, f"when-{attribute}")
        column.multiselect(
            ATTRIBUTES[attribute],
            list(dict.fromkeys([*known[attribute], *now])),
            default=list(now),
            accept_new_options=True,
            placeholder="Every case",
            key=key,
            on_change=_keep_applies_when,
            args=(version_id, requirement.key, attribute, key),
        )


def _keep_applies_when(version_id: int, requirement_key: str, attribute: CaseAttribute, key: str) -> None:
    values = tuple(st.session_state[key])
    keep(version_id, lambda card: asked_only_of(card, requirement_key, attribute, values))


def _rests_on(version_id: int, requirement: Requirement, policy: Policy) -> None:
    if not policy.titles:
        st.caption("The policy document is not loaded here: type the numbers of its paragraphs.")
    st.multiselect(
        FIELDS["citations"],
        list(dict.fromkeys([*policy.titles, *requirement.citations])),
        default=list(requirement.citations),
        format_func=lambda number: f"{number} {policy.titles.get(number, '')}".strip(),
        accept_new_options=True,
        help="At least one. A range, such as 3.40-41, or an annex can be typed.",
        **_kept(version_id, requirement, "citations", tuple),
    )
    for name, numbers, words in (
        ("commitments", COMMITMENTS, policy.commitments),
        ("quality_standards", QUALITY_STANDARDS, policy.quality_standards),
    ):
        st.multiselect(
            FIELDS[name],
            list(numbers),
            default=list(getattr(requirement, name)),
            format_func=lambda number, words=words: f"{number} {words.get(number, '')}".strip(),  # type: ignore[misc]
            **_kept(version_id, requirement, name, tuple),
        )


def _field(version_id: int, requirement: Requirement, name: str) -> str:
    return f"{name}-{version_id}-{requirement.key}"


def _kept(
    version_id: int,
    requirement: Requirement,
    name: str,
    as_kept: Callable[[Any], Any] = lambda typed: typed,
) -> dict[str, Any]:
    """The part of a widget that keeps what is typed in a field of the requirement."""
    key = _field(version_id, requirement, name)

    stored = getattr(requirement, name)

    def leave() -> None:
        typed = st.session_state[key]
        shown = text_shown(key, stored) if isinstance(stored, str) else stored

        def change(card: Scorecard) -> Scorecard:
            check_still(card, requirement.key, name, shown)
            return with_fields(card, requirement.key, **{name: as_kept(typed)})

        keep(version_id, change)
        # The list to choose from may now have other words, and would forget what is chosen.
        go_on_with(version_id, requirement.key)

    if isinstance(stored, str):
        follow(key, stored)
        shown_since(key, stored)  # where it was refused, somebody is told by now what is stored
    return {"key": key, "on_change": leave}


def _rename(version_id: int, old: str) -> None:
    typed = st.session_state[f"key-{version_id}-{old}"]
    kept = keep(version_id, lambda card: with_fields(card, old, key=key_from(typed)))
    if kept is not None:
        go_on_with(version_id, key_from(typed))


def _move(version_id: int, key: str, up: bool) -> None:
    keep(version_id, partial(moved, key=key, up=up))
    go_on_with(version_id, key)


def _remove(version_id: int, key: str) -> None:
    keep(version_id, partial(without_requirement, key=key))
