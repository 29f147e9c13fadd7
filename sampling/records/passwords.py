"""Which passwords are refused: those that somebody who guesses would try first.

There are no rules about capitals, digits and signs, and no password runs out: both make people choose what is
guessed (NIST SP 800-63B-4, section 3.1.1.2). What counts is length, and not to be among the first guesses.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from sampling.refused import Refused

SHORTEST_PASSWORD: Final = 10

_LONGEST: Final = 500
_WAY_OUT: Final = "Use four or more words that have nothing to do with each other."
# Letters as they are written in digits and signs; 1 stands for two of them.
_WRITTEN_AS: Final = (
    str.maketrans("013456789@$!|+", "oieasgtbgasiit"),
    str.maketrans("013456789@$!|+", "oleasgtbgasllt"),
)
# What lies side by side on a keyboard or in the alphabet, in either direction.
_ROWS: Final = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "147258369",
    "159357",
    "741852963",
)
_SHORTEST_RUN: Final = 3
_SHORTEST_NAME: Final = 4


def check_password(password: str, *, email: str, office: str) -> None:
    """Refuse a password that is short, common, a pattern, or made from the person's address or the office."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"The password has {len(password)} characters. Use at least {SHORTEST_PASSWORD}.")
    if len(password) > _LONGEST:
        raise Refused(f"The password has {len(password)} characters. Use at most {_LONGEST}.")
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", password).casefold())
    for reason in _reasons(plain, email=email.strip().casefold(), office=office.casefold()):
        raise Refused(f"The password is easily guessed: it {reason}. {_WAY_OUT}")


def _reasons(plain: str, *, email: str, office: str) -> Iterator[str]:
    if len(set(plain)) <= 2 or re.fullmatch(r"(.+?)\1+", plain):
        yield "says the same again and again"
    if sum(not character.isdigit() for character in plain) < _SHORTEST_NAME:
        yield "is hardly more than digits"
    if _left_without_rows(plain) < _SHORTEST_NAME:
        yield "follows the keys of a keyboard or the alphabet"
    stems = set(_stems(plain))
    words = re.findall(r"\w+", office)
    if stems & (_common() | set(words)):
        yield "is a common word, with digits or signs at most"
    name = email.partition("@")[0]
    names = [*re.split(r"[\W_\d]+", name), re.sub(r"[\W_]", "", name), "".join(words)]
    spellings = [plain, *(plain.translate(table) for table in _WRITTEN_AS)]
    if any(len(known) >= _SHORTEST_NAME and known in spelt for known in names for spelt in spellings):
        yield "has your address or the name of the office in it"


def _stems(plain: str) -> Iterator[str]:
    """The word that is left of a password without digits and signs at its ends, in each spelling of it."""
    at_ends = r"^[\W\d_]+|[\W\d_]+$"
    for text in (re.sub(at_ends, "", plain), re.sub(r"[\W\d_]+$", "", plain), plain):
        for spelt in (text, *(text.translate(table) for table in _WRITTEN_AS)):
            stem = re.sub(r"[\W_]", "", spelt)
            said_twice = re.fullmatch(r"(.+?)\1+", stem)
            yield said_twice[1] if said_twice else stem


def _left_without_rows(plain: str) -> int:
    """How many characters are in no run of three or more neighbours."""
    left = at = 0
    while at < len(plain):
        run = _run_from(plain, at)
        if run < _SHORTEST_RUN:
            left, run = left + 1, 1
        at += run
    return left


def _run_from(plain: str, at: int) -> int:
    longest = 1
    for row in _ROWS:
        for keys in (row, row[::-1]):
            length = longest
            while at + length < len(plain) and plain[at : at + length + 1] in keys:
                length += 1
            longest = length
    return longest


@cache
def _common() -> frozenset[str]:
    text = files("sampling.records").joinpath("shipped", "common-passwords.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
