"""Disposing of records: what stays is counted as before, what goes is gone, what is held is left alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from kept import once
from scored_office import JULY, QUARTER, ScoredOffice
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError
from unguarded import unguarded

from learning_register.action_overview import actions_overview
from learning_register.authorising import decline_action
from learning_register.citations import LearningKind
from learning_register.cited_most import cited_most
from learning_register.period_figures import period_figures
from learning_register.raising import learn_by_hand
from learning_register.recording import Lesson
from learning_register.tables import LearningPoint, Source
from learning_register.tables_mail import Mail
from qa_app.copying import copy_office
from qa_app.office_queries import people
from qa_app.retention.disposing import disposal_log, dispose, sweep
from qa_app.retention.due import Due, due_records
from sampling.disposed_samples import disposed_samples
from sampling.receipt_queries import receipt_of
from sampling.records.audit_trail import AuditClearing, check_trail, record
from sampling.records.cases import Case
from sampling.records.database import connect
from sampling.records.holds import HoldScope, holds, place_hold, release_hold
from sampling.records.people import Person, Team
from sampling.records.retention import WORDS, RecordClass, hash_of_records
from sampling.records.settings import set_setting
from sampling.records.tables_retention import Disposal, RetentionHold, StandIn
from sampling.refused import Refused
from sampling.register_check import check_register
from sampling.tables import FrameCase, Route, Stratum
from scorecards.agreement_results import agreement_result
from scorecards.completion import team_months
from scorecards.feedback import record_comments, share_feedback
from scorecards.open_results import open_results
from scorecards.reductions import approve_reduction, request_reduction
from scorecards.requirements import Kind
from scorecards.results import sample_result
from scorecards.running_results import running_results
from scorecards.tables import Review, Revision
from scorecards.tables_agreement import (
    CalibrationCase,
    CalibrationMember,
    CalibrationScore,
    CalibrationSession,
)
from scorecards.team_results import team_results

HEAD, QA, NORA, ADA = "Hedda Head", "Quinn Qua", "Nora North", "Ada Min"
SAID: Final = "Sorry, I was at the dentist."
# What people wrote: none of it may be in the database once its class is disposed of.
WRITTEN: Final = {
    RecordClass.REVIEWS: ["As the file shows.", SAID, "On leave until the ninth."],
    RecordClass.LEARNING: ["The reasons given did not answer", "Go through the template", "Not for us."],
}


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    """An office whose closed sample, team's month and second scoring are all done, with learning."""

    def make() -> None:
        office = ScoredOffice(engine, closed=8, open_cases=8)
        with office.writing() as session:
            asked = request_reduction(
                session,
                session.scalars(select(Team).where(Team.name == "North")).one(),
                caseworker=office.person(session, "North 0"),
                month=JULY[0],
                required=1,
                reason="On leave until the ninth.",
                by=office.person(session, NORA),
            )
            approve_reduction(session, asked, by=office.person(session, HEAD))
        office.draw_open("North", NORA)
        for sampled_id in office.to_do(NORA, Route.OPEN):
            office.score(NORA, sampled_id, not_met=Kind.METHOD)
        office.draw_second()
        for sampled_id in office.to_do(QA, Route.SECOND):
            office.score(QA, sampled_id)
        office.draw_closed([4, 4])
        reviews = [
            office.score(QA, sampled_id, not_met=Kind.OUTCOME if place % 2 == 0 else None)
            for place, sampled_id in enumerate(office.to_do(QA, Route.CENTRAL))
        ]
        with office.writing() as session:
            review, by = session.get_one(Review, reviews[1]), office.person(session, HEAD)
            share_feedback(session, review, shared_on=office.now.date(), by=by)
            record_comments(session, review, comments=SAID, commented_on=office.now.date(), by=by)
        point = office.learn(QA, reviews[0])
        action = office.act_on(HEAD, point, begun=False, authoriser=HEAD, owner="Otto Owner")
        office.change(decline_action, HEAD, action, reason="Not for us.")
        office.act_on(HEAD, office.learn(QA, reviews[2]), begun=False)

    once(engine, "an office with all done", make)
    made = ScoredOffice.found_in(engine)
    made.later(12 * 366)
    return made


def due(office: ScoredOffice, kind: RecordClass, *, until: date | None = None) -> Due:
    with office.reading() as session:
        return due_records(session, kind, until=until, by=office.person(session, ADA))


def set_periods(office: ScoredOffice, *kinds: RecordClass) -> None:
    with office.writing() as session:
        for kind in kinds:
            by = office.person(session, ADA)
            set_setting(session, f"retention_{kind}", "10", starts_on=date(2030, 1, 1), by=by)


def dispose_of(office: ScoredOffice, kind: RecordClass) -> Disposal:
    found = due(office, kind)
    with office.writing() as session:
        by = office.person(session, ADA)
        return dispose(session, kind, until=found.until, confirm=len(found.numbers), by=by)


def hold(office: ScoredOffice, scope: HoldScope) -> int:
    with office.writing() as session:
        return place_hold(session, scope, reason="An appeal.", by=office.person(session, HEAD)).id


def figures(office: ScoredOffice) -> list[Any]:
    """What is worked out of the records that tells of teams and periods, and of nobody."""
    with office.reading() as session:
        head = office.person(session, HEAD)
        draws = list(
            session.execute(
                text(
                    "SELECT draw.id, route FROM draw JOIN plan ON plan.id = plan_id "
                    "JOIN frame ON frame.id = frame_id ORDER BY draw.id"
                )
            ).all()
        )
        of = {route: draw_id for draw_id, route in draws}
        overview = actions_overview(session, head)
        return [
            sample_result(session, of[Route.CENTRAL], head),
            team_results(session, of[Route.CENTRAL], head, measure="outcome").to_csv(),
            running_results(session, of[Route.CENTRAL], head),
            agreement_result(session, of[Route.SECOND], head),
            open_results(session, head),
            team_months(session, head, month=JULY[0]),
            period_figures(session, head, first=QUARTER[0], last=JULY[1]),
            cited_most(session, head, first=JULY[0], last=JULY[1], most=5),
            len(overview.late),
            session.scalar(select(func.count()).select_from(Review)),
            session.execute(text("SELECT response, count(*) FROM answer GROUP BY 1 ORDER BY 1")).all(),
        ]


def test_every_figure_stays_and_every_name_and_text_goes(office: ScoredOffice, engine: Engine) -> None:
    before = figures(office)
    set_periods(office, *RecordClass)
    for kind in (RecordClass.LEARNING, RecordClass.REVIEWS, RecordClass.CASES):
        dispose_of(office, kind)
    assert figures(office) == before
    with office.reading() as session:
        assert check_trail(session)[1] is None
        assert check_register(session) > 0
        stand_ins = set(session.scalars(select(StandIn.person_id)))
        # The open cases of July are open still: their references stay, whose work they were does not.
        assert set(session.scalars(select(FrameCase.caseworker_id))) <= stand_ins
        assert set(session.scalars(select(Stratum.caseworker_id))) <= {None, *stand_ins}
        assert set(session.scalars(select(Review.reviewer_id))) <= stand_ins
        assert not session.scalars(select(Stratum.label).where(Stratum.label.like("North %"))).all()
        closed = session.scalars(select(Case).where(Case.state != "open")).all()
        assert {case.reference for case in closed} == {f"disposed-{case.id}" for case in closed}
        assert {case.caseworker_id for case in closed} <= {None, *stand_ins}
        assert {(one.name, one.references) for one in disposed_samples(session)} == {("Quarter", 8)}
        points = session.scalars(select(LearningPoint.description).order_by(LearningPoint.id)).all()
        assert points == [WORDS, "The reasons given did not answer the complaint."]
        assert not people(session, by=office.person(session, ADA))["Name"].str.startswith(WORDS).any()
        for answers in session.scalars(select(Revision.answers)):
            assert {answer["evidence"] for answer in answers.values()} == {""}
        with pytest.raises(Refused, match="by disposal 3, so its receipt cannot be written again"):
            receipt_of(session, 3, office.person(session, HEAD))
        log = disposal_log(session, by=office.person(session, ADA))
    assert list(log["Class"]) == ["Cases", "Reviews", "Learning points and actions"]
    assert list(log["Records"]) == [9, before[-2], 1]
    for written in WRITTEN[RecordClass.REVIEWS]:
        assert written not in everything(engine), written


def everything(engine: Engine) -> str:
    """All that the tables hold, the audit trail with them, as one text."""
    with engine.connect() as connection:
        return "\n".join(
            str(row)
            for (name,) in connection.execute(text(_TABLES[engine.dialect.name])).all()
            for row in connection.execute(text(f'SELECT * FROM "{name}"')).all()
        )


_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def test_nothing_of_it_is_left_in_the_file(sqlite_engine: Engine, tmp_path: Path) -> None:
    office = ScoredOffice(sqlite_engine, closed=6, open_cases=2)
    office.draw_closed([6])
    first, *_ = [office.score(QA, one, not_met=Kind.OUTCOME) for one in office.to_do(QA, Route.CENTRAL)]
    office.learn(QA, first)
    path = Path(str(sqlite_engine.url.database))
    words = [b"As the file shows.", b"The reasons given did not answer", b"template meeting", b"C-003"]
    office.later(12 * 366)
    set_periods(office, *RecordClass)
    assert [word in path.read_bytes() + _log(path) for word in words] == [True, True, False, True]
    for kind in (RecordClass.LEARNING, RecordClass.REVIEWS, RecordClass.CASES):
        dispose_of(office, kind)
    sqlite_engine.dispose()
    assert sweep(sqlite_engine)
    assert [word in path.read_bytes() + _log(path) for word in words] == [False] * 4
    copy = connect(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    copied = copy_office(sqlite_engine, copy)
    copy.dispose()
    assert copied.rows["audit_clearing"] > 0


def test_mail_and_calibrations_go_too(engine: Engine) -> None:
    office = ScoredOffice(engine, closed=6, open_cases=2)
    with office.writing() as session:
        ada, quinn, robin = (office.person(session, name) for name in (ADA, QA, "Robin Qua"))
        case = session.scalars(select(Case).where(Case.state == "closed").limit(1)).one()
        mail: dict[str, Any] = {
            "to_address": "ada@example.org",
            "subject": "Waits",
            "body": "C-001 waits",
            "written_by_id": ada.id,
        }
        mail |= {"written_at": office.now, "kind": "digest"}
        session.add_all(
            Mail(to_id=one.id, for_day=office.now.date(), told=["C-001"], **mail) for one in (ada, quinn)
        )
        point = learn_by_hand(
            session,
            Lesson(LearningKind.GOOD_PRACTICE, "Well done."),
            source=Source.BY_HAND,
            reference="C-001",
            by=quinn,
        )
        mail |= {"kind": "feedback", "claimed_at": office.now, "sent_at": office.now}
        session.add(Mail(to_id=ada.id, learning_point_id=point.id, **mail))
        session.add(Mail(to_id=ada.id, learning_point_id=point.id, **(mail | {"sent_at": None})))
        held = CalibrationSession(
            name="July",
            scorecard_version_id=1,
            due_on=office.now.date(),
            opened_at=office.now,
            opened_by_id=quinn.id,
            revealed_at=office.now,
            closed_at=office.now,
            cases=[CalibrationCase(case_id=case.id)],
            members=[CalibrationMember(person_id=one.id) for one in (quinn, robin)],
        )
        session.add(held)
        session.flush()
        session.add_all(
            CalibrationScore(
                calibration_case_id=held.cases[0].id,
                person_id=one.id,
                answers={"told": {"response": "met", "evidence": "As the file shows."}},
                submitted_at=office.now,
            )
            for one in (robin, quinn)
        )
        record(session, "set_up", "test", by=None)
    office.later(12 * 366)
    set_periods(office, RecordClass.MAIL, RecordClass.CALIBRATION)
    assert dispose_of(office, RecordClass.MAIL).records == 3  # not the one that nobody has sent
    assert dispose_of(office, RecordClass.CALIBRATION).records == 1
    with office.reading() as session:
        assert check_trail(session)[1] is None
        sent, waiting = session.scalars(select(Mail).order_by(Mail.id))
        assert (sent.to_address, sent.body, sent.to_id == ada.id) == (WORDS, WORDS, False)
        assert (waiting.body, waiting.to_id) == ("C-001 waits", ada.id)
        members = session.scalars(select(CalibrationMember.person_id)).all()
        scores = session.scalars(select(CalibrationScore)).all()
        assert set(members) == {score.person_id for score in scores}
        assert len(set(members) - {quinn.id, robin.id}) == 2
        assert [score.answers["told"] for score in scores] == [{"response": "met", "evidence": ""}] * 2


def _log(path: Path) -> bytes:
    wal = path.with_name(f"{path.name}-wal")
    return wal.read_bytes() if wal.exists() else b""


@pytest.mark.parametrize(
    ("scope", "kind", "left"),
    [
        (lambda ids: HoldScope(reference="c-002"), RecordClass.CASES, 8),
        (lambda ids: HoldScope(team_id=ids["North"]), RecordClass.CASES, 4),
        (lambda ids: HoldScope(person_id=ids["North 0"]), RecordClass.REVIEWS, None),
        (lambda ids: HoldScope(person_id=ids[QA]), RecordClass.REVIEWS, None),
        (lambda ids: HoldScope(kind=RecordClass.LEARNING), RecordClass.LEARNING, 0),
    ],
)
def test_what_is_held_is_left_out_until_it_is_released(
    office: ScoredOffice, scope: Callable[[dict[str, int]], HoldScope], kind: RecordClass, left: int | None
) -> None:
    set_periods(office, RecordClass.REVIEWS, RecordClass.LEARNING)
    with office.reading() as session:
        ids = {name: number for number, name in session.execute(select(Person.id, Person.name))}
        ids |= {name: number for number, name in session.execute(select(Team.id, Team.name))}
    before = due(office, kind)
    number = hold(office, scope(ids))
    found = due(office, kind)
    held = [one for one in found.kept if one.holds == (number,) and one.record in before.numbers]
    assert len(found.numbers) + len(held) == len(before.numbers)
    assert held
    assert "An appeal." in held[0].why
    if left is not None:
        assert len(found.numbers) == left
    if found.numbers:
        dispose_of(office, kind)
    with office.writing() as session:
        placed = session.get_one(RetentionHold, number)
        release_hold(session, placed, reason="It is over.", by=office.person(session, ADA))
    assert due(office, kind).numbers == tuple(one.record for one in held)
    with office.reading() as session:
        assert list(holds(session, by=office.person(session, HEAD))["Why released"]) == ["It is over."]


def test_only_what_was_looked_at_is_disposed_of(office: ScoredOffice) -> None:
    found = due(office, RecordClass.CASES)
    assert (found.years, found.period_from, found.oldest) == (10, None, date(2026, 5, 1))
    assert due(office, RecordClass.CASES, until=date(2036, 4, 30)).numbers == ()
    assert due(office, RecordClass.REVIEWS).years is None
    for kind, until, confirm, says in (
        (RecordClass.CASES, found.until, 8, "9 records .* are due, and 8 were confirmed"),
        (RecordClass.CASES, date(2036, 4, 30), 0, "No record of the class cases is due by 30/04/2036"),
        (RecordClass.CASES, date(2099, 1, 1), 9, "is yet to come"),
        (RecordClass.REVIEWS, found.until, 0, "Reviews have no period"),
    ):
        with pytest.raises(Refused, match=says), office.writing() as session:
            dispose(session, kind, until=until, confirm=confirm, by=office.person(session, ADA))
    disposal = dispose_of(office, RecordClass.CASES)
    assert (disposal.records, disposal.held) == (9, 0)
    assert disposal.records_sha256 == hash_of_records(found.numbers)
    assert due(office, RecordClass.CASES).numbers == ()


def test_the_trail_tells_a_disposal_from_tampering(office: ScoredOffice) -> None:
    set_periods(office, RecordClass.LEARNING, RecordClass.REVIEWS)
    dispose_of(office, RecordClass.LEARNING)
    dispose_of(office, RecordClass.REVIEWS)
    with office.reading() as session:
        assert check_trail(session)[1] is None
        cleared = select(AuditClearing.entry_id)
        first = session.scalar(
            text("SELECT min(number) FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_clearing)")
        )
        last = session.scalar(text("SELECT min(number) FROM audit_entry WHERE action = 'dispose'"))
        assert session.scalar(select(func.count()).select_from(cleared.subquery())) > 0
    for tampering, number in (
        ("DELETE FROM audit_clearing", first),
        ("UPDATE audit_clearing SET left_sha256 = before_sha256", first),
        ("UPDATE audit_clearing SET disposal_id = 3 - disposal_id", first),
        ("UPDATE audit_entry SET details = '{}' WHERE action = 'dispose'", last),
        ("UPDATE audit_change SET after = NULL, before = NULL WHERE table_name = 'person'", 1),
    ):
        with pytest.raises(_Undo), office.writing() as session, unguarded(session.connection()):  # noqa: PT012
            session.execute(text(tampering))
            broken = check_trail(session)[1]
            assert broken is not None, tampering
            assert broken.number == number, tampering
            raise _Undo


class _Undo(Exception):
    pass


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit_change SET before = NULL, after = NULL WHERE table_name = 'team'", "only added to"),
        ("UPDATE audit_change SET after = before WHERE table_name = 'answer'", "only added to"),
        ("UPDATE frame_case SET reference = 'disposed-' || case_id", "stays"),
        ("UPDATE frame_case SET caseworker_id = NULL", "stays"),
        ("UPDATE frame_case SET team_id = NULL", "stays"),
        ("UPDATE stratum SET label = 'Nobody'", "stays"),
        ("UPDATE revision SET outcome_met = NOT outcome_met", "never changed"),
        ("UPDATE revision SET answers = '{}'", "never changed"),
        ("UPDATE revision SET made_by_id = (SELECT min(person_id) FROM stand_in)", "never changed"),
        ("DELETE FROM disposed_record", "only added to"),
        ("UPDATE disposal SET records = 1", "only added to"),
        ("DELETE FROM retention_hold", "released, not deleted"),
    ],
)
def test_the_guards_let_nothing_else_through(office: ScoredOffice, statement: str, says: str) -> None:
    def make() -> None:
        hold(office, HoldScope(kind=RecordClass.MAIL))
        set_periods(office, RecordClass.CALIBRATION, RecordClass.LEARNING)
        dispose_of(office, RecordClass.LEARNING)

    once(office.engine, "one class disposed of", make)
    with (
        pytest.raises(DBAPIError, match=says),
        office.engine.execution_options(writes=True).begin() as connection,
    ):
        connection.execute(text(statement.replace(":", "\\:")))


def test_cases_wait_for_every_sample_that_goes_on(sqlite_engine: Engine) -> None:
    """Also those not drawn: a replacement or a second stage is worked out from all references."""
    office = ScoredOffice(sqlite_engine, closed=6, open_cases=2)
    draw_id = office.draw_closed([2])
    office.later(12 * 366)
    found = due(office, RecordClass.CASES)
    assert (len(found.numbers), len(found.kept)) == (1, 6)  # the cancelled case is in no sample
    assert {one.why for one in found.kept} == {"a sample with it is not closed"}
    office.void(draw_id)
    assert len(due(office, RecordClass.CASES).numbers) == 7
