"""Behind a sample's verdicts: what may be read while it runs, each team, and each stratum."""

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd
import streamlit as st

from qa_app.charts import counts_chart, running_chart, teams_chart
from qa_app.result_words import NEVER_DECIDES, order_sentences, running_sentence, teams_sentence
from qa_app.runtime import as_typed, reading, signed_in, table
from qa_app.wording import MEASURES, percent, whole_percent
from sampling.records.downloads import as_csv
from scorecards.result_counts import MeasureCounts
from scorecards.results import SampleResult
from scorecards.running_results import RunningResult, running_results
from scorecards.team_results import team_results

_ROWS_IN_A_CHART = 25
_POINTS_IN_A_CHART = 500


def show(result: SampleResult) -> None:
    """One measure of a judged sample: while it runs, by team, by stratum."""
    names = [measure.measure for measure in result.measures]
    chosen = names[0]
    if len(names) > 1:
        chosen = st.radio(
            "Details of", names, format_func=MEASURES.__getitem__, horizontal=True, key="details-of"
        )
    _running(result, chosen)
    _teams(result, chosen)
    of_chosen = next(measure for measure in result.measures if measure.measure == chosen)
    if len(of_chosen.strata) > 1:
        st.subheader("By stratum", anchor=False)
        strata(of_chosen, key="sample")


def _running(result: SampleResult, measure: str) -> None:
    with reading() as session:
        running = next(
            each for each in running_results(session, result.draw_id, signed_in()) if each.measure == measure
        )
    if result.reviewed < result.drawn:
        st.subheader("While it runs", anchor=False)
        _limits(running)
    else:
        with st.expander("What could be read while it ran"):
            _limits(running)


def _limits(running: RunningResult) -> None:
    sentence = running_sentence(running)
    st.markdown(f"**{MEASURES[running.measure]}:** {as_typed(sentence)}")
    st.write(" ".join([NEVER_DECIDES, *order_sentences(running)]))
    if not running.read:
        return
    frame = pd.DataFrame(
        {"reviewed": range(1, running.read + 1), "low": running.low, "high": running.high, "met": running.met}
    )
    every = -(-len(frame) // _POINTS_IN_A_CHART)
    shown = frame[(frame["reviewed"] % every == 0) | (frame["reviewed"] == running.read)]
    st.altair_chart(
        running_chart(shown, standard=float(running.standard), drawn=running.drawn),
        alt=f"Limits of the share that meets after each reviewed case, beside the standard of "
        f"{whole_percent(running.standard)}. {sentence}",
    )
    st.caption(
        f"Solid line: at least. Dashed line: at most. Both hold at every moment together, with "
        f"{whole_percent(str(running.confidence))} confidence. Black line: the standard."
    )
    against = Fraction(running.standard)
    with st.expander("See the figures"):
        table(
            pd.DataFrame(
                {
                    "Reviewed": frame["reviewed"],
                    "Met": frame["met"],
                    "At least": [percent(low, against=against) for low in running.low],
                    "At most": [percent(high, against=against) for high in running.high],
                }
            ),
            caption=f"{MEASURES[running.measure]}, limits after each case",
            key=f"running-{running.measure}",
            download=f"{running.measure}-while-it-runs.csv",
        )


def _teams(result: SampleResult, measure: str) -> None:
    with reading() as session:
        teams = team_results(session, result.draw_id, signed_in(), measure=measure)
    st.subheader("By team", anchor=False)
    against = Fraction(next(each.standard for each in result.measures if each.measure == measure))
    confidence = float(teams["confidence"].iloc[0])
    known = teams.dropna(subset=["share"])
    words = (
        f"Each team by its own cases, in the order of their names, with its likely range at "
        f"{whole_percent(str(confidence))} confidence. Small numbers make wide ranges."
    )
    if result.two_stages is not None:
        words += " Cases of the first stage only."
    if result.reviewed < result.drawn:
        words += " The sample is not reviewed to its end, so these figures will change."
    estimated = known[known["assessable"] < known["population"]]
    st.write(f"{words} {teams_sentence(len(estimated), confidence)}".strip())
    if known.empty:
        st.write("No team has a result yet.")
    elif len(known) <= _ROWS_IN_A_CHART:
        labels = [
            f"{team}, n = {count}" for team, count in zip(known["team"], known["assessable"], strict=True)
        ]
        st.altair_chart(
            teams_chart(known.assign(label=labels), standard=float(against)),
            alt=f"{MEASURES[measure]}: share that meets in each team, with its likely range, beside the "
            f"standard of {whole_percent(against)}; the figures are below.",
        )
        st.caption(
            "Diamond: share of the team's reviewed cases. Bar: likely range. Black line: the standard."
        )
    with st.expander("See the figures"):
        table(
            _team_rows(teams, against),
            caption=f"{MEASURES[measure]} by team",
            key=f"teams-{measure}",
        )
        figures = teams[
            ["team", "assessable", "met", "share", "low", "high", "standard", "population", "drawn"]
        ].rename(columns={"assessable": "n"})
        st.download_button(
            "Download the figures for a funnel plot",
            data=lambda: as_csv(figures),
            file_name=f"{measure}-by-team.csv",
            mime="text/csv",
            key=f"funnel-{measure}",
            on_click="ignore",
        )


def _team_rows(teams: pd.DataFrame, against: Fraction) -> pd.DataFrame:
    def likely(row: pd.Series) -> str:
        if row["assessable"] == 0:
            return "No result yet"
        if row["assessable"] == row["population"]:
            return "Every case counted"
        if not row["is_even"]:
            return "Drawn at different rates: counts only"
        return f"{percent(row['low'], against=against)} to {percent(row['high'], against=against)}"

    return pd.DataFrame(
        {
            "Team": teams["team"],
            "All cases": teams["population"],
            "Drawn": teams["drawn"],
            "Reviewed": teams["reviewed"],
            "With a result": teams["assessable"],
            "Met": teams["met"],
            "Share": ["" if pd.isna(share) else percent(share, against=against) for share in teams["share"]],
            "Likely range": [likely(row) for _, row in teams.iterrows()],
        }
    )


def strata_of_series(of: Sequence[MeasureCounts], *, key: str, label: str) -> None:
    """The strata of a series, for one measure of it that is chosen."""
    measures = {measure.measure: measure for measure in of}
    chosen = st.radio(
        label, list(measures), format_func=MEASURES.__getitem__, horizontal=True, key=f"{key}-strata"
    )
    strata(measures[chosen], key=key)


def strata(measure: MeasureCounts, *, key: str) -> None:
    """The counts of each stratum."""
    st.write("Counts of the sampled cases by stratum. The verdict takes all strata together.")
    frame = pd.DataFrame(
        {
            "label": [stratum.label for stratum in measure.strata],
            "met": [stratum.met for stratum in measure.strata],
            "not_met": [stratum.assessable - stratum.met for stratum in measure.strata],
            "outstanding": [stratum.undecided for stratum in measure.strata],
        }
    )
    words = MEASURES[measure.measure]
    if 0 < len(frame) <= _ROWS_IN_A_CHART:
        st.altair_chart(
            counts_chart(frame),
            alt=f"{words}, sampled cases met and not met by stratum; the figures are below.",
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
            caption=f"{words} by stratum",
            key=f"strata-{key}-{measure.measure}",
            download=f"{key}-{measure.measure}-by-stratum.csv",
        )
