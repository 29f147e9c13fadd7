"""The set-up checklist, as a part of the start screen for administrators."""

import streamlit as st

from qa_app import runtime
from qa_app.set_up import set_up_checklist


def show() -> None:
    """What is left to set up, in order, with a way there; nothing once all is done."""
    with runtime.reading() as session:
        steps = set_up_checklist(session)
    left = [step for step in steps if not step.done]
    if not left:
        return
    st.subheader("Setting up the office", anchor=False)
    st.write(f"{len(steps) - len(left)} of {len(steps)} steps are done.")
    for number, step in enumerate(steps, start=1):
        words, way = st.columns([4, 1])
        words.write(f"{number}. {step.words}: {'done' if step.done else '**to do**'}")
        if not step.done:
            with way:
                to = step.part or runtime.SCREENS[step.screen]
                runtime.link(step.screen, f"Go to {to}", **({"part": step.part} if step.part else {}))
