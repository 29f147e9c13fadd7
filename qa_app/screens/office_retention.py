"""Retention: how long each class is kept, what would be due, what holds keep, and what was disposed of."""

from collections.abc import Callable
from datetime import date
from typing import Final

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app import office_queries, runtime
from qa_app.retention.disposing import disposal_log
from qa_app.retention.due import Due, due_records
from qa_app.wording import in_words
from sampling.records.database import today
from sampling.records.holds import HoldScope, holds, place_hold, release_hold
from sampling.records.people import Person
from sampling.records.retention import RULES, RecordClass, retention_in_words
from sampling.records.settings import setting
from sampling.records.tables_retention import RetentionHold
from sampling.refused import Refused

_ONE_CASE, _ONE_PERSON, _ONE_TEAM, _CLASS = (
    "One case",
    "One caseworker",
    "One team",
    "Everything of a class",
)
_SCOPES: Final = (_ONE_CASE, _ONE_PERSON, _ONE_TEAM, _CLASS)


def show() -> None:
    """The periods, a dry run of one class, the holds, and the log."""
    with runtime.reading() as session:
        by = runtime.signed_in()
        day = today(session)
        periods = {kind: setting(session, f"retention_{kind}", day) for kind in RecordClass}
        kept, log = holds(session, by=by), disposal_log(session, by=by)
    st.write(
        "Nothing is ever disposed of by itself. Set a period under Settings, look here at what is due, place "
        "a hold on what somebody outside may still ask for, and dispose of the rest at the command line."
    )
    runtime.table(_classes(periods), caption="Classes of record and how long they are kept", key="classes")
    _dry_run(day)
    _place()
    runtime.table(
        kept,
        caption="Holds, the newest first",
        key="holds",
        empty="Nothing is held. What is due can be disposed of.",
        download="holds.csv",
    )
    _release(kept)
    runtime.table(
        log,
        caption="Disposal log, the newest first",
        key="disposals",
        empty="Nothing has been disposed of so far.",
        download="disposal-log.csv",
    )
    with st.expander("What disposing does, and what it leaves"):
        st.write(
            "Names and texts are taken out of the records where they are; the records stay, so that every "
            "count, verdict and trend of a team and a period comes out as before. They are taken out of the "
            "audit trail too, and it still holds. Nobody can bring them back. Reports that were issued stay "
            "as they are. Who did what stays in the audit trail by name. Backups made before hold everything "
            "until they are deleted."
        )


def _classes(periods: dict[RecordClass, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Class": rule.title,
            "Kept": retention_in_words(periods[kind]),
            "Counted from": rule.counted_from[0].upper() + rule.counted_from[1:],
        }
        for kind, rule in RULES.items()
    )


def _dry_run(day: date) -> None:
    with st.expander("See what would be due", key="dry-run"):
        kind: RecordClass | None = st.selectbox(
            "Class of record",
            list(RecordClass),
            index=None,
            format_func=_title,
            placeholder="Choose a class",
            key="due-class",
        )
        until = runtime.date_input("Whose period is over by", key="due-until", value=day)
        if kind is None or until is None:
            st.write("Choose a class and a day. Nothing is changed by looking.")
            return
        try:
            with runtime.reading() as session:
                due = due_records(session, kind, until=until, by=runtime.signed_in())
        except Refused as refused:
            runtime.problem(str(refused))
            return
        _due(due)


def _due(due: Due) -> None:
    rule = RULES[due.kind]
    title = rule.title
    st.markdown(f"**Holds**: {rule.holds}.  \n**Is taken out**: {rule.erased}.  \n**Stays**: {rule.stays}.")
    if due.years is None:
        st.write(f"{title} have no period, so all are kept. Set one under Settings, Retention.")
        return
    if not due.numbers:
        st.write(f"None of the {title.lower()} is due by {in_words(due.until)}.")
    else:
        assert due.oldest is not None
        st.write(
            f"{len(due.numbers):,} due by {in_words(due.until)}; the oldest is counted from "
            f"{in_words(due.oldest)}. Whoever looks after the database disposes of them with:"
        )
        st.code(
            f"qa retention dispose --class {due.kind} --until {due.until} --confirm {len(due.numbers)} "
            f"--by {runtime.signed_in().email}",
            language=None,
        )
    runtime.table(
        pd.DataFrame(
            {
                "Number": one.record,
                "Counted from": one.counted_from,
                "Holds": ", ".join(map(str, one.holds)),
                "Why it is kept": one.why,
            }
            for one in due.kept
        ),
        caption="Kept though their period is over",
        key=f"kept-{due.kind}",
        empty="No hold keeps any of them, and none waits for something.",
        download=f"kept-{due.kind}.csv",
    )


def _place() -> None:
    with st.expander("Place a hold", key="place-hold"):
        what = st.selectbox("What is held", _SCOPES, key="hold-scope")
        with runtime.reading() as session:
            people = {one.id: one.words for one in office_queries.person_choices(session)}
            teams = {one.id: one.words for one in office_queries.team_choices(session)}
        with st.form(runtime.fresh(f"hold-{what}"), border=False):
            scope = _scope(what, people, teams)
            reason = st.text_area("Why it is held", help="Such as: the ombudsman may still look at it.")
            if st.form_submit_button("Place the hold"):
                runtime.carry_out(
                    lambda session, by: place_hold(session, scope(), reason=reason or "", by=by),
                    done="The hold is placed. What it keeps is not disposed of until the hold is released.",
                )


def _scope(what: str, people: dict[int, str], teams: dict[int, str]) -> Callable[[], HoldScope]:
    """Asks for what is held; what was chosen is looked at once the form is sent."""
    if what == _ONE_CASE:
        reference = st.text_input("Reference of the case")
        return lambda: HoldScope(reference=reference or "")
    if what == _ONE_PERSON:
        person = st.selectbox("Caseworker", list(people), index=None, format_func=people.__getitem__)
        return lambda: HoldScope(person_id=runtime.given(person, "the caseworker"))
    if what == _ONE_TEAM:
        team = st.selectbox("Team", list(teams), index=None, format_func=teams.__getitem__)
        return lambda: HoldScope(team_id=runtime.given(team, "the team"))
    kind = st.selectbox("Class", list(RecordClass), index=None, format_func=_title)
    return lambda: HoldScope(kind=runtime.given(kind, "the class"))


def _release(kept: pd.DataFrame) -> None:
    in_force = kept[kept["Released"].isna()]
    if in_force.empty:
        return
    words = {int(row["Hold"]): f"{row['Hold']}: {row['What is held']}" for _, row in in_force.iterrows()}
    with st.expander("Release a hold", key="release-hold"), st.form(runtime.fresh("release"), border=False):
        number = st.selectbox("Hold", list(words), index=None, format_func=words.__getitem__)
        reason = st.text_area("Why it is released")
        if st.form_submit_button("Release the hold"):
            runtime.carry_out(
                lambda session, by: _released(session, number, reason or "", by),
                done="The hold is released.",
            )


def _released(session: Session, number: int | None, reason: str, by: Person) -> None:
    hold = session.get_one(RetentionHold, runtime.given(number, "the hold"))
    release_hold(session, hold, reason=reason, by=by)


def _title(kind: RecordClass) -> str:
    return RULES[kind].title
