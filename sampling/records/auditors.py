"""The accounts of outside auditors: for a time, for reading what is named, and for nothing else.

Held here once, where every change passes, and not action by action: whatever an auditor does is refused when
it is recorded, and so is whatever would name one as somebody who does or gets work. An account that was
opened for an auditor stays one, also when its time is over.
"""

from datetime import date
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, and_, event, exists, or_, select
from sqlalchemy.orm import Mapper, Session, object_mapper

from sampling.records.database import Base, today
from sampling.records.people import KNOWN, Person, Role, RoleHeld, auditors, in_force
from sampling.refused import Refused

# What an auditor does goes on record like everything else; nothing but this.
_DONE_BY_AUDITORS: Final = frozenset(
    {"sign_in", "sign_out", "open_sample", "take_evidence", "read_results", "connect_account"}
)
# Where an auditor may be named, besides the role itself.
_NAME_AUDITORS: Final = frozenset({"audit_entry", "sign_in_session", "known_account", "audited_sample"})


def is_auditor(session: Session, person: Person) -> bool:
    """Whether a person's account was opened for an outside auditor."""
    return person.id in _auditors(session)


def is_let_in(on: date) -> ColumnElement[bool]:
    """The condition on Person that they may be signed in: not disabled, and an auditor within their time."""
    theirs = exists(auditors().where(RoleHeld.person_id == Person.id).correlate(Person))
    now_open = exists(
        auditors().where(RoleHeld.person_id == Person.id, in_force(RoleHeld, on)).correlate(Person)
    )
    return and_(Person.disabled_on.is_(None), or_(~theirs, now_open))


def check_in_time(session: Session, person: Person) -> None:
    """Refuse an auditor before the first and after the last day of their account."""
    held = session.execute(
        select(RoleHeld.starts_on, RoleHeld.ends_on)
        .where(RoleHeld.person_id == person.id, RoleHeld.role == Role.AUDITOR)
        .order_by(RoleHeld.starts_on)
    ).all()
    day = today(session)
    if not held or any(first <= day <= (last or date.max) for first, last in held):
        return
    to_come = [first for first, _ in held if first > day]
    if to_come:
        raise Refused(f"Your account is open from {_in_words(to_come[0])}. Sign in from that day on.")
    last = max(last for _, last in held if last is not None)
    raise Refused(
        f"Your account was open until {_in_words(last)}. Ask the office that opened it if you need it longer."
    )


def check_only_reads(session: Session, person: Person, action: str) -> None:
    """Refuse whatever an auditor does but signing in and out, and reading what is named for them."""
    if action not in _DONE_BY_AUDITORS and is_auditor(session, person):
        raise _only_reads(person)


def _auditors(session: Session) -> frozenset[int]:
    known = session.info.setdefault(KNOWN, {})
    key = ("auditors", 0, date.min)
    if key not in known:
        with session.no_autoflush:  # asked in the middle of actions, whose rows may not be whole yet
            known[key] = frozenset(session.scalars(auditors()))
    found: frozenset[int] = known[key]
    return found


@event.listens_for(Session, "after_flush")
def _refuse_work_for_auditors(session: Session, _context: object) -> None:
    ids = _auditors(session)
    if not ids:
        return
    for row in (*session.new, *session.dirty):
        if row.__tablename__ in _NAME_AUDITORS or (isinstance(row, RoleHeld) and row.role == Role.AUDITOR):
            continue
        for column in _people_of(object_mapper(row)):
            if getattr(row, column) in ids:
                raise _only_reads(session.get_one(Person, getattr(row, column)))


@cache
def _people_of(mapper: Mapper[Base]) -> tuple[str, ...]:
    """The attributes of a table's rows that are numbers of people."""
    return tuple(
        mapper.get_property_by_column(column).key
        for column in mapper.columns
        if any(key.column.table.name == Person.__tablename__ for key in column.foreign_keys)
    )


def _only_reads(person: Person) -> Refused:
    return Refused(
        f"{person.name} has an outside auditor's account, which reads the samples named for it and no more. "
        "Somebody of the office has to do this."
    )


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
