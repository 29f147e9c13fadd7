"""The evidence of a sample, for outside auditors and the Head: who may take it, and how much there is.

Auditors take that of the samples named for them, the Head any, unless it would tell them what is kept from
them. Each sample opened and each pack taken goes on record, a pack with its hash.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from sampling.queries import visible_draw
from sampling.records import audit_trail
from sampling.records.people import Person, Role, check_may_act_as, roles_of
from sampling.refused import Refused
from sampling.sealing import BLIND_ROLES, is_sealed
from sampling.tables import Draw, SampledCase, in_sample
from scorecards.evidence_extent import Extent, extent_of
from scorecards.evidence_pack import made_pack
from scorecards.tables import Review, ReviewState, Revision, SecondScoring
from scorecards.tables_agreement import Adjudication
from scorecards.tables_feedback import Dispute


@dataclass(frozen=True)
class EvidenceCounts:
    """How much a pack of a sample holds now, and what is still under way, a sentence each."""

    cases: int
    reviews: int
    revisions: int  # after the first submission
    pairs: int
    adjudicated: int
    disputes: int
    under_way: tuple[str, ...]


def open_sample(session: Session, draw_id: int, *, by: Person) -> None:
    """Put on record that somebody opened a sample to look at its evidence."""
    check_may_take_evidence(session, by)
    draw = visible_draw(session, draw_id, by)
    audit_trail.record(session, "open_sample", f"draw {draw.id}", by=by)


def take_evidence(session: Session, draw_id: int, *, by: Person | None) -> bytes:
    """The evidence pack of a draw, a ZIP file. That it was taken goes on record.

    Nobody (`by`) stands for the command line, where whoever can read the database has all of it anyway.
    """
    if by is None:
        draw = session.get(Draw, draw_id)
        if draw is None:
            raise Refused(f"There is no draw {draw_id} here. The register of samples tells their numbers.")
    else:
        check_may_take_evidence(session, by)
        draw = visible_draw(session, draw_id, by)
    if draw.drawn_at is None:
        raise Refused("This sample has not been drawn yet, so there is no evidence of it. Draw it first.")
    extent = extent_of(draw)
    pack = made_pack(session, extent, under_way=_counts(session, extent).under_way)
    audit_trail.record(
        session,
        "take_evidence",
        f"draw {draw.id}",
        by=by,
        sha256=hashlib.sha256(pack).hexdigest(),
        size=len(pack),
    )
    return pack


def evidence_counts(session: Session, draw_id: int, person: Person) -> EvidenceCounts:
    """How many reviews, pairs and so on a pack of the draw holds now."""
    check_may_take_evidence(session, person)
    return _counts(session, extent_of(visible_draw(session, draw_id, person)))


def check_may_take_evidence(session: Session, person: Person) -> None:
    """Refuse all but outside auditors, and a Head from whom nothing is kept."""
    check_may_act_as(session, person, Role.HEAD, Role.AUDITOR)
    if roles_of(session, person) & {*BLIND_ROLES, Role.LINE_MANAGER}:
        raise Refused(
            f"{person.name} also reviews for QA or manages a team, and an evidence pack tells what is kept "
            "from both until the last score is in. Somebody who does neither has to take it."
        )


def _counts(session: Session, extent: Extent) -> EvidenceCounts:
    draw = extent.draw
    paired = Adjudication.sampled_case_id.in_(extent.pairs)
    disputed = Dispute.review_id.in_(extent.reviews)
    submitted = and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)
    to_review = select(SampledCase.id).outerjoin(Review, submitted).where(Review.id.is_(None))
    asked = {
        "cases": select(SampledCase.id).where(SampledCase.draw_id == draw.id),
        "reviews": extent.reviews,
        "revisions": select(Revision.id).where(Revision.review_id.in_(extent.reviews), Revision.number > 1),
        "pairs": extent.pairs,
        "adjudicated": select(Adjudication.sampled_case_id).where(
            paired, Adjudication.decided_at.is_not(None)
        ),
        "disputes": select(Dispute.id).where(disputed),
        "to_review": to_review.where(SampledCase.draw_id == draw.id, in_sample()),
        "scored_again": _being_scored_again(draw),
        "to_adjudicate": select(Adjudication.sampled_case_id).where(
            paired, Adjudication.decided_at.is_(None)
        ),
        "to_decide": select(Dispute.id).where(disputed, Dispute.decided_at.is_(None)),
    }
    counted = (
        select(func.count()).select_from(query.subquery()).scalar_subquery().label(name)
        for name, query in asked.items()
    )
    found = session.execute(select(*counted)).one()._asdict()
    under_way = _under_way(
        to_review=found.pop("to_review"),
        is_scored_again=found.pop("scored_again") > 0 or is_sealed(draw),
        to_adjudicate=found.pop("to_adjudicate"),
        to_decide=found.pop("to_decide"),
    )
    return EvidenceCounts(**found, under_way=under_way)


def _being_scored_again(draw: Draw) -> Select[int]:
    """The managers' reviews of a draw that are in a second scoring which waits for a score."""
    theirs, other = aliased(SampledCase), aliased(Draw)
    return (
        select(SecondScoring.sampled_case_id)
        .join(SampledCase, SampledCase.id == SecondScoring.sampled_case_id)
        .join(other, other.id == SampledCase.draw_id)
        .join(Review, Review.id == SecondScoring.manager_review_id)
        .join(theirs, theirs.id == Review.sampled_case_id)
        .where(theirs.draw_id == draw.id, other.closed_at.is_(None), in_sample())
    )


def _under_way(
    *, to_review: int, is_scored_again: bool, to_adjudicate: int, to_decide: int
) -> tuple[str, ...]:
    said = []
    if to_review:
        said.append(f"Cases of the sample without a submitted review: {to_review}. Drafts are left out.")
    if is_scored_again:
        said.append(
            "A second scoring is under way. The scores that are in are here; which cases wait for theirs "
            "is sealed until the last one is in."
        )
    if to_adjudicate:
        said.append(f"Pairs of reviews that wait for an adjudicator: {to_adjudicate}.")
    if to_decide:
        said.append(f"Disputes that wait for a decision: {to_decide}.")
    return tuple(said)
