"""A line manager's month: what the sample would be drawn from, the draw, and what was drawn."""

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, do, in_words, link, problem, reading, signed_in, table
from qa_app.sample_words import excluded_in_words, period_in_words, quota_in_words, size_in_words
from qa_app.screens.samples_draw import draw, go_on
from qa_app.wording import cases_in_words, moment_in_words
from sampling.planning import OpenPreview, preview_open_sample, risks_of_open_cases
from sampling.queries import SampleRow, strata_of_sample, this_months_sample
from sampling.records.people import Team, teams_managed
from sampling.refused import Refused
from sampling.samples import plan_open_sample
from sampling.tables import Route


def show() -> None:
    """Each team the reader manages or stands in for."""
    person = signed_in()
    with reading() as session:
        teams = [session.get_one(Team, team) for team in teams_managed(session, person)]
        found = {team.id: this_months_sample(session, person, team.id) for team in teams}
    for team in sorted(teams, key=lambda team: team.name):
        sample = found[team.id]
        st.subheader(as_typed(team.name), anchor=False)
        if sample is None:
            _before(team)
        elif sample.drawn_at is None:
            go_on(sample)
        else:
            _after(sample)


def _before(team: Team) -> None:
    with reading() as session:
        risks = risks_of_open_cases(session, team)
    whole = []
    if risks:
        whole = st.multiselect(
            "Cases of these risks are all reviewed",
            risks,
            default=[risk for risk in risks if "high" in risk.casefold()],
            key=f"risks-{team.id}",
            placeholder="None",
        )
    try:
        with reading() as session:
            preview = preview_open_sample(session, team, certainty_risks=whole, by=signed_in())
    except Refused as refused:
        problem(str(refused))
        return
    if not preview.population:
        st.info(
            f"{as_typed(team.name)} has no open cases to sample. They come with an import of an extract of "
            f"the case system. {_own_cases(preview)}"
        )
        return
    st.write(
        f"The sample for {period_in_words(preview.month, None)} would be drawn from the "
        f"{cases_in_words(preview.population, 'open case')} of today: "
        f"**{cases_in_words(preview.size)}**, to be reviewed by {in_words(preview.due_on)}. "
        f"{quota_in_words(preview.quota, whole=bool(whole))} {_own_cases(preview)}"
    )
    if st.button("Draw this month's sample", type="primary", key=f"draw-{team.id}"):
        plan_id = do(lambda session, by: plan_open_sample(session, team, certainty_risks=whole, by=by).id)
        if plan_id is not None:
            name = f"{team.name}, {period_in_words(preview.month, None)}"
            draw(plan_id, route=Route.OPEN, name=name)
    rows = [
        (stratum.label, stratum.population, stratum.to_draw, _how(stratum.to_draw, stratum.population))
        for stratum in preview.strata
    ]
    table(
        pd.DataFrame(rows, columns=["Cases of", "Open cases", "Would be drawn", "How"]),
        caption=f"What the sample of {as_typed(team.name)} would be drawn from",
        key=f"before-{team.id}",
    )


def _after(sample: SampleRow) -> None:
    assert sample.draw_id is not None
    assert sample.drawn_at is not None
    assert sample.due_on is not None
    with reading() as session:
        strata = strata_of_sample(session, sample.draw_id, signed_in())
    st.write(
        f"Drawn on {moment_in_words(sample.drawn_at)} by {as_typed(sample.by)}: {size_in_words(sample)} "
        f"{excluded_in_words(sample.excluded)} The reviews are due by **{in_words(sample.due_on)}**."
    )
    link("reviews", "Go to the reviews")
    strata["how"] = [
        _how(drawn, cases) for drawn, cases in zip(strata["drawn"], strata["population"], strict=True)
    ]
    words = {"stratum": "Cases of", "population": "Open cases", "drawn": "Drawn", "how": "How"}
    table(
        strata[list(words)].rename(columns=words),
        caption="What was drawn, and from what",
        key=f"after-{sample.draw_id}",
    )
    link("samples", "See the cases and the receipt in the register", part="Register", sample=sample.draw_id)


def _how(drawn: int, population: int) -> str:
    return "All of them" if drawn == population else "By lot"


def _own_cases(preview: OpenPreview) -> str:
    if not preview.own_cases:
        return ""
    return f"Left out: {cases_in_words(preview.own_cases)} that you handled or decided yourself."
