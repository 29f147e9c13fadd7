"""Managers' reviews scored again: what is drawn from, how many, and which review each is paired with."""

import json
from collections import Counter
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from scored_office import JULY, ScoredOffice
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.draw import frame_file
from sampling.drawing import carry_out_plan, seed_plan
from sampling.frames import frame_content
from sampling.queries import drawn_cases
from sampling.receipt import verify_receipt
from sampling.receipt_queries import receipt_of
from sampling.records.audit_trail import AuditEntry
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.tables import Draw, Frame, FrameCase, Plan, Purpose, Route, SampledCase
from scorecards.requirements import Kind
from scorecards.second_scoring import carry_out_second_scoring, managers_reviews, plan_second_scoring
from scorecards.tables import Review, SecondScoring

NORA, SUE, QUINN, HEAD = "Nora North", "Sue South", "Quinn Qua", "Hedda Head"
AUGUST = (date(2026, 8, 1), date(2026, 8, 31))
SUMMER = (JULY[0], AUGUST[1])


def score_all(office: ScoredOffice, name: str, *, not_met: bool = False) -> dict[str, int]:
    """Submit all a manager has to do; the reviews by reference."""
    found = {}
    for sampled_id in office.to_do(name, Route.OPEN):
        review_id = office.score(name, sampled_id, not_met=Kind.OUTCOME if not_met else None)
        with office.reading() as session:
            found[session.get_one(SampledCase, sampled_id).frame_case.reference] = review_id
    return found


def plan(
    office: ScoredOffice,
    name: str = QUINN,
    *,
    period: tuple[date, date] = JULY,
    allowed_failures: int | None = None,
) -> int:
    with office.writing() as session:
        by = office.person(session, name)
        return plan_second_scoring(session, period=period, allowed_failures=allowed_failures, by=by).id


def carry_out(office: ScoredOffice, plan_id: int) -> int:
    with office.reading() as session:
        by_id = office.person(session, QUINN).id
    return carry_out_second_scoring(office.engine, plan_id, by_id=by_id, now=office.now)


def pairs(office: ScoredOffice) -> dict[str, int]:
    """The manager's review each case is paired with, by reference."""
    with office.reading() as session:
        found = session.execute(
            select(FrameCase.reference, SecondScoring.manager_review_id)
            .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
            .join(SecondScoring, SecondScoring.sampled_case_id == SampledCase.id)
        ).all()
    assert len({reference for reference, _ in found}) == len(found)
    return dict(found)


def candidates(office: ScoredOffice, period: tuple[date, date] = JULY) -> set[int]:
    with office.reading() as session:
        return {review.id for review in managers_reviews(session, period=period)}


def test_every_submitted_review_of_the_period_and_nothing_else_is_drawn_from(drawn: ScoredOffice) -> None:
    assert candidates(drawn) == set()
    draft = drawn.score(SUE, drawn.to_do(SUE, Route.OPEN)[0], submit=False)
    drawn.score(QUINN, drawn.to_do(QUINN, Route.CENTRAL)[0])
    reviews = score_all(drawn, NORA)
    assert candidates(drawn) == set(reviews.values())
    assert draft not in candidates(drawn)
    assert pairs(drawn) == {}
    carry_out(drawn, plan(drawn))
    assert pairs(drawn) == reviews


def test_the_first_and_the_last_day_of_the_period_count_by_the_offices_clock(drawn: ScoredOffice) -> None:
    (first, second, *_), day = drawn.to_do(NORA, Route.OPEN), drawn.now.date()
    drawn.now = drawn.now.replace(hour=22, minute=59)  # a minute before midnight in London
    before = drawn.score(NORA, first)
    drawn.now += timedelta(minutes=1)
    after = drawn.score(NORA, second)
    assert candidates(drawn, (day, day)) == {before}
    assert candidates(drawn, (day + timedelta(days=1), day + timedelta(days=1))) == {after}
    assert candidates(drawn, (day, day + timedelta(days=1))) == {before, after}


def test_of_a_case_reviewed_twice_the_latest_review_counts(drawn: ScoredOffice) -> None:
    july = score_all(drawn, NORA)
    drawn.later(30)
    drawn.draw_open("North", NORA)
    august = score_all(drawn, NORA)
    carry_out(drawn, plan(drawn, period=SUMMER))
    assert pairs(drawn) == {**july, **august}


def test_no_review_is_scored_again_twice(drawn: ScoredOffice) -> None:
    first = score_all(drawn, NORA)
    carry_out(drawn, plan(drawn))
    assert candidates(drawn) == set()
    with pytest.raises(Refused, match="No manager's review of this period is left"):
        plan(drawn)
    second = score_all(drawn, SUE)
    carry_out(drawn, plan(drawn))
    assert pairs(drawn) == {**first, **second}


def test_a_review_between_freezing_and_drawing_does_not_slip_in(drawn: ScoredOffice) -> None:
    july = score_all(drawn, NORA)
    plan_id = plan(drawn, period=SUMMER)
    drawn.later(30)
    drawn.draw_open("North", NORA)
    score_all(drawn, NORA)  # newer reviews, most of the same cases
    score_all(drawn, SUE)
    carry_out(drawn, plan_id)
    assert pairs(drawn) == july


def test_a_registered_plan_comes_before_the_next(drawn: ScoredOffice) -> None:
    score_all(drawn, NORA)
    plan_id = plan(drawn)
    with pytest.raises(Refused, match="is registered and not drawn yet"):
        plan(drawn, period=SUMMER)
    carry_out(drawn, plan_id)


def test_two_who_plan_at_once_do_not_both_get_the_reviews(drawn_alone: ScoredOffice) -> None:
    score_all(drawn_alone, NORA)
    ready, outcomes = Barrier(2), []

    def try_to_plan(name: str) -> None:
        ready.wait()
        try:
            outcomes.append(plan(drawn_alone, name))
        except Refused as refusal:
            outcomes.append(str(refusal))

    threads = [Thread(target=try_to_plan, args=(name,)) for name in (QUINN, "Robin Qua")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(type(outcome) for outcome in outcomes) == {int: 1, str: 1}


def test_a_crash_between_seed_and_draw_goes_on_with_the_same_seed_and_pairs(drawn: ScoredOffice) -> None:
    july = score_all(drawn, NORA)
    plan_id = plan(drawn, allowed_failures=None)
    with drawn.writing() as session:
        seed = seed_plan(session, session.get_one(Plan, plan_id), by=drawn.person(session, QUINN)).seed

    class PowerCutError(RuntimeError):
        pass

    def crash(_session: Session, _draw: Draw) -> None:
        raise PowerCutError

    with drawn.reading() as session:
        by_id = drawn.person(session, QUINN).id
    with pytest.raises(PowerCutError):
        carry_out_plan(drawn.engine, plan_id, by_id=by_id, after_draw=crash, now=drawn.now)
    assert pairs(drawn) == {}
    with drawn.reading() as session:
        assert session.scalars(select(Draw).where(Draw.plan_id == plan_id)).one().drawn_at is None
    drawn.later(30)
    drawn.draw_open("North", NORA)
    score_all(drawn, NORA)
    draw_id = carry_out(drawn, plan_id)
    assert pairs(drawn) == july
    with drawn.reading() as session:
        assert session.get_one(Draw, draw_id).seed == seed
    assert carry_out(drawn, plan_id) == draw_id  # a second click draws nothing twice
    assert pairs(drawn) == july


def test_the_frame_says_nothing_of_scores(drawn: ScoredOffice) -> None:
    reviews = score_all(drawn, NORA, not_met=True) | score_all(drawn, SUE)
    plan_id = plan(drawn)
    with drawn.reading() as session:
        frame = session.get_one(Plan, plan_id).frame
        (stratum,) = frame.strata
        assert (frame.route, frame.population, stratum.label) == (Route.SECOND, 8, "Managers' reviews")
        assert (frame.filters, frame.excluded) == ({}, {})
        assert frame.name == "Second scoring, 1 July 2026 to 31 July 2026"
        # One stratum holding every reviewed case, so met or not met makes no difference to a byte of it.
        assert frame_content(session, frame) == frame_file((reference, "S01") for reference in reviews)
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
        assert {name for entry in last for name in entry.details} == {
            "route",
            "population",
            "frame_sha256",
            "line",
        }
        lines = lines_of(session, session.get_one(Plan, plan_id))
        assert [json.loads(line.details) for line in lines] == [{"frame_sha256": frame.frame_sha256}]


def test_which_cases_were_drawn_is_sealed(drawn: ScoredOffice) -> None:
    score_all(drawn, NORA)
    draw_id = carry_out(drawn, plan(drawn))
    for name in (QUINN, HEAD):
        assert drawn.ask(drawn_cases, name, draw_id).empty
        with pytest.raises(Refused):
            drawn.ask(receipt_of, name, draw_id)
    with drawn.reading() as session:
        draw = session.get_one(Draw, draw_id)
        trail = " ".join(str(entry.details) for entry in session.scalars(select(AuditEntry)))
        trail += " ".join(line.details for line in lines_of(session))
    assert draw.public_value not in trail
    assert draw.seed not in trail


def test_the_seal_opens_with_the_last_score(drawn: ScoredOffice) -> None:
    score_all(drawn, NORA)
    draw_id = carry_out(drawn, plan(drawn))
    *others, last = drawn.to_do(QUINN, Route.SECOND)
    for sampled_id in others:
        drawn.score(QUINN, sampled_id)
    assert drawn.ask(drawn_cases, HEAD, draw_id).empty
    drawn.score(QUINN, last)
    assert len(drawn.ask(drawn_cases, HEAD, draw_id)) == len(others) + 1
    facts = verify_receipt(drawn.ask(receipt_of, HEAD, draw_id))
    assert [line["event"] for line in facts["register"]] == ["planned", "seeded", "drawn", "closed"]


def test_a_sized_plan_would_show_the_standard(drawn: ScoredOffice) -> None:
    drawn.set_standard("agreement_standard", "0.50")
    drawn.set_standard("assurance", "0.60")
    score_all(drawn, NORA)
    score_all(drawn, SUE)
    plan_id = plan(drawn, allowed_failures=0)
    # 50% of 8 is breached when 5 disagree. Were it 5, n drawn would show none of them with
    # probability C(3, n) / C(8, n): 3/8 for n = 1, which is not above 1 - 0.60. So one is enough.
    with drawn.reading() as session:
        registered = session.get_one(Plan, plan_id)
        assert (registered.purpose, registered.standard, registered.assurance) == (
            Purpose.AGREEMENT,
            "0.50",
            "0.60",
        )
        assert registered.sizes == {"S01": 1}
        assert registered.due_on == date(2026, 8, 3)  # twenty working days from 6 July
    carry_out(drawn, plan_id)
    assert len(pairs(drawn)) == 1


def test_ninety_percent_of_eight_asks_for_all_of_them(drawn: ScoredOffice) -> None:
    # One that disagrees of 8 is 87.5% agreement, so all 8 must be seen to rule it out with 95% assurance:
    # of n drawn, none is that one with probability 1 - n/8, which is at most 5% for n = 8 alone.
    score_all(drawn, NORA)
    score_all(drawn, SUE)
    plan_id = plan(drawn, allowed_failures=0)
    with drawn.reading() as session:
        registered = session.get_one(Plan, plan_id)
        assert (registered.standard, registered.sizes) == ("0.90", {"S01": 8})
    carry_out(drawn, plan_id)
    with pytest.raises(Refused, match="No manager's review"):
        plan(drawn, allowed_failures=0)


def test_planning_is_for_qa_and_the_head_and_needs_a_period_with_reviews(drawn: ScoredOffice) -> None:
    score_all(drawn, NORA)
    for name in (NORA, "Thea Theme", "Ada Min"):
        with pytest.raises(Refused, match="it is for a QA reviewer or the Head"):
            plan(drawn, name)
    with pytest.raises(Refused, match="The period ends before it starts"):
        plan(drawn, period=JULY[::-1])
    with pytest.raises(Refused, match="Wait until managers have submitted"):
        plan(drawn, period=AUGUST)
    with drawn.reading() as session:
        assert session.scalars(select(Frame).where(Frame.route == Route.SECOND)).all() == []
    assert plan(drawn, HEAD)


def test_each_pair_is_one_managers_review_and_one_sampled_case(drawn: ScoredOffice) -> None:
    reviews = score_all(drawn, NORA)
    carry_out(drawn, plan(drawn))
    with drawn.reading() as session:
        for pair in session.scalars(select(SecondScoring)):
            first, second = session.get_one(Review, pair.manager_review_id), pair.sampled_case
            assert first.sampled_case.frame_case.case_id == second.frame_case.case_id
            assert reviews[second.frame_case.reference] == first.id
