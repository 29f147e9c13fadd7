"""An e-mail as servers and mail programs read it: one person, one subject, plain text."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from sampling.refused import Refused

LONGEST_SUBJECT: Final = 200
LONGEST_BODY: Final = 20_000

# What every server takes. An address in other letters would need each server on the way to know them.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Outgoing:
    """A kept e-mail on its way. `reply_to` is where answers go, None for the sender's own address."""

    mail_id: int
    to_address: str
    subject: str
    body: str
    reply_to: str | None
    is_automatic: bool
    written_at: datetime
    made_at: datetime


def as_message(outgoing: Outgoing, *, sender: str, is_draft: bool = False) -> EmailMessage:
    """The message, from an address. A draft opens in a mail program as one that is still to be sent.

    The same e-mail has the same Message-ID at every attempt, so that one that came twice is known as one.
    """
    for address in (sender, outgoing.to_address, *([outgoing.reply_to] if outgoing.reply_to else [])):
        check_address(address)
    check_subject(outgoing.subject)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = outgoing.to_address
    message["Subject"] = outgoing.subject
    message["Date"] = format_datetime(outgoing.made_at)
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<casework-qa.{outgoing.mail_id}.{outgoing.written_at:%Y%m%d%H%M%S%f}@{domain}>"
    if outgoing.reply_to and outgoing.reply_to != sender:
        message["Reply-To"] = outgoing.reply_to
    if outgoing.is_automatic:
        message["Auto-Submitted"] = "auto-generated"  # so that no absence note answers it (RFC 3834)
    if is_draft:
        message["X-Unsent"] = "1"
    # Quoted-printable passes every server, also one that takes seven bits only.
    message.set_content(outgoing.body, cte="quoted-printable")
    return message


def is_address(address: str) -> bool:
    """Whether this can stand as the one address of a header."""
    return len(address) <= 254 and _ADDRESS.fullmatch(address) is not None


def check_address(address: str) -> None:
    """Refuse what cannot stand as the one address of a header."""
    if not is_address(address):
        shown = _CONTROL.sub(" ", address)[:100]
        raise Refused(f"“{shown}” is no address that an e-mail can go to. An administrator can correct it.")


def check_subject(subject: str) -> None:
    """Refuse a subject that is empty, too long, or more than one line: the rest would pass for headers."""
    if not subject.strip():
        raise Refused("The e-mail has no subject. Type one.")
    if len(subject) > LONGEST_SUBJECT:
        raise Refused(f"The subject has {len(subject)} characters; {LONGEST_SUBJECT} fit. Shorten it.")
    if _CONTROL.search(subject):
        raise Refused("The subject has more than one line, or signs that no line holds. Type it in one line.")


def checked_body(body: str) -> str:
    """The text of an e-mail without signs that no text holds; refuses an empty or endless one."""
    lines = [_CONTROL.sub(" ", line.replace("\t", "    ")).rstrip() for line in body.splitlines()]
    text = "\n".join(lines).strip()
    if not text:
        raise Refused("The e-mail says nothing. Write the text, or take the one that was proposed.")
    if len(text) > LONGEST_BODY:
        raise Refused(f"The e-mail has {len(text):,} characters; {LONGEST_BODY:,} fit. Shorten it.")
    return f"{text}\n"
