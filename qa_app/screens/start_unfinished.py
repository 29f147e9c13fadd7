"""What somebody has typed into forms and not saved, on their start screen: also where the form is gone."""

import streamlit as st

from qa_app.runtime import reading, signed_in, write
from qa_app.wording import cases_in_words, moment_in_words
from sampling.records.unfinished import Begun, every_begun, forget_typed


def show_unfinished() -> None:
    """Each form with its texts, to go on with or to throw away; nothing where all is saved."""
    with reading() as session:
        left = every_begun(session, signed_in())
    if not left:
        return
    with st.expander(f"Typed and not saved: {cases_in_words(len(left), 'form')}"):
        st.write(
            "It is there again when you open the form. Where there is no such form any more, since somebody "
            "else was quicker, copy it from here. What you do not go on with is thrown away after 90 days."
        )
        for form, one in left.items():
            _show(form, one)


def _show(form: str, one: Begun) -> None:
    with st.container(border=True):
        st.caption(f"Typed on {moment_in_words(one.kept_at)}")
        for text in filter(None, one.texts.values()):
            st.text(text)
        st.button("Throw it away", key=f"throw-away-{form}", on_click=_throw_away, args=(form,))


def _throw_away(form: str) -> None:
    write(lambda session, by: forget_typed(session, form, by=by), then=lambda _: None)
