"""Who reviews which case of a sample, and by when: shared out at once, or passed on one by one."""

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    fresh,
    given,
    in_words,
    link,
    place_in_address,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.wording import cases_in_words
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, SampledCase
from scorecards.allocating import LeftOver, Sharing, allocate_cases, propose_sharing, reassign_case
from scorecards.allocation_queries import (
    AllocatedSample,
    allocated_sample,
    colleagues_for,
    own_cases,
    samples_to_allocate,
)

_EVENLY, _SO_MANY = "Evenly", "So many each"
_STATES = {"draft": "Begun"}


def show() -> None:
    """A sample with what everybody has of it, the ways to share it out, and one's own cases to pass on."""
    title("Allocation", "Who reviews which case of a sample, and by when.")
    person = signed_in()
    with reading() as session:
        samples = {sample.draw_id: sample for sample in samples_to_allocate(session, person)}
    asked = place_in_address("sample", list(samples), of="sample")
    if samples:
        draw_id = st.selectbox(
            "Sample",
            list(samples),
            index=asked or 0,
            format_func=lambda number: samples[number].name,
            key="allocation-sample",
        )
        st.write(f"{cases_in_words(samples[draw_id].waiting)} still to be reviewed.")
        _sample(draw_id, person)
    else:
        st.write(
            "No sample that you may share out has a case left to review. QA reviewers and the Head of "
            "Customer Care share out central samples and second scorings, a line manager the team's month."
        )
    _own(person)


def _sample(draw_id: int, person: Person) -> None:
    with reading() as session:
        sample = allocated_sample(session, draw_id, person)
    table(
        pd.DataFrame(
            [
                (load.name, load.allocated, load.begun, load.submitted, load.away_until)
                for load in sample.reviewers
            ],
            columns=["Reviewer", "Allocated", "Begun", "Submitted", "Away until"],
        ),
        caption=f"Who has what of {as_typed(sample.name)}",
        key="loads",
        empty="Nobody reviews such cases today. An administrator gives out roles on the screen “Office”.",
    )
    if sample.unallocated:
        st.write(
            f"{cases_in_words(sample.unallocated)} with nobody: on the lists of all who may review them, "
            "until somebody takes them or they are allocated."
        )
    if sample.reviewers and (sample.unallocated or sample.allocated):
        _share_out(sample)
    if sample.is_sealed:
        st.info(
            "Which cases these are is sealed: reviewers find them among their other cases for QA. Single "
            "ones are passed on by who has them."
        )
        return
    st.subheader("Pass one case on", anchor=False)
    table(
        _cases(sample.cases),
        caption="Cases that are not submitted yet",
        key="allocated",
        empty="Every case is submitted.",
        download="allocation.csv",
    )
    references = dict(zip(sample.cases["sampled_case_id"], sample.cases["reference"], strict=True))
    _pass_on({int(number): str(reference) for number, reference in references.items()}, person, "the case")


def _cases(cases: pd.DataFrame) -> pd.DataFrame:
    shown = cases.rename(
        columns={"reference": "Case", "team": "Team", "reviewer": "Reviewer", "due_on": "Due by"}
    )
    shown["State"] = cases["state"].map(_STATES).fillna("To do")
    shown["Reviewer"] = shown["Reviewer"].fillna("Nobody yet")
    return shown[["Case", "Team", "Reviewer", "State", "Due by"]]


def _share_out(sample: AllocatedSample) -> None:
    st.subheader("Share the cases out", anchor=False)
    if not sample.unallocated:
        st.write("Every case has its reviewer.")
    again = bool(sample.allocated) and st.checkbox(
        "Share out again also what is allocated and not begun", key=fresh(f"again-{sample.draw_id}")
    )
    if not sample.unallocated and not again:
        return
    names = {load.person_id: load.name for load in sample.reviewers}
    chosen = st.multiselect(
        "Reviewers",
        list(names),
        default=[load.person_id for load in sample.reviewers if load.away_until is None],
        format_func=names.__getitem__,
        key=fresh(f"reviewers-{sample.draw_id}"),
        placeholder="Choose who takes cases",
    )
    way = st.radio("How many cases", [_EVENLY, _SO_MANY], horizontal=True, key=fresh("way"))
    capacities: dict[int, int | None] = dict.fromkeys(chosen)
    if way == _SO_MANY:
        for number in chosen:
            most = st.number_input(
                f"At most so many more for {names[number]}", 0, 10_000, 10, key=fresh(f"most-{number}")
            )
            capacities[number] = int(most)
    due_on = date_input("Due by", fresh(f"due-{sample.draw_id}"), sample.due_on)
    try:
        with reading() as session:
            sharing = propose_sharing(
                session,
                session.get_one(Draw, sample.draw_id),
                capacities=capacities,
                again=again,
                by=signed_in(),
            )
    except Refused as refused:
        problem(str(refused))
        return
    if sharing.counts:
        shares = ", ".join(
            f"{as_typed(names[number])} {sharing.counts[number]:,}"
            for number in chosen
            if number in sharing.counts
        )
        st.write(f"Each case goes to somebody who had no hand in it. That gives: {shares}.")
    _left(sharing.left)
    if sharing.counts and st.button("Allocate the cases", type="primary"):
        carry_out(
            lambda session, by: allocate_cases(
                session,
                session.get_one(Draw, sample.draw_id),
                capacities=capacities,
                again=again,
                due_on=_if_another(due_on, sample.due_on),
                by=by,
            ),
            done=_done,
        )


def _if_another(due_on: date | None, of_plan: date) -> date | None:
    return None if due_on == of_plan else due_on


def _done(sharing: Sharing) -> str:
    return f"Allocated: {cases_in_words(len(sharing.reviewer_of))}."


def _left(left: tuple[LeftOver, ...]) -> None:
    """The cases that nobody gets: by name with the reasons, or only counted where names are sealed."""
    over = [case for case in left if not case.is_barred]
    if over:
        st.write(f"{cases_in_words(len(over))} left over: those who may have them take no more.")
    barred = [case for case in left if case.is_barred]
    if not barred:
        return
    lines = [
        f"- **{as_typed(case.reference)}**: {as_typed('; '.join(case.reasons))}"
        for case in barred
        if case.reference is not None
    ]
    st.warning(f"Nobody chosen may have {cases_in_words(len(barred))}.\n\n" + "\n".join(lines))


def _own(person: Person) -> None:
    with reading() as session:
        own = own_cases(session, person)
    if not own:
        return
    st.subheader("Pass one of your own cases on", anchor=False)
    st.write("What you have answered so far goes with the case.")
    words = {
        item.sampled_case_id: f"{item.reference}, {item.sample}, due {in_words(item.due_on)}" for item in own
    }
    _pass_on(words, person, "your case")
    link("reviews", "Go to your reviews")


def _pass_on(cases: dict[int, str], person: Person, what: str) -> None:
    """Choose a case and who gets it."""
    if not cases:
        return
    sampled_id = st.selectbox(
        f"Pass {what} on",
        list(cases),
        index=None,
        format_func=cases.__getitem__,
        key=fresh(what),
        placeholder="Choose a case",
    )
    if sampled_id is None:
        return
    with reading() as session:
        colleagues = colleagues_for(session, sampled_id, person)
    if what == "the case":
        colleagues = {person.id: f"{person.name} (you)", **colleagues}
    to = st.selectbox(
        f"Who gets {what}",
        list(colleagues),
        index=None,
        format_func=colleagues.__getitem__,
        key=fresh(f"{what}-to-{sampled_id}"),
        placeholder="Choose a colleague",
    )
    due_on = date_input(f"Day by which {what} is due, if it changes", fresh(f"{what}-due-{sampled_id}"))

    def pass_on(session: Session, by: Person) -> None:
        colleague = session.get_one(Person, given(to, "who gets the case"))
        reassign_case(session, session.get_one(SampledCase, sampled_id), to=colleague, due_on=due_on, by=by)

    if st.button(f"Give {what} to them"):
        carry_out(pass_on, done=lambda _: f"Passed on: {cases[sampled_id]}.")
