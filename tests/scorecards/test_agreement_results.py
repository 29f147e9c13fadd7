"""Agreement of managers and QA, from pairs of reviews made with the real actions."""

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.agreement_results import agreement_result, second_scorings
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import SecondScoring
from scorecards.verdicts import Verdict

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
