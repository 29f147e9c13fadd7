"""Many reviewers: each figure from its definition, by other programs, and where it is undefined."""

from itertools import combinations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.refused import Refused
from scorecards.agreement import reliability

ANSWERS = st.sampled_from(["met", "not met", "not applicable", None])
TABLES = st.integers(2, 4).flatmap(
    lambda reviewers: st.lists(st.lists(ANSWERS, min_size=reviewers, max_size=reviewers), max_size=8)
)


def given_answers(row: list[str | None]) -> list[str]:
    return [answer for answer in row if answer is not None]


def of_weighted_cases(rows: list[list[str]], weights: np.ndarray) -> tuple[float, float]:
    """Agreement and AC1 by their definitions, pair by pair, every case with a weight."""
    categories = sorted({answer for row in rows for answer in row})
    agreed = compared = 0.0
    shares = dict.fromkeys(categories, 0.0)
    for row, weight in zip(rows, weights, strict=True):
        pairs = list(combinations(row, 2))
        if pairs:
            agreed += weight * sum(one == other for one, other in pairs) / len(pairs)
            compared += weight
        for category in categories:
            shares[category] += weight * row.count(category) / len(row) / weights.sum()
    percent = agreed / compared
    if len(categories) == 1:
        return percent, 1.0
    chance = sum(share * (1 - share) for share in shares.values()) / (len(categories) - 1)
    return percent, (percent - chance) / (1 - chance)


@given(TABLES)
def test_figures_by_their_definitions(table: list[list[str | None]]) -> None:
    result = reliability(table)
    rows = [row for each in table if (row := given_answers(each))]
    several = [row for row in rows if len(row) > 1]
    assert (result.cases, result.compared) == (len(rows), len(several))
    if not several:
        figures = (result.percent, result.alpha, result.ac1, result.ac1_se, result.fleiss_kappa)
        assert figures == (None,) * 5
        return
    percent, ac1 = of_weighted_cases(rows, np.ones(len(rows)))
    assert result.percent == pytest.approx(percent)
    if percent == 1:
        assert (result.ac1, result.ac1_se) == (1.0, None)
    else:
        assert result.ac1 == pytest.approx(ac1)
        # The standard error by what a hair more weight of each case does.
        slopes = []
        for case in range(len(rows)):
            more = np.ones(len(rows))
            more[case] += 1e-6
            slopes.append((of_weighted_cases(rows, more)[1] - ac1) / 1e-6)
        assert result.ac1_se == pytest.approx(sum(slope**2 for slope in slopes) ** 0.5, rel=1e-3, abs=1e-5)
    # Alpha: pairs within cases that differ, over pairs of all answers that do.
    answers = [answer for row in several for answer in row]
    if len(set(answers)) == 1:
        assert result.alpha is None
        return
    within = sum(
        2 * sum(one != other for one, other in combinations(row, 2)) / (len(row) - 1) for row in several
    )
    among = 2 * sum(one != other for one, other in combinations(answers, 2)) / (len(answers) - 1)
    assert result.alpha == pytest.approx(1 - within / among)


@given(TABLES)
def test_alpha_by_krippendorff(table: list[list[str | None]]) -> None:
    result = reliability(table)
    if result.alpha is None:
        return
    by_reviewer = np.array(table, dtype=object).T
    coded = np.where(by_reviewer == None, np.nan, by_reviewer == "met")  # noqa: E711
    coded = np.where(by_reviewer == "not met", 2, coded).astype(float)
    theirs = krippendorff.alpha(reliability_data=coded, level_of_measurement="nominal")
    assert result.alpha == pytest.approx(theirs, abs=1e-12)


def test_fleiss_and_cohen_by_statsmodels() -> None:
    from statsmodels.stats import inter_rater  # slow to import, and wanted here alone

    ratings = np.random.default_rng(3).choice(3, size=(200, 5), p=[0.8, 0.15, 0.05])
    ratings[:, 1:] = np.where(np.random.default_rng(4).random((200, 4)) < 0.6, ratings[:, :1], ratings[:, 1:])
    counts, _ = inter_rater.aggregate_raters(ratings)
    assert reliability(ratings).fleiss_kappa == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)


def test_everything_alike_and_nothing_to_compare() -> None:
    alike = reliability([["met"] * 3] * 4)
    assert (alike.percent, alike.ac1, alike.ac1_se, alike.alpha, alike.fleiss_kappa) == (
        1,
        1,
        None,
        None,
        None,
    )
    apart = reliability([["met", None], [None, "not met"]])
    assert (apart.cases, apart.compared, apart.reviewers, apart.ratings) == (2, 0, 2, 2)
    assert (apart.percent, apart.alpha, apart.ac1) == (None, None, None)
    assert reliability([]).cases == 0
    assert reliability([[None, None]]).cases == 0


def test_gaps_and_answers_of_any_kind() -> None:
    """Text beside NaN, numbers, true and false, a frame: all the same pairs."""
    rows = [["a", "b", np.nan], ["a", "a", "a"], [np.nan, "b", "b"]]
    expected = reliability([[None if answer is np.nan else answer for answer in row] for row in rows])
    assert reliability(rows) == expected
    assert reliability(pd.DataFrame(rows)) == expected
    coded = np.array([[1, 2, np.nan], [1, 1, 1], [np.nan, 2, 2]])
    assert reliability(coded) == expected
    assert reliability([[True, False, None], [True] * 3, [None, False, False]]) == expected


def test_rows_of_different_lengths() -> None:
    with pytest.raises(Refused, match="one length"):
        reliability([["met", "met"], ["met"]])
