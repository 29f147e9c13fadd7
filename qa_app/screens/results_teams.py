"""Results by team: a funnel, which asks of each team only whether chance explains where it stands."""

import pandas as pd
import streamlit as st

from qa_app.result_charts import funnel_chart
from qa_app.runtime import as_typed, reading, signed_in
from qa_app.screens.results_cases import list_cases
from qa_app.screens.results_choices import Choice, choose
from qa_app.screens.results_trend import standing_table
from qa_app.trend_words import MEASURES, TEAM_PLACES, dispersion_sentence, teams_sentences
from qa_app.wording import whole_percent
from scorecards.review_counts import CaseGroup, cases_not_met
from scorecards.standing import parts_standing
from scorecards.standing_out import Place, funnel, funnel_lines, over_dispersion_shown

_NAMES_IN_A_CHART = 8  # of more teams those outside the limits, if they are not too many either


def show() -> None:
    """Choose a standard and a period; the funnel, the table, and the cases of one team."""
    choice = choose(measure=True)
    if choice is None:
        return
    part = choice.part
    with reading() as session:
        teams = parts_standing(
            session,
            part,
            choice.group,
            by="team",
            measure=choice.measure,
            standard=choice.standard,
            confidence=choice.confidence,
        )
    st.subheader(f"{MEASURES[choice.measure]} by team", anchor=False)
    if not teams["n"].any():
        st.write("No case of this period has a result.")
        return
    if choice.group is CaseGroup.OPEN and len(teams) == 1:
        st.write("A line manager sees their own team here; the Head of Customer Care sees all.")
    known = teams[teams["n"] > 0]
    differ = over_dispersion_shown(known)
    correlation = (differ.correlation or 0.0) if differ else 0.0
    by_chance = funnel(known, target=float(choice.standard))
    known = funnel(known, target=float(choice.standard), correlation=correlation)
    if differ:
        closer = (by_chance["place"] != Place.WITHIN) & (known["place"] == Place.WITHIN)
        st.markdown(dispersion_sentence(differ, [as_typed(team) for team in known.loc[closer, "team"]]))
    _funnel(known, choice, correlation)
    places = dict(zip(known["team"], known["place"], strict=True))
    in_order = teams.sort_values("team")
    standing_table(
        in_order.assign(label=in_order["team"]),
        choice,
        "Team",
        **{
            "Against the limits": [
                TEAM_PLACES[places[team]] if team in places else "" for team in in_order["team"]
            ]
        },
    )
    _cases(teams, choice)


def _funnel(teams: pd.DataFrame, choice: Choice, correlation: float) -> None:
    sentences = teams_sentences(
        teams.assign(team=[as_typed(team) for team in teams["team"]]), standard=choice.standard
    )
    st.markdown(" ".join(sentences))
    is_outside = teams["place"] != Place.WITHIN
    are_few = len(teams) <= _NAMES_IN_A_CHART
    some_named = is_outside & (is_outside.sum() <= _NAMES_IN_A_CHART)
    named = teams["team"].where(some_named | are_few, "")
    target = float(choice.standard)
    st.altair_chart(
        funnel_chart(
            teams[["team", "n", "share"]].assign(label=named),
            funnel_lines(int(teams["n"].max()), target=target, correlation=correlation),
            target=target,
        ),
        alt=f"Share of cases that meet by number of cases, one point a team, with the limits around the "
        f"standard of {whole_percent(choice.standard)}. {sentences[0]}",
    )
    st.caption(
        "Diamond: one team. Thick line: the standard. Broken lines: 95% limits; thin lines: 99.8% limits, "
        "for the eye. Whether a team is outside is decided by an exact test: a team of few cases may lie "
        "above a line only because all of them meet."
    )


def _cases(teams: pd.DataFrame, choice: Choice) -> None:
    with st.expander("See the cases that are not met"):
        failing = sorted(teams.loc[teams["met"] < teams["n"], "team"])
        if not failing:
            st.write("Every case with a result is met.")
            return
        team = st.selectbox("Team", failing, key="teams-cases")
        with reading() as session:
            found = cases_not_met(
                session,
                choice.group,
                signed_in(),
                of=choice.measure,
                scorecard=choice.scorecard,
                team=team,
                months=choice.months,
            )
        list_cases(found, key="teams-cases-list")
