"""What follows from a size that was chosen: who judges it, what each team's share can say, what it costs."""

import streamlit as st

from qa_app.planning_words import bound_in_words, cost_in_words, shares_for_people, teams_in_words
from qa_app.runtime import table
from qa_app.sample_words import Judged, field_in_words
from qa_app.screens.samples_cases import Cases
from qa_app.screens.samples_size import Chosen
from sampling.plan_effects import expected_by_team, team_shares
from sampling.planning import bound_of


def show(cases: Cases, chosen: Chosen, judged: Judged) -> None:
    """The bound, the teams, the hours."""
    strata = cases.preview.strata
    if len(strata) > 1 and cases.stratify_by is not None:
        st.markdown(f"**How the groups by {field_in_words(cases.stratify_by).lower()} are judged**")
        st.write(bound_in_words(bound_of(strata, chosen.sizes, to_show=chosen.to_show)))
    if len(cases.preview.teams) > 1:
        _teams(cases, chosen, judged)
    _cost(chosen)


def _teams(cases: Cases, chosen: Chosen, judged: Judged) -> None:
    exact = cases.stratify_by == "team"
    if exact:
        labels = cases.preview.labels
        drawn = {labels[code]: size for code, size in chosen.sizes.items()}
    else:
        drawn = expected_by_team(cases.preview.teams, sum(chosen.sizes.values()))
    shares = team_shares(
        cases.preview.teams, drawn, standard=judged.standard, assurance=float(judged.assurance)
    )
    frame = shares_for_people(shares, judged, exact=exact)
    st.markdown("**What each team's share can say**")
    st.write(teams_in_words(shares, judged))
    to_the_right = st.column_config.TextColumn(alignment="right")
    table(
        frame,
        caption="Each team's share of the sample"
        if exact
        else "Each team's share of the sample, as it may be expected",
        key="team-shares",
        columns=dict.fromkeys(frame.columns[1:], to_the_right),
    )
    if not exact:
        st.caption("Chance decides the exact shares. To fix them, share the sample out by team.")


def _cost(chosen: Chosen) -> None:
    st.markdown("**What it costs**")
    minutes = int(
        st.number_input(
            "Minutes per review",
            1,
            600,
            45,
            5,
            key="minutes",
            help="How long one review takes, with reading the file. Nothing is planned by this number.",
        )
    )
    st.write(cost_in_words(sum(chosen.sizes.values()), minutes, more=chosen.more))
