"""What is said of a plan before it is made: sizes, and what the rule would do."""

from datetime import date

import pytest

from sampling.intervals import fewest_failing, stratified_limits
from sampling.planning import last_full_month, last_full_quarter, options_to_show
from sampling.refused import Refused
from sampling.sizes import breach


def test_the_sizes_of_one_stratum_are_the_published_ones() -> None:
    options = options_to_show({"S01": 300}, standard="0.98", assurance="0.95")
    assert [option.size for option in options][:3] == [104, 156, 197]


@pytest.mark.parametrize("population", [60, 300, 812])
def test_the_standard_is_missed_from_the_first_count_that_shows_it(population: int) -> None:
    for option in options_to_show({"S01": population}, standard="0.98", assurance="0.95"):
        if option.size is None or option.missed_from is None:
            continue
        first = breach("0.98", population)
        shown = [
            failing
            for failing in range(option.size + 1)
            if fewest_failing(failing, option.size, population, assurance=0.95) >= first
        ]
        assert option.missed_from == max(shown[0], option.allowed_failures + 1)
        assert option.only_just_missing == first


def test_a_good_office_uses_three_tenths_of_what_is_allowed() -> None:
    option = options_to_show({"S01": 1000}, standard="0.98", assurance="0.95")[0]
    assert option.good_failing == 6
    assert option.good_passes is not None
    assert 0 < option.good_passes < 1
    assert option.bad_passes is not None
    assert option.bad_passes <= 0.05


def test_several_strata_are_missed_from_failures_spread_like_the_sample() -> None:
    populations = {"S01": 400, "S02": 300, "S03": 200, "S04": 100}
    options = options_to_show(populations, standard="0.98", assurance="0.95")
    assert [options[0].size, options[2].size] == [136, 276]
    assert options[0].good_passes is None
    sizes = options[0].sizes
    assert sizes is not None
    assert options[0].missed_from is not None
    everything_fails = [(cases, sizes[code], 0) for code, cases in populations.items()]
    assert stratified_limits(everything_fails, assurance=0.95).fewest_failing >= breach("0.98", 1000)


def test_what_cannot_be_shown_says_why() -> None:
    options = options_to_show({"S01": 30}, standard="0.98", assurance="0.95")
    assert options[0].size == 29
    assert "already breach a standard" in options[1].refusal
    with pytest.raises(Refused, match="A standard is a share"):
        options_to_show({"S01": 30}, standard="98%", assurance="0.95")


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 11, 21), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_the_last_full_quarter(day: date, first: date, last: date) -> None:
    assert last_full_quarter(day) == (first, last)


def test_the_last_full_month() -> None:
    assert last_full_month(date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert last_full_month(date(2026, 1, 1)) == (date(2025, 12, 1), date(2025, 12, 31))
