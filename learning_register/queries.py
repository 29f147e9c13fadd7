"""What was learned and what is being done about it, for those who may see it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from learning_register.citations import LearningKind
from learning_register.documents import newest_version
from learning_register.follow_up import ActionState, days_late, is_overdue
from learning_register.following_up import may_see_action
from learning_register.tables import LearningCitation, LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.tables_policy import CharterCommitment, PolicyParagraph
from learning_register.visibility import check_may_see_point
from sampling.records.database import today
from sampling.records.people import Person, Role, RoleHeld, in_force, manager_of
from sampling.tables import Draw, Plan, Route, SampledCase
from scorecards.cards import scorecard_from
from scorecards.tables import Review
from scorecards.visibility import may_see_learning, may_see_review


@dataclass(frozen=True)
class LearningRow:
    """A learning point as a reader sees it, with the way back to review, sample and case."""

    point_id: int
    kind: LearningKind
    description: str
    is_gap: bool
    requirement_key: str
    requirement: str
    paragraphs: tuple[str, ...]
    unverified: tuple[str, ...]
    commitments: tuple[int, ...]
    reference: str
    team: str | None
    sample: str
    draw_id: int | None  # none of a second scoring: its draw is sealed
    review_id: int
    may_open_review: bool
    logged_on: datetime
    logged_by: str
    fed_back_on: date | None
    fed_back_to: str | None
    actions: int


@dataclass(frozen=True)
class ActionRow:
    """A follow-up action; overdue is worked out for the day of reading."""

    action_id: int
    point_id: int
    review_id: int
    reference: str
    team: str | None
    learning: str
    description: str
    owner_id: int
    owner: str
    authoriser_id: int
    authoriser: str
    target_date: date
    first_target_date: date
    state: ActionState
    is_overdue: bool
    days_late: int
    done_on: date | None
    done_note: str


def learning_points(session: Session, person: Person, *, review_id: int | None = None) -> list[LearningRow]:
    """The learning points a person may see, newest first; of one review if asked."""
    query = (
        select(LearningPoint)
        .join(Review, Review.id == LearningPoint.review_id)
        .where(may_see_learning(session, person, LearningPoint.team_id))
        .options(
            joinedload(LearningPoint.review)
            .joinedload(Review.sampled_case)
            .joinedload(SampledCase.draw)
            .joinedload(Draw.plan)
            .joinedload(Plan.frame),
            joinedload(LearningPoint.review)
            .joinedload(Review.sampled_case)
            .joinedload(SampledCase.frame_case),
            joinedload(LearningPoint.review).joinedload(Review.scorecard_version),
            joinedload(LearningPoint.team),
            joinedload(LearningPoint.logged_by),
            joinedload(LearningPoint.fed_back_to),
            selectinload(LearningPoint.citations),
            selectinload(LearningPoint.commitments),
        )
        .order_by(LearningPoint.logged_at.desc(), LearningPoint.id.desc())
    )
    if review_id is not None:
        query = query.where(LearningPoint.review_id == review_id)
    points = session.scalars(query).all()
    rows = session.execute(
        select(LearningPoint.id, func.count())
        .join(FollowUpAction, FollowUpAction.learning_point_id == LearningPoint.id)
        .join(Review, Review.id == LearningPoint.review_id)
        .where(may_see_action(session, person))
        .group_by(LearningPoint.id)
    )
    counts = {row[0]: row[1] for row in rows}
    opened = set(
        session.scalars(
            select(Review.id).where(
                Review.id.in_({point.review_id for point in points}), may_see_review(session, person)
            )
        )
    )
    return [_learning_row(point, counts.get(point.id, 0), point.review_id in opened) for point in points]


def _learning_row(point: LearningPoint, actions: int, may_open_review: bool) -> LearningRow:
    sampled = point.review.sampled_case
    frame = sampled.draw.plan.frame
    card = scorecard_from(point.review.scorecard_version.definition)
    texts = {requirement.key: requirement.text for requirement in card.requirements}
    return LearningRow(
        point_id=point.id,
        kind=LearningKind(point.kind),
        description=point.description,
        is_gap=point.is_gap,
        requirement_key=point.requirement_key,
        requirement=texts[point.requirement_key],
        paragraphs=tuple(_paragraph(row) for row in point.citations),
        unverified=tuple(row.reference for row in point.citations if not row.is_verified),
        commitments=tuple(row.number for row in point.commitments),
        reference=sampled.frame_case.reference,
        team=point.team.name if point.team else None,
        sample="Review for QA" if frame.route == Route.SECOND else frame.name,
        draw_id=None if frame.route == Route.SECOND else sampled.draw_id,
        review_id=point.review_id,
        may_open_review=may_open_review,
        logged_on=point.logged_at,
        logged_by=point.logged_by.name,
        fed_back_on=point.fed_back_on,
        fed_back_to=point.fed_back_to.name if point.fed_back_to else None,
        actions=actions,
    )


def _paragraph(citation: LearningCitation) -> str:
    if citation.is_verified:
        return f"{citation.reference} {citation.title}"
    return f"{citation.document} {citation.reference} {citation.title} (unverified)"


def follow_up_actions(session: Session, person: Person, *, point_id: int | None = None) -> list[ActionRow]:
    """The actions a person may see or owns; open ones first, by target date."""
    query = (
        select(FollowUpAction)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .join(Review, Review.id == LearningPoint.review_id)
        .where(may_see_action(session, person))
        .options(
            joinedload(FollowUpAction.owner),
            joinedload(FollowUpAction.authoriser),
            joinedload(FollowUpAction.learning_point).joinedload(LearningPoint.team),
            joinedload(FollowUpAction.learning_point)
            .joinedload(LearningPoint.review)
            .joinedload(Review.sampled_case)
            .joinedload(SampledCase.frame_case),
        )
        .order_by(FollowUpAction.state.desc(), FollowUpAction.target_date, FollowUpAction.id)
    )
    if point_id is not None:
        query = query.where(FollowUpAction.learning_point_id == point_id)
    day = today(session)
    return [_action_row(action, day) for action in session.scalars(query)]


def _action_row(action: FollowUpAction, day: date) -> ActionRow:
    point, state = action.learning_point, ActionState(action.state)
    return ActionRow(
        action_id=action.id,
        point_id=point.id,
        review_id=point.review_id,
        reference=point.review.sampled_case.frame_case.reference,
        team=point.team.name if point.team else None,
        learning=point.description,
        description=action.description,
        owner_id=action.owner_id,
        owner=action.owner.name,
        authoriser_id=action.authoriser_id,
        authoriser=action.authoriser.name,
        target_date=action.target_date,
        first_target_date=action.first_target_date,
        state=state,
        is_overdue=is_overdue(state, action.target_date, day),
        days_late=days_late(action.target_date, day, done_on=action.done_on),
        done_on=action.done_on,
        done_note=action.done_note,
    )


def told_by_default(session: Session, point_id: int, person: Person, *, on: date) -> str | None:
    """Who is told of a learning point unless somebody else is chosen: the caseworker's manager that day."""
    point = session.get(LearningPoint, point_id)
    if point is None or point.caseworker_id is None:
        return None
    check_may_see_point(session, point, person)
    manager = manager_of(session, point.caseworker_id, on)
    return manager.name if manager else None


def paragraphs_of(session: Session, document: str) -> list[PolicyParagraph]:
    """The paragraphs of a document's newest version, in its order."""
    return list(
        session.scalars(
            select(PolicyParagraph)
            .where(PolicyParagraph.version_id == newest_version(document))
            .options(joinedload(PolicyParagraph.version))
            .order_by(PolicyParagraph.place)
        )
    )


def charter_commitments(session: Session) -> list[CharterCommitment]:
    """The commitments of the Service Charter, by number."""
    return list(session.scalars(select(CharterCommitment).order_by(CharterCommitment.number)))


def people_who_can_own(session: Session) -> list[Person]:
    """Everybody who works here and can sign in, by name."""
    return list(
        session.scalars(
            select(Person)
            .where(Person.disabled_on.is_(None), Person.email.is_not(None))
            .order_by(Person.name)
        )
    )


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
