"""Whose case a sampled case is, and by when it is due."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import Session

from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase
from scorecards.tables import Allocation, Declaration
from scorecards.themes import is_of_others_theme


def still_stands() -> ColumnElement[bool]:
    """The condition on Allocation that its reviewer works here, has not declared an involvement since, and
    still reviews for the theme of the case, if it is of one.

    Otherwise the case is anybody's again.
    """
    has_left = exists(
        select(Person.id).where(Person.id == Allocation.reviewer_id, Person.disabled_on.is_not(None))
    )
    is_involved = exists(
        select(Declaration.id)
        .join(FrameCase, FrameCase.case_id == Declaration.case_id)
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .where(
            SampledCase.id == Allocation.sampled_case_id,
            Declaration.person_id == Allocation.reviewer_id,
            Declaration.is_involved,
        )
        .correlate(Allocation)
    )
    has_left_theme = is_of_others_theme(Allocation.sampled_case_id, Allocation.reviewer_id)
    return and_(not_(has_left.correlate(Allocation)), not_(is_involved), not_(has_left_theme))


def is_allocated_to_another(person: Person) -> ColumnElement[bool]:
    """The condition on SampledCase that it was given to somebody else, and still stands so."""
    return exists(
        select(Allocation.sampled_case_id)
        .where(
            Allocation.sampled_case_id == SampledCase.id, Allocation.reviewer_id != person.id, still_stands()
        )
        .correlate(SampledCase)
    )


def check_not_allocated_to_another(session: Session, sampled: SampledCase, person: Person) -> None:
    """Refuse a case that nobody has started and that was given to somebody else."""
    found = select(SampledCase.id).where(SampledCase.id == sampled.id, is_allocated_to_another(person))
    if session.scalars(found).first() is not None:
        name = session.get_one(Allocation, sampled.id).reviewer.name
        raise Refused(
            f"{sampled.frame_case.reference} is allocated to {name}. Take another case, or ask them to pass "
            "this one on to you."
        )


def due_on(session: Session, sampled: SampledCase) -> date:
    """By when a sampled case is to be reviewed: as it was allocated, or else as its plan says."""
    allocation = session.get(Allocation, sampled.id)
    return (allocation.due_on if allocation else None) or sampled.draw.plan.due_on
