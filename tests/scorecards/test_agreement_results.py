"""Agreement of managers and QA, from pairs of reviews made with the real actions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine, select

from sampling.records.appointments import give_role
from sampling.records.audit_trail import record
from sampling.records.people import Role, RoleHeld
from sampling.records.readings import take_noted
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.actions import note_first_sight
from scorecards.agreement_details import agreement_details
from scorecards.agreement_results import (
    StratumOfPairs,
    agreement_over_time,
    agreement_result,
    second_scorings,
)
from scorecards.cards import publish_scorecard
from scorecards.pairs import Standing
from scorecards.requirements import Kind, ResponseValue
from scorecards.submitting import correct_review
from scorecards.tables import Review, SecondScoring
from scorecards.verdicts import Verdict
from scorecards.weighted_agreement import weighted_agreement

HEAD, QA, NORTH = "Hedda Head", "Quinn Qua", "Nora North"


def scored_by_manager(office: ScoredOffice, *, not_met: int = 2) -> list[int]:
    """Four reviews of North: the first of them not met."""
    office.draw_open("North", NORTH)
    return [
        office.score(NORTH, sampled_id, not_met=Kind.OUTCOME if number < not_met else None)
        for number, sampled_id in enumerate(office.to_do(NORTH, Route.OPEN))
    ]


def test_a_running_second_scoring_counts_what_is_outstanding_against_it(engine: Engine) -> None:
    office = ScoredOffice(engine)
    assert office.ask(second_scorings, HEAD) == []
    scored_by_manager(office, not_met=0)
    draw_id = office.draw_second()
    result = office.ask(agreement_result, QA, draw_id)
    assert (result.drawn, result.outstanding, result.counts) == (4, 4, (0, 0, 0, 0))
    assert result.figures is None
    assert result.judgement.verdict == Verdict.NOT_SHOWN
    office.score(QA, office.to_do(QA, Route.SECOND)[0])
    result = office.ask(agreement_result, HEAD, draw_id)
    assert (result.outstanding, sum(result.counts)) == (3, 1)
    assert result.judgement.undecided == 3
    assert result.judgement.verdict == Verdict.NOT_SHOWN


def test_the_four_kinds_of_pair_and_what_they_say(engine: Engine) -> None:
    office = ScoredOffice(engine)
    scored_by_manager(office)
    draw_id = office.draw_second()
    # In the order the manager scored: QA finds the first and third not met.
    for place, sampled_id in enumerate(in_managers_order(office, draw_id)):
        office.score(QA, sampled_id, not_met=Kind.OUTCOME if place in (0, 2) else None)
    result = office.ask(agreement_result, HEAD, draw_id)
    assert result.counts == (1, 1, 1, 1)  # both met, missed, overcalled, both not met
    assert result.figures is not None
    assert (result.figures.raw, result.figures.chance, result.figures.not_met) == (0.5, 0.5, 0.5)
    assert (result.figures.detection, result.figures.mcnemar) == (0.5, 1.0)
    assert result.detection_low is not None
    assert result.detection_high is not None
    # 1 of 2, Clopper-Pearson at 95%: 1 − √.975 and √.975.
    assert result.detection_low == pytest.approx(1 - 0.975**0.5)
    assert result.detection_high == pytest.approx(0.975**0.5)
    # All four reviews of July are scored again, so the half that agree is known and below 90%.
    assert result.judgement.verdict == Verdict.MISSED


def test_a_pair_to_which_nothing_applies_is_set_apart(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    scored_by_manager(office)
    draw_id = office.draw_second()
    first, *others = office.to_do(QA, Route.SECOND)
    office.score(QA, first, everything=ResponseValue.NOT_APPLICABLE)
    for sampled_id in others:
        office.score(QA, sampled_id)
    result = office.ask(agreement_result, HEAD, draw_id)
    assert (result.outstanding, result.not_assessable, sum(result.counts)) == (0, 1, 3)
    assert result.judgement.undecided == 1


def test_what_was_put_right_is_compared_as_it_stood(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORTH)
    office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME, put_right=True)
    draw_id = office.draw_second()
    office.score(QA, office.to_do(QA, Route.SECOND)[0], not_met=Kind.OUTCOME)
    assert office.ask(agreement_result, HEAD, draw_id).counts == (0, 0, 0, 1)


def test_what_was_put_right_before_closing_is_no_disagreement(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORTH)
    first, *others = office.to_do(NORTH, Route.OPEN)
    office.score(NORTH, first, not_met=Kind.OUTCOME, put_right=True)
    for sampled_id in others:
        office.score(NORTH, sampled_id)
    draw_id = office.draw_second()
    for sampled_id in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled_id)
    result = office.ask(agreement_result, HEAD, draw_id)
    assert (result.counts, result.set_apart) == ((3, 0, 0, 0), {Standing.CORRECTED: 1})
    # Three cases are left that the standard is about, and all three agree.
    assert (result.judgement.population, result.judgement.verdict) == (3, Verdict.MET)
    requirements = office.ask(agreement_details, HEAD, draw_id).by_requirement
    assert list(requirements["corrected"]) == [1, 0, 0]
    assert list(requirements["compared"]) == [3, 4, 4]
    assert list(requirements["share"]) == [1, 1, 1]


def test_agreement_is_on_what_was_first_submitted(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    scored_by_manager(office, not_met=0)
    draw_id = office.draw_second()
    numbers = [office.score(QA, sampled_id) for sampled_id in office.to_do(QA, Route.SECOND)]
    before = office.ask(agreement_result, HEAD, draw_id)
    with office.writing() as session:
        review = session.get_one(Review, numbers[0])
        changes = {"answered": {"response": "not_met", "evidence": "Two points have no answer."}}
        correct_review(session, review, changes=changes, reason="Read again.", by=review.reviewer)
        assert review.overall_met is False
    assert office.ask(agreement_result, HEAD, draw_id) == before


def test_who_had_seen_the_managers_review_is_counted_apart(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    scored_by_manager(office, not_met=0)
    with office.writing() as session:  # while she reviewed nothing for QA, she might look
        review = session.scalars(select(Review).order_by(Review.id).limit(1)).one()
        note_first_sight(session, review, by=office.person(session, HEAD))
    office.give_role(HEAD, Role.QA_REVIEWER)
    draw_id = office.draw_second()
    for sampled_id in office.to_do(HEAD, Route.SECOND):
        office.score(HEAD, sampled_id)
    result = office.ask(agreement_result, QA, draw_id)
    assert (result.counts, result.set_apart) == ((3, 0, 0, 0), {Standing.NOT_BLIND: 1})
    assert result.judgement.undecided == 1
    assert result.judgement.verdict == Verdict.NOT_SHOWN


@pytest.mark.parametrize(
    ("role", "team", "is_blind"),
    [
        (Role.LINE_MANAGER, "North", False),
        (Role.LINE_MANAGER, "South", True),
        (Role.HEAD, None, False),
    ],
)
def test_who_could_see_the_managers_reviews_is_not_blind(
    sqlite_engine: Engine, role: Role, team: str | None, is_blind: bool
) -> None:
    office = ScoredOffice(sqlite_engine)
    office.give_role("Otto Owner", role, team)
    scored_by_manager(office, not_met=0)
    with office.writing() as session:
        otto, by = office.person(session, "Otto Owner"), office.person(session, "Ada Min")
        held = session.scalars(select(RoleHeld).where(RoleHeld.person_id == otto.id)).one()
        held.ends_on = office.now.date()
        record(session, "set_up", "test", by=None)
        tomorrow = office.now.date() + timedelta(days=1)
        give_role(session, otto, role=Role.QA_REVIEWER, team=None, starts_on=tomorrow, by=by)
    office.later(1)
    draw_id = office.draw_second()
    for sampled_id in office.to_do("Otto Owner", Route.SECOND):
        office.score("Otto Owner", sampled_id)
    result = office.ask(agreement_result, HEAD, draw_id)
    expected = {} if is_blind else {Standing.NOT_BLIND: 4}
    assert (sum(result.counts), result.set_apart) == (4 if is_blind else 0, expected)


def test_a_requirement_whose_meaning_changed_has_a_row_for_each_meaning(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORTH)
    first, *others = office.to_do(NORTH, Route.OPEN)
    office.score(NORTH, first)
    changed = CARD.replace("version = 1", "version = 2")
    for text, kind in (("Every point was answered.", "meaning"), ("The remedy was right.", "wording")):
        changed = changed.replace(f'text = "{text}"', f'text = "{text} Now."\nchange = "{kind}"')
    with office.writing() as session:
        publish_scorecard(session, changed, by=office.person(session, "Ada Min"))
    for sampled_id in others:
        office.score(NORTH, sampled_id)
    draw_id = office.draw_second()
    for sampled_id in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled_id)
    found = office.ask(agreement_details, HEAD, draw_id).by_requirement
    rows = set(zip(found["scorecard"], found["requirement"], found["compared"], strict=True))
    assert rows == {
        ("Short card, from version 1", "Every point was answered.", 1),
        ("Short card, from version 2", "Every point was answered. Now.", 3),
        ("Short card", "The remedy was right. Now.", 4),
        ("Short card", "The person was told what happens next.", 4),
    }


def test_pairs_in_which_nothing_applied_stand_for_cases_out_of_scope() -> None:
    passed = StratumOfPairs(
        failed=False,
        population=100,
        drawn=50,
        counts=(20, 5, 0, 0),
        corrected=0,
        not_assessable=25,
        outstanding=0,
    )
    failed = StratumOfPairs(
        failed=True,
        population=10,
        drawn=10,
        counts=(0, 0, 2, 8),
        corrected=0,
        not_assessable=0,
        outstanding=0,
    )
    assert (passed.cases, failed.cases) == (50, 10)
    # Of the 50 passed in scope QA calls a fifth not met, 10, and 8 of the failed: 8 of 18 are detected.
    found = weighted_agreement([passed.weighed], [failed.weighed])
    assert found.detection == pytest.approx(8 / 18)
    # Put right before closing is out of scope alike, and what is outstanding says nothing: 5 × 1/2, half up.
    part = replace(passed, population=5, drawn=4, counts=(1, 0, 0, 0), corrected=1, not_assessable=0)
    assert replace(part, outstanding=2).cases == 3


def test_each_second_scorer_has_counts_and_a_name_for_those_entitled(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    scored_by_manager(office, not_met=1)
    draw_id = office.draw_second()
    first, *others = in_managers_order(office, draw_id)
    office.score("Robin Qua", first)
    for number, sampled_id in enumerate(others):
        office.score(QA, sampled_id, not_met=None if number else Kind.OUTCOME)
    found = office.ask(agreement_details, HEAD, draw_id).by_reviewer.set_index("reviewer")
    assert list(found.loc["Robin Qua", ["pairs", "agreed", "stricter", "milder"]]) == [1, 0, 0, 1]
    assert list(found.loc[QA, ["pairs", "agreed", "stricter", "milder"]]) == [3, 2, 1, 0]
    # 2 of 3, Clopper-Pearson at 95%.
    assert found.loc[QA, "low"] == pytest.approx(0.0943, abs=1e-4)
    with office.reading() as session:  # and that the Head read them by name is noted
        agreement_details(session, draw_id, office.person(session, HEAD))
        scorers = {office.person(session, name).id for name in (QA, "Robin Qua")}
        assert {one.person_id for one in take_noted(session)} == scorers
        agreement_details(session, draw_id, office.person(session, QA))
        assert not take_noted(session)
    names = set(office.ask(agreement_details, QA, draw_id).by_reviewer["reviewer"])
    assert "You" in names
    assert "Robin Qua" not in names
    assert [result.draw_id for result in office.ask(agreement_over_time, QA)] == [draw_id]


def test_agreement_is_for_qa_and_the_head(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    scored_by_manager(office)
    draw_id = office.draw_second()
    for name in (HEAD, QA):
        assert [row[0] for row in office.ask(second_scorings, name)] == [draw_id]
    for name in (NORTH, "Thea Theme", "Otto Owner"):
        assert office.ask(second_scorings, name) == []
        with pytest.raises(Refused):
            office.ask(agreement_result, name, draw_id)
    with pytest.raises(Refused, match="no such second scoring"):
        office.ask(agreement_result, HEAD, draw_id - 1)  # the manager's own draw


def in_managers_order(office: ScoredOffice, draw_id: int) -> list[int]:
    """The sampled cases of a second scoring, as the manager scored them."""
    with office.reading() as session:
        return list(
            session.scalars(
                select(SampledCase.id)
                .join(SecondScoring, SecondScoring.sampled_case_id == SampledCase.id)
                .where(SampledCase.draw_id == draw_id)
                .order_by(SecondScoring.manager_review_id)
            )
        )
