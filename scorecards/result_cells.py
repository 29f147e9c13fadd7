"""What of the counted reviews met, put together as a screen wants it: by period, team, card or requirement.

Every share stands with its number of cases and its exact interval: Clopper and Pearson's, as of cases
without end, since teams and months are asked about what they do, and not only about the cases they had.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sampling.intervals import rate_interval
from scorecards.periods import Grain, period_of
from scorecards.requirements import Requirement, ResponseValue, Scorecard, asked_of

_KIND = ["version_id", "case_type", "stage", "risk"]  # what decides whether a requirement is asked
_OUT_OF_COUNT = [ResponseValue.NOT_APPLICABLE, ResponseValue.NOT_YET_DUE]


def part_of(
    counts: pd.DataFrame,
    *,
    scorecard: str | None = None,
    team: str | None = None,
    months: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """The counts of one scorecard, one team, the months from one to another; None is for all of them."""
    wanted = pd.Series(True, index=counts.index)
    if scorecard is not None:
        wanted &= counts["scorecard"] == scorecard
    if team is not None:
        wanted &= counts["team"] == team
    if months is not None:
        wanted &= counts["month"].between(*months)
    return counts[wanted]


def by_period(counts: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """The counts with the `period` that each month is in."""
    return counts.assign(period=period_of(counts["month"].to_numpy(dtype="int64"), grain))


def cells(counts: pd.DataFrame, by: str, measure: str, *, confidence: float) -> pd.DataFrame:
    """How many cases met one measure, for each value of a column, in the order of the values?

    `counts` are those of `review_counts.review_counts`. Columns: the one counted by, `reviewed`,
    `not_found`, `n` (with a result), `met`, `met_if_assessed`, `share`, `low`, `high`; share and limits are
    missing without a result. Of central samples also `spread`: how far the rates at which strata of one
    sample were drawn lie apart, 1 when all are alike.
    """
    of_measure = {f"{measure}_n": "n", f"{measure}_met": "met", f"{measure}_if": "met_if_assessed"}
    wanted = ["reviewed", "not_found", *of_measure]
    found = counts.groupby(by, sort=True)[wanted].sum().astype("int64").rename(columns=of_measure)
    found = _with_interval(found, confidence)
    if "rate" in counts:
        rates = counts.groupby([by, "sample"])["rate"].agg(["min", "max"])
        found["spread"] = (rates["max"] / rates["min"]).groupby(level=0).max()
    return found.reset_index()


def requirement_cells(
    counts: pd.DataFrame,
    answers: pd.DataFrame,
    cards: Mapping[int, Scorecard],
    *,
    since: Mapping[str, int],
    by: str | None = None,
    confidence: float,
) -> pd.DataFrame:
    """In how many of the cases that a requirement applies to is it met, and what are the others?

    `counts` and `answers` (those that are not met) are of `review_counts`; `cards` the versions of one
    scorecard by their id; `since` says for each requirement to be counted from which version on it means
    the same. With `by` each value of that column is counted apart.

    One row for each requirement and value that has reviews, with `asked`, `n` (applicable), `met`, `not_met`,
    `cannot_assess`, `not_found`, `not_applicable`, `not_yet_due`, `met_if_assessed`, `share`, `low`, `high`.
    Whatever could not be assessed, or whose file was not found, counts as not met.
    """
    by = by or "all"
    counts, answers = (frame.assign(all=0) if by == "all" else frame for frame in (counts, answers))
    kinds = counts[_KIND].drop_duplicates().reset_index(drop=True)
    asked = pd.DataFrame(
        [
            (kind, requirement.key)
            for kind, (version_id, *case) in enumerate(kinds.itertuples(index=False, name=None))
            if version_id in cards
            for requirement in _asked(cards[version_id], case)
            if since.get(requirement.key, np.inf) <= cards[version_id].version
        ],
        columns=["kind", "requirement"],
    )
    kinds["kind"] = kinds.index
    per_kind = (
        counts.merge(kinds, on=_KIND).groupby(["kind", by], as_index=False)[["reviewed", "not_found"]].sum()
    )
    key = ["requirement", by]
    reviews = per_kind.merge(asked, on="kind").groupby(key)[["reviewed", "not_found"]].sum()
    # An answer to what is not asked (any more) of such a case stays on record, and counts nowhere.
    given = answers.merge(kinds, on=_KIND).merge(asked, on=["kind", "requirement"])
    other = given.pivot_table(index=key, columns="response", values="answers", aggfunc="sum", fill_value=0)
    responses = [response.value for response in ResponseValue if response is not ResponseValue.MET]
    found = reviews.join(other.reindex(columns=responses)).fillna(0).astype("int64")
    found = found.rename(columns={"reviewed": "asked"})
    found["n"] = found["asked"] - found[[value.value for value in _OUT_OF_COUNT]].sum(axis=1)
    found["met_if_assessed"] = found["n"] - found["not_met"]
    found["met"] = found["met_if_assessed"] - found["cannot_assess"] - found["not_found"]
    found = _with_interval(found, confidence).reset_index()
    return found.drop(columns="all") if by == "all" else found


def _asked(card: Scorecard, case: list[str | None]) -> tuple[Requirement, ...]:
    case_type, stage, risk = (None if pd.isna(value) else value for value in case)
    return asked_of(card, case_type=case_type, stage=stage, risk=risk).requirements


def _with_interval(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    known = found["n"] > 0
    interval = rate_interval(found["met"].to_numpy(), found["n"].to_numpy(), confidence=confidence)
    return found.assign(
        share=(found["met"] / found["n"].where(known)).astype("float64"),
        low=np.where(known, interval.low, np.nan),
        high=np.where(known, interval.high, np.nan),
    )
