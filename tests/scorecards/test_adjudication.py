"""Adjudication: which pairs, by whom, without names, and what it says of why reviewers differ."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from kept import once
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from sampling.draw import ticket
from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry
from sampling.records.readings import take_noted
from sampling.refused import Refused
from sampling.tables import Draw, FrameCase, Route, SampledCase
from scorecards.actions import declare_involvement, note_first_sight
from scorecards.adjudication import (
    Reason,
    decide_pair,
    draw_adjudication,
    save_pair_answer,
    save_pair_reason,
    start_pair,
)
from scorecards.adjudication_queries import (
    PairDraft,
    PairSheet,
    Waiting,
    adjudication_result,
    pair_sheet,
    pairs_to_decide,
    second_scorings_to_adjudicate,
)
from scorecards.agreement_results import agreement_result, second_scorings
from scorecards.queries import review_sheet, submitted_reviews
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import Review, SecondScoring
from scorecards.tables_agreement import Adjudication, AdjudicationDraw

HEAD, QA, ROBIN, NORTH, SOUTH = "Hedda Head", "Quinn Qua", "Robin Qua", "Nora North", "Sue South"
MET, NOT_MET = ResponseValue.MET, ResponseValue.NOT_MET


@pytest.fixture
def scored_twice(database: Engine) -> ScoredOffice:
    """Eight pairs: one the manager missed, one overcalled, one both call not met, five both call met."""

    def score() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database)
        for team, manager in (("North", NORTH), ("South", SOUTH)):
            office.draw_open(team, manager)
            for number, sampled_id in enumerate(office.to_do(manager, Route.OPEN)):
                failed = team == "North" and number < 2
                office.score(manager, sampled_id, not_met=Kind.OUTCOME if failed else None)
        office.draw_second()
        with office.reading() as session:
            pairs = session.scalars(select(SecondScoring).order_by(SecondScoring.manager_review_id)).all()
            order = [pair.sampled_case_id for pair in pairs]
        for place, sampled_id in enumerate(order):
            office.score(QA, sampled_id, not_met=Kind.OUTCOME if place in (0, 2) else None)

    once(database, "pairs to adjudicate", score)
    return ScoredOffice.found_in(database)


def second(office: ScoredOffice) -> int:
    return office.ask(second_scorings, HEAD)[0][0]


def draw(office: ScoredOffice, *, both_met: int = 3, name: str = HEAD) -> int:
    draw_id = second(office)
    with office.writing() as session:
        of = session.get_one(Draw, draw_id)
        draw_adjudication(session, of, both_met=both_met, by=office.person(session, name))
    return draw_id


def decide(
    office: ScoredOffice,
    sampled_id: int,
    verdicts: dict[str, ResponseValue],
    reason: Reason | None,
    *,
    name: str = ROBIN,
    declare: bool = True,
) -> None:
    with office.writing() as session:
        by = office.person(session, name)
        adjudication = session.get_one(Adjudication, sampled_id)
        if declare:
            case = session.get_one(SampledCase, sampled_id).frame_case.case
            declare_involvement(session, case, is_involved=False, by=by)
        start_pair(session, adjudication, by=by)
        decide_pair(session, adjudication, verdicts=verdicts, reason=reason, note="As the file shows.", by=by)


def start(office: ScoredOffice, sampled_id: int, name: str) -> None:
    with office.writing() as session:
        by = office.person(session, name)
        case = session.get_one(SampledCase, sampled_id).frame_case.case
        declare_involvement(session, case, is_involved=False, by=by)
        start_pair(session, session.get_one(Adjudication, sampled_id), by=by)


def answer(office: ScoredOffice, sampled_id: int, response: ResponseValue, name: str) -> None:
    with office.writing() as session:
        adjudication, by = session.get_one(Adjudication, sampled_id), office.person(session, name)
        save_pair_answer(session, adjudication, requirement_key="answered", response=response, by=by)


def discordant(office: ScoredOffice) -> dict[bool, int]:
    """The two pairs that differ: whether the manager called it met, and which case."""
    with office.reading() as session:
        rows = session.execute(
            select(Review.overall_met, Adjudication.sampled_case_id)
            .join(SecondScoring, SecondScoring.sampled_case_id == Adjudication.sampled_case_id)
            .join(Review, Review.id == SecondScoring.manager_review_id)
            .where(Adjudication.is_discordant)
        ).all()
    assert len(rows) == 2
    return dict(rows)


def alike(office: ScoredOffice) -> list[int]:
    with office.reading() as session:
        return list(
            session.scalars(select(Adjudication.sampled_case_id).where(Adjudication.is_discordant.is_(False)))
        )


def test_every_pair_that_differs_and_by_lot_some_that_both_call_met(scored_twice: ScoredOffice) -> None:
    assert [row.draw_id for row in scored_twice.ask(second_scorings_to_adjudicate, QA)] == [
        second(scored_twice)
    ]
    draw_id = draw(scored_twice)
    assert scored_twice.ask(second_scorings_to_adjudicate, QA) == []
    with scored_twice.reading() as session:
        made = session.get_one(AdjudicationDraw, draw_id)
        assert (made.discordant, made.both_met, made.chosen) == (2, 5, 3)
        # Anybody can check it: of those both call met, the three with the smallest tickets of the seed.
        rows = session.execute(
            select(FrameCase.reference, SampledCase.id)
            .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
            .join(Review, Review.sampled_case_id == SampledCase.id)
            .join(SecondScoring, SecondScoring.sampled_case_id == SampledCase.id)
            .where(SampledCase.draw_id == draw_id, Review.overall_met)
        ).all()
        both = {
            reference: number for reference, number in rows if number not in discordant(scored_twice).values()
        }
        first = sorted(both, key=lambda reference: ticket(made.seed, reference))[:3]
    assert {both[reference] for reference in first} == set(alike(scored_twice))
    with pytest.raises(Refused, match="were drawn already"):
        draw(scored_twice)


def test_fewer_that_both_call_met_are_all_taken(scored_twice: ScoredOffice) -> None:
    draw(scored_twice, both_met=59)
    assert len(alike(scored_twice)) == 5


def test_a_running_second_scoring_is_not_adjudicated(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORTH)
    for sampled_id in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled_id)
    office.draw_second()
    assert office.ask(second_scorings_to_adjudicate, HEAD) == []
    with pytest.raises(Refused, match="Wait for the last"):
        draw(office)


def test_only_a_third_person_decides(scored_twice: ScoredOffice) -> None:
    draw(scored_twice)
    (missed, *_) = discordant(scored_twice).values()
    for name in (NORTH, "Thea Theme", "Otto Owner"):  # no adjudicators at all
        assert scored_twice.ask(pairs_to_decide, name).mine == []
        with pytest.raises(Refused):
            scored_twice.ask(lambda session, by: pair_sheet(session, missed, by), name)
    assert scored_twice.ask(pairs_to_decide, QA).for_others == 5  # she scored them all again
    with pytest.raises(Refused, match="Leave it to a third person"):
        decide(scored_twice, missed, {"answered": MET}, Reason.EVIDENCE_MISSED, name=QA)
    with pytest.raises(Refused, match="involved"):
        decide(scored_twice, missed, {"answered": MET}, Reason.EVIDENCE_MISSED, declare=False)
    with scored_twice.writing() as session:
        case = session.get_one(SampledCase, missed).frame_case.case
        declare_involvement(
            session, case, is_involved=True, note="I advised.", by=scored_twice.person(session, ROBIN)
        )
    assert len(scored_twice.ask(pairs_to_decide, ROBIN).mine) == 4
    assert len(scored_twice.ask(pairs_to_decide, HEAD).mine) == 5


def test_the_two_reviews_have_no_names(scored_twice: ScoredOffice) -> None:
    before = scored_twice.ask(submitted_reviews, ROBIN)
    failed = before[(before["route"] == Route.OPEN) & ~before["overall_met"].astype(bool)]["review_id"]
    with scored_twice.writing() as session:  # not chosen yet, so whoever reviews for QA may read them
        for review_id in failed:
            review = session.get_one(Review, int(review_id))
            note_first_sight(session, review, by=scored_twice.person(session, ROBIN))
    draw(scored_twice)
    pairs = discordant(scored_twice)
    missed = pairs[True]
    sheet = scored_twice.ask(lambda session, by: pair_sheet(session, missed, by), ROBIN)
    with scored_twice.reading() as session:
        pair_sheet(session, missed, scored_twice.person(session, ROBIN))
        caseworker_id = session.get_one(SampledCase, missed).frame_case.caseworker_id
        assert {one.person_id for one in take_noted(session)} == {caseworker_id}
    for name in (NORTH, SOUTH, QA):
        assert name not in str(sheet)
    with scored_twice.reading() as session:
        manager_is_a = session.get_one(Adjudication, missed).manager_is_a
    managers, qas = (sheet.review_a, sheet.review_b) if manager_is_a else (sheet.review_b, sheet.review_a)
    assert (managers.responses["answered"], qas.responses["answered"]) == (MET, NOT_MET)
    assert qas.evidence["answered"] == "As the file shows."
    assert set(sheet.shared) == {"remedy", "told"}
    assert not sheet.has_seen
    assert scored_twice.ask(lambda session, by: pair_sheet(session, pairs[False], by), ROBIN).has_seen
    decide(scored_twice, missed, {"answered": MET}, Reason.EVIDENCE_MISSED)
    decide(scored_twice, pairs[False], {"answered": MET}, Reason.EVIDENCE_MISSED)
    with scored_twice.reading() as session:
        decided = select(AuditEntry.details).where(AuditEntry.action == "decide_pair").order_by(AuditEntry.id)
        assert [each["had_seen_a_review"] for each in session.scalars(decided)] == [False, True]


def test_who_reviews_for_qa_sees_neither_review_until_the_pair_is_decided(scored_twice: ScoredOffice) -> None:
    everything = set(scored_twice.ask(submitted_reviews, ROBIN)["review_id"])
    assert len(everything) == 16
    draw(scored_twice)
    missed = discordant(scored_twice)[True]
    with scored_twice.reading() as session:
        chosen = session.scalars(
            select(SecondScoring).join(
                Adjudication, Adjudication.sampled_case_id == SecondScoring.sampled_case_id
            )
        ).all()
        managers = {pair.manager_review_id for pair in chosen}
        cases = [pair.sampled_case_id for pair in chosen]
        again = set(session.scalars(select(Review.id).where(Review.sampled_case_id.in_(cases))))
        of_missed = session.get_one(SecondScoring, missed).manager_review_id
    assert (len(managers), len(again)) == (5, 5)
    assert set(scored_twice.ask(submitted_reviews, ROBIN)["review_id"]) == everything - managers - again
    # The second scores are hers.
    assert set(scored_twice.ask(submitted_reviews, QA)["review_id"]) == everything - managers
    assert set(scored_twice.ask(submitted_reviews, HEAD)["review_id"]) == everything
    for review_id in managers | again:
        with pytest.raises(Refused, match="no such review"):
            scored_twice.ask(lambda session, by, of=review_id: review_sheet(session, of, by), ROBIN)
    with scored_twice.writing() as session:
        review, robin = session.get_one(Review, of_missed), scored_twice.person(session, ROBIN)
        with pytest.raises(Refused, match="not for you to see"):
            note_first_sight(session, review, by=robin)
    decide(scored_twice, missed, {"answered": NOT_MET}, Reason.EVIDENCE_MISSED)
    assert of_missed in set(scored_twice.ask(submitted_reviews, ROBIN)["review_id"])


def test_what_they_differ_on_is_answered_and_a_reason_given(scored_twice: ScoredOffice) -> None:
    draw(scored_twice)
    missed = discordant(scored_twice)[True]
    for verdicts, reason, words in (
        ({}, Reason.EVIDENCE_MISSED, "differ on a requirement that has no answer"),
        ({"answered": MET}, None, "Choose the reason"),
        ({"answered": MET}, Reason.NONE, "Something was differently seen"),
        ({"nothing": MET}, Reason.EVIDENCE_MISSED, "does not ask nothing"),
    ):
        with pytest.raises(Refused, match=words):
            decide(scored_twice, missed, verdicts, reason)
    with pytest.raises(Refused, match="it stays met"):
        decide(scored_twice, alike(scored_twice)[0], {}, Reason.EVIDENCE_MISSED)
    decide(scored_twice, missed, {"answered": NOT_MET}, Reason.EVIDENCE_MISSED)
    with pytest.raises(Refused, match="decided already"):
        decide(scored_twice, missed, {"answered": MET}, Reason.EVIDENCE_MISSED, name=HEAD)


def test_a_draft_is_its_holders_alone_until_they_leave_it_behind(scored_twice: ScoredOffice) -> None:
    draw(scored_twice)
    missed = discordant(scored_twice)[True]

    def sheet(name: str) -> PairSheet:
        return scored_twice.ask(lambda session, by: pair_sheet(session, missed, by), name)

    def waiting(name: str) -> Waiting:
        return scored_twice.ask(pairs_to_decide, name)

    with pytest.raises(Refused, match="Start it first"):
        answer(scored_twice, missed, MET, ROBIN)
    start(scored_twice, missed, ROBIN)
    answer(scored_twice, missed, NOT_MET, ROBIN)
    with scored_twice.writing() as session:
        adjudication, robin = session.get_one(Adjudication, missed), scored_twice.person(session, ROBIN)
        save_pair_reason(
            session, adjudication, reason=Reason.EVIDENCE_MISSED, note="The letter of May ", by=robin
        )
    drafted = PairDraft({"answered": NOT_MET}, Reason.EVIDENCE_MISSED, "The letter of May ")
    assert (sheet(ROBIN).draft, sheet(HEAD).draft) == (drafted, None)
    assert (sheet(HEAD).started_by, sheet(HEAD).is_free) == (ROBIN, False)
    assert waiting(ROBIN).mine[0].is_own
    assert [row.started_by for row in waiting(HEAD).with_colleagues] == [ROBIN]
    assert len(waiting(HEAD).mine) == 4
    assert waiting(QA).for_others == 5
    # Whoever comes second is told who has it, whatever they try.
    with pytest.raises(Refused, match=f"{ROBIN} is deciding .* already"):
        start(scored_twice, missed, HEAD)
    with pytest.raises(Refused, match=f"{ROBIN} has this pair now"):
        answer(scored_twice, missed, MET, HEAD)
    # Nothing of it counts before it is decided.
    assert scored_twice.ask(adjudication_result, HEAD, second(scored_twice)).causes == {}
    with scored_twice.writing() as session:
        robin = scored_twice.person(session, ROBIN)
        day = scored_twice.now.date()
        record_absence(session, robin, starts_on=day, ends_on=day, deputy=None, by=robin)
    assert sheet(HEAD).is_free
    assert sheet(HEAD).draft is None
    start(scored_twice, missed, HEAD)
    assert (sheet(HEAD).draft, sheet(ROBIN).draft) == (drafted, None)
    with pytest.raises(Refused, match=f"{HEAD} has this pair now"):
        answer(scored_twice, missed, MET, ROBIN)


def test_of_two_who_start_a_pair_at_once_one_has_it(scored_twice: ScoredOffice) -> None:
    draw(scored_twice)
    missed = discordant(scored_twice)[True]
    start_together = Barrier(2)

    def run(name: str) -> str:
        start_together.wait()
        try:
            start(scored_twice, missed, name)
        except Refused as refused:
            return str(refused)
        return "started"

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(run, [ROBIN, HEAD]))
    assert results[1] == "started"
    assert "is deciding" in results[0]
    with scored_twice.reading() as session:
        holder = session.get_one(Adjudication, missed).started_by
        assert holder is not None
        assert holder.name in results[0]


def test_causes_and_what_both_missed(scored_twice: ScoredOffice) -> None:
    draw_id = second(scored_twice)
    assert scored_twice.ask(adjudication_result, HEAD, draw_id) is None
    before = scored_twice.ask(agreement_result, HEAD, draw_id)
    draw(scored_twice)
    pairs = discordant(scored_twice)
    decide(scored_twice, pairs[True], {"answered": NOT_MET}, Reason.EVIDENCE_MISSED)
    decide(scored_twice, pairs[False], {"answered": NOT_MET}, Reason.GUIDANCE_UNCLEAR)
    first, *others = alike(scored_twice)
    decide(scored_twice, first, {"remedy": NOT_MET}, Reason.EVIDENCE_MISSED)
    assert scored_twice.ask(adjudication_result, HEAD, draw_id).most_missed is None
    for sampled_id in others:
        decide(scored_twice, sampled_id, {}, Reason.NONE)
    found = scored_twice.ask(adjudication_result, QA, draw_id)
    assert (found.discordant, found.decided, found.with_manager, found.with_qa) == (2, 2, 1, 1)
    assert found.causes == {Reason.EVIDENCE_MISSED: 2, Reason.GUIDANCE_UNCLEAR: 1}
    assert (found.both_met, found.chosen, found.chosen_decided, found.shared_misses) == (5, 3, 3, 1)
    # Were 4 of 5 missed, 3 drawn would show two or three of them: 1 missed rules that out, and 3 missed
    # shows one with C(3,1)·C(2,2)/C(5,3) = 30%. So at most 3 of 5.
    assert found.most_missed == pytest.approx(3 / 5)
    # Agreement as it was before adjudication is the agreement.
    assert scored_twice.ask(agreement_result, HEAD, draw_id) == before
    with pytest.raises(Refused):
        scored_twice.ask(adjudication_result, NORTH, draw_id)
