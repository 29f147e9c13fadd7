"""What is kept of a sample: the frozen frame, the registered plan, the one draw, the cases drawn."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sampling.records.cases import Case
from sampling.records.database import Base
from sampling.records.people import Person, Team


class Route(StrEnum):
    """How a case came to be checked."""

    OPEN = "open"  # a line manager's sample of the team's open cases
    CENTRAL = "central"  # the central sample of closed cases
    THEMATIC = "thematic"  # an in-depth look at one area
    SECOND = "second"  # a manager's review scored again, blind


class Purpose(StrEnum):
    """What a sample is for; it fixes how its size is worked out."""

    SHOW = "show"  # large enough to show a standard
    QUOTA = "quota"  # so many of each stratum
    CENSUS = "census"  # every case


class Frame(Base):
    """The cases a sample is drawn from, as they stood at one moment. Never changed afterwards."""

    __tablename__ = "frame"
    __table_args__ = (
        CheckConstraint("route IN ('open', 'central', 'thematic', 'second')", name="route_known"),
        CheckConstraint("(route = 'open') = (team_id IS NOT NULL)", name="open_has_team"),
        CheckConstraint("population > 0", name="not_empty"),
        # One team's month is drawn once. (Other routes have no team, and NULLs differ.)
        UniqueConstraint("team_id", "period_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route: Mapped[str]
    name: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    period_from: Mapped[date | None]
    period_until: Mapped[date | None]
    filters: Mapped[dict[str, Any]]
    excluded: Mapped[dict[str, Any]]
    population: Mapped[int]
    frame_sha256: Mapped[str]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"))
    frozen_at: Mapped[datetime]
    frozen_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    team: Mapped[Team | None] = relationship()
    frozen_by: Mapped[Person] = relationship()
    strata: Mapped[list["Stratum"]] = relationship(back_populates="frame", order_by="Stratum.code")


class Stratum(Base):
    """A part of a frame. Its code goes into files; its label, which may name a person, does not."""

    __tablename__ = "stratum"
    __table_args__ = (UniqueConstraint("frame_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    code: Mapped[str]
    label: Mapped[str]
    population: Mapped[int]
    is_certainty: Mapped[bool]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    frame: Mapped[Frame] = relationship(back_populates="strata")


class FrameCase(Base):
    """One case of a frame, with the team and caseworker it had when the frame was frozen."""

    __tablename__ = "frame_case"
    __table_args__ = (UniqueConstraint("frame_id", "case_id"), Index("ix_frame_case_case", "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    stratum_id: Mapped[int] = mapped_column(ForeignKey("stratum.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    reference: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    case: Mapped[Case] = relationship()
    stratum: Mapped[Stratum] = relationship()
    team: Mapped[Team | None] = relationship()
    caseworker: Mapped[Person | None] = relationship()


class Plan(Base):
    """How many of each stratum, by what rule, judged how: written down before any randomness exists."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("purpose IN ('show', 'quota', 'census')", name="purpose_known"),
        CheckConstraint("(purpose = 'show') = (standard IS NOT NULL)", name="show_has_standard"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"), unique=True)
    purpose: Mapped[str]
    standard: Mapped[str | None]
    assurance: Mapped[str]
    allowed_failures: Mapped[int | None]
    sizes: Mapped[dict[str, Any]]
    plan_text: Mapped[str]
    plan_sha256: Mapped[str] = mapped_column(unique=True)
    due_on: Mapped[date]
    registered_at: Mapped[datetime]
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    frame: Mapped[Frame] = relationship()
    registered_by: Mapped[Person] = relationship()


class Draw(Base):
    """The one draw of a plan. The seed is kept before a ticket is worked out; a crash goes on with it."""

    __tablename__ = "draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), unique=True)
    randomness: Mapped[str]
    public_value: Mapped[str]
    seed: Mapped[str]
    seeded_at: Mapped[datetime]
    seeded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drawn_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship()
    seeded_by: Mapped[Person] = relationship()


class SampledCase(Base):
    """A case that was drawn: its ticket, and its place in the ticket order of its stratum."""

    __tablename__ = "sampled_case"
    __table_args__ = (
        UniqueConstraint("draw_id", "frame_case_id"),
        UniqueConstraint("draw_id", "stratum_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"))
    frame_case_id: Mapped[int] = mapped_column(ForeignKey("frame_case.id"), index=True)
    stratum_id: Mapped[int] = mapped_column(ForeignKey("stratum.id"))
    position: Mapped[int]
    ticket: Mapped[str]

    draw: Mapped[Draw] = relationship()
    frame_case: Mapped[FrameCase] = relationship()
    stratum: Mapped[Stratum] = relationship()
