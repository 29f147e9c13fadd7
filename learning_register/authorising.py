"""Whether a drafted action is to be done: somebody who is not its owner says so."""

from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, keep_change, move_to
from learning_register.action_rights import check_may_take_to, may_authorise
from learning_register.follow_up import ActionState
from learning_register.tables_actions import FollowUpAction
from sampling.records.database import today
from sampling.records.people import Person
from sampling.refused import Refused


def authorise_action(session: Session, action: FollowUpAction, *, by: Person) -> None:
    """Say that an action is to be done: its authoriser, or the Head, who is its authoriser from then on."""
    _check_may_decide(session, action, ActionState.AUTHORISED, by)
    action.authorised_on = today(session)
    move_to(session, action, ActionState.AUTHORISED, name="authorise_action", by=by)


def decline_action(session: Session, action: FollowUpAction, *, reason: str, by: Person) -> None:
    """Say that an action is not to be done, and why."""
    reason = given_reason(reason, "Say why the action is declined, so that others can see it.")
    _check_may_decide(session, action, ActionState.DECLINED, by)
    action.decline_reason = reason
    move_to(session, action, ActionState.DECLINED, name="decline_action", reason=reason, by=by)


def _check_may_decide(session: Session, action: FollowUpAction, wanted: ActionState, by: Person) -> None:
    check_may_take_to(session, action, wanted, by)
    if not may_authorise(session, by):
        raise Refused(f"{by.name} cannot authorise actions: a line manager or the Head has to.")
    if by.id != action.authoriser_id:
        before, action.authoriser_id = action.authoriser, by.id
        keep_change(
            session,
            action,
            "authoriser",
            before.name,
            by.name,
            name="change_authoriser",
            reason="The Head of Customer Care decided on it.",
            by=by,
        )
        session.expire(action, ["authoriser"])
