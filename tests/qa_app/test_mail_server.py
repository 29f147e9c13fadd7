"""Sending through a real mail server: what is set, what goes, and what is said when it does not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from threading import Barrier, Thread

import pytest
from post_office import SENDER, PostOffice, free_port, post_office
from scored_office import ScoredOffice
from sqlalchemy import Engine

from learning_register.mail_message import Outgoing, as_message
from learning_register.tables_mail import Mail
from qa_app.mail_server import MailServer, Outcome, deliver, mail_server, send_mail
from qa_app.settings import settings
from sampling.records.audit_trail import record
from sampling.refused import Refused

SECRET = "s3cret-w0rd"


@pytest.fixture(scope="module")
def server() -> Iterator[PostOffice]:
    with post_office() as found:
        yield found


@pytest.fixture
def post(server: PostOffice) -> PostOffice:
    server.reset()
    return server


def message(to: str = "nora@example.org") -> EmailMessage:
    moment = datetime(2026, 7, 6, 9, tzinfo=UTC)
    body = "Zoë\n.\nlast\n"
    return as_message(Outgoing(1, to, "Größe", body, None, True, moment, moment), sender=SENDER)


def at(port: int, scheme: str = "smtp", user: str = "") -> MailServer:
    return MailServer("127.0.0.1", port, scheme, SENDER, user, SECRET if user else "")


def test_an_email_arrives_as_it_was_written(post: PostOffice) -> None:
    assert deliver(message(), at(post.port)).outcome is Outcome.SENT
    (found,) = post.taken
    assert (found["Subject"], found["From"], found["Auto-Submitted"]) == ("Größe", SENDER, "auto-generated")
    assert found.get_content().splitlines() == ["Zoë", ".", "last"]


def test_a_server_that_has_nobody_of_that_name(post: PostOffice) -> None:
    post.refuses = {"nora@example.org"}
    attempt = deliver(message(), at(post.port))
    assert attempt.outcome is Outcome.REFUSED
    assert attempt.reason.endswith("does not take e-mail for nora@example.org: 550 Nobody here has that name")
    assert post.taken == []


def test_a_server_that_hangs_up_may_have_taken_it(post: PostOffice) -> None:
    post.breaks_off = True
    attempt = deliver(message(), at(post.port))
    assert attempt.outcome is Outcome.NOT_KNOWN
    assert len(post.taken) == 1


def test_two_who_send_the_same_email_at_once_send_it_once(engine: Engine, post: PostOffice) -> None:
    office = ScoredOffice(engine, with_sign_in=["Otto Owner", "Hedda Head"])
    with office.writing() as session:
        otto = office.person(session, "Otto Owner")
        mail = Mail(kind="digest", to_id=otto.id, to_address="otto@example.org", subject="S", body="B\n")
        mail.for_day, mail.written_at = office.now.date(), office.now
        session.add(mail)
        session.flush()
        record(session, "set_up", "test", by=None)
        mail_id = mail.id
    start, said = Barrier(2), []

    def send() -> None:
        start.wait(timeout=30)
        try:
            said.append(str(send_mail(engine, mail_id, at(post.port), by_id=None).outcome))
        except Refused as refused:
            said.append(str(refused))

    senders = [Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=60)
    assert len(post.taken) == 1
    went, refused = sorted(said, reverse=True)
    assert went == "sent"
    assert "already" in refused


def test_a_server_that_is_down() -> None:
    port = free_port()
    attempt = deliver(message(), at(port))
    assert attempt.outcome is Outcome.UNREACHABLE
    assert attempt.reason.startswith(f"127.0.0.1:{port} does not answer: ")


@pytest.mark.parametrize(("scheme", "user"), [("smtp+starttls", ""), ("smtp+starttls", "qa"), ("smtp", "qa")])
def test_no_password_goes_to_a_server_that_does_not_offer_it(
    post: PostOffice, scheme: str, user: str
) -> None:
    attempt = deliver(message(), at(post.port, scheme, user))
    assert attempt.outcome is Outcome.UNREACHABLE
    assert "does not offer what QA_SMTP_URL asks for" in attempt.reason
    assert SECRET not in attempt.reason
    assert post.taken == []


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        (f"http://user:{SECRET}@mail.example.org", SENDER, "not the address of a mail server"),
        (f"smtps://user:{SECRET}@", SENDER, "not the address of a mail server"),
        (f"smtps://user:{SECRET}@mail.example.org:99999", SENDER, "not the address of a mail server"),
        (f"smtps://user:{SECRET}@[mail", SENDER, "not the address of a mail server"),
        (f"smtp://user:{SECRET}@mail.example.org", SENDER, "anybody on the way can read it"),
        ("smtp://mail.example.org", "", "QA_MAIL_FROM is empty"),
        ("smtp://mail.example.org", "QA <qa@example.org>", "QA_MAIL_FROM is no address"),
    ],
)
def test_what_is_set_wrong_is_said_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str, sender: str, words: str
) -> None:
    monkeypatch.setenv("QA_SMTP_URL", url)
    monkeypatch.setenv("QA_MAIL_FROM", sender)
    with pytest.raises(Refused, match=words) as refused:
        mail_server()
    assert SECRET not in str(refused.value)


def test_what_is_set_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QA_SMTP_URL", raising=False)
    assert mail_server() is None
    monkeypatch.setenv("QA_MAIL_FROM", SENDER)
    monkeypatch.setenv("QA_SMTP_URL", f"smtp+starttls://qa%40example.org:{SECRET}%2F@mail.example.org")
    found = mail_server()
    assert found == MailServer(
        "mail.example.org", 587, "smtp+starttls", SENDER, "qa@example.org", f"{SECRET}/"
    )
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("address", "found"),
    [("", None), ("https://qa.example.org/", "https://qa.example.org"), ("http://localhost:8501", None)],
)
def test_where_the_app_is(monkeypatch: pytest.MonkeyPatch, address: str, found: str | None) -> None:
    monkeypatch.setenv("QA_ADDRESS", address)
    assert settings().address == (found or address or None)


@pytest.mark.parametrize("address", ["qa.example.org", "javascript://qa", "https://qa.example.org/\nBcc"])
def test_where_no_app_can_be(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("QA_ADDRESS", address)
    with pytest.raises(Refused, match="QA_ADDRESS"):
        settings()
