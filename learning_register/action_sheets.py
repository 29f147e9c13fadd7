"""One follow-up action with all that is kept of it, and what its reader may do to it now."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from learning_register.action_queries import ActionRow, follow_up_actions
from learning_register.action_rights import parts_of
from learning_register.aims import Aim, aim_in_words, default_aims, named_aims, newest_cards
from learning_register.follow_up import ActionState, Right, has_right, may_move
from learning_register.tables_actions import ActionChange, ActionEvidence, FollowUpAction
from sampling.records.people import Person
from sampling.refused import Refused


@dataclass(frozen=True)
class ChangeRow:
    """One move or change: what, from what to what, why, by whom and when."""

    what: str
    before: str
    after: str
    reason: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class EvidenceRow:
    """One piece of evidence: a note, a link, or a file by its name and SHA-256."""

    kind: str
    words: str
    sha256: str | None
    given_at: datetime
    given_by: str


@dataclass(frozen=True)
class MilestoneRow:
    """A step on the way."""

    milestone_id: int
    description: str
    due_on: date
    done_on: date | None


@dataclass(frozen=True)
class ActionSheet:
    """An action, its history, and the moves and rights its reader has today.

    `aims` are what later samples are to show. `follows` is the action without effect that it came from,
    `followed_by` those that came from it.
    """

    row: ActionRow
    drafted_by: str
    decline_reason: str
    result_reason: str
    aims: tuple[Aim, ...]
    aims_in_words: tuple[str, ...]
    follows: int | None
    followed_by: tuple[int, ...]
    changes: tuple[ChangeRow, ...]
    evidence: tuple[EvidenceRow, ...]
    milestones: tuple[MilestoneRow, ...]
    shared: tuple[tuple[str, date], ...]
    may_become: frozenset[ActionState]
    rights: frozenset[Right]


def action_sheet(session: Session, action_id: int, person: Person) -> ActionSheet:
    """One action that a person may see; refused where there is none."""
    action = session.get(FollowUpAction, action_id)
    found = follow_up_actions(session, person, action_id=action_id)
    if action is None or not found:
        raise Refused(
            "There is no such action, or it is not for you to see. Choose one from the list of actions."
        )
    aims = named_aims(action) or default_aims(session, action.learning_point)
    cards, parts = newest_cards(session), parts_of(session, action, person)
    followed_by = select(FollowUpAction.id).where(FollowUpAction.follows_id == action.id)
    return ActionSheet(
        row=found[0],
        drafted_by=action.logged_by.name,
        decline_reason=action.decline_reason,
        result_reason=action.result_reason,
        aims=aims,
        aims_in_words=tuple(aim_in_words(aim, cards) for aim in aims),
        follows=action.follows_id,
        followed_by=tuple(session.scalars(followed_by.order_by(FollowUpAction.id))),
        changes=tuple(_changes_of(session, action)),
        evidence=tuple(_evidence_of(session, action)),
        milestones=tuple(
            MilestoneRow(one.id, one.description, one.due_on, one.done_on) for one in action.milestones
        ),
        shared=tuple((one.with_whom, one.shared_on) for one in action.shared),
        may_become=frozenset(wanted for wanted in ActionState if may_move(found[0].state, wanted, parts)),
        rights=frozenset(right for right in Right if has_right(right, found[0].state, parts)),
    )


def _changes_of(session: Session, action: FollowUpAction) -> list[ChangeRow]:
    changes = session.scalars(
        select(ActionChange)
        .where(ActionChange.action_id == action.id)
        .options(joinedload(ActionChange.made_by))
        .order_by(ActionChange.id)
    )
    return [
        ChangeRow(one.what, one.before, one.after, one.reason, one.made_at, one.made_by.name)
        for one in changes
    ]


def _evidence_of(session: Session, action: FollowUpAction) -> list[EvidenceRow]:
    given = session.scalars(
        select(ActionEvidence)
        .where(ActionEvidence.action_id == action.id)
        .options(joinedload(ActionEvidence.given_by))
        .order_by(ActionEvidence.id)
    )
    return [EvidenceRow(one.kind, one.words, one.sha256, one.given_at, one.given_by.name) for one in given]
