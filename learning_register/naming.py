"""Whether a text names people: staff of the office, somebody with a title, an e-mail address, a telephone.

A hint, not a proof: nobody's list of complainants is kept, so of them only a title gives a name away. What is
found is shown, and the writer decides.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# A telephone number of this country: it starts with 0 or +44 and has nine or ten digits more.
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+44[\s-]?(?:\(0\))?|\(?0)(?:[\s()-]{0,2}\d){9,10}(?![\w-])")
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Rev|Reverend|Cllr|Councillor)"
_NAME = r"[A-Z][^\W\d_]+(?:['’-][A-Z]?[^\W\d_]+)*"
_TITLED = re.compile(
    rf"\b{_TITLE}\.?(?:\s+(?:and|&)\s+{_TITLE}\.?)?\s+(?:(?:[A-Z]\.?\s+)*{_NAME}|[A-Z]\b\.?)"
)

# First names and surnames that are also words, months or places: alone they name nobody.
_WORDS_TOO = """
    amber angel april ash august autumn baker banks bell berry best bill bird bishop black bloom bond booth
    brook brooks brown bridge burns bush butler carpenter case chance chase christian church clark clay close
    cole cook cooper cross dale dawn day dean drew east eden english fair faith farmer field finch fisher
    flower ford forest forth fox france frank friend gardener gene glass good gold grace grant gray green grey
    hall hand harmony hart heather heaven hill holly hope hunt hunter ivy jack jasmine jewel joy judge july
    june kay king kitty knight lake lane law leaf lee lily little long love major manager march marina mark
    mason may melody mercy miles mill mills miller moon moore north nurse olive page paige park parks patience
    pearl penny percy piper poole pope porter potter potts price prior queen ray read reed rich rob robin rock
    rose ruby rush sage sally sandy scarlet service sharp shepherd short singer sky small smart smith snow
    south spring star steel stone storm street strong sue summer sunday swift taylor temple thorn tide trinity
    tracey troy turner victor viola violet ward water waters weaver webb wells west wheeler white wild will
    winter wise wood woods worth wren young
"""
_SHORTEST = 3  # letters of a name that is found alone


@dataclass(frozen=True)
class OfficeNames:
    """The names of an office's people, ready to be looked for. Made by `office_names`."""

    full: frozenset[tuple[str, ...]]
    alone: frozenset[str]

    @cached_property
    def beginnings(self) -> frozenset[str]:
        return frozenset(name[0] for name in self.full)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        return tuple(sorted({len(name) for name in self.full}, reverse=True))


def office_names(people: Collection[str], *, not_names: Collection[str] = ()) -> OfficeNames:
    """The names to look for. `people` are full names, as the office's books have them.

    `not_names` holds what else those words stand for, such as the names of teams: alone they name nobody.
    """
    names = {tuple(word.casefold() for word in _WORD.findall(name)) for name in people}
    ordinary = {*_WORDS_TOO.split()} | {word.casefold() for name in not_names for word in _WORD.findall(name)}
    full = {name for name in names if len(name) > 1}
    full |= {name[::-1] for name in full if len(name) == 2}  # surname first
    alone = {word for name in names for word in name if len(word) >= _SHORTEST and word not in ordinary}
    return OfficeNames(frozenset(full), frozenset(alone))


def people_named(text: str, names: OfficeNames) -> tuple[str, ...]:
    """Which words of a text may name somebody, in the order in which they stand there?

    First name and surname together are found in any case of letters; one of them alone only with a capital,
    and not when it is also an ordinary word.
    """
    found = [
        (match.start(), match.group().strip())
        for pattern in (_EMAIL, _TELEPHONE, _TITLED)
        for match in pattern.finditer(text)
    ]
    found += _of_the_office(text, names)
    kept: list[tuple[int, str]] = []
    # Of two findings at one place the longer says more: “Mr Smith” and not “Smith” as well.
    for start, words in sorted(found, key=lambda each: (each[0], -len(each[1]))):
        if not kept or start >= kept[-1][0] + len(kept[-1][1]):
            kept.append((start, words))
    return tuple(dict.fromkeys(words for _, words in kept))


def _of_the_office(text: str, names: OfficeNames) -> Iterator[tuple[int, str]]:
    words = list(_WORD.finditer(text))
    for at, word in enumerate(words):
        if word.group().casefold() in names.beginnings:
            for length in names.lengths:
                run = words[at : at + length]
                if tuple(each.group().casefold() for each in run) in names.full and _together(text, run):
                    yield word.start(), text[word.start() : run[-1].end()]
                    break
        written = word.group().removesuffix("’s").removesuffix("'s")
        if written[0].isupper() and written.casefold() in names.alone:
            yield word.start(), written


def _together(text: str, run: list[re.Match[str]]) -> bool:
    """Whether only spaces, a comma or a full stop stand between the words of a name."""
    return all(not text[one.end() : other.start()].strip(" \t,.") for one, other in pairwise(run))
