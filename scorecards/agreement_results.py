"""Second scorings and what they say of agreement between managers and QA."""

from dataclasses import dataclass, replace

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from sampling.intervals import rate_interval
from sampling.records.people import Person, Role, roles_of
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.registering import plan_contents
from sampling.tables import Draw, Frame, Plan, Route, SampledCase
from scorecards.agreement import Agreement, agreement
from scorecards.tables import Review, ReviewState, SecondScoring
from scorecards.verdicts import Judgement, judge


@dataclass(frozen=True)
class AgreementResult:
    """A second scoring: its pairs so far, and what they say of agreement against the standard."""

    draw_id: int
    name: str
    population: int
    drawn: int
    outstanding: int
    not_assessable: int
    standard: str
    assurance: str
    figures: Agreement | None
    judgement: Judgement
    detection_low: float | None
    detection_high: float | None
    counts: tuple[int, int, int, int]  # both met, missed, overcalled, both not met


def second_scorings(session: Session, person: Person) -> list[tuple[int, str]]:
    """The second scorings whose progress a person may see: id and name, newest first."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        return []
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.SECOND, Plan.voided_at.is_(None), Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def agreement_result(session: Session, draw_id: int, person: Person) -> AgreementResult:
    """Do the manager and QA, who scored blind, come to the same verdict? Submitted pairs only."""
    if not roles_of(session, person) & {Role.HEAD, Role.QA_REVIEWER}:
        raise Refused("Agreement between managers and QA is for QA and the Head of Customer Care.")
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route != Route.SECOND:
        raise Refused("There is no such second scoring. Go back to the list.")
    first, second = aliased(Review), aliased(Review)
    pairs = session.execute(
        select(first.overall_met, second.overall_met, second.id)
        .select_from(SecondScoring)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(first, first.id == SecondScoring.manager_review_id)
        .outerjoin(
            second, and_(second.sampled_case_id == SampledCase.id, second.state == ReviewState.SUBMITTED)
        )
        .where(SampledCase.draw_id == draw_id)
    ).all()
    scored = [(manager, qa) for manager, qa, review_id in pairs if review_id is not None]
    decided = [(manager, qa) for manager, qa in scored if manager is not None and qa is not None]
    both_met, missed = decided.count((True, True)), decided.count((True, False))
    overcalled, both_not_met = decided.count((False, True)), decided.count((False, False))
    frame, plan = draw.plan.frame, draw.plan
    level = float(plan.assurance)
    registered: str | None = plan_contents(plan).get("standards", {}).get("agreement")
    standard = registered or setting(
        session, "agreement_standard", frame.period_until or frame.frozen_at.date()
    )

    def _judged(*, undecided: int) -> Judgement:
        return judge(
            both_met + both_not_met,
            len(pairs),
            frame.population,
            standard=standard,
            assurance=level,
            undecided=undecided,
        )

    figures, detection = None, None
    if decided:
        figures = agreement(
            both_met,
            missed,
            overcalled,
            both_not_met,
            population=frame.population,
            confidence=level,
        )
        if missed + both_not_met:
            detection = rate_interval(both_not_met, missed + both_not_met, confidence=level)
    outstanding = len(pairs) - len(scored)
    verdict = _judged(undecided=len(pairs) - len(decided))
    if len(decided) < len(scored):
        # A pair that is not assessable stays so: further pairs have to make up for it.
        verdict = replace(verdict, still_needed=_judged(undecided=outstanding).still_needed)
    return AgreementResult(
        draw_id=draw_id,
        name=frame.name,
        population=frame.population,
        drawn=len(pairs),
        outstanding=outstanding,
        not_assessable=len(scored) - len(decided),
        standard=standard,
        assurance=plan.assurance,
        figures=figures,
        judgement=verdict,
        detection_low=detection.low if detection else None,
        detection_high=detection.high if detection else None,
        counts=(both_met, missed, overcalled, both_not_met),
    )
