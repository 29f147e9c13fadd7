"""The samples that outside auditors may read: named by somebody of the office, taken back by an end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.auditor_accounts import check_is_auditor, check_may_keep_auditors
from sampling.records.database import OFFICE_TIME, now
from sampling.records.people import Person, Role, RoleHeld
from sampling.refused import Refused
from sampling.sealing import reviews_blind
from sampling.tables import AuditedSample, Draw, Frame, Plan


@dataclass(frozen=True)
class NamedSample:
    """A sample that was named for an auditor, and since when; `row_id` is what takes it back."""

    row_id: int
    draw_id: int
    name: str
    named_on: date
    named_by: str


@dataclass(frozen=True)
class AuditorAccount:
    """An outside auditor's account, its first and last day, and the samples it reads now."""

    person_id: int
    name: str
    email: str
    starts_on: date
    ends_on: date
    is_disabled: bool
    samples: list[NamedSample]


def name_sample(session: Session, draw: Draw, *, auditor: Person, by: Person) -> AuditedSample:
    """Let an auditor read a sample that has been drawn, with all its reviews.

    Not by somebody who reviews for QA: an account in their hands would show them what managers found.
    """
    _check_may_name(session, by)
    check_is_auditor(session, auditor)
    sample = draw.plan.frame.name
    if draw.drawn_at is None:
        raise Refused(f"{sample} has not been drawn yet. Name it once it has.")
    if session.scalar(_named_for(auditor).where(AuditedSample.draw_id == draw.id)) is not None:
        raise Refused(f"{auditor.name} reads {sample} already. Choose another sample.")
    row = AuditedSample(person_id=auditor.id, draw_id=draw.id, named_at=now(session), named_by_id=by.id)
    session.add(row)
    session.flush()
    audit_trail.record(session, "name_sample", f"draw {draw.id}", by=by, auditor=auditor.id)
    return row


def take_sample_back(session: Session, row: AuditedSample, *, by: Person) -> None:
    """End an auditor's reading of a sample. That it was named, and what was taken of it, stays on record."""
    check_may_keep_auditors(session, by)
    if row.ended_at is not None:
        raise Refused("This sample was taken back already. Reload the page.")
    row.ended_at, row.ended_by_id = now(session), by.id
    audit_trail.record(session, "take_sample_back", f"draw {row.draw_id}", by=by, auditor=row.person_id)
    session.flush()


def is_named_for(auditor: Person) -> ColumnElement[bool]:
    """The condition on Frame that its sample is named for an auditor."""
    frames = select(Plan.frame_id).join(Draw, Draw.plan_id == Plan.id)
    return Frame.id.in_(frames.where(Draw.id.in_(_named_for(auditor))))


def _named_for(auditor: Person) -> Select[int]:
    """The numbers of the draws that an auditor may read now."""
    return select(AuditedSample.draw_id).where(
        AuditedSample.person_id == auditor.id, AuditedSample.ended_at.is_(None)
    )


def samples_to_name(session: Session, *, by: Person) -> dict[int, str]:
    """The drawn samples that can be named, the newest first: the name of each by the number of its draw."""
    _check_may_name(session, by)
    rows = session.execute(
        select(Draw.id, Frame.name, Plan.voided_at)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return {
        draw_id: f"{name}, draw {draw_id}{', voided' if voided_at else ''}"
        for draw_id, name, voided_at in rows
    }


def auditor_accounts(session: Session, *, by: Person) -> list[AuditorAccount]:
    """The accounts that were opened for outside auditors, those that end last first."""
    check_may_keep_auditors(session, by)
    rows = session.execute(
        select(Person, RoleHeld.starts_on, RoleHeld.ends_on)
        .join(RoleHeld, RoleHeld.person_id == Person.id)
        .where(RoleHeld.role == Role.AUDITOR)
        .order_by(RoleHeld.ends_on.desc(), Person.name, Person.id)
    ).all()
    named = _named(session, [person.id for person, _, _ in rows])
    return [
        AuditorAccount(
            person_id=person.id,
            name=person.name,
            email=person.email or "",
            starts_on=starts_on,
            ends_on=ends_on or starts_on,
            is_disabled=person.disabled_on is not None,
            samples=named.get(person.id, []),
        )
        for person, starts_on, ends_on in rows
    ]


def _named(session: Session, people: Collection[int]) -> dict[int, list[NamedSample]]:
    rows = session.execute(
        select(AuditedSample, Frame.name, Person.name)
        .join(Draw, Draw.id == AuditedSample.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Person, Person.id == AuditedSample.named_by_id)
        .where(AuditedSample.person_id.in_(people), AuditedSample.ended_at.is_(None))
        .order_by(AuditedSample.named_at, AuditedSample.id)
    )
    found: dict[int, list[NamedSample]] = {}
    for row, sample, named_by in rows:
        shown = NamedSample(
            row.id, row.draw_id, sample, row.named_at.astimezone(OFFICE_TIME).date(), named_by
        )
        found.setdefault(row.person_id, []).append(shown)
    return found


def _check_may_name(session: Session, by: Person) -> None:
    check_may_keep_auditors(session, by)
    if reviews_blind(session, by):
        raise Refused(
            f"{by.name} also reviews for QA, and an auditor's account shows what managers found. Somebody "
            "who does not has to name the samples."
        )
