"""The daily digest: what waits for a person, in one e-mail, on days when something grows more pressing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from learning_register.digest_things import Thing, things_by_person
from learning_register.mail import TO_SEND, MailKind, state_of
from learning_register.mail_message import is_address
from learning_register.tables_mail import Mail
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.office import day_in_words, the_office
from sampling.records.people import Person

_LISTED: Final = 20


@dataclass(frozen=True)
class Digest:
    """What waits for one person on a day. `news` are the keys of what they were not told of before.

    `not_sent_because` is why they get no e-mail, in words that follow their name; None where they do.
    """

    to_id: int
    name: str
    day: date
    things: tuple[Thing, ...]
    news: frozenset[str]
    not_sent_because: str | None


def digests(session: Session) -> list[Digest]:
    """What waits today for everybody for whom something does, by name."""
    things = things_by_person(session)
    told = _told(session)
    people = session.scalars(select(Person).where(Person.id.in_(things)).order_by(Person.name, Person.id))
    return [
        Digest(
            to_id=person.id,
            name=person.name,
            day=today(session),
            things=tuple(things[person.id]),
            news=frozenset({thing.key for thing in things[person.id]} - told.get(person.id, set())),
            not_sent_because=_not_sent_because(person),
        )
        for person in people
    ]


def write_digest(session: Session, digest: Digest, *, address: str | None) -> Mail | None:
    """Keep the digest of today, to be sent; None where one went already, or may have gone.

    One that failed is written anew. `address` is where the app is, for links; None leaves them out.
    """
    person = session.scalars(select(Person).where(Person.id == digest.to_id).with_for_update()).one()
    assert person.email is not None
    mail = session.scalars(
        select(Mail).where(Mail.to_id == person.id, Mail.for_day == digest.day)
    ).one_or_none()
    if mail is not None and state_of(mail, now(session)) not in TO_SEND:
        return None
    office = the_office(session)
    if mail is None:
        mail = Mail(kind=MailKind.DIGEST, to_id=person.id, for_day=digest.day)
        session.add(mail)
    mail.to_address, mail.written_at = person.email, now(session)
    mail.subject = f"Casework QA: what waits for you on {day_in_words(digest.day)}"
    mail.body = _text(digest, office=office.name if office else "", address=address)
    mail.told = [thing.key for thing in digest.things]
    session.flush()
    audit_trail.record(session, "write_digest", f"mail {mail.id}", by=None, to=mail.to_id)
    return mail


def _told(session: Session) -> dict[int, set[str]]:
    """What each person was told in the newest digest that went to them."""
    newest = (
        select(func.max(Mail.id))
        .where(Mail.kind == MailKind.DIGEST, Mail.sent_at.is_not(None))
        .group_by(Mail.to_id)
    )
    rows = session.execute(select(Mail.to_id, Mail.told).where(Mail.id.in_(newest)))
    return {row[0]: set(row[1]) for row in rows}


def _not_sent_because(person: Person) -> str | None:
    if person.disabled_on is not None:
        return "has left"
    if person.email is None:
        return "has no e-mail address here"
    if not is_address(person.email):
        return "has an address that no e-mail can go to"
    return None


def _text(digest: Digest, *, office: str, address: str | None) -> str:
    parts = [f"Dear {digest.name},", f"This waits for you on {day_in_words(digest.day)}."]
    # Marked only where something is old: else everything would be marked.
    marked: Collection[str] = digest.news if len(digest.news) < len(digest.things) else ()
    for group, things in groupby(digest.things, key=lambda thing: thing.group):
        listed = list(things)
        lines = [group.upper()]
        for thing in listed[:_LISTED]:
            lines.append(f"- {'New: ' if thing.key in marked else ''}{thing.words}")
            if address is not None:
                lines.append(f"  {address}/{thing.path}")
        if len(listed) > _LISTED:
            lines.append(f"- and {len(listed) - _LISTED:,} more, in Casework QA.")
        parts.append("\n".join(lines))
    parts.append(
        "You get this e-mail on days when something here has become more pressing, and none on the others."
    )
    if office:
        parts.append(office)
    return "\n\n".join(parts) + "\n"
