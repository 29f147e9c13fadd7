"""What a sample shows of each team, against counts by hand."""

import numpy as np
import pandas as pd
import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, update
from unguarded import unguarded

from sampling.intervals import rate_interval
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.requirements import Kind, ResponseValue
from scorecards.team_results import NO_TEAM, team_results

HEAD, QA = "Hedda Head", "Quinn Qua"


def of(office: ScoredOffice, draw_id: int, measure: str = "outcome") -> pd.DataFrame:
    return office.ask(team_results, HEAD, draw_id, measure=measure).set_index("team")


def test_each_team_by_its_own_cases_whatever_the_strata(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_closed([30])
    before = of(office, draw_id)
    assert list(before.index) == ["North", "South"]
    assert before["population"].tolist() == [20, 20]
    assert before["drawn"].sum() == 30
    assert before[["share", "low", "high"]].isna().all().all()
    with office.reading() as session:
        teams = {
            number: session.get_one(SampledCase, number).frame_case.team.name  # type: ignore[union-attr]
            for number in office.to_do(QA, Route.CENTRAL)
        }
    north = [number for number, team in teams.items() if team == "North"]
    office.score(QA, north[0], not_met=Kind.OUTCOME)
    office.score(QA, north[1], everything=ResponseValue.NOT_APPLICABLE)
    for sampled_id in north[2:7]:
        office.score(QA, sampled_id)
    after = of(office, draw_id)
    row = after.loc["North"]
    assert (row["reviewed"], row["assessable"], row["met"]) == (7, 6, 5)
    interval = rate_interval(5, 6, 20, confidence=0.95)
    assert (row["low"], row["high"], row["share"]) == (interval.low, interval.high, 5 / 6)
    assert (row["standard"], row["confidence"]) == (0.98, 0.95)
    assert after.loc["South", ["share", "low", "high"]].isna().all()
    assert of(office, draw_id, "method").loc["North", "met"] == 6


def test_a_team_drawn_at_different_rates_has_counts_only(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_closed([16, 4])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    assert of(office, draw_id)["is_even"].all()  # each team is a stratum of its own
    with office.writing() as session, unguarded(session.connection()):
        session.execute(update(FrameCase).values(team_id=None))
    everybody = of(office, draw_id).loc[NO_TEAM]
    assert (everybody["population"], everybody["drawn"], everybody["met"]) == (40, 20, 20)
    assert not everybody["is_even"]
    assert np.isnan(everybody["share"])
    assert np.isnan(everybody["low"])


def test_only_for_those_who_may_see_results(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([5])
    for name in ("Nora North", "Thea Theme"):
        with pytest.raises(Refused):
            office.ask(team_results, name, draw_id, measure="outcome")
