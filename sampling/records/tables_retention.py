"""What is kept of retention: holds, disposals and what they took, and who stands in for whoever was named."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person, Team
from sampling.records.retention import RecordClass

# The sample whose caseworkers were taken out, once all its reviews were disposed of.
SAMPLES = "samples"
_CLASSES = ", ".join(repr(str(kind)) for kind in RecordClass)
_ONE_SCOPE = " + ".join(
    f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in ("case_id", "person_id", "team_id", "kind")
)


class RetentionHold(Base):
    """Why something is not disposed of: all of one case, caseworker or team, or everything of a class.

    Released by a person with a reason, and never deleted.
    """

    __tablename__ = "retention_hold"
    __table_args__ = (
        CheckConstraint(f"{_ONE_SCOPE} = 1", name="one_scope"),
        CheckConstraint(f"kind IN ({_CLASSES})", name="kind_known"),
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("(released_at IS NULL) = (released_by_id IS NULL)", name="released_by"),
        CheckConstraint("(released_at IS NULL) = (release_reason = '')", name="released_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    kind: Mapped[str | None]
    reason: Mapped[str]
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    release_reason: Mapped[str] = mapped_column(default="")

    case: Mapped[Case | None] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    team: Mapped[Team | None] = relationship()
    placed_by: Mapped[Person] = relationship(foreign_keys=[placed_by_id])
    released_by: Mapped[Person | None] = relationship(foreign_keys=[released_by_id])


class Disposal(Base):
    """One line of the disposal log: a class, how many records, by what period, until when, by whom."""

    __tablename__ = "disposal"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_CLASSES})", name="kind_known"),
        CheckConstraint("records > 0", name="has_records"),
        CheckConstraint("years > 0", name="has_period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    until: Mapped[date]
    years: Mapped[int]
    period_from: Mapped[date | None]  # from when that period holds; empty for the one shipped
    records: Mapped[int]
    held: Mapped[int]
    records_sha256: Mapped[str]

    by: Mapped[Person] = relationship()


class DisposedRecord(Base):
    """A record that was disposed of, by its number. The guards of what is frozen ask for it."""

    __tablename__ = "disposed_record"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_CLASSES}, '{SAMPLES}')", name="kind_known"),
        Index("ix_disposed_record_disposal", "disposal_id"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    disposal_id: Mapped[int] = mapped_column(ForeignKey("disposal.id"))

    disposal: Mapped[Disposal] = relationship()


class StandIn(Base):
    """A person who is nobody: stands where somebody was named. Within one record the first is always one and
    the same person, the second another; from record to record they tell nothing.
    """

    __tablename__ = "stand_in"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
