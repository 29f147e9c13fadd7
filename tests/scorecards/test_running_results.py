"""What may be read while a sample runs: the order of tickets, gaps in it, and strata."""

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select

from sampling.monitoring import confidence_sequence, stratified_confidence_sequence
from sampling.refused import Refused
from sampling.registering import PRIORS
from sampling.samples import ToShow
from sampling.tables import FrameCase, SampledCase
from scorecards.requirements import Kind, ResponseValue
from scorecards.running_results import RunningResult, running_results

HEAD, QA = "Hedda Head", "Quinn Qua"


def in_ticket_order(office: ScoredOffice, draw_id: int) -> list[int]:
    """The sampled cases of a draw by ticket, whatever their strata."""
    with office.reading() as session:
        return list(
            session.scalars(
                select(SampledCase.id).where(SampledCase.draw_id == draw_id).order_by(SampledCase.ticket)
            )
        )


def outcome(office: ScoredOffice, draw_id: int) -> RunningResult:
    return office.ask(running_results, HEAD, draw_id)[0]


def test_it_goes_as_far_as_the_order_has_no_gap(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_planned(ToShow("0.8", "0.95", 0))
    order = in_ticket_order(office, draw_id)
    nothing = outcome(office, draw_id)
    assert (nothing.read, nothing.reviewed, nothing.drawn) == (0, 0, len(order))
    for number, sampled_id in enumerate(order[:6]):
        if number != 3:
            office.score(QA, sampled_id, not_met=Kind.OUTCOME if number == 1 else None)
    running = outcome(office, draw_id)
    expected = confidence_sequence([1, 0, 1], 40, prior=PRIORS["outcome"])
    assert (running.read, running.reviewed, running.would_reach) == (3, 5, 6)
    assert running.low == tuple(expected.low.tolist())
    assert running.high == tuple(expected.high.tolist())
    assert running.met == (1, 1, 2)
    with office.reading() as session:
        fourth = session.get_one(SampledCase, order[3]).frame_case.reference
    assert running.waits_for == fourth
    office.score(QA, order[3])
    assert outcome(office, draw_id).read == 6


def test_shown_when_the_sequence_says_so(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    office.set_standard("method_standard", "0.50")
    draw_id = office.draw_closed([20])
    for sampled_id in in_ticket_order(office, draw_id):
        office.score(QA, sampled_id)
    first, method = office.ask(running_results, HEAD, draw_id)
    expected = confidence_sequence([1] * 20, 40, prior=PRIORS["method"])
    assert method.first_met == expected.first_met("0.50")
    assert method.first_met is not None
    assert (first.read, first.first_met, first.first_missed, first.waits_for) == (20, None, None, None)


def test_what_is_not_assessable_counts_against_both_sides(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([10])
    first, second, *_ = in_ticket_order(office, draw_id)
    office.score(QA, first, everything=ResponseValue.NOT_APPLICABLE)
    office.score(QA, second, file_found=False)
    running = outcome(office, draw_id)
    lower = confidence_sequence([0, 0], 20, prior=PRIORS["outcome"])
    upper = confidence_sequence([1, 0], 20, prior=PRIORS["outcome"])
    assert running.not_assessable == 1
    assert running.low == tuple(lower.low.tolist())
    assert running.high == tuple(upper.high.tolist())


def test_strata_are_read_in_one_order_up_to_the_end_of_the_first(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=60)
    draw_id = office.draw_closed([12, 12])
    order = in_ticket_order(office, draw_id)
    with office.reading() as session:
        last = session.scalars(
            select(func.max(SampledCase.ticket))
            .where(SampledCase.draw_id == draw_id)
            .group_by(SampledCase.stratum_id)
        ).all()
        unbroken = session.scalar(select(func.count()).where(SampledCase.ticket <= min(last)))
    for sampled_id in order:
        office.score(QA, sampled_id)
    running = outcome(office, draw_id)
    assert (running.read, running.readable, running.is_by_stratum) == (unbroken, unbroken, False)
    assert 12 <= running.read < 24
    assert running.low == tuple(confidence_sequence([1] * running.read, 60).low.tolist())


def test_a_stratum_that_nobody_drew_from_leaves_each_to_itself(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=40)
    draw_id = office.draw_closed([10, 0])
    order = in_ticket_order(office, draw_id)
    for sampled_id in order[:4]:
        office.score(QA, sampled_id)
    running = outcome(office, draw_id)
    expected = stratified_confidence_sequence([("N", 1)] * 4, {"N": 20, "S": 20})
    assert (running.read, running.is_by_stratum) == (4, True)
    assert running.low == tuple(expected.low.tolist())
    assert running.high == tuple(expected.high.tolist())


def test_every_stratum_drawn_to_its_end_is_read_to_its_end(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([10, 4])  # all of North
    for sampled_id in in_ticket_order(office, draw_id):
        office.score(QA, sampled_id)
    with office.reading() as session:
        last_of_south = session.scalar(
            select(func.max(SampledCase.ticket))
            .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
            .where(FrameCase.team.has(name="South"))
        )
        unbroken = session.scalar(select(func.count()).where(SampledCase.ticket <= last_of_south))
    assert outcome(office, draw_id).read == unbroken


def test_only_for_those_who_may_see_results(engine: Engine) -> None:
    office = ScoredOffice(engine)
    draw_id = office.draw_closed([5])
    for name in ("Nora North", "Thea Theme"):
        with pytest.raises(Refused):
            office.ask(running_results, name, draw_id)
