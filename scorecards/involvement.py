"""What a person had to do with a case, from the extract, their word and earlier scores."""

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from sampling.records.cases import Case, ever_was
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Replacement, Route, SampledCase
from scorecards.independence import Involvement
from scorecards.tables import Declaration, Review, SecondScoring

# Made once: an alias copies every column of its table, which at each question takes longer than the answer.
_THEIRS, _DRAWN, _MINE = aliased(SampledCase), aliased(FrameCase), aliased(FrameCase)
_OWN = aliased(Review)


def involvement_of(session: Session, person: Person, sampled: SampledCase) -> Involvement:
    """What a person had to do with a sampled case, from the extract, their word and earlier scores."""
    return involvements(session, person, SampledCase.id == sampled.id)[sampled.id]


def involvements(session: Session, person: Person, asked: ColumnElement[bool]) -> dict[int, Involvement]:
    """What a person had to do with each of the sampled cases that a condition holds for."""
    declared = (
        select(Declaration.is_involved)
        .where(Declaration.person_id == person.id, Declaration.case_id == Case.id)
        .correlate(Case)
    )
    first_scorer = (
        select(Review.reviewer_id)
        .join(SecondScoring, SecondScoring.manager_review_id == Review.id)
        .where(SecondScoring.sampled_case_id == SampledCase.id)
        .correlate(SampledCase)
    )
    rows = session.execute(
        select(
            SampledCase.id,
            FrameCase.caseworker_id,
            ever_was(person, Case.caseworker_id),
            ever_was(person, Case.decided_by_id),
            ever_was(person, Case.approved_by_id),
            declared.scalar_subquery(),
            first_scorer.scalar_subquery(),
            and_(Frame.route != Route.OPEN, scored_before(person)),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Frame, Frame.id == FrameCase.frame_id)
        .join(Case, Case.id == FrameCase.case_id)
        .where(asked)
    )
    return {
        sampled_id: Involvement(
            handled=handled or caseworker_id == person.id,
            decided=decided,
            approved=approved,
            declared=bool(is_declared),
            scored=scorer_id == person.id or bool(before),
        )
        for sampled_id, caseworker_id, handled, decided, approved, is_declared, scorer_id, before in rows
    }


def has_declared(session: Session, sampled: SampledCase, person: Person) -> bool:
    """Whether the person has said if they were involved in the case in any other way."""
    declared = select(Declaration.id).where(
        Declaration.person_id == person.id, Declaration.case_id == sampled.frame_case.case_id
    )
    return session.scalars(declared).first() is not None


def check_has_declared(session: Session, sampled: SampledCase, person: Person) -> None:
    """Refuse until the person has said whether they were involved in the case in any other way."""
    if not has_declared(session, sampled, person):
        raise Refused(
            f"Say first whether you were involved in {sampled.frame_case.reference} in any other way."
        )


def scored_before(person: Person) -> ColumnElement[bool]:
    """The condition on SampledCase that a person has a review of the same case in another sample.

    What was voided or replaced does not count, but for a second scoring: they may have seen the manager's
    first score since. Of two drafts the later is barred, so that the earlier can be finished.
    """
    begun_before = exists(
        select(_OWN.id).where(
            _OWN.sampled_case_id == SampledCase.id, _OWN.reviewer_id == person.id, _OWN.id < Review.id
        )
    ).correlate(SampledCase, Review)
    counts = and_(Plan.voided_at.is_(None), Replacement.sampled_case_id.is_(None))
    return exists(
        select(Review.id)
        .join(_THEIRS, _THEIRS.id == Review.sampled_case_id)
        .join(_DRAWN, _DRAWN.id == _THEIRS.frame_case_id)
        .join(_MINE, _MINE.case_id == _DRAWN.case_id)
        .join(Draw, Draw.id == _THEIRS.draw_id)
        .join(Plan, Plan.id == Draw.plan_id)
        .outerjoin(Replacement, Replacement.sampled_case_id == _THEIRS.id)
        .outerjoin(SecondScoring, SecondScoring.sampled_case_id == _THEIRS.id)
        .where(
            _MINE.id == SampledCase.frame_case_id,
            _THEIRS.id != SampledCase.id,
            Review.reviewer_id == person.id,
            or_(counts, SecondScoring.sampled_case_id.is_not(None)),
            not_(begun_before),
        )
        .correlate(SampledCase)
    )
