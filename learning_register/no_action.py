"""That nothing needs to be done after a review, which somebody else authorises; and cases without a plan."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from learning_register.action_changes import given_reason
from learning_register.action_rights import may_authorise, may_see_action
from learning_register.follow_up import ActionState
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction, NoActionNeeded
from sampling.records import audit_trail
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Person, Team
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase, in_sample
from scorecards.tables import Review, ReviewState, ScorecardVersion
from scorecards.visibility import may_see_review

# The cards of policies that ask for an action plan for every complaint, even one that says that nothing is
# to be done: the NHS trust's complaints policy.
PLAN_FOR_EVERY_CASE: Final = frozenset({"nhs-trust-complaint"})


@dataclass(frozen=True)
class CaseWithoutPlan:
    """A closed case that was reviewed and has neither an action nor an authorised "no action needed".

    `reason` and `proposed_by` are of a "no action needed" that nobody has authorised yet.
    """

    review_id: int
    reference: str
    team: str | None
    scorecard: str
    reviewed_on: date
    reason: str | None
    proposed_by: str | None
    may_authorise: bool  # the reader, now


def propose_no_action(session: Session, review: Review, *, reason: str, by: Person) -> NoActionNeeded:
    """Say that nothing needs to be done after a review, and why; until it is authorised, also anew."""
    _check_may_see(session, review, by)
    if review.state != ReviewState.SUBMITTED:
        raise Refused("The review is a draft still. Submit it before you say that nothing needs to be done.")
    reason = given_reason(reason, "Say why nothing needs to be done, so that somebody else can agree.")
    kept = session.get(NoActionNeeded, review.id, with_for_update=True)
    if kept is not None and kept.authorised_on is not None:
        raise Refused("It is authorised already that nothing needs to be done. Look at the list again.")
    if kept is None:
        kept = NoActionNeeded(review_id=review.id)
        session.add(kept)
    kept.reason, kept.proposed_at, kept.proposed_by_id = reason, now(session), by.id
    session.flush()
    session.expire(kept, ["proposed_by"])
    audit_trail.record(session, "propose_no_action", f"review {review.id}", by=by)
    return kept


def authorise_no_action(session: Session, proposal: NoActionNeeded, *, by: Person) -> None:
    """Agree that nothing needs to be done: somebody who authorises actions and did not propose it."""
    session.refresh(proposal, with_for_update=True)
    _check_may_see(session, proposal.review, by)
    reason = _why_not(proposal, by, authorises=may_authorise(session, by))
    if reason is not None:
        raise Refused(reason)
    proposal.authorised_on, proposal.authorised_by_id = today(session), by.id
    session.flush()
    audit_trail.record(session, "authorise_no_action", f"review {proposal.review_id}", by=by)


def cases_without_plan(session: Session, person: Person) -> list[CaseWithoutPlan]:
    """The closed cases whose policy asks for a plan and that have none, newest review first.

    Of the reviews a person may see, one for each case. A case has a plan when an action came of something
    learned in it that the person may see, and was not declined; or when it is authorised, after one of its
    reviews, that nothing needs to be done.
    """
    newest = (
        select(func.max(Review.id))
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(ScorecardVersion, ScorecardVersion.id == Review.scorecard_version_id)
        .where(
            ScorecardVersion.key.in_(PLAN_FOR_EVERY_CASE),
            Review.state == ReviewState.SUBMITTED,
            Review.is_open_case.is_(False),
            in_sample(),
            may_see_review(session, person),
        )
        .group_by(FrameCase.case_id)
    )
    review_ids = session.scalars(newest).all()
    planned = _cases_with_an_action(session, person) | _cases_without_need(session)
    proposer, authorises = aliased(Person), may_authorise(session, person)
    rows = session.execute(
        select(
            Review.id,
            Review.submitted_at,
            FrameCase.reference,
            FrameCase.case_id,
            Team.name,
            ScorecardVersion.title,
            NoActionNeeded,
            proposer.name,
        )
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(ScorecardVersion, ScorecardVersion.id == Review.scorecard_version_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(NoActionNeeded, NoActionNeeded.review_id == Review.id)
        .outerjoin(proposer, proposer.id == NoActionNeeded.proposed_by_id)
        .where(Review.id.in_(review_ids))
        .order_by(Review.submitted_at.desc(), Review.id.desc())
    )
    return [
        CaseWithoutPlan(
            review_id=review_id,
            reference=reference,
            team=team,
            scorecard=title,
            reviewed_on=submitted_at.astimezone(OFFICE_TIME).date(),
            reason=None if proposal is None else proposal.reason,
            proposed_by=proposed_by,
            may_authorise=proposal is not None and _why_not(proposal, person, authorises=authorises) is None,
        )
        for review_id, submitted_at, reference, case_id, team, title, proposal, proposed_by in rows
        if case_id not in planned and submitted_at is not None
    ]


def _cases_with_an_action(session: Session, person: Person) -> set[int | None]:
    """The cases with an action that a person may see: another's would tell what is kept from them."""
    found = (
        select(func.coalesce(FrameCase.case_id, LearningPoint.case_id))
        .select_from(FollowUpAction)
        .join(LearningPoint, LearningPoint.id == FollowUpAction.learning_point_id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(FollowUpAction.state != ActionState.DECLINED, may_see_action(session, person))
    )
    return set(session.scalars(found))


def _cases_without_need(session: Session) -> set[int | None]:
    found = (
        select(FrameCase.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .join(NoActionNeeded, NoActionNeeded.review_id == Review.id)
        .where(NoActionNeeded.authorised_on.is_not(None), Review.is_open_case.is_(False))
    )
    return set(session.scalars(found))


def _why_not(proposal: NoActionNeeded, person: Person, *, authorises: bool) -> str | None:
    if proposal.authorised_on is not None:
        return "It is authorised already that nothing needs to be done. Look at the list again."
    if person.id == proposal.proposed_by_id:
        return "You proposed this, so somebody else has to authorise it."
    if not authorises:
        return f"{person.name} cannot authorise this: a line manager or the Head has to."
    return None


def _check_may_see(session: Session, review: Review, by: Person) -> None:
    seen = select(Review.id).where(Review.id == review.id, may_see_review(session, by))
    if session.scalars(seen).first() is None:
        raise Refused("This review is not for you to see, so you cannot say what it needs.")
