"""Results and the register: voided draws, late strata, replaced cases, second stages, demonstrations."""

from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.late_strata import plan_late_strata
from sampling.randomness import for_demonstration
from sampling.refused import Refused
from sampling.registering import Terms
from sampling.samples import AtRate, InTwoStages, ToShow
from sampling.series import Series
from sampling.stratified import METHODS
from sampling.tables import Cause, Draw, Plan, Purpose, Route, SampledCase
from sampling.voiding import void_plan
from scorecards.drawn_samples import ask_to_void_plan, go_on_to_second_stage, replace_sampled_case
from scorecards.open_results import open_results
from scorecards.requirements import Kind, ResponseValue
from scorecards.results import result_samples, sample_result
from scorecards.running_results import running_results
from scorecards.stages import TWO_STAGES
from scorecards.team_results import team_results
from scorecards.verdicts import Verdict

HEAD, QA, NORTH = "Hedda Head", "Quinn Qua", "Nora North"


def plan_late(office: ScoredOffice, draw_id: int) -> int:
    """Ten late cases, imported, and registered as late strata that are not drawn; the plan's id."""
    drawn = office.draw_late(draw_id, closed=10)
    office.void(drawn)
    with office.writing() as session:
        plan, by = session.get_one(Draw, draw_id).plan, office.person(session, QA)
        return plan_late_strata(session, plan, due_on=date(2026, 8, 10), by=by).id


def test_a_voided_draw_has_no_results_and_is_counted(engine: Engine) -> None:
    office = ScoredOffice(engine)
    first = office.draw_closed([5])
    office.void(first)
    second = office.draw_closed([5], name="Again")
    assert office.ask(result_samples, HEAD) == [(second, "Again")]
    assert office.ask(sample_result, HEAD, second).draws == Series(number=2, made=2, voided=1)
    for query in (sample_result, running_results):
        with pytest.raises(Refused, match="was voided"):
            office.ask(query, HEAD, first)


def test_a_voided_month_leaves_the_open_results(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_open("North", NORTH)
    office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0])
    assert len(office.ask(open_results, NORTH)) == 1
    with office.writing() as session:
        plan = session.get_one(Draw, draw_id).plan
        ask_to_void_plan(session, plan, reason="The wrong month.", by=office.person(session, NORTH))
    with office.writing() as session:
        void_plan(session, session.get_one(Draw, draw_id).plan, by=office.person(session, HEAD))
    assert office.ask(open_results, NORTH) == []


def test_late_strata_are_strata_of_the_same_sample(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([5])
    before = office.ask(sample_result, HEAD, draw_id).measures[0].judgement
    late_id = office.draw_late(draw_id, closed=8)
    again_id = office.draw_late(draw_id, closed=4, day=2)
    result = office.ask(sample_result, HEAD, draw_id)
    strata = result.measures[0].strata
    assert [(row.label, row.population, row.drawn) for row in strata] == [
        ("All cases", 20, 5),
        ("All cases, late", 8, 2),
        ("All cases, late 2", 4, 1),
    ]
    assert (result.population, result.drawn, result.late_cases) == (32, 8, 12)
    assert (result.due_on, result.draws) == (date(2026, 8, 10), Series(1, 1, 0))
    assert before.method != METHODS["hoeffding-binomial"] == result.measures[0].judgement.method
    assert office.ask(result_samples, HEAD) == [(draw_id, "Quarter")]
    with pytest.raises(Refused, match="late strata of “Quarter”"):
        office.ask(sample_result, HEAD, late_id)
    teams = office.ask(team_results, HEAD, draw_id, measure="outcome")
    assert teams["population"].sum() == 32
    office.void(again_id)
    assert office.ask(sample_result, HEAD, draw_id).population == 28
    assert office.ask(running_results, HEAD, draw_id)[0].population == 28


def test_a_replaced_case_is_out_and_the_population_stays(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([19])
    for expected in (19, 18):  # a twentieth ticket, and then none
        first = office.to_do(QA, Route.CENTRAL)[0]
        with office.writing() as session:
            sampled, by = session.get_one(SampledCase, first), office.person(session, QA)
            replace_sampled_case(session, sampled, code="duplicate", reason="As the file says.", by=by)
        result = office.ask(sample_result, HEAD, draw_id)
        assert (result.population, result.drawn) == (20, expected)
        assert result.measures[0].strata[0].drawn == expected
    assert result.replaced == {"duplicate": 2}
    assert office.ask(running_results, HEAD, draw_id)[0].drawn == 18
    assert office.ask(team_results, HEAD, draw_id, measure="outcome")["drawn"].sum() == 18


def test_two_stages_are_judged_by_their_own_rule(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=60)
    draw_id = office.draw_planned(InTwoStages("0.8", "0.95"))
    first, *others = todo = office.to_do(QA, Route.CENTRAL)
    result = office.ask(sample_result, HEAD, draw_id)
    assert result.two_stages is not None
    n1, n2 = result.two_stages.first, result.two_stages.second
    assert len(todo) == n1
    outcome, method = result.measures
    assert (outcome.judgement.still_needed, outcome.judgement.method) == (n1, TWO_STAGES)
    assert (len(outcome.stages), method.stages) == (1, ())

    office.score(QA, first, not_met=Kind.OUTCOME)
    for sampled_id in others:
        office.score(QA, sampled_id)
    result = office.ask(sample_result, HEAD, draw_id)
    outcome = result.measures[0]
    assert (outcome.judgement.verdict, outcome.judgement.still_needed) == (Verdict.NOT_SHOWN, n2)
    with office.writing() as session:
        go_on_to_second_stage(session, session.get_one(Draw, draw_id), by=office.person(session, QA))
    for sampled_id in office.to_do(QA, Route.CENTRAL)[:-1]:
        office.score(QA, sampled_id)
    result = office.ask(sample_result, HEAD, draw_id)
    assert result.two_stages is not None
    assert result.two_stages.is_extended
    outcome, method = result.measures
    assert (outcome.judgement.verdict, outcome.judgement.still_needed) == (Verdict.NOT_SHOWN, 1)
    assert [(stage.label, stage.drawn) for stage in outcome.stages] == [
        ("First stage", n1),
        ("Second stage", n2),
    ]
    # Whether there is a second stage depends on outcomes, so the method is judged on the first alone.
    assert (method.strata[0].drawn, method.judgement.reviewed) == (n1, n1)
    teams = office.ask(team_results, HEAD, draw_id, measure="outcome")
    assert teams["drawn"].sum() == n1
    office.score(QA, office.to_do(QA, Route.CENTRAL)[0])
    outcome = office.ask(sample_result, HEAD, draw_id).measures[0]
    assert (outcome.judgement.verdict, outcome.judgement.still_needed) == (Verdict.MET, 0)
    assert outcome.judgement.met == n1 + n2 - 1
    assert office.ask(running_results, HEAD, draw_id)[0].read == n1 + n2


def test_what_the_second_stage_replaces_stays_in_it(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_planned(InTwoStages("0.8", "0.9"))
    first, *others = office.to_do(QA, Route.CENTRAL)
    office.score(QA, first, everything=ResponseValue.NOT_APPLICABLE)  # counts as the one that failed
    for sampled_id in others:
        office.score(QA, sampled_id)
    with office.writing() as session:
        by = office.person(session, QA)
        more = go_on_to_second_stage(session, session.get_one(Draw, draw_id), by=by)
        extension = session.scalars(
            select(SampledCase).where(SampledCase.cause == Cause.EXTENSION).order_by(SampledCase.position)
        ).first()
        assert extension is not None
        replace_sampled_case(session, extension, code="duplicate", reason="As the file says.", by=by)
    stages = office.ask(sample_result, HEAD, draw_id).measures[0].stages
    assert [(stage.drawn, stage.outstanding) for stage in stages] == [(more, 0), (more, more)]


def test_a_rolling_intake_is_judged_by_how_many_it_drew(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_planned(AtRate("0.5"))
    result = office.ask(sample_result, HEAD, draw_id)
    assert (result.purpose, result.population) == (Purpose.ROLLING, 40)
    assert result.measures[0].judgement.reviewed == result.drawn == len(office.to_do(QA, Route.CENTRAL))
    assert office.ask(running_results, HEAD, draw_id)[0].readable == result.drawn


def test_a_demonstration_is_called_one(engine: Engine) -> None:
    office = ScoredOffice(engine)
    typed = office.draw_planned(4, terms=Terms(for_demonstration()), public_value="42")
    real = office.draw_planned(4, name="Real")
    assert office.ask(result_samples, HEAD) == [(real, "Real"), (typed, "Demonstration: Quarter")]
    assert office.ask(sample_result, HEAD, typed).is_demonstration
    assert not office.ask(sample_result, HEAD, real).is_demonstration


def test_a_theme_sized_to_show_a_standard_is_judged_by_it(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_planned(ToShow("0.8", "0.9", 0), route=Route.THEMATIC, name="Remedies")
    for sampled_id in office.to_do("Thea Theme", Route.THEMATIC):
        office.score("Thea Theme", sampled_id)
    result = office.ask(sample_result, "Thea Theme", draw_id)
    (outcome,) = result.measures
    assert (outcome.measure, outcome.standard, outcome.judgement.verdict) == ("outcome", "0.8", Verdict.MET)
    assert len(result.series) == 1
    assert len(office.ask(running_results, "Thea Theme", draw_id)) == 1


def test_the_plan_fixes_the_method(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([8, 3])  # at rates so different that the exact worst case judges
    judgement = office.ask(sample_result, HEAD, draw_id).measures[0].judgement
    assert (judgement.method, judgement.reason) == (METHODS["worst-case"], None)


def test_a_late_plan_that_is_not_drawn_yet_hides_nothing(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.set_standard("outcome_standard", "0.80")
    draw_id = office.draw_closed([15])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    assert office.ask(sample_result, HEAD, draw_id).measures[0].judgement.verdict == Verdict.MET
    plan_id = plan_late(office, draw_id)
    result = office.ask(sample_result, HEAD, draw_id)
    outcome = result.measures[0]
    assert (result.population, result.late_cases, result.late_not_drawn) == (30, 10, 10)
    assert [(row.label, row.population, row.drawn) for row in outcome.strata] == [
        ("All cases", 20, 15),
        ("All cases, late", 10, 0),
    ]
    assert outcome.judgement.verdict == Verdict.NOT_SHOWN
    assert outcome.judgement.lower is not None
    assert outcome.judgement.lower < 0.8
    running = office.ask(running_results, HEAD, draw_id)[0]
    assert (running.population, running.is_by_stratum) == (30, True)
    teams = office.ask(team_results, HEAD, draw_id, measure="outcome")
    assert teams["population"].sum() == 30
    assert not teams["is_even"].any()
    with office.writing() as session:
        plan = session.get_one(Plan, plan_id)
        ask_to_void_plan(session, plan, reason="The wrong extract.", by=office.person(session, QA))
    with office.writing() as session:
        void_plan(session, session.get_one(Plan, plan_id), by=office.person(session, HEAD))
    result = office.ask(sample_result, HEAD, draw_id)
    assert (result.population, result.late_not_drawn) == (20, 0)
    assert result.measures[0].judgement.verdict == Verdict.MET


def test_a_plan_for_the_method_is_judged_by_its_own_standard_of_that(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_planned(ToShow("0.7", "0.9", 0, measure="method"))
    measures = office.ask(sample_result, HEAD, draw_id).measures
    assert [(each.measure, each.standard) for each in measures] == [("outcome", "0.98"), ("method", "0.7")]


def test_a_plan_of_its_own_standard_changes_no_other(engine: Engine) -> None:
    """A sample sized for the method leaves the outcome to the office's 98%, and the other way round."""
    office = ScoredOffice(engine)
    of_method = office.draw_planned(ToShow("0.7", "0.9", 0, "method"))
    outcome, method = office.ask(sample_result, HEAD, of_method).measures
    assert (outcome.standard, outcome.office_standard) == ("0.98", None)
    assert (method.standard, method.office_standard) == ("0.7", "0.80")
    of_outcome = office.draw_planned(ToShow("0.9", "0.9", 0), name="Outcome")
    outcome, method = office.ask(sample_result, HEAD, of_outcome).measures
    assert (outcome.standard, outcome.office_standard) == ("0.9", "0.98")
    assert (method.standard, method.office_standard) == ("0.80", None)
