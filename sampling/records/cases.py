"""The cases of the office, as its case system last told them, and what they were before.

The product never writes to the case system. It keeps the least it needs: no names of
complainants, no addresses, no notes.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from sampling.records.database import Base
from sampling.records.people import Person


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Import(Base):
    """One extract that was taken in. `undone_at` is set when it was taken back."""

    __tablename__ = "import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    as_at: Mapped[datetime]
    mapping_name: Mapped[str | None]
    mapping: Mapped[dict[str, Any]]
    dropped_columns: Mapped[list[str]]
    notes: Mapped[list[str]]
    cases_new: Mapped[int]
    cases_changed: Mapped[int]
    cases_same: Mapped[int]
    cases_vanished: Mapped[int]
    rows_refused: Mapped[int]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Case(Base):
    """A case. `last_import_id` is the last import that added or changed it."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint("reference_key = upper(reference)", name="reference_key"),
        CheckConstraint("state IN ('open', 'closed', 'cancelled', 'merged')", name="state_known"),
        CheckConstraint("closed_on IS NULL OR received_on IS NULL OR closed_on >= received_on", name="dates"),
        Index("ix_case_state_closed", "state", "closed_on"),
        Index("ix_case_team", "team_id"),
        Index("ix_case_caseworker", "caseworker_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str]
    reference_key: Mapped[str] = mapped_column(unique=True)
    system_id: Mapped[str | None]  # what the case system itself calls it, for a link
    state: Mapped[str]
    case_type: Mapped[str | None]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    received_on: Mapped[date | None]
    allocated_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    stage: Mapped[str | None]
    outcome: Mapped[str | None]
    risk: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]
    first_import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    last_import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))


class CaseBefore(Base):
    """What a case was before an import changed it: the changed fields and their old values."""

    __tablename__ = "case_before"
    __table_args__ = (UniqueConstraint("import_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    before: Mapped[dict[str, Any]]


class SavedMapping(Base):
    """A mapping of columns under a name, to be used again."""

    __tablename__ = "saved_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    mapping: Mapped[dict[str, Any]]


def ever_was(person: Person, column: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """The condition on Case that the newest extract, or one it has overwritten, named the person there."""
    before = exists(
        select(CaseBefore.id)
        .where(CaseBefore.case_id == Case.id, CaseBefore.before[column.key].as_integer() == person.id)
        .correlate(Case)
    )
    return or_(func.coalesce(column, 0) == person.id, before)
