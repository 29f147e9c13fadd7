"""Agreement figures against printed examples."""

import pytest

from scorecards.agreement import agreement, cohens_kappa, gwets_ac1, reliability, weighted_agreement


def test_gwets_abstractors() -> None:
    # Gwet, Handbook of Inter-Rater Reliability, abstractors' table; AC1's standard error with divisor n.
    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    assert cohens_kappa(table)[0] == pytest.approx(0.79641, abs=5e-6)
    assert gwets_ac1(table) == pytest.approx((0.84933, 0.04322), abs=5e-6)


def test_fleiss_psychiatrists() -> None:
    # Fleiss (1971), Psychological Bulletin 76, 378-382, table 1: 30 patients, six psychiatrists, five
    # diagnoses (depression, personality disorder, schizophrenia, neurosis, other); kappa .430. The other
    # figures from irr and irrCAC of R and from krippendorff of Python.
    table = """
        00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
        00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
    """
    ratings = [
        [diagnosis for diagnosis, times in enumerate(patient) for _ in range(int(times))]
        for patient in table.split()
    ]
    result = reliability(ratings)
    assert (result.cases, result.compared, result.reviewers, result.ratings) == (30, 30, 6, 180)
    assert result.fleiss_kappa == pytest.approx(0.43024, abs=5e-6)
    assert result.alpha == pytest.approx(0.43341, abs=5e-6)
    assert result.ac1 == pytest.approx(0.44788, abs=5e-6)


def test_four_observers_with_gaps() -> None:
    # Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: 12 units, nominal alpha
    # .743. Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapter 2, has the same units
    # (cac.raw4raters of R's irrCAC): agreement .81818, AC1 .77544, Fleiss' kappa .76117, alpha .74342.
    units = "11_1 2232 3333 3333 2222 1234 4444 1121 2222 _555 __11 3___"
    result = reliability([[None if code == "_" else code for code in unit] for unit in units.split()])
    assert (result.cases, result.compared, result.reviewers, result.ratings) == (12, 11, 4, 41)
    figures = (result.percent, result.ac1, result.fleiss_kappa, result.alpha)
    assert figures == pytest.approx((0.81818, 0.77544, 0.76117, 0.74342), abs=5e-6)


def test_gwets_abstractors_as_ratings() -> None:
    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    pairs = [(i, j) for i, row in enumerate(table) for j, times in enumerate(row) for _ in range(times)]
    result = reliability(pairs)
    assert (result.percent, result.ac1, result.ac1_se) == pytest.approx((0.89, 0.84933, 0.04322), abs=5e-6)


def test_misses_weigh_what_they_stand_for() -> None:
    # Worked by hand. Of 1,949 cases passed 149 were scored again, 4 of them not met: 52.3 of all. Of 51
    # failed all were, 32 not met. Unweighted, detection is 32/36 = .889 and agreement 177/200 = .885.
    result = weighted_agreement([(1949, 149, 4)], [(51, 51, 32)])
    detection = (result.detection, result.detection_low, result.detection_high)
    assert detection == pytest.approx((0.3795, 0.1945, 0.6076), abs=5e-5)
    assert result.agreement == pytest.approx(0.9643, abs=5e-5)
    assert result.not_met_rate == pytest.approx((32 + 1949 * 4 / 149) / 2000)


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
