"""Sending e-mail through the server that QA_SMTP_URL names.

It is smtp://host:port, smtp+starttls://user:password@host:port or smtps://user:password@host:port.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from learning_register.mail import claim_mail, record_failure, record_sent
from learning_register.mail_message import as_message
from learning_register.tables_mail import Mail
from qa_app.settings import settings
from sampling.records.database import writing
from sampling.records.people import Person
from sampling.refused import Refused

_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SECONDS: Final = 10
_NOTHING_SENT: Final = "The database could not do this just now, and nothing was sent. Do it again."
_NOT_KEPT: Final = (
    "What became of this e-mail could not be written down just now. Look at it again in some minutes: "
    "it may have gone."
)


@dataclass(frozen=True)
class MailServer:
    """A mail server, and the address that our e-mails come from."""

    host: str
    port: int
    scheme: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


class Outcome(StrEnum):
    """What became of an attempt to send."""

    SENT = "sent"
    REFUSED = "refused"  # by the server: this e-mail certainly did not go
    UNREACHABLE = "unreachable"  # no e-mail goes through this server now
    NOT_KNOWN = "not_known"  # the server broke off, and may have taken it


@dataclass(frozen=True)
class Attempt:
    """An attempt to send an e-mail; `reason` follows its colon, empty of one that was sent."""

    outcome: Outcome
    reason: str = ""


def mail_server() -> MailServer | None:
    """The server of QA_SMTP_URL; None where none is set."""
    read = settings()
    if read.smtp_url is None or read.mail_from is None:
        return None
    return server_at(read.smtp_url.get_secret_value(), sender=read.mail_from)


def server_at(url: str, *, sender: str) -> MailServer:
    """The server at an address. Refuses one that cannot be right, without repeating it: it has a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _PORTS or parts.path.strip("/") or parts.query or parts.fragment:
        raise Refused(
            "QA_SMTP_URL is not the address of a mail server. Set it to one such as "
            "smtp+starttls://user:password@mail.example.org:587; in user and password write %40 for @."
        )
    if parts.username and parts.scheme == "smtp":
        raise Refused(
            "QA_SMTP_URL would send the password so that anybody on the way can read it. "
            "Begin it with smtp+starttls:// or smtps://."
        )
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        scheme=parts.scheme,
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def send_mail(engine: Engine, mail_id: int, server: MailServer, *, by_id: int | None) -> Attempt:
    """Send an e-mail that is kept: claimed in one transaction, sent, and what came of it kept in another.

    Nothing of a screen happens in between: a second click would break it off there.
    """
    with _or_refused(engine, _NOTHING_SENT) as session:
        by = None if by_id is None else session.get_one(Person, by_id)
        outgoing = claim_mail(session, session.get_one(Mail, mail_id), by=by)
        message = as_message(outgoing, sender=server.sender)
    attempt = deliver(message, server)
    with _or_refused(engine, _NOT_KEPT) as session:
        by = None if by_id is None else session.get_one(Person, by_id)
        _keep(session, session.get_one(Mail, mail_id), attempt, by)
    return attempt


@contextmanager
def _or_refused(engine: Engine, sentence: str) -> Iterator[Session]:
    try:
        with writing(engine) as session:
            yield session
    except DBAPIError as error:
        from qa_app import log  # a fifth of a second to import, which most commands do not need

        log.trouble(error, place=__name__)
        raise Refused(sentence) from error


def _keep(session: Session, mail: Mail, attempt: Attempt, by: Person | None) -> None:
    if attempt.outcome is Outcome.SENT:
        record_sent(session, mail, by=by)
    else:
        record_failure(session, mail, attempt.reason, is_certain=attempt.outcome is not Outcome.NOT_KNOWN)


def deliver(message: EmailMessage, server: MailServer) -> Attempt:
    """Hand a message to the server, once."""
    try:
        with _connected(server) as smtp:
            return _handed_over(smtp, message)
    except smtplib.SMTPAuthenticationError:
        return Attempt(
            Outcome.UNREACHABLE, f"{server.host} does not take the user name and password it was given."
        )
    except smtplib.SMTPNotSupportedError:
        return Attempt(
            Outcome.UNREACHABLE,
            f"{server.host} does not offer what QA_SMTP_URL asks for: encryption or a sign-in.",
        )
    except (smtplib.SMTPException, OSError) as error:
        return Attempt(Outcome.UNREACHABLE, f"{server.host}:{server.port} does not answer: {_words(error)}.")


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    smtp: smtplib.SMTP
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    try:
        if server.scheme == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())  # refuses to go on without
        if server.user:
            smtp.login(server.user, server.password)
        smtp.ehlo_or_helo_if_needed()
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()  # what the server took it has taken, whatever it says to this
    finally:
        smtp.close()


def _handed_over(smtp: smtplib.SMTP, message: EmailMessage) -> Attempt:
    try:
        smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        ((code, said),) = refused.recipients.values()
        return Attempt(
            Outcome.REFUSED, f"the server does not take e-mail for {message['To']}: {_answer(code, said)}"
        )
    except smtplib.SMTPResponseException as refused:
        answer = _answer(refused.smtp_code, refused.smtp_error)
        return Attempt(Outcome.REFUSED, f"the server does not take the e-mail: {answer}")
    except (smtplib.SMTPException, OSError) as error:
        return Attempt(Outcome.NOT_KNOWN, f"the server broke off: {_words(error)}")
    return Attempt(Outcome.SENT)


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:300]


def _words(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200] or type(error).__name__
