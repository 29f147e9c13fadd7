"""Planning a central or thematic sample: what for, which cases, how many, what follows; then the draw."""

import streamlit as st

from qa_app.runtime import as_typed, date_input, do, flash, fresh, given, link, reading, signed_in
from qa_app.sample_words import period_in_words
from qa_app.screens import samples_follows
from qa_app.screens.samples_cases import Cases, choose
from qa_app.screens.samples_draw import draw, newest, waits
from qa_app.screens.samples_purposes import AGREEMENT, SHOW, ask_purpose, lead_to_second_scoring, size_for
from qa_app.screens.samples_size import Chosen
from qa_app.screens.samples_terms import ChosenTerms, choose_terms
from sampling.planning import default_due_date
from sampling.queries import samples
from sampling.samples import plan_case_sample
from sampling.series import drawn_already
from sampling.tables import Plan, Route

_TITLES = {Route.CENTRAL: "A sample of closed cases", Route.THEMATIC: "A sample for a theme"}


def show(route: Route) -> None:
    """From the purpose to the draw, on one page."""
    newest(register="Register")
    _registered(route)
    signed_in()
    st.subheader(_TITLES[route], anchor=False)
    purpose = ask_purpose()
    if purpose == AGREEMENT:
        lead_to_second_scoring()
        return
    st.subheader("Which cases", anchor=False)
    cases = choose(route, closed_only=purpose == SHOW)
    if cases is None:
        return
    st.subheader("How many", anchor=False)
    chosen, judged = size_for(purpose, cases)
    if chosen is None:
        return
    st.subheader("What follows from it", anchor=False)
    samples_follows.show(cases, chosen, judged)
    st.subheader("Register the plan", anchor=False)
    terms = choose_terms()
    _register(route, cases, chosen, terms)


def _register(route: Route, cases: Cases, chosen: Chosen, terms: ChosenTerms) -> None:
    default = terms.name_of(_default_name(route, cases))
    typed = st.text_input("Name of the sample", key=fresh("name"), placeholder=default)
    name = terms.name_of((typed or "").strip()) or default
    if name != (typed or "").strip():
        st.caption(f"{'It' if typed else 'Left empty, it'} is called “{as_typed(name)}”.")
    with reading() as session:
        due = default_due_date(session)
        before = drawn_already(session, route, cases.period) if route == Route.CENTRAL else []
    if before:
        st.warning(
            f"Drawn already from some of these days: {as_typed('; '.join(before))}. Another draw is counted, "
            "and every result then says so. For cases that came too late, use the sample in the register."
        )
    due_on = date_input("Reviews are due by", fresh("due"), due)
    st.write(
        "The list of cases is frozen, and the plan registered with its hash, before the seed of the draw "
        "exists. Nobody can choose which cases come up, and a plan is drawn once."
    )
    if not st.button("Freeze, register and draw" if terms.at_once else "Freeze and register", type="primary"):
        return
    registered = do(
        lambda session, by: _facts(
            plan_case_sample(
                session,
                name,
                route=route,
                period=cases.period,
                filters=cases.filters,
                stratify_by=cases.stratify_by,
                size=chosen.size,
                due_on=given(due_on, "the day by which the reviews are due"),
                terms=terms.terms(session),
                by=by,
            )
        )
    )
    if registered is None:
        return
    plan_id, plan_sha256 = registered
    if terms.at_once:
        draw(plan_id, route=route, name=name)
        return
    st.session_state["registered"] = plan_id
    flash(f"Registered: {name}. Nothing is drawn yet. The hash of the plan is {plan_sha256}.")
    st.rerun()


def _registered(route: Route) -> None:
    """A way to the plan that was registered a moment ago, and waits for its seed."""
    plan_id = st.session_state.get("registered")
    if plan_id is None:
        return
    with reading() as session:
        found = samples(session, signed_in(), routes=(route,))
    for sample in found:
        if sample.plan_id == plan_id and waits(sample):
            link("samples", f"Go on with {as_typed(sample.name)} in the register", part="Register")


def _facts(plan: Plan) -> tuple[int, str]:
    return plan.id, plan.plan_sha256


def _default_name(route: Route, cases: Cases) -> str:
    if cases.period is None:
        return ""
    noun = "Closed cases" if route == Route.CENTRAL else "Theme"
    return f"{noun}, {period_in_words(*cases.period)}"
