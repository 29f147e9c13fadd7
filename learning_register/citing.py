"""Citing: what a person typed, found in the newest version of the document it names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from learning_register.citations import Reference
from learning_register.document_queries import paragraphs_of
from learning_register.tables import LearningCitation
from learning_register.tables_policy import PolicyParagraph
from sampling.refused import Refused


@dataclass(frozen=True)
class TypedCitation:
    """A citation as somebody gave it; the title is needed only where the document is not loaded."""

    document: str
    reference: str
    title: str = ""


def citation_row(session: Session, citation: TypedCitation, reference: Reference) -> LearningCitation:
    """The citation to keep: with the version and the title of today, which later versions never change.

    A paragraph of a document that is not loaded is kept with the title that was typed, unverified.
    """
    named = f"{'heading' if reference.heading else 'paragraph'} {reference}"
    newest = paragraphs_of(session, citation.document)
    found = reference.among(newest)
    if reference.is_whole(found):
        if reference.heading:
            reference = replace(reference, heading=found[0].section)  # as the document writes it
        return LearningCitation(
            document=citation.document,
            version=found[0].version.version,
            reference=str(reference),
            title=_title(reference, found),
            is_verified=True,
        )
    if newest:
        raise Refused(
            f"{newest[0].version.title} version {newest[0].version.version} has no {named}. "
            "Check it, or name the other document it is in."
        )
    if not citation.document.strip() or not citation.title.strip():
        raise Refused(
            f"{named[0].upper()}{named[1:]} is in a document that is not loaded. "
            "Type the document's name and the paragraph's title."
        )
    return LearningCitation(
        document=citation.document.strip(),
        version="",
        reference=str(reference),
        title=citation.title.strip(),
        is_verified=False,
    )


def _title(reference: Reference, found: Sequence[PolicyParagraph]) -> str:
    if reference.heading:
        return reference.heading
    return found[0].title if len(found) == 1 else f"{found[0].title} to {found[-1].title}"
