"""What happens to a learning point once it is logged: it is fed back, acknowledged, corrected, cites more."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy.orm import Session

from learning_register.citing import TypedCitation
from learning_register.recording import (
    Weight,
    add_citations,
    add_commitments,
    check_weight,
    checked_description,
    named_in,
)
from learning_register.tables import LearningPoint
from learning_register.telling import check_may_know
from learning_register.visibility import check_may_see_point
from sampling.records import audit_trail
from sampling.records.database import today
from sampling.records.people import Person, Role, manager_of, roles_of, teams_managed
from sampling.refused import Refused


def feed_back(
    session: Session, point: LearningPoint, *, on: date, to: Person | None = None, by: Person
) -> None:
    """Record when, and to whom, a learning point was fed back: the manager of whom it is about, unless told.

    A caseworker's is their line manager, a line manager's their assistant director: whoever managed them on
    that day. Who was told sees the point from then on, and can acknowledge it.
    """
    check_may_see_point(session, point, by)
    if on > today(session):
        raise Refused(f"{on:%d %B %Y} is in the future. Enter the day on which it was fed back.")
    if to is None and point.caseworker_id is not None:
        to = manager_of(session, point.caseworker_id, on)
    if to is None:
        raise Refused("No line manager is on record for the caseworker. Choose who was told.")
    check_may_know(session, point, to, by=by)
    point.fed_back_on, point.fed_back_to_id, point.acknowledged_on = on, to.id, None
    session.flush()
    audit_trail.record(session, "feed_back", f"learning point {point.id}", by=by, on=str(on), to=to.id)


def acknowledge_feedback(session: Session, point: LearningPoint, *, by: Person) -> None:
    """Record that whoever was told has read it; nobody can for them."""
    check_may_see_point(session, point, by)
    if point.fed_back_to_id != by.id:
        raise Refused("This was not fed back to you. Whoever was told acknowledges it.")
    if point.acknowledged_on is not None:
        raise Refused("You have acknowledged this already.")
    point.acknowledged_on = today(session)
    audit_trail.record(session, "acknowledge_feedback", f"learning point {point.id}", by=by)


def may_correct(session: Session, point: LearningPoint, person: Person) -> bool:
    """Whether a person may correct a point they see: whoever logged it, its team's manager, the Head."""
    manages = point.team_id in teams_managed(session, person)
    return person.id == point.logged_by_id or manages or Role.HEAD in roles_of(session, person)


def correct_point(
    session: Session,
    point: LearningPoint,
    *,
    description: str,
    weight: Weight,
    names_confirmed: bool = False,
    reason: str,
    by: Person,
) -> None:
    """Correct the wording of a learning point and what the office makes of it; the audit trail keeps both.

    Kind and citations stay: what was cited wrongly is a learning point of its own.
    """
    reason = _checked_reason(session, point, reason, by)
    named = named_in(session, description)
    description = checked_description(description, named, confirmed=names_confirmed)
    check_weight(session, weight, kept_cause_id=point.root_cause_id)
    after = {"description": description, **asdict(weight)}
    before = {name: getattr(point, name) for name in after}
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        raise Refused("Nothing is changed. Change something, or leave the point as it is.")
    for name in changed:
        setattr(point, name, after[name])
    session.flush()
    session.expire(point, ["root_cause"])
    audit_trail.record(
        session,
        "correct_learning_point",
        f"learning point {point.id}",
        by=by,
        # The words themselves are in the row's own change, which can be disposed of; an entry cannot.
        changed=changed,
        reason=reason,
        **({"names_kept": len(named)} if named else {}),
    )


def cite_more(
    session: Session,
    point: LearningPoint,
    *,
    citations: Sequence[TypedCitation] = (),
    commitments: Sequence[int] = (),
    reason: str,
    by: Person,
) -> None:
    """Add paragraphs and commitments to a learning point. What it cites already is never taken away."""
    reason = _checked_reason(session, point, reason, by)
    added = [*add_citations(session, point, citations), *add_commitments(session, point, commitments)]
    if not added:
        raise Refused(
            "There is nothing new to cite. Choose a paragraph or a commitment that is not there yet."
        )
    audit_trail.record(session, "cite_more", f"learning point {point.id}", by=by, added=added, reason=reason)


def _checked_reason(session: Session, point: LearningPoint, reason: str, by: Person) -> str:
    check_may_see_point(session, point, by)
    if not may_correct(session, point, by):
        raise Refused(
            "This learning point is not yours to correct. Whoever logged it, the team's manager or the Head "
            "of Customer Care can."
        )
    if not reason.strip():
        raise Refused("Say why it is corrected, so that others can follow it.")
    return reason.strip()
