"""What is kept of a sample: frozen frame, registered plan, its one draw, the cases, and the register."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    exists,
    select,
    text,
)
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
    FILE = "file"  # cases of a file, which stay there


class Purpose(StrEnum):
    """What a sample is for; it fixes how its size is worked out."""

    SHOW = "show"  # large enough to show a standard
    AGREEMENT = "agreement"  # large enough to show that reviewers agree
    ESTIMATE = "estimate"  # large enough to know the rate within a margin
    ROLLING = "rolling"  # so many in a hundred of whatever comes in
    QUOTA = "quota"  # so many of each stratum
    CENSUS = "census"  # every case


class Frame(Base):
    """The cases a sample is drawn from, as they stood at one moment. Never changed afterwards.

    `late_to_id` is the frame that these cases came too late for: they are strata of the same sample.
    """

    __tablename__ = "frame"
    __table_args__ = (
        CheckConstraint("route IN ('open', 'central', 'thematic', 'second', 'file')", name="route_known"),
        CheckConstraint("(route = 'open') = (team_id IS NOT NULL)", name="open_has_team"),
        CheckConstraint("population > 0", name="not_empty"),
        CheckConstraint("attempt > 0", name="attempt_counts"),
        # One team's month is drawn once, and again only when the draw before was voided. (Other routes
        # have no team, and NULLs differ.)
        UniqueConstraint("team_id", "period_from", "attempt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route: Mapped[str]
    name: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    late_to_id: Mapped[int | None] = mapped_column(ForeignKey("frame.id"))
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
    """One case of a frame, with the state, team and caseworker it had when the frame was frozen."""

    __tablename__ = "frame_case"
    __table_args__ = (UniqueConstraint("frame_id", "case_id"), Index("ix_frame_case_case", "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    stratum_id: Mapped[int] = mapped_column(ForeignKey("stratum.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    reference: Mapped[str]
    state: Mapped[str]
    closed_on: Mapped[date | None]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    case: Mapped[Case] = relationship()
    stratum: Mapped[Stratum] = relationship()
    team: Mapped[Team | None] = relationship()
    caseworker: Mapped[Person | None] = relationship()


class Plan(Base):
    """How many of each stratum, by what rule, judged how: written down before any randomness exists.

    Never changed afterwards, but that it can be voided, once and for good. `parent_id` is the plan
    whose seed this one shares.
    """

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('show', 'agreement', 'estimate', 'rolling', 'quota', 'census')", name="purpose_known"
        ),
        CheckConstraint(
            "(purpose IN ('show', 'agreement')) = (standard IS NOT NULL)", name="show_has_standard"
        ),
        CheckConstraint("parent_id <> id", name="not_own_parent"),
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
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    voided_at: Mapped[datetime | None]

    frame: Mapped[Frame] = relationship()
    parent: Mapped["Plan | None"] = relationship(remote_side="Plan.id")
    registered_by: Mapped[Person] = relationship()


class Draw(Base):
    """The one draw of a plan. The seed is kept before a ticket is worked out; a crash goes on with it.

    Closed once nothing of it waits to be reviewed any more.
    """

    __tablename__ = "draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), unique=True)
    randomness: Mapped[str]
    public_value: Mapped[str]
    seed: Mapped[str]
    seeded_at: Mapped[datetime]
    seeded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drawn_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship()
    seeded_by: Mapped[Person] = relationship()


class Cause(StrEnum):
    """Why a case is in a sample."""

    DRAWN = "drawn"
    EXTENSION = "extension"  # the second stage that the plan foresaw
    REPLACEMENT = "replacement"  # the next ticket, for a case that was out of scope


class SampledCase(Base):
    """A case that was drawn: its ticket, and its place in the ticket order of its stratum."""

    __tablename__ = "sampled_case"
    __table_args__ = (
        UniqueConstraint("draw_id", "frame_case_id"),
        UniqueConstraint("draw_id", "stratum_id", "position"),
        CheckConstraint("cause IN ('drawn', 'extension', 'replacement')", name="cause_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"))
    frame_case_id: Mapped[int] = mapped_column(ForeignKey("frame_case.id"), index=True)
    stratum_id: Mapped[int] = mapped_column(ForeignKey("stratum.id"))
    position: Mapped[int]
    ticket: Mapped[str]
    cause: Mapped[str] = mapped_column(default=Cause.DRAWN)

    draw: Mapped[Draw] = relationship()
    frame_case: Mapped[FrameCase] = relationship()
    stratum: Mapped[Stratum] = relationship()


class AuditedSample(Base):
    """A sample that was named for an outside auditor to read. It ends when it is taken back, and stays."""

    __tablename__ = "audited_sample"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_whole"),
        CheckConstraint("person_id <> named_by_id", name="not_by_oneself"),
        Index(
            "ix_audited_sample_shown",
            "person_id",
            "draw_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"))
    named_at: Mapped[datetime]
    named_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Replacement(Base):
    """A sampled case that turned out to be out of scope, and the case drawn in its place, if one was left."""

    __tablename__ = "replacement"
    __table_args__ = (
        CheckConstraint("code IN ('cancelled', 'merged', 'duplicate', 'out_of_scope')", name="code_known"),
        CheckConstraint("reason <> ''", name="has_reason"),
    )

    sampled_case_id: Mapped[int] = mapped_column(ForeignKey("sampled_case.id"), primary_key=True)
    next_id: Mapped[int | None] = mapped_column(ForeignKey("sampled_case.id"), unique=True)
    code: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class RegisterEntry(Base):
    """One line of the register of draws: what happened to a plan, chained to the line before by its hash.

    Lines are only ever added; the database refuses everything else.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        CheckConstraint("second_id <> by_id", name="second_person"),
        Index("ix_register_entry_plan", "plan_id"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[str]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    second_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    details: Mapped[str]
    previous_sha256: Mapped[str] = mapped_column(unique=True)
    entry_sha256: Mapped[str] = mapped_column(unique=True)

    plan: Mapped[Plan] = relationship()
    by: Mapped[Person] = relationship(foreign_keys=[by_id])
    second: Mapped[Person | None] = relationship(foreign_keys=[second_id])


def in_sample() -> ColumnElement[bool]:
    """The condition on SampledCase that it counts: its plan is not voided, and it was not replaced."""
    voided = exists(
        select(Plan.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Draw.id == SampledCase.draw_id, Plan.voided_at.is_not(None))
    )
    replaced = exists(
        select(Replacement.sampled_case_id).where(Replacement.sampled_case_id == SampledCase.id)
    )
    return and_(~voided.correlate(SampledCase), ~replaced.correlate(SampledCase))
