"""Calibration sessions: several reviewers score the same few cases, blind, and agree what is right.

Nothing of it is in any sample, result or agreement figure: its tables are its own.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.cases import Case, ever_was
from sampling.records.database import now, today
from sampling.records.people import Person, Role, check_may_act_as, roles_of
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase, in_sample
from scorecards.answers import Given, over
from scorecards.cards import scorecard_from
from scorecards.requirements import ResponseValue, Scorecard, allowed_responses, asked_of
from scorecards.scoring import problems
from scorecards.tables import Declaration, Review, ScorecardVersion, VersionState
from scorecards.tables_agreement import (
    CalibrationAnswer,
    CalibrationCase,
    CalibrationMember,
    CalibrationScore,
    CalibrationSession,
)

FEWEST_CASES, MOST_CASES = 5, 10
_MAY_OPEN = (Role.QA_REVIEWER, Role.HEAD)
_MAY_SCORE = frozenset({Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER})


def open_calibration(
    session: Session,
    *,
    name: str,
    version: ScorecardVersion,
    cases: Sequence[Case],
    members: Sequence[Person],
    due_on: date,
    by: Person,
) -> CalibrationSession:
    """Ask several reviewers to score the same cases, each without seeing what the others answer."""
    check_may_act_as(session, by, *_MAY_OPEN)
    if not name.strip():
        raise Refused("The session has no name. Give it one that its reviewers will know it by.")
    if not FEWEST_CASES <= len(cases) <= MOST_CASES:
        raise Refused(
            f"{len(cases)} cases are chosen. Choose {FEWEST_CASES} to {MOST_CASES}: fewer say little, "
            "and nobody talks through more."
        )
    if len(members) < 2:
        raise Refused("At least two reviewers are needed to find out whether they agree. Choose more.")
    if version.state != VersionState.PUBLISHED:
        raise Refused(f"“{version.title}” version {version.version} is not published. Choose one that is.")
    if due_on < today(session):
        raise Refused("The day by which the scores are due has passed. Choose a later one.")
    for person in members:
        if not roles_of(session, person) & _MAY_SCORE:
            raise Refused(f"{person.name} reviews no cases. Choose somebody who does.")
    for case in cases:
        _check_may_be_calibrated_on(session, case, members)
        asked = asked_of(
            scorecard_from(version.definition), case_type=case.case_type, stage=case.stage, risk=case.risk
        )
        if not asked.requirements:
            raise Refused(f"“{version.title}” asks nothing of a case like {case.reference}. Choose another.")
    calibration = CalibrationSession(
        name=name.strip(),
        scorecard_version_id=version.id,
        due_on=due_on,
        opened_at=now(session),
        opened_by_id=by.id,
        cases=[
            CalibrationCase(case_id=case.id, case_type=case.case_type, stage=case.stage, risk=case.risk)
            for case in cases
        ],
        members=[CalibrationMember(person_id=person.id) for person in members],
    )
    session.add(calibration)
    session.flush()
    audit_trail.record(
        session,
        "open_calibration",
        f"calibration {calibration.id}",
        by=by,
        cases=len(cases),
        members=sorted(person.id for person in members),
    )
    return calibration


def _check_may_be_calibrated_on(session: Session, case: Case, members: Sequence[Person]) -> None:
    if session.scalar(select(is_sampled()).select_from(Case).where(Case.id == case.id)):
        raise Refused(
            f"{case.reference} is in a sample, so somebody has scored it or is to score it. A session needs "
            "cases that nobody knows the answers to. Choose another case."
        )
    for person in members:
        had_a_hand = or_(
            *(
                ever_was(person, column)
                for column in (Case.caseworker_id, Case.decided_by_id, Case.approved_by_id)
            ),
            exists(
                select(Declaration.id).where(
                    Declaration.case_id == Case.id,
                    Declaration.person_id == person.id,
                    Declaration.is_involved,
                )
            ),
        )
        if session.scalar(select(had_a_hand).select_from(Case).where(Case.id == case.id)):
            raise Refused(
                f"{person.name} had a hand in {case.reference}. Choose another case, or leave them out."
            )


def is_sampled() -> ColumnElement[bool]:
    """The condition on Case that it is in a sample, or was reviewed in one that was voided since."""
    return exists(
        select(SampledCase.id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(Review, Review.sampled_case_id == SampledCase.id)
        .where(FrameCase.case_id == Case.id, or_(in_sample(), Review.id.is_not(None)))
        .correlate(Case)
    )


def card_for(calibration: CalibrationSession, chosen: CalibrationCase) -> Scorecard:
    """What the session's scorecard asks of one of its cases."""
    card = scorecard_from(calibration.scorecard_version.definition)
    return asked_of(card, case_type=chosen.case_type, stage=chosen.stage, risk=chosen.risk)


def save_calibration_answer(
    session: Session,
    calibration: CalibrationSession,
    chosen: CalibrationCase,
    *,
    requirement_key: str,
    response: ResponseValue | None,
    evidence: str,
    shown: Given | None = None,
    by: Person,
) -> None:
    """Keep one answer of one's own to one case, complete or not.

    `shown` is the answer as it was before it was changed: what another window stored since is not undone.
    """
    score = _own_score(session, calibration, chosen, by)
    card = card_for(calibration, chosen)
    if requirement_key not in {requirement.key for requirement in card.requirements}:
        raise Refused(f"This scorecard has no requirement {requirement_key}. Reload the page.")
    if response is not None and response not in allowed_responses(open_case=False):
        raise Refused("“Not yet due” is not answered in a calibration session. Choose another response.")
    stored = Given(**score.answers.get(requirement_key, {"response": None}))
    kept = over(stored, shown or stored, Given(response, evidence))
    answer = {"response": kept.response, "evidence": kept.evidence}
    score.answers = {**score.answers, requirement_key: answer}
    what = f"calibration case {chosen.id}"
    audit_trail.record(session, "save_calibration_answer", what, by=by, requirement=requirement_key)


def submit_calibration_score(
    session: Session, calibration: CalibrationSession, chosen: CalibrationCase, *, by: Person
) -> None:
    """Hand in one's answers to one case. With the last of all reviewers' everybody sees all of them."""
    score = _own_score(session, calibration, chosen, by)
    responses = {key: ResponseValue(it["response"]) for key, it in score.answers.items() if it["response"]}
    evidence = {key: it["evidence"] for key, it in score.answers.items()}
    stopped_by = problems(card_for(calibration, chosen), responses, evidence, open_case=False)
    if stopped_by:
        raise Refused(
            stopped_by[0]
            if len(stopped_by) == 1
            else f"{len(stopped_by)} answers are not complete. The first: {stopped_by[0]}"
        )
    score.submitted_at = now(session)
    audit_trail.record(session, "submit_calibration_score", f"calibration case {chosen.id}", by=by)
    _reveal_when_all_are_in(session, calibration, by=by)


def excuse_member(
    session: Session, calibration: CalibrationSession, person: Person, *, reason: str, by: Person
) -> None:
    """Go on without a reviewer who cannot score. What they have handed in is kept, and left out."""
    check_may_act_as(session, by, *_MAY_OPEN)
    _hold(session, calibration)
    if calibration.revealed_at is not None:
        raise Refused("All scores are in, so nobody is waited for any more.")
    if not reason.strip():
        raise Refused(f"Say why {person.name} does not take part.")
    members = {member.person_id: member for member in calibration.members}
    if person.id not in members:
        raise Refused(f"{person.name} does not take part in this session.")
    if len(members) == 2:
        raise Refused("Only two reviewers are left, and one alone cannot agree. Open another session.")
    session.delete(members[person.id])
    session.flush()
    session.expire(calibration, ["members"])
    audit_trail.record(
        session,
        "excuse_member",
        f"calibration {calibration.id}",
        by=by,
        person=person.id,
        reason=reason.strip(),
    )
    _reveal_when_all_are_in(session, calibration, by=by)


def agree_answer(
    session: Session,
    calibration: CalibrationSession,
    chosen: CalibrationCase,
    *,
    requirement_key: str,
    response: ResponseValue,
    guidance_change: str,
    instead_of: tuple[ResponseValue, str] | None,
    by: Person,
) -> None:
    """Record what the reviewers agreed is right for one requirement, and what the guidance should say.

    `instead_of` is what was shown as agreed so far: refused when somebody has recorded another since.
    """
    _check_takes_part(session, calibration, by)
    _hold(session, calibration)
    if calibration.revealed_at is None:
        raise Refused("Not everybody's scores are in yet. What is right is agreed once all are.")
    if calibration.closed_at is not None:
        raise Refused("This session is closed. What it agreed stays as it is.")
    if requirement_key not in {key.key for key in card_for(calibration, chosen).requirements}:
        raise Refused(f"This scorecard has no requirement {requirement_key}. Reload the page.")
    answer = session.get(CalibrationAnswer, (chosen.id, requirement_key))
    if answer is None:
        answer = CalibrationAnswer(calibration_case_id=chosen.id, requirement_key=requirement_key)
        session.add(answer)
    elif (ResponseValue(answer.response), answer.guidance_change) != instead_of:
        raise Refused("Somebody has recorded another answer meanwhile. Look at it, then record yours again.")
    answer.response = response
    answer.guidance_change = guidance_change.strip()
    answer.agreed_at = now(session)
    answer.agreed_by_id = by.id
    session.flush()
    audit_trail.record(
        session,
        "agree_answer",
        f"calibration case {chosen.id}",
        by=by,
        requirement=requirement_key,
        response=response,
        guidance_change=guidance_change.strip(),
    )


def close_calibration(session: Session, calibration: CalibrationSession, *, by: Person) -> None:
    """Close a session. Every requirement on which the reviewers differed must have its agreed answer."""
    check_may_act_as(session, by, *_MAY_OPEN)
    _hold(session, calibration)
    if calibration.revealed_at is None:
        raise Refused("Not everybody's scores are in yet. Wait for them, or go on without somebody.")
    if calibration.closed_at is not None:
        raise Refused("This session is closed already.")
    left = open_differences(session, calibration)
    if left:
        raise Refused(
            f"Differences without an agreed answer: {len(left)}. Record what you agreed, then close the "
            "session."
        )
    calibration.closed_at = now(session)
    audit_trail.record(session, "close_calibration", f"calibration {calibration.id}", by=by)


def open_differences(session: Session, calibration: CalibrationSession) -> list[tuple[int, str]]:
    """The answers on which reviewers differ and nothing is agreed yet: case of the session, requirement."""
    given: dict[tuple[int, str], set[str]] = {}
    for score in member_scores(session, calibration):
        for key, answer in score.answers.items():
            given.setdefault((score.calibration_case_id, key), set()).add(answer["response"])
    agreed = {
        (answer.calibration_case_id, answer.requirement_key)
        for answer in agreed_answers(session, calibration)
    }
    return sorted(place for place, responses in given.items() if len(responses) > 1 and place not in agreed)


def member_scores(session: Session, calibration: CalibrationSession) -> Sequence[CalibrationScore]:
    """The scores handed in by those who take part."""
    return session.scalars(
        select(CalibrationScore)
        .join(CalibrationCase, CalibrationCase.id == CalibrationScore.calibration_case_id)
        .join(
            CalibrationMember,
            (CalibrationMember.session_id == CalibrationCase.session_id)
            & (CalibrationMember.person_id == CalibrationScore.person_id),
        )
        .where(CalibrationCase.session_id == calibration.id, CalibrationScore.submitted_at.is_not(None))
    ).all()


def agreed_answers(session: Session, calibration: CalibrationSession) -> Sequence[CalibrationAnswer]:
    """What the reviewers of a session have agreed so far."""
    return session.scalars(
        select(CalibrationAnswer)
        .join(CalibrationCase, CalibrationCase.id == CalibrationAnswer.calibration_case_id)
        .where(CalibrationCase.session_id == calibration.id)
    ).all()


def _own_score(
    session: Session, calibration: CalibrationSession, chosen: CalibrationCase, by: Person
) -> CalibrationScore:
    """One's own score of a case, new or begun, to be written to."""
    _hold(session, calibration)
    if by.id not in {member.person_id for member in calibration.members}:
        raise Refused("You do not take part in this session, so you have no case to score in it.")
    score = session.get(CalibrationScore, (chosen.id, by.id))
    if score is None:
        score = CalibrationScore(calibration_case_id=chosen.id, person_id=by.id, answers={})
        session.add(score)
    if score.submitted_at is not None:
        raise Refused("You have handed in this case. Your answers stay as they were before the talk.")
    return score


def _reveal_when_all_are_in(session: Session, calibration: CalibrationSession, *, by: Person) -> None:
    session.flush()
    if len(member_scores(session, calibration)) == len(calibration.members) * len(calibration.cases):
        calibration.revealed_at = now(session)
        session.flush()
        audit_trail.record(session, "reveal_calibration", f"calibration {calibration.id}", by=by)


def _check_takes_part(session: Session, calibration: CalibrationSession, by: Person) -> None:
    if by.id not in {member.person_id for member in calibration.members}:
        check_may_act_as(session, by, *_MAY_OPEN)


def _hold(session: Session, calibration: CalibrationSession) -> None:
    """Keep others from writing to the session meanwhile: the last two to hand in both count."""
    session.refresh(calibration, with_for_update=True)
