"""Whether two learning points say the same: how many of their words they share, and what they cite."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

_WORD = re.compile(r"[^\W\d_]{2,}")
_LITTLE: Final = """
    about after all also an and any are as at be been before being but by can could did do does every for from
    had has have he her him his how if in into is it its more no nor not of on or other our out over own said
    she should since so some than that the their them then there these they this those to too under until up
    was were what when where which while who whom why will with would you your
"""
_STOP_WORDS: Final = frozenset(_LITTLE.split())
_ENDINGS: Final = (
    *("isations", "isation", "ations", "ation", "ements", "ement", "ings", "ing", "ies", "ied", "edly"),
    *("ions", "ion", "ers", "er", "ed", "es", "ly", "s", "e", "y"),
)
_SHORTEST_STEM: Final = 3

# Tried on the pairs of tests/learning_register/test_likeness.py.
_ALONE: Final = 0.60  # of the words are shared: enough by itself
_SAME_PLACE: Final = 0.45  # with a paragraph or a commitment in common
_SAME_PLACE_AND_TEAM: Final = 0.35


@dataclass(frozen=True)
class Compared:
    """What is compared of a learning point. `places` are paragraphs and commitments, each written one way."""

    description: str
    places: frozenset[str] = frozenset()
    team_id: int | None = None


@dataclass(frozen=True)
class Likeness:
    """How like two learning points are. `words` is the share of words in common, from 0 to 1."""

    words: float
    same_place: bool
    same_team: bool

    @property
    def is_likely_duplicate(self) -> bool:
        """Whether somebody should look before a second one is logged."""
        if self.same_place and self.same_team:
            return self.words >= _SAME_PLACE_AND_TEAM
        return self.words >= (_SAME_PLACE if self.same_place else _ALONE)


def likeness(one: Compared, other: Compared) -> Likeness:
    """How like are two learning points? The same either way round.

    The share of words is twice those in common over those of both (Dice), by their stems and without the
    little words, so that “was not answered” and “did not answer” are one.
    """
    return Likeness(
        words=_shared(one.description, other.description),
        same_place=bool(one.places & other.places),
        same_team=one.team_id is not None and one.team_id == other.team_id,
    )


def may_be_like(text: str, other: str) -> bool:
    """Whether two texts share enough words to be worth a look at what they cite."""
    return _shared(text, other) >= _SAME_PLACE_AND_TEAM


def _shared(text: str, other: str) -> float:
    mine, others = stems(text), stems(other)
    both = len(mine) + len(others)
    return 2 * len(mine & others) / both if both else 0.0


def stems(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning, without their endings."""
    return frozenset(_stem(word) for word in _words(text))


def telling_words(text: str, *, most: int) -> tuple[str, ...]:
    """The longest words of a text, likeliest to tell it from others: as they are written, in lower case."""
    words = _without_repeats(_words(text))
    return tuple(sorted(words, key=lambda word: (-len(word), word))[:most])


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _STOP_WORDS]


def _without_repeats(words: Collection[str]) -> list[str]:
    by_stem: dict[str, str] = {}
    for word in words:
        by_stem.setdefault(_stem(word), word)
    return list(by_stem.values())


def _stem(word: str) -> str:
    """A word without its endings, one after the other: “answered” is “answer” is “answ”."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return _stem(word.removesuffix(ending))
    return word
