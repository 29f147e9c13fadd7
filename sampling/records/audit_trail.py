"""Who did what, and when. Every action writes one entry in the transaction that did it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from sampling.records.database import Base, now
from sampling.records.people import Person


class AuditEntry(Base):
    """One thing that was done. `by_id` is empty for what the command line did by itself."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]


def record(session: Session, action: str, subject: str, *, by: Person | None, **details: Any) -> None:
    """Write an entry: the action's name, what it was done to ("draw 3"), and what changed."""
    session.add(
        AuditEntry(
            at=now(session), by_id=by.id if by else None, action=action, subject=subject, details=details
        )
    )
