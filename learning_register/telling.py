"""Who may be told of learning. What somebody is told they cannot forget again."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from learning_register.tables import LearningPoint
from learning_register.visibility import check_may_see_point, is_sealed_point, may_see_point
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.sealing import reviews_blind
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.tables import Review
from scorecards.visibility import is_running_second, route_of_review


def check_may_tell(session: Session, point: LearningPoint, to: Person, *, by: Person) -> None:
    """Refuse unless one person may tell the other of a learning point by e-mail now."""
    check_may_know(session, point, to, by=by)
    if to.disabled_on is not None:
        raise Refused(f"{to.name} has left. Choose somebody who works here.")
    if to.email is None:
        raise Refused(
            f"{to.name} has no e-mail address here. An administrator can add one; or choose somebody else."
        )


def check_may_know(session: Session, point: LearningPoint, to: Person, *, by: Person) -> None:
    """Refuse where one person must not tell the other of a learning point, in whatever way."""
    check_may_see_point(session, point, by)
    if session.scalars(select(Review.id).where(Review.id == point.review_id, is_running_second())).first():
        raise Refused(
            "This was learned in a second scoring that is still under way. Telling somebody now would give "
            "away which cases are in it. Wait until its last score is in."
        )
    if reviews_blind(session, to) and _is_kept_from_reviewers(session, point, to, by):
        raise Refused(
            f"{to.name} reviews for QA and must not be told of this: they may have to score the case blind, "
            "or to adjudicate it. Choose somebody else."
        )


def _is_kept_from_reviewers(session: Session, point: LearningPoint, to: Person, by: Person) -> bool:
    """Whether somebody who reviews blind must not be told.

    Never of a case that a manager reviewed while it was open. Were they told once its second score is in,
    whoever tries would find out which cases are scored again. Somebody who is as blind gives nothing away by
    what they logged without a review, and is not told by a refusal that there is one.
    """
    if point.review_id is None and reviews_blind(session, by):
        return _is_sealed_from(session, point, to) and not _is_sealed_from(session, point, by)
    managers = select(Review.id).where(route_of_review() == Route.OPEN)
    if point.review_id is not None:
        of_open_case = managers.where(Review.id == point.review_id)
    else:
        of_open_case = (
            managers.join(SampledCase, SampledCase.id == Review.sampled_case_id)
            .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
            .where(FrameCase.case_id == point.case_id)
        )
    if session.scalar(select(exists(of_open_case))):
        return True
    seen = select(LearningPoint.id).where(LearningPoint.id == point.id, may_see_point(session, to))
    return session.scalars(seen).first() is None


def _is_sealed_from(session: Session, point: LearningPoint, person: Person) -> bool:
    sealed = select(LearningPoint.id).where(LearningPoint.id == point.id, is_sealed_point(session, person))
    return session.scalars(sealed).first() is not None
