"""Where the office stands on its standards: whole samples by their plans, teams and cards by their cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.database import frame_of
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.tables import Frame, Route, SampledCase, Stratum, in_sample
from scorecards.cards import scorecard_from
from scorecards.measure_results import STANDARDS, MeasureResult, measure_result
from scorecards.requirements import Scorecard
from scorecards.result_cells import cells
from scorecards.result_counts import is_sampled, sample_of
from scorecards.results import judged_measures, result_samples, visible_sample
from scorecards.review_counts import CaseGroup
from scorecards.tables import ScorecardVersion
from scorecards.team_results import EVEN_RATES
from scorecards.verdicts import judge

NEWEST: Final = 8  # samples whose verdicts stand together; the older ones have theirs on their own screen


@dataclass(frozen=True)
class SampleVerdict:
    """One standard, as one sample shows it by the rule of its plan."""

    draw_id: int
    name: str
    drawn: int
    result: MeasureResult


def sample_verdicts(
    session: Session, group: CaseGroup, person: Person, *, measure: str
) -> list[SampleVerdict]:
    """The verdicts of a series' newest whole samples on one measure, newest first; none of open cases."""
    routes = {CaseGroup.CLOSED: Route.CENTRAL, CaseGroup.THEME_CLOSED: Route.THEMATIC}
    found: list[SampleVerdict] = []
    for draw_id, name in result_samples(session, person) if group in routes else []:
        draw = visible_sample(session, draw_id, person)
        sample = sample_of(session, draw)
        if draw.plan.frame.route != routes[group] or measure not in judged_measures(session, sample):
            continue
        drawn = session.scalar(select(func.count(SampledCase.id)).where(is_sampled(sample.draws))) or 0
        found.append(SampleVerdict(draw_id, name, drawn, measure_result(session, sample, measure)))
        if len(found) == NEWEST:
            break
    return found


def standard_on(session: Session, measure: str, on: date) -> Fraction:
    """The office's standard for a measure on a day; "overall" is that of cases sampled by managers."""
    return Fraction(setting(session, STANDARDS.get(measure, "overall_standard"), on))


def confidence_on(session: Session, on: date) -> float:
    """The confidence of intervals, which is the assurance that the office asks of a statement."""
    return float(setting(session, "assurance", on))


def parts_standing(
    session: Session,
    counts: pd.DataFrame,
    group: CaseGroup,
    *,
    by: str,
    measure: str,
    standard: Fraction,
    confidence: float,
) -> pd.DataFrame:
    """How many cases of each team, or each scorecard, meet one measure, and what that shows of the standard?

    `counts` are those of `review_counts.review_counts`. Columns as in `result_cells.cells`, and `judgement`:
    of closed cases the verdict as on cases without end that are like these, since a whole sample is judged by
    its own plan. None of other series, and where cases were drawn at rates so different that their plain
    share would mislead.
    """
    if group is not CaseGroup.CLOSED:
        return cells(counts, by, measure, confidence=confidence).assign(judgement=None)
    counts = counts.merge(_rates_drawn(session), on="stratum_id", how="left")
    found = cells(counts, by, measure, confidence=confidence)
    judged = [
        judge(int(met), int(n), None, standard=standard, assurance=confidence)
        if spread <= EVEN_RATES
        else None
        for met, n, spread in zip(found["met"], found["n"], found["spread"], strict=True)
    ]
    return found.assign(judgement=pd.Series(judged, index=found.index, dtype=object))


def drawn_unevenly(session: Session, counts: pd.DataFrame, group: CaseGroup) -> bool:
    """Were strata of one central sample drawn at rates so different that plain shares of it may mislead?"""
    if group is not CaseGroup.CLOSED or counts.empty:
        return False
    rates = counts.merge(_rates_drawn(session), on="stratum_id", how="left").groupby("sample")["rate"]
    return bool((rates.max() / rates.min() > EVEN_RATES).any())


def cards_used(session: Session, counts: pd.DataFrame) -> dict[str, str]:
    """The scorecards of some counted reviews: key and the title of the newest version used, by title."""
    used = [int(version) for version in counts["version_id"].unique()]
    rows = session.execute(
        select(ScorecardVersion.key, ScorecardVersion.title)
        .where(ScorecardVersion.id.in_(used))
        .order_by(ScorecardVersion.version)
    )
    titles = {row[0]: row[1] for row in rows}
    return dict(sorted(titles.items(), key=lambda item: (item[1], item[0])))


def versions_by_id(session: Session, key: str) -> Mapping[int, Scorecard]:
    """Every version of a scorecard that was ever published, by its id, oldest first."""
    rows = session.execute(
        select(ScorecardVersion.id, ScorecardVersion.definition)
        .where(ScorecardVersion.key == key, ScorecardVersion.published_at.is_not(None))
        .order_by(ScorecardVersion.version)
    )
    return {row[0]: scorecard_from(row[1]) for row in rows}


def _rates_drawn(session: Session) -> pd.DataFrame:
    """The share of each stratum of the central samples that was drawn, with the sample it belongs to."""
    return frame_of(
        session,
        select(
            Stratum.id.label("stratum_id"),
            func.coalesce(Frame.late_to_id, Frame.id).label("sample"),
            (func.count(SampledCase.id) * 1.0 / Stratum.population).label("rate"),
        )
        .select_from(Stratum)
        .join(Frame, Frame.id == Stratum.frame_id)
        .join(SampledCase, SampledCase.stratum_id == Stratum.id)
        .where(Frame.route == Route.CENTRAL, in_sample())
        .group_by(Stratum.id, Frame.late_to_id, Frame.id, Stratum.population),
    ).astype({"rate": "float64"})
