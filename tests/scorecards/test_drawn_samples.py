"""Between draw and review: cases that close, reopen or fall away, and what becomes of the sample."""

import hashlib
from datetime import date

import pytest
from scored_office import JULY, MAPPING, QUARTER, ScoredOffice
from sqlalchemy import Engine, select

from sampling.drawing import carry_out_plan
from sampling.receipt import verify_receipt
from sampling.receipt_queries import receipt_of
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_rows import parse_cases
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.samples import InTwoStages, plan_case_sample
from sampling.tables import Draw, FrameCase, Plan, Replacement, Route, SampledCase
from sampling.voiding import void_plan
from scorecards.actions import declare_involvement
from scorecards.completion import completion
from scorecards.drawn_samples import ask_to_void_plan, go_on_to_second_stage, replace_sampled_case
from scorecards.queries import case_to_declare, review_sheet
from scorecards.requirements import Kind
from scorecards.second_scoring import carry_out_second_scoring, plan_second_scoring
from scorecards.tables import Review
from scorecards.work_list import work_of

NORA, QUINN, ROBIN, HEAD = "Nora North", "Quinn Qua", "Robin Qua", "Hedda Head"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    return ScoredOffice(engine)


def bring(office: ScoredOffice, *rows: str) -> None:
    """A newer extract: reference, state, team, owner, received, closed."""
    office.later(days=1)
    data = "\n".join(["Case,State,Team,Owner,Received,Closed", *rows]).encode()
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "newer.csv"), MAPPING, as_at=office.now),
            file_name="newer.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=office.now,
            mapping=MAPPING,
            by=office.person(session, "Ada Min"),
        )


def reference_of(office: ScoredOffice, sampled_id: int) -> str:
    with office.reading() as session:
        return session.get_one(SampledCase, sampled_id).frame_case.reference


def events(office: ScoredOffice, draw_id: int) -> list[str]:
    with office.reading() as session:
        return [line.event for line in lines_of(session, session.get_one(Draw, draw_id).plan)]


def replace(office: ScoredOffice, name: str, sampled_id: int, code: str) -> int | None:
    with office.writing() as session:
        sampled, by = session.get_one(SampledCase, sampled_id), office.person(session, name)
        following = replace_sampled_case(session, sampled, code=code, reason="As told", by=by)
        return following.id if following else None


def void(office: ScoredOffice, plan_id: int, asked_by: str = QUINN) -> None:
    with office.writing() as session:
        plan = session.get_one(Plan, plan_id)
        ask_to_void_plan(session, plan, reason="The wrong cases", by=office.person(session, asked_by))
        void_plan(session, plan, by=office.person(session, HEAD))


def test_an_open_case_that_closes_first_is_reviewed_as_at_closing(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    sampled_id = office.to_do(NORA, Route.OPEN)[0]
    reference = reference_of(office, sampled_id)
    bring(office, f"{reference},Closed,North,North 0,01/06/2026,06/07/2026")
    review_id = office.score(NORA, sampled_id)
    sheet = office.ask(review_sheet, NORA, review_id)
    assert (sheet.is_open_case, sheet.too_late_to_intervene, sheet.is_reopened) == (False, True, False)
    assert sum(row.done for row in office.ask(completion, NORA, month=date(2026, 7, 1))) == 1


def test_a_case_that_is_transferred_stays_with_its_caseworker_of_the_freeze(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    sampled_id = office.to_do(NORA, Route.OPEN)[0]
    with office.reading() as session:
        frozen = session.get_one(SampledCase, sampled_id).frame_case
        was = (frozen.team_id, frozen.caseworker_id)
    bring(office, f"{reference_of(office, sampled_id)},Open,South,South 0,01/06/2026,")
    office.score(NORA, sampled_id)
    done = {row.caseworker_id: row.done for row in office.ask(completion, NORA, month=date(2026, 7, 1))}
    with office.reading() as session:
        frozen = session.get_one(SampledCase, sampled_id).frame_case
        assert (frozen.team_id, frozen.caseworker_id) == was
    assert done[was[1]] == 1


def test_a_closed_case_that_is_opened_again_is_judged_at_its_first_closing(office: ScoredOffice) -> None:
    office.draw_closed([3])
    sampled_id = office.to_do(QUINN, Route.CENTRAL)[0]
    reference = reference_of(office, sampled_id)
    with office.reading() as session:
        closed_on = session.get_one(SampledCase, sampled_id).frame_case.closed_on
    bring(office, f"{reference},Open,North,North 0,02/04/2026,")
    sheet = office.ask(review_sheet, QUINN, office.score(QUINN, sampled_id))
    assert (sheet.is_open_case, sheet.is_reopened, sheet.closed_on) == (False, True, closed_on)


def test_a_frame_holds_a_case_once_however_often_it_was_closed(office: ScoredOffice) -> None:
    bring(office, "C-000,Open,North,North 0,02/04/2026,")
    bring(office, "C-000,Closed,North,North 0,02/04/2026,20/06/2026")
    draw_id = office.draw_closed([3])
    with office.reading() as session:
        frame_id = session.get_one(Draw, draw_id).plan.frame_id
        rows = session.scalars(
            select(FrameCase).where(FrameCase.frame_id == frame_id, FrameCase.reference == "C-000")
        ).all()
    assert [row.closed_on for row in rows] == [date(2026, 6, 20)]


def test_a_case_cancelled_before_its_review_is_replaced(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    sampled_id = office.to_do(NORA, Route.OPEN)[0]
    reference = reference_of(office, sampled_id)
    bring(office, f"{reference},Cancelled,North,North 0,01/06/2026,")
    (item,) = (item for item in office.ask(work_of, NORA) if item.sampled_case_id == sampled_id)
    assert item.gone == "cancelled"
    with office.reading() as session:
        assert case_to_declare(session, sampled_id, office.person(session, NORA)).gone == "cancelled"
    with pytest.raises(Refused, match="was cancelled in the case system before its review"):
        office.score(NORA, sampled_id)
    following = replace(office, NORA, sampled_id, "cancelled")
    assert following is not None
    assert sampled_id not in office.to_do(NORA, Route.OPEN)
    assert following in office.to_do(NORA, Route.OPEN)
    with pytest.raises(Refused, match="no longer in the sample"):
        office.score(NORA, sampled_id)


def test_a_second_scoring_goes_on_whatever_becomes_of_the_case(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    for sampled_id in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled_id)
    office.draw_second()
    sampled_id = office.to_do(QUINN, Route.SECOND)[0]
    bring(office, f"{reference_of(office, sampled_id)},Cancelled,North,North 0,01/06/2026,")
    with pytest.raises(Refused, match="not replaced"):
        replace(office, QUINN, sampled_id, "cancelled")
    assert office.score(QUINN, sampled_id)


def test_only_a_case_without_a_submitted_review_is_replaced_by_who_may_review_it(
    office: ScoredOffice,
) -> None:
    office.draw_closed([5])
    first, second, *_ = office.to_do(QUINN, Route.CENTRAL)
    office.score(QUINN, first)
    with pytest.raises(Refused, match="was reviewed, so it stays"):
        replace(office, QUINN, first, "duplicate")
    with pytest.raises(Refused, match="it is for"):
        replace(office, NORA, second, "duplicate")
    draft = office.score(QUINN, second, submit=False)
    replace(office, QUINN, second, "duplicate")
    with office.reading() as session:
        assert len(session.get_one(Review, draft).answers) > 0  # nothing that was typed is lost
        assert session.get_one(Replacement, second).reason == "As told"


def test_a_sample_closes_with_its_last_review(office: ScoredOffice) -> None:
    draw_id = office.draw_closed([3])
    first, second, third = office.to_do(QUINN, Route.CENTRAL)
    office.score(QUINN, first)
    office.score(QUINN, second)
    assert events(office, draw_id)[-1] == "drawn"
    office.score(QUINN, third)
    assert events(office, draw_id)[-1] == "closed"


def test_a_sample_closes_when_what_is_left_of_it_falls_away(office: ScoredOffice) -> None:
    draw_id = office.draw_closed([20])  # every case: no further ticket
    *others, last = office.to_do(QUINN, Route.CENTRAL)
    for sampled_id in others:
        office.score(QUINN, sampled_id)
    assert replace(office, QUINN, last, "out_of_scope") is None
    assert events(office, draw_id)[-2:] == ["replaced", "closed"]


def two_stages(office: ScoredOffice) -> int:
    with office.writing() as session:
        by = office.person(session, QUINN)
        plan = plan_case_sample(
            session,
            "Stages",
            route=Route.CENTRAL,
            period=QUARTER,
            filters={},
            stratify_by=None,
            size=InTwoStages("0.7", "0.6"),
            due_on=date(2026, 8, 3),
            by=by,
        )
        plan_id, by_id = plan.id, by.id
    return carry_out_plan(office.engine, plan_id, by_id=by_id, now=office.now)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_the_second_stage_follows_exactly_one_failure(office: ScoredOffice, failing: int) -> None:
    draw_id = two_stages(office)

    def go_on() -> int:
        with office.writing() as session:
            by = office.person(session, QUINN)
            return go_on_to_second_stage(session, session.get_one(Draw, draw_id), by=by)

    to_do = office.to_do(QUINN, Route.CENTRAL)
    with pytest.raises(Refused, match="exactly one of them"):
        go_on()
    for place, sampled_id in enumerate(to_do):
        office.score(QUINN, sampled_id, not_met=Kind.OUTCOME if place < failing else None)
    if failing != 1:
        assert events(office, draw_id)[-1] == "closed"
        with pytest.raises(Refused, match="exactly one of them"):
            go_on()
        return
    assert events(office, draw_id)[-1] == "drawn"  # open until its second stage is in
    count = go_on()
    assert len(office.to_do(QUINN, Route.CENTRAL)) == count
    for sampled_id in office.to_do(QUINN, Route.CENTRAL):
        office.score(QUINN, sampled_id)
    assert events(office, draw_id)[-2:] == ["extended", "closed"]


def test_a_voided_sample_leaves_the_lists_and_keeps_its_reviews(office: ScoredOffice) -> None:
    draw_id = office.draw_closed([4])
    first, *_, last = office.to_do(QUINN, Route.CENTRAL)
    review_id = office.score(QUINN, first)
    with office.reading() as session:
        plan_id = session.get_one(Draw, draw_id).plan_id
    void(office, plan_id)
    assert office.to_do(QUINN, Route.CENTRAL) == []
    assert office.ask(review_sheet, QUINN, review_id).submitted_at is not None
    with office.reading() as session:
        asked = next(line for line in lines_of(session) if line.event == "void asked")
    assert '"reviewed":1' in asked.details
    with pytest.raises(Refused, match="no longer in the sample"):
        replace(office, QUINN, last, "duplicate")
    with pytest.raises(Refused, match="no longer in the sample"):
        office.score(QUINN, last)


def test_nobody_exchanges_a_case_for_its_result(office: ScoredOffice) -> None:
    office.draw_closed([6])
    first, second, *_ = office.to_do(QUINN, Route.CENTRAL)
    office.score(QUINN, first, not_met=Kind.OUTCOME, submit=False)
    with pytest.raises(Refused, match="nobody may exchange a case for its result"):
        replace(office, QUINN, first, "out_of_scope")
    office.score(QUINN, second, submit=False)
    with pytest.raises(Refused, match="Quinn Qua is reviewing"):
        replace(office, ROBIN, second, "out_of_scope")
    with office.writing() as session:
        declare_involvement(
            session,
            session.get_one(SampledCase, second).frame_case.case,
            is_involved=True,
            note="I took the call",
            by=office.person(session, ROBIN),
        )
    with pytest.raises(Refused, match="Leave it to a colleague"):
        replace(office, ROBIN, second, "out_of_scope")
    assert replace(office, QUINN, second, "out_of_scope") is not None
    with office.reading() as session:
        line = next(line for line in lines_of(session) if line.event == "replaced")
    assert '"answered":' in line.details
    assert '"answered":0' not in line.details


def test_the_second_stage_takes_what_is_left_after_a_replacement(office: ScoredOffice) -> None:
    draw_id = two_stages(office)
    with office.reading() as session:
        draw = session.get_one(Draw, draw_id)
        (stratum,) = draw.plan.frame.strata
        left = stratum.population - len(office.to_do(QUINN, Route.CENTRAL))
    for sampled_id in office.to_do(QUINN, Route.CENTRAL)[:2]:
        replace(office, QUINN, sampled_id, "duplicate")
    for place, sampled_id in enumerate(office.to_do(QUINN, Route.CENTRAL)):
        office.score(QUINN, sampled_id, not_met=Kind.OUTCOME if place == 0 else None)
    with office.writing() as session:
        by = office.person(session, QUINN)
        count = go_on_to_second_stage(session, session.get_one(Draw, draw_id), by=by)
    assert 0 < count <= left - 2
    with office.reading() as session:
        verify_receipt(receipt_of(session, draw_id, office.person(session, QUINN)))


def test_a_month_is_complete_without_the_case_that_fell_away(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    whole = {row.caseworker_id: row.required for row in office.ask(completion, NORA, month=date(2026, 7, 1))}
    while office.to_do(NORA, Route.OPEN):
        replace(office, NORA, office.to_do(NORA, Route.OPEN)[0], "out_of_scope")
    after = office.ask(completion, NORA, month=date(2026, 7, 1))
    assert sum(whole.values()) > 0
    assert all(row.required == 0 for row in after)


def test_a_second_scoring_that_was_drawn_is_not_voided(office: ScoredOffice) -> None:
    office.draw_open("North", NORA)
    for sampled_id in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled_id)
    draw_id = office.draw_second()
    with office.reading() as session:
        plan_id = session.get_one(Draw, draw_id).plan_id
    with pytest.raises(Refused, match="scored to its end"):
        void(office, plan_id)


def test_a_second_scoring_of_a_month_that_was_voided_meanwhile_says_so(office: ScoredOffice) -> None:
    draw_id = office.draw_open("North", NORA)
    for sampled_id in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled_id)
    with office.writing() as session:
        by = office.person(session, QUINN)
        plan_id = plan_second_scoring(session, period=JULY, allowed_failures=None, by=by).id
        months_plan, by_id = session.get_one(Draw, draw_id).plan_id, by.id
    void(office, months_plan, asked_by=NORA)
    with pytest.raises(Refused, match=r"was voided\. Ask in the register"):
        carry_out_second_scoring(office.engine, plan_id, by_id=by_id, now=office.now)
    void(office, plan_id)  # and then another can be planned


def test_whoever_scored_a_case_before_does_not_score_it_blind(office: ScoredOffice) -> None:
    office.set_standard("monthly_quota", "8")  # every case, in both months
    for days in (0, 31):
        office.later(days=days)
        office.draw_open("North", NORA)
        for sampled_id in office.to_do(NORA, Route.OPEN):
            office.score(NORA, sampled_id)
        with office.writing() as session:
            by = office.person(session, QUINN)
            month = (office.now.date().replace(day=1), office.now.date())
            plan_id = plan_second_scoring(session, period=month, allowed_failures=None, by=by).id
            by_id = by.id
        carry_out_second_scoring(office.engine, plan_id, by_id=by_id, now=office.now)
        if days == 0:
            scored = {reference_of(office, sampled_id) for sampled_id in office.to_do(QUINN, Route.SECOND)}
            for sampled_id in office.to_do(QUINN, Route.SECOND):
                office.score(QUINN, sampled_id)
    again = {reference_of(office, sampled_id): sampled_id for sampled_id in office.to_do(ROBIN, Route.SECOND)}
    both = scored & set(again)
    assert both
    offered = {reference_of(office, sampled_id) for sampled_id in office.to_do(QUINN, Route.SECOND)}
    assert not scored & offered
    with pytest.raises(Refused, match="Leave it to a colleague"):
        office.score(QUINN, again[min(both)])
