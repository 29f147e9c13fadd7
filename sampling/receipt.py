"""The receipt of a draw: everything somebody outside needs to check it, and the check itself.

A receipt is a ZIP of four files: frame.tsv (the frame file), plan.json (the plan file),
receipt.json (seed, tickets, times) and HOW-TO-CHECK.txt. Strata are codes: no person is named.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from sampling.draw import SEED, SHA256, draw, frame_file, seed_from, sha256_hex, ticket
from sampling.refused import Refused

FRAME: Final = "frame.tsv"
PLAN: Final = "plan.json"
RECEIPT: Final = "receipt.json"
HOW_TO: Final = "HOW-TO-CHECK.txt"
LARGEST_PART: Final = 2 * 1024**3

TIME: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])-[0-2]\dT[0-2]\d:[0-5]\d:[0-5]\d\+00:00", re.ASCII)

# The fields that the check relies on, and what they are.
_FACTS: Final[Mapping[str, type]] = {
    "recipe": str,
    "draw": int,
    "population": int,
    "frame_sha256": str,
    "plan_sha256": str,
    "registered_at": str,
    "randomness": str,
    "public_value": str,
    "seed": str,
    "seeded_at": str,
    "drawn_at": str,
    "sample": list,
    "plan": dict,
}
_CONTENTS: Final[Mapping[str, type]] = {"frame_sha256": str, "sizes": dict, "randomness": dict}

HOW_TO_CHECK: Final = """How to check this draw by hand (recipe cqa1)

You need a shell with sha256sum, sort and head; nothing of ours.

1. The frame and the plan are the registered ones. These must print the frame_sha256 and the
   plan_sha256 of receipt.json:
       sha256sum frame.tsv
       sha256sum plan.json
2. The seed follows from the plan and the public value, which did not exist when the plan was
   registered. This must print the seed (the first 32 digits):
       printf '%s' "cqa1|PLAN_SHA256|PUBLIC_VALUE" | sha256sum | cut -c1-32
3. One ticket. This must print the ticket of the case:
       printf '%s' "SEED|REFERENCE" | sha256sum
4. A whole stratum. This must print the sample of stratum S01 in ticket order, where N is its size
   in plan.json:
       awk -F '\\t' '$2 == "S01" {print $1}' frame.tsv | while read -r r; do
         printf '%s %s\\n' "$(printf '%s' "SEED|$r" | sha256sum | cut -c1-64)" "$r"
       done | LC_ALL=C sort | head -n N

Or let the product do all of it: qa verify THIS-FILE.zip
"""


def write_receipt(*, frame: bytes, plan: bytes, facts: Mapping[str, Any]) -> bytes:
    """The ZIP of a draw. `facts` are the seed, the times and the sample in ticket order."""
    contents = {**facts, "plan": json.loads(plan)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            (FRAME, frame),
            (PLAN, plan),
            (RECEIPT, json.dumps(contents, indent=1, sort_keys=True).encode()),
            (HOW_TO, HOW_TO_CHECK.encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def read_receipt(data: bytes) -> tuple[bytes, bytes, dict[str, Any]]:
    """The frame file, the plan file and the facts of a receipt. Refused when it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.getinfo(name) for name in (FRAME, PLAN, RECEIPT)}
            if any(part.file_size > LARGEST_PART for part in parts.values()):
                raise Refused("The receipt unpacks to more than 2 GB. It is not one of ours.")
            frame, plan, text = (archive.read(name) for name in (FRAME, PLAN, RECEIPT))
        facts = json.loads(text)
        if not isinstance(facts, dict) or not isinstance(json.loads(plan), dict):
            raise ValueError
    except (zipfile.BadZipFile, KeyError, ValueError) as problem:
        if isinstance(problem, Refused):
            raise
        raise Refused(
            f"This is not a receipt: it must be a ZIP file with {FRAME}, {PLAN} and {RECEIPT}. "
            f"Download it again from the screen “Samples”."
        ) from problem
    return frame, plan, facts


def verify_receipt(data: bytes) -> dict[str, Any]:
    """Work out a draw again from its receipt; the facts when all of it holds.

    Refused at the first thing that was changed, by the name of its field. What only the office's
    register knows (the draw's number, the times of seed and draw) is for `check_against_register`.
    """
    frame, plan, facts = read_receipt(data)
    contents = json.loads(plan)
    _check_forms(facts, contents)
    _check_frame(frame, contents, facts)
    _check_plan(plan, contents, facts)
    _check_seed(facts)
    strata = _strata_of(frame)
    if facts["population"] != sum(len(references) for references in strata.values()):
        raise Refused(f"{RECEIPT}: the field population is not the number of cases in {FRAME}.")
    expected = [
        {
            "stratum": code,
            "position": position,
            "reference": reference,
            "ticket": ticket(facts["seed"], reference),
        }
        for code, references in draw(strata, contents["sizes"], seed=facts["seed"]).items()
        for position, reference in enumerate(references, start=1)
    ]
    _check_sample(facts["sample"], expected)
    told = {
        "recipe": contents.get("recipe"),
        "registered_at": contents.get("registered_at"),
        "randomness": contents["randomness"].get("source"),
    }
    for field, value in told.items():
        if facts[field] != value:
            raise Refused(f"{RECEIPT}: the field {field} is {facts[field]!r}, and {PLAN} says {value!r}.")
    for earlier, later in (("registered_at", "seeded_at"), ("seeded_at", "drawn_at")):
        if facts[earlier] > facts[later]:  # one form for all of them, in which text sorts as time
            raise Refused(f"{RECEIPT}: {later} is before {earlier}, which cannot be.")
    return facts


def _check_forms(facts: Mapping[str, Any], contents: Mapping[str, Any]) -> None:
    """Refuse a receipt with a field missing or of the wrong kind, so that what follows can rely on them."""
    for source, fields, found in ((RECEIPT, _FACTS, facts), (PLAN, _CONTENTS, contents)):
        for field, kind in fields.items():
            if field not in found:
                raise Refused(f"{source}: the field {field} is missing.")
            if not isinstance(found[field], kind) or isinstance(found[field], bool):
                raise Refused(f"{source}: the field {field} cannot be {found[field]!r:.80}. It was changed.")
    unknown = sorted(set(facts) - set(_FACTS))
    if unknown:
        raise Refused(f"{RECEIPT}: the field {unknown[0]} does not belong there. It was added.")
    for number, entry in enumerate(facts["sample"], start=1):
        if not isinstance(entry, dict):
            raise Refused(f"{RECEIPT}: entry {number} of the sample cannot be {entry!r:.80}. It was changed.")
    forms = {"plan_sha256": SHA256, "seed": SEED, "registered_at": TIME, "seeded_at": TIME, "drawn_at": TIME}
    for field, form in forms.items():
        if not form.fullmatch(facts[field]):
            raise Refused(f"{RECEIPT}: the field {field} cannot be {facts[field]!r:.80}. It was changed.")


def _check_frame(frame: bytes, contents: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    found = sha256_hex(frame)
    if found == facts["frame_sha256"] == contents["frame_sha256"]:
        return
    if found == contents["frame_sha256"]:
        raise Refused(f"{RECEIPT}: the field frame_sha256 was changed.")
    if found == facts["frame_sha256"]:
        raise Refused(f"{PLAN}: the field frame_sha256 was changed, or {FRAME} and {RECEIPT} were.")
    raise Refused(f"{FRAME} was changed: its SHA-256 is {found}, and {PLAN} says {contents['frame_sha256']}.")


def _check_plan(plan: bytes, contents: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    for field in sorted(set(contents) | set(facts["plan"])):
        if contents.get(field) != facts["plan"].get(field):
            raise Refused(
                f"{PLAN}: the field {field} is not what {RECEIPT} says. One of the two was changed."
            )
    found = sha256_hex(plan)
    if found != facts["plan_sha256"]:
        if _gives_seed(found, facts["public_value"], facts["seed"]):
            raise Refused(f"{RECEIPT}: the field plan_sha256 was changed.")
        raise Refused(
            f"{PLAN} was changed: its SHA-256 is {found}, and {RECEIPT} says {facts['plan_sha256']}."
        )


def _check_seed(facts: Mapping[str, Any]) -> None:
    if _gives_seed(facts["plan_sha256"], facts["public_value"], facts["seed"]):
        return
    first = facts["sample"][0] if facts["sample"] else {}
    # The tickets tell which of the two was changed: they were made with the true seed.
    if _holds_ticket(first, facts["seed"]):
        raise Refused(f"{RECEIPT}: the field public_value was changed: the seed does not follow from it.")
    raise Refused(f"{RECEIPT}: the field seed was changed: it is not the one the tickets were made with.")


def _gives_seed(plan_sha256: str, public_value: str, seed: str) -> bool:
    try:
        return seed_from(plan_sha256, public_value) == seed
    except Refused:
        return False


def _holds_ticket(entry: Mapping[str, Any], seed: str) -> bool:
    try:
        return bool(entry.get("ticket") == ticket(seed, str(entry.get("reference"))))
    except Refused:
        return False


def _check_sample(sample: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for number, (found, wanted) in enumerate(zip(sample, expected, strict=False), start=1):
        for field in [*wanted, *sorted(set(found) - set(wanted))]:
            value = wanted.get(field)
            if found.get(field) != value:
                raise Refused(
                    f"{RECEIPT}: the field {field} of entry {number} of the sample was changed: it is "
                    f"{found.get(field)!r}, and the draw gives {value!r}."
                )
    if len(sample) != len(expected):
        raise Refused(
            f"{RECEIPT}: the sample has {len(sample)} entries, and the plan's sizes give {len(expected)}."
        )


def _strata_of(frame: bytes) -> dict[str, list[str]]:
    """The references of each stratum, the strata by their codes as in the sample."""
    strata: dict[str, list[str]] = {}
    rows = []
    try:
        for line in frame.decode("ascii").splitlines():
            reference, _, stratum = line.partition("\t")
            strata.setdefault(stratum, []).append(reference)
            rows.append((reference, stratum))
        if frame_file(rows) != frame:
            raise Refused("its lines are not sorted lines of reference, tab, stratum")
    except (UnicodeDecodeError, Refused) as problem:
        raise Refused(f"{FRAME} is not in the canonical form: {problem}.") from None
    return dict(sorted(strata.items()))
