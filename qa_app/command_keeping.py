"""`qa backup`, `qa restore` and `qa move`: a whole office copied to another database, and compared."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from qa_app.command_parts import (
    Database,
    Json,
    address_of,
    check_has_office,
    make_folder,
    opened,
    refusals,
    say,
    shown,
    tell,
)
from qa_app.copying import Copied, check_holds, copy_office
from qa_app.migrating import check_version
from sampling.refused import Refused


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="The file to write; otherwise one named after the moment.")
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write a copy of the office into a file, while others work, and check it."""
    with refusals():
        path = file or Path(f"casework-qa-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.backup.sqlite")
        if path.exists():
            raise Refused(f"{path} is there already, and a backup never writes over anything. Name another.")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        try:
            with (
                opened(address_of(database)) as source,
                opened(f"sqlite:///{unfinished.resolve()}") as target,
            ):
                office = check_has_office(source)
                check_version(source)
                copied = copy_office(source, target, progress=tell)
            os.replace(unfinished, path)
        except OSError as error:
            raise Refused(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
        finally:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
    _say(f"The office {office.name} is copied to {path}", copied, {"file": str(path)}, as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that “qa backup” wrote.")],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Put a backup into an empty database, and check it."""
    with refusals():
        if not file.is_file():
            raise Refused(f"There is no file {file}. Name a backup that “qa backup” wrote.")
        url = address_of(database)
        make_folder(url)
        with opened(f"sqlite:///{file.resolve()}") as source, opened(url) as target:
            office = check_has_office(source)
            check_version(source)
            check_holds(source)
            copied = copy_office(source, target, progress=tell)
            place = shown(target)
    _say(f"The office {office.name} is restored to {place}", copied, {"database": place}, as_json=as_json)


def move(
    to: Annotated[str, typer.Option(help="The address of the empty database to move to.")],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Copy an office to another database, such as one of PostgreSQL, and prove that nothing differs."""
    with refusals(), opened(address_of(database)) as source, opened(address_of(to)) as target:
        office = check_has_office(source)
        check_version(source)
        copied = copy_office(source, target, progress=tell)
        place = shown(target)
    _say(
        f"The office {office.name} is copied to {place}. Start it there with --database or QA_DATABASE_URL; "
        "keep the old database until you have looked",
        copied,
        {"database": place},
        as_json=as_json,
    )


def _say(words: str, copied: Copied, result: dict[str, object], *, as_json: bool) -> None:
    say(
        f"{words}: {copied.total:,} rows in {len(copied.rows)} tables, each table the same by its hash. The "
        f"audit trail holds: {copied.audit_entries:,} entries, the last hash is {copied.audit_sha256}.",
        result
        | {
            "rows": copied.rows,
            "audit_entries": copied.audit_entries,
            "audit_sha256": copied.audit_sha256,
        },
        as_json=as_json,
    )
