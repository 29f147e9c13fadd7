"""What is kept of learning: the policy documents, the points made against them, the actions that follow."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.database import Base
from sampling.records.people import Person, Team
from scorecards.tables import Review
from scorecards.tables_themes import Recommendation


class PolicyParagraph(Base):
    """A paragraph or annex of one version of a policy document: number, title, one-line summary."""

    __tablename__ = "policy_paragraph"
    __table_args__ = (UniqueConstraint("document", "version", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    document_title: Mapped[str]
    version: Mapped[str]
    version_date: Mapped[date]
    place: Mapped[int]
    number: Mapped[str]
    section: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    force: Mapped[str]


class CharterCommitment(Base):
    """A commitment of the Service Charter; some numbers are known only by continuation."""

    __tablename__ = "charter_commitment"

    number: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[str]
    summary: Mapped[str]
    number_inferred: Mapped[bool]


class LearningPoint(Base):
    """What was learned from one requirement of one review."""

    __tablename__ = "learning_point"
    __table_args__ = (
        CheckConstraint("kind IN ('individual', 'organisational', 'good_practice')", name="kind_known"),
        CheckConstraint("NOT is_gap OR kind = 'organisational'", name="gap_is_organisational"),
        CheckConstraint("length(description) > 0", name="described"),
        Index("ix_learning_point_review", "review_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    requirement_key: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str]
    is_gap: Mapped[bool]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    fed_back_on: Mapped[date | None]
    fed_back_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    review: Mapped[Review] = relationship()
    team: Mapped[Team | None] = relationship()
    caseworker: Mapped[Person | None] = relationship(foreign_keys=[caseworker_id])
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
    __table_args__ = (UniqueConstraint("learning_point_id", "document", "reference"),)

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


class FollowUpAction(Base):
    """What is to be done about a learning point, by whom, agreed by whom, by when."""

    __tablename__ = "follow_up_action"
    __table_args__ = (
        CheckConstraint("owner_id <> authoriser_id", name="authoriser_not_owner"),
        CheckConstraint("state IN ('open', 'done')", name="state_known"),
        CheckConstraint("(state = 'done') = (done_on IS NOT NULL)", name="done_when"),
        Index("ix_follow_up_action_point", "learning_point_id"),
        Index("ix_follow_up_action_owner", "owner_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learning_point_id: Mapped[int] = mapped_column(ForeignKey("learning_point.id"))
    description: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    authoriser_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    target_date: Mapped[date]
    first_target_date: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    done_on: Mapped[date | None]
    done_note: Mapped[str] = mapped_column(default="")
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    learning_point: Mapped[LearningPoint] = relationship()
    owner: Mapped[Person] = relationship(foreign_keys=[owner_id])
    authoriser: Mapped[Person] = relationship(foreign_keys=[authoriser_id])
    logged_by: Mapped[Person] = relationship(foreign_keys=[logged_by_id])


class RecommendationAction(Base):
    """The action that an accepted recommendation of a thematic review was turned into."""

    __tablename__ = "recommendation_action"

    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendation.id"), primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"), unique=True)

    recommendation: Mapped[Recommendation] = relationship()
    action: Mapped[FollowUpAction] = relationship()
