"""Follow-up actions: drafted, and their plan changed with a reason."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, keep_change
from learning_register.action_rights import check_may_use, why_not_named, why_not_of_open_case
from learning_register.aims import Aim, keep_aims
from learning_register.follow_up import ActionState, Part, Right
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import check_may_see_point
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person, Team
from sampling.refused import Refused


def add_action(
    session: Session,
    point: LearningPoint,
    *,
    description: str,
    owner: Person | Team,
    authoriser: Person,
    target_date: date,
    verifier: Person | None = None,
    improves: Sequence[Aim] = (),
    by: Person,
) -> FollowUpAction:
    """Draft what is to be done about a learning point: by whom, by when, who is asked to authorise it.

    `improves` is what later samples are to show; the requirement that the learning came from unless named.
    """
    check_may_see_point(session, point, by)
    return draft_action(
        session,
        point,
        description=description,
        owner=owner,
        authoriser=authoriser,
        target_date=target_date,
        verifier=verifier,
        improves=improves,
        follows=None,
        by=by,
    )


def draft_action(
    session: Session,
    point: LearningPoint,
    *,
    description: str,
    owner: Person | Team,
    authoriser: Person,
    target_date: date,
    verifier: Person | None,
    improves: Sequence[Aim],
    follows: FollowUpAction | None,
    by: Person,
) -> FollowUpAction:
    """Write an action, perhaps one that follows another. Who may do so is for the caller to check."""
    if not description.strip():
        raise Refused("The action says nothing. Write what is to be done.")
    _check_to_come(session, target_date)
    action = FollowUpAction(
        learning_point_id=point.id,
        description=description.strip(),
        state=ActionState.DRAFT,
        owner_id=owner.id if isinstance(owner, Person) else None,
        owner_team_id=owner.id if isinstance(owner, Team) else None,
        authoriser_id=authoriser.id,
        verifier_id=None if verifier is None else verifier.id,
        target_date=target_date,
        first_target_date=target_date,
        follows_id=None if follows is None else follows.id,
        logged_at=now(session),
        logged_by_id=by.id,
    )
    named: list[tuple[Part, Person | Team]] = [(Part.AUTHORISER, authoriser), (Part.OWNER, owner)]
    if verifier is not None:
        named.append((Part.VERIFIER, verifier))
    for part, who in named:
        reason = why_not_named(session, action, part, who)
        if reason is None and part is Part.VERIFIER and verifier is not None:
            reason = why_not_of_open_case(session, action, verifier)
        if reason is not None:
            raise Refused(f"{who.name} {reason}. Choose somebody else as {part}.")
    session.add(action)
    session.flush()
    keep_aims(session, action, improves)
    audit_trail.record(
        session,
        "add_action",
        f"action {action.id}",
        by=by,
        owner=owner.id,
        owner_is_team=isinstance(owner, Team),
        authoriser=authoriser.id,
        target_date=str(target_date),
        follows=action.follows_id,
    )
    return action


def reword_action(
    session: Session, action: FollowUpAction, *, description: str, reason: str, by: Person
) -> None:
    """Say in other words, or otherwise, what is to be done; only until it is done."""
    check_may_use(session, action, Right.CHANGE_PLAN, by)
    reason = given_reason(reason, "Say why the wording changes.")
    if not description.strip():
        raise Refused("The action says nothing. Write what is to be done.")
    before, action.description = action.description, description.strip()
    keep_change(
        session, action, "wording", before, action.description, name="reword_action", reason=reason, by=by
    )


def move_target_date(
    session: Session, action: FollowUpAction, *, target_date: date, reason: str, by: Person
) -> None:
    """Set a new target date; the first one stays on record beside it."""
    check_may_use(session, action, Right.CHANGE_PLAN, by)
    reason = given_reason(reason, "Say why the target date moves.")
    _check_to_come(session, target_date)
    before, action.target_date = action.target_date, target_date
    keep_change(
        session, action, "target date", before, target_date, name="move_target_date", reason=reason, by=by
    )


def _check_to_come(session: Session, target_date: date) -> None:
    if target_date < today(session):
        raise Refused(f"The target date, {target_date:%d %B %Y}, has passed. Choose a later one.")
