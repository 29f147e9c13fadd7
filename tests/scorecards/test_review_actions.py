"""Scoring a case: drafts that last, locks that hold, and who may not."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from scored_office import CARD, JULY, START, ScoredOffice
from sqlalchemy import select

from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry, close_entries, record
from sampling.records.case_files import read_table
from sampling.records.case_import import import_cases
from sampling.records.case_mapping import FIELDS
from sampling.records.case_mapping import Mapping as Columns
from sampling.records.case_rows import parse_cases
from sampling.records.office import disable_person
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.actions import (
    declare_involvement,
    read_file_again,
    save_answer,
    set_file_found,
    start_review,
)
from scorecards.answers import review_problems
from scorecards.cards import publish_scorecard, scorecard_for, scorecard_from, use_scorecard
from scorecards.queries import case_to_declare, review_sheet
from scorecards.requirements import Kind, ResponseValue
from scorecards.submitting import submit_review
from scorecards.tables import Answer, Declaration, Review, ReviewState, ScorecardVersion
from scorecards.work_list import work_of

NORA, SUE, QUINN, ROBIN, HEAD = "Nora North", "Sue South", "Quinn Qua", "Robin Qua", "Hedda Head"
MET, NOT_MET, NOT_APPLICABLE, NOT_YET_DUE, CANNOT_ASSESS = ResponseValue


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expect a refusal that is a sentence and holds these words."""
    with pytest.raises(Refused) as caught:
        yield
    assert str(caught.value).endswith((".", "”"))
    for word in words:
        assert word in str(caught.value)


def tell(office: ScoredOffice, reference: str, *, state: str = "open", **said: str) -> None:
    """A newer extract that says something of one case and nothing of the others."""
    office.later(1)
    columns = Columns(
        reference="case",
        state="state",
        states={state: state},
        date_formats={"closed_on": "%Y-%m-%d"} if "closed_on" in said else {},
        **{name: name for name in said},
    )
    assert set(said) <= set(FIELDS)
    data = f"case,state,{','.join(said)}\n{reference},{state},{','.join(said.values())}".encode()
    with office.writing() as session:
        import_cases(
            session,
            parse_cases(read_table(data, "one.csv"), columns, as_at=office.now),
            file_name="one.csv",
            file_sha256=hashlib.sha256(data).hexdigest(),
            as_at=office.now,
            mapping=columns,
            by=office.person(session, "Ada Min"),
        )


def first_case(office: ScoredOffice, name: str, route: Route) -> tuple[int, str]:
    """The sampled case on top of a person's list, and its reference."""
    sampled_id = office.to_do(name, route)[0]
    with office.reading() as session:
        return sampled_id, session.get_one(SampledCase, sampled_id).frame_case.reference


def start(office: ScoredOffice, name: str, sampled_id: int) -> int:
    with office.writing() as session:
        by, sampled = office.person(session, name), session.get_one(SampledCase, sampled_id)
        declare_involvement(session, sampled.frame_case.case, is_involved=False, by=by)
        return start_review(session, sampled, by=by).id


def do(office: ScoredOffice, action: Callable[..., Any], name: str, review_id: int, **given: Any) -> None:
    with office.writing() as session:
        action(session, session.get_one(Review, review_id), by=office.person(session, name), **given)


def answer(office: ScoredOffice, name: str, review_id: int, key: str, response: Any, **given: Any) -> None:
    do(office, save_answer, name, review_id, requirement_key=key, response=response, **given)


def keys(office: ScoredOffice, kind: Kind | None = None) -> list[str]:
    with office.reading() as session:
        card = scorecard_from(session.scalars(select(ScorecardVersion.definition)).first() or "")
    return [row.key for row in card.requirements if kind is None or row.kind is kind]


def answer_all(
    office: ScoredOffice,
    name: str,
    review_id: int,
    response: ResponseValue,
    but: Mapping[str, Any] | None = None,
) -> None:
    with office.writing() as session:
        review, by = session.get_one(Review, review_id), office.person(session, name)
        for key in keys(office):
            given = {"response": response, "evidence": "As the file shows."} | (but or {}).get(key, {})
            save_answer(session, review, requirement_key=key, by=by, **given)


def results(office: ScoredOffice, review_id: int) -> tuple[bool | None, ...]:
    with office.reading() as session:
        review = session.get_one(Review, review_id)
        return (review.outcome_met, review.method_met, review.overall_met, review.overall_after_correction)


def could_be(office: ScoredOffice, review_id: int) -> tuple[bool | None, ...]:
    with office.reading() as session:
        review = session.get_one(Review, review_id)
        return (review.outcome_if_assessed, review.method_if_assessed, review.overall_if_assessed)


# Drafts


def test_a_draft_is_kept_answer_by_answer_and_there_in_a_new_session(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, NORA, Route.OPEN)
    review_id = start(drawn, NORA, sampled_id)
    first, second, third, *_ = keys(drawn)
    answer(drawn, NORA, review_id, first, MET)
    answer(drawn, NORA, review_id, second, NOT_MET, evidence="Half a sentence of")
    answer(drawn, NORA, review_id, third, None, evidence="Typed before anything was chosen")
    assert start(drawn, NORA, sampled_id) == review_id  # opened again after the laptop was closed
    with drawn.reading() as session:
        sheet = review_sheet(session, review_id, drawn.person(session, NORA))
    assert (sheet.reference, sheet.state) == (reference, ReviewState.DRAFT)
    assert sheet.responses == {first: MET, second: NOT_MET}
    assert sheet.evidence == {
        first: "",
        second: "Half a sentence of",
        third: "Typed before anything was chosen",
    }
    assert next((item.review_id, item.state) for item in drawn.ask(work_of, NORA)) == (review_id, "draft")


def test_evidence_stays_when_the_response_changes(drawn: ScoredOffice) -> None:
    review_id = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    key = keys(drawn)[0]
    answer(drawn, NORA, review_id, key, NOT_MET, evidence="Paragraph 3 is missing.", put_right=True)
    answer(drawn, NORA, review_id, key, MET, evidence="Paragraph 3 is missing.", put_right=True)
    with drawn.reading() as session:
        row = session.get_one(Answer, (review_id, key))
        assert (row.response, row.evidence, row.put_right) == (MET, "Paragraph 3 is missing.", False)


def test_nobody_else_can_change_a_draft_or_see_it(drawn: ScoredOffice) -> None:
    drawn.give_role(SUE, Role.LINE_MANAGER, "North")
    review_id = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    key = keys(drawn)[0]
    answer(drawn, NORA, review_id, key, MET)
    for name in (SUE, HEAD, QUINN, "Ada Min"):
        with refused("belongs to Nora North"):
            answer(drawn, name, review_id, key, NOT_MET, evidence="Mine")
        for action, given in (
            (submit_review, {}),
            (read_file_again, {}),
            (set_file_found, {"found": False}),
        ):
            with refused("belongs to Nora North"):
                do(drawn, action, name, review_id, **given)
        with refused("not for you to see"):
            drawn.ask(review_sheet, name, review_id)
    with drawn.reading() as session:
        assert session.get_one(Answer, (review_id, key)).response == MET


def test_an_answer_belongs_to_the_card_and_fits(drawn: ScoredOffice) -> None:
    review_id = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    with refused("no requirement of-another-card"):
        answer(drawn, NORA, review_id, "of-another-card", MET)
    with refused("10,001 characters; 10,000 fit"):
        answer(drawn, NORA, review_id, keys(drawn)[0], NOT_MET, evidence="x" * 10_001)
    answer(drawn, NORA, review_id, keys(drawn)[0], NOT_MET, evidence="x" * 10_000)


# Submitting


def test_a_draft_with_gaps_is_refused_with_the_first_of_them(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    first, second, *others = keys(drawn)
    with refused(
        f"{2 + len(others)} answers are not complete. The first: Requirement 1", "select a response"
    ):
        do(drawn, submit_review, QUINN, review_id)
    answer_all(drawn, QUINN, review_id, MET, {second: {"response": NOT_MET, "evidence": " \n"}})
    with refused("Requirement 2", "enter the evidence for “not met”"):
        do(drawn, submit_review, QUINN, review_id)
    with drawn.reading() as session:
        review = session.get_one(Review, review_id)
        assert len(review_problems(review)) == 1
        assert (review.state, review.submitted_at, review.outcome_met) == (ReviewState.DRAFT, None, None)
    assert first != second


def test_submitting_locks(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, MET)
    do(drawn, submit_review, QUINN, review_id)
    assert results(drawn, review_id) == (True, True, True, True)
    locked = ("was submitted on 6 July 2026 and is locked",)
    with refused(*locked):
        answer(drawn, QUINN, review_id, keys(drawn)[0], NOT_MET, evidence="After the event.")
    with refused(*locked):
        do(drawn, set_file_found, QUINN, review_id, found=False)
    with refused(*locked):
        do(drawn, read_file_again, QUINN, review_id)
    assert results(drawn, review_id) == (True, True, True, True)


def test_the_day_of_the_lock_is_the_offices(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, MET)
    drawn.now += timedelta(hours=14, minutes=30)  # 23:30 by UTC: the 7th in London
    do(drawn, submit_review, QUINN, review_id)
    with refused("submitted on 7 July 2026"):
        answer(drawn, QUINN, review_id, keys(drawn)[0], MET)


def test_answers_saved_in_the_same_session_are_all_scored(drawn: ScoredOffice) -> None:
    sampled_id, _ = first_case(drawn, QUINN, Route.CENTRAL)
    review_id = start(drawn, QUINN, sampled_id)
    answer_all(drawn, QUINN, review_id, MET)
    with drawn.writing() as session:
        review, by = session.get_one(Review, review_id), drawn.person(session, QUINN)
        assert review_problems(review) == []  # the answers have been read once
        save_answer(
            session,
            review,
            requirement_key=keys(drawn)[0],
            response=NOT_MET,
            evidence="Found just now.",
            by=by,
        )
        submit_review(session, review, by=by)
    assert results(drawn, review_id)[0] is False


def test_a_second_submit_changes_nothing(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, MET)
    do(drawn, submit_review, QUINN, review_id)
    moment = drawn.now
    drawn.later(1)
    do(drawn, submit_review, QUINN, review_id)
    with refused("belongs to Quinn Qua"):
        do(drawn, submit_review, ROBIN, review_id)
    assert_submitted_once(drawn, review_id, moment)


def assert_submitted_once(office: ScoredOffice, review_id: int, moment: datetime) -> None:
    with office.reading() as session:
        assert session.get_one(Review, review_id).submitted_at == moment
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "submit_review")).all()
        assert [entry.subject for entry in entries] == [f"review {review_id}"]


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Do things at the same moment, each in a thread; what was refused."""
    ready, refusals = Barrier(len(actions)), []

    def run(action: Callable[[], object]) -> None:
        ready.wait()
        try:
            action()
        except Refused as refusal:
            refusals.append(str(refusal))

    threads = [Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def test_two_submits_at_once_are_one(drawn_alone: ScoredOffice) -> None:
    drawn = drawn_alone
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, MET)
    assert at_once(*[lambda: do(drawn, submit_review, QUINN, review_id)] * 3) == []
    assert_submitted_once(drawn, review_id, drawn.now)


def test_an_answer_comes_in_before_the_score_or_not_at_all(drawn_alone: ScoredOffice) -> None:
    drawn = drawn_alone
    key = keys(drawn)[0]
    for sampled_id in drawn.to_do(QUINN, Route.CENTRAL)[:3]:
        review_id = start(drawn, QUINN, sampled_id)
        answer_all(drawn, QUINN, review_id, MET)
        refusals = at_once(
            lambda: do(drawn, submit_review, QUINN, review_id),  # noqa: B023
            lambda: answer(drawn, QUINN, review_id, key, NOT_MET, evidence="Late."),  # noqa: B023
        )
        with drawn.reading() as session:
            kept = session.get_one(Answer, (review_id, key)).response
        assert results(drawn, review_id)[0] == (kept == MET)
        assert len(refusals) == (kept == MET)


def test_two_who_open_a_case_at_once_do_not_both_get_it(drawn_alone: ScoredOffice) -> None:
    drawn = drawn_alone
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    (refusal,) = at_once(lambda: start(drawn, QUINN, sampled_id), lambda: start(drawn, ROBIN, sampled_id))
    assert f"is reviewing {reference} already. Take another case." in refusal
    with drawn.reading() as session:
        assert len(session.scalars(select(Review)).all()) == 1


def test_no_score_is_in_the_audit_trail(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    bad = {"response": NOT_MET, "evidence": "The letter says nothing of it."}
    answer_all(drawn, QUINN, review_id, MET, {keys(drawn)[0]: bad})
    do(drawn, submit_review, QUINN, review_id)
    with drawn.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(6)).all()
    assert [(entry.action, entry.details) for entry in last] == [
        ("submit_review", {}),
        *[("save_answer", {"requirement": key}) for key in reversed(keys(drawn))],
        ("start_review", {}),
        ("declare_involvement", {"is_involved": False}),
    ]


# What the answers say


def test_not_yet_due_is_for_open_cases(drawn: ScoredOffice) -> None:
    key = keys(drawn)[0]
    closed = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    with refused("“Not yet due” is for open cases only"):
        answer(drawn, QUINN, closed, key, NOT_YET_DUE)
    opened = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    answer_all(drawn, NORA, opened, MET, {key: {"response": NOT_YET_DUE, "evidence": ""}})
    do(drawn, submit_review, NORA, opened)
    assert results(drawn, opened) == (True, True, True, True)


def test_an_open_case_that_has_closed_since_is_reviewed_as_closed(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, NORA, Route.OPEN)
    tell(drawn, reference, state="closed", closed_on="2026-07-06")
    review_id = start(drawn, NORA, sampled_id)
    with refused("for open cases only"):
        answer(drawn, NORA, review_id, keys(drawn)[0], NOT_YET_DUE)


def test_a_file_that_was_not_found_counts_as_not_met_and_answers_are_kept(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    first = keys(drawn)[0]
    answer(drawn, QUINN, review_id, first, MET)
    do(drawn, set_file_found, QUINN, review_id, found=False)
    do(drawn, submit_review, QUINN, review_id)  # the other answers are not asked for
    assert results(drawn, review_id) == (False, False, False, False)
    assert could_be(drawn, review_id) == (True, True, True)
    with drawn.reading() as session:
        assert session.get_one(Answer, (review_id, first)).response == MET


def test_a_file_that_turns_up_is_scored_after_all(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, MET)
    for found in (False, True):
        do(drawn, set_file_found, QUINN, review_id, found=found)
    do(drawn, submit_review, QUINN, review_id)
    assert results(drawn, review_id) == (True, True, True, True)


def test_put_right_is_for_what_was_not_met_on_an_open_case(drawn: ScoredOffice) -> None:
    key = keys(drawn)[0]
    opened = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    closed = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])

    def is_put_right(name: str, review_id: int, response: ResponseValue | None) -> bool:
        answer(drawn, name, review_id, key, response, evidence="Seen.", put_right=True)
        with drawn.reading() as session:
            return session.get_one(Answer, (review_id, key)).put_right

    assert is_put_right(NORA, opened, NOT_MET)
    for response in (MET, NOT_APPLICABLE, CANNOT_ASSESS, NOT_YET_DUE, None):
        assert not is_put_right(NORA, opened, response)
    assert not is_put_right(QUINN, closed, NOT_MET)


def test_what_was_put_right_stays_found_and_counts_as_met_after_correction(drawn: ScoredOffice) -> None:
    outcome, method = keys(drawn, Kind.OUTCOME)[0], keys(drawn, Kind.METHOD)[0]
    found = {"response": NOT_MET, "evidence": "As the file shows."}
    both, one = drawn.to_do(NORA, Route.OPEN)[:2]
    both_id, one_id = start(drawn, NORA, both), start(drawn, NORA, one)
    answer_all(drawn, NORA, both_id, MET, {key: found | {"put_right": True} for key in (outcome, method)})
    answer_all(drawn, NORA, one_id, MET, {outcome: found | {"put_right": True}, method: found})
    for review_id in (both_id, one_id):
        do(drawn, submit_review, NORA, review_id)
    assert results(drawn, both_id) == (False, False, False, True)
    assert results(drawn, one_id) == (False, False, False, False)


def test_what_cannot_be_assessed_counts_as_not_met_with_the_alternative(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    unclear = {"response": CANNOT_ASSESS, "evidence": "The recording is gone."}
    answer_all(drawn, QUINN, review_id, MET, {keys(drawn, Kind.METHOD)[0]: unclear})
    do(drawn, submit_review, QUINN, review_id)
    assert results(drawn, review_id) == (True, False, False, False)
    assert could_be(drawn, review_id) == (True, True, True)


def test_a_case_to_which_nothing_applies_has_no_result(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    answer_all(drawn, QUINN, review_id, NOT_APPLICABLE)
    do(drawn, submit_review, QUINN, review_id)
    assert results(drawn, review_id) == (None, None, None, None)
    assert could_be(drawn, review_id) == (None, None, None)


# Who may review what


def test_a_case_is_opened_by_those_of_its_route(drawn: ScoredOffice) -> None:
    central, _ = first_case(drawn, QUINN, Route.CENTRAL)
    open_case, _ = first_case(drawn, NORA, Route.OPEN)
    for name in (NORA, HEAD, "Thea Theme", "Ada Min"):
        with refused("it is for a QA reviewer"):
            start(drawn, name, central)
    for name in (SUE, QUINN, HEAD, "Ada Min"):
        with refused("cannot draw or review open cases of North"):
            start(drawn, name, open_case)


def test_whoever_handles_or_handled_a_case_may_not_review_it(drawn: ScoredOffice) -> None:
    # The case passes from its caseworker to Quinn and on to Nora: all three have handled it.
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    for name in (QUINN, NORA):
        tell(drawn, reference, state="closed", caseworker=name)
        with refused(f"You cannot review {reference}: you handled this case. Leave it to a colleague."):
            start(drawn, QUINN, sampled_id)
        assert sampled_id not in drawn.to_do(QUINN, Route.CENTRAL)
        with refused("you handled this case"):
            drawn.ask(case_to_declare, QUINN, sampled_id)
    assert sampled_id in drawn.to_do(ROBIN, Route.CENTRAL)


def test_a_manager_who_handled_a_drawn_case_may_not_review_it(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, NORA, Route.OPEN)
    for name in (NORA, "North 0"):
        tell(drawn, reference, caseworker=name)
        with refused("you handled this case"):
            start(drawn, NORA, sampled_id)
    assert sampled_id not in drawn.to_do(NORA, Route.OPEN)


@pytest.mark.parametrize("field", ["decided_by", "approved_by"])
def test_whoever_decided_or_approved_may_not_review_for_qa(drawn: ScoredOffice, field: str) -> None:
    word = field.removesuffix("_by")
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    for name in (QUINN, ROBIN):  # the second extract names another: the first stays barred
        tell(drawn, reference, state="closed", **{field: name})
        with refused(f"you {word} this case"):
            start(drawn, QUINN, sampled_id)
        assert sampled_id not in drawn.to_do(QUINN, Route.CENTRAL)


def test_a_review_cannot_be_submitted_by_who_turns_out_to_have_decided(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    review_id = start(drawn, QUINN, sampled_id)
    answer_all(drawn, QUINN, review_id, MET)
    tell(drawn, reference, state="closed", decided_by=QUINN)
    with refused("you decided this case"):
        do(drawn, submit_review, QUINN, review_id)


def test_on_open_sampling_a_decision_bars_and_an_approval_is_flagged(drawn: ScoredOffice) -> None:
    (approved, first), (decided, second), (neither, _) = [
        (sampled_id, reference_of(drawn, sampled_id)) for sampled_id in drawn.to_do(NORA, Route.OPEN)[:3]
    ]
    tell(drawn, first, approved_by=NORA)
    tell(drawn, second, decided_by=NORA)
    with refused("you decided this case"):
        start(drawn, NORA, decided)
    flags = [
        drawn.ask(review_sheet, NORA, start(drawn, NORA, sampled_id)).approved_by_reviewer
        for sampled_id in (approved, neither)
    ]
    assert flags == [True, False]


def reference_of(office: ScoredOffice, sampled_id: int) -> str:
    with office.reading() as session:
        return session.get_one(SampledCase, sampled_id).frame_case.reference


def test_involvement_is_declared_before_a_case_is_opened(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)

    def declare(is_involved: bool, note: str = "") -> None:
        with drawn.writing() as session:
            case = session.get_one(SampledCase, sampled_id).frame_case.case
            declare_involvement(
                session, case, is_involved=is_involved, note=note, by=drawn.person(session, QUINN)
            )

    def open_it() -> None:
        with drawn.writing() as session:
            start_review(session, session.get_one(SampledCase, sampled_id), by=drawn.person(session, QUINN))

    with refused(f"Say first whether you were involved in {reference}"):
        open_it()
    with refused("Say in a few words how"):
        declare(True, "  ")
    declare(True, " I advised on it. ")
    with refused("you declared an involvement in this case"):
        open_it()
    assert sampled_id not in drawn.to_do(QUINN, Route.CENTRAL)
    with drawn.reading() as session:
        assert session.scalars(select(Declaration.note)).one() == "I advised on it."
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "declare_involvement")).all()
        assert [entry.details for entry in told] == [
            {"is_involved": True}
        ]  # what was said is not for the trail
    with refused(f"You have declared an involvement in {reference}. That stays on record."):
        declare(False)


def test_a_colleague_goes_on_with_the_draft_of_somebody_who_has_left(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    review_id = drawn.score(QUINN, sampled_id, submit=False)
    assert sampled_id not in drawn.to_do(ROBIN, Route.CENTRAL)
    with drawn.writing() as session:
        drawn.person(session, QUINN).disabled_on = drawn.now.date()
        record(session, "set_up", "test", by=None)
    assert sampled_id in drawn.to_do(ROBIN, Route.CENTRAL)
    with drawn.writing() as session:
        robin, sampled = drawn.person(session, ROBIN), session.get_one(SampledCase, sampled_id)
        with refused(f"Say first whether you were involved in {reference}"):
            start_review(session, sampled, by=robin)
        declare_involvement(session, sampled.frame_case.case, is_involved=False, by=robin)
        taken = start_review(session, sampled, by=robin)
        assert (taken.id, taken.reviewer_id) == (review_id, robin.id)
        assert len(taken.answers) == 3  # what was typed is kept
        close_entries(session)
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "take_over_review")).one()
        submit_review(session, taken, by=robin)


def test_a_case_a_colleague_has_is_not_opened_twice(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, QUINN, Route.CENTRAL)
    review_id = start(drawn, QUINN, sampled_id)
    with refused(f"Quinn Qua is reviewing {reference} already"):
        start(drawn, ROBIN, sampled_id)
    assert sampled_id not in drawn.to_do(ROBIN, Route.CENTRAL)
    assert drawn.ask(work_of, QUINN)[0].review_id == review_id


def test_a_deputy_reviews_while_the_manager_is_away_and_no_longer(drawn: ScoredOffice) -> None:
    day = drawn.now.date()
    with drawn.writing() as session:
        nora, otto = drawn.person(session, NORA), drawn.person(session, "Otto Owner")
        record_absence(session, nora, starts_on=day, ends_on=day + timedelta(days=1), deputy=otto, by=nora)
    first, second, third, _ = drawn.to_do("Otto Owner", Route.OPEN)
    drawn.score("Otto Owner", first)
    drawn.later(1)
    unfinished = drawn.score("Otto Owner", second, submit=False)
    drawn.later(1)
    assert drawn.to_do("Otto Owner", Route.OPEN) == []
    with refused("cannot draw or review open cases of North"):
        start(drawn, "Otto Owner", third)
    with refused("cannot draw or review open cases of North"):
        do(drawn, submit_review, "Otto Owner", unfinished)


def test_a_leaver_does_not_review(drawn: ScoredOffice) -> None:
    sampled_id, _ = first_case(drawn, QUINN, Route.CENTRAL)
    with drawn.writing() as session:
        disable_person(session, drawn.person(session, QUINN), by=drawn.person(session, "Ada Min"))
    with refused("Quinn Qua cannot do this"):
        start(drawn, QUINN, sampled_id)


# Scored a second time


def test_a_second_scorer_gets_the_managers_card_and_moment_and_cannot_move_it(drawn: ScoredOffice) -> None:
    sampled_id, reference = first_case(drawn, NORA, Route.OPEN)
    drawn.score(NORA, sampled_id)
    read_at = drawn.now
    drawn.later(2)
    drawn.draw_second()
    publish_changed_card(drawn)
    tell(drawn, reference, state="closed", closed_on="2026-07-08")
    (second,) = drawn.to_do(QUINN, Route.SECOND)
    review_id = start(drawn, QUINN, second)
    sheet = drawn.ask(review_sheet, QUINN, review_id)
    assert (sheet.file_read_at, sheet.scorecard.version, sheet.is_open_case) == (read_at, 1, True)
    assert sheet.is_second
    with refused("as its file stood at a fixed moment, which cannot be moved"):
        do(drawn, read_file_again, QUINN, review_id)
    answer(drawn, QUINN, review_id, keys(drawn)[0], NOT_YET_DUE)  # it was open when the manager read it
    # Another open case that is started now gets the new card, read now.
    other = start(drawn, NORA, first_case(drawn, NORA, Route.OPEN)[0])
    sheet = drawn.ask(review_sheet, NORA, other)
    assert (sheet.scorecard.version, sheet.file_read_at) == (2, drawn.now)
    drawn.later(1)
    do(drawn, read_file_again, NORA, other)
    assert drawn.ask(review_sheet, NORA, other).file_read_at == drawn.now


def test_who_gave_the_first_score_or_approved_does_not_give_the_second(drawn: ScoredOffice) -> None:
    drawn.give_role(NORA, Role.QA_REVIEWER)
    (first, _), (second, reference) = [
        (sampled_id, reference_of(drawn, sampled_id)) for sampled_id in drawn.to_do(NORA, Route.OPEN)[:2]
    ]
    tell(drawn, reference, approved_by=QUINN)
    for sampled_id in (first, second):
        drawn.score(NORA, sampled_id)
    drawn.draw_second()
    assert drawn.to_do(NORA, Route.SECOND) == []
    to_score = drawn.to_do(ROBIN, Route.SECOND)
    assert len(to_score) == 2
    for sampled_id in to_score:
        with refused("you scored this case before"):
            start(drawn, NORA, sampled_id)
    (barred,) = set(to_score) - set(drawn.to_do(QUINN, Route.SECOND))
    assert reference_of(drawn, barred) == reference
    with refused("you approved this case"):
        start(drawn, QUINN, barred)


@pytest.mark.parametrize("submit", [True, False])
def test_nobody_scores_the_same_case_twice_unless_the_first_does_not_count(
    drawn: ScoredOffice, submit: bool
) -> None:
    theme = drawn.draw_closed([10], route=Route.THEMATIC, name="Theme")
    lines: dict[str, dict[Route, int]] = {}
    for item in drawn.ask(work_of, QUINN):
        if item.route in (Route.CENTRAL, Route.THEMATIC):
            lines.setdefault(item.reference, {})[item.route] = item.sampled_case_id
    both = [line for line in lines.values() if len(line) == 2]
    for line, done, other in (
        (both[0], Route.CENTRAL, Route.THEMATIC),
        (both[1], Route.THEMATIC, Route.CENTRAL),
    ):
        drawn.score(QUINN, line[done], submit=submit)
        assert line[other] not in drawn.to_do(QUINN, other)
        with refused("you scored this case before"):
            start(drawn, QUINN, line[other])
        assert line[other] in drawn.to_do(ROBIN, other)
    drawn.void(theme)
    assert both[1][Route.CENTRAL] in drawn.to_do(QUINN, Route.CENTRAL)
    drawn.score(QUINN, both[1][Route.CENTRAL])


def test_a_manager_may_sample_an_open_case_again(drawn: ScoredOffice) -> None:
    of = {reference_of(drawn, one): one for one in drawn.to_do(NORA, Route.OPEN)}
    for sampled_id in of.values():
        drawn.score(NORA, sampled_id)
    drawn.later(31)
    drawn.set_standard("monthly_quota", "16")  # all of them, so that no case is left out by chance
    drawn.draw_open("North", NORA)
    again = [one for one in drawn.to_do(NORA, Route.OPEN) if reference_of(drawn, one) in of]
    assert again
    drawn.score(NORA, again[0])


# Scorecards


def card_text(*, version: int = 1, key: str = "short-card", title: str = "Short card") -> str:
    text = CARD.replace("version = 1", f"version = {version}", 1).replace("Short card", title, 1)
    return text.replace('"short-card"', f'"{key}"', 1)


def publish_changed_card(office: ScoredOffice) -> None:
    with office.writing() as session:
        publish_scorecard(session, card_text(version=2), by=office.person(session, "Ada Min"))


def test_a_published_version_is_never_changed(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada, before = drawn.person(session, "Ada Min"), session.scalars(select(ScorecardVersion)).one()
        kept = (before.definition, before.sha256)
        changed = card_text(title="Another title")
        with refused("version 1 is published already. Give the changed card a new number"):
            publish_scorecard(session, changed, by=ada)
        with refused("an administrator or the Head"):
            publish_scorecard(session, card_text(version=2), by=drawn.person(session, QUINN))
    with drawn.reading() as session:
        after = session.scalars(select(ScorecardVersion)).one()
        assert (after.definition, after.sha256) == kept


def test_a_draft_keeps_the_card_it_was_started_with(drawn: ScoredOffice) -> None:
    review_id = start(drawn, QUINN, first_case(drawn, QUINN, Route.CENTRAL)[0])
    publish_changed_card(drawn)
    assert drawn.ask(review_sheet, QUINN, review_id).scorecard.version == 1


def test_the_scorecard_goes_by_type_and_date(drawn: ScoredOffice) -> None:
    july = JULY[0]
    with drawn.writing() as session:
        ada = drawn.person(session, "Ada Min")
        for key in ("service", "theme"):
            publish_scorecard(session, card_text(key=key), by=ada)
        use_scorecard(session, "Service", scorecard_key="service", starts_on=july, by=ada)
        use_scorecard(session, None, scorecard_key="theme", starts_on=date(2026, 8, 1), by=ada)
        with refused("No scorecard nowhere is published"):
            use_scorecard(session, None, scorecard_key="nowhere", starts_on=july, by=ada)
        with refused("an administrator or the Head"):
            use_scorecard(
                session, None, scorecard_key="theme", starts_on=july, by=drawn.person(session, QUINN)
            )

        def serves(case_type: str | None, day: date) -> str:
            return scorecard_for(session, case_type, day).key

        june, august = date(2026, 6, 30), date(2026, 8, 1)
        general = "short-card"
        assert [serves("Service", day) for day in (june, july, august)] == [general, "service", "service"]
        assert [serves("Other", day) for day in (june, july, august)] == [general, general, "theme"]
        assert [serves(None, day) for day in (july, august)] == [general, "theme"]
        with refused("No scorecard serves cases of the type Service"):
            scorecard_for(session, "Service", START - timedelta(days=1))
        with refused("No scorecard serves cases without a type"):
            scorecard_for(session, None, START - timedelta(days=1))
        # Chosen again for the same day: the last word counts, and of a card the newest version.
        use_scorecard(session, "Service", scorecard_key="theme", starts_on=july, by=ada)
        publish_scorecard(session, card_text(key="theme", version=9), by=ada)
        publish_scorecard(session, card_text(key="theme", version=10), by=ada)
        assert scorecard_for(session, "Service", july).version == 10
        assert serves("Service", july) == "theme"


def test_the_case_type_chooses_the_card_of_a_review(drawn: ScoredOffice) -> None:
    with drawn.writing() as session:
        ada = drawn.person(session, "Ada Min")
        publish_scorecard(session, card_text(key="service"), by=ada)
        use_scorecard(session, "Service", scorecard_key="service", starts_on=START, by=ada)
    typed, plain = drawn.to_do(QUINN, Route.CENTRAL)[:2]
    tell(drawn, reference_of(drawn, typed), state="closed", case_type="Service")
    cards = [
        drawn.ask(review_sheet, QUINN, start(drawn, QUINN, sampled_id)).scorecard.key
        for sampled_id in (typed, plain)
    ]
    assert cards == ["service", "short-card"]
