"""Whether a done action worked: monitored until a day, then judged by somebody who did not do it."""

from datetime import date

from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, keep_change, move_to
from learning_register.action_people import put_verifier
from learning_register.action_rights import check_may_take_to, check_may_use
from learning_register.aims import named_aims
from learning_register.follow_up import ActionState, Result, Right
from learning_register.following_up import draft_action
from learning_register.tables_actions import FollowUpAction
from sampling.records.database import today
from sampling.records.people import Person, Team
from sampling.refused import Refused


def monitor_action(
    session: Session, action: FollowUpAction, *, verifier: Person | None, review_on: date, by: Person
) -> None:
    """Watch what later samples show of a done action, until a day on which its verifier says what came of it.

    The verifier named before stays unless another one is given.
    """
    check_may_take_to(session, action, ActionState.MONITORING, by)
    chosen = verifier or action.verifier
    if chosen is None:
        raise Refused("Nobody would say whether it worked. Name a verifier who neither owns it nor did it.")
    put_verifier(session, action, chosen, reason="Named when it was done.", by=by)
    _check_review_date(session, review_on)
    action.review_on = review_on
    move_to(session, action, ActionState.MONITORING, name="monitor_action", by=by)


def move_review_date(
    session: Session, action: FollowUpAction, *, review_on: date, reason: str, by: Person
) -> None:
    """Set another day by which the effect is to be shown."""
    check_may_use(session, action, Right.CHANGE_REVIEW, by)
    reason = given_reason(reason, "Say why the review date moves.")
    _check_review_date(session, review_on)
    before, action.review_on = action.review_on, review_on
    keep_change(
        session, action, "review date", before, review_on, name="move_review_date", reason=reason, by=by
    )


def judge_effective(session: Session, action: FollowUpAction, *, reason: str, by: Person) -> None:
    """Say that an action worked, and what shows it."""
    reason = given_reason(reason, "Say what shows that the action worked.")
    check_may_take_to(session, action, ActionState.EFFECTIVE, by)
    _give_result(session, action, Result.EFFECTIVE, reason)
    move_to(session, action, ActionState.EFFECTIVE, name="judge_effective", reason=reason, by=by)


def judge_not_effective(
    session: Session,
    action: FollowUpAction,
    *,
    reason: str,
    next_step: str,
    target_date: date,
    owner: Person | Team | None = None,
    authoriser: Person | None = None,
    by: Person,
) -> FollowUpAction:
    """Say that an action did not work, and draft the one that follows it on the same learning point.

    The new one has the same owner, authoriser and aims unless others are named; it is authorised anew.
    """
    reason = given_reason(reason, "Say what shows that the action did not work.")
    check_may_take_to(session, action, ActionState.NOT_EFFECTIVE, by)
    _give_result(session, action, Result.NOT_EFFECTIVE, reason)
    move_to(session, action, ActionState.NOT_EFFECTIVE, name="judge_not_effective", reason=reason, by=by)
    before = action.owner or action.owner_team
    assert before is not None  # the database holds every action to one owner
    return draft_action(
        session,
        action.learning_point,
        description=next_step,
        owner=owner or before,
        authoriser=authoriser or action.authoriser,
        target_date=target_date,
        verifier=None,
        improves=named_aims(action),
        follows=action,
        by=by,
    )


def close_without_result(
    session: Session, action: FollowUpAction, *, result: Result, reason: str, by: Person
) -> None:
    """Close an action of which no sample says whether it worked: it cannot be measured, or was not shown.

    Not shown is an answer from the review date on; before it there is still time. Whoever closes what
    nobody was to verify is its verifier.
    """
    if result not in (Result.NOT_MEASURABLE, Result.NOT_SHOWN):
        raise Refused("Only an action that is not measurable, or was not shown, is closed like this.")
    reason = given_reason(reason, "Say why nothing more can be shown.")
    if action.state in (ActionState.EFFECTIVE, ActionState.NOT_EFFECTIVE):
        raise Refused("The action has its result already. Close it as it is.")
    check_may_take_to(session, action, ActionState.CLOSED, by)
    if result is Result.NOT_SHOWN and action.review_on is None:
        raise Refused("The action has no review date yet. Have it monitored first, until a day that is set.")
    if result is Result.NOT_SHOWN and action.review_on is not None and today(session) < action.review_on:
        raise Refused(
            f"There is time until {action.review_on:%d %B %Y} to show that it worked. Wait for that day, or "
            "have the review date moved."
        )
    if action.verifier_id != by.id:
        put_verifier(session, action, by, reason="Closed it without a result.", by=by)
    _give_result(session, action, result, reason)
    action.closed_on = today(session)
    move_to(session, action, ActionState.CLOSED, name="close_without_result", reason=reason, by=by)


def close_action(session: Session, action: FollowUpAction, *, by: Person) -> None:
    """Close an action that has its result."""
    check_may_take_to(session, action, ActionState.CLOSED, by)
    if action.result is None:
        raise Refused(
            "The action has no result yet. Its verifier says whether it worked, or closes it without one."
        )
    action.closed_on = today(session)
    move_to(session, action, ActionState.CLOSED, name="close_action", by=by)


def _give_result(session: Session, action: FollowUpAction, result: Result, reason: str) -> None:
    action.result, action.result_on, action.result_reason = result, today(session), reason


def _check_review_date(session: Session, review_on: date) -> None:
    if review_on <= today(session):
        raise Refused(
            f"The review date, {review_on:%d %B %Y}, leaves no time to show anything. Choose a later one."
        )
