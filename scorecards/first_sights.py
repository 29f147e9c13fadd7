"""Who may have seen a manager's review before scoring its case again: what is on record, and who could."""

from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Absence, Person, Role, RoleHeld, roles_of, teams_managed
from sampling.sealing import BLIND_ROLES
from scorecards.tables import Review
from scorecards.tables_agreement import FirstSight


def has_seen(session: Session, review_ids: list[int], person: Person) -> bool:
    """Whether it is on record that a person saw one of some reviews of others."""
    seen = select(FirstSight.review_id).where(
        FirstSight.person_id == person.id, FirstSight.review_id.in_(review_ids)
    )
    return session.scalars(seen).first() is not None


def keep_first_sight(session: Session, review: Review, person: Person) -> FirstSight:
    """Keep that a person sees a colleague's review now, unless they saw it before.

    Whether they may is for the caller to check, who holds the review as well.
    """
    sight = session.get(FirstSight, (review.id, person.id))
    if sight is None:
        sight = FirstSight(review_id=review.id, person_id=person.id, seen_at=now(session))
        session.add(sight)
        audit_trail.record(session, "see_review", f"review {review.id}", by=person)
        session.flush()
    return sight


def could_see(session: Session, review: Review, person: Person) -> bool:
    """Whether a manager's review was open to a person on any day since it was submitted.

    To a Head and to those who managed the team, deputies too, while they reviewed nothing for QA: lists
    and figures tell verdicts, and nobody keeps who read those.
    """
    if review.submitted_at is None:
        return False
    first, last = review.submitted_at.astimezone(OFFICE_TIME).date(), today(session)
    team = review.sampled_case.draw.plan.frame.team_id
    of_team = and_(RoleHeld.role == Role.LINE_MANAGER, RoleHeld.team_id == team)
    held = session.scalars(select(RoleHeld).where(or_(RoleHeld.person_id == person.id, of_team))).all()
    absences = session.scalars(select(Absence).where(Absence.deputy_id == person.id)).all()
    # What a person may see changes on the days on which something starts, or no longer holds.
    days = {first} | {row.starts_on for row in held} | {row.starts_on for row in absences}
    days |= {row.ends_on + timedelta(days=1) for row in held if row.ends_on is not None}
    for day in sorted(day for day in days if first <= day <= last):
        roles = roles_of(session, person, day)
        if roles & BLIND_ROLES:
            continue
        if Role.HEAD in roles or team in teams_managed(session, person, day):
            return True
    return False
