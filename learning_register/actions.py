"""Learning: logging what was learned, and feeding it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from learning_register.citations import (
    LearningKind,
    Reference,
    check_citations,
    parse_reference,
)
from learning_register.documents import newest_version
from learning_register.tables import LearningCitation, LearningCommitment, LearningPoint, Source
from learning_register.tables_policy import CharterCommitment, PolicyParagraph
from learning_register.visibility import check_may_see_point
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import (
    Person,
    Role,
    check_may_act_as,
    manager_of,
)
from sampling.refused import Refused
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review
from scorecards.visibility import is_running_second, may_see_review


@dataclass(frozen=True)
class TypedCitation:
    """A citation as somebody gave it; the title is needed only where the document is not loaded."""

    document: str
    reference: str
    title: str = ""


def log_learning(
    session: Session,
    review: Review,
    *,
    requirement_key: str,
    kind: LearningKind,
    description: str,
    citations: Sequence[TypedCitation] = (),
    commitments: Sequence[int] = (),
    is_gap: bool = False,
    by: Person,
) -> LearningPoint:
    """Log what was learned from one requirement of a review, with what it is measured against.

    What went wrong comes from a requirement that was not met; good practice from any. The rules of
    citing are those of `check_citations`. A paragraph of a document that is not loaded is kept with
    the title that was typed and marked unverified.
    """
    if review.reviewer_id != by.id:
        _check_may_see_review(session, review, by)
    description = description.strip()
    if not description:
        raise Refused("The learning point says nothing. Write what was learned, without naming people.")
    answer = session.get(Answer, (review.id, requirement_key))
    response = answer.response if answer is not None else None
    if kind != LearningKind.GOOD_PRACTICE and response != ResponseValue.NOT_MET:
        raise Refused(
            "What went wrong is logged from a requirement that was not met, and this one was not. "
            "Choose another requirement, or log good practice."
        )
    references = [parse_reference(citation.reference) for citation in citations]
    check_citations(kind, paragraphs=references, commitments=list(commitments), gap=is_gap)
    _check_commitments(session, commitments)
    frozen = review.sampled_case.frame_case
    point = LearningPoint(
        source=Source.REVIEW,
        review_id=review.id,
        requirement_key=requirement_key,
        kind=kind,
        description=description,
        is_gap=is_gap,
        team_id=frozen.team_id,
        caseworker_id=frozen.caseworker_id,
        logged_at=now(session),
        logged_by_id=by.id,
    )
    session.add(point)
    session.flush()
    kept = {}
    for citation, reference in zip(citations, references, strict=True):
        row = _citation(session, citation, reference)
        kept[row.document, row.reference] = row
    for row in kept.values():
        row.learning_point_id = point.id
    session.add_all(kept.values())
    session.add_all(
        LearningCommitment(learning_point_id=point.id, number=number) for number in sorted(set(commitments))
    )
    session.flush()
    point.is_complete = True  # now the database holds it to the rules of citing
    session.flush()
    session.expire(point, ["citations", "commitments"])
    audit_trail.record(session, "log_learning", f"learning point {point.id}", by=by, kind=str(kind))
    return point


def feed_back(
    session: Session, point: LearningPoint, *, on: date, to: Person | None = None, by: Person
) -> None:
    """Record when, and to whom, a learning point was fed back: the caseworker's manager unless told."""
    check_may_see_point(session, point, by)
    if session.scalars(select(Review.id).where(Review.id == point.review_id, is_running_second())).first():
        raise Refused(
            "This was learned in a second scoring that is still under way. Telling somebody now would give "
            "away which cases are in it. Wait until its last score is in."
        )
    if on > today(session):
        raise Refused(f"{on:%d %B %Y} is in the future. Enter the day on which it was fed back.")
    if to is None and point.caseworker_id is not None:
        to = manager_of(session, point.caseworker_id, on)
    if to is None:
        raise Refused("No line manager is on record for the caseworker. Choose who was told.")
    point.fed_back_on, point.fed_back_to_id = on, to.id
    session.flush()
    audit_trail.record(session, "feed_back", f"learning point {point.id}", by=by, on=str(on), to=to.id)


def _citation(session: Session, citation: TypedCitation, reference: Reference) -> LearningCitation:
    newest = session.scalars(
        select(PolicyParagraph)
        .where(PolicyParagraph.version_id == newest_version(citation.document))
        .options(joinedload(PolicyParagraph.version))
        .order_by(PolicyParagraph.place)
    ).all()
    found = [row for row in newest if reference.covers(row.number)]
    if found and len(found) == reference.last - reference.first + 1:
        title = found[0].title if len(found) == 1 else f"{found[0].title} to {found[-1].title}"
        return LearningCitation(
            document=citation.document,
            version=found[0].version.version,
            reference=str(reference),
            title=title,
            is_verified=True,
        )
    if newest:
        raise Refused(
            f"{newest[0].version.title} version {newest[0].version.version} has no paragraph {reference}. "
            f"Check the number, or name the other document it is in."
        )
    if not citation.document.strip() or not citation.title.strip():
        raise Refused(
            f"Paragraph {reference} is in a document that is not loaded. "
            f"Type the document's name and the paragraph's title."
        )
    return LearningCitation(
        document=citation.document.strip(),
        version="",
        reference=str(reference),
        title=citation.title.strip(),
        is_verified=False,
    )


def _check_commitments(session: Session, commitments: Sequence[int]) -> None:
    known = set(session.scalars(select(CharterCommitment.number)))
    unknown = sorted(set(commitments) - known)
    if unknown:
        raise Refused(
            f"The Service Charter has no commitment {unknown[0]}. It has {min(known)} to {max(known)}."
        )


def _check_may_see_review(session: Session, review: Review, by: Person) -> None:
    check_may_act_as(session, by, Role.HEAD)
    if (
        session.scalars(select(Review.id).where(Review.id == review.id, may_see_review(session, by))).first()
        is None
    ):
        raise Refused("This review is not for you to see, so you cannot log what was learned from it.")
