"""`qa verify`: a receipt worked out again, the register of an office and its audit trail gone through.

The register is compared with the samples that the database holds, too.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, true
from sqlalchemy.orm import Session

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.migrating import check_version
from qa_app.wording import percent
from sampling.disposed_samples import DisposedSample, disposed_samples, in_words
from sampling.randomness import Source
from sampling.receipt import is_voided, verify_receipt
from sampling.receipt_queries import SinceThen, check_against_register
from sampling.records import audit_trail
from sampling.records.audit_chain import text_of
from sampling.records.database import reading
from sampling.refused import Refused
from sampling.register import head_of_register
from sampling.register_chain import Event, best_of
from sampling.register_check import check_register


def verify(
    receipt: Annotated[Path | None, typer.Argument(help="The receipt of a draw: a ZIP file.")] = None,
    register: Annotated[
        bool,
        typer.Option(
            "--register",
            help="Go through the register of the office line by line, and compare its samples with it.",
        ),
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Go through the audit trail of the office, entry by entry.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(help="The hash of an entry as a report printed it: the trail must still hold it."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="With --audit: a file to write, a line for each entry, to be checked by anybody."),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Work out a draw again from its receipt; with --database, compare it with the office's register too."""
    words: list[str] = []
    result: dict[str, object] = {"holds": True}
    with refusals():
        if receipt is None and not register and not audit:
            raise Refused(
                "Name the receipt of a draw, or go through the office's register with --register or through "
                "its audit trail with --audit."
            )
        if head is not None and not audit:
            raise Refused("A --head belongs to the audit trail. Add --audit.")
        if export is not None and not audit:
            raise Refused("An --export is of the audit trail. Add --audit.")
        if export is not None and export.exists():
            raise Refused(f"{export} is there already, and nothing is written over. Name another file.")
        if receipt is not None:
            facts = verify_receipt(_read(receipt))
            kept = ("draw", "population", "frame_sha256", "plan_sha256", "registered_at", "seed", "drawn_at")
            result |= {field: facts[field] for field in kept}
            result |= {
                "drawn": len(facts["sample"]),
                "voided": is_voided(facts),
                "draw_number": facts["series"]["number"],
                "draws_for_period": facts["series"]["made"],
                "draws_voided": facts["series"]["voided"],
                "is_in_register": True if database is not None else None,
            }
        since: SinceThen | None = None
        if register or audit or database is not None:
            with opened(address_of(database)) as engine:
                check_has_office(engine)
                check_version(engine)
                with reading(_at_one_moment(engine)) as session:
                    if receipt is not None and database is not None:
                        since = check_against_register(session, facts)
                    if audit:
                        words_of_audit, of_audit = _audit(session, head)
                        result |= of_audit
                        if export is not None:
                            words_of_audit += _export(session, export)
                            result |= {"exported": str(export)}
                    if register:
                        count = check_register(session)
                        newest = head_of_register(session)
                        last = newest[1] if newest else None
                        of_register = (
                            f"The register holds: {count:,} lines, each follows from the one before. The "
                            "plans, draws and cases in the database are what its lines say."
                            + (f" The last hash is {last}." if last else "")
                        )
                        disposed = disposed_samples(session)
                        result |= {"register_lines": count, "register_sha256": last}
                        result["samples_disposed_of"] = [_disposed_data(one) for one in disposed]
        if receipt is not None:
            words += _words(facts, since)
            result |= _now(since)
        if register:
            words += [of_register, *(_disposed(sample) for sample in disposed)]
        if audit:
            words.append(words_of_audit)
    say("\n".join(words), result, as_json=as_json)


def _at_one_moment(engine: Engine) -> Engine:
    """Whatever is written meanwhile: the register and the samples are read as they stand at one moment."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine  # SQLite reads so of itself


def _now(since: SinceThen | None) -> dict[str, object]:
    """What the register says now, for --json; null when it was not asked."""
    lines = since.lines if since else []
    return {
        "events_since": [{"event": line.event, "at": line.at} for line in lines] if since else None,
        "voided_now": since.is_voided if since else None,
        "draw_number_now": since.series.number if since else None,
        "draws_for_period_now": since.series.made if since else None,
        "draws_voided_now": since.series.voided if since else None,
    }


def _words(facts: Mapping[str, Any], since: SinceThen | None) -> list[str]:
    drawn, population = len(facts["sample"]), facts["population"]
    words = [f"The receipt holds: {drawn:,} of {population:,} cases, drawn as registered."]
    if since is not None:
        words.append("It is what the office's register says.")
    else:
        words.append("It was not compared with the office's register; --database does that.")
    series = vars(since.series) if since is not None else facts["series"]
    when = "by now" if since is not None else "when the receipt was written"
    if series["made"] > 1:
        chance = 1 - float(facts["plan"]["rule"]["assurance"])
        words.append(
            f"It is draw {series['number']} of {series['made']} for the same purpose, of which "
            f"{series['voided']} were voided {when}. Were only the best of "
            f"{series['made']} reported, an office that misses the standard would pass with a chance of up "
            f"to {percent(best_of(chance, series['made']))} instead of {percent(chance)}."
        )
    if facts["randomness"] == Source.BEACON:
        named = facts["plan"]["randomness"]
        words.append(
            f"Its public value was typed in: {facts['public_value']}. This program does not look it up; "
            f"compare it with round {named['round']} of {named['beacon']}, as its operator publishes it."
        )
    events = [line["event"] for line in facts["register"]]
    if Event.EXTENDED in events:
        words.append("Its second stage was drawn, as the plan foresaw.")
    if replaced := events.count(Event.REPLACED):
        words.append(f"Cases replaced by the next ticket: {replaced:,}.")
    if facts["randomness"] == Source.DEMONSTRATION:
        words.append("It is a demonstration: its seed was typed by hand, so its choice proves nothing.")
    if is_voided(facts):
        words.append("It was voided: it counts in no result.")
    if since is not None and since.lines:
        words += _since(since)
    return words


def _disposed_data(sample: DisposedSample) -> dict[str, object]:
    disposals = [{"disposal": number, "on": str(day)} for number, day in sample.disposals]
    return {"name": sample.name, "references": sample.references, "disposals": disposals}


def _disposed(sample: DisposedSample) -> str:
    return (
        f"The sample “{sample.name}”: {sample.references:,} of its references were disposed of "
        f"{in_words(sample.disposals)}. Its plan and draw are what the register says, and it has as many "
        "cases as were frozen; which they were cannot be worked out again."
    )


_TOLD = {
    Event.EXTENDED: "its second stage was drawn",
    Event.REPLACED: "a case was replaced by the next ticket",
    Event.VOID_ASKED: "somebody asked that it be voided",
    Event.VOID_DECLINED: "that was declined",
    Event.VOIDED: "it was voided",
    Event.CLOSED: "nothing of it waits any more, and it was closed",
}


def _since(since: SinceThen) -> list[str]:
    happened = [
        f"{moment.day} {moment:%B %Y}: {_TOLD[Event(line.event)]}"
        for line in since.lines
        for moment in [datetime.fromisoformat(line.at)]
    ]
    words = [f"Since the receipt was written, by the register: {'; '.join(happened)}."]
    if since.is_voided:
        words.append("As it was voided, it counts in no result any more.")
    return words


def _audit(session: Session, against: str | None) -> tuple[str, dict[str, object]]:
    """The audit trail in words and as figures; refused at the first entry that is not as it was written."""
    count, broken = audit_trail.check_trail(session, against=against)
    if broken is not None:
        raise Refused(f"The audit trail does not hold. {broken.words}")
    last = audit_trail.head(session)
    words = (
        f"The audit trail holds: {count:,} entries, each follows from the one before and its changes are as "
        f"they were written. The last hash is {last}."
    )
    return words, {"audit_entries": count, "audit_sha256": last}


def _export(session: Session, file: Path) -> str:
    """Write the canonical text of each entry as a line, and say how anybody checks the chain with it."""
    try:
        with file.open("x", encoding="utf-8", newline="\n") as lines:
            for entry in audit_trail.entries(session, true()):
                lines.write(f"{text_of(entry)}\n")
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}. Choose another place.") from None
    return (
        f" Each is a line of {file}: the SHA-256 of a line without its end is what the next one quotes as "
        "“previous”, and that of the last line is the hash just named."
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}. Check its name.") from None
