"""The reports there are, the period each is of, and how one is made for a moment, past or present."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.looking_back import looking_back
from learning_register.report_contents import ReportContents, as_json, from_json
from learning_register.reporting import ReportKind, check_may_make_reports
from qa_app.reports import annual, monthly, published, quarterly, risk, theme, weekly
from qa_app.reports.making import Compose, Making
from qa_app.reports.pdf import as_pdf
from qa_app.reports.web_page import as_web_page
from qa_app.reports.word import as_word
from qa_app.reports.workbook import as_workbook
from qa_app.trend_words import period_in_words
from qa_app.wording import in_words
from sampling.records.audit_chain import NOTHING_BEFORE
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import OFFICE_TIME
from sampling.records.office import the_office
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register_queries import whole_register
from scorecards.periods import Grain, first_day, last_day, month_number
from scorecards.tables_themes import Commission

NOTHING_YET: Final = "none yet"
_PERIODS: Final = 24  # to choose from


@dataclass(frozen=True)
class Kind:
    """A kind of report: its name, how it begins a title, its length, and what it says."""

    name: str
    title: str
    months: int  # 0: a week, or as long as its theme has run
    compose: Compose


KINDS: Final[Mapping[ReportKind, Kind]] = {
    ReportKind.QUARTERLY: Kind(
        "Quarterly learning and quality report", "Learning and quality report", 3, quarterly.compose
    ),
    ReportKind.MONTHLY: Kind("Monthly key figures", "Key figures", 1, monthly.compose),
    ReportKind.WEEKLY: Kind("Weekly list", "Cases opened, closed and in progress", 0, weekly.compose),
    ReportKind.ANNUAL: Kind("Annual summary", "Annual summary", 12, annual.compose),
    ReportKind.RISK: Kind("Casework risk report", "Casework risk report", 1, risk.compose),
    ReportKind.THEME: Kind("Theme report", "Theme", 0, theme.compose),
    ReportKind.PUBLISHED: Kind("Published summary", "You said, we did", 3, published.compose),
}
FORMATS: Final[Mapping[str, tuple[str, str, Callable[[ReportContents], bytes]]]] = {
    "docx": (
        "Word",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        as_word,
    ),
    "html": ("Web page", "text/html", as_web_page),
    "pdf": ("PDF", "application/pdf", as_pdf),
    "xlsx": (
        "Figures",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_workbook,
    ),
}


def periods_of(kind: ReportKind, today: date) -> list[tuple[date, date]]:
    """The last whole periods that a report of this kind can be of, newest first; none of a theme."""
    if kind is ReportKind.THEME:
        return []
    if kind is ReportKind.WEEKLY:
        monday = today - timedelta(days=today.weekday())
        starts = [monday - timedelta(weeks=back) for back in range(1, _PERIODS + 1)]
        return [(start, start + timedelta(days=6)) for start in starts]
    months = KINDS[kind].months
    running = month_number(today) - month_number(today) % months
    starts_at = [running - months * back for back in range(1, _PERIODS + 1)]
    return [(first_day(start), last_day(start + months - 1)) for start in starts_at]


def period_words(kind: ReportKind, first: date, last: date) -> str:
    """A period by its name: “Jul to Sep 2026”, “September 2026”, “2025”, “week from 2 March 2026”."""
    if kind in (ReportKind.WEEKLY, ReportKind.THEME):
        return f"{in_words(first)} to {in_words(last)}"
    months = KINDS[kind].months
    if months == 12:
        return str(first.year)
    return period_in_words(month_number(first), Grain.QUARTER) if months == 3 else f"{first:%B %Y}"


def make_report(
    session: Session,
    kind: ReportKind,
    first: date,
    last: date,
    *,
    as_at: datetime,
    commission_id: int | None = None,
    by: Person,
) -> ReportContents:
    """What a report of a period says, or said, of the books as they stood at a moment."""
    check_may_make_reports(session, by)
    if as_at.astimezone(OFFICE_TIME).date() < first:
        raise Refused("The report would be as at a day before its period. Choose a later day.")
    office = the_office(session)
    assert office is not None
    with looking_back(session, as_at, by=by) as past:
        making = Making(past, by, first, last, commission_id)
        title = f"{KINDS[kind].title}: {period_words(kind, first, last)}"
        if commission_id is not None:
            title = f"{KINDS[kind].title}: {past.get_one(Commission, commission_id).name}"
        contents = ReportContents(
            kind=kind,
            title=title,
            office=office.name,
            first_day=first,
            last_day=last,
            as_at=as_at,
            is_demonstration=office.is_demonstration,
            sections=tuple(KINDS[kind].compose(making)),
            audit=_audit(making, as_at),
        )
    return from_json(as_json(contents))  # as it is kept, so that what is shown is what is prepared


def _audit(making: Making, as_at: datetime) -> str:
    lines, _ = whole_register(making.session, making.person)
    last = lines["hash"].iloc[0] if len(lines) else NOTHING_YET
    return (
        f"The register of draws then had {len(lines):,} lines; the hash (SHA-256) of the last is {last}. "
        "It binds every plan, draw and replacement before it. The hash of the last entry of the audit trail "
        f"then is {_head_of_trail(making, as_at)}: “qa verify --audit --head” tells whether the trail still "
        "holds it."
    )


def _head_of_trail(making: Making, as_at: datetime) -> str:
    newest = select(AuditEntry.sha256).where(AuditEntry.at <= as_at)
    return making.session.scalar(newest.order_by(AuditEntry.number.desc()).limit(1)) or NOTHING_BEFORE


def files_of(contents: ReportContents) -> dict[str, bytes]:
    """The report in every format, by the name of the file."""
    return {name_of(contents, ending): make(contents) for ending, (_, _, make) in FORMATS.items()}


def name_of(contents: ReportContents, ending: str) -> str:
    """The name of a report's file: quarterly-2026-04-01-2026-06-30.docx."""
    return f"{contents.kind}-{contents.first_day}-{contents.last_day}.{ending}"
