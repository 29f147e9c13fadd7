"""`qa evidence-pack`: all that somebody from outside needs to check one sample, in one file."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.migrating import check_version
from sampling.records.database import writing
from sampling.refused import Refused
from scorecards.evidence import take_evidence


def evidence_pack(
    draw: Annotated[int, typer.Argument(help="The number of the draw, as the register of samples has it.")],
    output: Annotated[Path, typer.Option(help="The file to write, a ZIP archive.")],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write the evidence pack of a sample. That this was done is entered into the audit trail."""
    with refusals():
        if output.exists():
            raise Refused(f"{output} is there already, and nothing is written over. Name another file.")
        if not output.parent.is_dir():
            raise Refused(f"There is no folder {output.parent}. Make it first, or name another.")
        with opened(address_of(database)) as engine:
            check_has_office(engine)
            check_version(engine)
            with writing(engine, source="command line") as session:
                pack = take_evidence(session, draw, by=None)
        try:
            output.write_bytes(pack)
        except OSError as error:
            raise Refused(f"{output} cannot be written: {error.strerror}. Choose another place.") from error
    sha256 = hashlib.sha256(pack).hexdigest()
    say(
        f"The evidence pack of draw {draw} is in {output}. Its SHA-256 is {sha256}, and stands in the audit "
        "trail.",
        {"file": str(output), "draw": draw, "sha256": sha256},
        as_json=as_json,
    )
