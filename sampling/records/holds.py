"""Holds: what is not disposed of while somebody outside may still ask for it, and until when it was so."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from sampling.records import audit_trail
from sampling.records.cases import Case
from sampling.records.database import now
from sampling.records.people import Person, Role, Team, check_may_act_as
from sampling.records.retention import RULES, RecordClass
from sampling.records.tables_retention import RetentionHold
from sampling.refused import Refused


@dataclass(frozen=True)
class HoldScope:
    """What is held: one case, one person's work, one team's, or everything of a class. One of them."""

    reference: str | None = None
    person_id: int | None = None
    team_id: int | None = None
    kind: RecordClass | None = None


def check_may_keep(session: Session, person: Person) -> None:
    """Refuse unless the person looks after what is kept: administrators and the Head do."""
    check_may_act_as(session, person, Role.ADMINISTRATOR, Role.HEAD)


def place_hold(session: Session, scope: HoldScope, *, reason: str, by: Person) -> RetentionHold:
    """Keep something from being disposed of, from now until the hold is released."""
    check_may_keep(session, by)
    if not reason.strip():
        raise Refused("Say why it is held, such as “The ombudsman may still look at it”.")
    hold = RetentionHold(
        case_id=_case_id(session, scope.reference),
        person_id=scope.person_id,
        team_id=scope.team_id,
        kind=scope.kind,
        reason=reason.strip(),
        placed_at=now(session),
        placed_by_id=by.id,
    )
    session.add(hold)
    session.flush()
    audit_trail.record(session, "place_hold", f"hold {hold.id}", by=by)
    return hold


def release_hold(session: Session, hold: RetentionHold, *, reason: str, by: Person) -> None:
    """End a hold. What it kept is then due when its own period says so."""
    check_may_keep(session, by)
    if hold.released_at is not None:
        raise Refused("This hold was released before. Nothing is changed.")
    if not reason.strip():
        raise Refused("Say why it is released, such as “The ombudsman has closed the case”.")
    hold.released_at, hold.released_by_id, hold.release_reason = now(session), by.id, reason.strip()
    audit_trail.record(session, "release_hold", f"hold {hold.id}", by=by)
    session.flush()


def holds_in_force(session: Session) -> list[RetentionHold]:
    """The holds that were not released, the oldest first."""
    query = select(RetentionHold).where(RetentionHold.released_at.is_(None)).order_by(RetentionHold.id)
    return list(session.scalars(query))


def holds(session: Session, *, by: Person) -> pd.DataFrame:
    """Every hold there was, the newest first: what, why, by whom, and whether it was released."""
    check_may_keep(session, by)
    placer, releaser, held = aliased(Person), aliased(Person), aliased(Person)
    rows = session.execute(
        select(RetentionHold, Case.reference, held.name, Team.name, placer.name, releaser.name)
        .outerjoin(Case, Case.id == RetentionHold.case_id)
        .outerjoin(held, held.id == RetentionHold.person_id)
        .outerjoin(Team, Team.id == RetentionHold.team_id)
        .join(placer, placer.id == RetentionHold.placed_by_id)
        .outerjoin(releaser, releaser.id == RetentionHold.released_by_id)
        .order_by(RetentionHold.id.desc())
    )
    shown: list[tuple[Any, ...]] = [
        (
            hold.id,
            scope_in_words(hold, reference=reference, person=person, team=team),
            hold.reason,
            hold.placed_at,
            placed_by,
            hold.released_at,
            released_by or "",
            hold.release_reason,
        )
        for hold, reference, person, team, placed_by, released_by in rows
    ]
    columns = ["Hold", "What is held", "Why", "Placed", "By", "Released", "Released by", "Why released"]
    return pd.DataFrame(shown, columns=columns, dtype=object)


def scope_in_words(
    hold: RetentionHold, *, reference: str | None, person: str | None, team: str | None
) -> str:
    """What a hold keeps, in words."""
    if hold.case_id is not None:
        return f"Case {reference}"
    if hold.person_id is not None:
        return f"The work of {person}"
    if hold.team_id is not None:
        return f"Team {team}"
    assert hold.kind is not None
    return f"Everything: {RULES[RecordClass(hold.kind)].title.lower()}"


def _case_id(session: Session, reference: str | None) -> int | None:
    if reference is None:
        return None
    key = reference.strip().upper()
    found = session.scalar(select(Case.id).where(Case.reference_key == key))
    if found is None:
        raise Refused(f"There is no case {reference.strip()!r}. Type its reference as the case system does.")
    return found
