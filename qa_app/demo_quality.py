"""What the demonstration shows of themes, calibration and disputes."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from qa_app.demo_people import SCORECARDS, SERVICE
from qa_app.demo_play import Play
from sampling.records.cases import Case
from sampling.records.database import today, writing
from sampling.records.people import Person, manager_of
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.calibration import (
    FEWEST_CASES,
    agree_answer,
    card_for,
    close_calibration,
    open_calibration,
    save_calibration_answer,
    submit_calibration_score,
)
from scorecards.calibration_results import calibration_candidates
from scorecards.cards import newest_published
from scorecards.disputes import raise_dispute
from scorecards.feedback import share_feedback
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review, ReviewState
from scorecards.tables_agreement import CalibrationCase, CalibrationSession
from scorecards.tables_themes import Commission, CommissionPlan
from scorecards.themes import (
    add_finding,
    add_sample,
    commission_review,
    recommend,
    record_accuracy_response,
)

THEME_NAME: Final = "Upheld complaints about our service"


def commission(play: Play, session: Session, plan_id: int) -> None:
    """The board asks for the theme; its sample is scored on the card for service complaints."""
    head, thematic = (session.get_one(Person, one) for one in (play.cast.head, play.cast.thematic))
    made = commission_review(
        session,
        name=THEME_NAME,
        asked_by="The board",
        question="What goes wrong in the complaints about our service that we uphold?",
        scope="Closed service complaints, upheld or partly upheld.",
        scorecard_key=SCORECARDS[SERVICE],
        reviewers=[thematic],
        due_on=today(session) + timedelta(days=90),
        by=head,
    )
    add_sample(session, made, session.get_one(Plan, plan_id), by=thematic)


def play_findings(play: Play, day: date) -> None:
    """A finding of the theme, its facts agreed, and a recommendation that waits for the Head."""
    with writing(play.engine, now=play.agenda.at(day, 11)) as session:
        thematic = session.get_one(Person, play.cast.thematic)
        theme = session.scalars(select(Commission)).one()
        shown_by = session.scalars(
            _submitted_not_met().join(CommissionPlan, CommissionPlan.plan_id == Plan.id).order_by(Review.id)
        ).all()
        if not shown_by:
            return
        finding = add_finding(
            session,
            theme,
            statement="People are not told when they will hear from us again.",
            reviews=shown_by,
            by=thematic,
        )
        record_accuracy_response(
            session, finding, response="Correct. The template has no line for it.", by=thematic
        )
        recommend(session, finding, wording="Put the day of the next update into the template.", by=thematic)


def play_calibration(play: Play, day: date) -> None:
    """A session on five closed cases; on one of them the reviewers differ, and agree what is right."""
    with writing(play.engine, now=play.agenda.at(day, 14)) as session:
        members = [session.get_one(Person, one) for one in (*play.cast.reviewers, play.cast.thematic)]
        version = newest_published(session, SCORECARDS[SERVICE])
        chosen = [case_id for case_id, _ in calibration_candidates(session)][:FEWEST_CASES]
        calibration = open_calibration(
            session,
            name=f"{day:%B %Y}",
            version=version,
            cases=[session.get_one(Case, case_id) for case_id in chosen],
            members=members,
            due_on=day + timedelta(days=7),
            by=members[0],
        )
        for place, case in enumerate(calibration.cases):
            for member in members:
                differs = place == 1 and member is members[-1]
                _score(session, calibration, case, member, differs=differs)
        differing = calibration.cases[1]
        agree_answer(
            session,
            calibration,
            differing,
            requirement_key=card_for(calibration, differing).requirements[0].key,
            response=ResponseValue.MET,
            guidance_change="Say that a point may be answered in a call, if the call is on file.",
            by=members[0],
        )
        close_calibration(session, calibration, by=members[0])


def _score(
    session: Session,
    calibration: CalibrationSession,
    case: CalibrationCase,
    member: Person,
    *,
    differs: bool,
) -> None:
    for number, requirement in enumerate(card_for(calibration, case).requirements):
        response = ResponseValue.NOT_MET if differs and number == 0 else ResponseValue.MET
        save_calibration_answer(
            session,
            calibration,
            case,
            requirement_key=requirement.key,
            response=response,
            evidence="" if response == ResponseValue.MET else "The letter does not mention the second point.",
            by=member,
        )
    submit_calibration_score(session, calibration, case, by=member)


def play_dispute(play: Play) -> None:
    """A caseworker's manager disputes an answer of the central sample; it waits to be decided."""
    with writing(play.engine, now=play.agenda.now) as session:
        review = session.scalars(
            _submitted_not_met().where(Frame.route == Route.CENTRAL).order_by(Review.id.desc())
        ).first()
        if review is None:  # in the first days of a month nothing is submitted yet
            return
        share_feedback(session, review, shared_on=today(session), by=review.reviewer)
        caseworker_id = review.sampled_case.frame_case.caseworker_id
        manager = None if caseworker_id is None else manager_of(session, caseworker_id, today(session))
        if manager is None:
            return
        not_met = next(
            answer.requirement_key for answer in review.answers if answer.response == ResponseValue.NOT_MET
        )
        raise_dispute(
            session,
            review,
            requirement_keys=[not_met],
            grounds="The call of the next day is on file, under another reference.",
            by=manager,
        )


def _submitted_not_met() -> Select[Review]:
    """Submitted reviews with a requirement that was not met, with their draw, plan and frame."""
    not_met = (
        select(Answer.review_id)
        .where(Answer.review_id == Review.id, Answer.response == ResponseValue.NOT_MET)
        .correlate(Review)
    )
    return (
        select(Review)
        .join(SampledCase, SampledCase.id == Review.sampled_case_id)
        .join(Draw, Draw.id == SampledCase.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Review.state == ReviewState.SUBMITTED, Review.file_found, not_met.exists())
    )
