"""What a citation is about: the paragraphs it means, whatever number a version gives them."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.citations import parse_reference
from learning_register.document_queries import moves_of, placed_paragraphs
from learning_register.paragraph_moves import PlacedParagraph, families
from learning_register.tables_policy import PolicyVersion


class Subject(NamedTuple):
    """What learning is measured against, whatever number a version gives it; document "" for a commitment."""

    document: str
    reference: str
    title: str


class Subjects:
    """The loaded documents, each read once, when something first cites it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        names = session.execute(select(PolicyVersion.document, PolicyVersion.title, PolicyVersion.short_name))
        self._keys = {name.casefold(): row[0] for row in names for name in row}
        self._read: dict[str, tuple[list[PlacedParagraph], dict[int, Subject]]] = {}
        self._of: dict[tuple[str, str, str], frozenset[Subject]] = {}

    def of(self, document: str, version: str, reference: str) -> frozenset[Subject]:
        """The paragraphs that a citation takes in, each as the newest version that has it calls it.

        Of a document that is not loaded, or a paragraph it does not have, the reference as it was typed.
        """
        cited = (document, version, reference)
        if cited not in self._of:
            self._of[cited] = self._meant(*cited)
        return self._of[cited]

    def _meant(self, document: str, version: str, reference: str) -> frozenset[Subject]:
        key = self._keys.get(document.casefold(), document)
        if key not in self._read:
            self._read[key] = self._paragraphs(key)
        paragraphs, subjects = self._read[key]
        of_version = [one for one in paragraphs if version in ("", one.version)]
        meant = parse_reference(reference).among(of_version)
        itself = frozenset({Subject(key, reference, "")})
        return frozenset(subjects[one.paragraph_id] for one in meant) or itself

    def _paragraphs(self, document: str) -> tuple[list[PlacedParagraph], dict[int, Subject]]:
        paragraphs = placed_paragraphs(self._session, document)
        same = families(paragraphs, moves_of(self._session, document))
        place = {one.paragraph_id: number for number, one in enumerate(paragraphs)}  # oldest version first
        newest = {one: paragraphs[max(place[member] for member in family)] for one, family in same.items()}
        return paragraphs, {
            one: Subject(document, paragraph.number, paragraph.title) for one, paragraph in newest.items()
        }
