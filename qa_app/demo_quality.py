"""What the demonstration shows of themes, calibration, adjudication and disputes."""

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
from scorecards.actions import declare_involvement
from scorecards.adjudication import Reason, decide_pair, draw_adjudication, start_pair
from scorecards.adjudication_queries import pairs_to_decide, second_scorings_to_adjudicate
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
from scorecards.pairs import Pair, pairs_of
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import Answer, Review, ReviewState
from scorecards.tables_agreement import Adjudication, CalibrationCase, CalibrationSession
from scorecards.tables_themes import Commission, CommissionPlan
from scorecards.themes import (
    add_finding,
    add_sample,
    commission_review,
    recommend,
    record_accuracy_response,
)

THEME_NAME: Final = "Upheld complaints about our service"
BOTH_MET: Final = 10  # pairs that both called met and a third person reads; one should not have been met
TO_DECIDE: Final = 2  # pairs that differ and wait
# What lies behind the others that differ, in turn; whether QA's review stands; and what is noted.
_BEHIND: Final = (
    (Reason.EVIDENCE_MISSED, True, "The note of the second call shows it."),
    (Reason.GUIDANCE_UNCLEAR, False, "The guidance does not say whether a call is enough."),
    (Reason.JUDGEMENT_DIFFERS, True, ""),
)


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
            instead_of=None,
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


def play_adjudication(play: Play, day: date) -> None:
    """Each reviewer decides what the other scored again; two pairs that differ still wait."""
    with writing(play.engine, now=play.agenda.at(day, 15)) as session:
        head, *reviewers = (session.get_one(Person, one) for one in (play.cast.head, *play.cast.reviewers))
        (complete,) = second_scorings_to_adjudicate(session, head)
        draw = session.get_one(Draw, complete.draw_id)
        draw_adjudication(session, draw, both_met=BOTH_MET, by=head)
        pairs = {pair.sampled_case_id: pair for pair in pairs_of(session, draw.id)}
        by_whom: dict[int, Person] = {}
        for person in (*reviewers, head):
            for waiting in pairs_to_decide(session, person).mine:
                by_whom.setdefault(waiting.sampled_case_id, person)
        # What waits is last: what the first may decide, and is not given by the running second scoring.
        first, differing = reviewers[0], [number for number in by_whom if pairs[number].is_discordant]
        given = {reference for reference, who, _ in play.shared_out if who == first.id}
        differing.sort(key=lambda number: by_whom[number] is first and pairs[number].reference not in given)
        alike = [number for number in by_whom if not pairs[number].is_discordant]
        for place, number in enumerate(differing[:-TO_DECIDE]):
            reason, is_with_qa, note = _BEHIND[place % len(_BEHIND)]
            verdicts = _of(pairs[number], is_qa=is_with_qa)
            _decide(session, number, verdicts, reason, note, by=by_whom[number])
        for place, number in enumerate(alike):
            verdicts, reason, note = _of(pairs[number], is_qa=True), Reason.NONE, ""
            if place == 0:
                outcome = next(row.key for row in pairs[number].card.requirements if row.kind is Kind.OUTCOME)
                verdicts[outcome], reason = ResponseValue.NOT_MET, Reason.EVIDENCE_MISSED
                note = "The second of three points is not answered in the letter."
            _decide(session, number, verdicts, reason, note, by=by_whom[number])


def _of(pair: Pair, *, is_qa: bool) -> dict[str, ResponseValue]:
    review = pair.qa if is_qa else pair.manager
    return {} if review is None else review.responses


def _decide(
    session: Session,
    sampled_id: int,
    verdicts: dict[str, ResponseValue],
    reason: Reason,
    note: str,
    *,
    by: Person,
) -> None:
    adjudication = session.get_one(Adjudication, sampled_id)
    case = session.get_one(SampledCase, sampled_id).frame_case.case
    declare_involvement(session, case, is_involved=False, by=by)
    start_pair(session, adjudication, by=by)
    decide_pair(session, adjudication, verdicts=verdicts, reason=reason, note=note, by=by)


def play_dispute(play: Play) -> None:
    """A caseworker's manager disputes an answer of the central sample; it waits to be decided."""
    with writing(play.engine, now=play.agenda.now) as session:
        reviews = session.scalars(
            _submitted_not_met().where(Frame.route == Route.CENTRAL).order_by(Review.id.desc())
        ).all()
        # In the first days of a month nothing is submitted yet; and some cases have nobody's manager.
        managed = (
            (review, manager)
            for review in reviews
            if (caseworker_id := review.sampled_case.frame_case.caseworker_id) is not None
            and (manager := manager_of(session, caseworker_id, today(session))) is not None
        )
        review, manager = next(managed, (None, None))
        if review is None or manager is None:
            return
        share_feedback(session, review, shared_on=today(session), by=review.reviewer)
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
