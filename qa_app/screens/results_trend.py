"""Results over time: the standards by month or quarter, the verdicts of whole samples, and each scorecard."""

import pandas as pd
import streamlit as st

from qa_app.result_charts import count_chart, trend_chart
from qa_app.runtime import link, reading, signed_in, table
from qa_app.screens.results_cases import list_cases
from qa_app.screens.results_choices import Choice, choose
from qa_app.trend_words import (
    MEASURES,
    PLACES,
    counts_sentence,
    judgement_in_words,
    period_in_words,
    share_in_words,
    trend_sentences,
)
from qa_app.wording import VERDICTS, alternative_sentence, percent, whole_percent
from scorecards.periods import MONTHS_OF, Grain, first_day
from scorecards.result_cells import by_period, cells
from scorecards.review_counts import CaseGroup, cases_not_met
from scorecards.standing import cards_used, parts_standing, sample_verdicts, standard_on
from scorecards.standing_out import Place, Trend, count_series, trend

GRAINS = {"Months": Grain.MONTH, "Quarters": Grain.QUARTER}


def show() -> None:
    """Choose what is followed; its trend, what whole samples say, each scorecard, and the counts."""
    choice = choose(measure=True, team=True, years="Last 24 months")
    if choice is None:
        return
    grain = choose_grain()
    st.subheader(f"{MEASURES[choice.measure]} by {grain}", anchor=False)
    found = cells(by_period(choice.part, grain), "period", choice.measure, confidence=choice.confidence)
    of_periods = trend(found, confidence=choice.confidence)
    show_trend(of_periods, choice, grain)
    if of_periods.n:
        _cases(choice, of_periods, grain)
    _samples(choice)
    _scorecards(choice)
    _counts(found, choice, grain)


def choose_grain() -> Grain:
    """Whether a point is a month or a quarter."""
    return GRAINS[st.radio("One point for each of the", list(GRAINS), horizontal=True, key="results-grain")]


def show_trend(of: Trend, choice: Choice, grain: Grain, *, of_requirement: bool = False) -> None:
    """The sentences of a trend, its chart and its table; one requirement has no standard of its own."""
    standard = None if of_requirement else choice.standard
    sentences = trend_sentences(of, grain, standard=standard)
    rows = of.rows[of.rows["n"] > 0]
    if of.rate is not None and standard is not None:
        met = int(rows["met_if_assessed"].sum())
        sentences.append(alternative_sentence(of.met, met, of.n, against=standard))
    st.markdown(" ".join(sentence for sentence in sentences if sentence))
    if of.rate is None:
        return
    names = [period_in_words(int(period), grain) for period in rows["period"]]
    labels = [f"{name}|n = {n:,}" for name, n in zip(names, rows["n"], strict=True)]
    places = [PLACES[Place(place)] for place in rows["place"]]
    chart = rows.assign(
        label=labels, stands_out=["" if words == PLACES[Place.WITHIN] else words for words in places]
    )
    st.altair_chart(
        trend_chart(chart, standard=None if standard is None else float(standard), pooled=of.rate),
        alt=f"Share that is met in each {grain}, with its limits. {sentences[0]}",
    )
    st.caption(
        f"Diamond: share of the {grain}, with its likely range as a thin line. Bar: where a {grain} with as "
        "many cases stays, if nothing has changed. Triangle: outside. Broken line: all together."
        + ("" if standard is None else " Solid line: the standard.")
    )

    def range_of(low: str, high: str) -> list[str]:
        return [f"{percent(a)} to {percent(b)}" for a, b in zip(rows[low], rows[high], strict=True)]

    with st.expander("See the figures"):
        table(
            pd.DataFrame(
                {
                    grain.capitalize(): [
                        f"{name} so far" if _is_unfinished(int(period), choice, grain) else name
                        for name, period in zip(names, rows["period"], strict=True)
                    ],
                    "With a result": rows["n"],
                    "Met": rows["met"],
                    "Share": [percent(share, against=standard) for share in rows["share"]],
                    "Likely range": range_of("low", "high"),
                    "Ordinary": range_of("limit_low", "limit_high"),
                    "Against the limits": places,
                    **_reached(rows, choice, of_requirement=of_requirement),
                }
            ),
            caption=f"By {grain}, oldest first",
            key=f"trend-{of_requirement}",
            download="results-over-time.csv",
        )


def _reached(rows: pd.DataFrame, choice: Choice, *, of_requirement: bool) -> dict[str, list[str]]:
    """Whether the open cases of each period reached the standard of its first day, as a count.

    A quarter of closed cases has its verdict by its whole sample.
    """
    if choice.group is not CaseGroup.OPEN or of_requirement:
        return {}
    with reading() as session:
        standards = [standard_on(session, choice.measure, first_day(int(at))) for at in rows["period"]]
    words = [
        f"{judgement_in_words(None, int(met), int(n), standard=standard)} ({whole_percent(standard)})"
        for met, n, standard in zip(rows["met"], rows["n"], standards, strict=True)
    ]
    return {"Standard": words}


def _cases(choice: Choice, of: Trend, grain: Grain) -> None:
    with st.expander("See the cases that are not met"):
        periods = [int(period) for period in of.rows.loc[of.rows["met"] < of.rows["n"], "period"]]
        if not periods:
            st.write("Every case with a result is met.")
            return
        chosen = st.selectbox(
            f"In the {grain}",
            periods[::-1],
            format_func=lambda period: period_in_words(period, grain),
            key=f"trend-cases-{grain}",
        )
        if chosen is None:
            return
        with reading() as session:
            found = cases_not_met(
                session,
                choice.group,
                signed_in(),
                of=choice.measure,
                scorecard=choice.scorecard,
                team=choice.team,
                months=(
                    max(chosen, choice.months[0]),
                    min(chosen + MONTHS_OF[grain] - 1, choice.months[1]),
                ),
            )
        list_cases(found, key="trend-cases")


def _samples(choice: Choice) -> None:
    with reading() as session:
        verdicts = sample_verdicts(session, choice.group, signed_in(), measure=choice.measure)
    if not verdicts:
        return
    st.subheader("Verdicts of whole samples", anchor=False)
    st.write("Each by the rule that its plan registered, for all the cases it was drawn from.")
    rows = [
        {
            "Sample": verdict.name,
            "Verdict": VERDICTS[verdict.result.judgement.verdict],
            "Standard": whole_percent(verdict.result.standard),
            "Met": verdict.result.met,
            "With a result": verdict.result.assessable,
            "Drawn": verdict.drawn,
            "Share": _range(verdict.result.share),
            "Likely range": _range(verdict.result.likely_low, verdict.result.likely_high),
        }
        for verdict in verdicts
    ]
    table(pd.DataFrame(rows), caption="Newest samples first", key="sample-verdicts", download="verdicts.csv")
    link("results", "See a sample in full", part="Closed cases and themes", sample=verdicts[0].draw_id)


def _range(*values: float | None) -> str:
    return " to ".join(percent(value) for value in values if value is not None)


def _scorecards(choice: Choice) -> None:
    part = choice.part
    with reading() as session:
        titles = cards_used(session, part)
        if len(titles) < 2:
            return
        found = parts_standing(
            session,
            part,
            choice.group,
            by="scorecard",
            measure=choice.measure,
            standard=choice.standard,
            confidence=choice.confidence,
        )
    st.subheader("By scorecard", anchor=False)
    st.write(
        "All versions of each card, by their titles. The cards ask different things, so their shares are not "
        "compared."
    )
    standing_table(found.assign(label=found["scorecard"].map(titles)), choice, "Scorecard")


def standing_table(found: pd.DataFrame, choice: Choice, what: str, **more: object) -> None:
    """Counts, share with its interval and verdict of each `label`, in the order of the labels."""
    found = found.sort_values("label")
    is_theme = choice.group in (CaseGroup.THEME_CLOSED, CaseGroup.THEME_OPEN)
    uneven = choice.group is CaseGroup.CLOSED and found["judgement"].isna().any()
    verdicts = [
        judgement_in_words(
            row["judgement"],
            int(row["met"]),
            int(row["n"]),
            standard=choice.standard if choice.group is CaseGroup.OPEN else None,
        )
        for _, row in found.iterrows()
    ]
    table(
        pd.DataFrame(
            {
                what: found["label"],
                "Reviewed": found["reviewed"],
                "With a result": found["n"],
                "Met": found["met"],
                "Share": [
                    share_in_words(row["share"], row["low"], row["high"], against=choice.standard)
                    for _, row in found.iterrows()
                ],
                **({} if is_theme else {f"Standard of {whole_percent(choice.standard)}": verdicts}),
                **more,
            }
        ),
        caption=f"{MEASURES[choice.measure]} by {what.lower()}",
        key=f"standing-{what}",
        download=f"results-by-{what.lower()}.csv",
    )
    if choice.group is CaseGroup.CLOSED:
        st.caption(
            "Verdicts here are on cases like these, as many as there may come: the verdict on a quarter is "
            "that of its whole sample."
            + (
                " “Counts only”: the cases were drawn at rates so different that a verdict would mislead."
                if uneven
                else ""
            )
        )


def _counts(found: pd.DataFrame, choice: Choice, grain: Grain) -> None:
    """How many cases there were in each finished period; one without any counts as none."""
    kinds = {
        "Cases reviewed": found.set_index("period")["reviewed"],
        "Cases not met": (found["n"] - found["met"]).set_axis(found["period"]),
    }
    st.subheader(f"How many a {grain}", anchor=False)
    kind = st.radio("Count", list(kinds), horizontal=True, key="results-counted")
    counts = kinds[kind]
    step = MONTHS_OF[grain]
    finished = (
        [
            period
            for period in range(int(found["period"].min()), int(found["period"].max()) + 1, step)
            if not _is_unfinished(period, choice, grain)
        ]
        if len(found)
        else []
    )
    series = count_series(finished, [int(counts.get(period, 0)) for period in finished])
    sentence = counts_sentence(series, grain, kind.lower())
    st.write(sentence)
    limits = series.limits
    if limits.mean is None or limits.low is None or limits.high is None:
        return
    names = [period_in_words(int(period), grain) for period in series.rows["period"]]
    st.altair_chart(
        count_chart(
            series.rows.assign(label=names), low=limits.low, mean=limits.mean, high=limits.high, noun=kind
        ),
        alt=f"{kind} in each {grain}. {sentence}",
    )
    st.caption(
        f"Finished {grain}s only. Solid line: the mean. Broken lines: its limits, from the differences "
        f"between one {grain} and the next."
    )
    with st.expander("See the counts"):
        table(
            pd.DataFrame({grain.capitalize(): names, kind: series.rows["count"]}),
            caption=f"{kind} by {grain}",
            key="results-counts",
        )


def _is_unfinished(period: int, choice: Choice, grain: Grain) -> bool:
    return period + MONTHS_OF[grain] > choice.this_month
