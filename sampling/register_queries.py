"""The register of draws as people read it: what happened to a sample, and whether the chain holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from sampling.queries import may_see_frame
from sampling.records.database import frame_of
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused
from sampling.register import details_of, lines_of, state_of
from sampling.register_chain import Event, check_chain
from sampling.tables import Frame, Plan, RegisterEntry
from sampling.voiding import may_answer_request, request_to_void


@dataclass(frozen=True)
class Happened:
    """One line of the register: what happened, when, by whom, and what was recorded of it."""

    number: int
    event: Event
    at: datetime
    by: str
    second: str | None
    details: dict[str, Any]
    entry_sha256: str


@dataclass(frozen=True)
class VoidRequest:
    """A request to void a plan that waits: who asked and why, and whether the reader may answer it."""

    by: str
    at: datetime
    reason: str
    reviewed: int
    may_answer: bool


def what_happened(session: Session, plan_id: int, person: Person) -> list[Happened]:
    """The lines of a plan, oldest first, for somebody who may see its sample."""
    plan = _visible_plan(session, plan_id, person)
    second = aliased(Person)
    rows = session.execute(
        select(RegisterEntry, Person.name, second.name)
        .join(Person, Person.id == RegisterEntry.by_id)
        .outerjoin(second, second.id == RegisterEntry.second_id)
        .where(RegisterEntry.plan_id == plan.id)
        .order_by(RegisterEntry.number)
    )
    return [
        Happened(
            number=entry.number,
            event=Event(entry.event),
            at=entry.at,
            by=by,
            second=other,
            details=details_of(entry),
            entry_sha256=entry.entry_sha256,
        )
        for entry, by, other in rows
    ]


def void_request(session: Session, plan_id: int, person: Person) -> VoidRequest | None:
    """The request to void a plan that waits for an answer."""
    plan = _visible_plan(session, plan_id, person)
    asked = request_to_void(session, plan)
    if asked is None:
        return None
    details = details_of(asked)
    return VoidRequest(
        by=asked.by.name,
        at=asked.at,
        reason=details["reason"],
        reviewed=details["reviewed"],
        may_answer=may_answer_request(session, plan, person),
    )


@dataclass(frozen=True)
class RollToConfirm:
    """Dice that somebody recorded and the reader, who was named, is to confirm."""

    plan_id: int
    sample: str
    by: str
    at: datetime
    public_value: str
    minute: str


def rolls_to_confirm(session: Session, person: Person) -> list[RollToConfirm]:
    """The rolls that wait for this very person's word, whatever their role."""
    rows = session.execute(
        select(RegisterEntry, Frame.name)
        .join(Plan, Plan.id == RegisterEntry.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(RegisterEntry.event == Event.ROLLED, RegisterEntry.second_id == person.id)
        .order_by(RegisterEntry.number)
    )
    return [
        RollToConfirm(
            plan_id=entry.plan_id,
            sample=name,
            by=entry.by.name,
            at=entry.at,
            public_value=details_of(entry)["public_value"],
            minute=details_of(entry)["minute"],
        )
        for entry, name in rows
        if state_of(session, entry.plan) == Event.ROLLED
    ]


def voids_to_answer(session: Session, person: Person) -> list[str]:
    """The samples that somebody asked to void, and this person may answer."""
    asked = select(Plan).join(RegisterEntry, RegisterEntry.plan_id == Plan.id)
    plans = session.scalars(asked.where(RegisterEntry.event == Event.VOID_ASKED, Plan.voided_at.is_(None)))
    return sorted({plan.frame.name for plan in plans if may_answer_request(session, plan, person)})


def whole_register(session: Session, person: Person) -> tuple[pd.DataFrame, str]:
    """Every line of the register, and a sentence on whether its chain holds. For QA and the Head."""
    check_may_act_as(session, person, Role.HEAD, Role.QA_REVIEWER)
    lines = frame_of(
        session,
        select(
            RegisterEntry.number.label("line"),
            RegisterEntry.at.label("at"),
            Frame.name.label("sample"),
            RegisterEntry.event.label("event"),
            Person.name.label("by"),
            RegisterEntry.entry_sha256.label("hash"),
        )
        .join(Plan, Plan.id == RegisterEntry.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Person, Person.id == RegisterEntry.by_id)
        .order_by(RegisterEntry.number.desc()),
    )
    return lines, chain_in_words(session)


def chain_in_words(session: Session) -> str:
    """Whether the register is as it was written, line by line; worked out afresh.

    The samples themselves are compared with it by `sampling.register_check`, which takes longer.
    """
    lines = lines_of(session)
    try:
        count = check_chain(lines)
    except Refused as problem:
        return f"The register does not hold. {problem}"
    if not count:
        return "The register is empty: nothing has been planned yet."
    return (
        f"The register holds: {count:,} lines, each follows from the one before. "
        f"The last hash is {lines[-1].entry_sha256}. Whether plans, draws and cases are what its lines say "
        "is gone through with “qa verify --register”."
    )


def _visible_plan(session: Session, plan_id: int, person: Person) -> Plan:
    plan = session.scalars(
        select(Plan)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Plan.id == plan_id, may_see_frame(session, person))
    ).first()
    if plan is None:
        raise Refused("There is no such sample, or it is not for you to see. Go back to the list of samples.")
    return plan
