"""Drawing a plan that is registered: at once, or later, when its randomness or a second person is needed."""

from datetime import datetime

import streamlit as st
from sqlalchemy.orm import Session

from qa_app.runtime import (
    as_typed,
    carry_out,
    engine,
    flash,
    fresh,
    given,
    in_words,
    link,
    problem,
    reading,
    signed_in,
)
from qa_app.wording import moment_in_words
from sampling.drawing import carry_out_plan, confirm_roll, record_roll
from sampling.queries import SampleRow, may_draw
from sampling.randomness import DICE_ROLLED, Source
from sampling.records.people import Person, people_who_sign_in
from sampling.refused import Refused
from sampling.register_chain import Event
from sampling.register_queries import RollToConfirm, rolls_to_confirm
from sampling.tables import Plan, Route
from scorecards.second_scoring import carry_out_second_scoring


def draw(plan_id: int, *, route: Route, name: str, public_value: str | None = None) -> None:
    """Draw a registered plan and show the screen afresh. A refusal is shown; the plan stays registered."""
    by_id = signed_in().id
    try:
        if route == Route.SECOND:
            draw_id = carry_out_second_scoring(engine(), plan_id, by_id=by_id)
        else:
            draw_id = carry_out_plan(engine(), plan_id, by_id=by_id, public_value=public_value)
    except Refused as refused:
        problem(f"{refused} The plan stays registered: you can go on with its draw.")
        return
    st.session_state["newest_draw"] = (draw_id, name)
    flash(f"Drawn: {name}.")
    st.rerun()


def waits(sample: SampleRow) -> bool:
    """Whether a sample is planned and not drawn, and not voided either."""
    return sample.drawn_at is None and sample.plan_id is not None and sample.state != Event.VOIDED


def go_on(sample: SampleRow) -> None:
    """Offer what comes next for a plan that was registered and is not drawn yet."""
    if sample.plan_id is None or sample.registered_at is None:
        return
    st.warning(
        f"**{as_typed(sample.name)}** was registered on {in_words(sample.registered_at.date())} and is not "
        f"drawn yet. {_what_next(sample)}"
    )
    with reading() as session:
        may = may_draw(session, sample.frame_id, signed_in())
    if not may:
        st.write("The draw is for those who may plan this kind of sample.")
    elif sample.state == Event.PLANNED and sample.source == Source.DICE:
        _dice(sample.plan_id)
    elif sample.state == Event.PLANNED and sample.source in (Source.BEACON, Source.DEMONSTRATION):
        _typed_value(sample)
    elif sample.state != Event.ROLLED and st.button(
        "Go on with the draw", type="primary", key=f"go-on-{sample.plan_id}"
    ):
        draw(sample.plan_id, route=sample.route, name=sample.name)


def _what_next(sample: SampleRow) -> str:
    if sample.state == Event.ROLLED:
        return "The dice are rolled and recorded; the second person confirms them on their own start screen."
    if sample.state == Event.PLANNED:
        if sample.source == Source.DICE:
            return "Its seed comes from dice that two people roll."
        if sample.source == Source.BEACON:
            out_at = datetime.fromisoformat(sample.randomness["out_at"])
            return (
                f"Its seed comes from round {sample.randomness['round']:,} of the public beacon "
                f"{sample.randomness['beacon']}, which comes out on {moment_in_words(out_at)}."
            )
        if sample.source == Source.PARENT:
            return f"It shares the seed of “{as_typed(sample.parent or '')}”, which is drawn first."
        if sample.source == Source.DEMONSTRATION:
            return "Its seed is typed by hand: a demonstration, which proves nothing."
    return "Going on draws the very cases that the plan and its seed, if it has one, lead to."


def _typed_value(sample: SampleRow) -> None:
    assert sample.plan_id is not None
    form = sample.randomness["form"]
    value = st.text_input("Public value", key=fresh(f"value-{sample.plan_id}"), help=f"Write it so: {form}.")
    if st.button("Draw with this value", type="primary", key=f"go-on-{sample.plan_id}"):
        if not value:
            problem(f"The public value is missing. Type {form}.")
            return
        draw(sample.plan_id, route=sample.route, name=sample.name, public_value=value)


def _dice(plan_id: int) -> None:
    st.write(
        f"Two people roll a die {DICE_ROLLED} times between them, and write each number down as it falls. "
        "What is recorded here stands for good: the second person can confirm it, and nobody rolls again."
    )
    person = signed_in()
    with reading() as session:
        others = people_who_sign_in(session, but=person)
    value = st.text_input(f"The {DICE_ROLLED} numbers, nothing between them", key=fresh(f"roll-{plan_id}"))
    second = st.selectbox(
        "The second person",
        list(others),
        index=None,
        format_func=others.__getitem__,
        key=fresh(f"second-{plan_id}"),
        placeholder="Choose a colleague",
    )
    minute = st.text_input("Minute: when and where, and who saw it", key=fresh(f"minute-{plan_id}"))

    def record(session: Session, by: Person) -> None:
        other = session.get_one(Person, given(second, "the second person"))
        plan = session.get_one(Plan, plan_id)
        record_roll(session, plan, value or "", second=other, minute=minute or "", by=by)

    if st.button("Record the roll", type="primary", key=f"record-{plan_id}"):
        carry_out(record, done="The roll is recorded. The second person is asked to confirm it.")


def confirm_rolls() -> None:
    """Ask the second person of a roll whether the dice fell as recorded. Nobody else sees anything."""
    with reading() as session:
        rolls = rolls_to_confirm(session, signed_in())
    for roll in rolls:
        _confirm(roll)


def _confirm(roll: RollToConfirm) -> None:
    st.warning(
        f"{as_typed(roll.by)} recorded dice for **{as_typed(roll.sample)}** on "
        f"{moment_in_words(roll.at)} and named you as the second person. Minute: {as_typed(roll.minute)}"
    )
    st.code(roll.public_value, language=None)
    st.write("If they did not fall so, do not confirm, and ask that the plan be voided.")
    if st.button("They fell so", type="primary", key=f"confirm-{roll.plan_id}"):
        carry_out(
            lambda session, by: confirm_roll(session, session.get_one(Plan, roll.plan_id), by=by),
            done="Confirmed. The plan has its seed and can be drawn.",
        )


def newest(*, register: str) -> None:
    """Ways on with the sample that was drawn a moment ago."""
    if "newest_draw" in st.session_state:
        draw_id, name = st.session_state["newest_draw"]
        link("samples", f"Look at {as_typed(name)}", part=register, sample=draw_id)
        link("allocation", "Allocate the cases", sample=draw_id)
