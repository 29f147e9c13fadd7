"""What is kept of whether reviewers agree: who saw what first, adjudications, calibration sessions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person
from sampling.tables import Draw
from scorecards.tables import Review, ScorecardVersion


class FirstSight(Base):
    """When a person first saw somebody else's review here."""

    __tablename__ = "first_sight"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen_at: Mapped[datetime]

    review: Mapped[Review] = relationship()


class AdjudicationDraw(Base):
    """Which pairs of a second scoring are adjudicated: all that disagree, and so many met by both."""

    __tablename__ = "adjudication_draw"
    __table_args__ = (CheckConstraint("chosen >= 0 AND chosen <= both_met", name="chosen_of_both_met"),)

    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    seed: Mapped[str]
    discordant: Mapped[int]
    both_met: Mapped[int]
    chosen: Mapped[int]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    draw: Mapped[Draw] = relationship()


class Adjudication(Base):
    """A pair of reviews that a third person decides, without being told whose is which.

    `manager_is_a` says which of the two was shown as review A. `verdicts` holds what the case should
    have been given, requirement by requirement. Until it is decided this, the reason and the note are the
    draft of `started_by_id`, who started the pair or took it over.
    """

    __tablename__ = "adjudication"
    __table_args__ = (
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by_id IS NULL)"
            " AND (decided_at IS NULL OR reason_code IS NOT NULL)",
            name="decided_whole",
        ),
        CheckConstraint(
            "decided_by_id IS NULL OR (started_by_id IS NOT NULL AND decided_by_id = started_by_id)",
            name="decided_by_holder",
        ),
        Index("ix_adjudication_draw", "draw_id"),
    )

    sampled_case_id: Mapped[int] = mapped_column(
        ForeignKey("second_scoring.sampled_case_id"), primary_key=True
    )
    draw_id: Mapped[int] = mapped_column(ForeignKey("adjudication_draw.draw_id"))
    is_discordant: Mapped[bool]
    manager_is_a: Mapped[bool]
    verdicts: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    reason_code: Mapped[str | None]
    outcome_met: Mapped[bool | None]
    method_met: Mapped[bool | None]
    overall_met: Mapped[bool | None]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    started_by: Mapped[Person | None] = relationship(foreign_keys=[started_by_id])
    adjudication_draw: Mapped[AdjudicationDraw] = relationship()


class CalibrationSession(Base):
    """Several reviewers score the same few cases, blind until all are in, and agree what is right."""

    __tablename__ = "calibration_session"
    __table_args__ = (
        CheckConstraint("closed_at IS NULL OR revealed_at IS NOT NULL", name="revealed_before_closed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    scorecard_version_id: Mapped[int] = mapped_column(ForeignKey("scorecard_version.id"))
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    revealed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    scorecard_version: Mapped[ScorecardVersion] = relationship()
    cases: Mapped[list["CalibrationCase"]] = relationship(order_by="CalibrationCase.id")
    members: Mapped[list["CalibrationMember"]] = relationship(order_by="CalibrationMember.person_id")


class CalibrationMember(Base):
    """A reviewer who takes part in a calibration session."""

    __tablename__ = "calibration_member"

    session_id: Mapped[int] = mapped_column(ForeignKey("calibration_session.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)

    person: Mapped[Person] = relationship()


class CalibrationCase(Base):
    """A case of a calibration session, with what decides which requirements are asked of it."""

    __tablename__ = "calibration_case"
    __table_args__ = (UniqueConstraint("session_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("calibration_session.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    case_type: Mapped[str | None]
    stage: Mapped[str | None]
    risk: Mapped[str | None]

    case: Mapped[Case] = relationship()


class CalibrationScore(Base):
    """One reviewer's answers to one case of a calibration session; in once it is submitted."""

    __tablename__ = "calibration_score"

    calibration_case_id: Mapped[int] = mapped_column(ForeignKey("calibration_case.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    answers: Mapped[dict[str, Any]]  # requirement key: response, evidence
    submitted_at: Mapped[datetime | None]


class CalibrationAnswer(Base):
    """What a calibration session agreed about one requirement of one case, and what guidance should say."""

    __tablename__ = "calibration_answer"

    calibration_case_id: Mapped[int] = mapped_column(ForeignKey("calibration_case.id"), primary_key=True)
    requirement_key: Mapped[str] = mapped_column(primary_key=True)
    response: Mapped[str]
    guidance_change: Mapped[str] = mapped_column(default="")
    agreed_at: Mapped[datetime]
    agreed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
