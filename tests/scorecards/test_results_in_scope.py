"""Verdicts on the cases in scope: errors counted over every small world, and replacing in an office."""

from collections.abc import Iterator
from dataclasses import replace as changed
from functools import cache, lru_cache
from itertools import product
from math import comb

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine

from sampling.refused import Refused
from sampling.samples import InTwoStages, ToShow
from sampling.sizes import breach, stop_or_go
from sampling.stratified import HOEFFDING_BINOMIAL
from sampling.tables import Route, SampledCase
from scorecards.drawn_samples import replace_sampled_case
from scorecards.in_scope import Drawn, judge_in_scope, most_cautious, turning_points
from scorecards.results import SampleResult, sample_result
from scorecards.running_results import running_results
from scorecards.stages import Stage, judge_stages_in_scope
from scorecards.team_results import team_results
from scorecards.verdicts import Judgement, Verdict, judge

HEAD, QA = "Hedda Head", "Quinn Qua"


def judged(*parts: Drawn, standard: str = "0.98", assurance: float = 0.95) -> Judgement:
    return judge_in_scope(parts, standard=standard, assurance=assurance, method=HOEFFDING_BINOMIAL)


def outcomes(population: int, n: int, out: int, failing: int) -> Iterator[tuple[Drawn, float]]:
    """Every result of n cases, drawn by ticket and replaced as long as there are tickets, with its chance."""
    inside = population - out
    drawn = min(n, inside)
    for replaced in range(out + 1):
        if n > inside:
            chance = float(replaced == out)
        else:  # so many out of scope come before the nth case that is in scope
            chance = comb(inside, n - 1) * comb(out, replaced) / comb(population, n + replaced - 1)
            chance *= (inside - n + 1) / (population - n - replaced + 1)
        for failed in range(min(failing, drawn) + 1):
            ways = comb(failing, failed) * comb(inside - failing, drawn - failed) / comb(inside, drawn)
            if chance * ways:
                yield Drawn(population, drawn, drawn - failed, replaced=replaced), chance * ways


@pytest.mark.parametrize(("standard", "assurance"), [("0.75", 0.95), ("0.9", 0.8)])
def test_no_world_of_up_to_eleven_cases_is_judged_wrongly_too_often(standard: str, assurance: float) -> None:
    verdict = lru_cache(maxsize=None)(
        lambda part: judged(part, standard=standard, assurance=assurance).verdict
    )
    for population in range(2, 12):
        for n, out in product(range(1, population + 1), range(population)):
            first = breach(standard, population - out)
            for failing, wrong in ((first, Verdict.MET), (first - 1, Verdict.MISSED)):
                if failing > population - out:
                    continue
                chance = sum(
                    chance for part, chance in outcomes(population, n, out, failing) if verdict(part) == wrong
                )
                assert chance <= (1 - assurance) * (1 + 1e-9), (population, n, out, failing)


@pytest.mark.parametrize("sizes", [((6, 3), (6, 3)), ((8, 5), (5, 3))])
def test_nor_are_small_worlds_of_two_strata(sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    (one, of_one), (two, of_two) = sizes

    @cache
    def verdict(*parts: Drawn) -> Verdict:
        return judged(*parts, standard="0.8", assurance=0.8).verdict

    for out, other in product(range(one - 1), range(two - 1)):
        first = breach("0.8", one + two - out - other)
        for failing, wrong in ((first, Verdict.MET), (first - 1, Verdict.MISSED)):
            for here in range(max(0, failing - two + other), min(failing, one - out) + 1):
                there = list(outcomes(two, of_two, other, failing - here))
                chance = sum(
                    p * q
                    for part, p in outcomes(one, of_one, out, here)
                    for beside, q in there
                    if verdict(part, beside) == wrong
                )
                assert chance <= 0.2 * (1 + 1e-9), (out, other, here, failing)


@pytest.mark.parametrize(
    ("population", "standard", "assurance"), [(45, "0.8", 0.9), (120, "0.95", 0.8), (30, "0.9", 0.9)]
)
def test_two_stages_keep_their_promise_after_a_replacement(
    population: int, standard: str, assurance: float
) -> None:
    sizes = stop_or_go(standard, population, assurance=assurance)
    n1, n2 = sizes.first_stage, sizes.second_stage

    @cache
    def passes(failed: int, replaced: int) -> bool:
        second = Stage(n2, n2) if failed else None
        result = judge_stages_in_scope(
            Stage(n1, n1 - failed),
            second,
            population,
            replaced=replaced,
            standard=standard,
            assurance=assurance,
            second_stage=n2,
        )
        return result.verdict == Verdict.MET

    for out in range(min(8, population - n1 - n2)):
        inside = population - out
        failing = breach(standard, inside)
        none = comb(inside - failing, n1) / comb(inside, n1)
        one = failing * comb(inside - failing, n1 - 1) / comb(inside, n1)
        one *= comb(inside - n1 - failing + 1, n2) / comb(inside - n1, n2)
        chance = 0.0
        for n, failed, ways in ((n1, 0, none), (n1 + n2, 1, one)):
            chance += ways * sum(
                p for part, p in outcomes(population, n, out, 0) if passes(failed, part.replaced)
            )
        assert chance <= (1 - assurance) * (1 + 1e-9), (out, chance)


def test_the_most_cautious_verdict_stands() -> None:
    assert judged(Drawn(100, 63, 63)).verdict == Verdict.MET
    result = judged(Drawn(100, 63, 63, replaced=1))
    # 2 of 99 breach the standard, and 63 of 99 miss both in 13 of 100 samples: 77 are needed.
    assert (result.verdict, result.population, result.still_needed) == (Verdict.NOT_SHOWN, 99, 14)
    assert judged(Drawn(100, 77, 77, replaced=1)).verdict == Verdict.MET
    # N − r = 119 has the same allowance as 120, but there may be only 99.
    between = judged(Drawn(120, 76, 76, replaced=1))
    assert judge(76, 76, 119, standard="0.98").verdict == Verdict.MET
    assert between.verdict == Verdict.NOT_SHOWN
    assert judged(Drawn(100, 63, 20, replaced=1)).verdict == Verdict.MISSED
    assert judged(Drawn(100, 63, 20, 43, replaced=1)).still_needed == 43 + 14


def test_every_ticket_drawn_is_a_count_of_what_is_in_scope() -> None:
    result = judged(Drawn(10, 9, 9, replaced=1))
    assert (result.verdict, result.population, result.still_needed) == (Verdict.MET, 9, 0)
    both = judged(Drawn(10, 9, 9, replaced=1), Drawn(10, 10, 10))
    assert (both.verdict, both.lower, both.population) == (Verdict.MET, 1.0, 19)
    nothing = judged(Drawn(3, 0, 0, replaced=3))
    assert (nothing.verdict, nothing.lower, nothing.upper) == (Verdict.NOT_SHOWN, 0.0, 1.0)
    assert judged(Drawn(3, 0, 0, replaced=1)).verdict == Verdict.NOT_SHOWN
    with pytest.raises(Refused, match="More cases were drawn"):
        judged(Drawn(3, 3, 3, replaced=1))


def test_strata_are_judged_one_failing_case_lower_too() -> None:
    parts = (Drawn(60, 40, 40, replaced=1), Drawn(50, 33, 33))
    result = judged(*parts)
    assert result.population == 109
    assert result.verdict == Verdict.NOT_SHOWN
    assert judged(Drawn(60, 40, 40), Drawn(50, 33, 33)).verdict == Verdict.MET
    assert result.still_needed is not None
    assert result.still_needed > 0
    # A standard of 100% lets no case less fail.
    assert judged(*parts, standard="1").verdict == Verdict.NOT_SHOWN


def test_what_cannot_be_worked_out_by_one_number_shows_nothing() -> None:
    fine = judged(Drawn(60, 60, 60))
    without = changed(fine, verdict=Verdict.NOT_SHOWN, lower=None, upper=None, reason="Too large.")
    assert most_cautious([fine]) == fine
    assert most_cautious([fine, without]) == without


def test_the_populations_at_which_a_share_allows_one_more() -> None:
    assert turning_points(Drawn(120, 60, 60), "0.98") == [120]
    assert turning_points(Drawn(120, 60, 60, replaced=5), "0.98") == [115, 60, 99, 100, 120]


def replace(office: ScoredOffice, sampled_id: int) -> None:
    with office.writing() as session:
        sampled, by = session.get_one(SampledCase, sampled_id), office.person(session, QA)
        replace_sampled_case(session, sampled, code="duplicate", reason="As the file says.", by=by)


def ask(office: ScoredOffice, draw_id: int) -> SampleResult:
    return office.ask(sample_result, HEAD, draw_id)


def test_a_census_with_a_case_out_of_scope_can_be_met(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=10)
    draw_id = office.draw_closed([10])
    replace(office, office.to_do(QA, Route.CENTRAL)[0])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    result = ask(office, draw_id)
    outcome = result.measures[0]
    assert (outcome.judgement.verdict, outcome.judgement.population) == (Verdict.MET, 9)
    assert (outcome.likely_low, outcome.likely_high, result.population) == (1.0, 1.0, 10)
    assert office.ask(running_results, HEAD, draw_id)[0].low[-1] == 1.0
    teams = office.ask(team_results, HEAD, draw_id, measure="outcome")
    assert teams["population"].tolist() == teams["drawn"].tolist()
    assert (teams["population"].sum(), teams["low"].min()) == (9, 1.0)


def test_a_sample_with_a_replaced_case_needs_more_than_its_plan(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine, closed=50)
    office.set_standard("outcome_standard", "0.9")
    draw_id = office.draw_planned(ToShow("0.9", "0.8", 0))
    drawn = len(office.to_do(QA, Route.CENTRAL))
    replace(office, office.to_do(QA, Route.CENTRAL)[0])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    judgement = ask(office, draw_id).measures[0].judgement
    assert judge(drawn, drawn, 50, standard="0.9", assurance=0.8).verdict == Verdict.MET
    assert (judgement.verdict, judgement.population, judgement.reviewed) == (Verdict.NOT_SHOWN, 49, drawn)
    running = office.ask(running_results, HEAD, draw_id)[0]
    assert (running.population, running.read) == (49, drawn)


def test_a_first_stage_that_was_replaced_to_its_end_shows_nothing(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=10)
    draw_id = office.draw_planned(InTwoStages("0.7", "0.6"))
    while todo := office.to_do(QA, Route.CENTRAL):
        replace(office, todo[0])
    result = ask(office, draw_id)
    assert (result.drawn, result.replaced) == (0, {"duplicate": 10})
    for measure in result.measures:
        assert (measure.judgement.verdict, measure.judgement.population) == (Verdict.NOT_SHOWN, 0)
        assert measure.likely_low is None
    assert office.ask(running_results, HEAD, draw_id)[0].read == 0
    assert office.ask(team_results, HEAD, draw_id, measure="outcome")["drawn"].sum() == 0
