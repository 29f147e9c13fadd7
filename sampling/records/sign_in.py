"""Signing in with a local account: argon2 hashes, throttling, and sessions that outlive a reload.

The browser holds a random token in an HttpOnly cookie; the database holds only its SHA-256.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records import audit_trail
from sampling.records.database import Base, now
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused

SHORTEST_PASSWORD: Final = 10
SESSION_LASTS: Final = timedelta(hours=12)
TRIES: Final = 5
WINDOW: Final = timedelta(minutes=15)

_hasher = PasswordHasher()


class SignInSession(Base):
    __tablename__ = "sign_in_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ends_at: Mapped[datetime]


class FailedSignIn(Base):
    __tablename__ = "failed_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


def hash_password(password: str) -> str:
    """The argon2id hash of a password; refuses one that is too short to resist guessing."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"The password has {len(password)} characters. Use at least {SHORTEST_PASSWORD}.")
    return _hasher.hash(password)


def sign_in(session: Session, email: str, password: str) -> str | None:
    """Check an address and a password. Returns the token for the cookie, or None: wrong.

    Five wrong tries for an address within a quarter of an hour close it for the rest of that
    time: Refused. Wrong tries must be kept, so the caller commits whatever comes back.
    """
    email = email.replace("\0", "").strip().lower()[:320]  # PostgreSQL has no place for a NUL
    moment = now(session)
    _one_try_at_a_time(session, email)
    failures = session.scalar(
        select(func.count())
        .select_from(FailedSignIn)
        .where(FailedSignIn.email == email, FailedSignIn.at > moment - WINDOW)
    )
    if failures is not None and failures >= TRIES:
        raise Refused(f"Too many wrong tries for {email}. Wait a quarter of an hour, then try again.")
    person = person_by_email(session, email)
    stored = person.password_hash if person is not None and person.disabled_on is None else None
    if not _matches(stored, password) or person is None:
        # What was typed may be anything, even a password: it is kept no longer than it counts.
        session.execute(delete(FailedSignIn).where(FailedSignIn.at <= moment - WINDOW))
        session.add(FailedSignIn(email=email, at=moment))
        return None
    session.execute(delete(FailedSignIn).where(FailedSignIn.email == email))
    session.execute(delete(SignInSession).where(SignInSession.ends_at < moment))
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(token_sha256=_sha256(token), person_id=person.id, ends_at=moment + SESSION_LASTS)
    )
    audit_trail.record(session, "sign_in", f"person {person.id}", by=person)
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
    """Who is signed in with a token; None for an unknown, ended or disabled one."""
    return session.scalars(
        select(Person)
        .join(SignInSession, SignInSession.person_id == Person.id)
        .where(
            SignInSession.token_sha256 == _sha256(token),
            SignInSession.ends_at > now(session),
            Person.disabled_on.is_(None),
        )
    ).first()


def _one_try_at_a_time(session: Session, email: str) -> None:
    # Or a hundred tries sent at once would all be counted before any of them has failed. SQLite lets
    # only one transaction write; PostgreSQL must be asked to.
    if session.connection().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(email))))


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
