"""Drawing a plan that is registered: at once, or later, when something came between."""

import streamlit as st

from qa_app.runtime import as_typed, engine, flash, in_words, link, problem, reading, signed_in
from sampling.drawing import carry_out_plan
from sampling.queries import SampleRow, may_draw
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.second_scoring import carry_out_second_scoring


def draw(plan_id: int, *, route: Route, name: str) -> None:
    """Draw a registered plan and show the screen afresh. A refusal is shown; the plan stays registered."""
    carry_out = carry_out_second_scoring if route == Route.SECOND else carry_out_plan
    try:
        draw_id = carry_out(engine(), plan_id, by_id=signed_in().id)
    except Refused as refused:
        problem(f"{refused} The plan stays registered: you can go on with its draw.")
        return
    st.session_state["newest_draw"] = (draw_id, name)
    flash(f"Drawn: {name}.")
    st.rerun()


def go_on(sample: SampleRow) -> None:
    """Offer the draw of a plan that was registered and, for whatever reason, not drawn."""
    if sample.plan_id is None or sample.registered_at is None:
        return
    st.warning(
        f"**{as_typed(sample.name)}** was registered on {in_words(sample.registered_at.date())} and not "
        "drawn to the end. Going on draws the very cases that the plan and its seed, if it has one, lead to."
    )
    with reading() as session:
        may = may_draw(session, sample.frame_id, signed_in())
    if not may:
        st.write("The draw is for those who may plan this kind of sample.")
    elif st.button("Go on with the draw", type="primary", key=f"go-on-{sample.plan_id}"):
        draw(sample.plan_id, route=sample.route, name=sample.name)


def newest(*, register: str) -> None:
    """A way to the sample that was drawn a moment ago."""
    if "newest_draw" in st.session_state:
        draw_id, name = st.session_state["newest_draw"]
        link("samples", f"Look at {as_typed(name)}", part=register, sample=draw_id)
