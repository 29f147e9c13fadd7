"""The cases a person has to review, and the reviews they may look at."""

from datetime import date
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, go, in_words, reading, signed_in, table, title
from qa_app.screens.review_keys import NEXT_CASE, shortcut
from qa_app.wording import VERDICT_OF_CASE
from sampling.records.database import today
from scorecards.queries import submitted_reviews
from scorecards.work_list import WorkItem, reviews_submitted, work_of

PAGE: Final = 10
_NEWEST: Final = 500  # of the submitted reviews; older ones are found by their reference


def show() -> None:
    """To do first, then what is in."""
    with reading() as session:
        person = signed_in()
        to_do = work_of(session, person)
        submitted = reviews_submitted(session, person)
        done = submitted_reviews(session, person, most=_NEWEST + 1)
        day = today(session)
    title("Reviews", _lead(to_do, submitted))
    if to_do:
        if st.button(
            f"Review the next case, {to_do[0].reference}", type="primary", shortcut=shortcut(NEXT_CASE)
        ):
            _open(to_do[0])
        samples = ["All samples", *dict.fromkeys(item.sample for item in to_do)]
        wanted = samples[0] if len(samples) == 2 else st.selectbox("Show", samples, key="reviews-sample")
        st.subheader("To do", anchor=False)
        _list([item for item in to_do if wanted in (samples[0], item.sample)], day=day)
    st.subheader("Submitted", anchor=False)
    if len(done) > _NEWEST:
        st.write(f"These are the {_NEWEST:,} newest. Older ones are found by their reference.")
        reference = st.text_input("Find a case by its reference", key="submitted-reference").strip()
        done = done[:_NEWEST]
        if reference:
            with reading() as session:
                done = submitted_reviews(session, person, reference=reference, most=_NEWEST)
    table(
        _submitted(done),
        caption="Submitted reviews that you may see",
        key="submitted",
        empty="No review has been submitted yet that you may see.",
        download="reviews.csv",
    )
    if not done.empty:
        choice = st.selectbox(
            "Open a submitted review",
            done["review_id"],
            index=None,
            format_func=dict(zip(done["review_id"], done["reference"], strict=True)).__getitem__,
            placeholder="Choose a case",
        )
        if choice is not None:
            go("review", review=int(choice))


def _lead(to_do: list[WorkItem], done: int) -> str:
    if not to_do:
        return "You have no case to review now. Cases appear here once a sample has been drawn." + (
            f" You have submitted {done:,}." if done else ""
        )
    drafts = sum(item.state == "draft" for item in to_do)
    started = f", {drafts:,} of them started" if drafts else ""
    return f"{len(to_do):,} to do{started}. You have submitted {done:,}."


def _list(items: list[WorkItem], *, day: date) -> None:
    pages = -(-len(items) // PAGE)
    page = 0
    if pages > 1:
        page = int(st.number_input(f"Page (of {pages})", 1, pages, 1, key="reviews-page")) - 1
    shown = items[page * PAGE : (page + 1) * PAGE]
    st.caption(
        f"Showing {page * PAGE + 1:,} to {page * PAGE + len(shown):,} of {len(items):,} cases to review"
    )
    for item in shown:
        late = " – **overdue**" if item.due_on < day else ""
        if item.gone:
            late = f" – **{item.gone} since**, to be replaced"
        about = " · ".join(as_typed(part) for part in (item.team, item.caseworker, item.sample) if part)
        words, way = st.columns([3, 1], vertical_alignment="center")
        words.markdown(f"**{as_typed(item.reference)}** · due {in_words(item.due_on)}{late}  \n{about}")
        label = "Replace" if item.gone else "Go on with" if item.state == "draft" else "Review"
        if way.button(f"{label} {item.reference}", key=f"open-{item.sampled_case_id}", width="stretch"):
            _open(item)


def _open(item: WorkItem) -> None:
    if item.review_id is None:
        go("review", sampled=item.sampled_case_id)
    go("review", review=item.review_id)


def _submitted(done: pd.DataFrame) -> pd.DataFrame:
    words = {
        "reference": "Case",
        "team": "Team",
        "sample": "Sample",
        "reviewer": "Reviewer",
        "submitted_at": "Submitted",
        "outcome_met": "Outcome",
        "method_met": "Method",
        "overall_met": "Overall",
        "not_met": "Requirements not met",
        "critical_failed": "Critical requirement",
    }
    shown = done[list(words)].rename(columns=words)
    for column in ("Outcome", "Method", "Overall"):
        shown[column] = [VERDICT_OF_CASE[None if pd.isna(value) else bool(value)] for value in shown[column]]
    shown["Critical requirement"] = [
        "Not met" if failed else "" for failed in done["critical_failed"].eq(True)
    ]
    return shown
