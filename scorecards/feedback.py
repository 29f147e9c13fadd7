"""The feedback sheet of a review: what its caseworker is told, when they were, and what they said.

Caseworkers do not sign in. Their manager, or whoever reviewed the case, shares the sheet with them.
"""

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.calendars import working_days_on
from sampling.records.database import OFFICE_TIME, today
from sampling.records.office import day_in_words
from sampling.records.people import (
    LineManagement,
    Person,
    Role,
    in_force,
    roles_of,
    teams_managed,
)
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.actions import LONGEST_TEXT, hold
from scorecards.first_sights import keep_first_sight
from scorecards.tables import Review, ReviewState
from scorecards.tables_agreement import FirstSight
from scorecards.tables_feedback import Feedback
from scorecards.visibility import (
    is_running_second,
    is_sealed_for,
    may_see_review,
    route_of_review,
    team_of_case,
)

_SHARE_ROUTES_BUT_OPEN: Final = frozenset({Role.HEAD, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


def _caseworker_of_review() -> ColumnElement[int]:
    """The caseworker a review's case had when its frame was frozen, 0 for nobody, as a correlated scalar."""
    return (
        select(func.coalesce(FrameCase.caseworker_id, 0))
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .where(SampledCase.id == Review.sampled_case_id)
        .correlate(Review)
        .scalar_subquery()
    )


def is_of_own_caseworker(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that this person manages its caseworker or their team today."""
    line_manages = exists(
        select(LineManagement.id).where(
            LineManagement.person_id == _caseworker_of_review(),
            LineManagement.manager_id == person.id,
            in_force(LineManagement, today(session)),
        )
    )
    teams = teams_managed(session, person)
    manages = or_(line_manages, team_of_case().in_(teams)) if teams else line_manages
    return and_(manages, _caseworker_of_review() != person.id)


def may_see_feedback(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that this person may read its feedback sheet and its disputes.

    Whoever may see the review, and the caseworker's manager also where QA wrote it. Nobody has the
    sheet of a second score, not even its reviewer, before the last score of that second scoring is in.
    """
    of_their_own = and_(is_of_own_caseworker(session, person), not_(is_sealed_for(session, person)))
    return and_(
        Review.state == ReviewState.SUBMITTED,
        not_(is_running_second()),
        or_(may_see_review(session, person), of_their_own),
    )


def may_share_feedback(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Review that this person may share its sheet: never with themselves.

    A manager's review of an open case is shared by its reviewer or the caseworker's manager, any other
    also by QA, the thematic reviewers who see it, and the Head.
    """
    by_role = bool(roles_of(session, person) & _SHARE_ROUTES_BUT_OPEN)
    return and_(
        may_see_feedback(session, person),
        _caseworker_of_review() != person.id,
        or_(
            Review.reviewer_id == person.id,
            is_of_own_caseworker(session, person),
            route_of_review() != Route.OPEN if by_role else false(),
        ),
    )


def check_may_see_feedback(session: Session, review: Review, person: Person) -> None:
    """Refuse unless the person may read the feedback sheet of this review now."""
    if not holds(session, review.id, may_see_feedback(session, person)):
        raise Refused("There is no such feedback sheet, or it is not for you to see. Go back to the list.")


def holds(session: Session, review_id: int, condition: ColumnElement[bool]) -> bool:
    """Whether a condition on Review is true of this one."""
    return session.scalars(select(Review.id).where(Review.id == review_id, condition)).first() is not None


def note_feedback_read(session: Session, review: Review, *, by: Person) -> FirstSight:
    """Keep when somebody first read the feedback sheet of a colleague's review: it tells the verdicts."""
    hold(session, review)
    check_may_see_feedback(session, review, by)
    if review.reviewer_id == by.id:
        raise Refused("This review is your own, so it needs no note that you have seen it. Go on with it.")
    return keep_first_sight(session, review, by)


def share_feedback(session: Session, review: Review, *, shared_on: date, by: Person) -> Feedback:
    """Record the day on which the sheet was shared: once, since the time for a dispute counts from it."""
    hold(session, review)
    _check_may_share(session, review, by)
    before = session.get(Feedback, review.id)
    if before is not None:
        raise Refused(
            f"{before.shared_by.name} shared this sheet on {day_in_words(before.shared_on)}. That day stays: "
            "the time for a dispute counts from it."
        )
    _check_day(shared_on, first=submitted_on(review), last=today(session), what="the review was submitted")
    feedback = Feedback(review_id=review.id, shared_on=shared_on, shared_by_id=by.id)
    session.add(feedback)
    session.flush()
    audit_trail.record(session, "share_feedback", f"review {review.id}", by=by, shared_on=str(shared_on))
    return feedback


def record_comments(
    session: Session, review: Review, *, comments: str, commented_on: date, by: Person
) -> Feedback:
    """Write down what the caseworker said to the sheet, for them: once, and it stays."""
    hold(session, review)
    _check_may_share(session, review, by)
    feedback = session.get(Feedback, review.id)
    if feedback is None:
        raise Refused("This sheet has not been shared yet. Say first when it was.")
    if feedback.comments:
        raise Refused("The caseworker's comments are on record already, and stay as they were entered.")
    words = checked_text(comments, "the caseworker's comments")
    _check_day(commented_on, first=feedback.shared_on, last=today(session), what="the sheet was shared")
    feedback.comments, feedback.commented_on = words, commented_on
    session.flush()
    audit_trail.record(session, "record_comments", f"review {review.id}", by=by)
    return feedback


def _check_may_share(session: Session, review: Review, person: Person) -> None:
    check_may_see_feedback(session, review, person)
    if not holds(session, review.id, may_share_feedback(session, person)):
        raise Refused(
            f"{person.name} cannot do this: the caseworker's line manager or the reviewer shares this sheet."
        )


def checked_text(text: str, what: str) -> str:
    """A text that must be there and fit, without the space around it."""
    if not text.strip():
        raise Refused(f"Something is missing: {what}. Fill it in.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"The text has {len(text):,} characters; {LONGEST_TEXT:,} fit. Shorten it.")
    return text.strip()


def _check_day(day: date, *, first: date, last: date, what: str) -> None:
    if day < first:
        raise Refused(
            f"{day_in_words(day)} is before {what}, on {day_in_words(first)}. Type that day or a later one."
        )
    if day > last:
        raise Refused(f"{day_in_words(day)} is still to come. Type the day on which it happened.")


def submitted_on(review: Review) -> date:
    """The day, by the office's clock, on which a submitted review was submitted."""
    assert review.submitted_at is not None
    return review.submitted_at.astimezone(OFFICE_TIME).date()


def disputable_until(session: Session, review: Review) -> date:
    """The last day on which a dispute is in time: so many working days from sharing, else from submission."""
    feedback = session.get(Feedback, review.id)
    start = feedback.shared_on if feedback else submitted_on(review)
    return working_days_on(session, start, int(setting(session, "dispute_window", start)))
