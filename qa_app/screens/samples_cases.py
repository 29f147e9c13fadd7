"""Which cases a central or thematic sample is drawn from: period, filters and strata."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from qa_app.runtime import date_input, fresh, problem, reading, signed_in
from qa_app.sample_words import excluded_in_words, field_in_words
from qa_app.wording import cases_in_words
from sampling.case_filters import field_values, filter_fields
from sampling.planning import CasePreview, last_full_quarter, preview_case_sample
from sampling.records.cases import CaseState
from sampling.records.database import today
from sampling.refused import Refused
from sampling.tables import Route

_STATES = {CaseState.OPEN: "Open", CaseState.CLOSED: "Closed"}


@dataclass(frozen=True)
class Cases:
    """What was chosen, and what it comes to now."""

    period: tuple[date, date] | None
    filters: dict[str, list[Any]]
    stratify_by: str | None
    preview: CasePreview


def choose(route: Route, *, closed_only: bool) -> Cases | None:
    """Ask which cases; None, with the reason shown, while they cannot be drawn from.

    A standard is shown of closed cases only: open ones are another series.
    """
    with reading() as session:
        day = today(session)
        fields = [field for field in filter_fields(session) if field != "state"]
    period: tuple[date, date] | None = None
    filters: dict[str, list[Any]] = {}
    if route == Route.CENTRAL or st.checkbox("Only cases closed in a period", key=fresh("by-period")):
        period = _period(last_full_quarter(day), "Cases closed")
        if period is None:
            return None
    elif closed_only:
        st.caption("A standard is shown of closed cases only: what is found in an open one can be put right.")
        filters["state"] = [str(CaseState.CLOSED)]
    elif states := st.multiselect(
        "Open or closed",
        list(_STATES),
        default=list(_STATES),
        format_func=_STATES.__getitem__,
        key=fresh("states"),
        placeholder="Open and closed",
    ):
        filters["state"] = [str(state) for state in states]
    filters |= _filters(fields)
    field = st.selectbox(
        "Share the sample out by",
        ["", *fields],
        format_func=lambda field: field_in_words(field) or "Nothing: all cases together",
        key=fresh("strata"),
        help="The sample then has cases from every team, for example, in proportion to its size. It has to "
        "be larger, because the verdict must hold wherever the failing cases sit.",
    )
    stratify_by = field or None
    preview = _preview(route, period, filters, stratify_by)
    if preview is None:
        return None
    excluded = excluded_in_words(preview.excluded)
    if not preview.population:
        st.info(f"No case fits. Choose another period or fewer filters, or import an extract. {excluded}")
        return None
    kinds = "closed case" if route == Route.CENTRAL or period else "case"
    st.write(f"**{cases_in_words(preview.population, kinds)}** to draw from. {excluded}")
    return Cases(period, filters, stratify_by, preview)


def _period(default: tuple[date, date], label: str) -> tuple[date, date] | None:
    left, right = st.columns(2)
    with left:
        first = date_input(f"{label} from", fresh("first"), default[0])
    with right:
        last = date_input("to, and including", fresh("last"), default[1])
    if first is None or last is None:
        st.write("Type the first and the last day to see how many cases there are.")
        return None
    return first, last


def _filters(fields: list[str]) -> dict[str, list[Any]]:
    filters: dict[str, list[Any]] = {}
    chosen = st.multiselect(
        "Only some of the cases: filter by",
        fields,
        format_func=field_in_words,
        key=fresh("filters"),
        placeholder="No filter",
    )
    for field in chosen:
        try:
            with reading() as session:
                values = field_values(session, field)
        except Refused as refused:
            problem(str(refused))
            continue
        filters[field] = st.multiselect(
            field_in_words(field),
            list(values),
            format_func=values.__getitem__,
            key=fresh(f"filter-{field}"),
            placeholder="Any",
        )
    return filters


def _preview(
    route: Route,
    period: tuple[date, date] | None,
    filters: dict[str, list[Any]],
    stratify_by: str | None,
) -> CasePreview | None:
    try:
        with reading() as session:
            return preview_case_sample(
                session,
                route=route,
                period=period,
                filters=filters,
                stratify_by=stratify_by,
                by=signed_in(),
            )
    except Refused as refused:
        problem(str(refused))
        return None
