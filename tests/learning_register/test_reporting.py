"""Reports from preparing to issuing, who reads them, and periods that are closed. Both databases."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine

from learning_register.citations import LearningKind
from learning_register.learning_reported import points_reported
from learning_register.period_figures import Figure
from learning_register.periods_closed import close_period, closed_periods
from learning_register.raising import learn_by_hand
from learning_register.recording import Lesson
from learning_register.report_contents import Paragraph, ReportContents, Section
from learning_register.report_queries import contents_of, issued_file, reports
from learning_register.reporting import (
    ReportKind,
    ReportState,
    approve_report,
    discard_report,
    issue_report,
    prepare_report,
)
from learning_register.tables import Source
from learning_register.tables_reports import Report
from sampling.records.people import Role, Team
from sampling.refused import Refused
from sampling.tables import Route, SampledCase
from scorecards.requirements import Kind
from scorecards.submitting import correct_review
from scorecards.tables import Review

HEAD, OTHER, NORA, QUINN, OWNER = "Hedda Head", "Sue South", "Nora North", "Quinn Qua", "Otto Owner"
JULY = (date(2026, 7, 1), date(2026, 7, 31))


def contents(kind: ReportKind = ReportKind.QUARTERLY, words: str = "All is well.") -> ReportContents:
    return ReportContents(
        kind=kind,
        title="A report",
        office="Test office",
        first_day=JULY[0],
        last_day=JULY[1],
        as_at=datetime(2026, 8, 3, 9, tzinfo=UTC),
        is_demonstration=False,
        sections=(Section("In short", (Paragraph(words),)),),
        audit="The register.",
    )


def do(office: ScoredOffice, action: Callable[..., Any], name: str, number: int, **named: Any) -> None:
    with office.writing() as session:
        action(session, session.get_one(Report, number), by=office.person(session, name), **named)


def prepared(office: ScoredOffice, kind: ReportKind = ReportKind.QUARTERLY) -> int:
    with office.writing() as session:
        return prepare_report(session, contents(kind), by=office.person(session, HEAD)).id


def issued(office: ScoredOffice, kind: ReportKind) -> int:
    number = prepared(office, kind)
    do(office, approve_report, OTHER, number)
    do(office, issue_report, HEAD, number, files={f"{kind}.html": b"<html>"}, recipients=["The board"])
    return number


def test_prepared_by_one_approved_by_another_issued_for_good(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.give_role(OTHER, Role.HEAD)
    with pytest.raises(Refused, match="it is for the Head"), office.writing() as session:
        prepare_report(session, contents(), by=office.person(session, NORA))
    empty = ReportContents(**{**vars(contents()), "sections": ()})
    with pytest.raises(Refused, match="no headings"), office.writing() as session:
        prepare_report(session, empty, by=office.person(session, HEAD))

    number = prepared(office)
    files = {"a.html": b"<html>", "a.pdf": b"%PDF"}
    issue = partial(do, office, issue_report, HEAD, number, files=files)
    with pytest.raises(Refused, match="not approved yet"):
        issue(recipients=["The board"])
    with pytest.raises(Refused, match="You prepared this report"):
        do(office, approve_report, HEAD, number)
    do(office, approve_report, OTHER, number)
    with pytest.raises(Refused, match="approved already"):
        do(office, approve_report, OTHER, number)
    with pytest.raises(Refused, match="so it stays"):
        do(office, discard_report, HEAD, number)
    with pytest.raises(Refused, match="Nobody receives"):
        issue(recipients=[" "])
    assert office.ask(reports, NORA) == []
    office.later(1)
    issue(recipients=["The  board ", "", "Audit committee"])
    with pytest.raises(Refused, match="issued already"):
        issue(recipients=["Somebody else"])

    (row,) = office.ask(reports, NORA)
    assert (row.state, row.recipients) == (ReportState.ISSUED, ("The board", "Audit committee"))
    assert (row.prepared_by, row.approved_by, row.issued_at) == (HEAD, OTHER, office.now)
    assert [(file.name, file.size) for file in row.files] == [("a.html", 6), ("a.pdf", 4)]
    for file in row.files:
        content = office.ask(issued_file, NORA, file.id)
        assert content == files[file.name]
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert office.ask(contents_of, NORA, number) == contents()

    dropped = prepared(office)
    do(office, discard_report, OTHER, dropped)
    assert [row.id for row in office.ask(reports, HEAD)] == [number]


def test_each_reads_what_is_theirs(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.give_role(OTHER, Role.HEAD)
    quarterly, published = (issued(office, kind) for kind in (ReportKind.QUARTERLY, ReportKind.PUBLISHED))
    waiting = prepared(office)
    assert [row.id for row in office.ask(reports, HEAD)] == [waiting, published, quarterly]
    assert [row.id for row in office.ask(reports, NORA)] == [published, quarterly]
    assert [row.id for row in office.ask(reports, OWNER)] == [published]  # holds no role
    with pytest.raises(Refused, match="not for you to read"):
        office.ask(contents_of, OWNER, quarterly)

    # Whoever scores again reads nothing of July's results from the first review on, before one is drawn too.
    assert not any(row.sealed for row in office.ask(reports, QUINN))
    office.draw_open("North", NORA)
    for sampled in office.to_do(NORA, Route.OPEN):
        office.score(NORA, sampled)
    for draw in (lambda: None, office.draw_second):
        draw()
        sealed = {row.id: (row.sealed, bool(row.files)) for row in office.ask(reports, QUINN)}
        assert sealed == {published: (False, True), quarterly: (True, False)}
        with pytest.raises(Refused, match="has its last score"):
            office.ask(contents_of, QUINN, quarterly)
    assert not any(row.sealed for row in office.ask(reports, NORA))
    for sampled in office.to_do(QUINN, Route.SECOND):
        office.score(QUINN, sampled)
    assert not any(row.sealed for row in office.ask(reports, QUINN))

    # Nor may somebody make reports from whom their figures are kept.
    office.give_role(HEAD, Role.QA_REVIEWER)
    with pytest.raises(Refused, match="also reviews"):
        prepared(office)
    with pytest.raises(Refused, match="also reviews"):
        office.ask(closed_periods, HEAD)


def test_what_is_for_everybody_tells_no_reviewer_what_managers_found(engine: Engine) -> None:
    """Neither of a review nor of its case, before the second scoring that could hold it is complete."""
    office = ScoredOffice(engine)
    office.draw_open("North", NORA)
    first, *others = office.to_do(NORA, Route.OPEN)
    office.learn(NORA, office.score(NORA, first, not_met=Kind.OUTCOME))
    with office.writing() as session:
        reference = session.get_one(SampledCase, first).frame_case.reference
        lesson = Lesson(LearningKind.GOOD_PRACTICE, "The letter was short.")
        nora = office.person(session, NORA)
        learn_by_hand(session, lesson, source=Source.BY_HAND, reference=reference, by=nora)
        learn_by_hand(session, lesson, source=Source.BY_HAND, team=session.get_one(Team, 1), by=nora)

    def told() -> list[bool]:
        points = office.ask(points_reported, HEAD, first=JULY[0], last=JULY[1])
        return [point.is_for_everybody for point in points]

    assert told() == [False, False, True]
    for sampled in others:
        office.score(NORA, sampled)
    office.draw_second()
    assert told() == [False, False, True]
    for sampled in office.to_do(QUINN, Route.SECOND):
        office.score(QUINN, sampled)
    assert told() == [True, True, True]


def test_a_period_is_closed_and_later_changes_are_restated(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.draw_open("North", NORA)
    reviews = [office.score(NORA, sampled) for sampled in office.to_do(NORA, Route.OPEN)]

    def close(first: date, last: date) -> None:
        with office.writing() as session:
            close_period(session, first, last, by=office.person(session, HEAD))

    with pytest.raises(Refused, match="not over yet"):
        close(*JULY)
    office.later(30)
    with pytest.raises(Refused, match="whole months"):
        close(JULY[0], date(2026, 7, 30))
    close(*JULY)
    with pytest.raises(Refused, match="Hedda Head has closed this period already"):
        close(*JULY)
    (period,) = office.ask(closed_periods, HEAD)
    assert (period.closed_by, period.closed_at, period.restatements) == (HEAD, office.now, ())
    n = len(reviews)
    assert period.figures["reviews_open_overall"] == Figure(n, n)
    assert period.figures["sampling_done"].numerator == n

    office.later(1)
    with office.writing() as session:
        review = session.get_one(Review, reviews[0])
        key = office.requirement(session, Kind.OUTCOME)
        change = {key: {"response": "not_met", "evidence": "The letter leaves a point out."}}
        correct_review(session, review, changes=change, reason="Read again.", by=review.reviewer)
    (period,) = office.ask(closed_periods, HEAD)
    (changed,) = period.restatements
    assert (changed.name, changed.before, changed.after) == (
        "reviews_open_overall",
        Figure(n, n),
        Figure(n - 1, n),
    )
    with pytest.raises(Refused, match="it is for the Head"):
        office.ask(closed_periods, NORA)
