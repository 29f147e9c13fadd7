"""The receipt of a draw: everything somebody outside needs to check it, and the check itself.

A receipt is a ZIP of four files: frame.tsv (the frame file), plan.json (the plan file),
receipt.json (seed, tickets, times) and HOW-TO-CHECK.txt. Strata are codes: no person is named.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from sampling.draw import draw, frame_file, seed_from, sha256_hex, ticket
from sampling.refused import Refused

FRAME: Final = "frame.tsv"
PLAN: Final = "plan.json"
RECEIPT: Final = "receipt.json"
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

    Refused at the first thing that was changed, by the name of its field.
    """
    frame, plan, facts = read_receipt(data)
    for field in ("frame_sha256", "plan_sha256", "public_value", "seed", "sample", "plan", "population"):
        if field not in facts:
            raise Refused(f"{RECEIPT}: the field {field} is missing.")
    contents = json.loads(plan)
    _check_frame(frame, contents, facts)
    _check_plan(plan, contents, facts)
    _check_seed(facts)
    strata = _strata_of(frame)
    if facts["population"] != sum(len(references) for references in strata.values()):
        raise Refused(f"{RECEIPT}: the field population is not the number of cases in {FRAME}.")
    expected = [
        {"stratum": code, "position": position, "reference": reference, "ticket": ticket(facts["seed"], reference)}
        for code, references in sorted(draw(strata, contents["sizes"], seed=facts["seed"]).items())
        for position, reference in enumerate(references, start=1)
    ]
    _check_sample(facts["sample"], expected)
    for earlier, later in (("registered_at", "seeded_at"), ("seeded_at", "drawn_at")):
        if str(facts.get(earlier)) > str(facts.get(later)):
            raise Refused(f"{RECEIPT}: {later} is before {earlier}, which cannot be.")
    if facts.get("registered_at") != contents.get("registered_at"):
        raise Refused(f"{RECEIPT}: the field registered_at is not that of {PLAN}.")
    return facts


def _check_frame(frame: bytes, contents: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    found = sha256_hex(frame)
    if found == facts["frame_sha256"] == contents.get("frame_sha256"):
        return
    if found == contents.get("frame_sha256"):
        raise Refused(f"{RECEIPT}: the field frame_sha256 was changed.")
    if found == facts["frame_sha256"]:
        raise Refused(f"{PLAN}: the field frame_sha256 was changed, or {FRAME} and {RECEIPT} were.")
    raise Refused(f"{FRAME} was changed: its SHA-256 is {found}, and {PLAN} says {contents.get('frame_sha256')}.")


def _check_plan(plan: bytes, contents: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    for field in sorted(set(contents) | set(facts["plan"])):
        if contents.get(field) != facts["plan"].get(field):
            raise Refused(f"{PLAN}: the field {field} is not what {RECEIPT} says. One of the two was changed.")
    found = sha256_hex(plan)
    if found != facts["plan_sha256"]:
        if seed_from(found, str(facts["public_value"])) == facts["seed"]:
            raise Refused(f"{RECEIPT}: the field plan_sha256 was changed.")
        raise Refused(f"{PLAN} was changed: its SHA-256 is {found}, and {RECEIPT} says {facts['plan_sha256']}.")


def _check_seed(facts: Mapping[str, Any]) -> None:
    expected = seed_from(facts["plan_sha256"], str(facts["public_value"]))
    if facts["seed"] == expected:
        return
    sample = facts["sample"]
    if sample and sample[0].get("ticket") == ticket(expected, str(sample[0].get("reference"))):
        raise Refused(f"{RECEIPT}: the field seed was changed: the tickets were made with another.")
    raise Refused(f"{RECEIPT}: the field public_value was changed: the seed does not follow from it.")


def _check_sample(sample: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for number, (found, wanted) in enumerate(zip(sample, expected, strict=False), start=1):
        for field, value in wanted.items():
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
    strata: dict[str, list[str]] = {}
    rows = []
    for line in frame.decode("ascii").splitlines():
        reference, _, stratum = line.partition("\t")
        strata.setdefault(stratum, []).append(reference)
        rows.append((reference, stratum))
    if frame_file(rows) != frame:
        raise Refused(f"{FRAME} is not in the canonical form: sorted lines of reference, tab, stratum.")
    return strata
