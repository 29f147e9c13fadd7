"""Scoring: declaring involvement, starting reviews, saving answers."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from sampling.frames import check_may_sample_team
from sampling.next_tickets import REPLACED_BY_STATE
from sampling.records import audit_trail
from sampling.records.cases import Case, CaseState
from sampling.records.database import OFFICE_TIME, now, today
from sampling.records.people import Absence, Person, Role, check_may_act_as, in_force
from sampling.refused import Refused
from sampling.tables import Frame, FrameCase, Replacement, Route, SampledCase
from scorecards.allocated import check_not_allocated_to_another
from scorecards.answers import Given, card_of, given_by, over
from scorecards.first_sights import keep_first_sight
from scorecards.independence import barred_because
from scorecards.involvement import check_has_declared, involvement_of
from scorecards.requirements import ResponseValue, Severity, allowed_responses
from scorecards.tables import (
    Answer,
    Declaration,
    Review,
    ReviewState,
    SecondScoring,
)
from scorecards.tables_agreement import FirstSight
from scorecards.themes import check_reviews_theme, is_of_others_theme, scorecard_of
from scorecards.visibility import may_see_review

LONGEST_TEXT = 10_000
LONGEST_PAUSE = 300  # seconds that still count as working on a review


def declare_involvement(
    session: Session, case: Case, *, is_involved: bool, note: str = "", by: Person
) -> Declaration:
    """Record what a reviewer says about any other involvement in a case. An involvement stays on record."""
    if is_involved and not note.strip():
        raise Refused("Say in a few words how you were involved, so that the case can go to somebody else.")
    declaration = session.scalars(
        select(Declaration).where(Declaration.person_id == by.id, Declaration.case_id == case.id)
    ).first()
    if declaration is not None and declaration.is_involved and not is_involved:
        raise Refused(f"You have declared an involvement in {case.reference}. That stays on record.")
    if declaration is None:
        declaration = Declaration(person_id=by.id, case_id=case.id)
        session.add(declaration)
    declaration.is_involved = is_involved
    declaration.note = note.strip()
    declaration.declared_at = now(session)
    audit_trail.record(session, "declare_involvement", f"case {case.id}", by=by, is_involved=is_involved)
    return declaration


def check_may_review(session: Session, sampled: SampledCase, person: Person) -> None:
    """Refuse unless the person may review this case, and it is still one to be reviewed."""
    check_is_independent(session, sampled, person)
    gone = gone_because(sampled)
    if gone is not None:
        raise Refused(
            f"{sampled.frame_case.reference} was {gone} in the case system before its review. Put the next "
            "case in its place: open it from your list of reviews."
        )


def gone_because(sampled: SampledCase) -> str | None:
    """Whether a sampled case was cancelled or merged since; of a second scoring, that does not matter."""
    if sampled.draw.plan.frame.route == Route.SECOND:
        return None
    return REPLACED_BY_STATE.get(CaseState(sampled.frame_case.case.state))


def check_is_independent(session: Session, sampled: SampledCase, person: Person) -> None:
    """Refuse unless the person's role, independence and declaration let them have this case."""
    frame = sampled.draw.plan.frame
    check_has_route(session, frame, person)
    check_is_in_sample(session, sampled)
    if frame.route == Route.THEMATIC:
        check_reviews_theme(session, sampled.draw.plan_id, person)
    reason = barred_because(involvement_of(session, person, sampled), open_sampling=frame.route == Route.OPEN)
    if reason is not None:
        raise Refused(
            f"You cannot review {sampled.frame_case.reference}: you {reason}. Leave it to a colleague."
        )


def check_is_in_sample(session: Session, sampled: SampledCase) -> None:
    """Refuse a case that was replaced, or whose draw was voided."""
    if sampled.draw.plan.voided_at is not None or session.get(Replacement, sampled.id) is not None:
        raise Refused(
            f"{sampled.frame_case.reference} is no longer in the sample: it was replaced, or its draw was "
            "voided. The register of samples says why."
        )


def check_has_route(session: Session, frame: Frame, person: Person) -> None:
    """Refuse unless the person reviews cases of the frame's route."""
    if frame.team is not None:
        check_may_sample_team(session, person, frame.team)
    elif frame.route == Route.THEMATIC:
        check_may_act_as(session, person, Role.THEMATIC_REVIEWER, Role.QA_REVIEWER)
    else:
        check_may_act_as(session, person, Role.QA_REVIEWER)


def start_review(session: Session, sampled: SampledCase, *, by: Person) -> Review:
    """Open the score sheet of a sampled case: the draft that exists, or a new one.

    Refused without a declaration, when the person is barred, or when a colleague has the case.
    """
    # Whoever comes second waits here, and then finds the review of whoever came first.
    session.execute(select(SampledCase.id).where(SampledCase.id == sampled.id).with_for_update())
    existing = session.scalars(select(Review).where(Review.sampled_case_id == sampled.id)).first()
    if existing is not None and existing.reviewer_id == by.id:
        return existing
    check_may_review(session, sampled, by)
    reference = sampled.frame_case.reference
    if existing is not None and not is_abandoned(session, existing):
        raise Refused(f"{existing.reviewer.name} is reviewing {reference} already. Take another case.")
    if existing is None:  # a draft that was left behind is for whoever goes on with it
        check_not_allocated_to_another(session, sampled, by)
    case, frame = sampled.frame_case.case, sampled.draw.plan.frame
    check_has_declared(session, sampled, by)
    if existing is not None:
        return _take_over(session, existing, by=by)
    paired = session.scalars(
        select(Review)
        .join(SecondScoring, SecondScoring.manager_review_id == Review.id)
        .where(SecondScoring.sampled_case_id == sampled.id)
    ).first()
    version_id = paired.scorecard_version_id if paired else scorecard_of(session, sampled).id
    review = Review(
        sampled_case_id=sampled.id,
        reviewer_id=by.id,
        scorecard_version_id=version_id,
        is_open_case=paired.is_open_case
        if paired
        # A case that was open at the freeze and has closed is reviewed as at closing; one that was closed
        # and has been opened again is judged at its first closing.
        else sampled.frame_case.state == CaseState.OPEN == case.state,
        approved_by_reviewer=frame.route == Route.OPEN and case.approved_by_id == by.id,
        case_type=paired.case_type if paired else case.case_type,
        stage=paired.stage if paired else case.stage,
        risk=paired.risk if paired else case.risk,
        file_read_at=paired.file_read_at if paired else now(session),
        started_at=now(session),
        last_active_at=now(session),
    )
    session.add(review)
    session.flush()
    audit_trail.record(session, "start_review", f"review {review.id}", by=by)
    return review


def abandoned(on: date) -> ColumnElement[bool]:
    """The condition on Review that it is a draft whose reviewer has left, is away on a day, has said since
    that they were involved in the case, or does not review for its theme any more."""
    has_left = exists(
        select(Person.id).where(Person.id == Review.reviewer_id, Person.disabled_on.is_not(None))
    )
    is_away = exists(select(Absence.id).where(Absence.person_id == Review.reviewer_id, in_force(Absence, on)))
    is_involved = exists(
        select(Declaration.id)
        .join(FrameCase, FrameCase.case_id == Declaration.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .where(
            SampledCase.id == Review.sampled_case_id,
            Declaration.person_id == Review.reviewer_id,
            Declaration.is_involved,
        )
    )
    has_left_theme = is_of_others_theme(Review.sampled_case_id, Review.reviewer_id)
    left_behind = (condition.correlate(Review) for condition in (has_left, is_away, is_involved))
    return and_(Review.state == ReviewState.DRAFT, or_(*left_behind, has_left_theme))


def is_abandoned(session: Session, review: Review) -> bool:
    """Whether a review is a draft that its reviewer has left behind, as `abandoned` has it."""
    found = select(Review.id).where(Review.id == review.id, abandoned(today(session)))
    return session.scalars(found).first() is not None


def _take_over(session: Session, review: Review, *, by: Person) -> Review:
    """A colleague goes on with the draft of somebody who has left or is away; its answers are kept."""
    before = review.reviewer_id
    review.reviewer_id = by.id
    if session.get(SecondScoring, review.sampled_case_id) is None:
        review.file_read_at = now(session)
    session.flush()
    session.expire(review, ["reviewer"])
    audit_trail.record(session, "take_over_review", f"review {review.id}", by=by, before=before)
    return review


def read_file_again(session: Session, review: Review, *, by: Person) -> None:
    """The reviewer has read the file once more: the moment that counts is now."""
    hold(session, review)
    check_own_draft(review, by)
    if session.get(SecondScoring, review.sampled_case_id) is not None:
        raise Refused("This case is scored as its file stood at a fixed moment, which cannot be moved.")
    case = review.sampled_case.frame_case.case
    review.case_type, review.stage, review.risk = case.case_type, case.stage, case.risk
    review.file_read_at = now(session)
    audit_trail.record(session, "read_file_again", f"review {review.id}", by=by)


def save_answer(
    session: Session,
    review: Review,
    *,
    requirement_key: str,
    response: ResponseValue | None,
    evidence: str = "",
    put_right: bool = False,
    severity: Severity | None = None,
    shown: Given | None = None,
    by: Person,
) -> Answer:
    """Keep one answer of a draft, complete or not.

    `shown` is the answer as it was before it was changed: what another window stored since is not undone.
    """
    hold(session, review)
    check_own_draft(review, by)
    _spend_time(session, review)
    if requirement_key not in {requirement.key for requirement in card_of(review).requirements}:
        raise Refused(f"This scorecard has no requirement {requirement_key}. Reload the page.")
    if response is not None and response not in allowed_responses(open_case=review.is_open_case):
        raise Refused("“Not yet due” is for open cases only. Choose another response.")
    if len(evidence) > LONGEST_TEXT:
        raise Refused(f"The text has {len(evidence):,} characters; {LONGEST_TEXT:,} fit. Shorten it.")
    answer = next((given for given in review.answers if given.requirement_key == requirement_key), None)
    if answer is None:
        answer = Answer(requirement_key=requirement_key, evidence="", put_right=False)
        review.answers.append(answer)
    wanted, stored = Given(response, evidence, put_right, severity), given_by(answer)
    kept = over(stored, shown or stored, wanted)
    is_not_met = kept.response == ResponseValue.NOT_MET
    answer.response = kept.response
    answer.evidence = kept.evidence
    answer.put_right = kept.put_right and review.is_open_case and is_not_met
    answer.severity = kept.severity if is_not_met else None
    audit_trail.record(session, "save_answer", f"review {review.id}", by=by, requirement=requirement_key)
    return answer


def answer_as_shown(
    session: Session,
    review: Review,
    *,
    requirement_key: str,
    response: ResponseValue,
    shown: ResponseValue | None,
    by: Person,
) -> Answer | None:
    """Answer a requirement at one press of a key, if its response is still the one that was `shown`.

    A key pressed twice, or before the screen has changed, so answers once; None when it came too late.
    """
    hold(session, review)
    given = next((answer for answer in review.answers if answer.requirement_key == requirement_key), None)
    if (given.response if given else None) != shown:
        return None
    return save_answer(
        session,
        review,
        requirement_key=requirement_key,
        response=response,
        evidence=given.evidence if given else "",
        put_right=given.put_right if given else False,
        severity=given_by(given).severity if given else None,
        by=by,
    )


def note_first_sight(session: Session, review: Review, *, by: Person) -> FirstSight:
    """Keep when somebody first saw a colleague's submitted review: a second score is blind only before."""
    may_see = session.scalars(
        select(Review.id)
        .where(
            Review.id == review.id,
            Review.state == ReviewState.SUBMITTED,
            Review.reviewer_id != by.id,
            may_see_review(session, by),
        )
        .with_for_update()
    ).first()
    if may_see is None:
        raise Refused(
            "There is no such review, or it is not for you to see. Go back to your list of reviews."
        )
    return keep_first_sight(session, review, by)


def _spend_time(session: Session, review: Review) -> None:
    """Count the time since the reviewer last did something here, but no longer pause than a short one."""
    at = now(session)
    if review.last_active_at is not None:
        pause = int((at - review.last_active_at).total_seconds())
        review.seconds_spent += max(0, min(pause, LONGEST_PAUSE))
    review.last_active_at = at


def set_file_found(session: Session, review: Review, *, found: bool, by: Person) -> None:
    """Say that the case file could, or could not, be found. Answers given so far are kept."""
    hold(session, review)
    check_own_draft(review, by)
    review.file_found = found
    audit_trail.record(session, "set_file_found", f"review {review.id}", by=by)
    session.flush()


def hold(session: Session, review: Review) -> None:
    """Read a review afresh, its answers too, and keep others from changing it until this is committed.

    Otherwise an answer could still come in after the score was worked out. Once a transaction is enough.
    """
    transaction, held = session.info.get("held_reviews", (None, set()))
    if transaction is None or transaction is not session.get_transaction():
        held = set()
    if review.id not in held:
        session.refresh(review, with_for_update=True)
        session.info["held_reviews"] = (session.get_transaction(), held | {review.id})


def check_own_draft(review: Review, by: Person) -> None:
    if review.reviewer_id != by.id:
        raise Refused(f"This review belongs to {review.reviewer.name}. Only they can change it.")
    if review.submitted_at is not None:
        day = review.submitted_at.astimezone(OFFICE_TIME).date()
        raise Refused(f"This review was submitted on {day.day} {day:%B %Y} and is locked.")
