"""Who may see a follow-up action, what each person is to it, and who can be named in it."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, false, not_, or_, select
from sqlalchemy.orm import Session

from learning_register.follow_up import (
    ActionState,
    Part,
    Right,
    check_move,
    check_right,
)
from learning_register.tables import LearningPoint
from learning_register.tables_actions import ActionChange, ActionEvidence, FollowUpAction
from learning_register.visibility import is_sealed_point, may_see_point
from sampling.records.database import today
from sampling.records.people import (
    Absence,
    Person,
    Role,
    RoleHeld,
    Team,
    in_force,
    may_act_as,
    roles_of,
    teams_managed,
)
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.tables import Review
from scorecards.visibility import BLIND_ROLES, route_of_review

_PLACES = {
    Part.OWNER: FollowUpAction.owner_id,
    Part.AUTHORISER: FollowUpAction.authoriser_id,
    Part.VERIFIER: FollowUpAction.verifier_id,
}


def may_see_action(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition, on an action joined to its learning point, that a person may see it.

    Besides those who may see the learning, whoever is named in it, and the manager of the team that owns
    it; not while that would tell a second scorer what a manager found, or anybody which cases a second
    scoring holds.
    """
    teams = teams_managed(session, person)
    named = or_(
        *(place == person.id for place in _PLACES.values()),
        FollowUpAction.owner_team_id.in_(teams) if teams else false(),
    )
    return or_(may_see_point(session, person), and_(named, not_(is_sealed_point(session, person))))


def check_may_see_action(session: Session, action: FollowUpAction, by: Person) -> None:
    """Refuse unless the person may see the action."""
    seen = session.scalars(
        select(FollowUpAction.id)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .where(FollowUpAction.id == action.id, may_see_action(session, by))
    ).first()
    if seen is None:
        raise Refused("There is no such action, or it is not for you to see. Go back to the list of actions.")


def parts_of(session: Session, action: FollowUpAction, person: Person) -> frozenset[Part]:
    """What a person is to an action today."""
    teams = teams_managed(session, person)
    is_part = {
        Part.OWNER: person.id == action.owner_id or action.owner_team_id in teams,
        Part.DOER: person.id in _doers(session, action),
        Part.AUTHORISER: person.id == action.authoriser_id,
        Part.VERIFIER: person.id == action.verifier_id,
        Part.TEAM_MANAGER: action.learning_point.team_id in teams,
        Part.HEAD: Role.HEAD in roles_of(session, person),
        Part.WRITER: person.id == action.logged_by_id,
    }
    return frozenset(part for part, it_is in is_part.items() if it_is)


def check_may_take_to(session: Session, action: FollowUpAction, wanted: ActionState, by: Person) -> None:
    """Refuse unless the person may take the action, as it is now, to a state."""
    _look_again(session, action, by)
    check_move(ActionState(action.state), wanted, parts_of(session, action, by))


def check_may_use(session: Session, action: FollowUpAction, right: Right, by: Person) -> None:
    """Refuse unless the person may do this to the action as it is now."""
    _look_again(session, action, by)
    check_right(right, ActionState(action.state), parts_of(session, action, by))


def _look_again(session: Session, action: FollowUpAction, by: Person) -> None:
    """Read the action again, so that of two people who act at once the second is judged by what is."""
    session.refresh(action, with_for_update=True)
    check_may_see_action(session, action, by)


def may_authorise(session: Session, person: Person) -> bool:
    """Whether a person authorises follow-up actions."""
    return may_act_as(session, person, (Role.LINE_MANAGER, Role.HEAD))


def acting_for_teams(session: Session) -> Mapping[int, frozenset[int]]:
    """Who acts for each team today, by their ids: its line managers, and deputies of those away."""
    day = today(session)
    rows = session.execute(
        select(RoleHeld.team_id, RoleHeld.person_id, Absence.deputy_id)
        .outerjoin(Absence, and_(Absence.person_id == RoleHeld.person_id, in_force(Absence, day)))
        .where(RoleHeld.role == Role.LINE_MANAGER, in_force(RoleHeld, day))
    )
    acting: dict[int, set[int]] = {}
    for team_id, *people in rows:
        acting.setdefault(team_id or 0, set()).update(one for one in people if one is not None)
    return {team_id: frozenset(people) for team_id, people in acting.items()}


def why_not_named(session: Session, action: FollowUpAction, part: Part, to: Person | Team) -> str | None:
    """Why an action cannot have this owner, authoriser or verifier, in words that follow the name.

    None if it can. The action may still be being written.
    """
    if isinstance(to, Person) and to.disabled_on is not None:
        return "has left"
    if part is Part.OWNER:
        return _why_not_owner(session, action, to)
    if not isinstance(to, Person):
        return "is a team, and a person has to do this"
    if to.id in _owners(session, action):
        return "owns this action" if action.owner_id else "leads the team that owns this action"
    if part is Part.AUTHORISER and not may_authorise(session, to):
        return "cannot authorise actions"
    if part is Part.VERIFIER and to.id in _doers(session, action):
        return "had a hand in doing this action"
    return None


def why_not_given_to(session: Session, action: FollowUpAction, part: Part, to: Person | Team) -> str | None:
    """Why an action cannot go to a new owner, authoriser or verifier, in words that follow the name.

    What was learned from an open case never goes to somebody who reviews for QA: whether it could
    would tell if the case was scored again.
    """
    if isinstance(to, Team):
        has_it = part is Part.OWNER and action.owner_team_id == to.id
    else:
        has_it = to.id == getattr(action, _PLACES[part].key)
    if has_it:
        return "has this part in it already"
    reason = why_not_named(session, action, part, to)
    if reason is None and isinstance(to, Person):
        reason = why_not_of_open_case(session, action, to)
    return reason


def why_not_of_open_case(session: Session, action: FollowUpAction, to: Person) -> str | None:
    """Why a person cannot have to do with what was learned from an open case; None if they can."""
    point = session.get_one(LearningPoint, action.learning_point_id)
    route = session.scalar(select(route_of_review()).where(Review.id == point.review_id))
    if route == Route.OPEN and may_act_as(session, to, BLIND_ROLES):
        return "reviews for QA"
    return None


def _why_not_owner(session: Session, action: FollowUpAction, to: Person | Team) -> str | None:
    if isinstance(to, Person):
        acting, is_team = frozenset({to.id}), False
    else:
        acting, is_team = acting_for_teams(session).get(to.id, frozenset()), True
    if not acting:
        return "has no line manager, who would act for it"
    for other, words in ((action.authoriser_id, "authorises"), (action.verifier_id, "verifies")):
        if other in acting:
            return f"is led by who {words} this action" if is_team else f"{words} this action"
    return None


def _owners(session: Session, action: FollowUpAction) -> frozenset[int]:
    if action.owner_id is not None:
        return frozenset({action.owner_id})
    return acting_for_teams(session).get(action.owner_team_id or 0, frozenset())


def _doers(session: Session, action: FollowUpAction) -> set[int]:
    """Who gave evidence of an action or marked it as done, by their ids."""
    gave = select(ActionEvidence.given_by_id).where(ActionEvidence.action_id == action.id)
    marked = select(ActionChange.made_by_id).where(
        ActionChange.action_id == action.id,
        ActionChange.what == "state",
        ActionChange.after == ActionState.DONE,
    )
    return set(session.scalars(gave.union(marked)))
