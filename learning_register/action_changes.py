"""The history of a follow-up action: every move and every change, with who made it, when and why."""

from sqlalchemy.orm import Session

from learning_register.follow_up import ActionState
from learning_register.tables_actions import ActionChange, FollowUpAction
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person
from sampling.refused import Refused

STATE = "state"


def given_reason(reason: str, why: str) -> str:
    """The reason somebody typed; refused when there is none: `given_reason(text, "Say why it moves.")`."""
    if not reason.strip():
        raise Refused(why)
    return reason.strip()


def move_to(
    session: Session, action: FollowUpAction, state: ActionState, *, name: str, reason: str = "", by: Person
) -> None:
    """Put an action into a state, which has been checked, and keep by whom and why."""
    before, action.state = action.state, state
    keep_change(session, action, STATE, before, state, name=name, reason=reason, by=by)


def keep_change(
    session: Session,
    action: FollowUpAction,
    what: str,
    before: object,
    after: object,
    *,
    name: str,
    reason: str,
    by: Person,
) -> None:
    """Keep one change of an action beside it and in the audit trail."""
    session.add(
        ActionChange(
            action_id=action.id,
            what=what,
            before="" if before is None else str(before),
            after=str(after),
            reason=reason,
            made_at=now(session),
            made_by_id=by.id,
        )
    )
    session.flush()
    session.expire(action, ["changes"])
    details = {"what": what, "before": str(before), "after": str(after)}
    if reason:
        details["reason"] = reason
    audit_trail.record(session, name, f"action {action.id}", by=by, **details)
