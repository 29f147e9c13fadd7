"""Scoring managers' reviews again, blind: planning, drawing, and how far it is."""

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.runtime import date_input, do, fresh, in_words, link, problem, reading, signed_in, table, title
from qa_app.sample_words import Judged, period_in_words
from qa_app.screens.samples_draw import draw, go_on, waits
from qa_app.screens.samples_size import choose_size
from qa_app.screens.second_scoring_by_verdict import choose_design
from qa_app.wording import cases_in_words
from sampling.frames import may_plan
from sampling.planning import last_full_month
from sampling.queries import samples
from sampling.records.database import today
from sampling.records.people import Person, Role, may_act_as
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.second_scoring import may_plan_by_verdict, plan_by_verdict, plan_second_scoring
from scorecards.second_scoring_design import Design
from scorecards.second_scoring_progress import (
    SecondScoringPreview,
    SecondScoringProgress,
    preview_second_scoring,
    second_scoring_progress,
)

NOUN = "managers' review"
_WAYS = ("Every review", "Enough to show that managers and QA agree")
_BY_VERDICT = "All that managers called not met, and some of the others"


def show() -> None:
    """What waits, what a new second scoring would be drawn from, and the ones there are."""
    title(
        "Second scoring",
        "QA scores some of the managers' cases again without seeing their scores. So the office finds out "
        "whether the two would judge a case alike.",
    )
    person = signed_in()
    with reading() as session:
        if not may_plan(session, person, Route.SECOND):
            st.write("Second scoring is for QA reviewers and the Head of Customer Care.")
            return
        waiting = [row for row in samples(session, person, routes=(Route.SECOND,)) if waits(row)]
        drawn = second_scoring_progress(session, person)
        scores = may_act_as(session, person, [Role.QA_REVIEWER])
    for sample in waiting:
        go_on(sample)
    if not waiting:
        _plan()
    _progress(drawn, scores=scores)


def _plan() -> None:
    st.subheader("Draw a second scoring", anchor=False)
    with reading() as session:
        day = today(session)
    default = last_full_month(day)[0], day  # the month that is running too: agreement is no matter of months
    left, right = st.columns(2)
    with left:
        first = date_input("Managers' reviews submitted from", fresh("first"), default[0])
    with right:
        last = date_input("to, and including", fresh("last"), default[1])
    if first is None or last is None:
        st.write("Type the first and the last day to see how many reviews there are.")
        return
    period = (first, last)
    try:
        with reading() as session:
            preview = preview_second_scoring(session, period=period, by=signed_in())
    except Refused as refused:
        problem(str(refused))
        return
    if not preview.available:
        st.info(
            f"No manager's review of {period_in_words(first, last)} is left to be scored again. Managers "
            "submit theirs first; what has been scored again once is left out."
        )
        return
    st.write(f"**{cases_in_words(preview.available, NOUN)}** can be scored again.")
    ready, size = _size(preview, period)
    if not ready:
        return
    st.write(f"The second scores are due by {in_words(preview.due_on)}.")
    if st.button("Register and draw", type="primary"):
        plan_id = do(lambda session, by: _register(session, period, size, by))
        if plan_id is not None:
            name = f"Second scoring, {period_in_words(first, last)}"
            draw(plan_id, route=Route.SECOND, name=name)


def _register(session: Session, period: tuple[date, date], size: Design | int | None, by: Person) -> int:
    if isinstance(size, Design):
        return plan_by_verdict(session, period=period, design=size, by=by).id
    return plan_second_scoring(session, period=period, allowed_failures=size, by=by).id


def _size(preview: SecondScoringPreview, period: tuple[date, date]) -> tuple[bool, Design | int | None]:
    """Whether a size was chosen, and which: how many may differ, a design, or None for every review."""
    with reading() as session:
        knows_verdicts = may_plan_by_verdict(session, signed_in())
    way = st.radio("How many", [*_WAYS, *([_BY_VERDICT] if knows_verdicts else [])], key=fresh("way"))
    if way == _WAYS[0]:
        return True, None
    if way == _BY_VERDICT:
        design = choose_design(period)
        return design is not None, design
    judged = Judged(preview.available, preview.standard, preview.assurance, NOUN, "agree", "differ")
    rule = choose_size({"S01": preview.available}, judged)
    return rule is not None, rule.allowed_failures if rule else None


def _progress(drawn: list[SecondScoringProgress], *, scores: bool) -> None:
    rows = [(row.name, row.population, row.drawn, row.scored, row.outstanding, row.due_on) for row in drawn]
    table(
        pd.DataFrame(
            rows,
            columns=["Second scoring", "Managers' reviews", "Drawn", "Scored again", "Outstanding", "Due by"],
        ),
        caption="Second scorings, the newest first",
        key="second-scorings",
        empty="Nothing has been scored again yet.",
    )
    if drawn:
        st.write(
            "Which cases these are is sealed. QA reviewers find what they may score under Reviews; what the "
            "scores say of agreement stands under Results."
        )
        if scores:
            link("reviews")
        link("allocation", "Allocate the cases")
        link("results")
        link("adjudication")
