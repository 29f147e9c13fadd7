"""Another owner, authoriser or verifier of an action, with the reason."""

from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, keep_change
from learning_register.action_rights import (
    check_may_use,
    why_not_given_to,
    why_not_named,
    why_not_of_open_case,
)
from learning_register.follow_up import UNFINISHED, ActionState, Part, Right, state_in_words
from learning_register.tables_actions import FollowUpAction
from sampling.records.people import Person, Team
from sampling.refused import Refused


def change_person(
    session: Session, action: FollowUpAction, *, part: Part, to: Person | Team, reason: str, by: Person
) -> None:
    """Name another owner, authoriser or verifier of an action."""
    check_may_use(session, action, Right.CHANGE_PEOPLE, by)
    hand_over(session, action, part=part, to=to, reason=reason, by=by)


def hand_over(
    session: Session, action: FollowUpAction, *, part: Part, to: Person | Team, reason: str, by: Person
) -> None:
    """Give a part in an unfinished action to somebody else. Who may do so is for the caller to check."""
    session.refresh(action, with_for_update=True)
    if action.state not in UNFINISHED:
        raise Refused(
            f"The action is {state_in_words(ActionState(action.state))}, so it stays with those who had it. "
            "Look at the list again."
        )
    reason = given_reason(reason, "Say why somebody else is named.")
    against = why_not_given_to(session, action, part, to)
    if against is not None:
        raise Refused(f"{to.name} {against}. Choose somebody else.")
    _put(session, action, part, to, reason=reason, by=by)


def put_verifier(session: Session, action: FollowUpAction, to: Person, *, reason: str, by: Person) -> None:
    """Have somebody verify an action; refused for its owner, whoever did it, and who must not know of it."""
    against = why_not_named(session, action, Part.VERIFIER, to) or why_not_of_open_case(session, action, to)
    if against is not None:
        raise Refused(f"{to.name} {against}, so somebody else has to verify it. Choose another verifier.")
    if to.id != action.verifier_id:
        _put(session, action, Part.VERIFIER, to, reason=reason, by=by)


def _put(
    session: Session, action: FollowUpAction, part: Part, to: Person | Team, *, reason: str, by: Person
) -> None:
    if part is Part.OWNER:
        before: Person | Team | None = action.owner or action.owner_team
        action.owner_id = to.id if isinstance(to, Person) else None
        action.owner_team_id = to.id if isinstance(to, Team) else None
    elif part is Part.AUTHORISER:
        before, action.authoriser_id = action.authoriser, to.id
    else:
        before, action.verifier_id = action.verifier, to.id
    keep_change(
        session,
        action,
        part,
        None if before is None else before.name,
        to.name,
        name=f"change_{part}",
        reason=reason,
        by=by,
    )
    session.expire(action, ["owner", "owner_team", "authoriser", "verifier"])
