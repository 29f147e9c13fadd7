"""What people have typed into forms and not saved: their own, kept while they type, gone once it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records.database import Base, now
from sampling.records.people import Person
from sampling.refused import Refused

LONGEST: Final = 100_000
KEPT_FOR: Final = timedelta(days=90)  # longer than anybody's absence, and then it is nobody's any more


class Unfinished(Base):
    """A form that somebody has begun: its texts by field, and what it showed of what it is to change."""

    __tablename__ = "unfinished"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, Any]]
    shown: Mapped[dict[str, Any]]
    since: Mapped[int]  # the newest entry of the audit trail when the form was shown
    kept_at: Mapped[datetime]


@dataclass(frozen=True)
class Begun:
    """A form as somebody left it."""

    texts: Mapping[str, str]
    shown: Mapping[str, str]
    since: int
    kept_at: datetime


def begun(session: Session, form: str, person: Person) -> Begun | None:
    """What a person has typed into a form and not saved; nobody reads what others have begun."""
    row = session.get(Unfinished, (person.id, form))
    return None if row is None else _begun(row)


def every_begun(session: Session, person: Person) -> dict[str, Begun]:
    """All that a person has typed and not saved, by form, what they typed last first."""
    rows = session.scalars(
        select(Unfinished).where(Unfinished.person_id == person.id).order_by(Unfinished.kept_at.desc())
    )
    return {row.form: _begun(row) for row in rows}


def _begun(row: Unfinished) -> Begun:
    return Begun(row.texts, row.shown, row.since, row.kept_at)


def keep_typed(
    session: Session,
    form: str,
    field: str,
    typed: str,
    *,
    instead_of: str,
    shown: Mapping[str, str],
    since: int,
    by: Person,
) -> str:
    """Keep the text of a field while a form is filled in, and give it as it is kept.

    `instead_of` is the text that was there before it was typed. What was typed over the same text in another
    window stays, in front. What nobody went on with for 90 days is thrown away on the way.
    """
    if len(typed) > LONGEST:
        raise Refused(f"The text has {len(typed):,} characters; {LONGEST:,} fit. Shorten it.")
    # Two windows of one person come one after the other.
    session.execute(select(Person.id).where(Person.id == by.id).with_for_update(key_share=True))
    session.execute(delete(Unfinished).where(Unfinished.kept_at < now(session) - KEPT_FOR))
    row = session.get(Unfinished, (by.id, form), populate_existing=True)
    if row is None:
        row = Unfinished(person_id=by.id, form=form, texts={}, shown=dict(shown), since=since)
        session.add(row)
    kept = both(instead_of, row.texts.get(field, instead_of), typed)
    row.texts = {**row.texts, field: kept}
    row.kept_at = now(session)
    session.flush()
    return kept


def forget_typed(session: Session, form: str, *, known: Mapping[str, str] | None = None, by: Person) -> None:
    """Throw away what a person has typed into a form: it is saved, or not wanted any more.

    With `known`, the texts that one window has, what was typed meanwhile in another stays.
    """
    row = session.get(Unfinished, (by.id, form), with_for_update=True)
    if row is None:
        return
    others = {name: text for name, text in row.texts.items() if known and known.get(name) != text}
    if others:
        row.texts = others
    else:
        session.delete(row)
    session.flush()


def both(before: str, stored: str, typed: str) -> str:
    """One text from two that were typed over the same one, so that nothing of either is lost."""
    if stored == before or stored in typed:
        return typed
    if typed == before or typed in stored:
        return stored
    return f"{stored}\n\n{typed}"
