"""Which cases: a draw that anybody can repeat with `sha256sum` (recipe cqa1).

frame file → `frame_sha256`; plan file → `plan_sha256`, registered before the randomness exists;
seed = first 32 hex digits of sha256("cqa1|plan_sha256|public value"); ticket = sha256("seed|reference");
the sample of a stratum is its smallest tickets. One case is checked with
`printf '%s' "$seed|CASE-0001" | sha256sum`.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Any

from sampling.refused import Refused

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
SEED = re.compile(r"[0-9a-f]{32}")
SHA256 = re.compile(r"[0-9a-f]{64}")
NAMED = 5


def check_references(references: Iterable[str]) -> None:
    """Can all these case references be drawn from, on every system alike?

    A reference is ASCII text of 1 to 64 characters: a letter or digit, then letters, digits and any of
    `. _ / -`; unique without regard to case. Raises `Refused` naming the first bad ones: a reference is
    never repaired, since the repaired one would be another case's ticket.
    """
    references = list(references)
    bad = [reference for reference in references if not _is_reference(reference)]
    if bad:
        raise Refused(
            f"{_named(bad)}: not a case reference. A reference starts with a letter or digit and has at most "
            "64 letters, digits and . _ / - without spaces. Correct it in the case list and load it again."
        )
    if len({reference.upper() for reference in references}) < len(references):
        times = Counter(reference.upper() for reference in references)
        again = [reference for reference in references if times[reference.upper()] > 1]
        raise Refused(
            f"{_named(again)}: the same case reference more than once (capital and small letters count as "
            "the same). Remove the repeated cases and load the list again."
        )


def frame_file(rows: Iterable[tuple[str, str]]) -> bytes:
    """The frame as the file whose hash is registered: `reference<TAB>stratum` lines, sorted bytewise.

    `rows` are (reference, stratum); UTF-8, LF after every line. The order of the rows does not matter.
    Raises `Refused` for bad or repeated references and for a stratum with a tab, line break or other
    character that does not print.
    """
    pairs = list(rows)
    check_references(reference for reference, _ in pairs)
    bad = sorted(
        {stratum for _, stratum in pairs if not (isinstance(stratum, str) and stratum.isprintable())}
    )
    if bad:
        raise Refused(f"{_named(bad)}: not the name of a stratum. Use text without tabs and line breaks.")
    lines = sorted(f"{reference}\t{stratum}\n".encode() for reference, stratum in pairs)
    return b"".join(lines)


def plan_file(plan: Mapping[str, Any]) -> bytes:
    """The plan as the file whose hash is registered: canonical JSON (sorted keys, no spaces, UTF-8).

    Values are text, numbers, true or false, null, lists and mappings with text keys; anything else is
    `Refused`, since it has no one spelling. No line break at the end.
    """
    _check_keys(plan)
    try:
        text = json.dumps(
            dict(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode()
    except (TypeError, ValueError) as problem:
        raise Refused(
            f"The plan cannot be written down: {problem}. Use text, whole numbers and lists."
        ) from None


def sha256_hex(content: bytes) -> str:
    """The SHA-256 of the bytes in 64 lower-case hex digits, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def seed_from(plan_sha256: str, public_value: str) -> str:
    """Which seed do a registered plan and a public value give? 32 lower-case hex digits.

    The first 32 digits of sha256("cqa1|" + plan_sha256 + "|" + public_value), UTF-8. The plan fixes the
    exact text form of the public value, which is used as it is given. Raises `Refused` for a plan hash
    that is not 64 lower-case hex digits, and for a public value that is empty, has spaces at its ends or
    a character that does not print.
    """
    if not (isinstance(plan_sha256, str) and SHA256.fullmatch(plan_sha256)):
        raise Refused(f"{plan_sha256!r} is not the hash of a plan. Give its 64 lower-case hex digits.")
    check_public_value(public_value)
    return sha256_hex(f"cqa1|{plan_sha256}|{public_value}".encode())[:32]


def check_public_value(value: str) -> None:
    """Refuse a public value that is empty, has spaces at its ends or a character that does not print."""
    if not (isinstance(value, str) and value and value == value.strip() and value.isprintable()):
        raise Refused(
            f"{value!r} cannot be the public value. Give the text exactly as the plan describes it, "
            "on one line, without spaces at its ends."
        )


def ticket(seed: str, reference: str) -> str:
    """Which ticket does a case hold? sha256(seed + "|" + reference), 64 lower-case hex digits.

    Raises `Refused` for a seed that is not 32 lower-case hex digits or a bad reference.
    """
    _check_seed(seed)
    check_references([reference])
    return sha256_hex(f"{seed}|{reference}".encode())


def draw(
    references_by_stratum: Mapping[str, Collection[str]], sizes: Mapping[str, int], *, seed: str
) -> dict[str, list[str]]:
    """Which cases are in the sample? The smallest tickets of each stratum, in ticket order.

    `sizes` gives how many to draw from each stratum, 0 included. References are unique over all strata.
    The order in which they come does not matter. Raises `Refused` for a seed that is not 32 lower-case hex
    digits, bad or repeated references, strata without a size or sizes without a stratum, and sizes that
    are negative or above the stratum.
    """
    _check_seed(seed)
    _check_sizes({stratum: len(cases) for stratum, cases in references_by_stratum.items()}, sizes)
    check_references(reference for cases in references_by_stratum.values() for reference in cases)
    prefix = f"{seed}|".encode()
    return {
        stratum: _smallest_tickets(cases, sizes[stratum], prefix)
        for stratum, cases in references_by_stratum.items()
    }


def draw_at_rate(references: Collection[str], threshold: int, *, seed: str) -> list[str]:
    """Which cases of a rolling intake are in? Those whose ticket lies below the threshold, in ticket order.

    `threshold` is `rate_threshold(rate)`; a case is in when the first 13 hex digits of its ticket, as a
    number, are below it, whoever else comes in. Raises `Refused` as `draw` does.
    """
    _check_seed(seed)
    check_references(references)
    tickets = sorted((sha256_hex(f"{seed}|{reference}".encode()), reference) for reference in references)
    return [reference for number, reference in tickets if int(number[:13], 16) < threshold]


def rate_threshold(rate: Fraction) -> int:
    """⌊rate·2⁵²⌋: how many of the 2⁵² values of a ticket's first 13 hex digits are in. 0 < rate ≤ 1."""
    if not 0 < rate <= 1:
        raise Refused(f"A rate is a share above 0 and up to 1; {rate} is not. Write 10% as 0.1.")
    return int(rate * 2**52)


def _smallest_tickets(references: Iterable[str], size: int, prefix: bytes) -> list[str]:
    sha256 = hashlib.sha256
    # Raw digests sort as their lower-case hex does, and ASCII text as its bytes do.
    tickets = ((sha256(prefix + reference.encode()).digest(), reference) for reference in references)
    return [reference for _, reference in heapq.nsmallest(size, tickets)]


def _is_reference(reference: object) -> bool:
    return isinstance(reference, str) and REFERENCE.fullmatch(reference) is not None


def _check_seed(seed: str) -> None:
    if not (isinstance(seed, str) and SEED.fullmatch(seed)):
        raise Refused(
            f"{seed!r} is not a seed. A seed is 32 lower-case hex digits, as the register shows it."
        )


def _check_sizes(available: Mapping[str, int], sizes: Mapping[str, int]) -> None:
    unknown = [stratum for stratum in sizes if stratum not in available]
    if unknown:
        raise Refused(
            f"{_named(unknown)}: no such stratum in the frame. Draw from the strata of the frame only."
        )
    missing = [stratum for stratum in available if stratum not in sizes]
    if missing:
        raise Refused(f"{_named(missing)}: no sample size given for this stratum. Give 0 to draw none of it.")
    for stratum, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise Refused(
                f"The size of stratum {stratum!r} cannot be {size!r}. Give a whole number, 0 or more."
            )
        if size > available[stratum]:
            raise Refused(
                f"{size} cases cannot be drawn from stratum {stratum!r}, which has {available[stratum]}. "
                f"Ask for {available[stratum]} or fewer."
            )


def _check_keys(value: Any) -> None:
    # JSON turns the key 1 into "1", so that two different plans could share one file.
    if isinstance(value, Mapping):
        bad = [key for key in value if not isinstance(key, str)]
        if bad:
            raise Refused(f"{_named(bad)}: the names in a plan must be text. Write them as text.")
        for part in value.values():
            _check_keys(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_keys(part)


def _named(things: list[Any]) -> str:
    more = f" and {len(things) - NAMED} more" if len(things) > NAMED else ""
    return ", ".join(repr(thing) for thing in things[:NAMED]) + more
