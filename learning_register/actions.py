"""Learning: loading the policy, logging what was learned, feeding it back, following it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import (
    Commitment,
    LearningKind,
    PolicyDocument,
    Reference,
    check_citations,
    parse_reference,
    read_commitments,
    read_policy_document,
)
from learning_register.follow_up import ActionState, check_move, check_people
from learning_register.tables import (
    CharterCommitment,
    FollowUpAction,
    LearningCitation,
    LearningCommitment,
    LearningPoint,
    PolicyParagraph,
)
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import (
    Person,
    Role,
    check_may_act_as,
    manager_of,
    may_act_as,
    roles_of,
    teams_managed,
)
from sampling.refused import Refused
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review
from scorecards.visibility import may_see_learning, may_see_review

GUIDANCE = "review-and-feedback-guidance"


@dataclass(frozen=True)
class TypedCitation:
    """A citation as somebody gave it; the title is needed only where the document is not loaded."""

    document: str
    reference: str
    title: str = ""


def load_shipped_documents(session: Session, *, by: Person) -> None:
    """Load the review and feedback guidance and the Charter commitments that come with the product."""
    folder = files("learning_register") / "shipped"
    load_policy_document(
        session, read_policy_document((folder / f"{GUIDANCE}-12.0.toml").read_text("utf-8")), by=by
    )
    load_commitments(session, read_commitments((folder / "service-charter.toml").read_text("utf-8")), by=by)


def load_policy_document(session: Session, document: PolicyDocument, *, by: Person) -> None:
    """Keep a version of a policy document. Earlier versions stay: points were made under them."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    loaded = session.scalars(
        select(PolicyParagraph.id).where(
            PolicyParagraph.document == document.key, PolicyParagraph.version == document.version
        )
    ).first()
    if loaded is not None:
        raise Refused(f"{document.title} version {document.version} is loaded already.")
    session.add_all(
        PolicyParagraph(
            document=document.key,
            document_title=document.title,
            version=document.version,
            version_date=document.version_date,
            place=place,
            number=paragraph.number,
            section=paragraph.section,
            title=paragraph.title,
            summary=paragraph.summary,
            force=", ".join(paragraph.forces),
        )
        for place, paragraph in enumerate(document.paragraphs)
    )
    session.flush()
    audit_trail.record(
        session, "load_policy_document", f"document {document.key}", by=by, version=document.version
    )


def load_commitments(session: Session, commitments: Sequence[Commitment], *, by: Person) -> None:
    """Keep the commitments of the Service Charter."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    for commitment in commitments:
        session.merge(
            CharterCommitment(
                number=commitment.number,
                section=commitment.section,
                summary=commitment.summary,
                number_inferred=commitment.number_inferred,
            )
        )
    session.flush()
    audit_trail.record(session, "load_commitments", "service charter", by=by, count=len(commitments))


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
            "What went wrong is logged from a requirement that was not met, and this one was not answered so. "
            "Choose another requirement, or log good practice."
        )
    references = [parse_reference(citation.reference) for citation in citations]
    check_citations(kind, paragraphs=references, commitments=list(commitments), gap=is_gap)
    _check_commitments(session, commitments)
    frozen = review.sampled_case.frame_case
    point = LearningPoint(
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
    session.expire(point, ["citations", "commitments"])
    audit_trail.record(session, "log_learning", f"learning point {point.id}", by=by, kind=str(kind))
    return point


def feed_back(
    session: Session, point: LearningPoint, *, on: date, to: Person | None = None, by: Person
) -> None:
    """Record when, and to whom, a learning point was fed back: the caseworker's manager unless told."""
    _check_may_see(session, point, by)
    if on > today(session):
        raise Refused(f"{on:%d %B %Y} is in the future. Enter the day on which it was fed back.")
    if to is None and point.caseworker_id is not None:
        to = manager_of(session, point.caseworker_id, on)
    if to is None:
        raise Refused("No line manager is on record for the caseworker. Choose who was told.")
    point.fed_back_on, point.fed_back_to_id = on, to.id
    session.flush()
    audit_trail.record(session, "feed_back", f"learning point {point.id}", by=by, on=str(on), to=to.id)


def add_action(
    session: Session,
    point: LearningPoint,
    *,
    description: str,
    owner: Person,
    authoriser: Person,
    target_date: date,
    by: Person,
) -> FollowUpAction:
    """Say what is to be done about a learning point, by whom, authorised by whom, by when."""
    _check_may_see(session, point, by)
    if not description.strip():
        raise Refused("The action says nothing. Write what is to be done.")
    check_people(owner.id, authoriser.id)
    for person in (owner, authoriser):
        if person.disabled_on is not None:
            raise Refused(f"{person.name} has left. Choose somebody who works here.")
    if not may_act_as(session, authoriser, (Role.LINE_MANAGER, Role.HEAD)):
        raise Refused(f"{authoriser.name} cannot authorise actions: a line manager or the Head has to.")
    if target_date < today(session):
        raise Refused(f"The target date, {target_date:%d %B %Y}, has passed. Choose a later one.")
    action = FollowUpAction(
        learning_point_id=point.id,
        description=description.strip(),
        owner_id=owner.id,
        authoriser_id=authoriser.id,
        target_date=target_date,
        first_target_date=target_date,
        logged_at=now(session),
        logged_by_id=by.id,
    )
    session.add(action)
    session.flush()
    audit_trail.record(
        session,
        "add_action",
        f"action {action.id}",
        by=by,
        owner=owner.id,
        authoriser=authoriser.id,
        target_date=str(target_date),
    )
    return action


def finish_action(session: Session, action: FollowUpAction, *, note: str, by: Person) -> None:
    """Mark an action as done, with what was done."""
    _check_may_move(session, action, by)
    check_move(ActionState(action.state), ActionState.DONE)
    if not note.strip():
        raise Refused("Say what was done, so that others can see it.")
    action.state, action.done_on, action.done_note = ActionState.DONE, today(session), note.strip()
    audit_trail.record(session, "finish_action", f"action {action.id}", by=by, note=note.strip())


def reopen_action(session: Session, action: FollowUpAction, *, reason: str, by: Person) -> None:
    """Open an action again that turned out not to be done."""
    _check_may_move(session, action, by)
    check_move(ActionState(action.state), ActionState.OPEN)
    if not reason.strip():
        raise Refused("Say why the action is opened again.")
    action.state, action.done_on = ActionState.OPEN, None
    audit_trail.record(session, "reopen_action", f"action {action.id}", by=by, reason=reason.strip())


def move_target_date(
    session: Session, action: FollowUpAction, *, target_date: date, reason: str, by: Person
) -> None:
    """Set a new target date; the first one stays on record beside it."""
    if by.id != action.authoriser_id:
        check_may_act_as(session, by, Role.HEAD)
    if action.state != ActionState.OPEN:
        raise Refused("The action is done, so its target date stays. Open it again first.")
    if not reason.strip():
        raise Refused("Say why the target date moves.")
    if target_date < today(session):
        raise Refused(f"The target date, {target_date:%d %B %Y}, has passed. Choose a later one.")
    before = action.target_date
    action.target_date = target_date
    audit_trail.record(
        session,
        "move_target_date",
        f"action {action.id}",
        by=by,
        before=str(before),
        after=str(target_date),
        reason=reason.strip(),
    )


def _citation(session: Session, citation: TypedCitation, reference: Reference) -> LearningCitation:
    rows = session.scalars(
        select(PolicyParagraph)
        .where(PolicyParagraph.document == citation.document)
        .order_by(PolicyParagraph.version_date.desc(), PolicyParagraph.place)
    ).all()
    newest = [row for row in rows if row.version == rows[0].version]
    found = [row for row in newest if reference.covers(row.number)]
    if found and len(found) == reference.last - reference.first + 1:
        title = found[0].title if len(found) == 1 else f"{found[0].title} to {found[-1].title}"
        return LearningCitation(
            document=citation.document,
            version=found[0].version,
            reference=str(reference),
            title=title,
            is_verified=True,
        )
    if newest:
        raise Refused(
            f"{newest[0].document_title} version {newest[0].version} has no paragraph {reference}. "
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


def _check_may_see(session: Session, point: LearningPoint, by: Person) -> None:
    seen = session.scalars(
        select(Review.id)
        .join(LearningPoint, LearningPoint.review_id == Review.id)
        .where(LearningPoint.id == point.id, may_see_learning(session, by, LearningPoint.team_id))
    ).first()
    if seen is None:
        raise Refused("This learning point is not for you to see, so you cannot act on it.")


def _check_may_move(session: Session, action: FollowUpAction, by: Person) -> None:
    manages = action.learning_point.team_id in teams_managed(session, by)
    if by.id != action.owner_id and not manages and Role.HEAD not in roles_of(session, by):
        raise Refused(
            f"This action is {action.owner.name}'s. They, the team's manager or the Head can do this."
        )
