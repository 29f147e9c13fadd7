"""Two people who change one thing: whoever saves second is told who changed what since they began."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa_app.wording import moment_in_words
from sampling.records.audit_trail import AuditEntry
from sampling.records.database import Base
from sampling.records.people import Person
from sampling.refused import Refused

_LONGEST = 300  # characters of a text that was changed; the whole of it stands on the screen


@dataclass(frozen=True)
class Watched:
    """What a form is to change, and in words what the form shows of it.

    The row is held while they are compared. The words are asked of a query of the reader's own, so that
    nobody is told here what is kept from them. `subject` and `actions` are how the audit trail calls what
    changes them: "action 12", and "reword_action".
    """

    row: tuple[type[Base], int]
    subject: str
    actions: Collection[str]
    words: Callable[[Session], Mapping[str, str]]


@dataclass(frozen=True)
class Shown:
    """What a form showed when it was begun, and the newest entry of the audit trail then."""

    words: Mapping[str, str]
    since: int


def shown_now(session: Session, watched: Watched) -> Shown:
    """What a form that is begun now shows."""
    newest = session.scalar(select(func.max(AuditEntry.number)))
    return Shown(watched.words(session), newest or 0)


def changed_meanwhile(session: Session, watched: Watched, shown: Shown, reader: Person) -> str | None:
    """Who changed what since a form was shown, from what to what, in a sentence; None if nothing did."""
    now = watched.words(session)
    changes = [
        f"{name}, from {_quoted(shown.words.get(name, ''))} to {_quoted(words)}"
        for name, words in now.items()
        if words != shown.words.get(name, "")
    ]
    if not changes:
        return None
    who = _who(session, watched, shown.since, reader)
    return f"{who} changed this since you began: {'; '.join(changes)}."


def check_unchanged(session: Session, watched: Watched, shown: Shown, reader: Person) -> None:
    """Refuse to save over what somebody else has changed since it was shown.

    Others who would change the same row wait until this is committed, so that of two who save at the same
    moment the second is told.
    """
    table, number = watched.row
    session.get_one(table, number, with_for_update=True)
    sentence = changed_meanwhile(session, watched, shown, reader)
    if sentence is not None:
        raise Refused(
            f"{sentence} Nothing of yours is lost: it is still in the form, which asks now whether it is to "
            "replace that."
        )


def _who(session: Session, watched: Watched, since: int, reader: Person) -> str:
    """Who changed it, and when last: "Hedda Head (6 July 2026 at 10:42)"."""
    found = session.execute(
        select(AuditEntry.by_id, Person.name, func.max(AuditEntry.at))
        .join(Person, Person.id == AuditEntry.by_id, isouter=True)
        .where(
            AuditEntry.subject == watched.subject,
            AuditEntry.action.in_(watched.actions),
            AuditEntry.number > since,
        )
        .group_by(AuditEntry.by_id, Person.name)
        .order_by(func.max(AuditEntry.at))
    ).all()
    names = [
        f"{'You, in another window' if by_id == reader.id else name or 'The system'} ({moment_in_words(at)})"
        for by_id, name, at in found
    ]
    return " and ".join(names) or "Somebody"


def _quoted(words: str) -> str:
    flat = " ".join(words.split())
    return f"“{flat if len(flat) <= _LONGEST else flat[:_LONGEST] + ' …'}”" if flat else "nothing"
