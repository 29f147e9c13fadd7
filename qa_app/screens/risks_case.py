"""The risks of one case: what was recorded of it so far, and a new record."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.changed_meanwhile import Watched
from qa_app.risk_words import CATEGORIES, HIGH_RISK, categories_in_words, reasons_in_words
from qa_app.runtime import (
    as_typed,
    link,
    number_in_address,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.unfinished import Form
from sampling.records.cases import Case
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.cases_as_at import NO_SUCH_CASE
from scorecards.recording_risk import may_record_risk, record_risk
from scorecards.risk_queries import recorded_risks
from scorecards.tables_risk import RiskRecord


def show() -> None:
    """The history of records, and the form for the next one."""
    case_id = number_in_address("case", of="case")
    person = signed_in()
    with reading() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise Refused(NO_SUCH_CASE)
        history = recorded_risks(session, case, person)
        may_record = may_record_risk(session, case, person)
    title(f"Risks of case {as_typed(case.reference)}")
    link("risks", "All risks")
    st.write(f"In the case system: {as_typed(case.risk or 'nothing said')}.")
    if may_record:
        _form(case, person)
    else:
        st.write(f"The case is {case.state}: risks are recorded while a case is open.")
    table(
        pd.DataFrame(
            {
                "Recorded": [one.recorded_at for one in history],
                "By": [one.recorded_by for one in history],
                "Categories": [categories_in_words(one.categories) for one in history],
                "High risk for": [reasons_in_words(one.high_risk) for one in history],
                "Note": [one.note for one in history],
            }
        ),
        caption="What was recorded so far, the newest first",
        key=f"risk-history-{case_id}",
        empty="Nobody has recorded the risks of this case yet.",
    )


def _form(case: Case, person: Person) -> None:
    def words(session: Session) -> dict[str, str]:
        newest = next(iter(recorded_risks(session, session.get_one(Case, case.id), person)), None)
        if newest is None:
            return {}
        return {
            "the categories": categories_in_words(newest.categories),
            "high risk for": reasons_in_words(newest.high_risk),
        }

    form = Form(
        f"risk-{case.id}", watching=Watched((Case, case.id), f"case {case.id}", ["record_risk"], words)
    )
    with form.box():
        categories = st.multiselect(
            "Categories",
            list(CATEGORIES),
            format_func=CATEGORIES.__getitem__,
            key=f"{form.key}-categories",
            placeholder="Choose those that apply",
            help="“None identified” only once you have considered the risk in full; it stands alone.",
        )
        high_risk = st.multiselect(
            "Why it is a high-risk case",
            list(HIGH_RISK),
            format_func=HIGH_RISK.__getitem__,
            key=f"{form.key}-high",
            placeholder="Nothing, or the reasons",
        )
        note = form.text_area(
            "Note", "note", help="Without anybody's name. Needed where the category is “Other”."
        )
        if st.button("Record the risks", type="primary", key=f"{form.key}-record"):

            def record(session: Session, by: Person) -> RiskRecord:
                return record_risk(
                    session,
                    session.get_one(Case, case.id),
                    categories=categories,
                    high_risk=high_risk,
                    note=note,
                    by=by,
                )

            form.carry_out(record, done=f"The risks of case {case.reference} are recorded.")
