"""What is kept of learning: the points, what each rests on, and where it came from."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person, Team
from scorecards.tables import Review
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import Finding


class Source(StrEnum):
    """What a learning point came from."""

    REVIEW = "review"  # one requirement of a review
    DISPUTE = "dispute"
    ADJUDICATION = "adjudication"  # of a manager's and QA's differing reviews
    THEME = "theme"  # a finding
    POSITIVE_FEEDBACK = "positive_feedback"
    REVIEW_TEAM = "review_team"  # a list that another team keeps, imported
    BY_HAND = "by_hand"


class RootCause(Base):
    """A cause that the office chooses from. One that is retired stays with the points that name it."""

    __tablename__ = "root_cause"
    __table_args__ = (CheckConstraint("name <> ''", name="has_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    retired_on: Mapped[date | None]


class LearningImport(Base):
    """A list that another team keeps, taken in once: its learning points carry the import's number."""

    __tablename__ = "learning_import"
    __table_args__ = (CheckConstraint("points > 0", name="has_points"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(unique=True)
    points: Mapped[int]
    imported_at: Mapped[datetime]
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    imported_by: Mapped[Person] = relationship()


class LearningPoint(Base):
    """What was learned, about whom or what, and what it rests on.

    It is complete once its citations are with it; the database then holds it to the rules of citing.
    `review_id` is the review it came from, straight or by a dispute, an adjudication or a finding;
    without one `case_id` may say which case it is about.
    """

    __tablename__ = "learning_point"
    __table_args__ = (
        CheckConstraint("kind IN ('individual', 'organisational', 'good_practice')", name="kind_known"),
        CheckConstraint(
            f"source IN ({', '.join(repr(str(source)) for source in Source)})", name="source_known"
        ),
        CheckConstraint("NOT is_gap OR kind = 'organisational'", name="gap_is_organisational"),
        CheckConstraint("length(description) > 0", name="described"),
        CheckConstraint(
            "source NOT IN ('review', 'dispute', 'adjudication') OR review_id IS NOT NULL", name="has_review"
        ),
        CheckConstraint("source <> 'review' OR requirement_key IS NOT NULL", name="has_requirement"),
        CheckConstraint("(source = 'dispute') = (dispute_id IS NOT NULL)", name="has_dispute"),
        CheckConstraint("(source = 'theme') = (finding_id IS NOT NULL)", name="has_finding"),
        CheckConstraint("(source = 'review_team') = (import_id IS NOT NULL)", name="has_import"),
        CheckConstraint("recurrence_risk IN ('low', 'medium', 'high')", name="recurrence_risk_known"),
        CheckConstraint("severity IN ('minor', 'moderate', 'serious')", name="severity_known"),
        CheckConstraint("(fed_back_on IS NULL) = (fed_back_to_id IS NULL)", name="fed_back_whole"),
        CheckConstraint("acknowledged_on IS NULL OR fed_back_on IS NOT NULL", name="acknowledged_feedback"),
        Index("ix_learning_point_review", "review_id"),
        Index("ix_learning_point_logged", "logged_at"),
        Index("ix_learning_point_team", "team_id"),
        Index("ix_learning_point_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(default=Source.REVIEW)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("review.id"))
    requirement_key: Mapped[str | None]
    dispute_id: Mapped[int | None] = mapped_column(ForeignKey("dispute.id"))
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("finding.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("learning_import.id"))
    source_note: Mapped[str] = mapped_column(default="")  # such as who gave the praise, or the row of a list
    kind: Mapped[str]
    description: Mapped[str]
    is_gap: Mapped[bool]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    root_cause_id: Mapped[int | None] = mapped_column(ForeignKey("root_cause.id"))
    recurrence_risk: Mapped[str | None]
    severity: Mapped[str | None]
    may_be_published: Mapped[bool] = mapped_column(default=False)
    is_complete: Mapped[bool] = mapped_column(default=False)
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    fed_back_on: Mapped[date | None]
    fed_back_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    acknowledged_on: Mapped[date | None]

    review: Mapped[Review | None] = relationship()
    dispute: Mapped[Dispute | None] = relationship()
    finding: Mapped[Finding | None] = relationship()
    case: Mapped[Case | None] = relationship()
    import_: Mapped[LearningImport | None] = relationship()
    team: Mapped[Team | None] = relationship()
    caseworker: Mapped[Person | None] = relationship(foreign_keys=[caseworker_id])
    root_cause: Mapped[RootCause | None] = relationship()
    logged_by: Mapped[Person] = relationship(foreign_keys=[logged_by_id])
    fed_back_to: Mapped[Person | None] = relationship(foreign_keys=[fed_back_to_id])
    citations: Mapped[list["LearningCitation"]] = relationship(order_by="LearningCitation.id")
    commitments: Mapped[list["LearningCommitment"]] = relationship(order_by="LearningCommitment.number")


class LearningCitation(Base):
    """A reference into a policy document, kept with the version and the title it was made under.

    `is_verified` says that the paragraph is in a loaded document; an unverified one has the title
    that was typed.
    """

    __tablename__ = "learning_citation"
    __table_args__ = (
        UniqueConstraint("learning_point_id", "document", "reference"),
        Index("ix_learning_citation_place", "document", "reference", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learning_point_id: Mapped[int] = mapped_column(ForeignKey("learning_point.id"))
    document: Mapped[str]
    version: Mapped[str]
    reference: Mapped[str]
    title: Mapped[str]
    is_verified: Mapped[bool]


class LearningCommitment(Base):
    """A Charter commitment that a learning point names."""

    __tablename__ = "learning_commitment"

    learning_point_id: Mapped[int] = mapped_column(ForeignKey("learning_point.id"), primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("charter_commitment.number"), primary_key=True)
