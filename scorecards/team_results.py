"""What a sample shows of each team: a count, a share and how sure it is; never a league table."""

from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from sampling.intervals import rate_interval
from sampling.records.database import frame_of, total
from sampling.records.people import Person, Team
from sampling.registering import plan_contents
from sampling.tables import FrameCase, Replacement, SampledCase
from scorecards.measure_results import standard_of
from scorecards.result_counts import (
    MEASURES,
    Sample,
    is_in_frames,
    is_of_second_stage,
    is_sampled,
    is_submitted,
    sample_of,
)
from scorecards.results import visible_sample
from scorecards.tables import Review

NO_TEAM: Final = "No team"
EVEN_RATES: Final = Fraction(5, 4)  # up to here strata count as sampled at one rate, as in a plan's method
_COUNTS: Final = ["population", "drawn", "reviewed", "assessable", "met", "met_if_assessed"]


def team_results(session: Session, draw_id: int, person: Person, *, measure: str) -> pd.DataFrame:
    """One measure of a sample by the team each case had when the frame was frozen, by name.

    Columns: `team`, `population` (the most cases that can be in scope), `drawn`, `reviewed`, `assessable`
    (with a result), `met`, `met_if_assessed`, `share` of those with a result, `low` and `high`, the exact
    interval with half of what the assurance leaves in each tail, `standard`, `confidence`, and `is_even`.
    Share and limits are missing where a team has no result yet, and where its cases were drawn at rates so
    different that their plain share would mislead (`is_even` is then False); cases of a late stratum that is
    not drawn yet make them so. Of a sample in two stages it is the first that counts: whether there is a
    second depends on the results.
    """
    draw = visible_sample(session, draw_id, person)
    sample = sample_of(session, draw)
    counts = _counts(session, sample, measure).fillna({"team": NO_TEAM})
    rate = counts.groupby("stratum")[["drawn", "population"]].transform("sum")
    counts["rate"] = rate["drawn"] / rate["population"]
    teams = counts.groupby("team", sort=True)
    result = teams[_COUNTS].sum().astype("int64")
    rates = teams["rate"].agg(["min", "max"])
    # Cases drawn at one rate are, within a team, a simple random sample of as many of its cases.
    result["is_even"] = rates["max"] <= rates["min"] * float(EVEN_RATES)
    level = float(draw.plan.assurance)
    interval = rate_interval(
        result["met"].to_numpy(),
        result["assessable"].to_numpy(),
        result["population"].to_numpy(),
        confidence=level,
    )
    known = (result["assessable"] > 0) & result["is_even"]
    result["share"] = (result["met"] / result["assessable"].where(known)).astype("float64")
    result["low"] = np.where(known, interval.low, np.nan)
    result["high"] = np.where(known, interval.high, np.nan)
    result["standard"] = float(standard_of(session, draw, measure))
    result["confidence"] = level
    return result.reset_index()


def _counts(session: Session, sample: Sample, measure: str) -> pd.DataFrame:
    """Counts by team and stratum."""
    met, if_assessed = MEASURES[measure]
    counted = is_sampled(sample.draws)
    if plan_contents(sample.draw.plan)["rule"].get("second_stage"):
        counted = and_(counted, ~is_of_second_stage(sample.draw))
    out_of_scope = aliased(SampledCase)
    was_replaced = and_(
        out_of_scope.frame_case_id == FrameCase.id,
        out_of_scope.draw_id.in_([draw.id for draw in sample.draws]),
        out_of_scope.id.in_(select(Replacement.sampled_case_id)),
    )
    return frame_of(
        session,
        select(
            Team.name.label("team"),
            FrameCase.stratum_id.label("stratum"),
            (func.count(FrameCase.id) - func.count(out_of_scope.id)).label("population"),
            func.count(SampledCase.id).label("drawn"),
            func.count(Review.id).label("reviewed"),
            total(met.is_not(None)).label("assessable"),
            total(met.is_(True)).label("met"),
            total(if_assessed.is_(True)).label("met_if_assessed"),
        )
        .select_from(FrameCase)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(SampledCase, and_(SampledCase.frame_case_id == FrameCase.id, counted))
        .outerjoin(Review, is_submitted())
        .outerjoin(out_of_scope, was_replaced)
        .where(is_in_frames(sample))
        .group_by(Team.name, FrameCase.stratum_id),
    )
