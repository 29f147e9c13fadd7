"""What becomes of the follow-up actions of the demonstration: one in every state by its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from learning_register.authorising import authorise_action, decline_action
from learning_register.follow_up import ActionState, Result
from learning_register.following_up import add_action
from learning_register.progressing import (
    add_link,
    add_milestone,
    finish_action,
    finish_milestone,
    share_action,
    start_action,
)
from learning_register.tables import LearningPoint
from learning_register.tables_actions import ActionMilestone, FollowUpAction
from learning_register.verifying import (
    close_without_result,
    judge_effective,
    judge_not_effective,
    monitor_action,
)
from qa_app.demo_agenda import Agenda
from sampling.records.database import today
from sampling.records.people import Person, Team

NOTHING_NEEDED: Final = "A single slip, put right the same day, in a case handed over that week."


@dataclass(frozen=True)
class Deed:
    """What becomes of an action: days until it is due, until it is done, and then until it is judged.

    `ends` is the last state it reaches. `step` is what is to be done, if not the usual thing.
    """

    due_after: int
    done_after: int = 0
    judged_after: int = 30
    ends: ActionState = ActionState.IN_PROGRESS
    step: str = ""
    by_team: bool = False


STILL_OPEN: Final = Deed(due_after=75)  # beyond the end of the month after
OVERDUE: Final = Deed(due_after=10)
OF_THE_TEAM: Final = Deed(due_after=75, ends=ActionState.AUTHORISED, by_team=True)
DONE: Final = Deed(
    due_after=14, done_after=20, ends=ActionState.DONE, step="Read two good letters aloud at the meeting."
)
WATCHED: Final = Deed(due_after=28, done_after=17, judged_after=90, ends=ActionState.MONITORING)
WORKED: Final = Deed(due_after=28, done_after=12, judged_after=45, ends=ActionState.EFFECTIVE)
WORKED_NOT: Final = Deed(due_after=14, done_after=20, judged_after=28, ends=ActionState.NOT_EFFECTIVE)
NOT_SHOWN: Final = Deed(due_after=28, done_after=14, judged_after=30, ends=ActionState.CLOSED)
DECLINED: Final = Deed(
    due_after=28, ends=ActionState.DECLINED, step="Have two people read every letter before it goes."
)


def play_action(
    agenda: Agenda,
    session: Session,
    point: LearningPoint,
    deed: Deed,
    *,
    first_step: str,
    owner: Person | Team,
    head: Person,
    by: Person,
) -> None:
    """Draft the action of a learning point, and put on the agenda what becomes of it."""
    now = session.info["now"]
    action = add_action(
        session,
        point,
        description=deed.step or first_step,
        owner=owner,
        authoriser=head,
        target_date=today(session) + timedelta(days=deed.due_after),
        by=by,
    )

    def after(days: int, do: Callable[[Session, FollowUpAction, Person], None]) -> None:
        agenda.add(now + timedelta(days=days), partial(_do, do, action.id, head.id))

    if deed.ends is ActionState.DECLINED:
        after(1, _decline)
        return
    after(1, _authorise)
    if deed.ends is ActionState.AUTHORISED:
        return
    after(2, _start)
    if deed.ends is ActionState.IN_PROGRESS:
        return
    after(deed.done_after, _finish)
    if deed.ends is ActionState.DONE:
        return
    after(deed.done_after + 1, partial(_monitor, days=deed.judged_after - 1))
    judge = {
        ActionState.EFFECTIVE: _judge_effective,
        ActionState.NOT_EFFECTIVE: _judge_not_effective,
        ActionState.CLOSED: _close_not_shown,
    }.get(deed.ends)
    if judge is not None:
        after(deed.done_after + deed.judged_after, judge)


def _do(
    do: Callable[[Session, FollowUpAction, Person], None], action_id: int, head_id: int, session: Session
) -> None:
    do(session, session.get_one(FollowUpAction, action_id), session.get_one(Person, head_id))


def _decline(session: Session, action: FollowUpAction, head: Person) -> None:
    reason = "It would cost two days a week, and the approval before sending is there for this."
    decline_action(session, action, reason=reason, by=head)


def _authorise(session: Session, action: FollowUpAction, head: Person) -> None:
    authorise_action(session, action, by=head)


def _start(session: Session, action: FollowUpAction, head: Person) -> None:
    owner = action.owner or head
    start_action(session, action, by=owner)
    add_milestone(
        session,
        action,
        description="The team has agreed how.",
        due_on=today(session) + timedelta(days=7),
        by=owner,
    )


def _finish(session: Session, action: FollowUpAction, head: Person) -> None:
    owner = action.owner or head
    for milestone in action.milestones:
        finish_milestone(session, session.get_one(ActionMilestone, milestone.id), by=owner)
    add_link(session, action, address=f"https://intranet.example.org/actions/{action.id}", by=owner)
    finish_action(session, action, note="Done, and the team was told.", by=owner)
    share_action(session, action, with_whom="All line managers", shared_on=today(session), by=owner)


def _monitor(session: Session, action: FollowUpAction, head: Person, *, days: int) -> None:
    review_on = today(session) + timedelta(days=days)
    monitor_action(session, action, verifier=head, review_on=review_on, by=head)


def _judge_effective(session: Session, action: FollowUpAction, head: Person) -> None:
    judge_effective(
        session, action, reason="Far fewer reviews fail it since the example was shared.", by=head
    )


def _judge_not_effective(session: Session, action: FollowUpAction, head: Person) -> None:
    judge_not_effective(
        session,
        action,
        reason="The same was found again, in two letters of the month after.",
        next_step="Put a heading “Why we decided this” into the template.",
        target_date=today(session) + timedelta(days=60),
        by=head,
    )


def _close_not_shown(session: Session, action: FollowUpAction, head: Person) -> None:
    close_without_result(
        session,
        action,
        result=Result.NOT_SHOWN,
        reason="Too few people asked for an adjustment to show a difference by the review date.",
        by=head,
    )
