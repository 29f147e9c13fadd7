"""How many of each stratum a second scoring takes, and what its weighted figures are by hand."""

from math import isclose

import pytest

from sampling.refused import Refused
from scorecards.agreement_by_stratum import (
    cells_of_counts,
    weighted_cells,
    weighted_not_met,
)
from scorecards.second_scoring_design import AtMostMissed, Design, Part, expected_counts, part_of, sizes_of

FAILED_HIGH, FAILED, PASSED_HIGH, PASSED = (
    Part(failed=failed, is_high_risk=high) for failed in (True, False) for high in (True, False)
)


def test_the_stratum_is_the_managers_verdict_and_the_risk() -> None:
    high = ("High",)
    assert part_of(False, "High", high_risks=high) == FAILED_HIGH
    assert part_of(False, None, high_risks=high) == FAILED
    assert part_of(True, "High", high_risks=high) == PASSED_HIGH
    assert part_of(None, "Low", high_risks=high) == PASSED  # nothing applied: with the passed


def test_all_the_failed_and_a_number_of_the_passed_shared_by_risk() -> None:
    populations = {FAILED_HIGH: 1, FAILED: 50, PASSED_HIGH: 200, PASSED: 1800}
    sizes = sizes_of(populations, Design(("High",), "1", 100), assurance=0.95)
    assert sizes == {FAILED_HIGH: 1, FAILED: 50, PASSED_HIGH: 10, PASSED: 90}
    part = sizes_of(populations, Design(("High",), "0.5", 5), assurance=0.95)
    # Half of 50; of the one there is, all; and never fewer than two of a stratum that has them.
    assert part == {FAILED_HIGH: 1, FAILED: 25, PASSED_HIGH: 2, PASSED: 5}
    everything = sizes_of(populations, Design((), "1", 10**6), assurance=0.95)
    assert everything == populations


def test_fifty_nine_without_a_miss_show_at_most_five_percent_missed() -> None:
    # 0.95^59 = 4.8% and 0.95^58 = 5.1%: in a population without end it takes 59.
    design = Design((), "1", AtMostMissed("0.05"))
    assert sizes_of({PASSED: 10**6}, design, assurance=0.95) == {PASSED: 59}
    assert sum(sizes_of({PASSED_HIGH: 300, PASSED: 1949}, design, assurance=0.95).values()) == 59


@pytest.mark.parametrize(("share", "passed"), [("0", 59), ("1.5", 59), ("1", 0)])
def test_a_design_that_cannot_be_is_refused(share: str, passed: int) -> None:
    with pytest.raises(Refused):
        sizes_of({FAILED: 5, PASSED: 100}, Design((), share, passed), assurance=0.95)


def test_what_is_to_be_expected_of_assumed_rates() -> None:
    populations, sizes = {FAILED: 51, PASSED: 1949}, {FAILED: 51, PASSED: 149}
    expected = expected_counts(populations, sizes, missed="0.03", confirmed="0.6")
    assert expected == ([(1949, 149, 4)], [(51, 51, 31)])


def test_the_cells_of_a_weighted_table() -> None:
    # B = 1949·4/149 = 52.32 missed and A = 32 found, of 2,000; both say met in the rest of the 1,949.
    passed, failed = [(1949, 149, 4)], [(51, 51, 32)]
    cells = weighted_cells(passed, failed)
    assert cells is not None
    assert isclose(cells.missed * 2000, 1949 * 4 / 149)
    assert isclose(cells.overcalled * 2000, 19)
    assert isclose(cells.agreement, 1 - (1949 * 4 / 149 + 19) / 2000)
    found = weighted_not_met(passed, failed)
    missed = 1949 * 4 / 149
    assert found.share is not None
    assert isclose(found.share, 64 / (64 + missed + 19))
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.share < found.high
    # One stratum sampled whole and nothing missed: no spread is known, and no limit is claimed.
    assert weighted_not_met([(10, 5, 0)], [(2, 2, 2)]).low is None
    assert weighted_cells([(10, 0, 0)], [(2, 2, 2)]) is None


def test_the_cells_of_plain_counts_are_those_of_kappa_and_its_kin() -> None:
    cells = cells_of_counts((40, 5, 10, 45))
    assert cells is not None
    assert isclose(cells.agreement, 0.85)
    assert isclose(cells.chance, 0.5)  # .45·.5 + .55·.5
    assert isclose(cells.kappa or 0, 0.7)
    assert isclose(cells.pabak, 0.7)
    assert isclose(cells.prevalence_index, -0.05)
    assert isclose(cells.bias_index, -0.05)
    # Gwet: π = .525, chance 2·.525·.475 = .49875.
    assert isclose(cells.ac1, (0.85 - 0.49875) / (1 - 0.49875))
    assert cells_of_counts((0, 0, 0, 0)) is None
    alike = cells_of_counts((9, 0, 0, 0))
    assert alike is not None
    assert alike.kappa is None
