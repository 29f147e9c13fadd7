"""What a person had to do with a case, from the extract, their word and earlier scores."""

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from sampling.records.cases import Case, ever_was
from sampling.records.people import Person
from sampling.tables import FrameCase, Route, SampledCase
from scorecards.independence import Involvement
from scorecards.tables import Declaration, Review, SecondScoring


def involvement_of(session: Session, person: Person, sampled: SampledCase) -> Involvement:
    """What a person had to do with a sampled case, from the extract, their word and earlier scores."""
    case, frozen = sampled.frame_case.case, sampled.frame_case
    declared = select(Declaration.is_involved).where(
        Declaration.person_id == person.id, Declaration.case_id == case.id
    )
    first_scorer = (
        select(Review.reviewer_id)
        .join(SecondScoring, SecondScoring.manager_review_id == Review.id)
        .where(SecondScoring.sampled_case_id == sampled.id)
    )
    handled, decided, approved, is_declared, scorer_id = session.execute(
        select(
            ever_was(person, Case.caseworker_id),
            ever_was(person, Case.decided_by_id),
            ever_was(person, Case.approved_by_id),
            declared.scalar_subquery(),
            first_scorer.scalar_subquery(),
        ).where(Case.id == case.id)
    ).one()
    before = sampled.draw.plan.frame.route == Route.SECOND and session.scalar(
        select(scored_before(person)).select_from(SampledCase).where(SampledCase.id == sampled.id)
    )
    return Involvement(
        handled=handled or frozen.caseworker_id == person.id,
        decided=decided,
        approved=approved,
        declared=bool(is_declared),
        scored=scorer_id == person.id or bool(before),
    )


def scored_before(person: Person) -> ColumnElement[bool]:
    """The condition on SampledCase that a person has scored the same case again before, in another month.

    They may have seen the manager's first score since.
    """
    theirs, drawn, mine = aliased(SampledCase), aliased(FrameCase), aliased(FrameCase)
    return exists(
        select(Review.id)
        .join(theirs, theirs.id == Review.sampled_case_id)
        .join(drawn, drawn.id == theirs.frame_case_id)
        .join(mine, mine.case_id == drawn.case_id)
        .join(SecondScoring, SecondScoring.sampled_case_id == theirs.id)
        .where(
            mine.id == SampledCase.frame_case_id, theirs.id != SampledCase.id, Review.reviewer_id == person.id
        )
        .correlate(SampledCase)
    )
