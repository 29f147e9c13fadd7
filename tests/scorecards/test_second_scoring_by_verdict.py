"""A second scoring with strata by the managers' verdicts: what is drawn, who learns of it, what it says."""

from collections import Counter

import pytest
from kept import once
from scored_office import JULY, ScoredOffice
from sqlalchemy import Engine, select

from sampling.queries import drawn_cases, samples, strata_of_sample
from sampling.receipt import verify_receipt
from sampling.receipt_queries import receipt_of
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.register_check import check_register
from sampling.register_queries import what_happened, whole_register
from sampling.registering import plan_contents
from sampling.tables import Draw, Plan, Route, SampledCase
from scorecards.agreement_details import agreement_details
from scorecards.agreement_results import agreement_over_time, agreement_result
from scorecards.open_results import open_results
from scorecards.queries import submitted_reviews
from scorecards.requirements import Kind
from scorecards.second_scoring import carry_out_second_scoring, managers_reviews, plan_by_verdict
from scorecards.second_scoring_design import Design
from scorecards.second_scoring_progress import (
    preview_by_verdict,
    preview_second_scoring,
    risks_of_reviews,
    second_scoring_progress,
)
from scorecards.submitting import correct_review
from scorecards.tables import Review, SecondScoring

HEAD, QA, NORTH, SOUTH = "Hedda Head", "Quinn Qua", "Nora North", "Sue South"
DESIGN = Design(("High",), "1", 3)


@pytest.fixture
def scored(database: Engine) -> ScoredOffice:
    """Eight reviews: of North two not met and two met, one of each at high risk; of South four met."""

    def score() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database)
        for team, manager in (("North", NORTH), ("South", SOUTH)):
            office.draw_open(team, manager)
            for number, sampled_id in enumerate(office.to_do(manager, Route.OPEN)):
                is_north = team == "North"
                with office.writing() as session:
                    case = session.get_one(SampledCase, sampled_id).frame_case.case
                    session.get_one(Case, case.id).risk = "High" if is_north and number in (0, 2) else "Low"
                    record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
                office.score(manager, sampled_id, not_met=Kind.OUTCOME if is_north and number < 2 else None)

    once(database, "reviews to score again by verdict", score)
    return ScoredOffice.found_in(database)


def plan(office: ScoredOffice, name: str = HEAD, design: Design = DESIGN) -> int:
    with office.writing() as session:
        return plan_by_verdict(session, period=JULY, design=design, by=office.person(session, name)).id


def carry_out(office: ScoredOffice, plan_id: int, name: str = HEAD) -> int:
    with office.reading() as session:
        by_id = office.person(session, name).id
    return carry_out_second_scoring(office.engine, plan_id, by_id=by_id, now=office.now)


def score_again(office: ScoredOffice, *, leave: int = 0) -> None:
    to_do = office.to_do(QA, Route.SECOND)
    for sampled_id in to_do[: len(to_do) - leave]:
        office.score(QA, sampled_id)


def test_all_the_failed_are_drawn_and_some_of_the_passed_at_known_rates(scored: ScoredOffice) -> None:
    preview = scored.ask(
        lambda session, by: preview_by_verdict(
            session, period=JULY, design=DESIGN, missed="0.1", confirmed="0.5", by=by
        ),
        HEAD,
    )
    assert {part.label: counts for part, counts in preview.strata.items()} == {
        "Manager: met or not assessable, other risk": (5, 3),
        "Manager: met or not assessable, high risk": (1, 1),
        "Manager: not met, other risk": (1, 1),
        "Manager: not met, high risk": (1, 1),
    }
    assert preview.expected.population == 8
    draw_id = carry_out(scored, plan(scored))
    with scored.reading() as session:
        registered = session.get_one(Draw, draw_id).plan
        strata = {stratum.code: stratum for stratum in registered.frame.strata}
        assert plan_contents(registered)["sizes"] == registered.sizes
        assert sorted((strata[code].population, size) for code, size in registered.sizes.items()) == [
            (1, 1),
            (1, 1),
            (1, 1),
            (5, 3),
        ]
        failed = select(SecondScoring.manager_review_id).join(
            Review, Review.id == SecondScoring.manager_review_id
        )
        assert len(session.scalars(failed.where(Review.overall_met.is_(False))).all()) == 2
        check_register(session)


def test_a_later_correction_moves_no_review_to_another_stratum(scored: ScoredOffice) -> None:
    with scored.writing() as session:
        review = session.scalars(select(Review).where(Review.overall_met.is_(False)).limit(1)).one()
        key = scored.requirement(session, Kind.OUTCOME)
        correct_review(
            session, review, changes={key: {"response": "met"}}, reason="A slip.", by=review.reviewer
        )
    with scored.reading() as session:
        registered = session.get_one(Plan, plan(scored))
        labels = Counter(stratum.label.split(",")[0] for stratum in registered.frame.strata)
        assert labels["Manager: not met"] == 2


@pytest.mark.parametrize("name", [QA, "Robin Qua", NORTH, "Thea Theme"])
def test_only_a_head_who_reviews_nothing_for_qa_plans_it(scored: ScoredOffice, name: str) -> None:
    with pytest.raises(Refused):
        plan(scored, name)
    with pytest.raises(Refused):
        scored.ask(lambda session, by: risks_of_reviews(session, period=JULY, by=by), name)
    scored.give_role(HEAD, Role.QA_REVIEWER)
    with pytest.raises(Refused, match="who reviews nothing for QA"):
        plan(scored)


def seen_of(office: ScoredOffice, name: str, plan_id: int, draw_id: int) -> dict[str, object]:
    """All that somebody can ask of a second scoring while it runs, but for their own work."""
    with office.reading() as session:
        person = office.person(session, name)
        (row,) = samples(session, person, routes=(Route.SECOND,))
        assert row.draw_id == draw_id
        return {
            "sample": row,
            "strata": strata_of_sample(session, draw_id, person).to_dict("records"),
            "lines": [line.details for line in what_happened(session, plan_id, person)],
            "register": whole_register(session, person)[0].to_dict("records"),
            "progress": second_scoring_progress(session, person),
            "left": preview_second_scoring(session, period=JULY, by=person).available,
        }


def test_qa_sees_neither_strata_nor_sizes_before_the_last_score(scored: ScoredOffice) -> None:
    plan_id = plan(scored)
    draw_id = carry_out(scored, plan_id, QA)  # whoever goes on with the draw learns nothing either
    with scored.reading() as session:
        codes = {stratum.code for stratum in session.get_one(Plan, plan_id).frame.strata}
    assert len(codes) == 4
    for name in (QA, "Robin Qua"):
        seen = seen_of(scored, name, plan_id, draw_id)
        row = seen["sample"]
        assert (row.population, row.size, row.strata, row.rule) == (8, 6, 1, {})  # type: ignore[attr-defined]
        assert seen["strata"] == [
            {"code": "", "stratum": "Managers' reviews", "population": 8, "drawn": 6, "certainty": False}
        ]
        for telling in (*codes, "Manager:", "not met", "High", "verdict"):
            assert telling not in str(seen)
        with pytest.raises(Refused, match="sealed"):
            scored.ask(receipt_of, name, draw_id)
        for figures in (agreement_result, agreement_details):
            with pytest.raises(Refused, match="until its last score is in"):
                scored.ask(figures, name, draw_id)
        assert scored.ask(agreement_over_time, name) == []
    assert len(scored.ask(strata_of_sample, HEAD, draw_id)) == 4
    score_again(scored, leave=1)
    assert len(scored.ask(strata_of_sample, QA, draw_id)) == 1
    assert len(scored.ask(agreement_over_time, HEAD)) == 1
    score_again(scored)
    assert scored.ask(agreement_result, QA, draw_id).weighted is not None
    assert len(scored.ask(strata_of_sample, HEAD, draw_id)) == 4


def test_who_adjudicates_never_learns_from_the_register_what_managers_said(scored: ScoredOffice) -> None:
    draw_id = carry_out(scored, plan(scored))
    score_again(scored)
    for name in (QA, "Robin Qua"):
        assert list(scored.ask(strata_of_sample, name, draw_id)["drawn"]) == [6]
        cases = scored.ask(drawn_cases, name, draw_id)
        # Nor from their order, or from tickets, which go further where more of a stratum are drawn.
        assert list(cases["reference"]) == sorted(cases["reference"])
        assert list(cases["position"]) == [1, 2, 3, 4, 5, 6]
        assert set(cases["stratum"]) == {"Managers' reviews"}
        assert set(cases["ticket"]) == {""}
    assert len(set(scored.ask(drawn_cases, HEAD, draw_id)["stratum"])) == 4


def test_no_verdict_is_told_while_others_are_still_to_be_scored_again(scored: ScoredOffice) -> None:
    """All failed are drawn: with some known, those left over would be the passed ones, or the failed."""
    carry_out(scored, plan(scored))
    score_again(scored, leave=1)

    def seen(name: str) -> tuple[int, int]:
        shown = scored.ask(submitted_reviews, name)
        counted = sum(row.reviewed for row in scored.ask(open_results, name))
        return int((shown["route"] == Route.OPEN).sum()), counted

    assert [seen(name) for name in (QA, "Robin Qua", HEAD)] == [(0, 0), (0, 0), (8, 8)]
    score_again(scored)
    assert [seen(name) for name in (QA, "Robin Qua", HEAD)] == [(6, 6), (6, 6), (8, 8)]


def test_what_was_passed_over_stays_untold(scored: ScoredOffice) -> None:
    """All failed are drawn, so a review that was not is one the manager passed: nobody scores it blind."""
    draw_id = carry_out(scored, plan(scored))
    score_again(scored)
    with scored.reading() as session:
        assert managers_reviews(session, period=JULY) == []
    with pytest.raises(Refused, match="not for those who review for QA"):
        scored.ask(receipt_of, QA, draw_id)
    verify_receipt(scored.ask(receipt_of, HEAD, draw_id))


def test_the_hashes_of_the_same_reviews_tell_nothing(scored: ScoredOffice) -> None:
    """The codes of the strata are new each time, so nobody can try out frames until a hash fits."""
    first = plan(scored)
    with scored.reading() as session:
        before = session.get_one(Plan, first).frame
        codes = [stratum.code for stratum in before.strata]
    assert all(len(code) == 18 for code in codes)
    assert not {code[:3] for code in codes} & {"S01", "S02", "S03", "S04"}


def test_every_rate_is_weighted_by_the_strata(scored: ScoredOffice) -> None:
    draw_id = carry_out(scored, plan(scored))
    with scored.reading() as session:
        met = session.scalars(
            select(SecondScoring.sampled_case_id)
            .join(Review, Review.id == SecondScoring.manager_review_id)
            .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
            .where(Review.overall_met, Review.risk == "Low")
            .order_by(SampledCase.ticket)
        ).all()
    failed = {met[0]}
    for sampled_id in scored.to_do(QA, Route.SECOND):
        scored.score(QA, sampled_id, not_met=Kind.OUTCOME if sampled_id in failed else None)
    result = scored.ask(agreement_result, HEAD, draw_id)
    # Of three of the five passed of other risk QA misses one met; the two failed QA calls met.
    assert result.counts == (3, 1, 2, 0)
    assert result.weighted is not None
    assert result.weighted.agreement == pytest.approx((1 + 5 * 2 / 3) / 8)
    assert result.cells is not None
    assert result.cells.missed == pytest.approx(5 / 3 / 8)
    assert result.judgement.population == 8
    # All seen but two of the five: of the 8 at most 1 + 2 + 2 can agree.
    assert result.judgement.upper == 5 / 8
    assert result.judgement.verdict == "missed"
