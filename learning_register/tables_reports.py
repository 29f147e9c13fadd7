"""What is kept of reports: periods that were closed with their figures, and documents that were issued."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.database import Base
from sampling.records.people import Person
from scorecards.tables_themes import Commission


class ClosedPeriod(Base):
    """A period that a person closed, with its figures as they were then; later changes are restatements."""

    __tablename__ = "closed_period"
    __table_args__ = (
        UniqueConstraint("first_day", "last_day"),
        CheckConstraint("last_day >= first_day", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    closed_at: Mapped[datetime]
    closed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    figures: Mapped[dict[str, Any]]

    closed_by: Mapped[Person] = relationship()


class Report(Base):
    """A document for readers outside the screens: prepared, approved by somebody else, then issued.

    `contents` is the document as data, from which every format was made. Once it is approved the
    database lets nothing of it be changed, but that it is issued.
    """

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="ends_after_start"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved_whole"),
        CheckConstraint("approved_by_id <> prepared_by_id", name="second_person"),
        CheckConstraint("(issued_at IS NULL) = (issued_by_id IS NULL)", name="issued_whole"),
        CheckConstraint("issued_at IS NULL OR approved_at IS NOT NULL", name="issued_approved"),
        Index("ix_report_kind", "kind", "first_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    as_at: Mapped[datetime]
    commission_id: Mapped[int | None] = mapped_column(ForeignKey("commission.id"))
    contents: Mapped[dict[str, Any]]
    prepared_at: Mapped[datetime]
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    recipients: Mapped[list[str]]

    commission: Mapped[Commission | None] = relationship()
    prepared_by: Mapped[Person] = relationship(foreign_keys=[prepared_by_id])
    approved_by: Mapped[Person | None] = relationship(foreign_keys=[approved_by_id])
    issued_by: Mapped[Person | None] = relationship(foreign_keys=[issued_by_id])
    files: Mapped[list["ReportFile"]] = relationship(order_by="ReportFile.id")


class ReportFile(Base):
    """A report in one format, byte for byte as it was issued."""

    __tablename__ = "report_file"
    __table_args__ = (UniqueConstraint("report_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    name: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes]
