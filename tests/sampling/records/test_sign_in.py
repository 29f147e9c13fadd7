"""Signing in: what a stranger learns (nothing), how guessing is slowed, and when a session ends."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from sampling.records.audit_trail import AuditEntry, close_entries
from sampling.records.database import reading, writing
from sampling.records.office import disable_person
from sampling.records.people import Person
from sampling.records.sign_in import (
    IDLE_ENDS,
    USE_IS_NOTED,
    FailedSignIn,
    SignInSession,
    check_may_sign_in,
    end_sessions,
    hash_password,
    is_use_to_note,
    note_use,
    open_session,
    person_of_token,
    sign_in,
    sign_out,
)
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PASSWORD = "a long enough password"


def fail(session: Session, *, times: int, email: str = "bea@example.org") -> None:
    """Wrong tries as they are kept; typing them would hash each."""
    session.add_all(FailedSignIn(email=email, place="", at=session.info["now"]) for _ in range(times))
    session.flush()


def failures(session: Session) -> Sequence[str]:
    return session.scalars(select(FailedSignIn.email).order_by(FailedSignIn.id)).all()


def test_the_right_password_gives_a_token_for_that_person(session: Session, bea: Person) -> None:
    token = sign_in(session, " BEA@Example.org ", PASSWORD)
    assert token is not None
    assert person_of_token(session, token) is bea
    close_entries(session)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in")).one()
    assert (entry.by_id, entry.subject, entry.details) == (bea.id, f"person {bea.id}", {})


def test_wrong_unknown_disabled_and_without_password_are_answered_alike(
    session: Session, ada: Person, bea: Person
) -> None:
    session.add(Person(name="No Password", email="none@example.org"))
    disable_person(session, bea, by=ada)
    for email, password in (
        ("ada@example.org", "another long password"),
        ("ada@example.org", ""),
        ("nobody@example.org", PASSWORD),
        ("bea@example.org", PASSWORD),
        ("none@example.org", ""),
        ("no address at all", PASSWORD),
        ("ada@example.org\0'; --", PASSWORD),
    ):
        assert sign_in(session, email, password) is None
    assert len(failures(session)) == 7
    assert session.scalars(select(SignInSession)).all() == []


@pytest.mark.parametrize("email", ["bea@example.org", "nobody@example.org"])
def test_five_wrong_tries_close_an_address_for_a_quarter_of_an_hour(session: Session, email: str) -> None:
    fail(session, times=4, email=email)
    assert sign_in(session, email, "wrong password") is None
    # Known or not, and right or wrong: the same sentence, even in other letters.
    for typed in (email, f" {email.upper()}"):
        with pytest.raises(Refused, match=rf"Too many wrong tries for {email}\. Wait a quarter of an hour"):
            sign_in(session, typed, PASSWORD)
    session.info["now"] = NOW + 15 * MINUTE - timedelta(seconds=1)
    with pytest.raises(Refused):
        sign_in(session, email, PASSWORD)
    session.info["now"] = NOW + 15 * MINUTE
    assert (sign_in(session, email, PASSWORD) is not None) == (email == "bea@example.org")


def test_one_address_that_is_closed_leaves_the_others_open(session: Session) -> None:
    fail(session, times=5)
    assert sign_in(session, "ada@example.org", PASSWORD)


def test_a_right_password_forgets_the_wrong_ones_before_it(session: Session) -> None:
    fail(session, times=4)
    fail(session, times=1, email="ada@example.org")
    assert sign_in(session, "bea@example.org", PASSWORD)
    assert failures(session) == ["ada@example.org"]


def test_wrong_tries_are_kept_no_longer_than_they_count(session: Session) -> None:
    # People type passwords into the wrong field.
    fail(session, times=3, email="my secret password")
    session.info["now"] = NOW + 15 * MINUTE
    sign_in(session, "nobody@example.org", PASSWORD)
    assert failures(session) == ["nobody@example.org"]


def test_tries_sent_at_once_are_counted_one_by_one(opened: Engine) -> None:
    tries, results = 8, []
    ready = Barrier(tries)

    def attempt() -> None:
        ready.wait()
        try:
            with writing(opened, now=NOW) as session:
                results.append(sign_in(session, "burst@example.org", "wrong password"))
        except Refused:
            results.append("refused")

    threads = [Thread(target=attempt) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["None"] * 5 + ["refused"] * 3
    with reading(opened) as session:
        counted = select(func.count()).where(FailedSignIn.email == "burst@example.org")
        assert session.scalar(counted) == 5
    with writing(opened) as session:
        session.execute(text("DELETE FROM failed_sign_in"))


def test_the_database_holds_only_the_hash_of_a_token(session: Session) -> None:
    token = sign_in(session, "bea@example.org", PASSWORD)
    assert token is not None
    assert len(token) >= 43  # 32 random bytes
    session.flush()
    row = session.scalars(select(SignInSession)).one()
    assert row.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    for table in ("sign_in_session", "audit_entry", "person"):
        for found in session.execute(text(f"SELECT * FROM {table}")):
            assert token not in str(tuple(found))
            assert PASSWORD not in str(tuple(found))
    assert person_of_token(session, row.token_sha256) is None


def test_a_session_ends_when_nobody_uses_it(session: Session, bea: Person) -> None:
    token = sign_in(session, "bea@example.org", PASSWORD) or ""
    session.info["now"] = NOW + USE_IS_NOTED - timedelta(seconds=1)
    assert not is_use_to_note(session, token)
    session.info["now"] = NOW + timedelta(hours=1)
    assert is_use_to_note(session, token)
    note_use(session, token)
    assert not is_use_to_note(session, token)
    session.info["now"] = NOW + timedelta(hours=1) + IDLE_ENDS - timedelta(seconds=1)
    assert person_of_token(session, token) is bea
    session.info["now"] = NOW + timedelta(hours=1) + IDLE_ENDS
    assert person_of_token(session, token) is None
    note_use(session, "no such token")
    assert not is_use_to_note(session, "no such token")


def test_a_session_ends_after_twelve_hours_of_use_too(session: Session, bea: Person) -> None:
    token = sign_in(session, "bea@example.org", PASSWORD) or ""
    session.info["now"] = NOW + timedelta(hours=12) - timedelta(seconds=1)
    note_use(session, token)
    assert person_of_token(session, token) is bea
    session.info["now"] = NOW + timedelta(hours=12)
    assert person_of_token(session, token) is None
    session.info["now"] = NOW + timedelta(hours=13)
    assert sign_in(session, "bea@example.org", PASSWORD)
    assert len(session.scalars(select(SignInSession)).all()) == 1  # the ended one is cleared away


def test_signing_out_ends_one_session_and_only_that(session: Session, bea: Person) -> None:
    laptop, desk = (sign_in(session, "bea@example.org", PASSWORD) or "" for _ in range(2))
    assert laptop != desk
    sign_out(session, laptop)
    assert person_of_token(session, laptop) is None
    assert person_of_token(session, desk) is bea
    sign_out(session, laptop)
    sign_out(session, "never given out")
    close_entries(session)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_out")).all()
    assert [entry.by_id for entry in entries] == [bea.id]
    end_sessions(session, bea)
    assert person_of_token(session, desk) is None


def test_a_disabled_person_is_out_at_once(session: Session, ada: Person, bea: Person) -> None:
    token = sign_in(session, "bea@example.org", PASSWORD) or ""
    other = sign_in(session, "ada@example.org", PASSWORD) or ""
    disable_person(session, bea, by=ada)
    assert person_of_token(session, token) is None
    assert person_of_token(session, other) is ada


def test_hashes_are_salted() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert first.startswith("$argon2id$")


def test_a_hash_made_with_less_work_is_made_again_at_the_next_sign_in(session: Session, bea: Person) -> None:
    bea.password_hash = weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    assert sign_in(session, "bea@example.org", "wrong password") is None
    assert bea.password_hash == weak
    assert sign_in(session, "bea@example.org", PASSWORD)
    again = bea.password_hash
    assert again != weak
    assert sign_in(session, "bea@example.org", PASSWORD)
    assert bea.password_hash == again


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_fifty_wrong_tries_close_a_place_for_every_address(session: Session, email: str) -> None:
    for number in range(49):
        session.add(FailedSignIn(email=f"{number}@example.org", place="192.0.2.1", at=NOW))
    assert sign_in(session, email, "wrong password", place="192.0.2.1") is None
    with pytest.raises(Refused, match="Too many wrong tries from your network"):
        sign_in(session, "bea@example.org", PASSWORD, place="192.0.2.1")
    assert sign_in(session, "bea@example.org", PASSWORD, place="192.0.2.2")
    assert sign_in(session, "bea@example.org", PASSWORD)
    session.info["now"] = NOW + 15 * MINUTE
    assert sign_in(session, "bea@example.org", PASSWORD, place="192.0.2.1")


def test_what_was_closed_is_in_the_audit_trail_once(session: Session, bea: Person) -> None:
    fail(session, times=4)
    for number in range(48):
        session.add(FailedSignIn(email=f"{number}@example.org", place="192.0.2.1", at=NOW))
    for email in ("bea@example.org", "my secret password"):
        assert sign_in(session, email, "wrong password", place="192.0.2.1") is None
    close_entries(session)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("close_"))).all()
    assert [(entry.action, entry.subject, entry.details) for entry in entries] == [
        ("close_address", f"person {bea.id}", {}),
        ("close_place", "sign-in", {"place": "192.0.2.1"}),
    ]


def test_the_organisation_lets_in_who_is_known_and_not_disabled(
    session: Session, ada: Person, bea: Person
) -> None:
    assert check_may_sign_in(session, "BEA@example.org") is bea
    token = open_session(session, bea, through="organisation")
    assert person_of_token(session, token) is bea
    with pytest.raises(Refused, match=r"Nobody here has the address cy@example\.org\. Ask an administrator"):
        check_may_sign_in(session, "cy@example.org")
    disable_person(session, bea, by=ada)
    with pytest.raises(Refused, match="Your account here is disabled"):
        check_may_sign_in(session, "bea@example.org")
    assert person_of_token(session, token) is None
