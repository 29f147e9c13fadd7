"""Texts of a draft, stored as they are typed: what happens when two windows have the same one open."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

_KEY: Final = "stored_texts"


def stored_text(label: str, stored: str, *, key: str, save: Callable[[], None], **look: Any) -> str:
    """A long text of a draft, which `save` stores whenever its field is left.

    And at once where the field holds something that is not stored: a second click has cut the first short,
    the database was away, or the server was restarted and the browser sends what it has.
    """
    follow(key, stored)
    typed = st.text_area(label, value=stored, key=key, on_change=save, **look) or ""
    if typed != stored:
        save()
    return typed


def follow(key: str, stored: str) -> None:
    """Show in a field what another window has stored since, unless something else was typed here."""
    typed = st.session_state.get(key)
    if typed in (None, stored):
        shown_since(key, stored)
    elif typed == text_shown(key, stored):
        st.session_state[key] = stored
        shown_since(key, stored)


def text_shown(key: str, stored: str) -> str:
    """What was stored of a field when it was last shown here."""
    return _texts().get(key, stored)


def shown_since(key: str, text: str) -> None:
    """Note what is stored of a field, as this window has it."""
    _texts()[key] = text


def _texts() -> dict[str, str]:
    texts: dict[str, str] = st.session_state.setdefault(_KEY, {})
    return texts
