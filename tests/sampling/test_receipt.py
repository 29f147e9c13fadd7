"""A receipt holds as it was written, and whatever is changed in it is named."""

import copy
import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from sampling.draw import draw, frame_file, plan_file, seed_from, sha256_hex, ticket
from sampling.randomness import from_system
from sampling.receipt import read_receipt, sample_hash, verify_receipt, write_receipt
from sampling.receipt_queries import check_against_register, receipt_of
from sampling.refused import Refused
from sampling.register_chain import entry_hash
from sampling.tables import Plan
from sampling.voiding import ask_to_void, void_plan

# The first reference is of the second stratum: strata are told by their codes, not by their first case.
FRAME = [("A-1", "S02"), *((f"B-{n}", "S01") for n in range(6)), *((f"C-{n}", "S02") for n in range(4))]
PUBLIC_VALUE = "5f" * 32


def sample_of(frame: bytes, sizes: dict[str, int], seed: str) -> list[dict[str, Any]]:
    strata: dict[str, list[str]] = {}
    for line in frame.decode().splitlines():
        reference, stratum = line.split("\t")
        strata.setdefault(stratum, []).append(reference)
    return [
        {
            "stratum": stratum,
            "position": position,
            "reference": reference,
            "ticket": ticket(seed, reference),
            "cause": "drawn",
        }
        for stratum, references in sorted(draw(strata, sizes, seed=seed).items())
        for position, reference in enumerate(references, start=1)
    ]


def register_of(facts: dict[str, Any], *more: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that a register has of these facts, each with its true hash, and more events at the end."""
    events = [
        ("planned", facts["registered_at"], {"frame_sha256": facts["frame_sha256"]}),
        ("seeded", facts["seeded_at"], {"public_value": facts["public_value"]}),
        ("drawn", facts["drawn_at"], {"sample_sha256": sample_hash(facts["sample"])}),
        *((event, facts["drawn_at"], details) for event, details in more),
    ]
    lines = []
    for number, (event, at, details) in enumerate(events, start=4):
        line = {"number": number, "event": event, "plan_sha256": facts["plan_sha256"], "at": at}
        line |= {"by": 1, "second": None, "details": json.dumps(details), "previous_sha256": f"{number:064d}"}
        lines.append(line | {"entry_sha256": entry_hash(line)})
    return lines


def parts(frame: bytes | None = None, public_value: str = PUBLIC_VALUE, **plan: Any) -> dict[str, Any]:
    """The parts of an honest receipt: frame, plan and facts."""
    frame = frame_file(FRAME) if frame is None else frame
    contents = {
        "recipe": "cqa1",
        "number": 1,
        "route": "central",
        "purpose": "quota",
        "period": ["2026-04-01", "2026-06-30"],
        "frame_sha256": sha256_hex(frame),
        "population": 11,
        "sizes": {"S01": 3, "S02": 2},
        "rule": {"assurance": "0.95"},
        "method": "Hoeffding-binomial limit",
        "parent_draw": None,
        "late_to": None,
        "randomness": from_system(),
        "registered_at": "2026-07-06T09:00:00+00:00",
        **plan,
    }
    written = plan_file(contents)
    seed = seed_from(sha256_hex(written), public_value)
    facts = {
        "recipe": "cqa1",
        "draw": 1,
        "population": 11,
        "frame_sha256": sha256_hex(frame),
        "plan_sha256": sha256_hex(written),
        "registered_at": contents["registered_at"],
        "randomness": "operating system",
        "public_value": public_value,
        "seed": seed,
        "seeded_at": "2026-07-06T09:00:01+00:00",
        "drawn_at": "2026-07-06T09:00:02+00:00",
        "sample": sample_of(frame, contents["sizes"], seed),
        "series": {"number": 1, "made": 1, "voided": 0},
    }
    facts["register"] = register_of(facts)
    return {"frame": frame, "plan": written, "facts": facts}


def written(made: dict[str, Any]) -> bytes:
    return write_receipt(frame=made["frame"], plan=made["plan"], facts=made["facts"])


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same ZIP with one of its files changed."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return result.getvalue()


def with_facts(change: Callable[[dict[str, Any]], object]) -> bytes:
    def changed_text(text: bytes) -> bytes:
        facts = json.loads(text)
        change(facts)
        return json.dumps(facts).encode()

    return changed(written(parts()), "receipt.json", changed_text)


def test_an_untouched_receipt_holds() -> None:
    facts = verify_receipt(written(parts()))
    assert [entry["reference"] for entry in facts["sample"]] == [
        entry["reference"] for entry in parts()["facts"]["sample"]
    ]
    assert len(facts["sample"]) == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace(b"B-3\tS01", b"B-9\tS01"), "frame.tsv was changed"),
        (lambda text: text.replace(b"B-3\tS01", b"B-3\tS02"), "frame.tsv was changed"),
        (lambda text: text + b"D-1\tS02\n", "frame.tsv was changed"),
        (lambda text: text.replace(b"C-3\tS02\n", b""), "frame.tsv was changed"),
        (lambda text: text.replace(b"\n", b"\r\n"), "frame.tsv was changed"),
        (lambda _text: b"", "frame.tsv was changed"),
    ],
)
def test_a_changed_frame_is_named(change: Callable[[bytes], bytes], says: str) -> None:
    with pytest.raises(Refused, match=says):
        verify_receipt(changed(written(parts()), "frame.tsv", change))


@pytest.mark.parametrize("field", sorted(json.loads(parts()["plan"])))
def test_each_changed_field_of_the_plan_is_named(field: str) -> None:
    def change(text: bytes) -> bytes:
        contents = json.loads(text)
        contents[field] = {"S01": 4, "S02": 1} if field == "sizes" else {"source": "dice"}
        if isinstance(json.loads(text)[field], str):
            contents[field] = "something else"
        return plan_file(contents)

    with pytest.raises(Refused, match=rf"plan\.json: the field {field} "):
        verify_receipt(changed(written(parts()), "plan.json", change))


@pytest.mark.parametrize("field", sorted(json.loads(parts()["plan"])))
def test_each_removed_field_of_the_plan_is_named(field: str) -> None:
    def change(text: bytes) -> bytes:
        return plan_file({name: value for name, value in json.loads(text).items() if name != field})

    # A field that is null is as good as one that is not there; then only the hash tells.
    says = (
        rf"plan\.json: the field {field} "
        if json.loads(parts()["plan"])[field] is not None
        else "plan.json was"
    )
    with pytest.raises(Refused, match=says):
        verify_receipt(changed(written(parts()), "plan.json", change))


def test_a_plan_file_that_only_looks_the_same_is_refused() -> None:
    with pytest.raises(Refused, match=r"plan\.json was changed: its SHA-256"):
        verify_receipt(changed(written(parts()), "plan.json", lambda text: text + b"\n"))


OTHER: dict[str, Any] = {
    "recipe": "cqa2",
    "population": 12,
    "frame_sha256": "0" * 64,
    "plan_sha256": "0" * 64,
    "registered_at": "2026-07-05T09:00:00+00:00",
    "randomness": "dice",
    "public_value": "5e" * 32,
    "seed": "0" * 32,
}


@pytest.mark.parametrize("field", sorted(OTHER))
def test_each_changed_field_of_the_receipt_is_named(field: str) -> None:
    with pytest.raises(Refused, match=rf"receipt\.json: the field {field} "):
        verify_receipt(with_facts(lambda facts: facts.update({field: OTHER[field]})))


@pytest.mark.parametrize("field", [*parts()["facts"], "plan"])
@pytest.mark.parametrize("value", [None, True, 1.5, [1], {"a": 1}, "", "…"])
def test_a_field_of_the_wrong_kind_is_named(field: str, value: Any) -> None:
    with pytest.raises(Refused, match=rf"(receipt|plan)\.json: .*\b({field}|entry 1|field a)\b"):
        verify_receipt(with_facts(lambda facts: facts.update({field: value})))


@pytest.mark.parametrize("field", [*parts()["facts"], "plan"])
def test_each_missing_field_of_the_receipt_is_named(field: str) -> None:
    with pytest.raises(Refused, match=rf"receipt\.json: the field {field} is missing"):
        verify_receipt(with_facts(lambda facts: facts.pop(field)))


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(
    ("field", "value"), [("ticket", "0" * 64), ("reference", "B-99"), ("position", 9), ("stratum", "S09")]
)
def test_a_changed_entry_of_the_sample_is_named(number: int, field: str, value: Any) -> None:
    with pytest.raises(Refused, match=rf"the field {field} of entry {number + 1} of the sample was changed"):
        verify_receipt(with_facts(lambda facts: facts["sample"][number].update({field: value})))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda sample: sample.pop(), "the sample has 4 entries, and the plan's sizes give 5"),
        (lambda sample: sample.append(copy.copy(sample[-1])), "the sample has 6 entries"),
        (lambda sample: sample.pop(0), "of entry 1 of the sample was changed"),
        (lambda sample: sample.clear(), "the sample has 0 entries"),
        (lambda sample: sample.reverse(), "of entry 1 of the sample was changed"),
        (lambda sample: sample[2].update(note="checked"), "the field note of entry 3"),
        (lambda sample: sample.insert(0, "B-1"), "entry 1 of the sample cannot be"),
    ],
)
def test_a_sample_with_more_or_less_is_refused(change: Callable[[list[Any]], object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        verify_receipt(with_facts(lambda facts: change(facts["sample"])))


def test_a_field_that_was_added_is_named() -> None:
    with pytest.raises(Refused, match="the field verified_by does not belong there"):
        verify_receipt(with_facts(lambda facts: facts.update(verified_by="the ombudsman")))


@pytest.mark.parametrize(
    ("field", "says"),
    [("seeded_at", "seeded_at is before registered_at"), ("drawn_at", "drawn_at is before seeded_at")],
)
def test_times_in_the_wrong_order_are_refused(field: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        verify_receipt(with_facts(lambda facts: facts.update({field: "2026-01-01T00:00:00+00:00"})))


def test_lines_that_go_back_in_time_are_refused() -> None:
    made = parts()
    facts = made["facts"]
    facts["register"] = register_of(facts, ("void asked", {}))
    facts["register"][-1]["at"] = "2026-07-06T09:00:01+00:00"
    facts["register"][-1]["entry_sha256"] = entry_hash(facts["register"][-1])
    with pytest.raises(Refused, match="line 4 of the register is older than the line before it"):
        verify_receipt(written(made))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "4"},
        {"number": True},
        {"at": 5},
        {"at": "yesterday"},
        {"by": None},
        {"second": "2"},
        {"details": "[]"},
        {"details": "no"},
        {"previous_sha256": None},
        {"event": "won"},
    ],
)
def test_a_line_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    made = parts()
    line = made["facts"]["register"][0]
    line |= changes
    line["entry_sha256"] = entry_hash(line)
    with pytest.raises(Refused, match="line 1 of the register cannot be"):
        verify_receipt(written(made))


@pytest.mark.parametrize(
    ("event", "details"),
    [("replaced", {}), ("replaced", {"next": "B-1", "stratum": "S09"}), ("extended", {})],
)
def test_lines_that_the_plan_does_not_know_are_refused(event: str, details: dict[str, Any]) -> None:
    made = parts()
    made["facts"]["register"] = register_of(made["facts"], (event, details))
    with pytest.raises(Refused, match="the lines of the register do not fit the plan"):
        verify_receipt(written(made))


ROUND = {  # 9:00:27 on 6 July 2026
    "source": "beacon",
    "form": "the value of the round as 64 lower-case hexadecimal digits",
    "beacon": "drand quicknet",
    "round": 30_175_021,
    "out_at": "2026-07-06T09:00:27+00:00",
}


def of_a_beacon(seeded_at: str = "2026-07-06T09:00:27+00:00", **randomness: Any) -> bytes:
    made = parts(randomness=ROUND | randomness)
    made["facts"] |= {"randomness": "beacon", "seeded_at": seeded_at, "drawn_at": "2026-07-06T09:00:30+00:00"}
    made["facts"]["register"] = register_of(made["facts"])
    return written(made)


def test_a_beacon_came_out_between_registration_and_seed() -> None:
    assert verify_receipt(of_a_beacon())["plan"]["randomness"] == ROUND


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"beacon": "the sun"}, "field beacon of its randomness is 'the sun', which this version"),
        ({"beacon": ["the sun"]}, "field beacon of its randomness is"),
        ({"beacon": None}, "field beacon of its randomness is None"),
        ({"round": "1"}, "field round of its randomness cannot be '1'"),
        ({"round": 0}, "field round of its randomness cannot be 0"),
        ({"round": True}, "field round of its randomness cannot be True"),
        ({"round": 10**30}, "field round of its randomness cannot be 1000"),
        ({"round": 1}, "field out_at of its randomness is '2026-07-06T09:00:27.*comes out at '2023-08-23T15"),
        ({"out_at": None}, "field out_at of its randomness is None"),
        ({"beacon": "drand default"}, "field out_at of its randomness is"),
        ({"round": 1, "out_at": "2023-08-23T15:09:27+00:00"}, "registered_at is not before 2023-08-23T15"),
        (
            {"round": 30_175_012, "out_at": "2026-07-06T09:00:00+00:00"},
            "registered_at is not before 2026-07-06T09:00:00",
        ),
        ({"seeded_at": "2026-07-06T09:00:26+00:00"}, "seeded_at is before 2026-07-06T09:00:27"),
    ],
)
def test_a_beacon_that_was_out_or_is_not_told_rightly_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        verify_receipt(of_a_beacon(**changes))


def test_how_to_check_says_who_compares_a_beacon() -> None:
    with zipfile.ZipFile(io.BytesIO(of_a_beacon())) as archive:
        told = " ".join(archive.read("HOW-TO-CHECK.txt").decode().split())
    assert "compare the public value with that round of that beacon, as its operator publishes it" in told


def test_a_frame_out_of_order_is_refused_even_with_its_hash() -> None:
    frame = b"".join(reversed(frame_file(FRAME).splitlines(keepends=True)))
    with pytest.raises(Refused, match=r"frame\.tsv is not in the canonical form"):
        verify_receipt(written(parts(frame)))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all"])
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="This is not a receipt"):
        verify_receipt(data)


@pytest.mark.parametrize("name", ["frame.tsv", "plan.json", "receipt.json"])
def test_a_receipt_without_one_of_its_files_is_refused(name: str) -> None:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written(parts()))) as old, zipfile.ZipFile(result, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
    with pytest.raises(Refused, match="This is not a receipt"):
        verify_receipt(result.getvalue())


def test_how_to_check_by_hand_works_in_a_shell(tmp_path: Any) -> None:
    """The commands of HOW-TO-CHECK.txt, with the receipt's own values put in."""
    made = parts()
    facts = made["facts"]
    with zipfile.ZipFile(io.BytesIO(written(made))) as archive:
        archive.extractall(tmp_path)
    lines = (tmp_path / "HOW-TO-CHECK.txt").read_text("utf-8").splitlines()
    commands = [line.strip() for line in lines if line.startswith("       ")]

    def run(*script: str) -> list[str]:
        text = "\n".join(script).replace("PLAN_SHA256", facts["plan_sha256"])
        text = text.replace("PUBLIC_VALUE", facts["public_value"]).replace("SEED", facts["seed"])
        text = text.replace("REFERENCE", "B-1").replace("head -n N", "head -n 3")
        done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert run(commands[0])[0] == facts["frame_sha256"]
    assert run(commands[1])[0] == facts["plan_sha256"]
    assert run(commands[2]) == [facts["seed"]]
    assert run(commands[3])[0] == ticket(facts["seed"], "B-1")
    stratum = [entry for entry in facts["sample"] if entry["stratum"] == "S01"]
    assert run(*commands[4:]) == [text for entry in stratum for text in (entry["ticket"], entry["reference"])]


@pytest.fixture
def drawn(office: Any) -> tuple[Any, bytes]:
    office.closed(20)
    office.closed(9, team="South", start=1000)
    draw_id = office.draw(office.plan_cases(6, stratify_by="team"), "Quinn Qua")
    with office.reading() as session:
        return office, receipt_of(session, draw_id, office.person(session, "Quinn Qua"))


def test_the_receipt_of_a_draw_holds_and_is_in_the_register(drawn: tuple[Any, bytes]) -> None:
    office, receipt = drawn
    facts = verify_receipt(receipt)
    with office.reading() as session:
        check_against_register(session, facts)
    _, plan, _ = read_receipt(receipt)
    assert b"North" not in plan + json.dumps(facts).encode()  # strata are codes


def test_what_came_after_the_receipt_is_told(drawn: tuple[Any, bytes]) -> None:
    office, receipt = drawn
    facts = verify_receipt(receipt)
    with office.reading() as session:
        since = check_against_register(session, facts)
        assert (since.lines, since.is_voided) == ([], False)
        assert (since.series.number, since.series.made, since.series.voided) == (1, 1, 0)
    with office.writing() as session:
        plan, quinn = session.scalars(select(Plan)).one(), office.person(session, "Quinn Qua")
        ask_to_void(session, plan, reason="The wrong extract", reviewed=0, by=quinn)
        void_plan(session, plan, by=office.person(session, "Hedda Head"))
    office.draw(office.plan_cases(5, name="Again"), "Quinn Qua")
    with office.reading() as session:
        since = check_against_register(session, facts)
    assert [line.event for line in since.lines] == ["void asked", "voided"]
    assert since.is_voided
    assert (since.series.number, since.series.made, since.series.voided) == (1, 2, 1)


def test_a_consistent_forgery_is_caught_by_the_register(drawn: tuple[Any, bytes]) -> None:
    office, receipt = drawn
    later = "2027-01-01T00:00:00+00:00"
    forgeries: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("public_value", {"public_value": "00" * 32}, {}),
        ("plan_sha256", {}, {"sizes": {"S01": 1, "S02": 1}}),
        ("draw", {"draw": 99}, {}),
        ("seeded_at", {"seeded_at": later, "drawn_at": later}, {}),
        ("drawn_at", {"drawn_at": later}, {}),
        ("series", {"series": {"number": 2, "made": 2, "voided": 0}}, {}),
        ("register", {}, {}),  # lines that hold, and are not this office's
    ]
    for field, of_facts, of_plan in forgeries:
        frame, plan, facts = read_receipt(receipt)
        facts.pop("plan")
        plan = plan_file(json.loads(plan) | of_plan)
        facts |= {"plan_sha256": sha256_hex(plan), **of_facts}
        facts["seed"] = seed_from(facts["plan_sha256"], facts["public_value"])
        facts["sample"] = sample_of(frame, json.loads(plan)["sizes"], facts["seed"])
        facts["register"] = register_of(facts)
        forged = verify_receipt(write_receipt(frame=frame, plan=plan, facts=facts))  # it agrees with itself
        with office.reading() as session, pytest.raises(Refused, match=f"The field {field} (is|says)"):
            check_against_register(session, forged)
