"""The facts of its case that a review records, where its scorecard asks for them."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.people import Person
from sampling.refused import Refused
from scorecards.actions import check_own_draft, hold
from scorecards.answers import card_of
from scorecards.case_facts import CaseFact, shipped_case_facts
from scorecards.requirements import Scorecard
from scorecards.tables import Review
from scorecards.tables_themes import ReviewAttribute


@cache
def _lists() -> dict[str, CaseFact]:
    return {fact.key: fact for fact in shipped_case_facts()}


def facts_asked(scorecard: Scorecard) -> tuple[CaseFact, ...]:
    """The lists of facts that a scorecard asks for, in its order."""
    return tuple(_lists()[key] for key in scorecard.asks)


def facts_of(session: Session, review: Review) -> dict[str, tuple[str, ...]]:
    """What a review has recorded: the values chosen of each list, in the list's order."""
    rows = session.execute(
        select(ReviewAttribute.attribute, ReviewAttribute.value).where(ReviewAttribute.review_id == review.id)
    ).all()
    chosen = {(attribute, value) for attribute, value in rows}
    return {
        fact.key: tuple(value.key for value in fact.values if (fact.key, value.key) in chosen)
        for fact in facts_asked(card_of(review))
    }


def record_fact(
    session: Session, review: Review, list_key: str, values: Collection[str], *, by: Person
) -> None:
    """Keep which values of a list hold for the case of a draft; none takes back what was chosen.

    Where the file was not found nothing was asked, so its reviewer says it before they correct that.
    """
    hold(session, review)
    if review.file_found or review.reviewer_id != by.id:
        check_own_draft(review, by)
    asked = {fact.key: fact for fact in facts_asked(card_of(review))}
    if list_key not in asked:
        raise Refused(f"This scorecard does not ask for {list_key}. Reload the page.")
    fact = asked[list_key]
    unknown = set(values) - {value.key for value in fact.values}
    if unknown:
        raise Refused(f"“{fact.title}” has no value {', '.join(sorted(unknown))}. Reload the page.")
    if len(set(values)) > 1 and not fact.several:
        raise Refused(f"“{fact.title}” takes one value. Choose one.")
    for row in session.scalars(
        select(ReviewAttribute).where(
            ReviewAttribute.review_id == review.id, ReviewAttribute.attribute == list_key
        )
    ):
        if row.value not in values:
            session.delete(row)
    for value in set(values):
        session.merge(ReviewAttribute(review_id=review.id, attribute=list_key, value=value))
    audit_trail.record(session, "record_fact", f"review {review.id}", by=by, list=list_key)
    session.flush()


def facts_missing(session: Session, review: Review) -> list[str]:
    """What a draft has still to record, a sentence each; nothing of a case whose file was not found."""
    if not review.file_found:
        return []
    recorded = facts_of(session, review)
    return [
        f"“{fact.title}”: choose what holds."
        for fact in facts_asked(card_of(review))
        if not recorded[fact.key]
    ]
