"""Who read the results of a named person: noted by the queries that give them, kept in the audit trail.

Noted is what was found in a case (its caseworker's results), and figures or answers that stand beside
somebody's name. Not noted are lists of cases by their references, counts of a team, and who owns or did what;
nor what people read of themselves or wrote. A query only notes; whoever opened its session keeps what was
noted, once a day for each reader, person and screen, so that a screen shown again writes nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import OFFICE_TIME, today
from sampling.records.people import Person

READ: Final = "read_results"
# Screens of figures and of what reviewers answered. The others tell what a review found in a case.
_TELL_NO_FINDING: Final = ("service", "results", "calibration")

_NOTED: Final = "readings noted"


@dataclass(frozen=True)
class Reading:
    """Somebody read a person's results on a day."""

    day: date
    reader_id: int
    person_id: int


@dataclass(frozen=True)
class ReadingOn:
    """A reading as it is on record: who read a person's results, when, and on which screen."""

    at: datetime
    reader: str
    screen: str


def note_reading(session: Session, people: Iterable[int | None], *, by: Person) -> None:
    """Note that somebody is given the results of people, by their numbers; None is nobody, and oneself too.

    What was noted is forgotten with the session, unless `take_noted` fetches it.
    """
    noted: set[Reading] = session.info.setdefault(_NOTED, set())
    day = today(session)
    noted.update(Reading(day, by.id, number) for number in people if number is not None and number != by.id)


def take_noted(session: Session) -> frozenset[Reading]:
    """What queries have noted in a session so far. Fetched once: it is for the caller to keep."""
    return frozenset(session.info.pop(_NOTED, ()))


def not_kept(session: Session, readings: Collection[Reading], screen: str) -> list[Reading]:
    """Those readings on a screen that are not on record yet."""
    kept: set[Reading] = set()
    for day, reader_id in {(one.day, one.reader_id) for one in readings}:
        midnight = datetime.combine(day, time(), OFFICE_TIME)
        # The entries since midnight are the last ones, however long the trail is.
        before = (
            select(AuditEntry.number)
            .where(AuditEntry.at < midnight)
            .order_by(AuditEntry.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        entries = session.execute(
            select(AuditEntry.subject, AuditEntry.details).where(
                AuditEntry.number > func.coalesce(before, 0),
                AuditEntry.by_id == reader_id,
                AuditEntry.action == READ,
            )
        )
        kept |= {
            Reading(day, reader_id, int(subject.removeprefix("person ")))
            for subject, details in entries
            if details.get("screen") == screen
        }
    return sorted(set(readings) - kept, key=lambda one: (one.day, one.reader_id, one.person_id))


def keep_readings(session: Session, readings: Collection[Reading], screen: str) -> None:
    """Put readings on a screen on record, each with the person read about as its subject."""
    if session.get_bind().dialect.name == "postgresql":  # two tabs at once; SQLite lets one write at a time
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('readings'))"))
    for one in not_kept(session, readings, screen):
        reader = session.get_one(Person, one.reader_id)
        audit_trail.record(session, READ, f"person {one.person_id}", by=reader, screen=screen)


def readings_about(session: Session, person: Person, *, findings: bool) -> list[ReadingOn]:
    """Who has read a person's results, the latest first.

    Without `findings` only on screens that tell nothing of what a review found: for whoever must not know
    whether there is one.
    """
    rows = session.execute(
        select(AuditEntry.at, Person.name, AuditEntry.details)
        .join(Person, Person.id == AuditEntry.by_id)
        .where(AuditEntry.action == READ, AuditEntry.subject == f"person {person.id}")
        .order_by(AuditEntry.number.desc())
    )
    return [
        ReadingOn(at, reader, details["screen"])
        for at, reader, details in rows
        if findings or details["screen"] in _TELL_NO_FINDING
    ]
