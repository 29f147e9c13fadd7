"""The books as they were: whatever happens later, a past moment reads as it did then. Both databases."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from scored_office import QUARTER, ScoredOffice
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from learning_register.action_queries import follow_up_actions
from learning_register.books_then import BOOKS
from learning_register.following_up import move_target_date
from learning_register.learning_reported import points_reported
from learning_register.looking_back import looking_back
from learning_register.period_figures import period_figures
from learning_register.progressing import finish_action
from qa_app.migrating import TABLES
from sampling.queries import samples
from sampling.records.appointments import end_role
from sampling.records.cases import Case
from sampling.records.database import UtcDateTime, now
from sampling.records.people import Person, Role, RoleHeld
from sampling.refused import Refused
from sampling.register_queries import whole_register
from sampling.tables import Route
from scorecards.cases_as_at import cases_as_at
from scorecards.completion import completion
from scorecards.requirements import Kind
from scorecards.results import result_samples, sample_result
from scorecards.review_counts import CaseGroup, answer_counts, review_counts
from scorecards.submitting import correct_review
from scorecards.tables import Review

HEAD, NORA, QUINN, OWNER = "Hedda Head", "Nora North", "Quinn Qua", "Otto Owner"
# What is kept without a view: sign-in, mail and the audit trail are in no report, nor are drafts of cards.
NOT_IN_REPORTS = {
    "audit_entry",
    "audited_sample",
    "calibration_answer",
    "disposal",
    "failed_sign_in",
    "known_account",
    "mail",
    "report",
    "retention_hold",
    "scorecard_version",
    "sign_in_session",
    "unfinished",
}


def test_every_table_that_knows_when_looks_back() -> None:
    dated = {
        table.name
        for table in TABLES.tables.values()
        if any(isinstance(column.type, UtcDateTime) for column in table.columns)
    }
    assert dated - NOT_IN_REPORTS == dated & {table.__tablename__ for table in BOOKS}


def everything(session: Session, person: Person) -> dict[str, Any]:
    """What the read models of reports say, as plain values."""
    frames = [review_counts(session, group, person) for group in (CaseGroup.CLOSED, CaseGroup.OPEN)]
    frames += [
        answer_counts(session, group, person, scorecard="short-card", months=(0, 99_999))
        for group in (CaseGroup.CLOSED, CaseGroup.OPEN)
    ]
    return {
        "counts": [sorted(frame.to_dict("records"), key=str) for frame in frames],
        "samples": samples(session, person),
        "results": [sample_result(session, draw, person) for draw, _ in result_samples(session, person)],
        "completion": completion(session, person, month=date(2026, 7, 1)),
        "figures": period_figures(session, person, first=QUARTER[0], last=date(2026, 7, 31)),
        "points": points_reported(session, person, first=date(2026, 7, 1), last=date(2026, 12, 31)),
        "actions": follow_up_actions(session, person),
        "cases": cases_as_at(session, now(session)).frame.astype(str).to_dict("records"),
        "told": session.execute(select(Case.reference, Case.state, Case.closed_on).order_by(Case.id)).all(),
        "register": whole_register(session, person)[1],
    }


def test_the_past_reads_as_it_did_whatever_came_later(engine: Engine) -> None:
    office = ScoredOffice(engine)
    read: list[tuple[datetime, dict[str, Any]]] = []

    def note() -> None:
        read.append((office.now, office.ask(everything, HEAD)))
        office.later(1)

    note()
    office.draw_open("North", NORA)
    closed = office.draw_closed([8])
    note()
    mine = office.to_do(NORA, Route.OPEN)
    first = office.score(NORA, mine[0], not_met=Kind.OUTCOME)
    theirs = [office.score(QUINN, sampled) for sampled in office.to_do(QUINN, Route.CENTRAL)[:3]]
    point = office.learn(NORA, first)
    action = office.act_on(NORA, point)
    note()
    with office.writing() as session:
        review = session.get_one(Review, theirs[0])
        change = {"answered": {"response": "cannot_assess", "evidence": "The page is missing."}}
        correct_review(session, review, changes=change, reason="Read again.", by=review.reviewer)
    office.change(move_target_date, HEAD, action, target_date=date(2026, 8, 20), reason="Leave.")
    office.draw_late(closed, closed=4)
    note()
    office.change(finish_action, OWNER, action, note="Gone through.")
    office.score(NORA, mine[1])
    office.draw_second()
    note()
    office.void(closed)
    _import_changes(office)
    note()

    for moment, then in read:
        assert office.ask(_at, HEAD, moment) == then
    office.now = read[-1][0]
    assert office.ask(everything, HEAD) == read[-1][1]  # and today's books are untouched by all of it


def _import_changes(office: ScoredOffice) -> None:
    rows = ["O-000,Closed,North,North 0,01/06/2026,09/07/2026", "O-001,Open,North,North 1,01/06/2026,"]
    with office.writing() as session:
        office._take_in(session, ["Case,State,Team,Owner,Received,Closed", *rows])


def _at(session: Session, moment: datetime, person: Person) -> dict[str, Any]:
    with looking_back(session, moment, by=person) as past:
        return everything(past, person)


def test_who_looks_back_has_the_roles_of_today(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.draw_closed([4])
    then = office.now
    office.later(30)
    ask: Callable[..., Any] = office.ask
    assert len(ask(_samples_at, HEAD, then)) == 1
    office.give_role(OWNER, Role.HEAD)
    assert len(ask(_samples_at, OWNER, then)) == 1
    with office.writing() as session:
        held = session.scalars(
            select(RoleHeld).join(Person, Person.id == RoleHeld.person_id).where(Person.name == HEAD)
        ).one()
        end_role(session, held, ends_on=office.now.date(), by=office.person(session, "Ada Min"))
    office.later(2)
    assert ask(_samples_at, HEAD, then) == []
    with pytest.raises(Refused, match="day to come"):
        ask(_samples_at, OWNER, office.now.replace(year=2030))


def _samples_at(session: Session, moment: datetime, person: Person) -> list[Any]:
    with looking_back(session, moment, by=person) as past:
        return samples(past, person)
