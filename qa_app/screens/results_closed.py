"""Closed cases and themes: one sample, its standards with their verdicts, and what lies behind them."""

from collections.abc import Mapping
from fractions import Fraction

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from qa_app.charts import verdict_chart
from qa_app.result_words import (
    DEMONSTRATION,
    basis_sentence,
    cost_sentence,
    draws_sentence,
    method_sentence,
    plan_sentence,
    progress_sentence,
    rerolls_sentence,
    scope_sentence,
)
from qa_app.runtime import as_typed, link, reading, signed_in, table
from qa_app.screens import results_details
from qa_app.wording import (
    MEASURES,
    SERIES,
    VERDICTS,
    alternative_sentence,
    cases_in_words,
    percent,
    range_sentence,
    theme_sentence,
    verdict_sentence,
    whole_percent,
)
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.measure_results import MeasureResult
from scorecards.result_counts import SeriesResult
from scorecards.results import SampleResult, result_samples, sample_result, visible_sample


def show() -> None:
    """Choose a sample, and read its results."""
    person = signed_in()
    with reading() as session:
        names = dict(result_samples(session, person))
        asked = st.query_params.get("sample", "")
        why_not = _why_not(session, asked, names, person)
    if why_not:
        st.warning(as_typed(why_not))
    if not names:
        st.write(
            "No sample of closed cases has been drawn yet. Once one is drawn and cases are reviewed, "
            "each standard stands here with its verdict."
        )
        link("samples", "Go to Samples")
        return
    ids = list(names)
    first = None if why_not else 0
    chosen = st.selectbox(
        "Sample",
        ids,
        index=next((place for place, draw_id in enumerate(ids) if str(draw_id) == asked), first),
        format_func=names.__getitem__,
        key="closed-sample",
    )
    if chosen is None:
        return
    with reading() as session:
        result = sample_result(session, chosen, person)
    _progress(result)
    for measure in result.measures:
        _verdict(result, measure)
    if result.measures:
        _chart(result)
        results_details.show(result)
    if result.route == Route.THEMATIC:
        _theme(result)
    _left_out(result)


def _why_not(session: Session, asked: str, names: Mapping[int, str], person: Person) -> str:
    """Why the sample that was asked for has no results of its own: it was voided, say. Empty if it has."""
    if not asked.isdecimal() or int(asked) in names:
        return ""
    try:
        visible_sample(session, int(asked), person)
    except Refused as refused:
        return str(refused)
    return ""


def _progress(result: SampleResult) -> None:
    """How far the sample is, which draw it is, and what it was planned for."""
    if result.is_demonstration:
        st.warning(DEMONSTRATION)
    st.progress(result.reviewed / max(result.drawn, 1), text=progress_sentence(result))
    of = "theme" if result.route == Route.THEMATIC else "period"
    st.write(f"{draws_sentence(result.draws, of)} {plan_sentence(result)}".strip())
    # What is only counted passes nothing.
    if result.measures and (rerolls := rerolls_sentence(result.draws, result.assurance)):
        st.info(rerolls)
    link("samples", "This sample in the register", part="Register", sample=result.draw_id)


def _theme(result: SampleResult) -> None:
    if not result.measures:
        st.write(
            "A theme is read by its counts: the office's standards are judged on central samples of closed "
            "cases only."
        )
    if len(result.series) > 1:
        st.write(
            "Open and closed cases are counted apart, since what is found in an open case can still be put "
            "right. Each case counts as what it was when the sample was frozen."
        )
    for series in result.series:
        st.subheader(SERIES[series.state], anchor=False)
        st.write(
            f"{series.reviewed:,} of {cases_in_words(series.drawn)} in the sample reviewed, "
            f"of {series.population:,} in all."
        )
        for measure in series.measures:
            st.write(f"**{MEASURES[measure.measure]}:** {theme_sentence(measure)}")
        if len(series.measures[0].strata) > 1:
            results_details.strata_of_series(
                series.measures, key=series.state, label=f"Show of the {SERIES[series.state].lower()}"
            )


def _verdict(result: SampleResult, measure: MeasureResult) -> None:
    against = Fraction(measure.standard)
    st.subheader(
        f"{MEASURES[measure.measure]}: the standard is {whole_percent(measure.standard)}", anchor=False
    )
    if measure.office_standard is not None:
        st.caption(
            f"This is the plan's own standard: the sample was sized for it. The office's is "
            f"{whole_percent(measure.office_standard)}."
        )
    judgement = measure.judgement
    judged = sum(stratum.drawn for stratum in measure.strata)
    outstanding = sum(stratum.outstanding for stratum in measure.strata)
    words, _, rest = verdict_sentence(
        judgement, outstanding=outstanding, not_assessable=judged - outstanding - measure.assessable
    ).partition(":")
    st.markdown(f"**{words}:**{as_typed(rest)}")
    more = [
        method_sentence(judgement),
        scope_sentence(measure),
        range_sentence(
            measure.likely_low,
            measure.likely_high,
            population=judgement.population,
            assurance=measure.assurance,
            against=against,
            weighted=measure.weighted_estimate,
        ),
        basis_sentence(measure, result),
        alternative_sentence(measure.met, measure.met_if_assessed, measure.assessable, against=against),
        cost_sentence(judgement),
    ]
    if any(more):
        st.write(" ".join(sentence for sentence in more if sentence))


def _chart(result: SampleResult) -> None:
    frame = pd.DataFrame(
        {
            "label": [MEASURES[measure.measure] for measure in result.measures],
            "share": [measure.share for measure in result.measures],
            "low": [measure.likely_low for measure in result.measures],
            "high": [measure.likely_high for measure in result.measures],
            "standard": [float(measure.standard) for measure in result.measures],
        }
    )
    if frame["share"].isna().all():
        return
    read = "; ".join(
        f"{MEASURES[measure.measure].lower()} {VERDICTS[measure.judgement.verdict].lower()}"
        for measure in result.measures
    )
    st.altair_chart(verdict_chart(frame), alt=f"Shares that meet, beside their standards: {read}.")
    st.caption(
        "Diamond: share of the reviewed cases. Bar: likely range of the share of all cases. "
        "Black line: the standard."
    )
    with st.expander("See the figures"):
        table(
            pd.DataFrame([_figures(measure) for measure in result.measures]),
            caption="Standards, shares and limits",
            key="closed-figures",
            download="results.csv",
        )


def _figures(measure: MeasureResult) -> dict[str, object]:
    against, judgement = Fraction(measure.standard), measure.judgement

    def share(value: float | None) -> str:
        return "" if value is None else percent(value, against=against)

    return {
        "Measure": MEASURES[measure.measure],
        "Standard": whole_percent(measure.standard),
        "Verdict": VERDICTS[judgement.verdict],
        "Met": measure.met,
        "With a result": measure.assessable,
        "Drawn": judgement.reviewed,
        "All cases": judgement.population,
        "Share": share(measure.share),
        "At least": share(judgement.lower),
        "At most": share(judgement.upper),
        "Method": judgement.method,
        "Assurance of each": whole_percent(measure.assurance),
        "Likely from": share(measure.likely_low),
        "Likely to": share(measure.likely_high),
    }


def _left_out(result: SampleResult) -> None:
    st.subheader("What is counted how", anchor=False)
    excluded = [f"{count:,} {reason}" for reason, count in result.excluded.items() if count]
    if excluded:
        st.write(f"In no frame, so never drawn: {', '.join(excluded)}.")
    for part in result.series or (result,):
        of = f"**{SERIES[part.state]}.** " if isinstance(part, SeriesResult) else ""
        if part.not_found:
            st.write(
                f"{of}{cases_in_words(part.not_found, 'case file')} could not be found. Such a case stays in "
                "the sample as not met."
            )
        if part.not_assessable:
            st.write(
                f"{of}Nothing on the scorecard applied, for outcome or for method, in "
                f"{cases_in_words(len(part.not_assessable))}: {', '.join(part.not_assessable)}."
            )
    if not (excluded or result.not_found or result.not_assessable):
        st.write("Nothing was left out: every file was found, and every case reviewed so far has a result.")
    st.write(
        "A case's outcome is met when every applicable outcome requirement is met. “Not applicable” counts "
        "nowhere; “cannot assess” counts as not met."
    )
