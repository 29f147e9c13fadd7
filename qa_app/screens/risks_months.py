"""The months of casework risk: signing one off, and what was signed."""

from datetime import date

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.risk_words import BLANK, CATEGORIES, HIGH_RISK, risk_sentences
from qa_app.runtime import as_typed, fresh, reading, signed_in, table
from qa_app.unfinished import Form
from sampling.records.database import today
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.periods import first_day, month_number
from scorecards.recording_risk import sign_off_risks
from scorecards.risk_queries import SignedMonth, risk_figures, signed_months
from scorecards.tables_risk import RiskSignOff

_MONTHS = 6


def show() -> None:
    """The last finished months, signed or not, and the form to sign one."""
    with reading() as session:
        signed = signed_months(session, signed_in())
        this_month = month_number(today(session))
    known = {month.month for month in signed}
    waiting = [
        first_day(this_month - back)
        for back in range(1, _MONTHS + 1)
        if first_day(this_month - back) not in known
    ]
    if waiting:
        _sign(waiting)
    table(
        pd.DataFrame([_row(month) for month in signed]),
        caption="Months signed off, with their figures as they were kept",
        key="risk-signed",
        empty="No month has been signed off yet.",
        download="risks-signed-off.csv",
    )


def _sign(waiting: list[date]) -> None:
    month = st.selectbox(
        "Month to sign off",
        waiting,
        format_func=lambda day: f"{day:%B %Y}",
        key=fresh("risk-month"),
    )
    try:
        with reading() as session:
            figures = risk_figures(session, month)
    except Refused as refused:
        st.write(as_typed(str(refused)))
        return
    st.markdown(f"At the end of {month:%B %Y}: {' '.join(risk_sentences(figures))}")
    form = Form(f"risk-sign-{month}")
    with form.box():
        note = form.text_area(
            "What you looked at and decided",
            "note",
            help="Without anybody's name. It stands in the casework risk report.",
        )
        if st.button(f"Sign off {month:%B %Y}", type="primary", key=f"{form.key}-sign"):

            def sign(session: Session, by: Person) -> RiskSignOff:
                return sign_off_risks(session, month, note=note, by=by)

            form.carry_out(sign, done=f"The risks of {month:%B %Y} are signed off.")


def _row(month: SignedMonth) -> dict[str, object]:
    figures = month.figures
    return {
        "Month": f"{month.month:%B %Y}",
        "By": month.signed_by,
        "Signed": month.signed_at,
        "Open": figures["open"],
        "High risk": figures["high"],
        BLANK: figures["blank"],
        "Note": month.note,
        **{words: figures["categories"][key] for key, words in CATEGORIES.items()},
        **{words: figures["reasons"][key] for key, words in HIGH_RISK.items()},
    }
