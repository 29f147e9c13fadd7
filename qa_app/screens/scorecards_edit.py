"""Editing a draft of a scorecard. Each change is kept in the database as soon as it is made."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from textwrap import shorten
from typing import Any, Final

import streamlit as st

from qa_app.runtime import as_typed, reading
from qa_app.scorecard_queries import Policy, policy_documents
from qa_app.scorecard_words import FIELDS, KINDS
from qa_app.screens.scorecards_keeping import chooser, go_on_with, keep
from qa_app.screens.scorecards_requirement import show_requirement
from qa_app.wording import cases_in_words, whole_percent
from scorecards.card_editing import share_of_percent, with_requirement
from scorecards.card_versions import VersionSheet
from scorecards.case_facts import shipped_case_facts
from scorecards.requirements import Kind, Scorecard

_THE_CARD: Final = ""  # what is edited when it is no requirement; no key is empty
_ALL, _A_SHARE = "All that apply", "A share of those that apply"


def show(sheet: VersionSheet, before: Scorecard | None, policy: Policy, missing: tuple[str, ...]) -> None:
    """On the left what there is to edit and what is missing, on the right the fields of what is chosen.

    `before` is the version published last, None for a new scorecard.
    """
    st.caption("Every change is kept as soon as you leave the field. Nobody reviews on a draft.")
    left, right = st.columns([1, 2])
    with left:
        _missing(missing)
        chosen = _choose(sheet)
    with right:
        requirement = next((one for one in sheet.card.requirements if one.key == chosen), None)
        if requirement is None:
            _the_card(sheet)
        else:
            show_requirement(sheet, requirement, before, policy)


# Choosing and adding


def _choose(sheet: VersionSheet) -> str:
    texts = {
        one.key: f"{number}. {shorten(one.text or 'No words yet', 70, placeholder=' …')}"
        for number, one in enumerate(sheet.card.requirements, start=1)
    }
    if st.session_state.get(chooser(sheet.version_id)) not in (_THE_CARD, *texts):
        st.session_state[chooser(sheet.version_id)] = _THE_CARD
    chosen = st.radio(
        "Part to edit",
        [_THE_CARD, *texts],
        format_func=lambda key: as_typed(texts.get(key, "The card itself")),
        key=chooser(sheet.version_id),
    )
    for kind, word in KINDS.items():
        st.button(
            f"Add a requirement: {word.lower()}",
            on_click=_add,
            args=(sheet.version_id, kind),
            width="stretch",
        )
    return chosen or _THE_CARD


def _add(version_id: int, kind: Kind) -> None:
    kept = keep(version_id, partial(with_requirement, kind=kind))
    if kept is not None:
        go_on_with(version_id, [one.key for one in kept.requirements if one.kind is kind][-1])


def _missing(missing: tuple[str, ...]) -> None:
    if missing:
        with st.expander(f"What is still missing: {cases_in_words(len(missing), 'thing')}", expanded=True):
            st.markdown("\n".join(f"- {as_typed(sentence)}" for sentence in missing))
    else:
        st.write("Nothing is missing. The draft can be published.")


# The card itself


def _the_card(sheet: VersionSheet) -> None:
    card, version_id = sheet.card, sheet.version_id

    def key(name: str) -> str:
        return f"{name}-{version_id}"

    st.subheader("The card itself", anchor=False)
    st.caption(f"Key: {card.key}. It stays the same in all versions.")
    st.text_input(
        FIELDS["title"],
        value=card.title,
        key=key("title"),
        on_change=_keep_of_card,
        args=(version_id, "title", key("title")),
    )
    _document(card, version_id, key("document"))
    for name in ("policy_document", "policy_version"):
        st.text_input(
            FIELDS[name],
            value=getattr(card, name),
            # Both follow the choice above.
            key=f"{key(name)}-{card.policy_document}-{card.policy_version}",
            on_change=_keep_of_card,
            args=(version_id, name, f"{key(name)}-{card.policy_document}-{card.policy_version}"),
        )
    _method_rule(card, version_id, key)
    facts = {fact.key: fact.title for fact in shipped_case_facts()}
    st.multiselect(
        FIELDS["asks"],
        list(dict.fromkeys([*facts, *card.asks])),
        default=list(card.asks),
        format_func=lambda name: facts.get(name, name),
        key=key("asks"),
        on_change=_keep_of_card,
        args=(version_id, "asks", key("asks"), tuple),
    )


def _document(card: Scorecard, version_id: int, key: str) -> None:
    with reading() as session:
        documents = policy_documents(session)
    named = (card.policy_document, card.policy_version)
    if documents:
        st.selectbox(
            "Policy document that is loaded here",
            list(documents),
            index=list(documents).index(named) if named in documents else None,
            format_func=documents.__getitem__,
            placeholder="Choose one, or type its key and version below",
            key=f"{key}-{named}",
            on_change=_keep_document,
            args=(version_id, f"{key}-{named}"),
        )


def _keep_document(version_id: int, key: str) -> None:
    chosen = st.session_state[key]
    if chosen is not None:
        keep(version_id, lambda card: replace(card, policy_document=chosen[0], policy_version=chosen[1]))


def _method_rule(card: Scorecard, version_id: int, key: Callable[[str], str]) -> None:
    rule = st.radio(
        "Method requirements that must be met",
        [_ALL, _A_SHARE],
        index=int(card.method_share != 1),
        key=key("rule"),
        horizontal=True,
        on_change=_keep_all,
        args=(version_id, key("rule")),
    )
    if rule == _A_SHARE:
        st.text_input(
            "Share in percent",
            value="" if card.method_share == 1 else whole_percent(card.method_share),
            placeholder="80%",
            key=key("share"),
            on_change=_keep_of_card,
            args=(version_id, "method_share", key("share"), share_of_percent),
        )


def _keep_all(version_id: int, key: str) -> None:
    # A share is kept once it is typed.
    if st.session_state[key] == _ALL:
        keep(version_id, lambda card: replace(card, method_share=share_of_percent("100")))


def _keep_of_card(
    version_id: int, name: str, key: str, as_kept: Callable[[Any], Any] = lambda typed: typed
) -> None:
    typed = st.session_state[key]
    keep(version_id, lambda card: replace(card, **{name: as_kept(typed)}))
