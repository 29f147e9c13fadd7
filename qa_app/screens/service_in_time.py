"""Cases in time: the service standard in a period and over time, and the clocks of other documents."""

from datetime import date

import numpy as np
import streamlit as st

from qa_app.runtime import reading, signed_in, table
from qa_app.service_charts import in_time_chart
from qa_app.service_words import (
    HOW_IT_COUNTS,
    cases_for_table,
    clock_name,
    clock_sentences,
    in_time_sentences,
    months_for_table,
    shares_for_table,
    trend_words,
)
from qa_app.trend_words import period_in_words
from qa_app.wording import cases_in_words
from sampling.records.people import teams_managed
from sampling.records.service_settings import START_OF_CLOCK
from sampling.records.settings import setting
from scorecards.cases_as_at import CasesAsAt
from scorecards.clocks import shares
from scorecards.periods import MONTHS_OF, Grain, first_day, last_day, month_number, period_of
from scorecards.service_standards import InTime, other_clocks, service_months, service_standard
from scorecards.standing_out import Place, trend

_QUARTERS, _MONTHS = 8, 12


def show(cases: CasesAsAt) -> None:
    """The share of a period with what is behind it, by team and caseworker, and month by month."""
    assert cases.day is not None
    first, last = choose_period(cases.day)
    with reading() as session:
        found = service_standard(session, cases, first=first, last=last)
        on = min(last, cases.day)
        days = int(setting(session, "service_days", on))
        start = START_OF_CLOCK[setting(session, "service_clock", on)].lower()
        months = list(range(month_number(cases.day) - _MONTHS + 1, month_number(cases.day) + 1))
        rows, targets = service_months(session, found, months)
    st.markdown(" ".join(line for line in in_time_sentences(found, days=days, start=start) if line))
    with st.expander("What is counted, and when"):
        st.markdown(HOW_IT_COUNTS)
    _lists(found, key=f"{first}-{last}")
    if found.n and found.target is not None:
        _by("Team", "team", found)
        _by("Caseworker", "caseworker", found)
    st.subheader("Month by month", anchor=False)
    of_months = trend(
        rows.assign(target=[float(target) for target in targets])[~rows["is_partial"]], confidence=0.95
    )
    st.markdown(trend_words(of_months))
    shown = of_months.rows[of_months.rows["n"] > 0]
    if not shown.empty:
        st.altair_chart(
            in_time_chart(
                shown.assign(
                    label=[
                        f"{period_in_words(int(period), Grain.MONTH)}|n = {n:,}"
                        for period, n in zip(shown["period"], shown["n"], strict=True)
                    ],
                    share=shown["met"] / shown["n"],
                    stands_out=np.where(shown["place"] == Place.WITHIN, "", shown["place"].astype(str)),
                )
            ),
            alt=f"Share in time in each of the last {_MONTHS} months. {trend_words(of_months)}",
        )
        partial = (
            " Months of which the extracts may lack cases that ended early are left out."
            if rows["is_partial"].any()
            else ""
        )
        st.caption(
            "Diamond: share in time. Thick line: the standard of that month. Bar: where chance alone puts a "
            "month with as many cases, if the share of all months together holds. Triangle: outside it."
            + partial
        )
    with st.expander("See the figures"):
        table(
            months_for_table(rows, of_months, targets),
            caption=f"The last {_MONTHS} months, oldest first",
            key="service-months",
            download="service-standard-by-month.csv",
        )


def choose_period(day: date) -> tuple[date, date]:
    """A quarter or a month up to the day of the extract, by its first and last day."""
    this_month = month_number(day)
    quarters = [period_of(this_month, Grain.QUARTER) - 3 * back for back in range(_QUARTERS)]
    months = [this_month - back for back in range(_MONTHS)]
    periods = {period_in_words(start, Grain.QUARTER): (start, Grain.QUARTER) for start in quarters} | {
        period_in_words(start, Grain.MONTH): (start, Grain.MONTH) for start in months
    }
    chosen = st.selectbox("Period", list(periods), key="service-period", bind="query-params")
    start, grain = periods[chosen]
    return first_day(start), last_day(start + MONTHS_OF[grain] - 1)


def _lists(found: InTime, *, key: str) -> None:
    """The cases behind each figure."""
    in_time = found.rows[found.rows["days_late"] == 0]
    late = found.not_in_time
    lists = {
        "Not in time": late,
        "Of these, still open": late[late["state"] == "open"],
        "In time": in_time,
        "Set apart": found.apart,
    }
    chosen = st.segmented_control(
        "Cases behind the figures",
        list(lists),
        default="Not in time",
        required=True,
        format_func=lambda name: f"{name}: {len(lists[name]):,}",
        key=f"service-list-{key}",
    )
    rows = lists[chosen]
    table(
        cases_for_table(rows),
        caption=f"{chosen}: {cases_in_words(len(rows))}",
        key=f"service-cases-{key}-{chosen}",
        empty="There are none.",
        download="service-standard-cases.csv",
    )


def _by(what: str, column: str, found: InTime) -> None:
    assert found.target is not None
    rows = shares(found.rows, column)
    with st.expander(f"By {what.lower()}"):
        if column == "caseworker":
            _say_who_is_named()
        table(
            shares_for_table(rows, what, column, target=found.target),
            caption=f"In time by {what.lower()}",
            key=f"service-by-{column}",
            download=f"service-standard-by-{what.lower()}.csv",
        )


def _say_who_is_named() -> None:
    with reading() as session:
        names_some = bool(teams_managed(session, signed_in()))
    if not names_some:
        st.caption("Caseworkers are named to the line manager of their team only.")


def show_other_clocks(cases: CasesAsAt) -> None:
    """The clocks that the office has switched on, each with its source and its list."""
    assert cases.day is not None
    first, last = choose_period(cases.day)
    with reading() as session:
        found = other_clocks(session, cases, first=first, last=last)
    if not found:
        st.write(
            "No clock of another document is switched on. An administrator or the Head of Customer Care can "
            "switch them on under Office, Settings, from a day on: 20 working days from receipt, "
            "investigations in 13 weeks, cases over 26 weeks, service complaints in 16 weeks, updates every "
            "four weeks, acknowledgement in 3 working days, resolved in one, and complaints made after 12 "
            "months."
        )
        return
    for one in found:
        st.subheader(clock_name(one), anchor=False)
        st.caption(f"From: {one.clock.source}")
        st.markdown(" ".join(line for line in clock_sentences(one) if line))
        if one.column_missing:
            continue
        rows = one.over if one.in_time is None else one.in_time.not_in_time
        what = "On the list" if one.in_time is None else "Not in time"
        with st.expander(f"{what}: {cases_in_words(len(rows))}"):
            table(
                cases_for_table(rows),
                caption=f"{clock_name(one)}: {what.lower()}",
                key=f"clock-{one.clock.key}-{first}-{last}",
                empty="There are none.",
                download=f"{one.clock.key.replace('_', '-')}.csv",
            )
