"""The receipt of a draw: everything somebody outside needs to check it, and the check itself.

A receipt is a ZIP of four files: frame.tsv (the frame file), plan.json (the plan file),
receipt.json (seed, tickets, times) and HOW-TO-CHECK.txt. Strata are codes: no person is named.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from sampling.draw import seed_from, sha256_hex, ticket
from sampling.randomness import check_value
from sampling.receipt_checks import FRAME as FRAME
from sampling.receipt_checks import PLAN as PLAN
from sampling.receipt_checks import RECEIPT as RECEIPT
from sampling.receipt_checks import (
    check_beacon,
    check_forms,
    check_times,
    expected_sample,
    lines_of_receipt,
    strata_of,
)
from sampling.receipt_checks import sample_hash as sample_hash
from sampling.refused import Refused
from sampling.register_chain import Event

HOW_TO: Final = "HOW-TO-CHECK.txt"
LARGEST_PART: Final = 2 * 1024**3

HOW_TO_CHECK: Final = """How to check this draw by hand (recipe cqa1)

You need a shell with sha256sum, sort and head; nothing of ours.

1. The frame and the plan are the registered ones. These must print the frame_sha256 and the
   plan_sha256 of receipt.json:
       sha256sum frame.tsv
       sha256sum plan.json
2. The seed follows from the plan and the public value, which did not exist when the plan was
   registered. This must print the seed (the first 32 digits):
       printf '%s' "cqa1|PLAN_SHA256|PUBLIC_VALUE" | sha256sum | cut -c1-32
   If plan.json names a beacon under "randomness", compare the public value with that round of that
   beacon, as its operator publishes it. Somebody typed it in, and no program of ours looks it up.
3. One ticket. This must print the ticket of the case:
       printf '%s' "SEED|REFERENCE" | sha256sum
4. A whole stratum. This must print the sample of stratum S01 in ticket order, where N is its size
   in plan.json:
       awk -F '\\t' '$2 == "S01" {print $1}' frame.tsv | while read -r r; do
         printf '%s %s\\n' "$(printf '%s' "SEED|$r" | sha256sum | cut -c1-64)" "$r"
       done | LC_ALL=C sort | head -n N

   A sample that was extended, or in which cases were replaced, goes on with the next tickets: N is then
   the number of entries that receipt.json has of the stratum. What happened, and when, is under
   "register", a line for each event; the hash of a line is that of its own text without entry_sha256,
   with its names sorted and no spaces.
   A sample of a rolling intake holds every case whose ticket's first 13 digits, read as a hexadecimal
   number, are below the rate times 2 to the 52nd.
   A plan with a parent_draw has its seed: put the parent's hash in the place of PLAN_SHA256.

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
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED)
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
    check_forms(facts, contents)
    _check_frame(frame, contents, facts)
    _check_plan(plan, contents, facts)
    _check_seed(facts, contents)
    strata = strata_of(frame)
    if facts["population"] != sum(len(references) for references in strata.values()):
        raise Refused(f"{RECEIPT}: the field population is not the number of cases in {FRAME}.")
    lines = lines_of_receipt(facts)
    try:
        expected = expected_sample(strata, contents, facts["seed"], lines)
    except (KeyError, TypeError, ValueError) as problem:
        raise Refused(f"{RECEIPT}: the lines of the register do not fit the plan: {problem}.") from None
    _check_sample(facts["sample"], expected)
    told = {
        "recipe": contents.get("recipe"),
        "registered_at": contents.get("registered_at"),
        "randomness": contents["randomness"].get("source"),
    }
    for field, value in told.items():
        if facts[field] != value:
            raise Refused(f"{RECEIPT}: the field {field} is {facts[field]!r}, and {PLAN} says {value!r}.")
    check_value(contents["randomness"], facts["public_value"])
    check_beacon(contents["randomness"], registered_at=facts["registered_at"], seeded_at=facts["seeded_at"])
    for earlier, later in (("registered_at", "seeded_at"), ("seeded_at", "drawn_at")):
        if facts[earlier] > facts[later]:  # one form for all of them, in which text sorts as time
            raise Refused(f"{RECEIPT}: {later} is before {earlier}, which cannot be.")
    check_times(lines, facts)
    return facts


def is_voided(facts: Mapping[str, Any]) -> bool:
    """Whether the draw of a receipt that holds was voided when the receipt was written."""
    return any(line["event"] == Event.VOIDED for line in facts["register"])


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


def _check_seed(facts: Mapping[str, Any], contents: Mapping[str, Any]) -> None:
    seeding = contents.get("parent_draw") or facts["plan_sha256"]
    if _gives_seed(seeding, facts["public_value"], facts["seed"]):
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
