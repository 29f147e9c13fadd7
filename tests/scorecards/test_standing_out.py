"""What stands out of a trend, of a funnel and of counts, on numbers that can be checked by hand."""

import pandas as pd
import pytest
from scipy import stats

from qa_app.trend_words import dispersion_sentence
from scorecards.control_limits import ONE_SIDE, OUTSIDE
from scorecards.periods import Grain, first_day, last_day, month_number, period_of
from scorecards.standing_out import (
    Place,
    chance_of_a_signal,
    count_series,
    funnel,
    funnel_lines,
    over_dispersion_shown,
    trend,
)


def test_a_month_stands_out_by_its_exact_limits_and_not_by_its_rate() -> None:
    # 98% of 20 cases: 17 and more come up in all but 0.06% of months, 18 and more in all but 0.7%.
    months = pd.DataFrame({"met": [980, 17, 16, 0, 20], "n": [1000, 20, 20, 0, 20]})
    found = trend(months, confidence=0.95)
    rate = 1033 / 1060
    assert (found.met, found.n, found.rate, found.periods) == (1033, 1060, rate, 4)
    low = next(x for x in range(21) if stats.binom.cdf(x, 20, rate) > 0.001)
    assert found.rows["limit_low"].iloc[1] == low / 20
    assert [place == Place.BELOW for place in found.rows["place"]] == [
        False,
        low > 17,
        low > 16,
        False,
        False,
    ]
    assert found.rows["limit_low"].isna().tolist() == [False, False, False, True, False]


def test_without_cases_there_is_no_trend() -> None:
    found = trend(pd.DataFrame({"met": [0], "n": [0]}), confidence=0.95)
    assert (found.rate, found.low, found.periods) == (None, None, 0)


@pytest.mark.parametrize(
    ("met", "n", "place"),
    [
        (20, 20, Place.WITHIN),  # above the drawn line, and yet what two in three such teams reach
        (45, 50, Place.BELOW),  # P(X <= 45) = 0.0032
        (42, 50, Place.FAR_BELOW),
        (400, 400, Place.ABOVE),  # 0.98^400 = 0.0003, which is above 0.001 nowhere
    ],
)
def test_a_team_is_outside_by_an_exact_test(met: int, n: int, place: Place) -> None:
    tail = min(stats.binom.cdf(met, n, 0.98), stats.binom.sf(met - 1, n, 0.98))
    expected = place
    if place == Place.ABOVE and tail <= 0.001:
        expected = Place.FAR_ABOVE
    assert funnel(pd.DataFrame({"met": [met], "n": [n]}), target=0.98)["place"].tolist() == [expected]


def test_lines_of_a_funnel_and_how_often_chance_alone_signals() -> None:
    lines = funnel_lines(100, target=0.98)
    assert lines["n"].iloc[[0, -1]].tolist() == [1, 100]
    assert (lines["low_998"] <= lines["low_95"]).all()
    assert (lines["high_998"] <= 1).all()
    assert round(chance_of_a_signal(30, 0.05), 2) == 0.79


def test_counts_and_the_periods_of_their_signals() -> None:
    found = count_series(range(24_300, 24_317), [5, 6] * 8 + [30])
    assert found.signals[OUTSIDE] == (24_316,)
    assert found.signals[ONE_SIDE] == tuple(range(24_300, 24_316))
    assert count_series([], []).limits.mean is None


def test_months_and_quarters() -> None:
    july = month_number(first_day(period_of(month_number(pd.Timestamp("2026-09-30").date()), Grain.QUARTER)))
    assert str(first_day(july)) == "2026-07-01"
    assert str(last_day(july + 7)) == "2027-02-28"
    assert period_of(july + 2, Grain.MONTH) == july + 2


def test_limits_stand_further_apart_only_where_many_teams_differ() -> None:
    differing = pd.DataFrame({"met": [60, 57, 60, 52, 60, 58, 49, 60, 60, 54, 59, 60], "n": [60] * 12})
    found = over_dispersion_shown(differing)
    assert found is not None
    assert found.correlation is not None
    assert over_dispersion_shown(differing.head(9)) is None
    assert over_dispersion_shown(differing.assign(met=[59, 58, 60] * 4)) is None
    alone = funnel(differing, target=0.98)["place"].tolist()
    together = funnel(differing, target=0.98, correlation=found.correlation)["place"].tolist()
    assert alone[6] == Place.FAR_BELOW
    assert together.count(Place.WITHIN) > alone.count(Place.WITHIN)
    assert dispersion_sentence(found, ["North"]).endswith("outside as well: North.")
