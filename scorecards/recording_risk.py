"""Recording the risks of an open case, and signing a month's risks off."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.cases import Case, CaseState
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.office import day_in_words
from sampling.records.people import Person, Role, check_may_act_as, may_act_as
from sampling.refused import Refused
from scorecards.cases_as_at import check_may_see_case, may_see_case
from scorecards.periods import last_day, month_number
from scorecards.risk import HighRisk, RiskCategory, check_risks
from scorecards.risk_queries import risk_figures
from scorecards.tables_risk import RiskRecord, RiskSignOff


def may_record_risk(session: Session, case: Case, person: Person) -> bool:
    """Whether a person may say which risks a case has: its line manager and the Head, while it is open."""
    return case.state == CaseState.OPEN and may_see_case(session, case, person)


def check_may_record_risk(session: Session, case: Case, person: Person) -> None:
    check_may_see_case(session, case, person)
    if not may_record_risk(session, case, person):
        raise Refused(
            f"Case {case.reference} is {case.state}, and risks are recorded while a case is open. "
            "What was recorded of it stays."
        )


def record_risk(
    session: Session,
    case: Case,
    *,
    categories: Sequence[str],
    high_risk: Sequence[str] = (),
    note: str = "",
    by: Person,
) -> RiskRecord:
    """Say which risks a case has now. The newest record counts; the earlier ones stay."""
    check_may_record_risk(session, case, by)
    check_risks(categories, high_risk, note)
    record = RiskRecord(
        case_id=case.id,
        categories=[one for one in RiskCategory if one in categories],
        high_risk=[one for one in HighRisk if one in high_risk],
        note=note.strip(),
        recorded_at=now(session),
        recorded_by_id=by.id,
    )
    session.add(record)
    session.flush()
    # The note may tell of somebody's health: it stays with the case, out of the trail.
    audit_trail.record(
        session,
        "record_risk",
        f"case {case.id}",
        by=by,
        categories=record.categories,
        high_risk=record.high_risk,
    )
    return record


def may_sign_off_risks(session: Session, person: Person) -> bool:
    """Whether a person may sign a month's risks off: the Head and assistant directors may."""
    return may_act_as(session, person, (Role.HEAD,))


def sign_off_risks(session: Session, month: date, *, note: str, by: Person) -> RiskSignOff:
    """Sign the risks of a month off, once: its figures are kept as they are at this moment.

    They are those of the month's last day, so a month that still runs cannot be signed.
    """
    check_may_act_as(session, by, Role.HEAD)
    month = month.replace(day=1)
    signed = session.get(RiskSignOff, month)
    if signed is not None:
        raise Refused(
            f"{month:%B %Y} was signed off on {_day(signed.signed_at)} by "
            f"{signed.signed_by.name}. A month is signed once; what changed since shows in the next."
        )
    if last_day(month_number(month)) >= today(session):
        raise Refused(f"{month:%B %Y} is not over yet. Sign it off from the first day of the next month.")
    if not note.strip():
        raise Refused(
            "Say in a note what you looked at and what you decided, if only that nothing is needed."
        )
    figures = risk_figures(session, month)
    row = RiskSignOff(
        month=month,
        figures=figures.as_json(),
        note=note.strip(),
        signed_at=now(session),
        signed_by_id=by.id,
    )
    session.add(row)
    session.flush()
    audit_trail.record(session, "sign_off_risks", f"risks of {month:%Y-%m}", by=by)
    return row


def _day(moment: datetime) -> str:
    return day_in_words(moment.astimezone(OFFICE_TIME).date())
