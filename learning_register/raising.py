"""Raising a learning point: from a review, a dispute, an adjudication, a finding, praise, or by hand."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.recording import UNWEIGHED, Lesson, Weight, keep_point, named_in
from learning_register.tables import LearningPoint, Source
from sampling.records.cases import Case
from sampling.records.database import today
from sampling.records.people import (
    LineManagement,
    Membership,
    Person,
    Role,
    RoleHeld,
    Team,
    check_may_act_as,
    in_force,
    may_act_as,
    roles_of,
    teams_managed,
)
from sampling.refused import Refused
from sampling.tables import Frame, FrameCase, Route, SampledCase
from scorecards.adjudication import ADJUDICATORS
from scorecards.feedback import holds, may_see_feedback
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute
from scorecards.tables_themes import Commission, Finding
from scorecards.visibility import may_see_review

_MAY_RAISE = (Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER, Role.HEAD)
_EVERYWHERE = frozenset({Role.QA_REVIEWER, Role.THEMATIC_REVIEWER, Role.HEAD})


def may_raise(session: Session, person: Person) -> bool:
    """Whether a person may log what was learned at all; of what, each action says."""
    return may_act_as(session, person, _MAY_RAISE)


def log_learning(
    session: Session,
    review: Review,
    *,
    requirement_key: str,
    kind: LearningKind,
    description: str,
    citations: Sequence[TypedCitation] = (),
    commitments: Sequence[int] = (),
    is_gap: bool = False,
    weight: Weight = UNWEIGHED,
    names_confirmed: bool = False,
    by: Person,
) -> LearningPoint:
    """Log what was learned from one requirement of a review, with what it is measured against.

    What went wrong comes from a requirement that was not met; good practice from any. A paragraph of a
    document that is not loaded is kept with the title that was typed and marked unverified.
    """
    if review.reviewer_id != by.id:
        check_may_act_as(session, by, Role.HEAD)
        if not holds(session, review.id, may_see_review(session, by)):
            raise Refused("This review is not for you to see, so you cannot log what was learned from it.")
    answer = session.get(Answer, (review.id, requirement_key))
    response = answer.response if answer is not None else None
    if kind != LearningKind.GOOD_PRACTICE and response != ResponseValue.NOT_MET:
        raise Refused(
            "What went wrong is logged from a requirement that was not met, and this one was not. "
            "Choose another requirement, or log good practice."
        )
    point = _of_review(review, Source.REVIEW)
    point.requirement_key = requirement_key
    lesson = Lesson(kind, description, citations, commitments, is_gap, weight, names_confirmed)
    return _keep(session, point, lesson, by)


def learn_from_dispute(
    session: Session, dispute: Dispute, lesson: Lesson, *, about: Person | None, by: Person
) -> LearningPoint:
    """Log what a decided dispute taught: about the caseworker of the case, unless somebody else is named."""
    check_may_act_as(session, by, *_MAY_RAISE)
    if not holds(session, dispute.review_id, may_see_feedback(session, by)):
        raise Refused("There is no such dispute, or it is not for you to see. Go back to the list.")
    if dispute.decision is None:
        raise Refused("This dispute is not decided yet. Log what was learned once it is.")
    point = _of_review(dispute.review, Source.DISPUTE)
    point.dispute_id = dispute.id
    _name(session, point, about, by)
    return _keep(session, point, lesson, by)


def learn_from_adjudication(
    session: Session, adjudication: Adjudication, lesson: Lesson, *, about: Person | None, by: Person
) -> LearningPoint:
    """Log what a decided pair of reviews taught. It stays with the second of the two, and is as closed."""
    check_may_act_as(session, by, *ADJUDICATORS)
    second = session.scalars(
        select(Review).where(
            Review.sampled_case_id == adjudication.sampled_case_id, may_see_review(session, by)
        )
    ).one_or_none()
    if second is None or adjudication.decided_at is None:
        raise Refused(
            "This pair is not decided yet, or it is not for you to see. "
            "Log what was learned once it is decided."
        )
    point = _of_review(second, Source.ADJUDICATION)
    _name(session, point, about, by)
    return _keep(session, point, lesson, by)


def learn_from_finding(
    session: Session,
    finding: Finding,
    lesson: Lesson,
    *,
    review: Review | None,
    requirement_key: str | None = None,
    by: Person,
) -> LearningPoint:
    """Log what a theme's finding teaches: about one of the reviews that show it, or the whole office."""
    commission = session.get_one(Commission, finding.commission_id)
    if by.id not in {one.person_id for one in commission.reviewers}:
        check_may_act_as(session, by, Role.HEAD)
    if review is not None and review.id not in {link.review_id for link in finding.reviews}:
        raise Refused("The finding does not cite this review. Choose one that shows it, or none.")
    point = LearningPoint(source=Source.THEME) if review is None else _of_review(review, Source.THEME)
    point.finding_id, point.requirement_key = finding.id, requirement_key
    if lesson.kind == LearningKind.INDIVIDUAL and point.caseworker_id is None:
        raise Refused(
            "Learning for an individual needs to be about somebody. Choose the review that shows it, "
            "or log it for the organisation."
        )
    return _keep(session, point, lesson, by)


def learn_by_hand(
    session: Session,
    lesson: Lesson,
    *,
    source: Literal[Source.BY_HAND, Source.POSITIVE_FEEDBACK],
    reference: str = "",
    team: Team | None = None,
    about: Person | None = None,
    note: str = "",
    by: Person,
) -> LearningPoint:
    """Log what was learned elsewhere, or from praise: about a case, a team or a person where there is one.

    A line manager does so for their own teams and people. `note` says where it comes from.
    """
    check_may_act_as(session, by, *_MAY_RAISE)
    point = LearningPoint(source=source, source_note=note.strip())
    place(session, point, reference=reference, team=team, about=about, by=by)
    if lesson.kind == LearningKind.INDIVIDUAL and point.caseworker_id is None:
        raise Refused(
            "Learning for an individual needs to be about somebody. Choose the person, or their case."
        )
    if point.team_id is None and not _is_everywhere(session, by):
        raise Refused("You log learning for your own teams. Choose the team, or one of its cases.")
    return _keep(session, point, lesson, by)


def place(
    session: Session,
    point: LearningPoint,
    *,
    reference: str,
    team: Team | None,
    about: Person | None,
    by: Person,
) -> None:
    """Say of a point without a review which case, team and person it is about.

    What is not given is taken from the case.
    """
    if reference.strip():
        case = session.scalars(
            select(Case).where(Case.reference_key == reference.strip().upper(), _may_name(session, by))
        ).one_or_none()
        if case is None:
            raise Refused(
                f"There is no case “{reference.strip()}” that you can name. Check the reference, "
                "or leave it empty."
            )
        point.case_id, point.team_id, point.caseworker_id = case.id, case.team_id, case.caseworker_id
    if team is not None:
        if not _is_everywhere(session, by) and team.id not in teams_managed(session, by):
            raise Refused(f"{team.name} is not your team. Choose one of yours.")
        point.team_id = team.id
    _name(session, point, about, by)


def people_to_learn_about(session: Session, person: Person) -> dict[int, str]:
    """Whom a person may log learning about, by number: a line manager their own people, others everybody."""
    query = select(Person.id, Person.name).where(Person.disabled_on.is_(None), Person.id != person.id)
    if not _is_everywhere(session, person):
        day = today(session)
        managed = select(LineManagement.person_id).where(
            LineManagement.manager_id == person.id, in_force(LineManagement, day)
        )
        members = select(Membership.person_id).where(
            Membership.team_id.in_(teams_managed(session, person)), in_force(Membership, day)
        )
        query = query.where(or_(Person.id.in_(managed), Person.id.in_(members)))
    return {row[0]: row[1] for row in session.execute(query.order_by(Person.name, Person.id))}


def teams_to_learn_about(session: Session, person: Person) -> dict[int, str]:
    """For which teams a person may log learning, by number: a line manager their own, others all."""
    query = select(Team.id, Team.name).order_by(Team.name)
    if not _is_everywhere(session, person):
        query = query.where(Team.id.in_(teams_managed(session, person)))
    return {row[0]: row[1] for row in session.execute(query)}


def people_who_log(session: Session) -> dict[int, str]:
    """Who logs learning or once did, by number: whoever has held a role that may."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.id.in_(select(RoleHeld.person_id).where(RoleHeld.role.in_(_MAY_RAISE))))
        .order_by(Person.name, Person.id)
    )
    return {row[0]: row[1] for row in rows}


def _may_name(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Case that a person may log what was learned from it without a review."""
    roles = roles_of(session, person)
    if roles & {Role.HEAD, Role.QA_REVIEWER}:
        return true()
    in_a_theme = exists(
        select(SampledCase.id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .where(FrameCase.case_id == Case.id, Frame.route == Route.THEMATIC)
        .correlate(Case)
    )
    of_own_team = Case.team_id.in_(teams_managed(session, person))
    return or_(of_own_team, in_a_theme) if Role.THEMATIC_REVIEWER in roles else of_own_team


def _is_everywhere(session: Session, person: Person) -> bool:
    return bool(roles_of(session, person) & _EVERYWHERE)


def _name(session: Session, point: LearningPoint, about: Person | None, by: Person) -> None:
    if about is None:
        return
    if about.id not in people_to_learn_about(session, by):
        raise Refused(f"{about.name} is not one of your people. Choose somebody you manage.")
    point.caseworker_id = about.id


def _of_review(review: Review, source: Source) -> LearningPoint:
    """A point about the case of a review, its team and caseworker, as they were when it was sampled."""
    frozen = review.sampled_case.frame_case
    return LearningPoint(
        source=source, review_id=review.id, team_id=frozen.team_id, caseworker_id=frozen.caseworker_id
    )


def _keep(session: Session, point: LearningPoint, lesson: Lesson, by: Person) -> LearningPoint:
    return keep_point(session, point, lesson, named=named_in(session, lesson.description), by=by)
