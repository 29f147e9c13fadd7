"""What is kept of stepping in: interventions on open cases, cases held back, and who may let them go."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person
from scorecards.approval_rows import Level as Level
from scorecards.tables import Review

_LEVEL_KNOWN = f"level IN ({', '.join(repr(str(level)) for level in Level)})"


class ApprovalLevel(Base):
    """A kind of decision and the level that approves it, from a day on. A later row takes its place."""

    __tablename__ = "approval_level"
    __table_args__ = (CheckConstraint(_LEVEL_KNOWN, name="level_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[str]
    level: Mapped[str]
    reference: Mapped[str]  # the paragraphs it rests on, as typed
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Approver(Base):
    """A person who approves at a level from when until when, besides what their role lets them approve."""

    __tablename__ = "approver"
    __table_args__ = (
        CheckConstraint(_LEVEL_KNOWN, name="level_known"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        Index("ix_approver_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    level: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Intervention(Base):
    """What is to be put right on an open case now: what, who, by when, and what came of it."""

    __tablename__ = "intervention"
    __table_args__ = (
        CheckConstraint("what <> ''", name="has_what"),
        CheckConstraint("(done_on IS NULL) = (result = '')", name="done_has_result"),
        Index("ix_intervention_review", "review_id"),
        Index("ix_intervention_owner", "owner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    requirement_key: Mapped[str]
    what: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    done_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    result: Mapped[str] = mapped_column(default="")

    review: Mapped[Review] = relationship()
    owner: Mapped[Person] = relationship(foreign_keys=[owner_id])


class HeldCase(Base):
    """A case that must not go out: an outcome requirement of an open review is not met.

    It is let go when it was put right, or when an approver of the level releases it with a reason. What
    was put right and is found not met again is held anew, beside what became of it before.
    """

    __tablename__ = "held_case"
    __table_args__ = (
        CheckConstraint(f"required_{_LEVEL_KNOWN}", name="level_known"),
        CheckConstraint("(released_at IS NULL) = (released_by_id IS NULL)", name="released_by"),
        CheckConstraint("released_at IS NULL OR release_reason <> ''", name="released_why"),
        CheckConstraint("released_at IS NULL OR put_right_at IS NULL", name="let_go_once"),
        Index("ix_held_case_case", "case_id"),
        Index("ix_held_case_review", "review_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    held_at: Mapped[datetime]
    required_level: Mapped[str]
    decision: Mapped[str]  # the kind of decision that fixed the level
    lowered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # until it is raised again
    put_right_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    release_reason: Mapped[str] = mapped_column(default="")
    told_at: Mapped[datetime | None]  # when a manager of the case's team first saw it here

    review: Mapped[Review] = relationship()
    case: Mapped[Case] = relationship()
    released_by: Mapped[Person | None] = relationship(foreign_keys=[released_by_id])
