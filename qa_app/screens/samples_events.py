"""What happened to a sample, line by line, and what can still be done: second stage, late cases, void."""

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    do,
    fresh,
    given,
    problem,
    reading,
    signed_in,
    table,
)
from qa_app.sample_words import EVENTS, event_details, rerolls_in_words
from qa_app.screens.samples_draw import draw
from qa_app.unfinished import Form
from qa_app.wording import cases_in_words, moment_in_words
from sampling.late_strata import late_cases, plan_late_strata
from sampling.planning import default_due_date
from sampling.queries import SampleRow, may_draw
from sampling.records.people import Person
from sampling.register_chain import Event
from sampling.register_queries import void_request, what_happened
from sampling.tables import Draw, Plan, Route
from sampling.voiding import decline_to_void, void_plan
from scorecards.closing import may_go_on
from scorecards.drawn_samples import ask_to_void_plan, go_on_to_second_stage


def show(sample: SampleRow) -> None:
    """The register's lines of a sample, how often it was drawn, and what may be done next."""
    assert sample.plan_id is not None
    with reading() as session:
        lines = what_happened(session, sample.plan_id, signed_in())
        may = may_draw(session, sample.frame_id, signed_in())
    if rerolls := rerolls_in_words(sample):
        st.write(rerolls)
    rows = [
        (
            line.number,
            EVENTS[line.event],
            moment_in_words(line.at),
            _who(line.by, line.second),
            event_details(line.event, line.details),
            line.entry_sha256[:8],
        )
        for line in lines
    ]
    table(
        pd.DataFrame(rows, columns=["Line", "What happened", "When", "By", "Recorded", "Hash"]),
        caption="What happened to it: the register’s lines, only ever added, each with the hash of the last",
        key=f"events-{sample.plan_id}",
        download=f"register-{sample.plan_id}.csv",
    )
    if sample.state == Event.VOIDED:
        return
    if may and sample.draw_id is not None:
        _second_stage(sample.draw_id, sample.second_stage)
    if may:
        _late_cases(sample.plan_id)
    _void(sample, may=may)


def _who(by: str, second: str | None) -> str:
    return f"{by}, with {second}" if second else by


def _second_stage(draw_id: int, size: int | None) -> None:
    if size is None:
        return
    with reading() as session:
        goes_on = may_go_on(session, session.get_one(Draw, draw_id))
    if not goes_on:
        return
    st.info(
        f"Exactly one case of the first stage failed, so the plan goes on: {cases_in_words(size)} more, "
        "of which none may fail."
    )
    if st.button("Draw the second stage", type="primary", key=f"stage-{draw_id}"):
        carry_out(
            lambda session, by: go_on_to_second_stage(session, session.get_one(Draw, draw_id), by=by),
            done=lambda count: f"Drawn: {cases_in_words(count)} of the second stage.",
        )


def _late_cases(plan_id: int) -> None:
    with reading() as session:
        plan = session.get_one(Plan, plan_id)
        count = late_cases(session, plan)
        name, route = plan.frame.name, Route(plan.frame.route)
        due = default_due_date(session)
    if not count:
        return
    with st.expander(f"{cases_in_words(count)} came too late for this sample"):
        st.write(
            "They fit its period and filters, and were not there when its cases were frozen. They are never "
            "put in; they are drawn as strata of their own, at the same rate or a higher one, and judged "
            "together with the sample."
        )
        due_on = date_input("Their reviews are due by", fresh(f"late-due-{plan_id}"), due)
        if st.button("Freeze and draw the late cases", key=f"late-{plan_id}"):
            made = do(lambda session, by: _plan_late(session, plan_id, due_on, by))
            if made is not None:
                draw(made, route=route, name=f"{name}, late cases")


def _plan_late(session: Session, plan_id: int, due_on: date | None, by: Person) -> int:
    due = given(due_on, "the day by which the reviews are due")
    return plan_late_strata(session, session.get_one(Plan, plan_id), due_on=due, by=by).id


def _void(sample: SampleRow, *, may: bool) -> None:
    plan_id = sample.plan_id
    assert plan_id is not None
    with reading() as session:
        asked = void_request(session, plan_id, signed_in())
    if asked is not None:
        reviewed = f"{cases_in_words(asked.reviewed)} had been reviewed by then."
        st.warning(
            f"{as_typed(asked.by)} asked on {moment_in_words(asked.at)} that this be voided: "
            f"{as_typed(asked.reason)} {reviewed}"
        )
        if asked.may_answer:
            _answer(plan_id)
        else:
            st.write("Somebody else who may plan such samples has to answer.")
        return
    if not may:
        return
    form = Form(f"void-{plan_id}")
    with form.expander("Void this sample"):
        st.write(
            "For a sample that must not count: drawn from a wrong extract, say. A second person has to "
            "agree. Nothing is deleted; its cases leave the lists of work and the results, submitted reviews "
            "stay on record, and the register shows for ever that it was drawn."
        )
        reason = form.text_area("Why", "why")
        if st.button("Ask that it be voided", key=f"{form.key}-ask"):
            form.carry_out(
                lambda session, by: ask_to_void_plan(
                    session, session.get_one(Plan, plan_id), reason=reason, by=by
                ),
                done="Asked. A second person sees the request here and on the start screen.",
            )


def _answer(plan_id: int) -> None:
    form = Form(f"decline-void-{plan_id}")
    form.notes()
    reason = form.text_input("If not, why not", "why")
    yes, no = st.columns(2)
    if yes.button("Void it", type="primary", key=f"void-it-{plan_id}"):
        carry_out(
            lambda session, by: void_plan(session, session.get_one(Plan, plan_id), by=by),
            done="Voided. Its cases have left the lists of work and the results; reviews stay on record.",
        )
    if no.button("Do not void it", key=f"keep-it-{plan_id}"):
        if not reason.strip():
            problem("The reason is missing. Say why it is not voided.")
            return
        form.carry_out(
            lambda session, by: decline_to_void(
                session, session.get_one(Plan, plan_id), reason=reason, by=by
            ),
            done="Declined. The sample stays.",
        )
