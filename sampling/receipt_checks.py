"""What of a receipt is checked: its forms, the lines of the register in it, its beacon, and its sample."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sampling.draw import SEED, SHA256, draw, draw_at_rate, frame_file, rate_threshold, sha256_hex, ticket
from sampling.randomness import BEACONS, Source
from sampling.refused import Refused
from sampling.register_chain import STATES, Event, Line, check_move, entry_hash
from sampling.sizes import exact_share

FRAME: Final = "frame.tsv"
PLAN: Final = "plan.json"
RECEIPT: Final = "receipt.json"

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
_LAST_ROUND: Final = 10**9  # a hundred years of a round every three seconds


def check_forms(facts: Mapping[str, Any], contents: Mapping[str, Any]) -> None:
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


def lines_of_receipt(facts: Mapping[str, Any]) -> list[Line]:
    """The register's lines of this plan, each with its own hash, in an order that can be."""
    lines: list[Line] = []
    state: Event | None = None
    for number, entry in enumerate(facts["register"], start=1):
        where = f"{RECEIPT}: line {number} of the register"
        try:
            line = Line(**entry)
            event = Event(line.event)
            _check_kinds(line)
        except (TypeError, ValueError):
            raise Refused(f"{where} cannot be {entry!r:.80}. It was changed.") from None
        if line.plan_sha256 != facts["plan_sha256"]:
            raise Refused(f"{where} is of another plan.")
        if entry_hash(entry) != line.entry_sha256:
            raise Refused(f"{where} ({line.event}) was changed: its hash is not its entry_sha256.")
        if lines and lines[-1].number >= line.number:
            raise Refused(f"{where} is out of order.")
        if lines and lines[-1].at > line.at:
            raise Refused(f"{where} is older than the line before it, which cannot be.")
        try:
            check_move(state, event)
        except Refused as problem:
            raise Refused(f"{where}: {problem}") from None
        state = event if event in STATES else state
        lines.append(line)
    return lines


def _check_kinds(line: Line) -> None:
    numbers = (line.number, line.by, 0 if line.second is None else line.second)
    texts = (line.at, line.details, line.previous_sha256, line.entry_sha256)
    if any(type(number) is not int for number in numbers) or any(type(text) is not str for text in texts):
        raise TypeError
    if not TIME.fullmatch(line.at) or not isinstance(json.loads(line.details), dict):
        raise ValueError


def check_beacon(randomness: Mapping[str, Any], *, registered_at: str, seeded_at: str) -> None:
    """Refuse a plan whose beacon's round was out when it was registered, or not yet when it got its seed.

    The round tells when it comes out, whatever the plan says. Whether the public value is that of the round
    only the operator of the beacon can tell.
    """
    if randomness.get("source") != Source.BEACON:
        return
    name, number = randomness.get("beacon"), randomness.get("round")
    beacon = BEACONS.get(name) if isinstance(name, str) else None
    if beacon is None:
        raise Refused(
            f"{PLAN}: the field beacon of its randomness is {name!r:.80}, which this version does not know: "
            "when its rounds come out cannot be checked."
        )
    if type(number) is not int or not 1 <= number <= _LAST_ROUND:
        raise Refused(f"{PLAN}: the field round of its randomness cannot be {number!r:.80}.")
    out_at = (beacon.first_round + (number - 1) * beacon.every).isoformat(timespec="seconds")
    if randomness.get("out_at") != out_at:
        raise Refused(
            f"{PLAN}: the field out_at of its randomness is {randomness.get('out_at')!r:.80}, and round "
            f"{number} of {name} comes out at {out_at!r}."
        )
    # One form for all of them, in which text sorts as time.
    if not registered_at < out_at:
        raise Refused(
            f"{RECEIPT}: registered_at is not before {out_at}, when round {number} of {name} was out: its "
            "value may have been known."
        )
    if seeded_at < out_at:
        raise Refused(f"{RECEIPT}: seeded_at is before {out_at}, when round {number} of {name} came out.")


def expected_sample(
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
                left = len(strata[code]) - len(causes[code])
                causes[code] += ["extension"] * min(contents["rule"]["second_stage"], left)
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


def check_times(lines: list[Line], facts: Mapping[str, Any]) -> None:
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


def strata_of(frame: bytes) -> dict[str, list[str]]:
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
