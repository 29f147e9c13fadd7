"""Closed periods: the figures that stand, what has changed since, and closing another."""

from datetime import date

import pandas as pd
import streamlit as st

from learning_register.period_figures import Figure
from learning_register.periods_closed import PeriodRow, close_period, closed_periods
from learning_register.report_contents import words_of
from learning_register.reporting import ReportKind
from qa_app.reports.kinds import period_words, periods_of
from qa_app.reports.method import FIGURES, of_figure
from qa_app.runtime import as_typed, carry_out, reading, signed_in, table
from qa_app.wording import cases_in_words, in_words, moment_in_words
from sampling.records.database import today

_LENGTHS = {"A month": ReportKind.MONTHLY, "A quarter": ReportKind.QUARTERLY, "A year": ReportKind.ANNUAL}
_SHOWN = 8  # periods, each with all that has changed since


def show() -> None:
    """What was closed, by whom, and what the books make of it now."""
    st.write(
        "Whoever closes a period puts their name to its figures. They stand; what is corrected, voided or "
        "comes in later shows beside them, here and in later reports."
    )
    with reading() as session:
        day = today(session)
        periods = closed_periods(session, signed_in(), most=_SHOWN)
    _close(day, {(period.first_day, period.last_day) for period in periods})
    if not periods:
        st.write("No period has been closed yet.")
    for period in periods:
        _show(period)


def _close(day: date, closed: set[tuple[date, date]]) -> None:
    length = st.radio("Close", list(_LENGTHS), horizontal=True, key="length")
    kind = _LENGTHS[length]
    choices = [period for period in periods_of(kind, day) if period not in closed]
    chosen = st.selectbox(
        "Period", choices, format_func=lambda one: period_words(kind, *one), key=f"close-{kind}"
    )
    if st.button("Close this period", disabled=chosen is None) and chosen is not None:
        first, last = chosen
        carry_out(
            lambda session, by: close_period(session, first, last, by=by),
            done=f"Closed: {period_words(kind, first, last)}.",
        )


def _show(period: PeriodRow) -> None:
    st.subheader(f"{in_words(period.first_day)} to {in_words(period.last_day)}", anchor=False)
    changed = len(period.restatements)
    words = f"Closed by {period.closed_by} on {moment_in_words(period.closed_at)}. "
    words += f"{cases_in_words(changed, 'restatement')} since." if changed else "Nothing has changed since."
    st.write(as_typed(words))
    if changed:
        table(
            pd.DataFrame(
                [
                    (FIGURES.get(each.name, each.name), _words(each.before), _words(each.after))
                    for each in period.restatements
                ],
                columns=["Figure", "When closed", "Now"],
            ),
            caption="Restatements",
            key=f"restated-{period.id}",
            download="restatements.csv",
        )
    with st.expander("The figures as they were closed"):
        table(
            pd.DataFrame(
                [(FIGURES.get(name, name), _words(figure)) for name, figure in period.figures.items()],
                columns=["Figure", "When closed"],
            ),
            caption="Figures of the period",
            key=f"closed-{period.id}",
            download="period.csv",
        )


def _words(figure: Figure | None) -> str:
    return ", ".join(words_of(cell) for cell in of_figure(figure) if cell is not None)
