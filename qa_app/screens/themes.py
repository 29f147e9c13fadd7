"""Thematic reviews: the themes there are, and one that is asked for."""

from datetime import timedelta

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.runtime import (
    as_typed,
    date_input,
    given,
    go,
    in_words,
    link,
    number_in_address,
    problem,
    reading,
    signed_in,
    title,
)
from qa_app.screens.theme import show_theme
from qa_app.unfinished import Form
from qa_app.wording import cases_in_words
from sampling.records.database import today
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.cards import published_scorecards
from scorecards.theme_queries import theme_reviewers, theme_sheet, themes
from scorecards.themes import commission_review


def show() -> None:
    """The list, or one theme."""
    person = signed_in()
    if "theme" in st.query_params:
        try:
            with reading() as session:
                sheet = theme_sheet(session, number_in_address("theme", of="theme"), person)
        except Refused as refused:
            title("Themes")
            problem(str(refused))
            link("themes", "Go to the list of themes")
            return
        show_theme(sheet)
        return
    title(
        "Themes",
        "An area of casework that somebody asks to have looked into: its own sample, its own scorecard, "
        "findings that rest on reviews, and recommendations that become actions.",
    )
    with reading() as session:
        rows = themes(session, person)
    if not rows:
        st.write("No theme has been asked for yet.")
    for row in rows:
        state = "Closed" if row.is_closed else f"due {in_words(row.due_on)}"
        words, way = st.columns([4, 1], vertical_alignment="center")
        words.markdown(
            f"**{as_typed(row.name)}** · {state}  \nAsked for by {as_typed(row.asked_by)} · "
            f"{row.reviewed:,} of {cases_in_words(row.cases)} reviewed"
        )
        if way.button(f"Open {row.name}", key=f"theme-{row.id}", width="stretch"):
            go("themes", theme=row.id)
    _commission()


def _commission() -> None:
    st.subheader("Record what is asked for", anchor=False)
    with reading() as session:
        cards = {version.key: version.title for version in published_scorecards(session)}
        people = dict(theme_reviewers(session))
        day = today(session)
    form = Form("theme")
    form.notes()
    name = form.text_input("Name of the theme", "name")
    asked_by = form.text_input("Who asked for it", "asked-by", help="A body or an office, such as the board.")
    question = form.text_area("The question", "question", height=80)
    scope = form.text_area("Scope: which cases, and which not", "scope", height=80)
    card = st.selectbox(
        "Scorecard",
        list(cards),
        index=None,
        format_func=cards.__getitem__,
        key=f"{form.key}-card",
        placeholder="Choose a scorecard",
        help="A card for the theme is made from the blank one on the screen “Scorecards”.",
    )
    reviewers = st.multiselect(
        "Reviewers", list(people), format_func=people.__getitem__, key=f"{form.key}-reviewers"
    )
    due_on = date_input("Due by", f"{form.key}-due", day + timedelta(days=60))
    if st.button("Record the theme", type="primary", key=f"{form.key}-record"):

        def act(session: Session, by: Person) -> int:
            return commission_review(
                session,
                name=name,
                asked_by=asked_by,
                question=question,
                scope=scope,
                scorecard_key=given(card, "the scorecard"),
                reviewers=[session.get_one(Person, one) for one in reviewers],
                due_on=given(due_on, "the day by which it is due"),
                by=by,
            ).id

        made = form.do(act, done="The theme is recorded. Plan its sample next.")
        if made is not None:
            go("themes", theme=made)
