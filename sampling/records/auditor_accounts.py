"""Opening an account for an outside auditor, and moving its last day."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.auditors import is_auditor
from sampling.records.database import today
from sampling.records.office import day_in_words, new_account
from sampling.records.people import Person, Role, RoleHeld, check_may_act_as
from sampling.refused import Refused

LONGEST: Final = timedelta(days=366)  # at a time: whoever audits for longer is given another year


def open_auditor_account(
    session: Session,
    name: str,
    *,
    email: str,
    password: str | None,
    starts_on: date,
    ends_on: date,
    by: Person,
) -> Person:
    """An account of its own for somebody from outside, from its first day to its last, both included.

    Always a new one, so that nothing done here before comes with it. What it may read is named afterwards.
    Without a password (None) the auditor signs in through the organisation only.
    """
    check_may_keep_auditors(session, by)
    _check_period(session, starts_on, ends_on)
    person = new_account(session, name, email=email, password=password)
    session.add(RoleHeld(person_id=person.id, role=Role.AUDITOR, starts_on=starts_on, ends_on=ends_on))
    audit_trail.record(
        session,
        "open_auditor_account",
        f"person {person.id}",
        by=by,
        name=person.name,
        starts_on=str(starts_on),
        ends_on=str(ends_on),
    )
    session.flush()
    return person


def move_last_day(session: Session, auditor: Person, *, ends_on: date, by: Person) -> None:
    """Let an auditor's account end sooner or later. A last day that has passed closes it at once."""
    check_may_keep_auditors(session, by)
    check_is_auditor(session, auditor)
    held = session.scalars(
        select(RoleHeld)
        .where(RoleHeld.person_id == auditor.id, RoleHeld.role == Role.AUDITOR)
        .with_for_update()
    ).one()
    _check_period(session, held.starts_on, ends_on)
    before, held.ends_on = held.ends_on, ends_on
    audit_trail.record(
        session, "move_last_day", f"person {auditor.id}", by=by, before=str(before), ends_on=str(ends_on)
    )
    session.flush()


def check_may_keep_auditors(session: Session, person: Person) -> None:
    """Refuse unless the person opens auditors' accounts: administrators and the Head do."""
    check_may_act_as(session, person, Role.ADMINISTRATOR, Role.HEAD)


def check_is_auditor(session: Session, person: Person) -> None:
    """Refuse somebody who has no auditor's account."""
    if not is_auditor(session, person):
        raise Refused(f"{person.name} has no outside auditor's account. Open one with an address of its own.")


def _check_period(session: Session, starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Refused(
            f"The last day, {day_in_words(ends_on)}, is before the first, {day_in_words(starts_on)}. "
            "Change one of them."
        )
    latest = max(starts_on, today(session)) + LONGEST
    if ends_on > latest:
        raise Refused(
            f"An auditor's account is open for a year at most: until {day_in_words(latest)}. Choose an "
            "earlier day; it can be moved later."
        )
