"""What is kept of telling people about a review: what was shared with the caseworker, and disputes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.database import Base
from sampling.records.people import Person
from scorecards.tables import Review


class Feedback(Base):
    """When the feedback sheet of a review was shared with its caseworker, and what they said to it."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("(comments = '') = (commented_on IS NULL)", name="commented_when"),)

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    shared_on: Mapped[date]
    shared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    comments: Mapped[str] = mapped_column(default="")
    commented_on: Mapped[date | None]

    review: Mapped[Review] = relationship()
    shared_by: Mapped[Person] = relationship()


class Dispute(Base):
    """A review that the caseworker's manager disputes, and what somebody else decided."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("grounds <> ''", name="has_grounds"),
        CheckConstraint("decision IN ('upheld', 'partly_upheld', 'not_upheld')", name="decision_known"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by_id IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decision IS NULL OR decision_reason <> ''", name="decided_why"),
        CheckConstraint("decided_by_id <> raised_by_id", name="second_person"),
        Index("ix_dispute_review", "review_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    requirement_keys: Mapped[list[str]]
    grounds: Mapped[str]
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str | None]
    decision_reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    review: Mapped[Review] = relationship()
    raised_by: Mapped[Person] = relationship(foreign_keys=[raised_by_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
