"""A sampled case that does not belong in the sample: the next ticket takes its place."""

from typing import Final

import streamlit as st

from qa_app.runtime import as_typed, do, fresh, given, go
from qa_app.sample_words import REPLACED
from qa_app.unfinished import Form
from sampling.next_tickets import REPLACED_BY_WORD
from sampling.tables import SampledCase
from scorecards.drawn_samples import replace_sampled_case

_SAYS: Final = {
    "cancelled": "It was cancelled in the case system before its review.",
    "merged": "It was merged into another case before its review.",
}


def replace_gone(sampled_id: int, reference: str, gone: str) -> None:
    """A case the case system has cancelled or merged is not reviewed: offer the next one."""
    st.info(f"{as_typed(reference)} was {gone} in the case system since it was drawn, so it is not reviewed.")
    if st.button("Put the next case in its place", type="primary", key=f"replace-{sampled_id}"):
        _replace(sampled_id, gone, _SAYS[gone])


def offer_to_replace(sampled_id: int) -> None:
    """For a case the reviewer finds out of scope; a file that is missing is another matter."""
    with st.expander("This case does not belong in the sample"):
        st.write(
            "Only for a case that is the same complaint as another one, or of a kind this sample is not "
            "about. The next case in the order of the draw takes its place, and the register keeps your "
            "reason. A case whose file cannot be found stays, and counts as not met."
        )
        code = st.radio(
            "Why", REPLACED_BY_WORD, index=None, format_func=_words, key=fresh(f"code-{sampled_id}")
        )
        form = Form(f"replace-{sampled_id}")
        form.notes()
        reason = form.text_input("In a few words, without names", "reason")
        if st.button("Put the next case in its place", key=f"{form.key}-replace"):
            _replace(sampled_id, code, reason, form=form)


def _words(code: str) -> str:
    words = REPLACED[code]
    return f"{words[0].upper()}{words[1:]}"


def _replace(sampled_id: int, code: str | None, reason: str, *, form: Form | None = None) -> None:
    done = (do if form is None else form.do)(
        lambda session, by: (
            replace_sampled_case(
                session,
                session.get_one(SampledCase, sampled_id),
                code=given(code, "why the case does not belong in the sample"),
                reason=reason,
                by=by,
            ),
            True,
        ),
        done=lambda result: _told(result[0]),
    )
    if done is not None:
        go("reviews")


def _told(following: SampledCase | None) -> str:
    if following is None:
        return "Taken out. Its stratum has no further case to put in its place."
    return f"{following.frame_case.reference} has taken its place."
