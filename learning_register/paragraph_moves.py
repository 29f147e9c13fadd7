"""Which paragraphs of a document's versions are one and the same, though number or version differ."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PlacedParagraph:
    """A paragraph where it stands: in which version, under which number and heading, with which title."""

    paragraph_id: int
    version: str
    number: str
    section: str
    title: str


def families(
    paragraphs: Collection[PlacedParagraph], moves: Iterable[tuple[int, int]]
) -> dict[int, frozenset[int]]:
    """For each paragraph of a document, by id: itself and all that are the same, in whatever version.

    Two are the same when a person said that the one went to the other, or when number and title are
    both the same. The number alone says nothing: versions give it to other paragraphs. What is the same
    as the same is the same, so a paragraph is followed through every version.
    """
    members = {one.paragraph_id: {one.paragraph_id} for one in paragraphs}
    first_of: dict[tuple[str, str], int] = {}
    unchanged = [
        (first_of.setdefault((one.number, " ".join(one.title.casefold().split())), one.paragraph_id), one)
        for one in paragraphs
    ]
    for one, other in [*((first, one.paragraph_id) for first, one in unchanged), *moves]:
        if members[one] is not members[other]:
            members[one] |= members[other]
            for member in members[other]:
                members[member] = members[one]
    return {one: frozenset(family) for one, family in members.items()}
