"""Agreement: where it is undefined, and each figure by a second route."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sampling.intervals import rate_interval
from sampling.refused import Refused
from scorecards.agreement import agreement, cohens_kappa, gwets_ac1

TABLES = st.tuples(*[st.integers(0, 40)] * 4)


def test_no_pairs() -> None:
    result = agreement(0, 0, 0, 0)
    assert result.pairs == 0
    undefined = (result.raw, result.raw_low, result.raw_high, result.chance, result.floor, result.not_met)
    assert undefined == (None,) * 6
    panel = (result.detection, result.kappa, result.kappa_se, result.pabak, result.ac1, result.ac1_se)
    assert panel == (None,) * 6
    assert (result.prevalence, result.bias) == (None, None)
    assert (result.mcnemar, result.mcnemar_midp) == (1.0, 1.0)


def test_everything_met_by_both() -> None:
    result = agreement(50, 0, 0, 0)
    assert (result.raw, result.chance, result.floor, result.pabak, result.ac1) == (1.0, 1.0, 1.0, 1.0, 1.0)
    assert (result.kappa, result.not_met, result.not_met_low, result.detection) == (None, None, None, None)
    assert (result.kappa_se, result.ac1_se) == (None, None)


def test_perfect_agreement_claims_no_certainty() -> None:
    result = agreement(45, 0, 0, 5)
    assert (result.kappa, result.kappa_se, result.ac1, result.ac1_se) == (1.0, None, 1.0, None)
    assert (result.not_met, result.not_met_high, result.detection) == (1.0, 1.0, 1.0)


def test_one_pair() -> None:
    assert agreement(0, 1, 0, 0).raw == 0.0
    assert agreement(0, 1, 0, 0).mcnemar == 1.0


def test_nothing_in_common() -> None:
    result = agreement(0, 7, 9, 0)
    assert (result.raw, result.not_met, result.not_met_low, result.detection) == (0.0, 0.0, 0.0, 0.0)
    assert result.pabak == -1.0


def test_direction() -> None:
    assert agreement(50, 6, 6, 3).mcnemar_midp == 1.0
    assert agreement(50, 0, 9, 3).mcnemar == pytest.approx(2 / 2**9)
    assert agreement(50, 0, 9, 3).mcnemar_midp == pytest.approx(1 / 2**9)


def test_the_raw_interval_knows_the_population() -> None:
    endless, known = agreement(90, 4, 3, 3), agreement(90, 4, 3, 3, population=200)
    exact = rate_interval(93, 100, 200)
    assert (known.raw_low, known.raw_high) == (exact.low, exact.high)
    assert endless.raw_low is not None
    assert known.raw_low is not None
    assert endless.raw_low < known.raw_low
    census = agreement(90, 4, 3, 3, population=100)
    assert (census.raw_low, census.raw_high) == (0.93, 0.93)


def test_refusals() -> None:
    with pytest.raises(Refused, match="The pairs cannot be negative"):
        agreement(5, -1, 0, 0)
    with pytest.raises(Refused, match="the population is 5"):
        agreement(5, 1, 0, 0, population=5)
    with pytest.raises(Refused, match="confidence"):
        agreement(5, 1, 0, 0, confidence=95)
    with pytest.raises(Refused, match="square"):
        cohens_kappa([[1, 2, 3], [1, 2, 3]])
    with pytest.raises(Refused, match="square"):
        gwets_ac1([[1]])


@given(TABLES)
def test_figures_by_their_definitions(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    result = agreement(a, b, c, d)
    n = a + b + c + d
    if n == 0:
        return
    first_met, second_met = (a + b) / n, (a + c) / n
    assert result.chance == pytest.approx(first_met * second_met + (1 - first_met) * (1 - second_met))
    assert result.floor is not None
    assert result.raw is not None
    assert result.floor <= result.raw + 1e-12
    assert result.floor == pytest.approx(abs(first_met + second_met - 1))
    if b + c:
        test = stats.binomtest(min(b, c), b + c)
        assert result.mcnemar == pytest.approx(test.pvalue)
    if result.not_met is not None:
        assert result.not_met_low is not None
        assert result.not_met_high is not None
        assert result.not_met_low <= result.not_met <= result.not_met_high
    if result.kappa is not None:
        assert result.kappa == pytest.approx((result.raw - result.chance) / (1 - result.chance))
        # Byrt, Bishop and Carlin (1993): kappa from PABAK and the two indices.
        assert result.pabak is not None
        assert result.prevalence is not None
        assert result.bias is not None
        tilt = result.bias**2 - result.prevalence**2
        assert result.kappa == pytest.approx((result.pabak + tilt) / (1 + tilt))
        assert (result.prevalence, result.bias) == ((a - d) / n, (b - c) / n)


@given(TABLES)
def test_standard_errors_by_the_delta_method(table: tuple[int, int, int, int]) -> None:
    """Both printed variances are the multinomial delta method: here with numerical derivatives."""
    a, b, c, d = table
    if min(a + d, b + c) == 0 or (a + b) * (a + c) + (c + d) * (b + d) >= 0.9 * (a + b + c + d) ** 2:
        return
    n = a + b + c + d
    p = np.array([a, b, c, d]) / n

    def kappa(p: np.ndarray) -> float:
        met, also = p[0] + p[1], p[0] + p[2]
        chance = met * also + (p.sum() - met) * (p.sum() - also)
        return float((p[0] + p[3] - chance) / (1 - chance))

    def ac1(p: np.ndarray) -> float:
        met = (2 * p[0] + p[1] + p[2]) / 2
        chance = 2 * met * (p.sum() - met)
        return float((p[0] + p[3] - chance) / (1 - chance))

    result = agreement(a, b, c, d)
    for value, error, of in ((result.kappa, result.kappa_se, kappa), (result.ac1, result.ac1_se, ac1)):
        assert value == pytest.approx(of(p), abs=1e-12)
        step = 1e-6 * np.eye(4)
        slope = np.array([(of(p + step[i]) - of(p - step[i])) / 2e-6 for i in range(4)])
        variance = (p @ slope**2 - (p @ slope) ** 2) / n
        assert error == pytest.approx(max(variance, 0) ** 0.5, rel=1e-4, abs=1e-5)
