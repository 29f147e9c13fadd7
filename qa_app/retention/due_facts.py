"""Of the records that a period may be over for: the day it is counted from, and what a hold may name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, or_, select
from sqlalchemy.orm import Session

from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from learning_register.tables_mail import Mail
from sampling.records.cases import Case, CaseState, Import
from sampling.records.database import OFFICE_TIME
from sampling.records.retention import RecordClass
from sampling.records.tables_retention import DisposedRecord
from sampling.tables import Draw, Frame, FrameCase, Plan, SampledCase
from scorecards.tables import Review, ReviewState, SecondScoring
from scorecards.tables_agreement import (
    Adjudication,
    CalibrationCase,
    CalibrationMember,
    CalibrationSession,
)
from scorecards.tables_feedback import Dispute
from scorecards.tables_intervention import HeldCase

_UNFINISHED: Final = "its sample is not closed, or it is disputed, held back or to be scored again"


@dataclass(frozen=True)
class Fact:
    """A record, the day its period is counted from, and a case, team and people that it is of.

    A record has several, one for each of its cases. `waits_for` says what of it is not finished.
    """

    record: int
    counted_from: date
    case_id: int | None
    team_id: int | None
    people: tuple[int | None, ...]
    waits_for: str = ""


def _still_there(kind: RecordClass, number: SQLColumnExpression[int]) -> ColumnElement[bool]:
    return number.not_in(select(DisposedRecord.record_id).where(DisposedRecord.kind == kind))


def _after(last: date) -> datetime:
    """The first moment that is too late to be counted from."""
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=OFFICE_TIME)


def _day(moment: datetime) -> date:
    return moment.astimezone(OFFICE_TIME).date()


def _cases(session: Session, last: date) -> Iterator[Fact]:
    over = (
        Case.state != CaseState.OPEN,
        or_(Case.closed_on <= last, Case.closed_on.is_(None) & (Import.as_at < _after(last))),
        _still_there(RecordClass.CASES, Case.id),
    )
    of_cases = select(Case.id, Case.closed_on, Import.as_at).join(Import, Import.id == Case.last_import_id)
    days: dict[int, date] = {}
    for case_id, closed_on, as_at, team_id, caseworker_id in session.execute(
        of_cases.add_columns(Case.team_id, Case.caseworker_id).where(*over)
    ):
        days[case_id] = closed_on or _day(as_at)
        yield Fact(case_id, days[case_id], case_id, team_id, (caseworker_id,))
    # Not only those drawn: while a sample goes on, its next tickets are worked out from every reference.
    is_going_on = Plan.id.is_not(None) & Plan.voided_at.is_(None) & Draw.closed_at.is_(None)
    frozen = session.execute(
        select(FrameCase.case_id, FrameCase.team_id, FrameCase.caseworker_id, is_going_on)
        .outerjoin(Plan, Plan.frame_id == FrameCase.frame_id)
        .outerjoin(Draw, Draw.plan_id == Plan.id)
        .join(Case, Case.id == FrameCase.case_id)
        .join(Import, Import.id == Case.last_import_id)
        .where(*over)
    )
    for case_id, team_id, caseworker_id, goes_on in frozen:
        waits_for = "a sample with it is not closed" if goes_on else ""
        yield Fact(case_id, days[case_id], case_id, team_id, (caseworker_id,), waits_for)


def _is_running() -> ColumnElement[bool]:
    return Plan.voided_at.is_(None) & Draw.closed_at.is_(None)


def _reviews(session: Session, last: date) -> Iterator[Fact]:
    undecided = exists().where(Dispute.review_id == Review.id, Dispute.decision.is_(None))
    held = exists().where(
        HeldCase.review_id == Review.id, HeldCase.put_right_at.is_(None), HeldCase.released_at.is_(None)
    )
    again = exists(
        select(SecondScoring.sampled_case_id)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .outerjoin(Adjudication, Adjudication.sampled_case_id == SecondScoring.sampled_case_id)
        .where(
            or_(SecondScoring.manager_review_id == Review.id, SampledCase.id == Review.sampled_case_id),
            or_(_is_running(), Adjudication.started_by_id.is_not(None) & Adjudication.decided_at.is_(None)),
        )
        .correlate(Review)
    )
    # Said in one way: which of these it is would tell whoever also scores blind what a manager found.
    unfinished = or_(undecided, held, again, _is_running())
    rows = session.execute(
        select(
            Review.id,
            Review.submitted_at,
            Frame.period_until,
            FrameCase.case_id,
            FrameCase.team_id,
            FrameCase.caseworker_id,
            Review.reviewer_id,
            unfinished,
        )
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(
            Review.state == ReviewState.SUBMITTED,
            Review.submitted_at < _after(last),
            _still_there(RecordClass.REVIEWS, Review.id),
        )
    )
    for review_id, submitted_at, period_until, case_id, team_id, caseworker_id, reviewer_id, waits in rows:
        assert submitted_at is not None
        day = max(_day(submitted_at), period_until or date.min)
        yield Fact(
            review_id, day, case_id, team_id, (caseworker_id, reviewer_id), _UNFINISHED if waits else ""
        )


def _learning(session: Session, last: date) -> Iterator[Fact]:
    ended = FollowUpAction.state.in_(("closed", "declined"))
    actions = (
        select(
            FollowUpAction.learning_point_id.label("point_id"),
            func.max(FollowUpAction.closed_on).label("closed_on"),
            func.sum(case((ended, 0), else_=1)).label("going_on"),
        )
        .group_by(FollowUpAction.learning_point_id)
        .subquery()
    )
    rows = session.execute(
        select(
            LearningPoint.id,
            LearningPoint.logged_at,
            actions.c.closed_on,
            actions.c.going_on,
            func.coalesce(LearningPoint.case_id, FrameCase.case_id),
            LearningPoint.team_id,
            LearningPoint.caseworker_id,
        )
        .outerjoin(actions, actions.c.point_id == LearningPoint.id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(LearningPoint.logged_at < _after(last), _still_there(RecordClass.LEARNING, LearningPoint.id))
    )
    for point_id, logged_at, closed_on, going_on, case_id, team_id, caseworker_id in rows:
        day = max(_day(logged_at), closed_on or date.min)
        waits_for = "an action of it is not closed" if going_on else ""
        yield Fact(point_id, day, case_id, team_id, (caseworker_id,), waits_for)


def _mail(session: Session, last: date) -> Iterator[Fact]:
    settled = func.coalesce(
        Mail.sent_at, Mail.taken_at, case((Mail.kind == "digest", Mail.written_at), else_=None)
    )
    rows = session.execute(
        select(
            Mail.id,
            func.coalesce(Mail.sent_at, Mail.taken_at, Mail.written_at, type_=Mail.written_at.type),
            func.coalesce(LearningPoint.case_id, FrameCase.case_id),
            LearningPoint.team_id,
            LearningPoint.caseworker_id,
            Mail.to_id,
        )
        .outerjoin(LearningPoint, LearningPoint.id == Mail.learning_point_id)
        .outerjoin(Review, Review.id == LearningPoint.review_id)
        .outerjoin(SampledCase, SampledCase.id == Review.sampled_case_id)
        .outerjoin(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(settled < _after(last), _still_there(RecordClass.MAIL, Mail.id))
    )
    for mail_id, at, case_id, team_id, caseworker_id, to_id in rows:
        yield Fact(mail_id, _day(at), case_id, team_id, (caseworker_id, to_id))


def _calibration(session: Session, last: date) -> Iterator[Fact]:
    over = (
        CalibrationSession.closed_at < _after(last),
        _still_there(RecordClass.CALIBRATION, CalibrationSession.id),
    )
    days: dict[int, date] = {}
    for number, closed_at in session.execute(
        select(CalibrationSession.id, CalibrationSession.closed_at).where(*over)
    ):
        assert closed_at is not None
        days[number] = _day(closed_at)
        yield Fact(number, days[number], None, None, ())
    for number, case_id, team_id, caseworker_id in session.execute(
        select(CalibrationCase.session_id, Case.id, Case.team_id, Case.caseworker_id)
        .join(CalibrationSession, CalibrationSession.id == CalibrationCase.session_id)
        .join(Case, Case.id == CalibrationCase.case_id)
        .where(*over)
    ):
        yield Fact(number, days[number], case_id, team_id, (caseworker_id,))
    for number, person_id in session.execute(
        select(CalibrationMember.session_id, CalibrationMember.person_id)
        .join(CalibrationSession, CalibrationSession.id == CalibrationMember.session_id)
        .where(*over)
    ):
        yield Fact(number, days[number], None, None, (person_id,))


FACTS: Final[Mapping[RecordClass, Callable[[Session, date], Iterator[Fact]]]] = {
    RecordClass.CASES: _cases,
    RecordClass.REVIEWS: _reviews,
    RecordClass.LEARNING: _learning,
    RecordClass.MAIL: _mail,
    RecordClass.CALIBRATION: _calibration,
}
