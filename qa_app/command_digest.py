"""`qa digest`: to each person one e-mail with what waits for them, on days when there is something new."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Annotated, Final

import typer
from sqlalchemy import Engine

from learning_register.digest import Digest, digests, write_digest
from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say, tell
from qa_app.mail_server import Attempt, MailServer, Outcome, mail_server, send_mail
from qa_app.migrating import migrate
from qa_app.settings import settings
from qa_app.wording import cases_in_words, in_words
from sampling.records.database import OFFICE_TIME, reading, today, writing
from sampling.refused import Refused

_RESULTS: Final = {
    "to send": "would be sent",
    "sent": "sent",
    "had already": "had today's already",
    "failed": "not sent",
    "not known": "not known whether it went",
    "nobody to send to": "not sent",
    "nothing new": "nothing new",
}
_ATTEMPTS: Final = {
    Outcome.SENT: "sent",
    Outcome.REFUSED: "failed",
    Outcome.UNREACHABLE: "failed",
    Outcome.NOT_KNOWN: "not known",
}


@dataclass(frozen=True)
class _Line:
    """What became of one person's digest."""

    name: str
    things: int
    result: str
    reason: str = ""

    def __str__(self) -> str:
        count = cases_in_words(self.things, "thing")
        words = f"{self.name}: {count}, {_RESULTS[self.result]}"
        return f"{words}: {self.reason}" if self.reason else words


def digest(
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Show what another day's digests would hold; not to send."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send/--dry-run", help="Send them, or only say who would get one.")
    ] = True,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Send everybody the digest of today: what waits for them, on days when there is something new."""
    with refusals():
        address, server = settings().address, mail_server() if send else None
        if send and day is not None:
            raise Refused("Digests are sent on their own day. Use --dry-run to see those of another day.")
        if send and server is None:
            raise Refused(
                "No mail server is set, so nothing can be sent. Set QA_SMTP_URL and QA_MAIL_FROM, "
                "or look with --dry-run."
            )
        with opened(address_of(database)) as engine:
            check_has_office(engine)
            migrate(engine)
            moment = datetime.combine(day.date(), time(9), OFFICE_TIME) if day else None
            with reading(engine, now=moment) as session:
                found, on = digests(session), today(session)
            if server is None:
                lines, broke_off = [_looked_at(each) for each in found], ""
            else:
                lines, broke_off = _send(engine, found, server, address)
        result: dict[str, object] = {
            "day": str(on),
            "digests": [
                {"to": line.name, "things": line.things, "result": line.result, "reason": line.reason}
                for line in lines
            ],
        }
        say(_in_words(lines, in_words(on)), result, as_json=as_json)
        if broke_off:
            raise Refused(broke_off)


def _looked_at(found: Digest) -> _Line:
    result, reason = "to send", ""
    if found.not_sent_because:
        result, reason = "nobody to send to", f"{found.name} {found.not_sent_because}."
    elif not found.news:
        result = "nothing new"
    return _Line(found.name, len(found.things), result, reason)


def _send(
    engine: Engine, found: Sequence[Digest], server: MailServer, address: str | None
) -> tuple[list[_Line], str]:
    """Send what is new; with the sentence that broke it off, where the server could not be reached."""
    lines: list[_Line] = []
    for number, each in enumerate(found, start=1):
        tell(number / len(found), f"Digest of {each.name}")
        line = _looked_at(each)
        if line.result == "to send":
            attempt = _send_one(engine, each, server, address)
            if attempt is None:
                line = replace(line, result="had already")
            else:
                result = _ATTEMPTS[attempt.outcome]
                line = replace(line, result=result, reason=attempt.reason)
                if attempt.outcome is Outcome.UNREACHABLE:
                    sent = sum(line.result == "sent" for line in lines)
                    return [*lines, line], (
                        f"{attempt.reason} {cases_in_words(sent, 'digest')} went before that. "
                        "Run it again when the server can be reached; nobody gets theirs twice."
                    )
        lines.append(line)
    return lines, ""


def _send_one(engine: Engine, found: Digest, server: MailServer, address: str | None) -> Attempt | None:
    with writing(engine) as session:
        mail = write_digest(session, found, address=address)
        mail_id = None if mail is None else mail.id
    return None if mail_id is None else send_mail(engine, mail_id, server, by_id=None)


def _in_words(lines: Sequence[_Line], day: str) -> str:
    if not lines:
        return f"{day}: nothing waits for anybody, so no digest is sent."
    return "\n".join([f"Digests of {day}", *(str(line) for line in lines)])
