"""What reviewers have to do, and what they have done."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from sampling.records.cases import CaseState
from sampling.records.database import frame_of, today
from sampling.records.people import Person, Team
from sampling.records.settings import address_of_case, setting
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from scorecards.actions import check_is_independent, gone_because
from scorecards.allocated import due_on
from scorecards.answers import card_of, evidence_of, not_asked_of, responses_of
from scorecards.case_facts import CaseFact
from scorecards.findings_read import note_findings_read
from scorecards.involvement import has_declared
from scorecards.recorded_facts import facts_asked, facts_of
from scorecards.requirements import Requirement, ResponseValue, Scorecard, Severity
from scorecards.tables import (
    Answer,
    Review,
    ReviewState,
)
from scorecards.tables_agreement import FirstSight
from scorecards.visibility import may_see_review
from scorecards.work_list import sample_shown


@dataclass(frozen=True)
class ReviewSheet:
    """All that a score sheet shows: the case, the card, the answers so far."""

    review_id: int
    sampled_case_id: int
    reviewer: str
    is_own: bool
    state: ReviewState
    reference: str
    case_type: str | None
    team: str | None
    stage: str | None
    risk: str | None
    received_on: date | None
    closed_on: date | None
    sample: str
    route: Route
    draw_id: int
    due_on: date
    is_open_case: bool
    too_late_to_intervene: bool  # open when it was drawn, closed before it was reviewed
    is_reopened: bool  # closed when it was drawn: judged at that closing, whatever came later
    gone: str | None
    approved_by_reviewer: bool
    has_declared: bool
    is_second: bool
    file_read_at: datetime
    file_found: bool
    submitted_at: datetime | None
    seconds_spent: int
    case_link: str | None  # the case in its own system
    scorecard: Scorecard  # what is asked of this case
    not_asked: tuple[Requirement, ...]  # what the card asks of other cases only
    responses: dict[str, ResponseValue]
    evidence: dict[str, str]
    put_right: frozenset[str]
    severity: dict[str, Severity]
    asked_facts: tuple[CaseFact, ...]
    facts: dict[str, tuple[str, ...]]  # of each list asked for, the values that hold
    outcome_met: bool | None
    method_met: bool | None
    overall_met: bool | None
    outcome_if_assessed: bool | None  # had every "cannot assess", or the missing file, been met
    method_if_assessed: bool | None
    overall_if_assessed: bool | None
    critical_failed: bool
    is_seen: bool  # one's own, or its first sight by this person is on record


def review_sheet(session: Session, review_id: int, person: Person) -> ReviewSheet:
    """A review with its answers, for its reviewer or for somebody who may see its results."""
    review = (
        session.scalars(
            select(Review)
            .where(Review.id == review_id, may_see_review(session, person))
            .options(
                joinedload(Review.scorecard_version),
                joinedload(Review.reviewer),
                joinedload(Review.answers),
                joinedload(Review.sampled_case).joinedload(SampledCase.frame_case).joinedload(FrameCase.case),
                joinedload(Review.sampled_case).joinedload(SampledCase.frame_case).joinedload(FrameCase.team),
                joinedload(Review.sampled_case)
                .joinedload(SampledCase.draw)
                .joinedload(Draw.plan)
                .joinedload(Plan.frame),
            )
        )
        .unique()
        .first()
    )
    if review is None:
        raise Refused(
            "There is no such review, or it is not for you to see. Go back to your list of reviews."
        )
    if review.state == ReviewState.SUBMITTED:
        note_findings_read(session, review, by=person)
    sampled = review.sampled_case
    found, frame = sampled.frame_case, sampled.draw.plan.frame
    is_second = frame.route == Route.SECOND
    return ReviewSheet(
        review_id=review.id,
        sampled_case_id=sampled.id,
        reviewer=review.reviewer.name,
        is_own=review.reviewer_id == person.id,
        state=ReviewState(review.state),
        reference=found.reference,
        case_type=found.case.case_type,
        team=found.team.name if found.team else None,
        # A second score is of the file as it stood; what the newest extract says came later.
        stage=None if is_second else found.case.stage,
        risk=None if is_second else found.case.risk,
        received_on=found.case.received_on,
        closed_on=found.closed_on or found.case.closed_on,
        sample="Review for QA" if is_second else frame.name,
        route=Route(frame.route),
        draw_id=sampled.draw_id,
        due_on=due_on(session, sampled),
        is_open_case=review.is_open_case,
        too_late_to_intervene=found.state == CaseState.OPEN and not review.is_open_case,
        is_reopened=not is_second and found.state == CaseState.CLOSED and found.case.state == CaseState.OPEN,
        gone=gone_because(sampled),
        approved_by_reviewer=review.approved_by_reviewer,
        has_declared=has_declared(session, sampled, person),
        is_second=is_second,
        file_read_at=review.file_read_at,
        file_found=review.file_found,
        submitted_at=review.submitted_at,
        seconds_spent=review.seconds_spent,
        case_link=address_of_case(
            setting(session, "case_link", today(session)),
            reference=found.reference,
            system_id=found.case.system_id,
        ),
        scorecard=card_of(review),
        not_asked=not_asked_of(review),
        responses=responses_of(review),
        evidence=evidence_of(review),
        put_right=frozenset(answer.requirement_key for answer in review.answers if answer.put_right),
        severity={
            answer.requirement_key: Severity(answer.severity) for answer in review.answers if answer.severity
        },
        asked_facts=facts_asked(card_of(review)),
        facts=facts_of(session, review),
        outcome_met=review.outcome_met,
        method_met=review.method_met,
        overall_met=review.overall_met,
        outcome_if_assessed=review.outcome_if_assessed,
        method_if_assessed=review.method_if_assessed,
        overall_if_assessed=review.overall_if_assessed,
        critical_failed=bool(review.critical_failed),
        is_seen=review.reviewer_id == person.id
        or session.get(FirstSight, (review.id, person.id)) is not None,
    )


def submitted_reviews(
    session: Session, person: Person, *, reference: str = "", most: int | None = None
) -> pd.DataFrame:
    """The submitted reviews a person may see, newest first: all, or so many of them at most.

    `reference` is part of the reference of a case, in whatever letters.
    """
    not_met = (
        select(func.count())
        .where(Answer.review_id == Review.id, Answer.response == ResponseValue.NOT_MET)
        .correlate(Review)
        .scalar_subquery()
    )
    newest = (Review.submitted_at.desc(), Review.id.desc())
    wanted = [Review.state == ReviewState.SUBMITTED, may_see_review(session, person)]
    if reference:
        cases = select(SampledCase.id).join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        typed = func.lower(FrameCase.reference).contains(reference.lower(), autoescape=True)
        wanted.append(Review.sampled_case_id.in_(cases.where(typed).correlate(None)))
    # Found first, so that what is shown of a review is looked up for so many alone.
    found = select(Review.id).where(*wanted).order_by(*newest).limit(most).subquery()
    query = (
        select(
            Review.id.label("review_id"),
            FrameCase.reference.label("reference"),
            Team.name.label("team"),
            case(
                (Frame.route == Route.SECOND, "Review for QA"),
                (Plan.voided_at.is_not(None), Frame.name + " (voided)"),
                else_=Frame.name,
            ).label("sample"),
            Frame.route.label("route"),
            Person.name.label("reviewer"),
            Review.submitted_at.label("submitted_at"),
            Review.outcome_met.label("outcome_met"),
            Review.method_met.label("method_met"),
            Review.overall_met.label("overall_met"),
            Review.critical_failed.label("critical_failed"),
            not_met.label("not_met"),
        )
        .select_from(found)
        .join(Review, Review.id == found.c.id)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .join(Person, Person.id == Review.reviewer_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .order_by(*newest)
    )
    return frame_of(session, query)


@dataclass(frozen=True)
class CaseToDeclare:
    """A sampled case before it is opened: enough to say whether one was involved in it."""

    reference: str
    sample: str
    review_id: int | None  # the person's own review, when there is one already
    gone: str | None
    is_second: bool


def case_to_declare(session: Session, sampled_case_id: int, person: Person) -> CaseToDeclare:
    """A sampled case that a person may open, with what they need to know to declare involvement."""
    sampled = session.get(SampledCase, sampled_case_id)
    if sampled is None:
        raise Refused("There is no such case in a sample. Open the case from your list of reviews.")
    review = session.scalars(select(Review).where(Review.sampled_case_id == sampled.id)).first()
    own = review if review is not None and review.reviewer_id == person.id else None
    if own is None:
        check_is_independent(session, sampled, person)
    frame = sampled.draw.plan.frame
    return CaseToDeclare(
        reference=sampled.frame_case.reference,
        sample=sample_shown(Route(frame.route), frame.name),
        review_id=own.id if own is not None and has_declared(session, sampled, person) else None,
        gone=gone_because(sampled),
        is_second=frame.route == Route.SECOND,
    )
