"""The gate before a decision goes out: an open case is held while an outcome requirement is not met."""

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.cases import Case, CaseState
from sampling.records.people import Person, teams_managed
from sampling.tables import Route
from scorecards.answers import card_of, responses_of, score_of
from scorecards.approvals import OTHER_DECISION, level_for
from scorecards.requirements import Kind, Requirement, ResponseValue
from scorecards.tables import Review, Revision
from scorecards.tables_intervention import HeldCase
from scorecards.visibility import is_sealed_for


def hold_back(session: Session, revision: Revision) -> None:
    """Hold the case of an open review while its outcome requirements are not met, put right or not.

    For each new revision. What was put right lets the case go, and what is found afterwards holds it
    anew: what became of it before stays listed, a breach too. A release stands: it was given by somebody
    who knew that not all was met.
    """
    review = revision.review
    case = case_of(review)
    if not can_change_case(review) or case.state != CaseState.OPEN:
        return
    must_wait = score_of(review, corrected=True).outcome is False
    held = held_by(session, review)
    if must_wait and (held is None or held.put_right_at is not None):
        held = HeldCase(
            review_id=review.id,
            case_id=case.id,
            held_at=revision.made_at,
            required_level=held.required_level if held else level_for(session, OTHER_DECISION),
            decision=held.decision if held else OTHER_DECISION,
            lowered_by_id=held.lowered_by_id if held else None,
        )
        session.add(held)
    elif not must_wait and held is not None and held.put_right_at is None and held.released_at is None:
        held.put_right_at = revision.made_at
    else:
        return
    session.flush()
    action = "hold_case" if must_wait else "put_case_right"
    audit_trail.record(session, action, f"held case {held.id}", by=revision.made_by)


def held_by(session: Session, review: Review) -> HeldCase | None:
    """What a review holds back, or held back last."""
    rows = select(HeldCase).where(HeldCase.review_id == review.id).order_by(HeldCase.id.desc())
    return session.scalars(rows).first()


def can_change_case(review: Review) -> bool:
    """Whether a review found its case open, in a manager's sample or a thematic one.

    A second score is of the file as it stood, so it holds nothing.
    """
    route = review.sampled_case.draw.plan.frame.route
    return review.is_open_case and route in (Route.OPEN, Route.THEMATIC)


def case_of(review: Review) -> Case:
    return review.sampled_case.frame_case.case


def unmet_outcomes(review: Review) -> dict[Requirement, ResponseValue]:
    """The outcome requirements not met and not put right, with their responses, in the card's order."""
    responses = responses_of(review)
    right = {answer.requirement_key for answer in review.answers if answer.put_right}
    return {
        requirement: responses[requirement.key]
        for requirement in card_of(review).requirements
        if requirement.kind is Kind.OUTCOME
        and requirement.key not in right
        and responses.get(requirement.key) in (ResponseValue.NOT_MET, ResponseValue.CANNOT_ASSESS)
    }


def teams_of(review: Review) -> frozenset[int]:
    """The team whose month a review belongs to, and the team that has its case now."""
    teams = {review.sampled_case.draw.plan.frame.team_id, case_of(review).team_id}
    return frozenset(team for team in teams if team is not None)


def answers_for(session: Session, review: Review, person: Person) -> bool:
    """Whether a person answers for what becomes of an open case: its reviewer, or a manager of its team."""
    if review.reviewer_id == person.id:
        return True
    if not teams_managed(session, person) & teams_of(review):
        return False
    seen = select(Review.id).where(Review.id == review.id, not_(is_sealed_for(session, person)))
    return session.scalars(seen).first() is not None
