"""Sizes at their edges, and against brute force."""

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.intervals import most_failing, rate_interval, stratified_limits
from sampling.refused import Refused
from sampling.sizes import (
    breach,
    chance_of_met,
    exact_share,
    size_for_margin,
    size_to_show,
    size_to_show_stratified,
    stop_or_go,
)
from sampling.strata import share_proportionally


@pytest.mark.parametrize(
    "standard", ["0.965", 0.965, Decimal("0.965"), Fraction(193, 200), np.float64(0.965)]
)
def test_the_standard_is_exact_however_it_is_written(standard: object) -> None:
    assert exact_share(standard) == Fraction(193, 200)  # type: ignore[arg-type]
    assert breach(standard, 400) == 15  # type: ignore[arg-type]


def test_the_breach_is_not_worked_out_in_floats() -> None:
    # There (1 − 0.9)·10 is 0.9999999999999998, and the breach would come one case early.
    assert breach(0.9, 10) == 2


@pytest.mark.parametrize(
    "standard", ["", "98%", "0", "1.01", 98, -0.1, float("nan"), float("inf"), "1/0", None]
)
def test_what_is_not_a_standard_is_refused(standard: object) -> None:
    with pytest.raises(Refused, match="A standard is a share"):
        size_to_show(standard, 100)  # type: ignore[arg-type]


def test_edges() -> None:
    assert size_to_show("0.98", 1).sample_size == 1
    assert size_to_show("1", 20).sample_size == 19  # 1/20 is a tie, and ties are rejected
    assert size_to_show("1", 200).sample_size == 190
    whole = size_to_show("0.98", 100, allowed_failures=2, assurance=0.999)
    assert (whole.sample_size, whole.breach) == (100, 3)
    assert whole.chance_of_false_pass == 0.0
    assert size_to_show("0.98", None).breach is None


def test_refusals() -> None:
    with pytest.raises(Refused, match=r"3 failing of 100 cases already breach .* Allow at most 2"):
        size_to_show("0.98", 100, allowed_failures=3)
    with pytest.raises(Refused, match="population without end"):
        size_to_show("1", None)
    with pytest.raises(Refused, match="no cases to draw from"):
        size_to_show("0.98", 0)
    with pytest.raises(Refused, match="no cases to draw from"):
        size_to_show_stratified("0.98", {})
    with pytest.raises(Refused, match="assurance"):
        size_to_show("0.98", 100, assurance=1)
    with pytest.raises(Refused, match="allowed failures"):
        size_to_show("0.98", 100, allowed_failures=-1)
    with pytest.raises(Refused, match="The sample size cannot be 11"):
        chance_of_met(10, 1, sample_size=11, allowed_failures=0)
    with pytest.raises(Refused, match="share from 0 to 1"):
        chance_of_met(None, 3, sample_size=11, allowed_failures=0)


@given(st.integers(1, 400), st.integers(0, 6), st.sampled_from(["0.8", "0.9", "0.98", "1"]))
def test_the_size_shows_it_and_one_fewer_does_not(population: int, allowed: int, standard: str) -> None:
    first = breach(standard, population)
    if allowed >= first:
        return
    size = size_to_show(standard, population, allowed_failures=allowed).sample_size
    assert most_failing(allowed, size, population) < first
    assert size - 1 < allowed or most_failing(allowed, size - 1, population) >= first


@given(st.integers(0, 6), st.sampled_from(["0.8", "0.9", "0.98", "0.995"]))
def test_without_end_it_is_the_limit_of_large_populations(allowed: int, standard: str) -> None:
    endless = size_to_show(standard, None, allowed_failures=allowed)
    # The binomial is always the larger, and 300,000 cases are nearly without end.
    large = size_to_show(standard, 300_000, allowed_failures=allowed)
    assert 0 <= endless.sample_size - large.sample_size <= endless.sample_size * 0.01 + 1
    before = chance_of_met(
        None,
        float(1 - endless.standard),
        sample_size=endless.sample_size - 1,
        allowed_failures=allowed,
    )
    assert endless.chance_of_false_pass <= 0.05 < before


def test_operating_characteristic_takes_arrays() -> None:
    chances = chance_of_met(500, np.arange(0, 501), sample_size=119, allowed_failures=0)
    assert chances[0] == 1
    assert np.all(np.diff(chances) <= 0)
    assert chances[11] <= 0.05 < chances[10]
    assert chance_of_met(None, [0.0, 1.0], sample_size=0, allowed_failures=2).tolist() == [1, 1]  # type: ignore[call-overload]
    assert chance_of_met(0, 0, sample_size=0, allowed_failures=0) == 1


def splits(sizes: list[int], failures: int) -> list[tuple[int, ...]]:
    return [
        split for split in product(*(range(min(n, failures) + 1) for n in sizes)) if sum(split) == failures
    ]


def smallest_by_brute_force(
    standard: str, populations: dict[str, int], assurance: float, allowed: int
) -> int:
    first = breach(standard, sum(populations.values()))
    for total in range(sum(populations.values()) + 1):
        sizes = list(share_proportionally(populations, total).values())
        cases = list(populations.values())
        if total >= allowed and all(
            stratified_limits(
                [(size, n, n - x) for size, n, x in zip(cases, sizes, split, strict=True)],
                assurance=assurance,
            ).most_failing
            < first
            for split in splits(sizes, allowed)
        ):
            return total
    raise AssertionError("a census always shows it")


@pytest.mark.parametrize(
    ("standard", "populations", "assurance", "allowed"),
    [
        ("0.9", {"a": 20, "b": 15}, 0.95, 0),
        ("0.9", {"a": 20, "b": 15}, 0.95, 2),
        ("0.9", {"a": 20, "b": 15, "c": 2}, 0.95, 1),
        ("0.8", {"a": 12, "b": 9, "c": 4}, 0.95, 3),
        ("0.8", {"a": 30, "b": 1, "c": 1}, 0.9, 2),
        ("0.9", {"a": 40, "b": 3}, 0.95, 3),
        ("0.95", {"a": 15, "b": 15, "c": 15, "d": 15}, 0.95, 1),
        ("0.95", {"a": 50, "b": 1}, 0.95, 1),
        ("0.7", {"a": 5, "b": 5, "c": 5}, 0.8, 2),
        ("0.9", {"a": 25, "b": 0}, 0.95, 1),
        ("1", {"a": 8, "b": 5}, 0.95, 0),
        ("0.5", {"a": 6, "b": 6, "c": 6}, 0.9, 6),
    ],
)
def test_strata_against_every_split(
    standard: str, populations: dict[str, int], assurance: float, allowed: int
) -> None:
    result = size_to_show_stratified(standard, populations, assurance=assurance, allowed_failures=allowed)
    assert result.sample_size == smallest_by_brute_force(standard, populations, assurance, allowed)
    assert result.sizes == share_proportionally(populations, result.sample_size)


def test_one_stratum_is_the_simple_size() -> None:
    for allowed in (0, 1, 4):
        alone = size_to_show_stratified("0.98", {"all": 812}, allowed_failures=allowed)
        assert alone.sample_size == size_to_show("0.98", 812, allowed_failures=allowed).sample_size


def test_sixty_five_offices() -> None:
    populations = {f"office {number:02}": 900 + number for number in range(65)}
    result = size_to_show_stratified("0.98", populations, allowed_failures=2)
    cases = list(populations.items())
    worst = [(size, result.sizes[office], result.sizes[office]) for office, size in cases]
    for failing in range(2):
        size, n, met = worst[failing]
        worst[failing] = (size, n, met - 1)
    assert stratified_limits(worst).most_failing < result.breach


def exact_chance_of_two_stages(first: int, second: int, population: int, failing: int) -> Fraction:
    """None failing in the first stage, or one there and none in the second; counted, not worked out."""
    rest = population - failing
    none = comb(rest, first) * comb(population - first, second)
    one = failing * comb(rest, first - 1) * comb(rest - first + 1, second) if first else 0
    return Fraction(none + one, comb(population, first) * comb(population - first, second))


@pytest.mark.parametrize("assurance", ["0.8", "0.9", "0.95"])
@pytest.mark.parametrize("standard", ["0.8", "0.9", "0.98"])
def test_stop_or_go_is_the_smallest_that_keeps_the_assurance(standard: str, assurance: str) -> None:
    level = 1 - Fraction(assurance)
    for population in [*range(10, 60, 7), 100, 101, 150, 400]:
        first = breach(standard, population)
        if first < 2:
            continue
        plan = stop_or_go(standard, population, assurance=float(assurance))
        n = plan.first_stage
        assert plan.second_stage == min(n, population - n)
        exact = exact_chance_of_two_stages(n, plan.second_stage, population, first)
        assert plan.chance_of_false_pass == pytest.approx(float(exact), rel=1e-11)
        assert exact <= level
        assert exact_chance_of_two_stages(n - 1, min(n - 1, population - n + 1), population, first) > level
        # More failing cases pass less often.
        assert exact_chance_of_two_stages(n, plan.second_stage, population, first + 1) <= exact


def test_stop_or_go_without_end_is_the_limit_of_large_populations() -> None:
    for standard in ("0.9", "0.98"):
        endless, large = stop_or_go(standard, None), stop_or_go(standard, 300_000)
        assert (endless.second_stage, endless.breach) == (endless.first_stage, None)
        assert 0 <= endless.first_stage - large.first_stage <= 1
        assert endless.chance_of_false_pass <= 0.05


def test_a_pass_of_stop_or_go_is_shown_by_the_bound_too() -> None:
    for population in (100, 500, 2000):
        plan = stop_or_go("0.98", population)
        assert plan.breach is not None
        assert most_failing(0, plan.first_stage, population) < plan.breach
        assert most_failing(1, plan.first_stage + plan.second_stage, population) < plan.breach


def test_stop_or_go_refuses() -> None:
    with pytest.raises(Refused, match="1 failing of 40 cases already breach"):
        stop_or_go("0.98", 40)
    with pytest.raises(Refused, match="population without end"):
        stop_or_go("1", None)
    with pytest.raises(Refused, match="no cases to draw from"):
        stop_or_go("0.98", 0)
    with pytest.raises(Refused, match="assurance"):
        stop_or_go("0.98", 100, assurance=0)


@pytest.mark.parametrize("expected", ["0", "0.3", "0.5", "0.98", "1", 0.965])
@pytest.mark.parametrize(("population", "margin"), [(1, "0.1"), (60, "0.05"), (400, "0.05"), (997, "0.013")])
def test_the_margin_against_every_size(expected: str | float, population: int, margin: str) -> None:
    sizes = np.arange(1, population + 1)
    share = 1 - Fraction(str(expected))
    failing = np.array([int(n * share + Fraction(1, 2)) for n in sizes.tolist()])
    interval = rate_interval(sizes - failing, sizes, population)
    assert interval.low_count is not None
    assert interval.high_count is not None
    widths = interval.high_count - interval.low_count
    kept = widths <= int(2 * Fraction(margin) * population)
    plan = size_for_margin(expected, margin, population)
    assert plan.first == 1 + np.flatnonzero(kept)[0]
    assert kept[plan.sample_size - 1 :].all()
    assert plan.sample_size == 1 or not kept[plan.sample_size - 2]
    assert plan.half_width == widths[plan.sample_size - 1] / (2 * population)


def test_the_margin_is_exact_however_it_is_written() -> None:
    plans = [size_for_margin(rate, margin, 812) for rate, margin in [("0.98", "0.05"), (0.98, 0.05)]]
    assert plans[0] == plans[1]
    assert (plans[0].expected, plans[0].margin) == (Fraction(49, 50), Fraction(1, 20))
    # 2·0.035·200 is 14 cases, but 14.000000000000002 in floats, and 2·0.145·100 is 28.999999999999996.
    assert size_for_margin("0.9", 0.145, 100) == size_for_margin("0.9", Fraction(29, 200), 100)


def test_the_margin_refuses() -> None:
    for margin in ("0", "0.5", -0.1, 5):
        with pytest.raises(Refused, match=r"margin lies above 0 and below 0\.5"):
            size_for_margin("0.98", margin, 400)
    with pytest.raises(Refused, match="A margin is a share such as"):
        size_for_margin("0.98", "5%", 400)
    with pytest.raises(Refused, match="expected rate is a share from 0 to 1"):
        size_for_margin("1.1", "0.05", 400)
    with pytest.raises(Refused, match="The population must be a whole number"):
        size_for_margin("0.98", "0.05", None)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="nothing can be estimated"):
        size_for_margin("0.98", "0.05", 0)
    with pytest.raises(Refused, match="confidence"):
        size_for_margin("0.98", "0.05", 400, confidence=95)
