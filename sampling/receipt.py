"""The receipt of a draw: everything somebody outside needs to check it, and the check itself.

A receipt is a ZIP of four files: frame.tsv (the frame file), plan.json (the plan file),
receipt.json (seed, tickets, times) and HOW-TO-CHECK.txt. Strata are codes: no person is named.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sampling.draw import (
    SEED,
    SHA256,
    draw,
    draw_at_rate,
    frame_file,
    rate_threshold,
    seed_from,
    sha256_hex,
    ticket,
)
from sampling.randomness import check_value
from sampling.refused import Refused
from sampling.register_chain import STATES, Event, Line, check_move, entry_hash
from sampling.sizes import exact_share

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
    "series": dict,
    "register": list,
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
    _check_forms(facts, contents)
    _check_frame(frame, contents, facts)
    _check_plan(plan, contents, facts)
    _check_seed(facts, contents)
    strata = _strata_of(frame)
    if facts["population"] != sum(len(references) for references in strata.values()):
        raise Refused(f"{RECEIPT}: the field population is not the number of cases in {FRAME}.")
    lines = _lines(facts)
    _check_sample(facts["sample"], _expected(strata, contents, facts["seed"], lines))
    told = {
        "recipe": contents.get("recipe"),
        "registered_at": contents.get("registered_at"),
        "randomness": contents["randomness"].get("source"),
    }
    for field, value in told.items():
        if facts[field] != value:
            raise Refused(f"{RECEIPT}: the field {field} is {facts[field]!r}, and {PLAN} says {value!r}.")
    check_value(contents["randomness"], facts["public_value"])
    for earlier, later in (("registered_at", "seeded_at"), ("seeded_at", "drawn_at")):
        if facts[earlier] > facts[later]:  # one form for all of them, in which text sorts as time
            raise Refused(f"{RECEIPT}: {later} is before {earlier}, which cannot be.")
    _check_times(lines, facts)
    return facts


def is_voided(facts: Mapping[str, Any]) -> bool:
    """Whether the draw of a receipt that holds was voided when the receipt was written."""
    return any(line["event"] == Event.VOIDED for line in facts["register"])


def _lines(facts: Mapping[str, Any]) -> list[Line]:
    """The register's lines of this plan, each with its own hash, in an order that can be."""
    lines: list[Line] = []
    state: Event | None = None
    for number, entry in enumerate(facts["register"], start=1):
        where = f"{RECEIPT}: line {number} of the register"
        try:
            line = Line(**entry)
            event = Event(line.event)
            json.loads(line.details)
        except (TypeError, ValueError):
            raise Refused(f"{where} cannot be {entry!r:.80}. It was changed.") from None
        if line.plan_sha256 != facts["plan_sha256"]:
            raise Refused(f"{where} is of another plan.")
        if entry_hash(entry) != line.entry_sha256:
            raise Refused(f"{where} ({line.event}) was changed: its hash is not its entry_sha256.")
        if lines and lines[-1].number >= line.number:
            raise Refused(f"{where} is out of order.")
        try:
            check_move(state, event)
        except Refused as problem:
            raise Refused(f"{where}: {problem}") from None
        state = event if event in STATES else state
        lines.append(line)
    return lines


def _expected(
    strata: Mapping[str, list[str]], contents: Mapping[str, Any], seed: str, lines: list[Line]
) -> list[dict[str, Any]]:
    """The sample that the plan, the seed and what the register says happened lead to."""
    if contents.get("purpose") == "rolling":
        threshold = rate_threshold(exact_share(contents["rule"]["rate"]))
        drawn = {code: draw_at_rate(references, threshold, seed=seed) for code, references in strata.items()}
        causes = {code: ["drawn"] * len(references) for code, references in drawn.items()}
    else:
        causes = {code: ["drawn"] * contents["sizes"].get(code, 0) for code in strata}
        for line in lines:
            if line.event == Event.EXTENDED:
                (code,) = strata
                causes[code] += ["extension"] * contents["rule"]["second_stage"]
            elif line.event == Event.REPLACED and (details := json.loads(line.details))["next"] is not None:
                causes[details["stratum"]].append("replacement")
        drawn = draw(strata, {code: len(of_stratum) for code, of_stratum in causes.items()}, seed=seed)
    return [
        {
            "stratum": code,
            "position": position,
            "reference": reference,
            "ticket": ticket(seed, reference),
            "cause": causes[code][position - 1],
        }
        for code, references in drawn.items()
        for position, reference in enumerate(references, start=1)
    ]


def _check_times(lines: list[Line], facts: Mapping[str, Any]) -> None:
    """Refuse when the register's lines do not tell what the other fields tell."""
    at = {line.event: line for line in lines}
    for event, field in (("planned", "registered_at"), ("seeded", "seeded_at"), ("drawn", "drawn_at")):
        if event not in at:
            raise Refused(f"{RECEIPT}: the register has no line that says “{event}”. It was taken out.")
        if at[event].at != facts[field]:
            raise Refused(f"{RECEIPT}: the field {field} is not what the register's line “{event}” says.")
    seeded = json.loads(at["seeded"].details)
    # Lines of draws that were made before there was a register tell no more than their time.
    told = seeded.get("public_value") or seeded.get("public_value_sha256")
    if told not in (None, facts["public_value"], sha256_hex(facts["public_value"].encode())):
        raise Refused(f"{RECEIPT}: the field public_value is not what the register's line “seeded” says.")
    sample = [entry for entry in facts["sample"] if entry["cause"] == "drawn"]
    if json.loads(at["drawn"].details).get("sample_sha256") not in (None, sample_hash(sample)):
        raise Refused(f"{RECEIPT}: the field sample is not what the register's line “drawn” says.")


def sample_hash(sample: Iterable[Mapping[str, Any]]) -> str:
    """The hash of drawn cases: lines of stratum, place, reference and ticket, by stratum and place."""
    lines = (f"{e['stratum']}\t{e['position']}\t{e['reference']}\t{e['ticket']}\n" for e in sample)
    return sha256_hex("".join(lines).encode())


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
    series = facts["series"]
    if set(series) != {"number", "made", "voided"} or not (
        all(type(count) is int for count in series.values())
        and 1 <= series["number"] <= series["made"] >= series["voided"] >= 0
    ):
        raise Refused(f"{RECEIPT}: the field series cannot be {series!r:.80}. It was changed.")
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
