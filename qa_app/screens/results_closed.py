"""Closed cases: one sample, its standards with their verdicts, and what lies behind them."""

from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.charts import counts_chart, verdict_chart
from qa_app.runtime import as_typed, link, reading, signed_in, table
from qa_app.wording import (
    MEASURES,
    VERDICTS,
    alternative_sentence,
    cases_in_words,
    percent,
    range_sentence,
    verdict_sentence,
    whole_percent,
)
from sampling.tables import Route
from scorecards.results import MeasureResult, SampleResult, result_samples, sample_result

_STRATA_IN_A_CHART = 25


def show() -> None:
    """Choose a sample, and read its results."""
    person = signed_in()
    with reading() as session:
        names = dict(result_samples(session, person))
    if not names:
        st.write(
            "No sample of closed cases has been drawn yet. Once one is drawn and cases are reviewed, "
            "each standard stands here with its verdict."
        )
        link("samples", "Go to Samples")
        return
    asked = st.query_params.get("sample", "")
    ids = list(names)
    chosen = st.selectbox(
        "Sample",
        ids,
        index=next((place for place, draw_id in enumerate(ids) if str(draw_id) == asked), 0),
        format_func=names.__getitem__,
        key="closed-sample",
    )
    with reading() as session:
        result = sample_result(session, chosen, person)
    _coverage(result)
    for measure in result.measures:
        _verdict(result, measure)
    if result.route != Route.THEMATIC:  # its standards are not judged, so no line is drawn for them
        _chart(result)
    if len(result.measures[0].strata) > 1:
        _strata(result)
    _left_out(result)


def _coverage(result: SampleResult) -> None:
    st.write(
        f"{result.reviewed:,} of {cases_in_words(result.drawn)} in the sample reviewed, "
        f"of {result.population:,} in all. "
        f"Draw {result.draw_number} of {result.draws_for_period} for this period."
    )
    if result.draws_for_period > 1:
        st.info(
            f"{result.draws_for_period} samples were drawn for this period. Read them together: "
            "the best of several draws says less than it seems to."
        )


def _verdict(result: SampleResult, measure: MeasureResult) -> None:
    against = Fraction(measure.standard)
    if result.route == Route.THEMATIC:
        st.subheader(MEASURES[measure.measure], anchor=False)
        st.write(
            f"{measure.met:,} of {measure.assessable:,} reviewed cases with a result met. A theme is read by "
            f"its counts: the standards are judged on central samples of closed cases only."
        )
        return
    st.subheader(
        f"{MEASURES[measure.measure]}: the standard is {whole_percent(measure.standard)}", anchor=False
    )
    words, _, rest = verdict_sentence(
        measure.judgement,
        outstanding=result.drawn - result.reviewed,
        not_assessable=result.reviewed - measure.assessable,
    ).partition(":")
    st.markdown(f"**{words}:**{as_typed(rest)}")
    more = [
        range_sentence(
            measure.likely_low,
            measure.likely_high,
            population=result.population,
            assurance=measure.assurance,
            against=against,
            weighted=measure.weighted_estimate,
        ),
        alternative_sentence(measure.met, measure.met_if_assessed, measure.assessable, against=against),
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
            pd.DataFrame([_figures(result, measure) for measure in result.measures]),
            caption="Standards, shares and limits",
            key="closed-figures",
            download="results.csv",
        )


def _figures(result: SampleResult, measure: MeasureResult) -> dict[str, object]:
    against, judgement = Fraction(measure.standard), measure.judgement

    def share(value: float | None) -> str:
        return "" if value is None else percent(value, against=against)

    return {
        "Measure": MEASURES[measure.measure],
        "Standard": whole_percent(measure.standard),
        "Verdict": VERDICTS[judgement.verdict],
        "Met": measure.met,
        "With a result": measure.assessable,
        "Drawn": result.drawn,
        "All cases": result.population,
        "Share": share(measure.share),
        "At least": share(judgement.lower),
        "At most": share(judgement.upper),
        "Assurance of each": whole_percent(measure.assurance),
        "Likely from": share(measure.likely_low),
        "Likely to": share(measure.likely_high),
    }


def _strata(result: SampleResult) -> None:
    st.subheader("By stratum", anchor=False)
    st.write("Counts of the sampled cases. They are too few to judge a stratum by itself.")
    measures = {measure.measure: measure for measure in result.measures}
    chosen = st.radio(
        "Show", list(measures), format_func=MEASURES.__getitem__, horizontal=True, key="closed-strata"
    )
    measure = measures[chosen]
    frame = pd.DataFrame(
        {
            "label": [stratum.label for stratum in measure.strata],
            "met": [stratum.met for stratum in measure.strata],
            "not_met": [stratum.assessable - stratum.met for stratum in measure.strata],
            "outstanding": [stratum.undecided for stratum in measure.strata],
        }
    )
    if len(frame) <= _STRATA_IN_A_CHART and not frame.empty:
        st.altair_chart(
            counts_chart(frame),
            alt=f"{MEASURES[chosen]}, sampled cases met and not met by stratum; the figures are below.",
        )
    rows = [
        {
            "Stratum": stratum.label,
            "All cases": stratum.population,
            "Drawn": stratum.drawn,
            "Reviewed": stratum.reviewed,
            "Met": stratum.met,
            "Not met": stratum.assessable - stratum.met,
            "Not assessable": stratum.reviewed - stratum.assessable,
            "Outstanding": stratum.outstanding,
        }
        for stratum in measure.strata
    ]
    with st.expander("See the figures"):
        table(
            pd.DataFrame(rows),
            caption=f"{MEASURES[chosen]} by stratum",
            key=f"strata-{chosen}",
            download=f"{chosen}-by-stratum.csv",
        )


def _left_out(result: SampleResult) -> None:
    st.subheader("What is counted how", anchor=False)
    excluded = [f"{count:,} {reason}" for reason, count in result.excluded.items() if count]
    if excluded:
        st.write(f"In no frame, so never drawn: {', '.join(excluded)}.")
    if result.not_found:
        st.write(
            f"{cases_in_words(result.not_found, 'case file')} could not be found. Such a case stays in the "
            "sample as not met."
        )
    if result.not_assessable:
        st.write(
            f"Nothing on the scorecard applied, for outcome or for method, in "
            f"{cases_in_words(len(result.not_assessable))}: {', '.join(result.not_assessable)}."
        )
    if not (excluded or result.not_found or result.not_assessable):
        st.write("Nothing was left out: every file was found, and every case reviewed so far has a result.")
    st.write(
        "A case's outcome is met when every applicable outcome requirement is met. “Not applicable” counts "
        "nowhere; “cannot assess” counts as not met."
    )
