"""Reading what a review found: the results of whoever worked on the case."""

from sqlalchemy.orm import Session

from sampling.records.people import Person
from sampling.records.readings import note_reading
from scorecards.tables import Review


def note_findings_read(session: Session, review: Review, *, by: Person) -> None:
    """Note that somebody is given what a review found in a case; whoever wrote it knows it already."""
    if review.reviewer_id != by.id:
        note_reading(session, [review.sampled_case.frame_case.caseworker_id], by=by)
