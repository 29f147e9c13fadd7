"""Loading policy documents and the Charter."""

from collections.abc import Sequence
from importlib.resources import files

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from learning_register.citations import (
    Commitment,
    PolicyDocument,
    read_commitments,
    read_policy_document,
)
from learning_register.tables_policy import CharterCommitment, PolicyParagraph, PolicyVersion
from sampling.records import audit_trail
from sampling.records.database import now
from sampling.records.people import (
    Person,
    Role,
    check_may_act_as,
)
from sampling.refused import Refused

GUIDANCE = "review-and-feedback-guidance"


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
        select(PolicyVersion.id).where(
            PolicyVersion.document == document.key, PolicyVersion.version == document.version
        )
    ).first()
    if loaded is not None:
        raise Refused(f"{document.title} version {document.version} is loaded already.")
    session.add(
        PolicyVersion(
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
    )
    session.flush()
    audit_trail.record(
        session, "load_policy_document", f"document {document.key}", by=by, version=document.version
    )


def newest_version(document: str) -> ScalarSelect[int]:
    """The id of a document's newest version, by its date."""
    return (
        select(PolicyVersion.id)
        .where(PolicyVersion.document == document)
        .order_by(PolicyVersion.version_date.desc(), PolicyVersion.id.desc())
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
