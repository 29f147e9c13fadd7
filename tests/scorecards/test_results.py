"""Results of closed-case samples, against counts worked out by hand."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.records.audit_trail import record
from sampling.records.cases import Case, CaseState
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.completion import completion
from scorecards.open_results import open_results
from scorecards.requirements import Kind, ResponseValue
from scorecards.results import result_samples, sample_result
from scorecards.verdicts import Verdict

HEAD, QA = "Hedda Head", "Quinn Qua"


def test_an_unreviewed_sample_shows_nothing_and_says_what_would(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    draw_id = office.draw_closed([15])
    result = office.ask(sample_result, HEAD, draw_id)
    assert (result.population, result.drawn, result.reviewed) == (20, 15, 0)
    assert (result.draws.number, result.draws.made) == (1, 1)
    assert result.excluded["cancelled"] == 1
    for measure in result.measures:
        assert measure.share is None
        assert (measure.likely_low, measure.likely_high) == (None, None)
        assert measure.judgement.verdict == Verdict.NOT_SHOWN
        assert (measure.judgement.lower, measure.judgement.upper) == (0, 1)
    # 98% of 20: one failing case is too many, and 19 of 20 miss it with a chance of just one in 20.
    assert result.measures[0].judgement.still_needed == 19


def test_a_whole_population_is_a_count(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    draw_id = office.draw_closed([20])
    for number, sampled_id in enumerate(office.to_do(QA, Route.CENTRAL)):
        # The first fails on outcome and the next two on method.
        wrong = {0: Kind.OUTCOME, 1: Kind.METHOD, 2: Kind.METHOD}.get(number)
        office.score(QA, sampled_id, not_met=wrong)
    outcome, method = office.ask(sample_result, HEAD, draw_id).measures
    assert (outcome.met, outcome.assessable, outcome.share) == (19, 20, 0.95)
    assert (outcome.likely_low, outcome.likely_high) == (0.95, 0.95)
    assert outcome.judgement.verdict == Verdict.MISSED
    assert (method.met, method.judgement.verdict) == (18, Verdict.MET)


def test_what_cannot_be_assessed_or_found_counts_as_not_met_with_the_alternative(
    sqlite_engine: Engine,
) -> None:
    office = ScoredOffice(sqlite_engine, closed=10)
    draw_id = office.draw_closed([10])
    first, second, *others = office.to_do(QA, Route.CENTRAL)
    office.score(QA, first, not_met=Kind.OUTCOME, response=ResponseValue.CANNOT_ASSESS)
    office.score(QA, second, file_found=False)
    for sampled_id in others:
        office.score(QA, sampled_id)
    result = office.ask(sample_result, HEAD, draw_id)
    outcome, method = result.measures
    assert result.not_found == 1
    assert (outcome.met, outcome.met_if_assessed, outcome.assessable) == (8, 10, 10)
    assert (method.met, method.met_if_assessed) == (9, 10)


def test_a_case_to_which_nothing_applies_is_listed_and_never_becomes_met(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.set_standard("outcome_standard", "0.80")
    draw_id = office.draw_closed([8])
    first, *others = office.to_do(QA, Route.CENTRAL)
    office.score(QA, first, everything=ResponseValue.NOT_APPLICABLE)
    for sampled_id in others:
        office.score(QA, sampled_id)
    result = office.ask(sample_result, HEAD, draw_id)
    outcome = result.measures[0]
    assert len(result.not_assessable) == 1
    assert (outcome.met, outcome.assessable, outcome.share) == (7, 7, 1.0)
    assert outcome.judgement.verdict == Verdict.NOT_SHOWN
    # 80% of 20 is breached by 5. One that stays unassessed counts against it for good: P(X ≤ 1 | 20, 5, n)
    # is .058 at n = 12 and .031 at n = 13. So 5 more, not the 2 that would do if it could still be met.
    assert outcome.judgement.still_needed == 5


def test_strata_add_up_and_have_a_range_though_all_met(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([6, 6])
    for sampled_id in office.to_do(QA, Route.CENTRAL)[:-1]:
        office.score(QA, sampled_id)
    outcome = office.ask(sample_result, HEAD, draw_id).measures[0]
    assert [(row.label, row.population, row.drawn) for row in outcome.strata] == [
        ("North", 10, 6),
        ("South", 10, 6),
    ]
    assert sorted(row.outstanding for row in outcome.strata) == [0, 1]
    assert (outcome.met, outcome.assessable, outcome.weighted_estimate) == (11, 11, 1.0)
    assert outcome.likely_low is not None
    assert 0 < outcome.likely_low < 1 == outcome.likely_high
    assert outcome.judgement.undecided == 1


def test_a_stratum_nobody_drew_from_leaves_the_estimate_open(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    draw_id = office.draw_closed([10, 0])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    outcome = office.ask(sample_result, HEAD, draw_id).measures[0]
    assert outcome.weighted_estimate is None
    assert (outcome.likely_low, outcome.likely_high) == (0.5, 1.0)
    assert (outcome.judgement.lower, outcome.judgement.verdict) == (0.5, Verdict.NOT_SHOWN)


def test_every_draw_of_a_period_is_counted_and_numbered(engine: Engine) -> None:
    office = ScoredOffice(engine)
    first, second = office.draw_closed([5]), office.draw_closed([5])
    theme = office.draw_closed([5], route=Route.THEMATIC, name="Remedies")
    numbers = [
        (result.draws.number, result.draws.made)
        for result in (office.ask(sample_result, HEAD, draw_id) for draw_id in (first, second, theme))
    ]
    assert numbers == [(1, 2), (2, 2), (1, 1)]


def test_who_may_see_which_results(engine: Engine) -> None:
    office = ScoredOffice(engine)
    central = office.draw_closed([5])
    theme = office.draw_closed([5], route=Route.THEMATIC, name="Remedies")
    assert [row[0] for row in office.ask(result_samples, HEAD)] == [theme, central]
    assert [row[0] for row in office.ask(result_samples, QA)] == [theme, central]
    assert office.ask(result_samples, "Thea Theme") == [(theme, "Remedies")]
    assert office.ask(result_samples, "Nora North") == []
    for name, draw_id in (("Thea Theme", central), ("Nora North", central), (HEAD, 999)):
        with pytest.raises(Refused):
            office.ask(sample_result, name, draw_id)


def test_a_theme_counts_its_open_and_its_closed_cases_apart(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=6, open_cases=4)
    draw_id = office.draw_closed([5, 5], route=Route.THEMATIC, name="Remedies", period=None)
    sampled = office.to_do(QA, Route.THEMATIC)
    with office.reading() as session:
        states = {number: session.get_one(SampledCase, number).frame_case.state for number in sampled}
    opened = [number for number in sampled if states[number] == CaseState.OPEN]
    closed = [number for number in sampled if states[number] == CaseState.CLOSED]
    assert (len(opened), len(closed)) == (4, 6)
    office.score(QA, opened[0], not_met=Kind.OUTCOME)
    office.score(QA, opened[1], file_found=False)
    office.score(QA, closed[0], not_met=Kind.METHOD, response=ResponseValue.CANNOT_ASSESS)
    office.score(QA, closed[1], everything=ResponseValue.NOT_APPLICABLE)
    office.score(QA, closed[2])
    with office.writing() as session:  # a case counts as what it was, whatever it becomes
        for case in session.scalars(select(Case).where(Case.state == CaseState.OPEN)):
            case.state, case.closed_on = CaseState.CLOSED, date(2026, 7, 6)
        record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too

    result = office.ask(sample_result, "Thea Theme", draw_id)
    assert (result.measures, result.population, result.drawn, result.reviewed) == ((), 10, 10, 5)
    of_open, of_closed = result.series
    assert (of_open.state, of_open.population, of_open.drawn, of_open.reviewed) == (CaseState.OPEN, 4, 4, 2)
    assert (of_closed.state, of_closed.population, of_closed.drawn, of_closed.reviewed) == (
        CaseState.CLOSED,
        6,
        6,
        3,
    )
    assert (of_open.not_found, of_open.not_assessable) == (1, ())
    assert (of_closed.not_found, len(of_closed.not_assessable)) == (0, 1)
    counts = {
        (series.state, measure.measure): (measure.met, measure.met_if_assessed, measure.assessable)
        for series in result.series
        for measure in series.measures
    }
    assert counts == {
        (CaseState.OPEN, "outcome"): (0, 1, 2),
        (CaseState.OPEN, "method"): (1, 2, 2),
        (CaseState.CLOSED, "outcome"): (2, 2, 2),
        (CaseState.CLOSED, "method"): (1, 2, 2),
    }
    strata = [(row.label, row.population, row.drawn) for row in of_closed.measures[0].strata]
    assert strata == [("North", 3, 3), ("South", 3, 3)]


@pytest.mark.parametrize(("closed", "open_cases"), [(6, 0), (0, 6)])
def test_a_theme_of_one_kind_has_that_kind_alone(engine: Engine, closed: int, open_cases: int) -> None:
    office = ScoredOffice(engine, closed=closed, open_cases=open_cases)
    draw_id = office.draw_closed([4], route=Route.THEMATIC, name="Remedies", period=None)
    (series,) = office.ask(sample_result, HEAD, draw_id).series
    assert series.state == (CaseState.CLOSED if closed else CaseState.OPEN)
    assert (series.population, series.drawn, series.reviewed) == (6, 4, 0)


def test_a_central_sample_is_judged_as_one(engine: Engine) -> None:
    office = ScoredOffice(engine)
    result = office.ask(sample_result, HEAD, office.draw_closed([5]))
    assert ([measure.measure for measure in result.measures], result.series) == (["outcome", "method"], ())


def test_open_cases_are_a_series_of_their_own(engine: Engine) -> None:
    office = ScoredOffice(engine)
    closed = office.draw_closed([5])
    office.draw_open("North", "Nora North")
    first, second, third, _ = office.to_do("Nora North", Route.OPEN)
    office.score("Nora North", first, not_met=Kind.OUTCOME, put_right=True)
    office.score("Nora North", second, not_met=Kind.METHOD)
    office.score("Nora North", third)
    (row,) = office.ask(open_results, "Nora North")
    assert (row.team, row.month, row.standard) == ("North", date(2026, 7, 1), "0.80")
    assert (row.reviewed, row.assessable, row.met, row.met_after_correction) == (3, 3, 1, 2)
    assert (row.found, row.put_right) == (2, 1)
    assert office.ask(sample_result, HEAD, closed).reviewed == 0
    assert Fraction(row.standard) == Fraction(4, 5)


@pytest.mark.parametrize("query", [open_results, lambda s, p: completion(s, p, month=date(2026, 7, 1))])
def test_a_manager_sees_their_own_team_only(engine: Engine, query: Callable[..., list[object]]) -> None:
    office = ScoredOffice(engine)
    for team, manager in (("North", "Nora North"), ("South", "Sue South")):
        office.draw_open(team, manager)
        office.score(manager, office.to_do(manager, Route.OPEN)[0])
    assert {row.team for row in office.ask(query, "Nora North")} == {"North"}  # type: ignore[attr-defined]
    assert {row.team for row in office.ask(query, HEAD)} == {"North", "South"}  # type: ignore[attr-defined]
    assert office.ask(query, "Otto Owner") == []


def test_completion_counts_what_is_required(engine: Engine) -> None:
    office = ScoredOffice(engine)
    month = date(2026, 7, 1)
    before = office.ask(completion, "Nora North", month=month)
    assert [(row.is_drawn, row.eligible, row.required, row.done) for row in before] == [
        (False, 4, 2, 0),
        (False, 4, 2, 0),
    ]
    office.draw_open("North", "Nora North")
    for sampled_id in office.to_do("Nora North", Route.OPEN)[:3]:
        office.score("Nora North", sampled_id)
    after = office.ask(completion, "Nora North", month=month)
    assert sorted(row.done for row in after) == [1, 2]
    assert {row.caseworker for row in after} == {"North 0", "North 1"}
    # The Head sees how far each is, and names only of people they manage.
    assert {row.caseworker for row in office.ask(completion, HEAD, month=month)} == {
        "Caseworker 1",
        "Caseworker 2",
    }
