"""Planning a central or thematic sample: which cases, how many, what would follow; then the draw."""

import streamlit as st

from qa_app.runtime import as_typed, date_input, do, fresh, given, reading, signed_in
from qa_app.sample_words import Judged, period_in_words
from qa_app.screens.samples_cases import Cases, choose
from qa_app.screens.samples_draw import draw, newest
from qa_app.screens.samples_size import choose_size
from sampling.planning import default_due_date
from sampling.records.database import today
from sampling.records.settings import setting
from sampling.samples import EVERY_CASE, Size, plan_case_sample
from sampling.tables import Route

_WAYS = ("Enough to show a standard", "A number I choose", "Every case")


def show(route: Route) -> None:
    """From the cases to the draw, on one page."""
    newest(register="Register")
    signed_in()
    st.subheader(_TITLES[route], anchor=False)
    cases = choose(route)
    if cases is None:
        return
    st.subheader("How many", anchor=False)
    size = _size(route, cases)
    if size is None:
        return
    st.subheader("Name and date", anchor=False)
    default = _default_name(route, cases)
    typed = st.text_input("Name of the sample", key=fresh("name"), placeholder=default)
    if default:
        st.caption(f"Left empty, it is called “{as_typed(default)}”.")
    with reading() as session:
        due = default_due_date(session)
    due_on = date_input("Reviews are due by", fresh("due"), due)
    st.write(
        "The list of cases is frozen, and the plan registered, before the seed of the draw exists. "
        "Nobody can choose which cases come up, and a plan is drawn once."
    )
    if st.button("Freeze, register and draw", type="primary"):
        name = (typed or "").strip() or default
        plan_id = do(
            lambda session, by: (
                plan_case_sample(
                    session,
                    name,
                    route=route,
                    period=cases.period,
                    filters=cases.filters,
                    stratify_by=cases.stratify_by,
                    size=size,
                    due_on=given(due_on, "the day by which the reviews are due"),
                    by=by,
                ).id
            )
        )
        if plan_id is not None:
            draw(plan_id, route=route, name=name)


_TITLES = {Route.CENTRAL: "A sample of closed cases", Route.THEMATIC: "A sample for a theme"}


def _size(route: Route, cases: Cases) -> Size | None:
    """The size that was chosen; None while there is none."""
    way = _WAYS[0]
    if route == Route.THEMATIC:
        way = st.radio("Size", _WAYS, horizontal=True, key=fresh("way"))
    population = cases.preview.population
    if way == _WAYS[1]:
        return int(st.number_input("Cases to review", 1, population, min(30, population), key=fresh("cases")))
    if way == _WAYS[2]:
        st.write(f"All {population:,} cases are reviewed, and the result is no estimate.")
        return EVERY_CASE
    with reading() as session:
        # A quarter that is past keeps the standard of its day; how sure to be is decided today.
        day = cases.period[1] if cases.period else today(session)
        standard = setting(session, "outcome_standard", day)
        assurance = setting(session, "assurance", today(session))
    if route == Route.THEMATIC:
        standard = _typed_standard(standard)
    judged = Judged(population, standard, assurance)
    return choose_size(cases.preview.strata, judged)


def _typed_standard(standard: str) -> str:
    return st.text_input(
        "Standard to show", value=standard, key=fresh("standard"), help="A share: type 0.98 for 98%."
    ).strip()


def _default_name(route: Route, cases: Cases) -> str:
    if cases.period is None:
        return ""
    noun = "Closed cases" if route == Route.CENTRAL else "Theme"
    return f"{noun}, {period_in_words(*cases.period)}"
