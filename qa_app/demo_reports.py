"""The reports of the demonstration: the last quarter that is over, closed, and its report issued."""

from datetime import date, timedelta
from typing import Final

from learning_register.periods_closed import close_period
from learning_register.reporting import ReportKind, approve_report, issue_report, prepare_report
from learning_register.tables_reports import Report
from qa_app.demo_people import ASSISTANT_DIRECTOR, HEAD
from qa_app.demo_play import Play
from qa_app.reports.kinds import files_of, make_report, periods_of
from sampling.records.database import OFFICE_TIME, reading, writing
from sampling.records.people import Person

_CLOSED_AFTER: Final = timedelta(days=9)  # from the end of the quarter
_ISSUED_AFTER: Final = timedelta(days=2)  # from then
_RECIPIENTS: Final = ("The Ombudsman", "The board", HEAD, ASSISTANT_DIRECTOR)


def play_quarter(play: Play, month: date) -> None:
    """In the month after a quarter the Head closes it and makes its report; it is approved, and issued."""
    agenda, cast = play.agenda, play.cast
    first, last = periods_of(ReportKind.QUARTERLY, agenda.now.astimezone(OFFICE_TIME).date())[0]
    if last + timedelta(days=1) != month:
        return
    closed_at = agenda.at(last + _CLOSED_AFTER, 10)
    agenda.play_until(closed_at)
    with writing(play.engine, now=closed_at) as session:
        close_period(session, first, last, by=session.get_one(Person, cast.head))
    # Read by itself: a report looks back over a connection of its own.
    with reading(play.engine, now=closed_at) as session:
        head = session.get_one(Person, cast.head)
        contents = make_report(session, ReportKind.QUARTERLY, first, last, as_at=closed_at, by=head)
    with writing(play.engine, now=closed_at) as session:
        number = prepare_report(session, contents, by=session.get_one(Person, cast.head)).id
    issued_at = min(closed_at + _ISSUED_AFTER, agenda.now)
    agenda.play_until(issued_at)
    with writing(play.engine, now=issued_at) as session:
        report = session.get_one(Report, number)
        approve_report(session, report, by=session.get_one(Person, cast.assistant_director))
        head = session.get_one(Person, cast.head)
        issue_report(session, report, files=files_of(contents), recipients=_RECIPIENTS, by=head)
