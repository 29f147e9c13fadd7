"""Loading policy documents and the Charter, and saying where a paragraph went in another version."""

from collections.abc import Sequence

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from learning_register.citations import Commitment, PolicyDocument
from learning_register.policy_reading import shipped_commitments, shipped_documents
from learning_register.tables_policy import CharterCommitment, ParagraphMove, PolicyParagraph, PolicyVersion
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import Person, Role, check_may_act_as
from sampling.refused import Refused

GUIDANCE = "review-and-feedback-guidance"

MAY_MOVE_PARAGRAPHS = (Role.ADMINISTRATOR, Role.HEAD)


def load_shipped_documents(session: Session, *, by: Person) -> list[str]:
    """Load what comes with the product and is not loaded yet, and say what that was.

    A new office gets all of it; one that is older, what was added since.
    """
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    documents, commitments = missing_shipped(session)
    for document in documents:
        load_policy_document(session, document, by=by)
    if commitments:
        load_commitments(session, commitments, by=by)
    named = [f"{document.title}, version {document.version}" for document in documents]
    return [*named, *(["the commitments of the Service Charter"] if commitments else [])]


def missing_shipped(session: Session) -> tuple[list[PolicyDocument], list[Commitment]]:
    """What comes with the product and is not loaded: versions of documents, and commitments."""
    rows = session.execute(select(PolicyVersion.document, PolicyVersion.version))
    loaded = {(row[0], row[1]) for row in rows}
    known = set(session.scalars(select(CharterCommitment.number)))
    return (
        [document for document in shipped_documents() if (document.key, document.version) not in loaded],
        [commitment for commitment in shipped_commitments() if commitment.number not in known],
    )


def load_policy_document(session: Session, document: PolicyDocument, *, by: Person) -> PolicyVersion:
    """Keep a version of a policy document. Earlier versions stay: points were made under them."""
    check_may_act_as(session, by, Role.ADMINISTRATOR)
    loaded = session.scalars(
        select(PolicyVersion.id).where(
            PolicyVersion.document == document.key, PolicyVersion.version == document.version
        )
    ).first()
    if loaded is not None:
        raise Refused(
            f"{document.title} version {document.version} is loaded already, and a version stays as it is. "
            "Give yours another version."
        )
    version = PolicyVersion(
        document=document.key,
        title=document.title,
        short_name=document.short_name,
        version=document.version,
        version_date=document.version_date,
        loaded_at=now(session),
        loaded_by_id=by.id,
        paragraphs=[
            PolicyParagraph(
                place=place,
                number=paragraph.number,
                section=paragraph.section,
                title=paragraph.title,
                summary=paragraph.summary,
                force=", ".join(paragraph.forces),
            )
            for place, paragraph in enumerate(document.paragraphs)
        ],
    )
    session.add(version)
    session.flush()
    audit_trail.record(
        session,
        "load_policy_document",
        f"document {document.key}",
        by=by,
        version=document.version,
        paragraphs=len(document.paragraphs),
    )
    return version


def newest_version(document: str) -> ScalarSelect[int]:
    """The id of a document's newest version, by its date; one without a date is older than any with one."""
    return (
        select(PolicyVersion.id)
        .where(PolicyVersion.document == document)
        .order_by(PolicyVersion.version_date.desc().nulls_last(), PolicyVersion.id.desc())
        .limit(1)
        .scalar_subquery()
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


def say_where_paragraph_went(
    session: Session, paragraph: PolicyParagraph, *, to: PolicyParagraph, by: Person
) -> ParagraphMove:
    """Record that a paragraph is that one in another version of its document. It may have gone to several.

    Learning points keep what they cite. Search and recurrence follow the paragraph from here on.
    """
    check_may_act_as(session, by, *MAY_MOVE_PARAGRAPHS)
    if paragraph.version.document != to.version.document:
        raise Refused(
            "The two paragraphs are in different documents. "
            "Choose a paragraph in another version of the same one."
        )
    if paragraph.version_id == to.version_id:
        raise Refused(
            f"Both paragraphs are in version {to.version.version}. Choose where it went in another version."
        )
    if session.get(ParagraphMove, (paragraph.id, to.id)) or session.get(ParagraphMove, (to.id, paragraph.id)):
        raise Refused(
            f"It is on record already that {_placed(paragraph)} and {_placed(to)} are the same. "
            "Take that back first if it is wrong."
        )
    move = ParagraphMove(from_id=paragraph.id, to_id=to.id, said_at=now(session), said_by_id=by.id)
    session.add(move)
    session.flush()
    _record(session, "say_where_paragraph_went", paragraph, to, by)
    return move


def take_back_paragraph_move(session: Session, move: ParagraphMove, *, by: Person) -> None:
    """Undo that a paragraph went to another; the audit trail keeps that it was said."""
    check_may_act_as(session, by, *MAY_MOVE_PARAGRAPHS)
    paragraph = session.get_one(PolicyParagraph, move.from_id)
    to = session.get_one(PolicyParagraph, move.to_id)
    session.delete(move)
    session.flush()
    _record(session, "take_back_paragraph_move", paragraph, to, by)


def _record(session: Session, what: str, paragraph: PolicyParagraph, to: PolicyParagraph, by: Person) -> None:
    audit_trail.record(
        session,
        what,
        f"document {paragraph.version.document}",
        by=by,
        paragraph=_placed(paragraph),
        to=_placed(to),
    )


def _placed(paragraph: PolicyParagraph) -> str:
    return f"{paragraph.number} of version {paragraph.version.version}"
