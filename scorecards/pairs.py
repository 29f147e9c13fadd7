"""The pairs of a second scoring: what manager and QA first submitted, and which of them may be compared.

Nothing here asks who is reading: the queries that show something of it do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from sampling.tables import FrameCase, SampledCase, Stratum
from scorecards.answers import card_of
from scorecards.requirements import ResponseValue, Scorecard
from scorecards.scoring import score_case
from scorecards.tables import Review, ReviewState, Revision, SecondScoring


class Standing(StrEnum):
    """Whether a pair counts, and if not, why it is set apart."""

    COUNTED = "counted"
    OUTSTANDING = "outstanding"  # not scored again yet
    NOT_ASSESSABLE = "not assessable"  # for one of the two nothing applied
    NOT_BLIND = "not blind"  # QA had seen the manager's review
    NOT_ALIKE = "not alike"  # another version of the scorecard, or the file at another moment
    CORRECTED = "corrected before closing"  # the manager found it, it was put right, and QA found it met


@dataclass(frozen=True)
class Submitted:
    """One of the two reviews as it was first submitted, whatever was corrected or disputed later."""

    review_id: int
    reviewer_id: int
    overall: bool | None
    file_found: bool
    answers: Mapping[str, Mapping[str, Any]]  # requirement key: response, evidence, put_right

    @cached_property
    def responses(self) -> dict[str, ResponseValue]:
        return {key: ResponseValue(answer["response"]) for key, answer in self.answers.items()}


@dataclass(frozen=True)
class Pair:
    """A case that was drawn to be scored again, with both reviews as far as they are in."""

    sampled_case_id: int
    reference: str
    ticket: str
    stratum: str
    standing: Standing
    card: Scorecard
    manager: Submitted
    qa: Submitted | None

    @property
    def is_discordant(self) -> bool:
        """Whether the two gave different verdicts on the case as a whole."""
        return self.qa is not None and self.manager.overall != self.qa.overall


def pairs_of(session: Session, draw_id: int) -> list[Pair]:
    """Every pair of a second scoring, by ticket."""
    first, second = aliased(Review), aliased(Review)
    of_first, of_second = aliased(Revision), aliased(Revision)
    rows = session.execute(
        select(SampledCase, FrameCase.reference, Stratum.code, first, of_first, second, of_second)
        .select_from(SecondScoring)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .join(first, first.id == SecondScoring.manager_review_id)
        .join(of_first, and_(of_first.review_id == first.id, of_first.number == 1))
        .outerjoin(
            second, and_(second.sampled_case_id == SampledCase.id, second.state == ReviewState.SUBMITTED)
        )
        .outerjoin(of_second, and_(of_second.review_id == second.id, of_second.number == 1))
        .where(SampledCase.draw_id == draw_id)
        .order_by(SampledCase.ticket)
    ).all()
    cards: dict[tuple[Any, ...], Scorecard] = {}
    found = []
    for sampled, reference, code, managers, as_first, qas, as_second in rows:
        asked = (managers.scorecard_version_id, managers.case_type, managers.stage, managers.risk)
        if asked not in cards:
            cards[asked] = card_of(managers)
        manager = _submitted(managers, as_first, cards[asked])
        qa = None if qas is None else _submitted(qas, as_second, cards[asked])
        found.append(
            Pair(
                sampled_case_id=sampled.id,
                reference=reference,
                ticket=sampled.ticket,
                stratum=code,
                standing=_standing(managers, qas, manager, qa, cards[asked]),
                card=cards[asked],
                manager=manager,
                qa=qa,
            )
        )
    return found


def _submitted(review: Review, first: Revision, card: Scorecard) -> Submitted:
    asked = {requirement.key for requirement in card.requirements}
    answers = {key: answer for key, answer in first.answers.items() if key in asked}
    return Submitted(review.id, review.reviewer_id, first.overall_met, first.file_found, answers)


def _standing(
    managers: Review, qas: Review | None, manager: Submitted, qa: Submitted | None, card: Scorecard
) -> Standing:
    if qas is None or qa is None:
        return Standing.OUTSTANDING
    if not qas.is_blind:
        return Standing.NOT_BLIND
    if (qas.scorecard_version_id, qas.file_read_at) != (managers.scorecard_version_id, managers.file_read_at):
        return Standing.NOT_ALIKE
    if manager.overall is None or qa.overall is None:
        return Standing.NOT_ASSESSABLE
    if not manager.overall and qa.overall and _met_once_put_right(manager, card):
        return Standing.CORRECTED
    return Standing.COUNTED


def _met_once_put_right(manager: Submitted, card: Scorecard) -> bool:
    """Whether all that stood against the case was put right before it was closed."""
    if not any(answer.get("put_right") for answer in manager.answers.values()):
        return False
    right = {
        key: ResponseValue.MET if manager.answers[key].get("put_right") else response
        for key, response in manager.responses.items()
    }
    return score_case(card, right, file_found=manager.file_found).overall is True
