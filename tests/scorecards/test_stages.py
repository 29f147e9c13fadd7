"""Samples in two stages: the plan's rule, and its errors counted over every result of small worlds."""

from collections.abc import Iterator
from fractions import Fraction
from math import comb

import pytest

from sampling.refused import Refused
from sampling.sizes import breach, size_to_show, stop_or_go
from scorecards.stages import TWO_STAGES, Stage, judge_stages
from scorecards.verdicts import Judgement, Verdict, judge

WORLDS = [
    (population, standard, assurance)
    for population in (20, 33, 47)
    for standard in ("0.8", "0.85", "0.9")
    for assurance in (0.8, 0.9, 0.95)
]


def results(population: int, failing: int, n1: int, n2: int) -> Iterator[tuple[int, int | None, Fraction]]:
    """Failures of the first stage and, after exactly one, of the second; each with its chance."""
    for x1 in range(min(failing, n1) + 1):
        ways = Fraction(comb(failing, x1) * comb(population - failing, n1 - x1), comb(population, n1))
        if not ways:
            continue
        if x1 != 1:
            yield x1, None, ways
            continue
        left, bad = population - n1, failing - 1
        for x2 in range(min(bad, n2) + 1):
            yield x1, x2, ways * Fraction(comb(bad, x2) * comb(left - bad, n2 - x2), comb(left, n2))


@pytest.mark.parametrize(("population", "standard", "assurance"), WORLDS)
def test_every_error_of_the_rule_is_as_rare_as_promised(
    population: int, standard: str, assurance: float
) -> None:
    sizes = stop_or_go(standard, population, assurance=assurance)
    n1, n2, first = sizes.first_stage, sizes.second_stage, breach(standard, population)
    judged: dict[tuple[int, int | None], Judgement] = {}
    allowed = Fraction(1 - assurance) * (1 + Fraction(1, 10**9))
    for failing in range(population + 1):
        wrong = {"met": Fraction(), "missed": Fraction(), "below": Fraction(), "above": Fraction()}
        for x1, x2, chance in results(population, failing, n1, n2):
            if (x1, x2) not in judged:
                second = None if x2 is None else Stage(n2, n2 - x2)
                judged[x1, x2] = judge_stages(
                    Stage(n1, n1 - x1),
                    second,
                    population,
                    standard=standard,
                    assurance=assurance,
                    second_stage=n2,
                )
            result = judged[x1, x2]
            assert result.lower is not None
            assert result.upper is not None
            wrong["met"] += chance * (result.verdict == Verdict.MET and failing >= first)
            wrong["missed"] += chance * (result.verdict == Verdict.MISSED and failing < first)
            wrong["below"] += chance * (round((1 - result.lower) * population) < failing)
            wrong["above"] += chance * (round((1 - result.upper) * population) > failing)
        assert max(wrong.values()) <= allowed, (failing, wrong)
    for (x1, x2), result in judged.items():
        assert result.lower is not None
        can_fail = round((1 - result.lower) * population)
        assert (can_fail < first) == (result.verdict == Verdict.MET)
        is_certain = population - result.met < first
        assert is_certain or (result.verdict == Verdict.MET) == (x1 == 0 or (x1 == 1 and x2 == 0))


def test_judged_as_one_plain_sample_the_rule_would_pass_too_often() -> None:
    # The size that shows 95% at once when none fails, followed by as many again after one failure.
    n, population = size_to_show("0.95", 400, assurance=0.9).sample_size, 400
    first = breach("0.95", population)
    chance = sum(
        ways
        for x1, x2, ways in results(population, first, n, n)
        if judge(2 * n - 1, 2 * n, population, standard="0.95", assurance=0.9).verdict == Verdict.MET
        and (x1 == 0 or (x1 == 1 and x2 == 0))
    )
    assert chance > 0.115
    # Judged as two stages, these sizes show nothing after a failure.
    result = judge_stages(
        Stage(n, n - 1), Stage(n, n), population, standard="0.95", assurance=0.9, second_stage=n
    )
    assert result.verdict == Verdict.NOT_SHOWN


def test_while_it_runs() -> None:
    sizes = stop_or_go("0.98", 812)
    n1, n2 = sizes.first_stage, sizes.second_stage

    def at(first: Stage, second: Stage | None = None) -> Judgement:
        return judge_stages(first, second, 812, standard="0.98", second_stage=n2)

    nothing = at(Stage(n1, 0, n1))
    assert (nothing.verdict, nothing.lower, nothing.upper) == (Verdict.NOT_SHOWN, 0.0, 1.0)
    assert (nothing.still_needed, nothing.method) == (n1, TWO_STAGES)
    assert at(Stage(n1, n1 - 1, 1)).still_needed == 1
    assert at(Stage(n1, n1)).verdict == Verdict.MET
    one = at(Stage(n1, n1 - 1))
    assert (one.verdict, one.still_needed) == (Verdict.NOT_SHOWN, n2)
    assert at(Stage(n1, n1 - 4, 3)).still_needed == 3 + n2
    going = at(Stage(n1, n1 - 1), Stage(n2, n2 - 5, 5))
    assert (going.verdict, going.still_needed, going.undecided) == (Verdict.NOT_SHOWN, 5, 5)
    passed = at(Stage(n1, n1 - 1), Stage(n2, n2))
    assert (passed.verdict, passed.still_needed, passed.met) == (Verdict.MET, 0, n1 + n2 - 1)
    over = at(Stage(n1, n1 - 1), Stage(n2, n2 - 1))
    assert (over.verdict, over.still_needed) == (Verdict.NOT_SHOWN, None)
    assert over.lower is not None
    assert over.lower < 0.98
    assert at(Stage(n1, n1 - 2)).still_needed is None
    assert at(Stage(n1, n1 - 20)).verdict == Verdict.MISSED
    # Nothing that is still to come is counted as a failure.
    assert at(Stage(n1, n1 - 20, 20)).verdict == Verdict.NOT_SHOWN


def test_a_case_that_cannot_be_decided_does_not_meet_but_is_no_failure() -> None:
    sizes = stop_or_go("0.98", 812)
    n1, n2 = sizes.first_stage, sizes.second_stage
    result = judge_stages(
        Stage(n1, n1 - 1, 1), Stage(n2, n2), 812, standard="0.98", second_stage=sizes.second_stage
    )
    assert result.verdict == Verdict.MET  # whichever way it would turn out


def test_every_case_reviewed_is_a_count() -> None:
    sizes = stop_or_go("0.8", 12, assurance=0.95)
    assert sizes.first_stage + sizes.second_stage == 12
    first, second = Stage(sizes.first_stage, sizes.first_stage - 1), Stage(sizes.second_stage, 2)
    result = judge_stages(first, second, 12, standard="0.8", second_stage=sizes.second_stage)
    assert (result.lower, result.upper) == (result.met / 12, result.met / 12)


def test_sizes_that_no_plan_would_have_show_nothing() -> None:
    result = judge_stages(Stage(5, 5), None, 812, standard="0.98", second_stage=5)
    assert result.verdict == Verdict.NOT_SHOWN
    with pytest.raises(Refused, match="larger than the whole"):
        judge_stages(Stage(5, 6), None, 812, standard="0.98", second_stage=5)
