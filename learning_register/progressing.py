"""An action being done: begun, its steps, the evidence, done, opened again, shared."""

import hashlib
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from learning_register.action_changes import given_reason, move_to
from learning_register.action_rights import check_may_take_to, check_may_use
from learning_register.follow_up import ActionState, Right
from learning_register.tables_actions import ActionEvidence, ActionMilestone, ActionShared, FollowUpAction
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.refused import Refused


class EvidenceKind(StrEnum):
    """What shows that an action was done."""

    NOTE = "note"
    LINK = "link"
    FILE = "file"


def start_action(session: Session, action: FollowUpAction, *, by: Person) -> None:
    """Begin an action that is authorised."""
    check_may_take_to(session, action, ActionState.IN_PROGRESS, by)
    if action.state != ActionState.AUTHORISED:
        raise Refused("The action has been done. Open it again, with a reason, instead of beginning it.")
    move_to(session, action, ActionState.IN_PROGRESS, name="start_action", by=by)


def add_note(session: Session, action: FollowUpAction, *, words: str, by: Person) -> None:
    """Give evidence of an action in words."""
    if not words.strip():
        raise Refused("The note says nothing. Write what was done.")
    _keep(session, action, EvidenceKind.NOTE, words.strip(), sha256=None, by=by)


def add_link(session: Session, action: FollowUpAction, *, address: str, by: Person) -> None:
    """Give as evidence where something can be found: an address that begins with http:// or https://."""
    address = address.strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or any(sign.isspace() for sign in address):
        raise Refused(f"“{address}” is not an address that can be opened. Begin it with https://.")
    _keep(session, action, EvidenceKind.LINK, address, sha256=None, by=by)


def add_file(session: Session, action: FollowUpAction, *, file_name: str, content: bytes, by: Person) -> None:
    """Give a file as evidence by its name and SHA-256; the file itself stays where the office keeps it."""
    name = PurePosixPath(file_name.replace("\\", "/")).name or "file"  # not the folders it is said to lie in
    if not content:
        raise Refused(f"The file {name} is empty. Choose the one that shows what was done.")
    _keep(session, action, EvidenceKind.FILE, name, sha256=hashlib.sha256(content).hexdigest(), by=by)


def finish_action(session: Session, action: FollowUpAction, *, note: str = "", by: Person) -> None:
    """Mark an action as done. Something has to show it: a note given here, or evidence given before."""
    check_may_take_to(session, action, ActionState.DONE, by)
    if note.strip():
        add_note(session, action, words=note, by=by)
    if not action.evidence:
        raise Refused("Nothing shows that this was done. Say what was done, or give a link or a file.")
    action.done_on = today(session)
    move_to(session, action, ActionState.DONE, name="finish_action", by=by)


def reopen_action(session: Session, action: FollowUpAction, *, reason: str, by: Person) -> None:
    """Open an action again that turned out not to be done."""
    reason = given_reason(reason, "Say why the action is opened again.")
    check_may_take_to(session, action, ActionState.IN_PROGRESS, by)
    if action.state == ActionState.AUTHORISED:
        raise Refused("The action has not been begun yet. Begin it instead of opening it again.")
    action.done_on, action.review_on = None, None
    move_to(session, action, ActionState.IN_PROGRESS, name="reopen_action", reason=reason, by=by)


def add_milestone(
    session: Session, action: FollowUpAction, *, description: str, due_on: date, by: Person
) -> ActionMilestone:
    """Plan a step on the way."""
    check_may_use(session, action, Right.PLAN_STEPS, by)
    if not description.strip():
        raise Refused("The milestone says nothing. Write what is to be reached.")
    if due_on < today(session):
        raise Refused(f"{due_on:%d %B %Y} has passed. Choose a later day for the milestone.")
    milestone = ActionMilestone(action_id=action.id, description=description.strip(), due_on=due_on)
    session.add(milestone)
    session.flush()
    session.expire(action, ["milestones"])
    audit_trail.record(
        session, "add_milestone", f"action {action.id}", by=by, milestone=milestone.id, due_on=str(due_on)
    )
    return milestone


def finish_milestone(session: Session, milestone: ActionMilestone, *, by: Person) -> None:
    """Mark a step as done today."""
    check_may_use(session, session.get_one(FollowUpAction, milestone.action_id), Right.PLAN_STEPS, by)
    if milestone.done_on is not None:
        raise Refused("This milestone is done already. Look at the action as it is now.")
    milestone.done_on = today(session)
    audit_trail.record(
        session, "finish_milestone", f"action {milestone.action_id}", by=by, milestone=milestone.id
    )


def share_action(
    session: Session, action: FollowUpAction, *, with_whom: str, shared_on: date, by: Person
) -> None:
    """Record with whom an action, and what was learned, was shared, and when."""
    check_may_use(session, action, Right.SHARE, by)
    if not with_whom.strip():
        raise Refused("Say with whom it was shared: a team, a meeting, another office.")
    if shared_on > today(session):
        raise Refused(f"{shared_on:%d %B %Y} is in the future. Enter the day on which it was shared.")
    session.add(
        ActionShared(
            action_id=action.id, with_whom=with_whom.strip(), shared_on=shared_on, recorded_by_id=by.id
        )
    )
    session.flush()
    session.expire(action, ["shared"])
    audit_trail.record(session, "share_action", f"action {action.id}", by=by, on=str(shared_on))


def _keep(
    session: Session,
    action: FollowUpAction,
    kind: EvidenceKind,
    words: str,
    *,
    sha256: str | None,
    by: Person,
) -> None:
    check_may_use(session, action, Right.GIVE_EVIDENCE, by)
    session.add(
        ActionEvidence(
            action_id=action.id,
            kind=kind,
            words=words,
            sha256=sha256,
            given_at=now(session),
            given_by_id=by.id,
        )
    )
    session.flush()
    session.expire(action, ["evidence"])
    audit_trail.record(session, "give_evidence", f"action {action.id}", by=by, kind=str(kind), sha256=sha256)
