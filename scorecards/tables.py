"""What is kept of scoring: published scorecards, reviews with their answers, and pairs of reviews."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person
from sampling.tables import SampledCase


class ReviewState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"


class ScorecardVersion(Base):
    """A published version of a scorecard, whole, as the text it was published from."""

    __tablename__ = "scorecard_version"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    definition: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    published_at: Mapped[datetime]
    published_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


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
    stood then. The three results are written once, when the review is submitted; None there
    means nothing was applicable.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted')", name="state_known"),
        CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted_when"),
        CheckConstraint("file_found OR outcome_met IS NULL OR NOT outcome_met", name="no_file_not_met"),
        Index("ix_review_reviewer", "reviewer_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sampled_case_id: Mapped[int] = mapped_column(ForeignKey("sampled_case.id"), unique=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    scorecard_version_id: Mapped[int] = mapped_column(ForeignKey("scorecard_version.id"))
    state: Mapped[str] = mapped_column(default=ReviewState.DRAFT)
    is_open_case: Mapped[bool]
    approved_by_reviewer: Mapped[bool]
    file_read_at: Mapped[datetime]
    file_found: Mapped[bool] = mapped_column(default=True)
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
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
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    requirement_key: Mapped[str] = mapped_column(primary_key=True)
    response: Mapped[str | None]
    evidence: Mapped[str] = mapped_column(default="")
    put_right: Mapped[bool] = mapped_column(default=False)

    review: Mapped[Review] = relationship(back_populates="answers")


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
