"""Verdicts: edges, undecided cases, what is still needed, and errors counted in small worlds."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.intervals import most_failing, stratified_limits
from sampling.refused import Refused
from sampling.sizes import breach
from sampling.strata import share_proportionally
from sampling.stratified import METHODS
from scorecards.verdicts import Judgement, Verdict, judge, judge_strata


def test_nothing_reviewed() -> None:
    for population in (0, 100, None):
        result = judge(0, 0, population, standard="0.98")
        assert (result.verdict, result.lower, result.upper) == (Verdict.NOT_SHOWN, 0.0, 1.0)
    assert judge(0, 0, 100, standard="0.98").still_needed == 63
    assert judge(0, 0, None, standard="0.98").still_needed == 149
    assert judge(0, 0, 0, standard="0.98").still_needed is None


def test_everything_reviewed_is_known() -> None:
    assert judge(98, 100, 100, standard="0.98").verdict == Verdict.MET
    missed = judge(97, 100, 100, standard="0.98")
    assert (missed.verdict, missed.lower, missed.upper) == (Verdict.MISSED, 0.97, 0.97)
    assert missed.still_needed is None


def test_all_and_none_met() -> None:
    assert judge(100, 100, 1000, standard="0.9").verdict == Verdict.MET
    assert judge(0, 100, 1000, standard="0.9").verdict == Verdict.MISSED
    assert judge(0, 100, None, standard="0.9").verdict == Verdict.MISSED
    assert judge(1, 1, 1, standard="1").verdict == Verdict.MET
    assert judge(0, 1, 1, standard="0.01").verdict == Verdict.MISSED


def test_a_standard_of_all_cases() -> None:
    assert judge(9, 10, 20, standard="1").verdict == Verdict.MISSED
    assert judge(9, 10, None, standard="1").verdict == Verdict.MISSED
    assert judge(10, 10, None, standard="1").verdict == Verdict.NOT_SHOWN
    assert judge(10, 10, None, standard="1").still_needed is None
    assert judge(19, 19, 20, standard="1").verdict == Verdict.MET  # chance 1/20: a tie is rejected


def test_enough_failures_seen_and_no_census_could_show_it() -> None:
    result = judge(47, 50, 100, standard="0.98")
    assert (result.breach, result.still_needed) == (3, None)
    assert judge(48, 50, 100, standard="0.98").still_needed is not None


def test_undecided_cases_count_both_ways() -> None:
    result = judge(60, 63, 100, standard="0.98", undecided=3)
    assert result.verdict == Verdict.NOT_SHOWN
    assert result.still_needed == 3  # the three of them, met, make 63 of 63
    assert result.lower == judge(60, 63, 100, standard="0.98").lower
    assert result.upper == judge(63, 63, 100, standard="0.98").upper
    waiting = judge(0, 40, None, standard="0.95", undecided=40)
    assert (waiting.lower, waiting.upper, waiting.still_needed) == (0.0, 1.0, 59)


def test_refusals() -> None:
    with pytest.raises(Refused, match="Met and undecided cases together cannot be 11"):
        judge(9, 10, 100, standard="0.98", undecided=2)
    with pytest.raises(Refused, match="the population is 9"):
        judge(9, 10, 9, standard="0.98")
    with pytest.raises(Refused, match=r"above 0\.5"):
        judge(9, 10, 100, standard="0.98", assurance=0.5)
    with pytest.raises(Refused, match="A standard is a share"):
        judge(9, 10, 100, standard=98)
    with pytest.raises(Refused, match="1 undecided counts do not fit 2 strata"):
        judge_strata([(10, 5, 5), (10, 5, 5)], standard="0.98", undecided=[1])
    with pytest.raises(Refused, match="Met and undecided"):
        judge_strata([(10, 5, 5), (10, 5, 5)], standard="0.98", undecided=[0, 1])
    for strata in ([(10, 5, 5), (10, 5, 5)], [(10, 5, 5)]):
        with pytest.raises(Refused, match="no method 'pooled'"):
            judge_strata(strata, standard="0.98", method="pooled")


@pytest.mark.parametrize(("population", "n"), [(12, 5), (15, 11), (20, 14)])
def test_wrong_verdicts_are_as_rare_as_promised(population: int, n: int) -> None:
    verdicts = [judge(n - x, n, population, standard="0.85", assurance=0.9).verdict for x in range(n + 1)]
    first = breach("0.85", population)
    for failing in range(population + 1):
        wrong = Verdict.MET if failing >= first else Verdict.MISSED
        ways = sum(
            comb(failing, x) * comb(population - failing, n - x) for x in range(n + 1) if verdicts[x] == wrong
        )
        assert ways <= 0.1 * comb(population, n) * (1 + 1e-9)


COUNTS = st.integers(1, 120).flatmap(
    lambda size: st.integers(0, size).flatmap(
        lambda n: st.tuples(st.just(size), st.just(n), st.integers(0, n))
    )
)


@settings(max_examples=40)
@given(COUNTS, st.data())
def test_a_verdict_holds_however_the_undecided_turn_out(
    counts: tuple[int, int, int], data: st.DataObject
) -> None:
    size, n, met = counts
    undecided = data.draw(st.integers(0, n - met))
    standard = data.draw(st.sampled_from(["0.8", "0.9", "0.98"]))
    result = judge(met, n, size, standard=standard, undecided=undecided)
    turned_out = data.draw(st.integers(0, undecided))
    later = judge(met + turned_out, n, size, standard=standard)
    assert result.verdict in (Verdict.NOT_SHOWN, later.verdict)
    limits = [result.lower, later.lower, later.upper, result.upper]
    assert limits == sorted(limits)  # type: ignore[type-var]


@settings(max_examples=40)
@given(COUNTS, st.data())
def test_still_needed_is_the_smallest_number(counts: tuple[int, int, int], data: st.DataObject) -> None:
    size, n, met = counts
    undecided = data.draw(st.integers(0, n - met))
    standard = data.draw(st.sampled_from(["0.8", "0.9", "0.98"]))
    result = judge(met, n, size, standard=standard, undecided=undecided)
    first = breach(standard, size)

    def shown(further: int) -> bool:
        reviewed = n + max(further - undecided, 0)
        return most_failing(reviewed - met - further, reviewed, size) < first

    by_hand = next((k for k in range(undecided + size - n + 1) if shown(k)), None)
    assert result.still_needed == by_hand
    assert (result.verdict == Verdict.MET) == (by_hand == 0)


@given(COUNTS, st.sampled_from(["0.8", "0.95", "1"]), st.sampled_from(sorted(METHODS)), st.data())
@settings(max_examples=30)
def test_one_stratum_gets_exactly_what_judge_says(
    counts: tuple[int, int, int], standard: str, method: str, data: st.DataObject
) -> None:
    size, n, met = counts
    undecided = data.draw(st.integers(0, n - met))
    expected = judge(met, n, size, standard=standard, undecided=undecided)
    assert judge_strata([counts], standard=standard, undecided=[undecided], method=method) == expected


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("hoeffding-binomial", "Hoeffding-binomial limit"),
        ("worst-case", "exact worst case"),
        ("fisher", "Fisher combination"),
    ],
)
def test_strata_are_judged_by_the_method_of_the_plan(method: str, name: str) -> None:
    strata = [(400, 40, 39), (300, 30, 30), (200, 50, 49)]
    result = judge_strata(strata, standard="0.9", method=method)
    limits = stratified_limits(strata, method=method)
    assert (result.lower, result.upper, result.method, result.reason) == (limits.low, limits.high, name, None)
    # A standard that so many failing cases just do not breach is shown, and one case more is not.
    just, above = (Fraction(900 - limits.most_failing + more, 900) for more in (0, 1))
    assert judge_strata(strata, standard=just, method=method).verdict == Verdict.MET
    assert judge_strata(strata, standard=above, method=method).verdict == Verdict.NOT_SHOWN
    assert (
        judge_strata([(400, 40, 20), (300, 60, 30)], standard="0.9", method=method).verdict == Verdict.MISSED
    )


def test_every_judgement_names_its_method() -> None:
    assert judge(9, 10, 20, standard="0.5").method == "exact hypergeometric limit"
    assert judge(9, 10, None, standard="0.5").method == "Clopper-Pearson limit"
    # Where no more than one stratum was sampled in part, its own exact limit decides.
    one_left = judge_strata([(40, 40, 38), (300, 30, 30), (9, 0, 0)], standard="0.5", method="fisher")
    assert one_left.method == "exact hypergeometric limit"


def test_a_stratum_of_which_nothing_was_drawn_counts_against_either_verdict() -> None:
    for method in METHODS:
        alone = judge_strata([(400, 80, 80), (300, 30, 30)], standard="0.9", method=method)
        beside = judge_strata([(400, 80, 80), (300, 30, 30), (100, 0, 0)], standard="0.9", method=method)
        assert (alone.verdict, beside.verdict) == (Verdict.MET, Verdict.NOT_SHOWN)
        assert (alone.lower, beside.upper) != (None, None)
        assert beside.lower == pytest.approx((700 * alone.lower) / 800)  # type: ignore[operator]
        assert beside.upper == 1.0


def test_where_the_method_cannot_be_carried_out_the_counts_stand_with_the_reason() -> None:
    strata = [(20_000, 2000, 1000), (20_000, 4000, 2000)]
    result = judge_strata(strata, standard="0.98", undecided=[10, 0], method="worst-case")
    assert (result.verdict, result.method) == (Verdict.NOT_SHOWN, "exact worst case")
    assert (result.met, result.reviewed, result.undecided, result.population) == (3000, 6000, 10, 40_000)
    assert (result.lower, result.upper, result.still_needed, result.breach) == (None, None, None, 801)
    assert result.reason is not None
    assert result.reason.startswith("The exact worst case over 2 strata of 40,000 cases is too large")
    # Counts that cannot be are refused all the same.
    with pytest.raises(Refused, match="Met and undecided"):
        judge_strata(strata, standard="0.98", undecided=[2000, 0], method="worst-case")


@pytest.mark.parametrize("method", ["worst-case", "fisher"])
@pytest.mark.parametrize("met", [(6, 9), (5, 9), (6, 8)])
def test_still_needed_by_the_other_methods_against_every_number(method: str, met: tuple[int, int]) -> None:
    strata = [(40, 6, met[0]), (30, 9, met[1])]
    result = judge_strata(strata, standard="0.8", method=method)

    def shown(further: int) -> bool:
        added = share_proportionally({0: 34, 1: 21}, further)
        grown = [(size, n + added[i], good + added[i]) for i, (size, n, good) in enumerate(strata)]
        return stratified_limits(grown, method=method).most_failing < breach("0.8", 70)

    assert result.still_needed == next(k for k in range(56) if shown(k))


def test_strata_are_judged_by_their_bound() -> None:
    strata = [(400, 40, 40), (300, 30, 30), (200, 20, 20), (100, 10, 10)]
    result = judge_strata(strata, standard="0.98")
    limits = stratified_limits(strata)
    assert (result.lower, result.upper) == (limits.low, limits.high)
    assert (result.population, result.reviewed, result.met, result.breach) == (1000, 100, 100, 21)
    assert result.verdict == Verdict.NOT_SHOWN
    assert judge_strata(strata, standard="0.97").verdict == Verdict.MET  # 28 can fail, 31 would breach
    assert judge_strata([(400, 40, 20), (300, 30, 20)], standard="0.97").verdict == Verdict.MISSED


def enough(result: Judgement, strata: list[tuple[int, int, int]], first: int) -> list[int]:
    """Every number of further met cases that shows it, one at a time, for strata of one size and share."""
    shown = []
    for k in range(sum(size - n for size, n, _ in strata) + 1):
        each, extra = divmod(k, len(strata))
        grown = [
            (size, n + each + (i < extra), met + each + (i < extra))
            for i, (size, n, met) in enumerate(strata)
        ]
        if stratified_limits(grown).most_failing < first:
            shown.append(k)
    return shown


@pytest.mark.parametrize("failed", [0, 1, 3])
def test_still_needed_over_even_strata_against_every_number(failed: int) -> None:
    strata = [(60, 12, 12 - failed), (60, 12, 12), (60, 12, 12)]
    result = judge_strata(strata, standard="0.95")
    assert result.still_needed == enough(result, strata, breach("0.95", 180))[0]


def test_still_needed_over_strata_at_its_edges() -> None:
    strata = [(60, 12, 12), (40, 8, 6)]
    assert judge_strata(strata, standard="0.98").still_needed is not None
    assert judge_strata(strata, standard="0.99").still_needed is None
    assert judge_strata([(60, 60, 60), (40, 40, 39)], standard="0.98").still_needed == 0
    nothing = judge_strata([(60, 0, 0), (40, 0, 0)], standard="0.98")
    assert (nothing.verdict, nothing.lower, nothing.upper) == (Verdict.NOT_SHOWN, 0.0, 1.0)
    assert judge_strata([(0, 0, 0), (0, 0, 0)], standard="0.98").still_needed is None


def test_undecided_strata_hold_whatever_turns_up() -> None:
    strata, waiting = [(60, 30, 27), (40, 20, 18)], [3, 2]
    open_still = judge_strata(strata, standard="0.95", undecided=waiting)
    assert open_still.lower == judge_strata(strata, standard="0.95").lower
    decided = judge_strata([(60, 30, 30), (40, 20, 20)], standard="0.95")
    assert open_still.upper == decided.upper
    # When the five outstanding results show it, no new case is asked for.
    assert decided.verdict == Verdict.MET
    assert open_still.still_needed is not None
    assert open_still.still_needed <= 5
