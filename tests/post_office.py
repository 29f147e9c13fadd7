"""A real mail server for tests, on a free port of this machine, and what it was given."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

SENDER = "casework-qa@example.org"


@dataclass
class PostOffice:
    """What the server took, in order; `refuses` are addresses it has nobody for.

    `breaks_off` lets it take the next e-mail and hang up without a word.
    """

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    breaks_off: bool = False

    @property
    def settings(self) -> dict[str, str]:
        return {"QA_SMTP_URL": f"smtp://127.0.0.1:{self.port}", "QA_MAIL_FROM": SENDER}

    def to(self) -> list[str]:
        """Whom the e-mails went to."""
        return [str(message["To"]) for message in self.taken]

    def reset(self) -> None:
        self.taken, self.refuses, self.breaks_off = [], set(), False

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 Nobody here has that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]]
        self.taken.append(message)
        if self.breaks_off:
            assert server.transport is not None
            server.transport.close()
        return "250 OK"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """A server while the block lasts."""
    port = free_port()
    found = PostOffice(port)
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


def free_port() -> int:
    """A port at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
