"""Follow-up actions: added, finished, opened again, moved."""

from datetime import date

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Session

from learning_register.follow_up import ActionState, check_move, check_people
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import check_may_see_point
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import (
    Person,
    Role,
    may_act_as,
    roles_of,
    teams_managed,
)
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.tables import Review
from scorecards.visibility import (
    BLIND_ROLES,
    is_running_second,
    is_sealed_for,
    may_see_learning,
    route_of_review,
)


def add_action(
    session: Session,
    point: LearningPoint,
    *,
    description: str,
    owner: Person,
    authoriser: Person,
    target_date: date,
    by: Person,
) -> FollowUpAction:
    """Say what is to be done about a learning point, by whom, authorised by whom, by when."""
    check_may_see_point(session, point, by)
    if not description.strip():
        raise Refused("The action says nothing. Write what is to be done.")
    check_people(owner.id, authoriser.id)
    for person in (owner, authoriser):
        if person.disabled_on is not None:
            raise Refused(f"{person.name} has left. Choose somebody who works here.")
    if not may_authorise(session, authoriser):
        raise Refused(f"{authoriser.name} cannot authorise actions: a line manager or the Head has to.")
    if target_date < today(session):
        raise Refused(f"The target date, {target_date:%d %B %Y}, has passed. Choose a later one.")
    action = FollowUpAction(
        learning_point_id=point.id,
        description=description.strip(),
        owner_id=owner.id,
        authoriser_id=authoriser.id,
        target_date=target_date,
        first_target_date=target_date,
        authorised_on=today(session),
        state=ActionState.OPEN,
        logged_at=now(session),
        logged_by_id=by.id,
    )
    session.add(action)
    session.flush()
    audit_trail.record(
        session,
        "add_action",
        f"action {action.id}",
        by=by,
        owner=owner.id,
        authoriser=authoriser.id,
        target_date=str(target_date),
    )
    return action


def finish_action(session: Session, action: FollowUpAction, *, note: str, by: Person) -> None:
    """Mark an action as done, with what was done."""
    _check_may_move(session, action, by)
    check_move(ActionState(action.state), ActionState.DONE)
    if not note.strip():
        raise Refused("Say what was done, so that others can see it.")
    action.state, action.done_on, action.done_note = ActionState.DONE, today(session), note.strip()
    audit_trail.record(session, "finish_action", f"action {action.id}", by=by, note=note.strip())


def reopen_action(session: Session, action: FollowUpAction, *, reason: str, by: Person) -> None:
    """Open an action again that turned out not to be done."""
    _check_may_move(session, action, by)
    check_move(ActionState(action.state), ActionState.OPEN)
    if not reason.strip():
        raise Refused("Say why the action is opened again.")
    action.state, action.done_on = ActionState.OPEN, None
    audit_trail.record(session, "reopen_action", f"action {action.id}", by=by, reason=reason.strip())


def move_target_date(
    session: Session, action: FollowUpAction, *, target_date: date, reason: str, by: Person
) -> None:
    """Set a new target date; the first one stays on record beside it."""
    check_may_see_action(session, action, by)
    if not may_move_target_date(session, action, by):
        raise Refused(
            f"{action.authoriser.name} authorised this target date. "
            f"They or the Head of Customer Care can move it."
        )
    if action.state != ActionState.OPEN:
        raise Refused("The action is done, so its target date stays. Open it again first.")
    if not reason.strip():
        raise Refused("Say why the target date moves.")
    if target_date < today(session):
        raise Refused(f"The target date, {target_date:%d %B %Y}, has passed. Choose a later one.")
    before = action.target_date
    action.target_date = target_date
    audit_trail.record(
        session,
        "move_target_date",
        f"action {action.id}",
        by=by,
        before=str(before),
        after=str(target_date),
        reason=reason.strip(),
    )


def may_authorise(session: Session, person: Person) -> bool:
    """Whether a person authorises follow-up actions."""
    return may_act_as(session, person, (Role.LINE_MANAGER, Role.HEAD))


def why_not_action(session: Session, action: FollowUpAction, to: Person, *, authorises: bool) -> str | None:
    """Why an action cannot go to a new owner or authoriser, in words that follow their name; None if it can.

    What was learned from an open case never goes to somebody who reviews for QA: whether it could
    would tell if the case was scored again.
    """
    if to.id == (action.owner_id if authorises else action.authoriser_id):
        return "owns this action" if authorises else "authorises this action"
    if authorises and not may_authorise(session, to):
        return "cannot authorise actions"
    route = session.scalar(select(route_of_review()).where(Review.id == action.learning_point.review_id))
    if route == Route.OPEN and may_act_as(session, to, BLIND_ROLES):
        return "reviews for QA"
    return None


def change_people(
    session: Session, action: FollowUpAction, to: Person, *, authorises: bool, by: Person
) -> None:
    """Give an open action a new owner or authoriser. Who may do so is for the caller to check."""
    session.refresh(action, with_for_update=True)
    if action.state != ActionState.OPEN:
        raise Refused("The action is done, so it stays with those who had it. Look at the list again.")
    reason = why_not_action(session, action, to, authorises=authorises)
    if reason is not None:
        raise Refused(f"{to.name} {reason}. Choose somebody else.")
    before = action.authoriser_id if authorises else action.owner_id
    if authorises:
        action.authoriser_id = to.id
    else:
        action.owner_id = to.id
    session.flush()
    session.expire(action, ["owner", "authoriser"])
    audit_trail.record(
        session,
        "reassign_action",
        f"action {action.id}",
        by=by,
        what="authoriser" if authorises else "owner",
        before=before,
        after=to.id,
    )


def may_see_action(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition, on an action joined to its learning point and review, that a person may see it.

    Besides those who may see the learning, its owner and its authoriser; not while that would tell
    a second scorer what a manager found, or anybody which cases a second scoring holds.
    """
    named = or_(FollowUpAction.owner_id == person.id, FollowUpAction.authoriser_id == person.id)
    return or_(
        may_see_learning(session, person, LearningPoint.team_id),
        and_(named, not_(is_sealed_for(session, person)), not_(is_running_second())),
    )


def check_may_see_action(session: Session, action: FollowUpAction, by: Person) -> None:
    """Refuse unless the person may see the action."""
    seen = session.scalars(
        select(FollowUpAction.id)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .join(Review, Review.id == LearningPoint.review_id)
        .where(FollowUpAction.id == action.id, may_see_action(session, by))
    ).first()
    if seen is None:
        raise Refused("There is no such action, or it is not for you to see. Go back to the list of actions.")


def _check_may_move(session: Session, action: FollowUpAction, by: Person) -> None:
    check_may_see_action(session, action, by)
    if not may_finish(session, action, by):
        raise Refused(
            f"This action is {action.owner.name}'s. They, the team's manager or the Head can do this."
        )


def may_finish(session: Session, action: FollowUpAction, person: Person) -> bool:
    """Whether a person may say that an action is done, or open it again."""
    manages = action.learning_point.team_id in teams_managed(session, person)
    return person.id == action.owner_id or manages or Role.HEAD in roles_of(session, person)


def may_move_target_date(session: Session, action: FollowUpAction, person: Person) -> bool:
    """Whether a person may set another target date."""
    return person.id == action.authoriser_id or Role.HEAD in roles_of(session, person)
