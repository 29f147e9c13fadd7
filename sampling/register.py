"""The register of draws: every plan from its registration to its end, a line for each thing that happened.

Lines are only added, each with the hash of the one before; triggers of the database hold both.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from sampling.draw import plan_file
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person
from sampling.register_chain import NOTHING_BEFORE, STATES, Event, Line, check_move, entry_hash
from sampling.tables import Plan, RegisterEntry

_ACTIONS: Final = {
    Event.PLANNED: "register_plan",
    Event.ROLLED: "record_roll",
    Event.SEEDED: "seed_plan",
    Event.DRAWN: "draw_sample",
    Event.EXTENDED: "extend_draw",
    Event.REPLACED: "replace_case",
    Event.VOID_ASKED: "ask_to_void",
    Event.VOID_DECLINED: "decline_to_void",
    Event.VOIDED: "void_plan",
    Event.CLOSED: "close_draw",
}


def add_line(
    session: Session,
    plan: Plan,
    event: Event,
    *,
    by: Person,
    second: Person | None = None,
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> RegisterEntry:
    """Add what happened to a plan (now, unless told) to the register, and to the audit trail.

    No line is older than the one before it: if the clock was put back, it has that one's time. Refused when
    it cannot happen to a plan that stands as this one does.
    """
    _hold(session)
    check_move(state_of(session, plan), event)
    session.flush()
    last = session.scalars(select(RegisterEntry).order_by(RegisterEntry.number.desc()).limit(1)).first()
    at = (at or now(session)).replace(microsecond=0)
    if last is not None:
        at = max(at, last.at)
    line: dict[str, Any] = {
        "number": last.number + 1 if last else 1,
        "event": str(event),
        "plan_sha256": plan.plan_sha256,
        "at": at.isoformat(timespec="seconds"),
        "by": by.id,
        "second": second.id if second else None,
        "details": plan_file(details or {}).decode(),
        "previous_sha256": last.entry_sha256 if last else NOTHING_BEFORE,
    }
    entry = RegisterEntry(
        number=line["number"],
        event=line["event"],
        plan_id=plan.id,
        at=at,
        by_id=by.id,
        second_id=line["second"],
        details=line["details"],
        previous_sha256=line["previous_sha256"],
        entry_sha256=entry_hash(line),
    )
    session.add(entry)
    session.flush()
    audit_trail.record(session, _ACTIONS[event], f"plan {plan.id}", by=by, line=entry.number)
    return entry


def moment(session: Session) -> datetime:
    """The time of whatever is entered next, to the second: now, but never before the newest line.

    Until the transaction ends nobody else adds a line, so a plan that says this time gets a line that does.
    """
    _hold(session)
    present = now(session).replace(microsecond=0)
    newest = session.scalar(select(RegisterEntry.at).order_by(RegisterEntry.number.desc()).limit(1))
    return present if newest is None else max(present, newest)


def _hold(session: Session) -> None:
    """Two lines must not quote the same line before them. (SQLite lets only one transaction write.)"""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE register_entry IN SHARE ROW EXCLUSIVE MODE"))


def state_of(session: Session, plan: Plan) -> Event | None:
    """How far a plan has come: the last event that moved it."""
    event = session.scalars(
        select(RegisterEntry.event)
        .where(RegisterEntry.plan_id == plan.id, RegisterEntry.event.in_(STATES))
        .order_by(RegisterEntry.number.desc())
        .limit(1)
    ).first()
    return Event(event) if event else None


def lines_of(session: Session, plan: Plan | None = None) -> list[Line]:
    """The lines of the register in order, all of them or those of one plan."""
    query = select(RegisterEntry, Plan.plan_sha256).join(Plan, Plan.id == RegisterEntry.plan_id)
    if plan is not None:
        query = query.where(RegisterEntry.plan_id == plan.id)
    return [
        Line(
            number=entry.number,
            event=entry.event,
            plan_sha256=plan_sha256,
            at=entry.at.isoformat(timespec="seconds"),
            by=entry.by_id,
            second=entry.second_id,
            details=entry.details,
            previous_sha256=entry.previous_sha256,
            entry_sha256=entry.entry_sha256,
        )
        for entry, plan_sha256 in session.execute(query.order_by(RegisterEntry.number))
    ]


def last_line(session: Session, plan: Plan, event: Event) -> RegisterEntry | None:
    """The newest line of a plan with this event."""
    return session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.plan_id == plan.id, RegisterEntry.event == event)
        .order_by(RegisterEntry.number.desc())
        .limit(1)
    ).first()


def head_of_register(session: Session) -> tuple[int, str] | None:
    """The number and hash of the newest line, to print on reports; None while the register is empty."""
    number = session.scalar(select(func.max(RegisterEntry.number)))
    if number is None:
        return None
    return number, session.get_one(RegisterEntry, number).entry_sha256


def details_of(entry: RegisterEntry) -> dict[str, Any]:
    """The details of a line as they were written."""
    details: dict[str, Any] = json.loads(entry.details)
    return details
