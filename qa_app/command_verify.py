"""`qa verify`: a receipt worked out again, and the register of an office gone through line by line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.wording import percent
from sampling.randomness import Source
from sampling.receipt import is_voided, verify_receipt
from sampling.receipt_queries import check_against_register
from sampling.records.database import reading
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.register_chain import Event, best_of, check_chain


def verify(
    receipt: Annotated[Path | None, typer.Argument(help="The receipt of a draw: a ZIP file.")] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Go through the register of the office, line by line.")
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Work out a draw again from its receipt; with --database, compare it with the office's register too."""
    words: list[str] = []
    result: dict[str, object] = {"holds": True}
    with refusals():
        if receipt is None and not register:
            raise Refused("Name the receipt of a draw, or go through the office's register with --register.")
        if receipt is not None:
            facts = verify_receipt(_read(receipt))
            words += _words(facts, compared=database is not None)
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
        if register or database is not None:
            with opened(address_of(database)) as engine:
                check_has_office(engine)
                with reading(engine) as session:
                    if receipt is not None and database is not None:
                        check_against_register(session, facts)
                    if register:
                        lines = lines_of(session)
                        count = check_chain(lines)
                        last = lines[-1].entry_sha256 if lines else None
                        words.append(
                            f"The register holds: {count:,} lines, each follows from the one before."
                            + (f" The last hash is {last}." if last else "")
                        )
                        result |= {"register_lines": count, "register_sha256": last}
    say("\n".join(words), result, as_json=as_json)


def _words(facts: Mapping[str, Any], *, compared: bool) -> list[str]:
    drawn, population = len(facts["sample"]), facts["population"]
    words = [f"The receipt holds: {drawn:,} of {population:,} cases, drawn as registered."]
    if compared:
        words.append("It is what the office's register says.")
    else:
        words.append("It was not compared with the office's register; --database does that.")
    series = facts["series"]
    if series["made"] > 1:
        chance = 1 - float(facts["plan"]["rule"]["assurance"])
        words.append(
            f"It is draw {series['number']} of {series['made']} for the same purpose, of which "
            f"{series['voided']} were voided when the receipt was written. Were only the best of "
            f"{series['made']} reported, an office that misses the standard would pass with a chance of up "
            f"to {percent(best_of(chance, series['made']))} instead of {percent(chance)}."
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
    return words


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}. Check its name.") from None
