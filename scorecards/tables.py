"""What is kept of scoring: scorecards, reviews with their answers and revisions, and pairs of reviews."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person
from sampling.tables import SampledCase


class ReviewState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"


class VersionState(StrEnum):
    """Where a version of a scorecard stands. It is never deleted, and what is published never changes."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ScorecardVersion(Base):
    """A version of a scorecard, whole, as TOML text: of a draft as far as it has come."""

    __tablename__ = "scorecard_version"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("state IN ('draft', 'published', 'retired')", name="state_known"),
        CheckConstraint(
            "(published_at IS NULL) = (sha256 IS NULL) "
            "AND (published_at IS NULL) = (published_by_id IS NULL)",
            name="published_whole",
        ),
        CheckConstraint("state <> 'draft' OR published_at IS NULL", name="draft_not_published"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published_when"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_when"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default=VersionState.PUBLISHED)
    definition: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(unique=True)
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    retired_at: Mapped[datetime | None]
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ScorecardUse(Base):
    """Which scorecard serves a type of case from a day on; no case type means every other type."""

    __tablename__ = "scorecard_use"
    __table_args__ = (Index("ix_scorecard_use_case_type", "case_type", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_type: Mapped[str | None]
    scorecard_key: Mapped[str]
    starts_on: Mapped[date]


class Review(Base):
    """One person's scoring of one sampled case, on one version of a scorecard.

    `file_read_at` is the moment at which the file was read; a second scorer reads it as it
    stood then, and `case_type`, `stage` and `risk` are those of that moment: they decide what is asked.
    The results are those of its newest revision; None there means nothing was applicable. `is_blind`
    says of a second score that its reviewer had not seen the manager's.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted')", name="state_known"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_when"),
        CheckConstraint("file_found OR outcome_met IS NULL OR NOT outcome_met", name="no_file_not_met"),
        Index("ix_review_reviewer", "reviewer_id", "state"),
        Index("ix_review_submitted", "submitted_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sampled_case_id: Mapped[int] = mapped_column(ForeignKey("sampled_case.id"), unique=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    scorecard_version_id: Mapped[int] = mapped_column(ForeignKey("scorecard_version.id"))
    state: Mapped[str] = mapped_column(default=ReviewState.DRAFT)
    is_open_case: Mapped[bool]
    approved_by_reviewer: Mapped[bool]
    case_type: Mapped[str | None]
    stage: Mapped[str | None]
    risk: Mapped[str | None]
    file_read_at: Mapped[datetime]
    file_found: Mapped[bool] = mapped_column(default=True)
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    last_active_at: Mapped[datetime | None]
    seconds_spent: Mapped[int] = mapped_column(default=0)
    is_blind: Mapped[bool | None]
    critical_failed: Mapped[bool | None]
    outcome_met: Mapped[bool | None]
    method_met: Mapped[bool | None]
    overall_met: Mapped[bool | None]
    outcome_if_assessed: Mapped[bool | None]
    method_if_assessed: Mapped[bool | None]
    overall_if_assessed: Mapped[bool | None]
    overall_after_correction: Mapped[bool | None]

    sampled_case: Mapped[SampledCase] = relationship()
    reviewer: Mapped[Person] = relationship()
    scorecard_version: Mapped[ScorecardVersion] = relationship()
    answers: Mapped[list["Answer"]] = relationship(back_populates="review", order_by="Answer.requirement_key")


class Answer(Base):
    """The response to one requirement, saved as soon as it is given."""

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint(
            "response IS NULL OR response IN "
            "('met', 'not_met', 'not_applicable', 'not_yet_due', 'cannot_assess')",
            name="response_known",
        ),
        CheckConstraint(
            "NOT put_right OR (response IS NOT NULL AND response = 'not_met')", name="put_right_not_met"
        ),
        CheckConstraint("severity IN ('minor', 'moderate', 'serious')", name="severity_known"),
        CheckConstraint(
            "severity IS NULL OR (response IS NOT NULL AND response = 'not_met')", name="severity_not_met"
        ),
        # What is not met is counted without a look at the many answers that are.
        Index(
            "ix_answer_other_than_met",
            "review_id",
            "requirement_key",
            "response",
            sqlite_where=text("response <> 'met'"),
            postgresql_where=text("response <> 'met'"),
        ),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    requirement_key: Mapped[str] = mapped_column(primary_key=True)
    response: Mapped[str | None]
    evidence: Mapped[str] = mapped_column(default="")
    put_right: Mapped[bool] = mapped_column(default=False)
    severity: Mapped[str | None]

    review: Mapped[Review] = relationship(back_populates="answers")


class RevisionCause(StrEnum):
    """Why there is a further revision of a review."""

    SUBMITTED = "submitted"  # as its reviewer first submitted it: what agreement is measured on
    CORRECTED = "corrected"  # by its reviewer, with a reason
    DISPUTED = "disputed"  # as somebody else decided a dispute


class Revision(Base):
    """A review as it stood after it was submitted, corrected or disputed. Never changed afterwards."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("review_id", "number"),
        CheckConstraint("cause IN ('submitted', 'corrected', 'disputed')", name="cause_known"),
        CheckConstraint("(number = 1) = (cause = 'submitted')", name="first_is_submitted"),
        CheckConstraint("number = 1 OR reason <> ''", name="has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    number: Mapped[int]
    cause: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    file_found: Mapped[bool]
    answers: Mapped[dict[str, Any]]  # requirement key: response, evidence, put_right, severity
    critical_failed: Mapped[bool | None]
    outcome_met: Mapped[bool | None]
    method_met: Mapped[bool | None]
    overall_met: Mapped[bool | None]

    review: Mapped[Review] = relationship()
    made_by: Mapped[Person] = relationship()


class Allocation(Base):
    """Who is to review a sampled case, and by when if not by the date of the plan."""

    __tablename__ = "allocation"
    __table_args__ = (Index("ix_allocation_reviewer", "reviewer_id"),)

    sampled_case_id: Mapped[int] = mapped_column(ForeignKey("sampled_case.id"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date | None]
    allocated_at: Mapped[datetime]
    allocated_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    sampled_case: Mapped[SampledCase] = relationship()
    reviewer: Mapped[Person] = relationship(foreign_keys=[reviewer_id])


class Declaration(Base):
    """What a reviewer said, before opening a case, about any other involvement in it."""

    __tablename__ = "declaration"
    __table_args__ = (UniqueConstraint("person_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    is_involved: Mapped[bool]
    note: Mapped[str]
    declared_at: Mapped[datetime]

    case: Mapped[Case] = relationship()


class SecondScoring(Base):
    """A sampled case of a second-scoring draw, and the manager's review it is to be compared with."""

    __tablename__ = "second_scoring"

    sampled_case_id: Mapped[int] = mapped_column(ForeignKey("sampled_case.id"), primary_key=True)
    manager_review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), unique=True)

    sampled_case: Mapped[SampledCase] = relationship()
    manager_review: Mapped[Review] = relationship()


class SamplingReduction(Base):
    """Fewer reviews than the quota for a caseworker in a month, with the reason; counts once approved."""

    __tablename__ = "sampling_reduction"
    __table_args__ = (
        UniqueConstraint("team_id", "caseworker_id", "month"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> requested_by_id", name="second_person"),
        CheckConstraint("required >= 0", name="required_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    month: Mapped[date]
    required: Mapped[int]
    reason: Mapped[str]
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]

    caseworker: Mapped[Person] = relationship(foreign_keys=[caseworker_id])
    requested_by: Mapped[Person] = relationship(foreign_keys=[requested_by_id])
    approved_by: Mapped[Person | None] = relationship(foreign_keys=[approved_by_id])
