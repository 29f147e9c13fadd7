"""The pairs of a second scoring: what manager and QA first submitted, and which of them may be compared.

Nothing here asks who is reading: the queries that show something of it do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from sampling.tables import FrameCase, SampledCase, Stratum
from scorecards.answers import card_for
from scorecards.requirements import ResponseValue, Scorecard
from scorecards.scoring import score_case
from scorecards.tables import Review, ReviewState, Revision, ScorecardVersion, SecondScoring


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


class _Review(NamedTuple):
    """One of the two reviews with what was first submitted.

    Columns and not whole rows of tables, which of thousands of pairs take most of the time.
    """

    review_id: int
    reviewer_id: int
    scorecard_version_id: int
    case_type: str | None
    stage: str | None
    risk: str | None
    is_blind: bool | None
    file_read_at: datetime
    overall_met: bool | None
    file_found: bool
    answers: dict[str, Any]


def pairs_of(session: Session, draw_id: int) -> list[Pair]:
    """Every pair of a second scoring, by ticket."""
    rows = session.execute(
        select(SampledCase.id, FrameCase.reference, SampledCase.ticket, Stratum.code)
        .select_from(SecondScoring)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .where(SampledCase.draw_id == draw_id)
        .order_by(SampledCase.ticket)
    ).all()
    of_managers = _reviews(session, draw_id, Review.id == SecondScoring.manager_review_id)
    of_qa = _reviews(
        session,
        draw_id,
        and_(Review.sampled_case_id == SecondScoring.sampled_case_id, Review.state == ReviewState.SUBMITTED),
    )
    definitions = _definitions(session, {review.scorecard_version_id for review in of_managers.values()})
    cards: dict[tuple[Any, ...], Scorecard] = {}
    found = []
    for sampled_case_id, reference, ticket, code in rows:
        managers, qas = of_managers[sampled_case_id], of_qa.get(sampled_case_id)
        asked = (managers.scorecard_version_id, managers.case_type, managers.stage, managers.risk)
        if asked not in cards:
            cards[asked] = card_for(
                definitions[managers.scorecard_version_id],
                case_type=managers.case_type,
                stage=managers.stage,
                risk=managers.risk,
            )
        manager = _submitted(managers, cards[asked])
        qa = None if qas is None else _submitted(qas, cards[asked])
        found.append(
            Pair(
                sampled_case_id=sampled_case_id,
                reference=reference,
                ticket=ticket,
                stratum=code,
                standing=_standing(managers, qas, manager, qa, cards[asked]),
                card=cards[asked],
                manager=manager,
                qa=qa,
            )
        )
    return found


def _reviews(session: Session, draw_id: int, of_pair: ColumnElement[bool]) -> dict[int, _Review]:
    """One of the two reviews of each pair, by sampled case."""
    rows = session.execute(
        select(
            SecondScoring.sampled_case_id,
            Review.id,
            Review.reviewer_id,
            Review.scorecard_version_id,
            Review.case_type,
            Review.stage,
            Review.risk,
            Review.is_blind,
            Review.file_read_at,
            Revision.overall_met,
            Revision.file_found,
            Revision.answers,
        )
        .select_from(SecondScoring)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(Review, of_pair)
        .join(Revision, and_(Revision.review_id == Review.id, Revision.number == 1))
        .where(SampledCase.draw_id == draw_id)
    )
    return {sampled_case_id: _Review(*columns) for sampled_case_id, *columns in rows}


def _definitions(session: Session, versions: set[int]) -> dict[int, str]:
    rows = session.execute(
        select(ScorecardVersion.id, ScorecardVersion.definition).where(ScorecardVersion.id.in_(versions))
    )
    return {row.id: row.definition for row in rows}


def _submitted(review: _Review, card: Scorecard) -> Submitted:
    asked = {requirement.key for requirement in card.requirements}
    answers = {key: answer for key, answer in review.answers.items() if key in asked}
    return Submitted(review.review_id, review.reviewer_id, review.overall_met, review.file_found, answers)


def _standing(
    managers: _Review, qas: _Review | None, manager: Submitted, qa: Submitted | None, card: Scorecard
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
