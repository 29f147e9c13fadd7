"""Thematic reviews: the commission, its samples, findings that cite reviews, and recommendations."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Exists, exists, not_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person, Role, check_may_act_as, roles_of
from sampling.refused import Refused
from sampling.tables import Draw, Plan, Route, SampledCase
from scorecards.cards import newest_published, scorecard_for
from scorecards.tables import Review, ReviewState, ScorecardVersion, VersionState
from scorecards.tables_themes import (
    Commission,
    CommissionPlan,
    CommissionReviewer,
    Finding,
    FindingReview,
    Recommendation,
)

_MAY_COMMISSION = (Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER)
_MAY_REVIEW_THEMES = frozenset({Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


class Decision(StrEnum):
    """What became of a recommendation."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


def commission_review(
    session: Session,
    *,
    name: str,
    asked_by: str,
    question: str,
    scope: str,
    scorecard_key: str,
    reviewers: Sequence[Person],
    due_on: date,
    by: Person,
) -> Commission:
    """Record that somebody asked for a theme to be looked into: what, on which card, by whom, by when."""
    check_may_act_as(session, by, *_MAY_COMMISSION)
    for typed, what in ((name, "its name"), (asked_by, "who asked for it"), (question, "the question")):
        if not typed.strip():
            raise Refused(f"Something is missing: {what}. Fill it in.")
    if session.scalars(select(Commission.id).where(Commission.name == name.strip())).first() is not None:
        raise Refused(f"There is a theme “{name.strip()}” already. Give this one another name.")
    if due_on < today(session):
        raise Refused("The day by which the theme is due has passed. Choose a later one.")
    published = select(ScorecardVersion.id).where(
        ScorecardVersion.key == scorecard_key, ScorecardVersion.state == VersionState.PUBLISHED
    )
    if session.scalars(published).first() is None:
        raise Refused("The scorecard chosen is not published. Publish it, or choose another.")
    _check_can_review(session, reviewers)
    commission = Commission(
        name=name.strip(),
        asked_by=asked_by.strip(),
        question=question.strip(),
        scope=scope.strip(),
        scorecard_key=scorecard_key,
        due_on=due_on,
        made_at=now(session),
        made_by_id=by.id,
        reviewers=[CommissionReviewer(person_id=person.id) for person in reviewers],
    )
    session.add(commission)
    session.flush()
    audit_trail.record(session, "commission_review", f"commission {commission.id}", by=by, name=name.strip())
    return commission


def change_reviewers(
    session: Session, commission: Commission, *, reviewers: Sequence[Person], by: Person
) -> None:
    """Say who reviews for a theme from now on. The drafts of those who no longer do are for the others."""
    _check_works_on(session, commission, by)
    _check_can_review(session, reviewers)
    before = {one.person_id: one for one in commission.reviewers}
    after = {person.id for person in reviewers}
    if after == before.keys():
        raise Refused("These are its reviewers already. Add somebody, or take somebody out.")
    for person_id in before.keys() - after:
        session.delete(before[person_id])
    session.add_all(
        CommissionReviewer(commission_id=commission.id, person_id=person_id)
        for person_id in sorted(after - before.keys())
    )
    session.flush()
    session.expire(commission, ["reviewers"])
    audit_trail.record(
        session,
        "change_reviewers",
        f"commission {commission.id}",
        by=by,
        before=sorted(before),
        after=sorted(after),
    )


def add_sample(session: Session, commission: Commission, plan: Plan, *, by: Person) -> None:
    """Say that a registered thematic sample belongs to a commission: its cases are scored on its card."""
    _check_works_on(session, commission, by)
    if plan.frame.route != Route.THEMATIC:
        raise Refused(f"“{plan.frame.name}” is not a thematic sample. Plan one for this theme.")
    if session.get(CommissionPlan, plan.id) is not None:
        raise Refused(f"“{plan.frame.name}” belongs to a theme already.")
    started = select(Review.id).join(SampledCase).join(Draw).where(Draw.plan_id == plan.id)
    if session.scalars(started).first() is not None:
        raise Refused(
            f"The review of “{plan.frame.name}” has begun on another scorecard. Plan a new sample for this "
            "theme."
        )
    session.add(CommissionPlan(plan_id=plan.id, commission_id=commission.id))
    session.flush()
    session.expire(commission, ["plans"])
    audit_trail.record(session, "add_sample", f"commission {commission.id}", by=by, plan=plan.id)


def commission_of(session: Session, plan_id: int) -> Commission | None:
    """The commission that a plan's sample belongs to, if there is one."""
    return session.scalars(
        select(Commission)
        .join(CommissionPlan, CommissionPlan.commission_id == Commission.id)
        .where(CommissionPlan.plan_id == plan_id)
    ).first()


def scorecard_of(session: Session, sampled: SampledCase) -> ScorecardVersion:
    """The scorecard of a sampled case: its theme's, if it is of one, else the one for its type of case."""
    plan = sampled.draw.plan
    commission = commission_of(session, plan.id) if plan.frame.route == Route.THEMATIC else None
    if commission is None:
        return scorecard_for(session, sampled.frame_case.case.case_type, today(session))
    return newest_published(session, commission.scorecard_key)


def check_reviews_theme(session: Session, plan_id: int, person: Person) -> None:
    """Refuse unless the sample of a plan is of no commission, or of one whose reviewer this person is."""
    commission = commission_of(session, plan_id)
    if commission is not None and not is_theme_reviewer(session, plan_id, person):
        names = ", ".join(one.person.name for one in commission.reviewers)
        raise Refused(f"The theme “{commission.name}” is reviewed by {names}. Leave its cases to them.")


def is_theme_reviewer(session: Session, plan_id: int, person: Person) -> bool:
    """Whether the sample of a plan is of no commission, or of one whose reviewer the person is."""
    theirs = select(Plan.id).where(Plan.id == plan_id, reviews_theme(person))
    return session.scalars(theirs).first() is not None


# Made once: an alias copies every column of its table, which at each question takes longer than the answer.
_SAMPLED, _DRAW = aliased(SampledCase), aliased(Draw)


def is_of_others_theme(
    sampled_case_id: InstrumentedAttribute[int], person_id: InstrumentedAttribute[int]
) -> Exists:
    """The condition on two columns that the sampled case is of a theme that the person does not review."""
    is_reviewer = exists(
        select(CommissionReviewer.person_id).where(
            CommissionReviewer.commission_id == CommissionPlan.commission_id,
            CommissionReviewer.person_id == person_id,
        )
    ).correlate_except(CommissionReviewer)
    return exists(
        select(CommissionPlan.plan_id)
        .join(_DRAW, _DRAW.plan_id == CommissionPlan.plan_id)
        .join(_SAMPLED, _SAMPLED.draw_id == _DRAW.id)
        .where(_SAMPLED.id == sampled_case_id, not_(is_reviewer))
    ).correlate_except(CommissionPlan, _DRAW, _SAMPLED)


def reviews_theme(person: Person) -> ColumnElement[bool]:
    """The condition on Plan that its sample is of no commission, or of one whose reviewer the person is."""
    theirs = select(CommissionReviewer.commission_id).where(CommissionReviewer.person_id == person.id)
    others = select(CommissionPlan.plan_id).where(
        CommissionPlan.plan_id == Plan.id, CommissionPlan.commission_id.not_in(theirs)
    )
    return not_(others.correlate(Plan).exists())


def add_finding(
    session: Session, commission: Commission, *, statement: str, reviews: Sequence[Review], by: Person
) -> Finding:
    """Write down what was found, with the reviews that show it."""
    _check_works_on(session, commission, by)
    if not statement.strip():
        raise Refused("The finding says nothing. Write what was found.")
    _check_can_cite(commission, reviews)
    finding = Finding(
        commission_id=commission.id,
        statement=statement.strip(),
        made_at=now(session),
        made_by_id=by.id,
        reviews=[FindingReview(review_id=review.id) for review in reviews],
    )
    session.add(finding)
    session.flush()
    audit_trail.record(session, "add_finding", f"finding {finding.id}", by=by, commission=commission.id)
    return finding


def cite_reviews(session: Session, finding: Finding, *, reviews: Sequence[Review], by: Person) -> None:
    """Let a finding rest on more reviews than it was written down with."""
    commission = session.get_one(Commission, finding.commission_id)
    _check_works_on(session, commission, by)
    _check_can_cite(commission, reviews)
    cited = {one.review_id for one in finding.reviews}
    added = [review.id for review in reviews if review.id not in cited]
    if not added:
        raise Refused("The finding cites these reviews already. Choose others.")
    session.add_all(FindingReview(finding_id=finding.id, review_id=review_id) for review_id in added)
    session.flush()
    session.expire(finding, ["reviews"])
    audit_trail.record(session, "cite_reviews", f"finding {finding.id}", by=by, reviews=added)


def record_accuracy_response(session: Session, finding: Finding, *, response: str, by: Person) -> None:
    """Keep what those concerned say of a finding's facts. It is asked once, and stays."""
    _check_works_on(session, session.get_one(Commission, finding.commission_id), by)
    if not response.strip():
        raise Refused("The response says nothing. Write what was said of the facts, also “correct”.")
    if finding.accuracy_on is not None:
        raise Refused("The response to this finding is on record already.")
    finding.accuracy_response, finding.accuracy_on = response.strip(), today(session)
    finding.accuracy_by_id = by.id
    audit_trail.record(session, "record_accuracy_response", f"finding {finding.id}", by=by)


def recommend(session: Session, finding: Finding, *, wording: str, by: Person) -> Recommendation:
    """Recommend something because of a finding whose facts have been responded to."""
    _check_works_on(session, session.get_one(Commission, finding.commission_id), by)
    if finding.accuracy_on is None:
        raise Refused("Nobody has responded to the facts of this finding yet. Ask, and record the response.")
    if not wording.strip():
        raise Refused("The recommendation says nothing. Write what should be done.")
    recommendation = Recommendation(
        finding_id=finding.id, wording=wording.strip(), made_at=now(session), made_by_id=by.id
    )
    session.add(recommendation)
    session.flush()
    session.expire(finding, ["recommendations"])
    audit_trail.record(session, "recommend", f"recommendation {recommendation.id}", by=by)
    return recommendation


def decide_recommendation(
    session: Session, recommendation: Recommendation, *, decision: Decision, reason: str, by: Person
) -> None:
    """Accept or decline a recommendation. Declining needs a reason; whoever made it does not decide."""
    check_may_act_as(session, by, Role.HEAD)
    session.refresh(recommendation, with_for_update=True)
    if recommendation.decision is not None:
        raise Refused("This recommendation is decided already.")
    if recommendation.made_by_id == by.id:
        raise Refused("You made this recommendation, so somebody else decides on it.")
    if decision is Decision.DECLINED and not reason.strip():
        raise Refused("Say why the recommendation is declined.")
    recommendation.decision, recommendation.reason = decision, reason.strip()
    recommendation.decided_at, recommendation.decided_by_id = now(session), by.id
    audit_trail.record(
        session,
        "decide_recommendation",
        f"recommendation {recommendation.id}",
        by=by,
        decision=decision,
        reason=reason.strip(),
    )


def close_commission(session: Session, commission: Commission, *, by: Person) -> None:
    """Close a theme once every recommendation is decided. What was found stays."""
    _check_works_on(session, commission, by)
    waiting = session.scalars(
        select(Recommendation.id)
        .join(Finding, Finding.id == Recommendation.finding_id)
        .where(Finding.commission_id == commission.id, Recommendation.decision.is_(None))
    ).all()
    if waiting:
        one = len(waiting) == 1
        count = "1 recommendation is" if one else f"{len(waiting)} recommendations are"
        raise Refused(f"{count} not decided yet. The Head decides on {'it' if one else 'them'} first.")
    commission.closed_at = now(session)
    audit_trail.record(session, "close_commission", f"commission {commission.id}", by=by)


def _check_can_review(session: Session, reviewers: Sequence[Person]) -> None:
    if not reviewers:
        raise Refused("No reviewer is chosen. Choose at least one.")
    for person in reviewers:
        if person.disabled_on is not None:
            raise Refused(f"{person.name} has left. Choose somebody else.")
        if not roles_of(session, person) & _MAY_REVIEW_THEMES:
            raise Refused(f"{person.name} is neither a thematic nor a QA reviewer. Choose somebody who is.")


def _check_can_cite(commission: Commission, reviews: Sequence[Review]) -> None:
    if not reviews:
        raise Refused("A finding rests on reviews. Choose at least one that shows it.")
    plans = {link.plan_id for link in commission.plans}
    for review in reviews:
        if review.state != ReviewState.SUBMITTED or review.sampled_case.draw.plan_id not in plans:
            raise Refused("A finding cites submitted reviews of its own theme only. Choose others.")


def _check_works_on(session: Session, commission: Commission, by: Person) -> None:
    """Refuse unless the person reviews for the commission or heads the office, and it is not closed."""
    if by.id not in {one.person_id for one in commission.reviewers}:
        check_may_act_as(session, by, Role.HEAD)
    if commission.closed_at is not None:
        raise Refused(f"The theme “{commission.name}” is closed. What was found stays as it is.")
