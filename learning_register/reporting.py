"""Reports: prepared by one person, approved by another, issued to named readers, and never changed then."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from learning_register.report_contents import ReportContents, as_json, check_contents
from learning_register.tables_reports import Report, ReportFile
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person, Role, check_may_act_as, may_act_as, roles_of
from sampling.refused import Refused
from sampling.sealing import BLIND_ROLES
from scorecards.tables_themes import Commission


class ReportKind(StrEnum):
    """What a report is."""

    QUARTERLY = "quarterly"
    PUBLISHED = "published"  # what was said and done, for everybody
    THEME = "theme"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    RISK = "risk"
    ANNUAL = "annual"


class ReportState(StrEnum):
    """Where a report stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    ISSUED = "issued"


def may_make_reports(session: Session, person: Person) -> bool:
    """Whether somebody prepares, approves and issues reports, and closes periods."""
    is_blind = bool(roles_of(session, person) & BLIND_ROLES)
    return may_act_as(session, person, [Role.HEAD]) and not is_blind


def check_may_make_reports(session: Session, person: Person) -> None:
    """Refuse unless somebody heads the office, and has nothing kept from them that a report tells."""
    check_may_act_as(session, person, Role.HEAD)
    if not may_make_reports(session, person):
        raise Refused(
            f"{person.name} also reviews for QA or for themes, and a report tells what managers found. "
            "Somebody else who heads the office has to do this."
        )


def prepare_report(
    session: Session, contents: ReportContents, *, commission: Commission | None = None, by: Person
) -> Report:
    """Keep a report as it was worked out, for somebody else to approve."""
    check_may_make_reports(session, by)
    check_contents(contents)
    report = Report(
        kind=ReportKind(contents.kind),
        title=contents.title,
        first_day=contents.first_day,
        last_day=contents.last_day,
        as_at=contents.as_at,
        commission_id=commission.id if commission else None,
        contents=as_json(contents),
        prepared_at=now(session),
        prepared_by_id=by.id,
        recipients=[],
    )
    session.add(report)
    session.flush()
    audit_trail.record(session, "prepare_report", f"report {report.id}", by=by, title=report.title)
    return report


def approve_report(session: Session, report: Report, *, by: Person) -> None:
    """A second person has read the report and stands by it. From here on nothing of it changes."""
    check_may_make_reports(session, by)
    if report.approved_at is not None:
        raise Refused(f"“{report.title}” is approved already. Issue it.")
    if report.prepared_by_id == by.id:
        raise Refused("You prepared this report, so somebody else who heads the office has to approve it.")
    report.approved_at, report.approved_by_id = now(session), by.id
    audit_trail.record(session, "approve_report", f"report {report.id}", by=by, title=report.title)
    session.flush()


def issue_report(
    session: Session, report: Report, *, files: Mapping[str, bytes], recipients: Sequence[str], by: Person
) -> None:
    """Issue an approved report: its files by name, as they leave the office, and to whom they go."""
    check_may_make_reports(session, by)
    if report.approved_at is None:
        raise Refused(
            f"“{report.title}” is not approved yet. Somebody who did not prepare it approves it first."
        )
    if report.issued_at is not None:
        raise Refused(f"“{report.title}” is issued already. What has left the office is not issued again.")
    to = [" ".join(line.split()) for line in recipients if line.strip()]
    if not to:
        raise Refused("Nobody receives the report. Name at least one person or body, one on a line.")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    session.add_all(
        ReportFile(report_id=report.id, name=name, sha256=hashes[name], content=content)
        for name, content in files.items()
    )
    session.flush()  # before the report itself is closed for ever
    report.issued_at, report.issued_by_id, report.recipients = now(session), by.id, to
    audit_trail.record(session, "issue_report", f"report {report.id}", by=by, recipients=to, sha256=hashes)
    session.flush()


def discard_report(session: Session, report: Report, *, by: Person) -> None:
    """Drop a report that nobody has approved; that it was prepared stays in the audit trail."""
    check_may_make_reports(session, by)
    if report.approved_at is not None:
        raise Refused(f"“{report.title}” is approved, so it stays. Issue it, or prepare another beside it.")
    audit_trail.record(session, "discard_report", f"report {report.id}", by=by, title=report.title)
    session.delete(report)
    session.flush()


def state_of_report(report: Report) -> ReportState:
    """Where a report stands."""
    if report.issued_at is not None:
        return ReportState.ISSUED
    return ReportState.PREPARED if report.approved_at is None else ReportState.APPROVED
