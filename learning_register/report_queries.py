"""Reports as they are listed and read: who may read which, and the files as they were issued.

Whoever makes reports reads them all. Everybody else with a part in quality reads what is issued, and what is
published is for anybody. A report that tells how managers' reviews turned out is kept from those who review
for QA as long as reviews of its period may still be scored again: it could tell them what they are to score
blind.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from learning_register.report_contents import ReportContents, from_json
from learning_register.reporting import ReportKind, ReportState, may_make_reports, state_of_report
from learning_register.tables_reports import Report, ReportFile
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, may_act_as
from sampling.refused import Refused
from sampling.sealing import reviews_blind
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.tables import Review
from scorecards.visibility import may_be_scored_again

_READERS: Final = (Role.HEAD, Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER)
_TELLS_OF_MANAGERS: Final = frozenset({ReportKind.QUARTERLY, ReportKind.MONTHLY, ReportKind.ANNUAL})


@dataclass(frozen=True)
class FileRow:
    """A file of an issued report."""

    id: int
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ReportRow:
    """A report in the list. One that is `sealed` from the reader has no files for them now."""

    id: int
    kind: ReportKind
    title: str
    first_day: date
    last_day: date
    as_at: datetime
    state: ReportState
    prepared_by: str
    is_own: bool  # prepared by the reader, who then does not approve it
    approved_by: str
    issued_at: datetime | None
    recipients: tuple[str, ...]
    sealed: bool
    files: tuple[FileRow, ...]


def reports(session: Session, person: Person) -> list[ReportRow]:
    """The reports a person may know of, newest first."""
    makes = may_make_reports(session, person)
    query = (
        select(Report)
        .options(joinedload(Report.prepared_by), joinedload(Report.approved_by))
        .order_by(Report.prepared_at.desc(), Report.id.desc())
    )
    if not makes:
        query = query.where(Report.issued_at.is_not(None))
    if not makes and not may_act_as(session, person, _READERS):
        query = query.where(Report.kind == ReportKind.PUBLISHED)
    found = session.scalars(query).all()
    is_blind = reviews_blind(session, person) and not makes
    blind = [*_running_second_scorings(session), *_to_be_scored_again(session)] if is_blind else []
    files: dict[int, list[FileRow]] = {}
    # Their contents are left where they are: a list shows none of them.
    for number, report_id, name, sha256, size in session.execute(
        select(
            ReportFile.id,
            ReportFile.report_id,
            ReportFile.name,
            ReportFile.sha256,
            func.length(ReportFile.content),
        ).order_by(ReportFile.id)
    ):
        files.setdefault(report_id, []).append(FileRow(number, name, sha256, size))
    return [_row(report, person, blind, files.get(report.id, [])) for report in found]


def _row(report: Report, person: Person, blind: list[tuple[date, date]], files: list[FileRow]) -> ReportRow:
    sealed = report.kind in _TELLS_OF_MANAGERS and any(
        first <= report.last_day and report.first_day <= last for first, last in blind
    )
    return ReportRow(
        id=report.id,
        kind=ReportKind(report.kind),
        title=report.title,
        first_day=report.first_day,
        last_day=report.last_day,
        as_at=report.as_at,
        state=state_of_report(report),
        prepared_by=report.prepared_by.name,
        is_own=report.prepared_by_id == person.id,
        approved_by=report.approved_by.name if report.approved_by else "",
        issued_at=report.issued_at,
        recipients=tuple(report.recipients),
        sealed=sealed,
        files=() if sealed else tuple(files),
    )


def contents_of(session: Session, report_id: int, person: Person) -> ReportContents:
    """What a report says, for those who may read it."""
    _readable(session, report_id, person)
    return from_json(session.get_one(Report, report_id).contents)


def issued_file(session: Session, file_id: int, person: Person) -> bytes:
    """A file as it was issued, byte for byte."""
    file = session.get(ReportFile, file_id)
    if file is None:
        raise Refused("There is no such file. Go back to the list of reports.")
    _readable(session, file.report_id, person)
    return file.content


def _readable(session: Session, report_id: int, person: Person) -> ReportRow:
    row = next((row for row in reports(session, person) if row.id == report_id), None)
    if row is None:
        raise Refused(
            "There is no such report, or it is not for you to read. Go back to the list of reports."
        )
    if row.sealed:
        raise Refused(
            f"“{row.title}” tells how managers' reviews turned out, and QA may still have to score some of "
            "them blind. You can read it once the second scoring of its period has its last score."
        )
    return row


def _running_second_scorings(session: Session) -> list[tuple[date, date]]:
    """The periods of the reviews in second scorings that wait for a score."""
    rows = session.execute(
        select(Frame.period_from, Frame.period_until)
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Frame.route == Route.SECOND, Draw.closed_at.is_(None), Plan.voided_at.is_(None))
    )
    return [(first or date.min, last or date.max) for first, last in rows]


def _to_be_scored_again(session: Session) -> list[tuple[date, date]]:
    """The periods of managers' samples with reviews that may still be scored again, to the last of these."""
    rows = session.execute(
        select(
            Frame.period_from,
            Frame.period_until,
            func.min(Review.submitted_at),
            func.max(Review.submitted_at),
        )
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .join(SampledCase, SampledCase.draw_id == Draw.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .where(may_be_scored_again(session), Plan.voided_at.is_(None))
        .group_by(Frame.id)
    )
    return [
        (min(first or earliest, earliest), max(last or latest, latest))
        for first, last, earliest, latest in (
            (first, last, begins.astimezone(OFFICE_TIME).date(), ends.astimezone(OFFICE_TIME).date())
            for first, last, begins, ends in rows
            if begins is not None and ends is not None
        )
    ]
