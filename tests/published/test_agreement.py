"""Agreement figures against printed examples."""

import pytest

from scorecards.agreement import agreement, cohens_kappa, gwets_ac1


def test_gwets_abstractors() -> None:
    # Gwet, Handbook of Inter-Rater Reliability, abstractors' table; AC1's standard error with divisor n.
    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    assert cohens_kappa(table)[0] == pytest.approx(0.79641, abs=5e-6)
    assert gwets_ac1(table) == pytest.approx((0.84933, 0.04322), abs=5e-6)


def test_the_kappa_paradox() -> None:
    # Feinstein and Cicchetti (1990), Journal of Clinical Epidemiology 43, 543-549: the same agreement of
    # .85 with kappa .70 and .32.
    even, skewed = agreement(40, 9, 6, 45), agreement(80, 10, 5, 5)
    assert even.raw == skewed.raw == 0.85
    assert even.pabak == skewed.pabak == pytest.approx(0.70)
    assert even.kappa == pytest.approx(0.70, abs=0.005)
    assert skewed.kappa == pytest.approx(0.32, abs=0.005)


def test_mcnemar_of_seven_against_one() -> None:
    # Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology 13:91, airway data of Bentur
    # and others (1, 1, 7, 12): exact conditional p .0703, mid-p .0391.
    result = agreement(1, 1, 7, 12)
    assert result.mcnemar == pytest.approx(0.0703, abs=5e-5)
    assert result.mcnemar_midp == pytest.approx(0.0391, abs=5e-5)


def test_two_reviewers_at_98_percent_agree_961_times_in_1000_by_chance() -> None:
    assert agreement(9604, 196, 196, 4).chance == pytest.approx(0.9608)


def test_a_manager_who_ticks_met_every_time() -> None:
    result = agreement(98, 2, 0, 0)
    assert (result.raw, result.chance, result.kappa, result.detection) == (0.98, 0.98, 0.0, 0.0)
    assert result.ac1 == pytest.approx(0.98, abs=0.001)
    assert result.not_met == 0.0
