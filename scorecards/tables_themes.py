"""What is kept of thematic reviews: the commission, findings, recommendations, attributes of cases."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.database import Base
from sampling.records.people import Person
from sampling.tables import Plan
from scorecards.tables import Review


class Commission(Base):
    """Somebody asked for a theme to be looked into: the question, the scope, who does it, by when."""

    __tablename__ = "commission"
    __table_args__ = (CheckConstraint("question <> ''", name="has_question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    asked_by: Mapped[str]
    question: Mapped[str]
    scope: Mapped[str]
    scorecard_key: Mapped[str]
    due_on: Mapped[date]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]

    reviewers: Mapped[list["CommissionReviewer"]] = relationship(order_by="CommissionReviewer.person_id")
    plans: Mapped[list["CommissionPlan"]] = relationship(order_by="CommissionPlan.plan_id")


class CommissionReviewer(Base):
    """A reviewer of a commission."""

    __tablename__ = "commission_reviewer"

    commission_id: Mapped[int] = mapped_column(ForeignKey("commission.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)

    person: Mapped[Person] = relationship()


class CommissionPlan(Base):
    """A registered sample of a commission."""

    __tablename__ = "commission_plan"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    commission_id: Mapped[int] = mapped_column(ForeignKey("commission.id"), index=True)

    plan: Mapped[Plan] = relationship()


class Finding(Base):
    """What a thematic review found, the reviews that show it, and what was said of its facts."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("statement <> ''", name="has_statement"),
        CheckConstraint(
            "(accuracy_response = '') = (accuracy_on IS NULL) "
            "AND (accuracy_on IS NULL) = (accuracy_by_id IS NULL)",
            name="accuracy_whole",
        ),
        Index("ix_finding_commission", "commission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    commission_id: Mapped[int] = mapped_column(ForeignKey("commission.id"))
    statement: Mapped[str]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    accuracy_response: Mapped[str] = mapped_column(default="")
    accuracy_on: Mapped[date | None]
    accuracy_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    reviews: Mapped[list["FindingReview"]] = relationship(order_by="FindingReview.review_id")
    recommendations: Mapped[list["Recommendation"]] = relationship(order_by="Recommendation.id")


class FindingReview(Base):
    """A review that a finding rests on."""

    __tablename__ = "finding_review"

    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)

    review: Mapped[Review] = relationship()


class Recommendation(Base):
    """What a finding recommends, and whether it was accepted or declined."""

    __tablename__ = "recommendation"
    __table_args__ = (
        CheckConstraint("decision IN ('accepted', 'declined')", name="decision_known"),
        CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by_id IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decision IS NULL OR decision <> 'declined' OR reason <> ''", name="declined_why"),
        Index("ix_recommendation_finding", "finding_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"))
    wording: Mapped[str]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class ReviewAttribute(Base):
    """A fact that a thematic or assurance review records of its case, from a list that is shipped."""

    __tablename__ = "review_attribute"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    attribute: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
