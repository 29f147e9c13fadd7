"""What waits for a person who has left or is away, and giving it to somebody else: all chosen, or nothing.

Kinds, references and dates only: administrators do this too, and they see no score and no learning.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from learning_register.action_people import hand_over
from learning_register.action_rights import may_see_action, why_not_given_to
from learning_register.follow_up import UNFINISHED, Part
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.visibility import is_sealed_point
from sampling.records import audit_trail
from sampling.records.cases import Case
from sampling.records.database import today
from sampling.records.people import Absence, Person, Role, in_force, may_act_as, teams_managed
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, in_sample
from scorecards.allocating import move_case, why_not_to
from scorecards.approvals import add_approver, end_approver
from scorecards.interventions import owners_for
from scorecards.tables import Allocation, Review, ReviewState
from scorecards.tables_intervention import Approver, Intervention, Level
from scorecards.visibility import BLIND_ROLES, is_running_second, is_sealed_for


class Kind(StrEnum):
    """What may wait for a person."""

    DRAFT = "draft"
    TO_REVIEW = "to_review"
    INTERVENTION = "intervention"
    OWNED = "owned"
    TO_AUTHORISE = "to_authorise"
    TO_VERIFY = "to_verify"
    APPROVER = "approver"


_PARTS: Final = {
    Kind.OWNED: Part.OWNER,
    Kind.TO_AUTHORISE: Part.AUTHORISER,
    Kind.TO_VERIFY: Part.VERIFIER,
}


@dataclass(frozen=True)
class Held:
    """One thing that waits for a person. No reference where that would tell what a second scoring holds."""

    kind: Kind
    row_id: int
    person_id: int
    reference: str | None
    due_on: date | None


@dataclass(frozen=True)
class Burdened:
    """Somebody for whom something waits; those who have left or are away come first."""

    person_id: int
    name: str
    has_left: bool
    away_until: date | None
    things: int


def may_reassign(session: Session, person: Person) -> bool:
    """Whether a person gives the work of others to others: for the office, or for their own team."""
    return may_act_as(session, person, [Role.HEAD, Role.ADMINISTRATOR, Role.LINE_MANAGER])


def burdened(session: Session, *, by: Person) -> list[Burdened]:
    """Everybody for whom something waits that this person may give to others."""
    counts: dict[int, int] = {}
    for held in held_by(session, by=by):
        counts[held.person_id] = counts.get(held.person_id, 0) + 1
    away = {
        absence.person_id: absence.ends_on
        for absence in session.scalars(select(Absence).where(in_force(Absence, today(session))))
    }
    rows = [
        Burdened(who.id, who.name, who.disabled_on is not None, away.get(who.id), counts[who.id])
        for who in session.scalars(
            select(Person).where(Person.id.in_(counts)).order_by(Person.name, Person.id)
        )
    ]
    return sorted(rows, key=lambda row: not (row.has_left or row.away_until))


def held_by(session: Session, person_id: int | None = None, *, by: Person) -> list[Held]:
    """All that waits for a person, or for anybody, by kind and date, as far as `by` may give it to others.

    The Head's and administrators' is the office's; a line manager's what belongs to their own team.
    """
    if not may_reassign(session, by):
        raise Refused(
            f"{by.name} cannot do this: it is for the Head of Customer Care, an administrator, or a team's "
            "line manager."
        )
    parts = [
        _cases(session, by, Kind.DRAFT),
        _cases(session, by, Kind.TO_REVIEW),
        _interventions(session, by),
        _actions(session, by, Kind.OWNED, FollowUpAction.owner_id),
        _actions(session, by, Kind.TO_AUTHORISE, FollowUpAction.authoriser_id),
        _actions(session, by, Kind.TO_VERIFY, FollowUpAction.verifier_id),
        *_approvers(session, by),
    ]
    held = [Held(Kind(row[0]), *row[1:]) for part in parts for row in session.execute(part)]
    return [one for one in held if person_id in (None, one.person_id)]


# Of each thing its kind, number, person, reference and date.
_Things = Select[*tuple[Any, ...]]


def _for_the_office(session: Session, by: Person) -> bool:
    return may_act_as(session, by, [Role.HEAD, Role.ADMINISTRATOR])


def _cases(session: Session, by: Person, kind: Kind) -> _Things:
    """Drafts, or cases allocated and not begun."""
    teams = teams_managed(session, by)
    if not _for_the_office(session, by):
        seen: ColumnElement[bool] = Frame.team_id.in_(teams)
    elif may_act_as(session, by, BLIND_ROLES):
        seen = or_(Frame.route != Route.OPEN, Frame.team_id.in_(teams))
    else:
        seen = true()
    is_draft = kind is Kind.DRAFT
    holder = Review.reviewer_id if is_draft else Allocation.reviewer_id
    has_state = Review.state == ReviewState.DRAFT if is_draft else Review.id.is_(None)
    return (
        select(
            literal(str(kind)),
            SampledCase.id,
            holder,
            case((Frame.route == Route.SECOND, None), else_=FrameCase.reference),
            _due(),
        )
        .select_from(SampledCase)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .outerjoin(Allocation, Allocation.sampled_case_id == SampledCase.id)
        .where(in_sample(), holder.is_not(None), has_state, seen)
        .order_by(_due(), SampledCase.ticket)
    )


def _due() -> ColumnElement[date | None]:
    return case((Allocation.due_on.is_not(None), Allocation.due_on), else_=Plan.due_on)


def _interventions(session: Session, by: Person) -> _Things:
    seen = true() if _for_the_office(session, by) else Frame.team_id.in_(teams_managed(session, by))
    return (
        select(
            literal(str(Kind.INTERVENTION)),
            Intervention.id,
            Intervention.owner_id,
            FrameCase.reference,
            Intervention.due_on,
        )
        .join(Review, Review.id == Intervention.review_id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .where(Intervention.done_on.is_(None), not_(is_sealed_for(session, by)), seen)
        .order_by(Intervention.due_on, Intervention.id)
    )


def _actions(session: Session, by: Person, kind: Kind, holder: InstrumentedAttribute[int | None]) -> _Things:
    if _for_the_office(session, by):
        seen = not_(is_sealed_point(session, by))
    else:
        team = LearningPoint.team_id.in_(teams_managed(session, by))
        seen = and_(team, may_see_action(session, by))
    return (
        select(
            literal(str(kind)),
            FollowUpAction.id,
            holder,
            case(
                (is_running_second(), None),
                else_=func.coalesce(FrameCase.reference, Case.reference, "about no one case"),
            ),
            FollowUpAction.target_date,
        )
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Case, Case.id == LearningPoint.case_id)
        .where(FollowUpAction.state.in_(UNFINISHED), holder.is_not(None), seen)
        .order_by(FollowUpAction.target_date, FollowUpAction.id)
    )


def _approvers(session: Session, by: Person) -> list[_Things]:
    if not may_act_as(session, by, [Role.ADMINISTRATOR]):
        return []  # only administrators name approvers
    return [
        select(literal(str(Kind.APPROVER)), Approver.id, Approver.person_id, Approver.level, Approver.ends_on)
        .where(or_(Approver.ends_on.is_(None), Approver.ends_on > today(session)))
        .order_by(Approver.starts_on, Approver.id)
    ]


def why_not(session: Session, held: Held, to: Person, *, by: Person) -> str | None:
    """Why a thing cannot go to a person, in words that follow their name; None if it can."""
    if to.disabled_on is not None:
        return "has left"
    if held.kind in (Kind.DRAFT, Kind.TO_REVIEW):
        return why_not_to(session, session.get_one(SampledCase, held.row_id), to, by=by)
    if held.person_id == to.id:
        return "has it already"
    if held.kind is Kind.INTERVENTION:
        review = session.get_one(Intervention, held.row_id).review
        return None if to.id in owners_for(session, review) else "cannot sign in, or reviews for QA"
    if held.kind is Kind.APPROVER:
        if to.email is None:
            return "cannot sign in"
        level = session.get_one(Approver, held.row_id).level
        same = select(Approver.id).where(
            Approver.person_id == to.id,
            Approver.level == level,
            or_(Approver.ends_on.is_(None), Approver.ends_on >= today(session)),
        )
        return "approves at this level already" if session.scalars(same).first() else None
    action = session.get_one(FollowUpAction, held.row_id)
    return why_not_given_to(session, action, _PARTS[held.kind], to)


def reassign(
    session: Session, person: Person, things: Collection[tuple[Kind, int]], *, to: Person, by: Person
) -> int:
    """Give what was chosen of a person's work to somebody else, and say how many things; all or nothing."""
    waiting = {(held.kind, held.row_id): held for held in held_by(session, person.id, by=by)}
    chosen = [waiting[thing] for thing in things if thing in waiting]
    if len(chosen) < len(things):
        raise Refused(
            f"Something chosen here is not {person.name}'s any more. Look at the list as it is now, and "
            "choose again."
        )
    if not chosen:
        raise Refused("Nothing is chosen. Choose at least one thing to give to somebody else.")
    against = [(held, why_not(session, held, to, by=by)) for held in chosen]
    refused = [f"{name_of(held)} ({reason})" for held, reason in against if reason is not None]
    if refused:
        raise Refused(
            f"{len(refused)} of {len(chosen)} cannot go to {to.name}, so nothing was changed: "
            f"{'; '.join(refused)}. Leave them out, or choose somebody else."
        )
    for held in chosen:
        _give(session, held, to=to, by=by)
    return len(chosen)


def name_of(held: Held) -> str:
    """What a thing is called: the case's reference, or the level of an approver."""
    if held.kind is Kind.APPROVER:
        return (held.reference or "").replace("_", " ")
    return held.reference or "a sealed case"


def _give(session: Session, held: Held, *, to: Person, by: Person) -> None:
    if held.kind in (Kind.DRAFT, Kind.TO_REVIEW):
        move_case(session, session.get_one(SampledCase, held.row_id), to=to, by=by)
    elif held.kind is Kind.INTERVENTION:
        intervention = session.get_one(Intervention, held.row_id, with_for_update=True)
        intervention.owner_id = to.id
        session.flush()
        audit_trail.record(
            session,
            "reassign_intervention",
            f"intervention {intervention.id}",
            by=by,
            before=held.person_id,
            after=to.id,
        )
    elif held.kind is Kind.APPROVER:
        approver = session.get_one(Approver, held.row_id)
        from_day, until = max(today(session), approver.starts_on), approver.ends_on
        end_approver(session, approver, ends_on=from_day, by=by)
        add_approver(session, to, level=Level(approver.level), starts_on=from_day, ends_on=until, by=by)
    else:
        action = session.get_one(FollowUpAction, held.row_id)
        reason = f"{session.get_one(Person, held.person_id).name}'s work was reassigned."
        hand_over(session, action, part=_PARTS[held.kind], to=to, reason=reason, by=by)
