"""Stepping in on an open case: what, who, by when, and what came of it."""

from datetime import date, timedelta

import pytest
from scored_office import ScoredOffice

from sampling.records.audit_trail import record
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.interventions import (
    InterventionRow,
    finish_intervention,
    intervene,
    interventions,
    may_intervene,
    owners_for,
    put_right,
)
from scorecards.requirements import Kind
from scorecards.tables import Review
from scorecards.tables_intervention import Intervention

NORA, SUE, QUINN, HEAD, OTTO = "Nora North", "Sue South", "Quinn Qua", "Hedda Head", "Otto Owner"
THE_REMEDY = "Write again and name the remedy."


@pytest.fixture
def office(drawn: ScoredOffice) -> ScoredOffice:
    with drawn.writing() as session:
        for name in (OTTO, QUINN, SUE):
            drawn.person(session, name).email = f"{name[:4].strip().lower()}@example.org"
        record(session, "set_up", "test", by=None)
    return drawn


def review_one(office: ScoredOffice, *, submit: bool = True) -> int:
    return office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME, submit=submit)


def ask(
    office: ScoredOffice,
    review_id: int,
    *,
    by: str = NORA,
    owner: str = OTTO,
    what: str = THE_REMEDY,
    kind: Kind = Kind.OUTCOME,
    days: int = 2,
) -> int:
    with office.writing() as session:
        return intervene(
            session,
            session.get_one(Review, review_id),
            requirement_key=office.requirement(session, kind),
            what=what,
            owner=office.person(session, owner),
            due_on=office.now.date() + timedelta(days=days),
            by=office.person(session, by),
        ).id


def finish(office: ScoredOffice, name: str, *, result: str = "Sent today.", day: date | None = None) -> None:
    with office.writing() as session:
        finish_intervention(
            session,
            session.get_one(Intervention, 1),
            result=result,
            done_on=day or office.now.date(),
            by=office.person(session, name),
        )


def shown(office: ScoredOffice, name: str) -> list[InterventionRow]:
    return office.ask(interventions, name)


@pytest.mark.parametrize("submit", [False, True])
def test_what_is_asked_for_is_on_its_owners_list_until_the_result_is_in(
    office: ScoredOffice, submit: bool
) -> None:
    review_id = review_one(office, submit=submit)
    ask(office, review_id)
    (row,) = shown(office, OTTO)
    assert (row.what, row.owner, row.made_by, row.due_on, row.days_overdue, row.may_finish) == (
        THE_REMEDY,
        OTTO,
        NORA,
        date(2026, 7, 8),
        0,
        True,
    )
    assert [len(shown(office, name)) for name in (NORA, HEAD, SUE, QUINN)] == [1, int(submit), 0, 0]
    office.later(5)
    assert [shown(office, name)[0].days_overdue for name in (OTTO, NORA)] == [3, 3]
    with pytest.raises(Refused, match="records the result of this"):
        finish(office, SUE)
    with pytest.raises(Refused, match="what came of it"):
        finish(office, OTTO, result=" ")
    for day in (date(2026, 7, 5), date(2026, 7, 12)):
        with pytest.raises(Refused, match="cannot be done before"):
            finish(office, OTTO, day=day)
    finish(office, OTTO, day=date(2026, 7, 9))
    with pytest.raises(Refused, match="recorded already"):
        finish(office, NORA)
    (row,) = shown(office, NORA)
    assert (row.result, row.done_on, row.days_overdue, row.may_finish) == (
        "Sent today.",
        date(2026, 7, 9),
        0,
        False,
    )


def test_what_was_put_right_is_recorded_beside_what_was_found(office: ScoredOffice) -> None:
    review_id = review_one(office)
    with office.writing() as session:
        review, nora = session.get_one(Review, review_id), office.person(session, NORA)
        key = office.requirement(session, Kind.OUTCOME)
        with pytest.raises(Refused, match="Say why the review is changed"):
            put_right(session, review, requirement_keys=[key], reason="", by=nora)
        put_right(session, review, requirement_keys=[key], reason="The letter was sent again.", by=nora)
        assert (review.overall_met, review.overall_after_correction) == (False, True)
        with pytest.raises(Refused, match="left to put right"):
            put_right(session, review, requirement_keys=[key], reason="Again.", by=nora)
    draft_id = review_one(office, submit=False)
    with office.writing() as session:
        draft, nora = session.get_one(Review, draft_id), office.person(session, NORA)
        with pytest.raises(Refused, match="still a draft"):
            put_right(session, draft, requirement_keys=[key], reason="So.", by=nora)


def test_what_cannot_be_asked_for_is_refused(office: ScoredOffice) -> None:
    review_id = review_one(office)
    for words, given in (
        ("is not answered “not met”", {"kind": Kind.METHOD}),
        ("Say what is to be put right", {"what": " "}),
        ("fit. Shorten it", {"what": "x" * 10_001}),
        ("is past", {"days": -1}),
        ("must not know of this score", {"owner": QUINN}),
        ("steps in on it", {"by": SUE}),
        ("steps in on it", {"by": HEAD}),
    ):
        with pytest.raises(Refused, match=words):
            ask(office, review_id, **given)  # type: ignore[arg-type]
    closed = office.score(QUINN, office.to_do(QUINN, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    with pytest.raises(Refused, match="Only a manager's or a thematic review"):
        ask(office, closed, by=QUINN)
    with office.writing() as session:
        review, nora = session.get_one(Review, review_id), office.person(session, NORA)
        assert may_intervene(session, review, nora)
        sampled = session.get_one(SampledCase, review.sampled_case_id)
        sampled.frame_case.case.state = "closed"
        record(session, "set_up", "test", by=None)
        assert not may_intervene(session, review, nora)
    with pytest.raises(Refused, match="too late to intervene"):
        ask(office, review_id)


def test_nobody_who_reviews_for_qa_owns_or_sees_an_intervention(office: ScoredOffice) -> None:
    review_id = review_one(office)
    with office.reading() as session:
        owners = owners_for(session, session.get_one(Review, review_id))
    assert [name for name in owners.values() if name in (QUINN, OTTO, SUE)] == [OTTO, SUE]
    assert [name for name in owners.values() if "tell them yourself" in name]  # the caseworker
    ask(office, review_id)
    office.give_role(OTTO, Role.QA_REVIEWER)  # since it was asked of them
    assert shown(office, OTTO) == []
    with pytest.raises(Refused, match="records the result of this"):
        finish(office, OTTO)
    for sampled_id in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled_id, not_met=Kind.OUTCOME)
    office.draw_second()
    for sampled_id in office.to_do(QUINN, Route.SECOND):
        office.score(QUINN, sampled_id)
    (row,) = shown(office, OTTO)
    assert not row.may_finish
