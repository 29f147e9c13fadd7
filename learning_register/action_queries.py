"""Follow-up actions for those who may see them: one list, and who can be named in them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session, aliased

from learning_register.action_rights import acting_for_teams, may_see_action
from learning_register.follow_up import (
    FINISHED,
    NOT_DONE,
    ActionState,
    Result,
    age_band,
    age_in_days,
    days_late,
    is_overdue,
    is_unverified,
)
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from sampling.records.cases import Case
from sampling.records.database import OFFICE_TIME, today
from sampling.records.people import Person, Role, RoleHeld, Team, in_force
from sampling.tables import FrameCase, SampledCase
from scorecards.tables import Review


class Concern(StrEnum):
    """What is wrong with an action as it stands, so that somebody has to look after it."""

    LATE = "late"
    UNOWNED = "unowned"  # its owner has left, or nobody leads the team that owns it
    UNAUTHORISED = "unauthorised"
    UNVERIFIED = "unverified"  # done, and nobody has said whether it worked


@dataclass(frozen=True)
class ActionRow:
    """A follow-up action. Late and old are worked out for the day of reading.

    `owner` is a person or a team, and `acting` are the ids of those who act for the owner today. `team` is
    the one it was learned in, `reference` the case, "" where there is none. `age` is in days, and of a
    declined action None.
    """

    action_id: int
    point_id: int
    review_id: int | None
    reference: str
    team_id: int | None
    team: str | None
    learning: str
    description: str
    owner_id: int | None
    owner_team_id: int | None
    owner: str
    acting: frozenset[int]
    authoriser_id: int
    authoriser: str
    verifier_id: int | None
    verifier: str | None
    target_date: date
    first_target_date: date
    review_on: date | None
    state: ActionState
    is_overdue: bool
    days_late: int
    age: int | None
    age_band: str | None
    logged_on: date
    authorised_on: date | None
    done_on: date | None
    result: Result | None
    closed_on: date | None
    concerns: frozenset[Concern]

    @property
    def is_finished(self) -> bool:
        """Has it come to its end, closed or declined?"""
        return self.state in FINISHED

    def names(self, person_id: int) -> bool:
        """Is this person named in it, or acting for its owner?"""
        return person_id in {*self.acting, self.authoriser_id, self.verifier_id}


def follow_up_actions(
    session: Session, person: Person, *, point_id: int | None = None, action_id: int | None = None
) -> list[ActionRow]:
    """The actions a person may see or is named in, unfinished ones first, by target date.

    Of one learning point, or one action, if asked.
    """
    authoriser, verifier, owner_team = aliased(Person), aliased(Person), aliased(Team)
    query = (
        select(
            FollowUpAction,
            LearningPoint.review_id,
            LearningPoint.description.label("learning"),
            LearningPoint.team_id,
            Team.name.label("team"),
            func.coalesce(FrameCase.reference, Case.reference, "").label("reference"),
            Person.name.label("owner"),
            Person.disabled_on.label("owner_left"),
            owner_team.name.label("owner_team"),
            authoriser.name.label("authoriser"),
            verifier.name.label("verifier"),
            verifier.disabled_on.label("verifier_left"),
        )
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Case, Case.id == LearningPoint.case_id)
        .outerjoin(Team, Team.id == LearningPoint.team_id)
        .outerjoin(Person, Person.id == FollowUpAction.owner_id)
        .outerjoin(owner_team, owner_team.id == FollowUpAction.owner_team_id)
        .join(authoriser, authoriser.id == FollowUpAction.authoriser_id)
        .outerjoin(verifier, verifier.id == FollowUpAction.verifier_id)
        .where(may_see_action(session, person))
        .order_by(
            case((FollowUpAction.state.in_(FINISHED), 1), else_=0),
            FollowUpAction.target_date,
            FollowUpAction.id,
        )
    )
    if point_id is not None:
        query = query.where(FollowUpAction.learning_point_id == point_id)
    if action_id is not None:
        query = query.where(FollowUpAction.id == action_id)
    day, acting = today(session), acting_for_teams(session)
    return [
        _action_row(row, day, acting.get(row[0].owner_team_id or 0, frozenset()))
        for row in session.execute(query)
    ]


def _action_row(row: Row[*tuple[Any, ...]], day: date, acting_for_team: frozenset[int]) -> ActionRow:
    action: FollowUpAction = row[0]
    state, logged_on = ActionState(action.state), action.logged_at.astimezone(OFFICE_TIME).date()
    acting = acting_for_team if action.owner_id is None else frozenset({action.owner_id})
    age = None
    if state is not ActionState.DECLINED:
        age = age_in_days(logged_on, day, closed_on=action.closed_on)
    overdue = is_overdue(state, action.target_date, day)
    verifier_left = state is ActionState.MONITORING and row.verifier_left is not None
    concerns = {
        Concern.LATE: overdue,
        Concern.UNOWNED: state in NOT_DONE and (row.owner_left is not None or not acting),
        Concern.UNAUTHORISED: state is ActionState.DRAFT,
        Concern.UNVERIFIED: verifier_left or is_unverified(state, action.review_on, day),
    }
    return ActionRow(
        action_id=action.id,
        point_id=action.learning_point_id,
        review_id=row.review_id,
        reference=row.reference,
        team_id=row.team_id,
        team=row.team,
        learning=row.learning,
        description=action.description,
        owner_id=action.owner_id,
        owner_team_id=action.owner_team_id,
        owner=row.owner or row.owner_team,
        acting=acting,
        authoriser_id=action.authoriser_id,
        authoriser=row.authoriser,
        verifier_id=action.verifier_id,
        verifier=row.verifier,
        target_date=action.target_date,
        first_target_date=action.first_target_date,
        review_on=action.review_on,
        state=state,
        is_overdue=overdue,
        days_late=days_late(action.target_date, day, done_on=action.done_on),
        age=age,
        age_band=None if age is None else age_band(age),
        logged_on=logged_on,
        authorised_on=action.authorised_on,
        done_on=action.done_on,
        result=None if action.result is None else Result(action.result),
        closed_on=action.closed_on,
        concerns=frozenset(concern for concern, there_is in concerns.items() if there_is),
    )


def people_who_can_own(session: Session) -> list[Person]:
    """Everybody who works here and can sign in, by name."""
    return list(
        session.scalars(
            select(Person)
            .where(Person.disabled_on.is_(None), Person.email.is_not(None))
            .order_by(Person.name)
        )
    )


def teams_that_can_own(session: Session) -> list[Team]:
    """The teams that somebody leads today, by name."""
    led = acting_for_teams(session)
    return list(session.scalars(select(Team).where(Team.id.in_(led)).order_by(Team.name)))


def people_who_can_authorise(session: Session) -> list[Person]:
    """Line managers and the Head, by name."""
    return list(
        session.scalars(
            select(Person)
            .join(RoleHeld, RoleHeld.person_id == Person.id)
            .where(
                Person.disabled_on.is_(None),
                RoleHeld.role.in_([Role.LINE_MANAGER, Role.HEAD]),
                in_force(RoleHeld, today(session)),
            )
            .distinct()
            .order_by(Person.name)
        )
    )
