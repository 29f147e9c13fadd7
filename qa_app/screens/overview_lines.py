"""How the overview shows its figures: a line each, which begins with the link to its list."""

from collections.abc import Iterable, Sequence

import streamlit as st

from qa_app.overview_needs import Need
from qa_app.overview_words import Line
from qa_app.runtime import link

_WIDTHS = (4, 8, 3)


def show_lines(lines: Iterable[Line]) -> None:
    """Each figure with its verdict, what that rests on, and how it has gone."""
    with st.container(border=True, gap="xsmall"):
        for line in lines:
            label, says, trend = st.columns(_WIDTHS, gap="small")
            with label:
                link(line.screen, line.label, **line.query)
            says.markdown(f"**{line.says}.** {line.behind}")
            if line.trend:
                trend.caption(line.trend)


def show_needs(title: str, needs: Sequence[Need]) -> None:
    """What waits, each with its list; and in one sentence what does not."""
    st.markdown(f"**{title}**")
    with st.container(gap="xsmall"):
        for need in needs:
            if need.count:
                link(need.screen, need.words, **need.query)
    nothing = [need.nothing for need in needs if not need.count]
    if nothing:
        words = "; ".join(nothing)
        st.caption(f"{words[0].upper()}{words[1:]}.")
