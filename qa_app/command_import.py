"""`qa import`: an extract of the case system, from the command line."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from sqlalchemy.orm import Session

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say, tell
from qa_app.import_queries import shipped_mappings
from qa_app.migrating import migrate
from sampling.records.case_files import read_table
from sampling.records.case_import import check_may_import, import_cases
from sampling.records.case_mapping import Mapping, from_json
from sampling.records.case_mappings_saved import saved_mappings
from sampling.records.case_rows import ParsedExtract, RefusedRow, parse_cases
from sampling.records.database import OFFICE_TIME, reading, writing
from sampling.records.downloads import as_csv
from sampling.records.people import Person, person_by_email
from sampling.refused import Refused


def import_file(
    file: Annotated[Path, typer.Argument(help="The extract: CSV or XLSX.")],
    mapping: Annotated[str, typer.Option(help="The name of a saved or shipped mapping, or a JSON file.")],
    as_at: Annotated[str, typer.Option(help='When the extract was made, such as "2016-05-16 09:00".')],
    by: Annotated[str, typer.Option(help="The e-mail address of whoever imports.")],
    confirm_older: Annotated[
        bool, typer.Option("--confirm-older", help="Take in an extract older than the last, as a correction.")
    ] = False,
    refusals_file: Annotated[
        Path | None, typer.Option("--refusals", help="Write the refused rows to this CSV file.")
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Import an extract of the case system: all of its good rows, or nothing."""
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        migrate(engine)
        moment = _moment(as_at)
        with reading(engine) as session:
            check_may_import(session, _importer(session, by))
            chosen = _mapping(session, mapping)
        tell(0.0, f"Reading {file.name}")
        data = _read(file)
        extract = parse_cases(read_table(data, file.name), chosen, as_at=moment)
        if refusals_file is not None:
            _write_refusals(extract, refusals_file)
        with writing(engine, source="command line") as session:
            made = import_cases(
                session,
                extract,
                file_name=file.name,
                file_sha256=hashlib.sha256(data).hexdigest(),
                as_at=moment,
                mapping=chosen,
                mapping_name=mapping,
                confirm_older=confirm_older,
                by=_importer(session, by),
                progress=tell,
            )
    counts = {
        "new": made.cases_new,
        "changed": made.cases_changed,
        "same": made.cases_same,
        "vanished": made.cases_vanished,
        "rows_refused": made.rows_refused,
    }
    words = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    lines = [f"Imported {file.name}: {words}.", *made.notes]
    if made.dropped_columns:
        lines.append(f"Columns that were not kept: {', '.join(made.dropped_columns)}.")
    if made.rows_refused and refusals_file is None:
        lines.append("See which rows were refused, and why, with --refusals FILE.")
    result = {"import": made.id, **counts, "notes": made.notes, "dropped_columns": made.dropped_columns}
    say("\n".join(lines), result, as_json=as_json)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=OFFICE_TIME)
    except ValueError as error:
        raise Refused(f"{text!r} is no time. Type one such as --as-at “2016-05-16 09:00”.") from error


def _importer(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None:
        raise Refused(f"Nobody here signs in as {email}. Name somebody who may import, with --by.")
    return person


def _mapping(session: Session, name: str) -> Mapping:
    known = shipped_mappings() | saved_mappings(session)
    if name in known:
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise Refused(
            f"There is no mapping “{name}”, and no such file. Known are: {', '.join(sorted(known))}."
        )
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Refused(
            f"{name} is not a JSON file. Save a mapping on the import screen and use that."
        ) from error
    return from_json(content)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}. Check its name.") from error


def _write_refusals(extract: ParsedExtract, file: Path) -> None:
    columns = list(RefusedRow.__dataclass_fields__)
    frame = pd.DataFrame([asdict(refusal) for refusal in extract.refusals], columns=columns)
    try:
        file.write_bytes(as_csv(frame))
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}. Choose another place.") from error
