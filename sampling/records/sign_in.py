"""Signing in: argon2 hashes and throttling for local accounts, and sessions that outlive a reload for all.

The browser holds a random token in an HttpOnly cookie; the database holds only its SHA-256. Whoever signs in
through the organisation gets the same session, so that all sessions end in the same ways.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records import audit_trail
from sampling.records.auditors import check_in_time, is_let_in
from sampling.records.database import Base, now, today
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused

SESSION_LASTS: Final = timedelta(hours=12)
IDLE_ENDS: Final = timedelta(hours=2)  # long enough for reading a file: what is answered is kept anyway
USE_IS_NOTED: Final = timedelta(minutes=5)  # not at each click
TRIES: Final = 5  # for one address
TRIES_FROM_ONE_PLACE: Final = 50  # a whole office may sit behind one
WINDOW: Final = timedelta(minutes=15)

_hasher = PasswordHasher()


class SignInSession(Base):
    __tablename__ = "sign_in_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ends_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class FailedSignIn(Base):
    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


def hash_password(password: str) -> str:
    """The argon2id hash of a password. `passwords.check_password` says which are refused."""
    return _hasher.hash(password)


def sign_in(session: Session, email: str, password: str, *, place: str = "") -> str | None:
    """Check an address and a password. Returns the token for the cookie, or None: wrong.

    Five wrong tries for an address within a quarter of an hour close it for the rest of that time, and fifty
    from one place (a network address; empty where none is known) close that place: Refused. So is an auditor
    whose time has not come or is over. Wrong tries must be kept, so the caller commits whatever comes back.
    """
    email = email.replace("\0", "").strip().lower()[:320]  # PostgreSQL has no place for a NUL
    moment = now(session)
    _one_try_at_a_time(session, place, email)
    failures = _failures(session, FailedSignIn.email == email)
    if failures >= TRIES:
        raise Refused(f"Too many wrong tries for {email}. Wait a quarter of an hour, then try again.")
    from_here = _failures(session, FailedSignIn.place == place) if place else 0
    if from_here >= TRIES_FROM_ONE_PLACE:
        raise Refused("Too many wrong tries from your network. Wait a quarter of an hour, then try again.")
    person = person_by_email(session, email)
    stored = person.password_hash if person is not None and person.disabled_on is None else None
    if not _matches(stored, password) or person is None:
        # What was typed may be anything, even a password: it is kept no longer than it counts.
        session.execute(delete(FailedSignIn).where(FailedSignIn.at <= moment - WINDOW))
        session.add(FailedSignIn(email=email, place=place, at=moment))
        if person is not None and failures + 1 == TRIES:
            audit_trail.record(session, "close_address", f"person {person.id}", by=None)
        if from_here + 1 == TRIES_FROM_ONE_PLACE:
            audit_trail.record(session, "close_place", "sign-in", by=None, place=place)
        return None
    check_in_time(session, person)
    session.execute(delete(FailedSignIn).where(FailedSignIn.email == email))
    if stored is not None and _hasher.check_needs_rehash(stored):  # hashed when computers were slower
        person.password_hash = _hasher.hash(password)
    return open_session(session, person)


def check_may_sign_in(session: Session, email: str) -> Person:
    """The person whom the organisation's own sign-in has named; refuses who has no place here."""
    person = person_by_email(session, email)
    if person is None:
        raise Refused(f"Nobody here has the address {email}. Ask an administrator of the office to add you.")
    check_is_open(session, person)
    return person


def check_is_open(session: Session, person: Person) -> None:
    """Refuse whose account is disabled, or is an auditor's outside its time."""
    if person.disabled_on is not None:
        raise Refused("Your account here is disabled. Ask an administrator of the office to enable it.")
    check_in_time(session, person)


def open_session(session: Session, person: Person, **details: object) -> str:
    """Sign in somebody who has shown who they are. Returns the token for the cookie."""
    moment = now(session)
    session.execute(delete(SignInSession).where(SignInSession.ends_at < moment))
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_sha256=_sha256(token),
            person_id=person.id,
            ends_at=moment + SESSION_LASTS,
            last_used_at=moment,
        )
    )
    audit_trail.record(session, "sign_in", f"person {person.id}", by=person, **details)
    return token


def end_sessions(session: Session, person: Person) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(SignInSession).where(SignInSession.person_id == person.id))


def sign_out(session: Session, token: str) -> None:
    """End the session of a token; an unknown token changes nothing."""
    row = session.get(SignInSession, _sha256(token))
    if row is not None:
        audit_trail.record(
            session, "sign_out", f"person {row.person_id}", by=session.get(Person, row.person_id)
        )
        session.delete(row)


def person_of_token(session: Session, token: str) -> Person | None:
    """Who is signed in with a token; None for an unknown or ended one, and for whose account is closed."""
    return session.scalars(
        select(Person)
        .join(SignInSession, SignInSession.person_id == Person.id)
        .where(
            SignInSession.token_sha256 == _sha256(token),
            SignInSession.ends_at > now(session),
            SignInSession.last_used_at > now(session) - IDLE_ENDS,
            is_let_in(today(session)),
        )
    ).first()


def is_use_to_note(session: Session, token: str) -> bool:
    """Whether a session was last noted as used some minutes ago, and is worth noting again."""
    is_this = SignInSession.token_sha256 == _sha256(token)
    used = session.scalar(select(SignInSession.last_used_at).where(is_this))
    return used is not None and used <= now(session) - USE_IS_NOTED


def note_use(session: Session, token: str) -> None:
    """Note that a session is in use, so that it does not end as idle."""
    row = session.get(SignInSession, _sha256(token))
    if row is not None:
        row.last_used_at = now(session)


def _one_try_at_a_time(session: Session, *names: str) -> None:
    # Or a hundred tries sent at once would all be counted before any of them has failed. SQLite lets
    # only one transaction write; PostgreSQL must be asked to, in the same order by everybody.
    if session.connection().dialect.name == "postgresql":
        for number, name in enumerate(names):
            if name:
                session.execute(select(func.pg_advisory_xact_lock(number, func.hashtext(name))))


def _failures(session: Session, of: ColumnElement[bool]) -> int:
    recent = FailedSignIn.at > now(session) - WINDOW
    return session.scalar(select(func.count()).select_from(FailedSignIn).where(of, recent)) or 0


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _a_hash_of_nothing(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _a_hash_of_nothing() -> str:
    """Compared where there is no account, so that an unknown address takes as long as a known one."""
    return _hasher.hash("nobody's password")


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
