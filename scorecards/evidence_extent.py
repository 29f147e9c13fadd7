"""What of a sample an evidence pack tells: which cases, which reviews and which pairs of reviews."""

from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select, true
from sqlalchemy.orm import aliased

from sampling.sealing import is_sealed
from sampling.tables import Draw, FrameCase, SampledCase
from scorecards.tables import Review, ReviewState, SecondScoring

_SECOND, _OTHER = aliased(Review), aliased(SampledCase)


@dataclass(frozen=True)
class Extent:
    """What a pack is of: a draw, the cases of it that may be told, and the reviews that belong to these.

    Besides the reviews of the sample itself these are the ones they are compared with: the second score of a
    manager's review, or the manager's review that was scored again. Only what has been submitted.
    """

    draw: Draw
    cases: Select[int]
    reviews: Select[int]
    pairs: Select[int]  # the sampled cases of second scorings in which both reviews are in


def extent_of(draw: Draw) -> Extent:
    """What may be told of a draw: of a second scoring under way only the cases whose score is in."""
    submitted = Review.state == ReviewState.SUBMITTED
    has_score = exists(
        select(_SECOND.id)
        .where(_SECOND.sampled_case_id == SampledCase.id, _SECOND.state == ReviewState.SUBMITTED)
        .correlate(SampledCase)
    )
    told = has_score if is_sealed(draw) else true()
    cases = select(SampledCase.id).where(SampledCase.draw_id == draw.id, told).correlate(None)
    pairs = (
        select(SecondScoring.sampled_case_id)
        .join(_SECOND, _SECOND.sampled_case_id == SecondScoring.sampled_case_id)
        .join(Review, Review.id == SecondScoring.manager_review_id)
        .join(_OTHER, _OTHER.id == Review.sampled_case_id)
        .where(
            _SECOND.state == ReviewState.SUBMITTED,
            or_(_OTHER.draw_id == draw.id, SecondScoring.sampled_case_id.in_(cases)),
        )
        .correlate(None)
    )
    of_managers = select(SecondScoring.manager_review_id).where(SecondScoring.sampled_case_id.in_(pairs))
    reviews = (
        select(Review.id)
        .where(
            submitted,
            or_(
                Review.sampled_case_id.in_(cases),
                Review.sampled_case_id.in_(pairs),
                Review.id.in_(of_managers),
            ),
        )
        .correlate(None)
    )
    return Extent(draw, cases, reviews, pairs)


def cases_told(extent: Extent) -> Select[int]:
    """The numbers of the cases, as the office keeps them, that a pack tells of."""
    drawn = select(FrameCase.case_id).join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
    return drawn.where(SampledCase.id.in_(extent.cases)).correlate(None)
