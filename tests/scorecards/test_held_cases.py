"""The gate: what is held back, who is told, who lets it go, and what went out all the same."""

from datetime import date

import pytest
from scored_office import JULY, ScoredOffice
from sqlalchemy import select

from sampling.records.appointments import record_absence
from sampling.records.audit_trail import AuditEntry, record
from sampling.records.cases import CaseState
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.approvals import OTHER_DECISION, add_approver, set_approval_level
from scorecards.going_out import Standing
from scorecards.held_cases import (
    HeldDetail,
    HeldRow,
    choose_decision,
    held_cases,
    held_detail,
    release_case,
    tell_manager,
)
from scorecards.interventions import put_outcomes_right
from scorecards.open_results import open_results
from scorecards.requirements import Kind, ResponseValue
from scorecards.submitting import correct_review
from scorecards.tables import Review, Revision, RevisionCause
from scorecards.tables_intervention import HeldCase, Level

NORA, SUE, QUINN, HEAD, OTTO = "Nora North", "Sue South", "Quinn Qua", "Hedda Head", "Otto Owner"
NOT_MET, CANNOT_ASSESS = ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS


def hold_one(office: ScoredOffice, **given: object) -> tuple[int, int]:
    """Nora finds an outcome requirement of her next case not met; the review and the sampled case."""
    sampled_id = office.to_do(NORA, Route.OPEN)[0]
    return office.score(NORA, sampled_id, **{"not_met": Kind.OUTCOME, **given}), sampled_id  # type: ignore[arg-type]


def held(office: ScoredOffice, name: str) -> list[HeldRow]:
    return office.ask(held_cases, name)


def detail(office: ScoredOffice, name: str, held_id: int = 1) -> HeldDetail:
    return office.ask(lambda session, person: held_detail(session, held_id, person), name)


def release(
    office: ScoredOffice, name: str, *, reason: str = "Agreed with the service user.", held_id: int = 1
) -> None:
    with office.writing() as session:
        by = office.person(session, name)
        release_case(session, session.get_one(HeldCase, held_id), reason=reason, by=by)


def choose(office: ScoredOffice, name: str, decision: str) -> None:
    with office.writing() as session:
        by = office.person(session, name)
        choose_decision(session, session.get_one(HeldCase, 1), decision=decision, by=by)


def correct(office: ScoredOffice, review_id: int, response: ResponseValue) -> None:
    with office.writing() as session:
        key = office.requirement(session, Kind.OUTCOME)
        correct_review(
            session,
            session.get_one(Review, review_id),
            changes={key: {"response": response, "evidence": "Page 4."}},
            reason="I had missed a page.",
            by=office.person(session, NORA),
        )


def tell(office: ScoredOffice, sampled_id: int, state: str, closed: str = "") -> None:
    """A newer extract that says something of one case."""
    with office.writing() as session:
        case = session.get_one(SampledCase, sampled_id).frame_case.case
        line = f"{case.reference},{state},North,North 0,01/06/2026,{closed}"
        office._take_in(session, ["Case,State,Team,Owner,Received,Closed", line])


def set_up_levels(office: ScoredOffice) -> None:
    """Quashing is for the deputies, of whom Otto is one; an answer is for the line manager."""
    with office.writing() as session:
        ada, day = office.person(session, "Ada Min"), office.now.date()
        for decision, level in (("Quash a report", Level.DEPUTY), ("Answer", Level.LINE_MANAGER)):
            set_approval_level(session, decision=decision, level=level, reference="69", starts_on=day, by=ada)
        otto = office.person(session, OTTO)
        otto.email = "otto@example.org"
        add_approver(session, otto, level=Level.DEPUTY, starts_on=day, ends_on=None, by=ada)


@pytest.mark.parametrize(
    ("given", "is_held"),
    [
        ({}, True),
        ({"response": CANNOT_ASSESS}, True),
        ({"file_found": False}, True),
        ({"put_right": True}, False),
        ({"not_met": Kind.METHOD}, False),
        ({"not_met": None, "everything": ResponseValue.NOT_APPLICABLE}, False),
    ],
)
def test_an_open_case_is_held_while_an_outcome_requirement_is_not_met(
    drawn: ScoredOffice, given: dict[str, object], is_held: bool
) -> None:
    review_id, _ = hold_one(drawn, **given)
    rows = held(drawn, NORA)
    assert [row.review_id for row in rows] == ([review_id] if is_held else [])
    assert all(row.standing == Standing.WAITING and row.is_own_team for row in rows)


def test_nothing_else_is_held_back(drawn: ScoredOffice) -> None:
    drawn.score(QUINN, drawn.to_do(QUINN, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    hold_one(drawn, submit=False)
    sampled_id = drawn.to_do(NORA, Route.OPEN)[1]
    drawn.later(6)
    tell(drawn, sampled_id, "Closed", "05/07/2026")
    drawn.score(NORA, sampled_id, not_met=Kind.OUTCOME)
    assert held(drawn, HEAD) == []


def test_the_manager_is_told_at_once_with_what_and_since_when(drawn: ScoredOffice) -> None:
    hold_one(drawn)
    (row,) = held(drawn, NORA)
    assert (row.decision, row.required_level, row.days_held, row.told_at) == (
        OTHER_DECISION,
        Level.HEAD,
        0,
        None,
    )
    found = detail(drawn, NORA)
    assert [(finding.requirement, finding.response, finding.evidence) for finding in found.findings] == [
        ("Every point was answered.", NOT_MET, "As the file shows.")
    ]
    assert (found.releasers, found.answers_for_it, found.may_open_review) == ((HEAD,), True, True)
    for name, new in ((SUE, 0), (HEAD, 0), (NORA, 1), (NORA, 0)):
        with drawn.writing() as session:
            assert tell_manager(session, [row.held_id], by=drawn.person(session, name)) == new
    assert held(drawn, HEAD)[0].told_at == drawn.now
    assert held(drawn, SUE) == []
    with pytest.raises(Refused, match="not for you to see"):
        detail(drawn, SUE)


def test_a_release_needs_the_level_a_reason_and_somebody_without_a_hand_in_the_case(
    drawn: ScoredOffice,
) -> None:
    set_up_levels(drawn)
    hold_one(drawn)
    with pytest.raises(Refused, match="You reviewed this case"):
        release(drawn, NORA)
    assert detail(drawn, OTTO).not_released_because is None  # a deputy's level is above the Head's
    choose(drawn, NORA, "Quash a report")
    assert detail(drawn, NORA).releasers == (OTTO,)
    with pytest.raises(Refused, match="needs a higher level than yours"):
        release(drawn, HEAD)
    with pytest.raises(Refused, match="Say why the case may go out"):
        release(drawn, OTTO, reason=" ")
    with pytest.raises(Refused, match="says what kind of decision it is"):
        choose(drawn, HEAD, "Answer")
    with pytest.raises(Refused, match="No level is set today"):
        choose(drawn, NORA, "Something new")
    with drawn.writing() as session:
        case = session.get_one(HeldCase, 1).case
        case.decided_by_id = drawn.person(session, OTTO).id
        record(session, "set_up", "test", by=None)
    with pytest.raises(Refused, match="handled or decided"):
        release(drawn, OTTO)
    with drawn.writing() as session:
        session.get_one(HeldCase, 1).case.decided_by_id = None
        record(session, "set_up", "test", by=None)
    release(drawn, OTTO)
    with pytest.raises(Refused, match="has been let go already"):
        release(drawn, OTTO)
    (row,) = held(drawn, NORA)
    assert (row.standing, row.let_go_by, row.let_go_reason) == (
        Standing.RELEASED,
        OTTO,
        "Agreed with the service user.",
    )
    with drawn.reading() as session:
        trail = select(AuditEntry.action).where(AuditEntry.subject == "held case 1").order_by(AuditEntry.id)
        assert list(session.scalars(trail)) == ["hold_case", "choose_decision", "release_case"]


def test_where_the_line_manager_approves_their_deputy_releases_what_they_reviewed(
    drawn: ScoredOffice,
) -> None:
    set_up_levels(drawn)
    hold_one(drawn)
    choose(drawn, HEAD, "Answer")
    with pytest.raises(Refused, match="not for you to see"):
        release(drawn, SUE)
    with drawn.writing() as session:
        nora, sue = drawn.person(session, NORA), drawn.person(session, SUE)
        record_absence(session, nora, starts_on=JULY[0], ends_on=JULY[1], deputy=sue, by=nora)
    release(drawn, SUE)
    assert held(drawn, NORA)[0].let_go_by == SUE


def test_only_who_reaches_the_present_level_lowers_it_and_somebody_else_releases(
    drawn: ScoredOffice,
) -> None:
    set_up_levels(drawn)
    hold_one(drawn)
    with pytest.raises(Refused, match="“Answer” needs a lower level than this case does now"):
        choose(drawn, NORA, "Answer")
    choose(drawn, HEAD, "Answer")
    assert "You lowered the level" in (detail(drawn, HEAD).not_released_because or "")
    with pytest.raises(Refused, match="You lowered the level that this case needs"):
        release(drawn, HEAD)
    assert detail(drawn, NORA).releasers == (OTTO,)
    choose(drawn, NORA, "Quash a report")  # raising is free
    with pytest.raises(Refused, match="says what kind of decision it is"):
        choose(drawn, HEAD, "Answer")
    assert not detail(drawn, HEAD).may_choose_decision
    choose(drawn, OTTO, OTHER_DECISION)
    assert detail(drawn, NORA).releasers == (HEAD,)
    release(drawn, HEAD)


def test_what_is_put_right_lets_the_case_go_and_what_was_found_stays(drawn: ScoredOffice) -> None:
    review_id, _ = hold_one(drawn)
    drawn.later(1)
    with drawn.writing() as session:
        review = session.get_one(Review, review_id)
        with pytest.raises(Refused, match="steps in on it"):
            put_outcomes_right(session, review, reason="Done.", by=drawn.person(session, HEAD))
        put_outcomes_right(session, review, reason="The letter says it now.", by=drawn.person(session, NORA))
    (row,) = held(drawn, HEAD)
    assert (row.standing, row.let_go_at, row.let_go_by, row.let_go_reason) == (
        Standing.PUT_RIGHT,
        drawn.now,
        NORA,
        "The letter says it now.",
    )
    with drawn.reading() as session:
        review = session.get_one(Review, review_id)
        assert (review.outcome_met, review.overall_after_correction) == (False, True)
        first, second = session.scalars(select(Revision).order_by(Revision.number)).all()
        assert (first.cause, second.cause) == (RevisionCause.SUBMITTED, RevisionCause.CORRECTED)
        key = drawn.requirement(session, Kind.OUTCOME)
        assert (first.answers[key]["put_right"], second.answers[key]["put_right"]) == (False, True)
        with pytest.raises(Refused, match="left to put right"):
            put_outcomes_right(session, review, reason="Again.", by=drawn.person(session, NORA))
    assert [result.team for result in drawn.ask(open_results, HEAD)] == ["North"]


def test_a_correction_lets_go_and_holds_again_but_never_takes_a_release_back(drawn: ScoredOffice) -> None:
    review_id, _ = hold_one(drawn)
    drawn.later(1)
    correct(drawn, review_id, ResponseValue.MET)
    assert held(drawn, NORA)[0].standing == Standing.PUT_RIGHT
    drawn.later(2)
    correct(drawn, review_id, NOT_MET)
    before, row = held(drawn, NORA)
    assert (row.standing, row.held_at) == (Standing.WAITING, drawn.now)
    release(drawn, HEAD, held_id=row.held_id)
    correct(drawn, review_id, ResponseValue.MET)
    correct(drawn, review_id, CANNOT_ASSESS)
    assert [row.standing for row in held(drawn, NORA)] == [before.standing, Standing.RELEASED]


def test_a_breach_stays_listed_when_the_case_is_put_right_and_held_anew(drawn: ScoredOffice) -> None:
    review_id, sampled_id = hold_one(drawn)
    drawn.later(8)
    tell(drawn, sampled_id, "Closed", "08/07/2026")
    drawn.later(1)
    tell(drawn, sampled_id, "Open")
    correct(drawn, review_id, ResponseValue.MET)
    drawn.later(8)
    tell(drawn, sampled_id, "Closed", "16/07/2026")  # put right by then: in order
    drawn.later(1)
    tell(drawn, sampled_id, "Open")
    correct(drawn, review_id, NOT_MET)
    first, second = held(drawn, HEAD)
    assert (first.standing, first.went_out, first.closed_on) == (Standing.BREACH, True, date(2026, 7, 8))
    assert (second.standing, second.went_out, second.held_at) == (Standing.WAITING, False, drawn.now)


def test_a_thematic_review_holds_a_case_that_is_still_open(drawn: ScoredOffice) -> None:
    drawn.draw_closed([20], route=Route.THEMATIC, name="Remedies", period=None)
    with drawn.reading() as session:
        is_open = {
            sampled_id: session.get_one(SampledCase, sampled_id).frame_case.case.state == CaseState.OPEN
            for sampled_id in drawn.to_do("Thea Theme", Route.THEMATIC)
        }
    for state in (True, False):
        sampled_id = next(key for key, value in is_open.items() if value is state)
        drawn.score("Thea Theme", sampled_id, not_met=Kind.OUTCOME)
    (row,) = held(drawn, "Thea Theme")
    manager = {"North": NORA, "South": SUE}[row.team or ""]
    (told,) = held(drawn, manager)
    assert (told.is_own_team, held(drawn, QUINN)) == (True, [])
    assert detail(drawn, "Thea Theme").not_released_because == (
        "You reviewed this case. Somebody else releases it, or you record that it was put right."
    )
    with drawn.writing() as session:
        review, thea = session.get_one(Review, row.review_id), drawn.person(session, "Thea Theme")
        put_outcomes_right(session, review, reason="The letter says it now.", by=thea)
    assert held(drawn, HEAD)[0].standing == Standing.PUT_RIGHT


@pytest.mark.parametrize(
    ("released", "state", "closed", "expected"),
    [
        (False, "Closed", "08/07/2026", Standing.BREACH),
        (False, "Closed", "", Standing.BREACH),
        (False, "Closed", "05/07/2026", Standing.TOO_LATE),
        (False, "Cancelled", "", Standing.GONE),
        (True, "Closed", "08/07/2026", Standing.RELEASED),
    ],
)
def test_a_held_case_that_an_import_shows_as_closed_is_a_breach_unless_it_was_let_go(
    drawn: ScoredOffice, released: bool, state: str, closed: str, expected: Standing
) -> None:
    review_id, sampled_id = hold_one(drawn)
    if released:
        release(drawn, HEAD)
    drawn.later(8)
    tell(drawn, sampled_id, state, closed)
    (row,) = held(drawn, HEAD)
    assert (row.standing, row.went_out) == (expected, expected == Standing.BREACH)
    assert drawn.ask(held_cases, NORA, waiting_only=True) == []  # type: ignore[arg-type]
    if expected == Standing.BREACH:
        with pytest.raises(Refused, match="is closed in the case system"):
            release(drawn, HEAD)
        with drawn.writing() as session:
            review, nora = session.get_one(Review, review_id), drawn.person(session, NORA)
            with pytest.raises(Refused, match="too late to intervene"):
                put_outcomes_right(session, review, reason="Late.", by=nora)


def test_a_case_opened_again_waits_again_and_its_breach_stays(drawn: ScoredOffice) -> None:
    _, sampled_id = hold_one(drawn)
    drawn.later(8)
    tell(drawn, sampled_id, "Closed", "08/07/2026")
    drawn.later(1)
    tell(drawn, sampled_id, "Open")
    (row,) = held(drawn, HEAD)
    assert (row.standing, row.went_out, row.closed_on) == (Standing.WAITING, True, date(2026, 7, 8))
    release(drawn, HEAD)
    assert held(drawn, HEAD)[0].standing == Standing.BREACH


def test_whoever_reviews_for_qa_knows_of_no_held_case_before_the_second_score(drawn: ScoredOffice) -> None:
    """And releases none: what they knew would tell the manager which cases were scored again."""
    set_up_levels(drawn)
    for name in (HEAD, OTTO):
        drawn.give_role(name, Role.QA_REVIEWER)
    for name in (NORA, SUE):
        for sampled_id in drawn.to_do(name, Route.OPEN):
            drawn.score(name, sampled_id, not_met=Kind.OUTCOME)
    blind = (HEAD, OTTO, QUINN, "Thea Theme")
    releasers = detail(drawn, NORA).releasers
    assert [held(drawn, name) for name in blind] == [[]] * 4
    drawn.draw_second()
    drawn.score(QUINN, drawn.to_do(QUINN, Route.SECOND)[0])
    assert [len(held(drawn, name)) for name in blind] == [1, 1, 0, 0]
    seen = held(drawn, HEAD)[0].held_id
    assert "reviews for QA" in (detail(drawn, HEAD, seen).not_released_because or "")
    assert detail(drawn, NORA).releasers == releasers == ()
    assert len(held(drawn, NORA)) == len(held(drawn, SUE)) == 4
