"""Cases held back: what waits and who may let it go, what went out all the same, and what was let go."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.held_words import LEVELS, STANDINGS, finding_in_words, for_days
from qa_app.runtime import (
    as_typed,
    carry_out,
    do,
    given,
    go,
    link,
    problem,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens.review_intervene import show_intervention
from qa_app.unfinished import Form
from qa_app.wording import cases_in_words, moment_in_words
from sampling.records.database import today
from sampling.refused import Refused
from scorecards.approvals import decision_levels
from scorecards.going_out import Standing
from scorecards.held_cases import (
    HeldDetail,
    HeldRow,
    choose_decision,
    held_cases,
    held_detail,
    release_case,
    tell_manager,
)
from scorecards.interventions import InterventionRow, interventions, put_outcomes_right
from scorecards.tables import Review
from scorecards.tables_intervention import HeldCase

_LEAD: Final = (
    "An open case is held back while a review finds an outcome requirement not met: it must not go out "
    "until that is put right, or somebody of the level releases it."
)
_WHO_SEES: Final = (
    "Its reviewer, the managers of its team, the Head and those who may release it see a held case here. Who "
    "reviews for QA sees it once they have scored the case themselves."
)


def show() -> None:
    """The list, or one held case with what may be done about it."""
    person = signed_in()
    with reading() as session:
        rows = held_cases(session, person)
        asked = interventions(session, person)
    if "held" in st.query_params:
        wanted = st.query_params["held"]
        _show_one(next((row for row in rows if str(row.held_id) == wanted), None))
        return
    title("Held cases", _LEAD)
    new = [row.held_id for row in rows if _waits(row) and row.is_own_team and row.told_at is None]
    if new:
        do(lambda session, by: tell_manager(session, new, by=by))
    parts: dict[str, Callable[[], None]] = {
        "Waiting": lambda: _waiting([row for row in rows if _waits(row)]),
        "Breaches": lambda: _breaches([row for row in rows if row.went_out]),
        "History": lambda: _history([row for row in rows if not _waits(row)]),
        "Interventions": lambda: _interventions(asked),
    }
    part = st.segmented_control(
        "What to show", list(parts), default="Waiting", required=True, key="part", bind="query-params"
    )
    parts[part]()


def _waits(row: HeldRow) -> bool:
    return row.standing == Standing.WAITING


def _waiting(rows: list[HeldRow]) -> None:
    if not rows:
        st.write(f"No case that you may see is held back now. {_WHO_SEES}")
        return
    st.write(f"{cases_in_words(len(rows))} held back, the longest {for_days(rows[0].days_held)}.")
    table(
        pd.DataFrame(
            {
                "Case": row.reference,
                "Team": row.team or "",
                "Held since": row.held_at,
                "Days": row.days_held,
                "Level that may release it": LEVELS[row.required_level],
                "Kind of decision": row.decision,
                "The team’s manager told": row.told_at is not None or row.is_own_team,
            }
            for row in rows
        ),
        caption="Cases that must not go out",
        key="held-waiting",
        download="held-cases.csv",
    )
    choices = {row.held_id: row.reference for row in rows}
    opened = st.selectbox(
        "Open a held case",
        list(choices),
        index=None,
        format_func=choices.__getitem__,
        placeholder="Choose a case",
    )
    if opened is not None:
        go("held_cases", held=opened)


def _breaches(rows: list[HeldRow]) -> None:
    st.write(
        "A breach is a held case that an import shows as closed, on or after the day it was held, without "
        "having been let go by then. It stays listed."
    )
    table(
        pd.DataFrame(
            {
                "Case": row.reference,
                "Team": row.team or "",
                "Held since": row.held_at,
                "Closed on": row.closed_on,
                "Level that should have released it": LEVELS[row.required_level],
                "The team’s manager told": row.told_at,
                "Now": STANDINGS[row.standing],
            }
            for row in rows
        ),
        caption="Held cases that went out",
        key="held-breaches",
        empty="No held case that you may see has gone out.",
        download="held-case-breaches.csv",
    )


def _history(rows: list[HeldRow]) -> None:
    table(
        pd.DataFrame(
            {
                "Case": row.reference,
                "Team": row.team or "",
                "Held since": row.held_at,
                "What became of it": STANDINGS[row.standing],
                "Let go": row.let_go_at,
                "By": row.let_go_by or "",
                "Why": row.let_go_reason,
                "Closed on": row.closed_on,
            }
            for row in reversed(rows)
        ),
        caption="Cases that are held back no more",
        key="held-history",
        empty="No held case that you may see has been let go, or has gone out, so far.",
        download="held-cases-history.csv",
    )


def _interventions(rows: list[InterventionRow]) -> None:
    if not rows:
        st.write(
            "Nobody has been asked to put anything right that you may see. A manager asks for it from an "
            "answer “not met” in the review of an open case."
        )
        return
    to_do = [row for row in rows if row.done_on is None]
    late = sum(row.days_overdue > 0 for row in to_do)
    st.write(f"{len(to_do):,} to do, {late:,} of them overdue; {len(rows) - len(to_do):,} done.")
    table(
        pd.DataFrame(
            {
                "Number": row.intervention_id,
                "Case": row.reference,
                "To put right": row.what,
                "Requirement": row.requirement,
                "Who": row.owner,
                "By": row.due_on,
                "Days overdue": row.days_overdue,
                "Done on": row.done_on,
                "What came of it": row.result,
                "Asked for by": row.made_by,
            }
            for row in rows
        ),
        caption="Interventions on open cases",
        key="interventions",
        download="interventions.csv",
    )
    choices = {row.intervention_id: row for row in to_do if row.may_finish}
    chosen = st.selectbox(
        "Record the result of an intervention",
        list(choices),
        index=None,
        format_func=lambda number: f"{number}: {choices[number].what}",
        placeholder="Choose an intervention" if choices else "None is yours to record",
    )
    if chosen is not None:
        show_intervention(choices[chosen])


def _show_one(row: HeldRow | None) -> None:
    if row is None:
        title("Held cases")
        problem("There is no such held case, or it is not for you to see. Choose one from the list.")
        link("held_cases", "All held cases")
        return
    state = f"{STANDINGS[row.standing]} {for_days(row.days_held)}." if _waits(row) else ""
    title(f"Held case {row.reference}", state or f"{STANDINGS[row.standing]}.")
    link("held_cases", "All held cases")
    facts = {
        "Team": row.team or "No team",
        "Held since": moment_in_words(row.held_at),
        "Kind of decision": row.decision,
        "Level that may release it": LEVELS[row.required_level],
    }
    if row.let_go_at is not None:
        facts["Let go"] = f"{moment_in_words(row.let_go_at)} by {row.let_go_by}"
        facts["Why"] = row.let_go_reason
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items()))
    if not _waits(row):
        return
    try:
        with reading() as session:
            detail = held_detail(session, row.held_id, signed_in())
    except Refused as refused:
        problem(str(refused))
        return
    _why(row, detail)
    if detail.answers_for_it:
        _put_right(row, detail)
    if detail.may_choose_decision:
        _choose_decision(row)
    _release(row, detail)


def _why(row: HeldRow, detail: HeldDetail) -> None:
    st.subheader("What holds it back", anchor=False)
    if not detail.file_found:
        st.write("The case file could not be found, so nothing shows that the requirements are met.")
    for finding in detail.findings:
        st.markdown(f"- **{as_typed(finding_in_words(finding))}**")
        if finding.evidence:
            st.text(finding.evidence)
    if detail.may_open_review:
        link("review", "Open the review", review=row.review_id)


def _put_right(row: HeldRow, detail: HeldDetail) -> None:
    if not detail.file_found:
        return
    st.subheader("It was put right", anchor=False)
    st.write(
        "What was found stays on record; that all of it is met now comes beside it, and the case may go."
    )
    form = Form(f"held-right-{row.held_id}")
    with form.box():
        reason = form.text_area("What was done, and where the file shows it", "reason", height=80)
        if st.button("All of it is met now", key=f"{form.key}-right"):
            form.carry_out(
                lambda session, by: put_outcomes_right(
                    session, session.get_one(Review, row.review_id), reason=reason, by=by
                ),
                done=f"{row.reference} was put right, and may go out.",
            )


def _choose_decision(row: HeldRow) -> None:
    with reading() as session:
        levels = {found.decision: found for found in decision_levels(session, today(session))}
    with st.expander("Say what kind of decision it is"), st.form(f"held-kind-{row.held_id}-{row.decision}"):
        chosen = st.selectbox(
            "Kind of decision",
            list(levels),
            index=list(levels).index(row.decision) if row.decision in levels else None,
            format_func=lambda name: f"{name} – {LEVELS[levels[name].level]}",
            placeholder="Choose a kind of decision",
            help="A higher level may be chosen freely. A lower one is chosen by somebody who may approve at "
            "the present level, and somebody else releases the case then.",
        )
        if st.form_submit_button("Save the kind of decision"):
            carry_out(
                lambda session, by: choose_decision(
                    session,
                    session.get_one(HeldCase, row.held_id),
                    decision=given(chosen, "the kind of decision"),
                    by=by,
                ),
                done="The kind of decision is saved; the level follows from it.",
            )


def _release(row: HeldRow, detail: HeldDetail) -> None:
    st.subheader("Release it as it is", anchor=False)
    if detail.not_released_because is not None:
        st.write(detail.not_released_because)
        if detail.releasers:
            st.write(f"These may release it: {as_typed(', '.join(detail.releasers))}.")
        else:
            st.write(
                "Nobody here may release it. An administrator names approvers on the screen “Office”, under "
                "Approvals."
            )
        return
    form = Form(f"held-release-{row.held_id}")
    with form.box():
        reason = form.text_area("Why may it go out although not all is met?", "reason", height=80)
        if st.button("Release the case", key=f"{form.key}-release"):
            form.carry_out(
                lambda session, by: release_case(
                    session, session.get_one(HeldCase, row.held_id), reason=reason, by=by
                ),
                done=f"{row.reference} is released, and may go out.",
            )
