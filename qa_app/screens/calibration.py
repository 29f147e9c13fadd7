"""Calibration sessions: the list, opening one, what everybody answered, and what was agreed."""

from datetime import timedelta

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
    go,
    in_words,
    link,
    number_in_address,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens.calibration_case import score_cases
from qa_app.wording import RESPONSES, cases_in_words, percent
from sampling.records.cases import Case
from sampling.records.database import today
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.calibration import (
    FEWEST_CASES,
    MOST_CASES,
    agree_answer,
    close_calibration,
    excuse_member,
    open_calibration,
)
from scorecards.calibration_results import (
    CalibrationCaseSheet,
    CalibrationSheet,
    Stage,
    calibration_candidates,
    calibration_reliability,
    calibration_reviewers,
    calibration_sheet,
    calibrations,
    may_open_calibration,
)
from scorecards.cards import published_scorecards
from scorecards.requirements import Requirement, allowed_responses
from scorecards.tables import ScorecardVersion
from scorecards.tables_agreement import CalibrationCase, CalibrationSession

STAGES = {
    Stage.SCORING: "Being scored, blind",
    Stage.TALKING: "All scores are in",
    Stage.CLOSED: "Closed",
}


def show() -> None:
    """The list, or one session."""
    person = signed_in()
    if "session" in st.query_params:
        try:
            with reading() as session:
                sheet = calibration_sheet(session, number_in_address("session", of="session"), person)
        except Refused as refused:
            title("Calibration")
            problem(str(refused))
            link("calibration", "Go to the list of sessions")
            return
        _show_session(sheet)
        return
    title(
        "Calibration",
        "Several reviewers score the same few cases without seeing one another's answers, then talk about "
        "where they differ. Nothing of it counts in any result.",
    )
    with reading() as session:
        rows = calibrations(session, person)
        may_open = may_open_calibration(session, person)
    if not rows:
        st.write("There is no session that you take part in." if not may_open else "There is no session yet.")
    for row in rows:
        left = f" · **{row.left} of {row.cases} cases left for you**" if row.left else ""
        words, way = st.columns([4, 1], vertical_alignment="center")
        words.markdown(
            f"**{as_typed(row.name)}** · {STAGES[row.stage]}{left}  \n{as_typed(row.card)} · "
            f"{cases_in_words(row.cases)} · {row.members} reviewers · due {in_words(row.due_on)}"
        )
        if way.button(f"Open {as_typed(row.name)}", key=f"open-{row.id}", width="stretch"):
            go("calibration", session=row.id)
    if may_open:
        _open()
    else:
        st.write("QA reviewers and the Head of Customer Care open sessions.")


def _open() -> None:
    st.subheader("Open a session", anchor=False)
    with reading() as session:
        cards = {
            version.id: f"{version.title}, version {version.version}"
            for version in published_scorecards(session)
        }
        cases = dict(calibration_candidates(session))
        people = dict(calibration_reviewers(session))
        day = today(session)
    if len(cases) < FEWEST_CASES:
        st.write(
            f"A session needs {FEWEST_CASES} closed cases that are in no sample, and there are {len(cases)}. "
            "Import closed cases first."
        )
        return
    name = st.text_input("Name of the session", key=fresh("calibration-name"))
    card = st.selectbox(
        "Scorecard", list(cards), format_func=cards.__getitem__, key=fresh("calibration-card")
    )
    chosen = st.multiselect(
        f"Cases, {FEWEST_CASES} to {MOST_CASES}",
        list(cases),
        format_func=cases.__getitem__,
        key=fresh("calibration-cases"),
        help="Closed cases that are in no sample, so that nobody knows an answer; the latest closed first.",
    )
    members = st.multiselect(
        "Reviewers", list(people), format_func=people.__getitem__, key=fresh("calibration-members")
    )
    due_on = date_input("Scores due by", fresh("calibration-due"), day + timedelta(days=14))
    if st.button("Open the session", type="primary"):

        def act(session: Session, by: Person) -> int:
            return open_calibration(
                session,
                name=name,
                version=session.get_one(ScorecardVersion, given(card, "the scorecard")),
                cases=[session.get_one(Case, case_id) for case_id in chosen],
                members=[session.get_one(Person, person_id) for person_id in members],
                due_on=given(due_on, "the day by which scores are due"),
                by=by,
            ).id

        opened = do(act, done=f"“{name.strip()}” is open. Its reviewers find it here.")
        if opened is not None:
            go("calibration", session=opened)


def _show_session(sheet: CalibrationSheet) -> None:
    state = f"{STAGES[sheet.stage]}; scores due by {in_words(sheet.due_on)}."
    title(as_typed(sheet.name), f"{as_typed(sheet.card)}. {state}")
    link("calibration", "Back to the list of sessions")
    if sheet.stage is Stage.SCORING:
        _progress(sheet)
        if sheet.takes_part:
            score_cases(sheet)
        return
    _reliability(sheet)
    st.subheader("Where reviewers differ", anchor=False)
    if not any(_differs(chosen, one) for chosen in sheet.cases for one in chosen.card.requirements):
        st.write("On no requirement of any case: everybody gave the same responses.")
    for chosen in sheet.cases:
        differing = [one for one in chosen.card.requirements if _differs(chosen, one)]
        if differing:
            st.markdown(f"**{as_typed(chosen.reference)}**")
        for requirement in differing:
            _difference(sheet, chosen, requirement)
    if sheet.stage is Stage.TALKING and sheet.may_close:
        st.divider()
        if sheet.differences:
            st.write(f"Differences without an agreed answer: {sheet.differences}.")
        if st.button("Close the session", type="primary"):
            carry_out(
                lambda session, by: close_calibration(
                    session, session.get_one(CalibrationSession, sheet.id), by=by
                ),
                done="The session is closed. What it agreed stays here.",
            )


def _progress(sheet: CalibrationSheet) -> None:
    table(
        pd.DataFrame(
            [(name, done, len(sheet.cases) - done) for _, name, done in sheet.members],
            columns=["Reviewer", "Handed in", "Left"],
        ),
        caption="Who has handed in how many cases. Answers are shown once all are in",
        key="calibration-progress",
    )
    waited_for = {person_id: name for person_id, name, done in sheet.members if done < len(sheet.cases)}
    if sheet.may_close and waited_for and len(sheet.members) > 2:
        with st.expander("Go on without somebody"):
            who = st.selectbox(
                "Who does not take part",
                list(waited_for),
                format_func=waited_for.__getitem__,
                key=fresh("who"),
            )
            reason = st.text_input("Why", key=fresh("excused-why"))
            if st.button("Go on without them"):
                carry_out(
                    lambda session, by: excuse_member(
                        session,
                        session.get_one(CalibrationSession, sheet.id),
                        session.get_one(Person, given(who, "who does not take part")),
                        reason=reason,
                        by=by,
                    ),
                    done="The session goes on without them. What they had handed in is kept, and left out.",
                )


def _reliability(sheet: CalibrationSheet) -> None:
    found = calibration_reliability(sheet)
    whole = found[0].figures
    st.write(
        f"Over {cases_in_words(len(sheet.cases))} and {len(sheet.members)} reviewers, two reviewers gave a "
        f"case the same result {_share(whole.percent)} of the time. So few cases say where to talk, not how "
        "well the office agrees."
    )
    table(
        pd.DataFrame(
            [
                (
                    row.text,
                    row.figures.cases,
                    _share(row.figures.percent),
                    _number_in_words(row.figures.alpha),
                    _number_in_words(row.figures.ac1),
                )
                for row in found
            ],
            columns=["What was judged", "Cases", "Same response", "Krippendorff's alpha", "Gwet's AC1"],
        ),
        caption="How far the reviewers agree",
        key="calibration-reliability",
        download="calibration.csv",
    )


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _number_in_words(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _differs(chosen: CalibrationCaseSheet, requirement: Requirement) -> bool:
    return len({response for response, _ in chosen.given[requirement.key].values()}) > 1


def _difference(sheet: CalibrationSheet, chosen: CalibrationCaseSheet, requirement: Requirement) -> None:
    key = f"{chosen.id}-{requirement.key}"
    with st.container(border=True):
        st.markdown(f"**{as_typed(requirement.text)}**")
        for name, (response, evidence) in chosen.given[requirement.key].items():
            words = f": {as_typed(evidence)}" if evidence else ""
            st.markdown(f"- {as_typed(name)}: **{RESPONSES[response]}**{words}")
        agreed = chosen.agreed.get(requirement.key)
        if sheet.stage is Stage.CLOSED:
            if agreed is not None:
                st.write(f"Agreed: {RESPONSES[agreed[0]]}. {as_typed(agreed[1])}")
            return
        options = list(allowed_responses(open_case=False))
        answer = st.radio(
            "Agreed answer",
            options,
            index=options.index(agreed[0]) if agreed else None,
            format_func=RESPONSES.__getitem__,
            horizontal=True,
            key=f"agreed-{key}",
        )
        change = st.text_input(
            "What the guidance should say, if it is to change",
            value=agreed[1] if agreed else "",
            key=f"guidance-{key}",
        )
        if st.button("Keep this answer", key=f"keep-{key}"):

            def act(session: Session, by: Person) -> None:
                agree_answer(
                    session,
                    session.get_one(CalibrationSession, sheet.id),
                    session.get_one(CalibrationCase, chosen.id),
                    requirement_key=requirement.key,
                    response=given(answer, "the agreed answer"),
                    guidance_change=change,
                    instead_of=agreed,
                    by=by,
                )

            carry_out(act, done="The agreed answer is kept.")
