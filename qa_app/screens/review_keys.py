"""Answering with keys: which key does what, whether they are on, and what is shown to be answered now.

A key counts once: never while it is held down, nor before what it answers has been in view for a moment.
Single keys can be switched off, since somebody may speak to their computer instead of typing.
"""

from typing import Final

import streamlit as st

from scorecards.requirements import ResponseValue

# In the order in which the responses stand, and always the same: “cannot assess” is 5 on a closed case too.
ANSWERS: Final = {response: str(number) for number, response in enumerate(ResponseValue, start=1)}
PREVIOUS: Final = "Left"
NEXT: Final = "Right"
SUBMIT: Final = "S"
NEXT_CASE: Final = "G"
INVOLVED: Final = {False: "N", True: "Y"}

_MOMENT: Final = 300  # milliseconds
_STYLE: Final = """<style>
.st-key-%s{border-left:6px solid #1d4a7a;padding-left:.9rem;scroll-margin-block:5rem}
[class*="st-key-beside-"] p{font-size:.875rem}
@media(max-width:640px){[class*="st-key-beside-"]{display:none}}
</style>"""
_SCRIPT: Final = """<script>(() => {
  // Shown now: %s
  document.querySelector(".st-key-%s")?.scrollIntoView({block: "nearest"});
  window.qaShownAt = performance.now();
  if (window.qaListens) return;
  window.qaListens = true;
  document.addEventListener("keydown", (event) => {
    const typed = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typed || !/^[1-5s]$/i.test(event.key)) return;
    if (event.repeat || performance.now() - window.qaShownAt < %d) event.stopImmediatePropagation();
    else window.qaShownAt = performance.now();
  }, true);
})();</script>"""


def shortcut(key: str) -> str | None:
    """The key for a button, as long as keys are on."""
    return key if keys_are_on() else None


def keys_are_on() -> bool:
    """Whether this person answers with keys; they are on until switched off."""
    return bool(st.session_state.get("keys-are-on", True))


def offer_keys(*, open_case: bool) -> None:
    """The switch, and which key does what."""

    def keep() -> None:
        # A widget's own state is gone as soon as another screen is shown.
        st.session_state["keys-are-on"] = st.session_state["keys-switch"]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Answer with keys", value=keys_are_on(), key="keys-switch", on_change=keep)
        if keys_are_on():
            due = "4 not yet due, " if open_case else ""
            st.caption(
                f"1 met, 2 not met, 3 not applicable, {due}5 cannot assess; ← and → move; S submits. "
                "Keys wait while you type in a field or stand on a choice."
            )


def bring_into_view(container: str, *, what: str) -> None:
    """Mark a container and scroll to it, once for each `what` (letters, digits and hyphens)."""
    st.html(_STYLE % container)
    st.html(_SCRIPT % (what, container, _MOMENT), unsafe_allow_javascript=True)
