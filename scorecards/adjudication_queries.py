"""What a person has to adjudicate, the two reviews without their names, and what came of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.frames import may_plan
from sampling.intervals import lower_limit
from sampling.records.people import Person, may_act_as
from sampling.records.readings import note_reading
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase
from scorecards.adjudication import (
    ADJUDICATORS,
    Reason,
    check_may_adjudicate,
    is_free,
    not_third,
    pair_of,
    shared_answers,
)
from scorecards.agreement_results import draw_to_compare
from scorecards.first_sights import has_seen
from scorecards.involvement import has_declared, involvements
from scorecards.pairs import Submitted, pairs_of
from scorecards.requirements import ResponseValue, Scorecard, allowed_responses
from scorecards.tables import Review
from scorecards.tables_agreement import Adjudication, AdjudicationDraw


@dataclass(frozen=True)
class ToDraw:
    """A complete second scoring of which no pairs have been chosen yet."""

    draw_id: int
    name: str


@dataclass(frozen=True)
class ToDecide:
    """A pair that waits for a third person, and that the reader may decide; who has started it."""

    sampled_case_id: int
    reference: str
    name: str
    started_by: str | None
    is_own: bool  # the reader has started it


@dataclass(frozen=True)
class Waiting:
    """What the reader may decide, what a colleague is deciding, and how many pairs wait for somebody else."""

    mine: list[ToDecide]
    with_colleagues: list[ToDecide]
    for_others: int


@dataclass(frozen=True)
class OneReview:
    """One of the two reviews, by an unnamed reviewer."""

    responses: Mapping[str, ResponseValue]
    evidence: Mapping[str, str]
    file_found: bool


@dataclass(frozen=True)
class PairDraft:
    """What the reader has said of a pair so far."""

    verdicts: Mapping[str, ResponseValue]
    reason: Reason | None
    note: str


@dataclass(frozen=True)
class PairSheet:
    """A pair as its adjudicator sees it: two reviews, A and B, in an order that was drawn by lot.

    `draft` is None to everybody but whoever has the pair.
    """

    sampled_case_id: int
    case_id: int
    reference: str
    name: str
    file_read_at: datetime  # both reviews are of the file as it stood then
    card: Scorecard
    review_a: OneReview
    review_b: OneReview
    shared: Mapping[str, ResponseValue]
    choices: tuple[ResponseValue, ...]
    has_declared: bool
    has_seen: bool  # the reader has opened one of the two before, with its name
    started_by: str | None
    is_free: bool  # nobody has it, or whoever had it has left it behind
    draft: PairDraft | None
    is_decided: bool


@dataclass(frozen=True)
class AdjudicationResult:
    """What adjudication found behind the pairs of a second scoring; agreement itself stays as it was.

    `most_missed` bounds the share of the pairs both called met that are not, once all of them that were
    chosen are decided; None before, and when none was chosen.
    """

    discordant: int
    decided: int
    with_manager: int
    with_qa: int
    with_neither: int
    causes: Mapping[Reason, int]
    both_met: int
    chosen: int
    chosen_decided: int
    shared_misses: int
    most_missed: float | None
    assurance: str
    seed: str


def second_scorings_to_adjudicate(session: Session, person: Person) -> list[ToDraw]:
    """The complete second scorings whose pairs the person may choose now, the oldest first."""
    if not may_plan(session, person, Route.SECOND):
        return []
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .outerjoin(AdjudicationDraw, AdjudicationDraw.draw_id == Draw.id)
        .where(
            Frame.route == Route.SECOND,
            Plan.voided_at.is_(None),
            Draw.closed_at.is_not(None),
            AdjudicationDraw.draw_id.is_(None),
        )
        .order_by(Draw.drawn_at, Draw.id)
    )
    return [ToDraw(draw_id, name) for draw_id, name in rows]


def pairs_to_decide(session: Session, person: Person) -> Waiting:
    """The pairs that wait, one's own first, then by reference: the list does not tell which differ."""
    waiting = session.execute(
        select(Adjudication, FrameCase.reference, Frame.name, Review.reviewer_id)
        .join(SampledCase, SampledCase.id == Adjudication.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
        .where(Adjudication.decided_at.is_(None))
        .order_by(Adjudication.draw_id, FrameCase.reference)
    ).all()
    if not may_act_as(session, person, ADJUDICATORS):
        return Waiting([], [], len(waiting))
    undecided = select(Adjudication.sampled_case_id).where(Adjudication.decided_at.is_(None))
    involved = involvements(session, person, SampledCase.id.in_(undecided))
    mine: list[ToDecide] = []
    with_colleagues: list[ToDecide] = []
    for adjudication, reference, name, scored_again_by in waiting:
        number, holder = adjudication.sampled_case_id, adjudication.started_by
        if not_third(involved[number], is_scorer=scored_again_by == person.id) is not None:
            continue
        is_own = adjudication.started_by_id == person.id
        row = ToDecide(number, reference, name, holder.name if holder else None, is_own)
        (mine if is_own or is_free(session, adjudication) else with_colleagues).append(row)
    for_others = len(waiting) - len(mine) - len(with_colleagues)
    return Waiting(sorted(mine, key=lambda row: not row.is_own), with_colleagues, for_others)


def pair_sheet(session: Session, sampled_case_id: int, person: Person) -> PairSheet:
    """The two reviews of a pair, for who may decide it."""
    adjudication = session.get(Adjudication, sampled_case_id)
    if adjudication is None:
        raise Refused("There is no such pair to decide. Go back to the list.")
    check_may_adjudicate(session, adjudication, person)
    pair = pair_of(session, adjudication)
    assert pair.qa is not None
    managers, qas = _unnamed(pair.manager), _unnamed(pair.qa)
    a, b = (managers, qas) if adjudication.manager_is_a else (qas, managers)
    sampled = session.get_one(SampledCase, sampled_case_id)
    review = session.get_one(Review, pair.manager.review_id)
    note_reading(session, [sampled.frame_case.caseworker_id], by=person)
    return PairSheet(
        sampled_case_id=sampled_case_id,
        case_id=sampled.frame_case.case_id,
        reference=pair.reference,
        name=sampled.draw.plan.frame.name,
        file_read_at=review.file_read_at,
        card=pair.card,
        review_a=a,
        review_b=b,
        shared=shared_answers(pair),
        choices=allowed_responses(open_case=review.is_open_case),
        has_declared=has_declared(session, sampled, person),
        has_seen=has_seen(session, [pair.manager.review_id, pair.qa.review_id], person),
        started_by=adjudication.started_by.name if adjudication.started_by else None,
        is_free=is_free(session, adjudication),
        draft=_draft(adjudication) if adjudication.started_by_id == person.id else None,
        is_decided=adjudication.decided_at is not None,
    )


def _draft(adjudication: Adjudication) -> PairDraft:
    reason = adjudication.reason_code
    return PairDraft(
        verdicts={key: ResponseValue(response) for key, response in adjudication.verdicts.items()},
        reason=None if reason is None else Reason(reason),
        note=adjudication.note,
    )


def _unnamed(review: Submitted) -> OneReview:
    # Not what was put right: that is asked of whoever is to intervene, and would tell whose review it is.
    evidence = {key: str(answer["evidence"]) for key, answer in review.answers.items()}
    return OneReview(review.responses, evidence, review.file_found)


def adjudication_result(session: Session, draw_id: int, person: Person) -> AdjudicationResult | None:
    """What a third person found in the pairs of a second scoring; None while none have been chosen."""
    draw = draw_to_compare(session, draw_id, person)
    made = session.get(AdjudicationDraw, draw_id)
    if made is None:
        return None
    of_draw = select(Adjudication).where(Adjudication.draw_id == draw_id)
    decided = session.scalars(of_draw.where(Adjudication.decided_at.is_not(None))).all()
    managers = {pair.sampled_case_id: pair.manager.overall for pair in pairs_of(session, draw_id)}
    differing = [each for each in decided if each.is_discordant]
    alike = [each for each in decided if not each.is_discordant]
    with_manager = sum(each.overall_met == managers[each.sampled_case_id] for each in differing)
    neither = sum(each.overall_met is None for each in differing)
    misses = sum(each.overall_met is False for each in alike)
    most = None
    if made.chosen and len(alike) == made.chosen:
        most = 1 - lower_limit(
            made.chosen - misses, made.chosen, made.both_met, assurance=float(draw.plan.assurance)
        )
    causes = Counter(each.reason_code for each in decided)
    return AdjudicationResult(
        discordant=made.discordant,
        decided=len(differing),
        with_manager=with_manager,
        with_qa=len(differing) - with_manager - neither,
        with_neither=neither,
        causes={reason: causes[reason] for reason in Reason if causes[reason] and reason != Reason.NONE},
        both_met=made.both_met,
        chosen=made.chosen,
        chosen_decided=len(alike),
        shared_misses=misses,
        most_missed=most,
        assurance=draw.plan.assurance,
        seed=made.seed,
    )
