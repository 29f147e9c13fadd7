"""What is kept of follow-up actions: who, by when, authorised by whom, what came of it, and every change."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from learning_register.tables import LearningPoint
from sampling.records.database import Base
from sampling.records.people import Person, Team
from scorecards.tables import Review
from scorecards.tables_themes import Recommendation

_DONE = "state IN ('done', 'monitoring', 'effective', 'not_effective', 'closed')"


class FollowUpAction(Base):
    """What is to be done about a learning point; it ends when a later sample shows that it worked.

    Its owner is a person or a team. `review_on` is the day by which its effect is to be shown.
    `follows_id` is the action without effect that this one was started by.
    """

    __tablename__ = "follow_up_action"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'authorised', 'in_progress', 'done', 'monitoring', 'effective', "
            "'not_effective', 'closed', 'declined')",
            name="state_known",
        ),
        CheckConstraint("description <> ''", name="described"),
        CheckConstraint("(owner_id IS NULL) <> (owner_team_id IS NULL)", name="one_owner"),
        CheckConstraint("owner_id <> authoriser_id", name="authoriser_not_owner"),
        CheckConstraint("owner_id <> verifier_id", name="verifier_not_owner"),
        CheckConstraint(
            "state IN ('draft', 'declined') OR authorised_on IS NOT NULL", name="authorised_when"
        ),
        CheckConstraint(f"({_DONE}) = (done_on IS NOT NULL)", name="done_when"),
        CheckConstraint("state <> 'declined' OR decline_reason <> ''", name="declined_why"),
        CheckConstraint(
            "result IN ('effective', 'not_effective', 'not_measurable', 'not_shown')", name="result_known"
        ),
        CheckConstraint(
            "(state IN ('effective', 'not_effective', 'closed')) = (result IS NOT NULL)", name="result_when"
        ),
        CheckConstraint(
            "(result IS NULL) = (result_on IS NULL) AND (result IS NULL OR verifier_id IS NOT NULL)",
            name="result_whole",
        ),
        CheckConstraint(
            "result IS NULL OR result NOT IN ('not_measurable', 'not_shown') OR result_reason <> ''",
            name="result_why",
        ),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_when"),
        Index("ix_follow_up_action_point", "learning_point_id"),
        Index("ix_follow_up_action_owner", "owner_id", "state"),
        Index("ix_follow_up_action_state", "state", "target_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learning_point_id: Mapped[int] = mapped_column(ForeignKey("learning_point.id"))
    description: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    owner_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    authoriser_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    authorised_on: Mapped[date | None]
    decline_reason: Mapped[str] = mapped_column(default="")
    verifier_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    target_date: Mapped[date]
    first_target_date: Mapped[date]
    review_on: Mapped[date | None]
    done_on: Mapped[date | None]
    result: Mapped[str | None]
    result_on: Mapped[date | None]
    result_reason: Mapped[str] = mapped_column(default="")
    closed_on: Mapped[date | None]
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up_action.id"))
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    learning_point: Mapped[LearningPoint] = relationship()
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    owner_team: Mapped[Team | None] = relationship()
    authoriser: Mapped[Person] = relationship(foreign_keys=[authoriser_id])
    verifier: Mapped[Person | None] = relationship(foreign_keys=[verifier_id])
    logged_by: Mapped[Person] = relationship(foreign_keys=[logged_by_id])
    improves: Mapped[list["ActionImproves"]] = relationship(order_by="ActionImproves.id")
    milestones: Mapped[list["ActionMilestone"]] = relationship(order_by="ActionMilestone.due_on")
    evidence: Mapped[list["ActionEvidence"]] = relationship(order_by="ActionEvidence.id")
    shared: Mapped[list["ActionShared"]] = relationship(order_by="ActionShared.id")
    changes: Mapped[list["ActionChange"]] = relationship(order_by="ActionChange.id")


class ActionImproves(Base):
    """A requirement of a scorecard, or a paragraph, that an action is to improve."""

    __tablename__ = "action_improves"
    __table_args__ = (
        CheckConstraint(
            "(scorecard_key IS NULL) = (requirement_key IS NULL) "
            "AND (document IS NULL) = (reference IS NULL) AND (scorecard_key IS NULL) <> (document IS NULL)",
            name="requirement_or_paragraph",
        ),
        Index("ix_action_improves_action", "action_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"))
    scorecard_key: Mapped[str | None]
    requirement_key: Mapped[str | None]
    document: Mapped[str | None]
    reference: Mapped[str | None]


class ActionChange(Base):
    """A change of an action that was agreed: what was changed, from what to what, and why."""

    __tablename__ = "action_change"
    __table_args__ = (Index("ix_action_change_action", "action_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"))
    what: Mapped[str]  # state, owner, authoriser, verifier, target date, review date, wording
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    made_by: Mapped[Person] = relationship()


class ActionMilestone(Base):
    """A step on the way of an action."""

    __tablename__ = "action_milestone"
    __table_args__ = (
        CheckConstraint("description <> ''", name="described"),
        Index("ix_action_milestone_action", "action_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"))
    description: Mapped[str]
    due_on: Mapped[date]
    done_on: Mapped[date | None]


class ActionEvidence(Base):
    """What shows that an action was done: a note, a link, or a file by its name and hash."""

    __tablename__ = "action_evidence"
    __table_args__ = (
        CheckConstraint("kind IN ('note', 'link', 'file')", name="kind_known"),
        CheckConstraint("words <> ''", name="has_words"),
        CheckConstraint("(kind = 'file') = (sha256 IS NOT NULL)", name="file_has_hash"),
        Index("ix_action_evidence_action", "action_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"))
    kind: Mapped[str]
    words: Mapped[str]  # the note, the address, or the name of the file
    sha256: Mapped[str | None]
    given_at: Mapped[datetime]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    given_by: Mapped[Person] = relationship()


class ActionShared(Base):
    """With whom an action, and what was learned, was shared, and when."""

    __tablename__ = "action_shared"
    __table_args__ = (
        CheckConstraint("with_whom <> ''", name="with_somebody"),
        Index("ix_action_shared_action", "action_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"))
    with_whom: Mapped[str]
    shared_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class NoActionNeeded(Base):
    """Nothing is to be done after a review, which somebody else has authorised, or has yet to."""

    __tablename__ = "no_action_needed"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("proposed_by_id <> authorised_by_id", name="second_person"),
        CheckConstraint("(authorised_by_id IS NULL) = (authorised_on IS NULL)", name="authorised_whole"),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    authorised_on: Mapped[date | None]
    authorised_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    review: Mapped[Review] = relationship()
    proposed_by: Mapped[Person] = relationship(foreign_keys=[proposed_by_id])
    authorised_by: Mapped[Person | None] = relationship(foreign_keys=[authorised_by_id])


class RecommendationAction(Base):
    """The action that an accepted recommendation of a thematic review was turned into."""

    __tablename__ = "recommendation_action"

    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendation.id"), primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("follow_up_action.id"), unique=True)

    recommendation: Mapped[Recommendation] = relationship()
    action: Mapped[FollowUpAction] = relationship()
