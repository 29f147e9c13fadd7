"""`qa subject-access`: everything the database holds about one person, for that person, in one file."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from sqlalchemy import Column, LargeBinary, Table, and_, false, or_, select
from sqlalchemy.orm import Session

from qa_app.command_parts import Database, Json, address_of, check_has_office, opened, refusals, say
from qa_app.migrating import check_version
from sampling.records import audit_trail
from sampling.records.database import Base, writing
from sampling.records.downloads import as_csv
from sampling.records.people import Person, person_by_email
from sampling.records.readings import readings_about
from sampling.refused import Refused
from sampling.tables import FrameCase, SampledCase
from scorecards.tables import Review

# Secrets of signing in. That somebody signed in, and when, is in the audit trail.
_LEFT_OUT: Final = frozenset({"sign_in_session", "failed_sign_in"})
_HIDDEN: Final = frozenset({"password_hash"})
_READ_ME: Final = (
    "Each table as CSV, and all of them in records.json: every row that names the person, the reviews they "
    "wrote or that were written of their cases with all that hangs on these, and what the audit trail has of "
    "them; who_read_their_results says who that was, and on which screen. Texts may name them elsewhere, and "
    "these rows may name others: read all before handing it on.\n"
)


def subject_access(
    person: Annotated[
        str, typer.Option(help="The address they sign in with, or their name in the case system.")
    ],
    out: Annotated[Path, typer.Option(help="The file to write, a ZIP archive.")],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write all records of one person into a file. That this was done is entered into the audit trail."""
    with refusals():
        if out.exists():
            raise Refused(f"{out} is there already, and nothing is written over. Name another file.")
        if not out.parent.is_dir():
            raise Refused(f"There is no folder {out.parent}. Make it first, or name another.")
        with opened(address_of(database)) as engine:
            check_has_office(engine)
            check_version(engine)
            with writing(engine, source="command line") as session:
                found = _person(session, person)
                records = {name: frame for name, frame in _records(session, found) if not frame.empty}
                readers = readings_about(session, found, findings=True)
                if readers:
                    records["who_read_their_results"] = pd.DataFrame([vars(one) for one in readers])
                counts = {name: len(frame) for name, frame in records.items()}
                audit_trail.record(session, "subject_access", f"person {found.id}", by=None, rows=counts)
                name = found.name
        try:
            out.write_bytes(_archive(records))
        except OSError as error:
            raise Refused(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
    say(
        f"{sum(counts.values()):,} rows of {len(counts)} tables about {name} are in {out}. Read them before "
        "you hand them on: they may name others.",
        {"file": str(out), "person": found.id, "rows": counts},
        as_json=as_json,
    )


def _person(session: Session, named: str) -> Person:
    by_name = select(Person).where(Person.case_system_name == named.strip())
    found = person_by_email(session, named) or session.scalars(by_name).first()
    if found is None:
        raise Refused(f"Nobody here signs in as {named}, or has that name in the case system.")
    return found


def _records(session: Session, person: Person) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each table that are about a person, found by what its columns point to.

    So a table that is added later is not forgotten.
    """
    of_their_cases = (
        select(SampledCase.id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .where(FrameCase.caseworker_id == person.id)
    )
    reviews = select(Review.id).where(
        or_(Review.reviewer_id == person.id, Review.sampled_case_id.in_(of_their_cases))
    )
    for table in Base.metadata.sorted_tables:
        if table.name in _LEFT_OUT:
            continue
        about = [column == person.id for column in _pointing_to(table, "person")]
        about += [column.in_(reviews) for column in _pointing_to(table, "review")]
        if table.name == "person":
            about.append(table.c.id == person.id)
        elif table.name == "review":
            about.append(table.c.id.in_(reviews))
        elif table.name == "audit_entry":
            about.append(table.c.subject == f"person {person.id}")
        elif table.name == "audit_change":  # what their own row was before
            about.append(and_(table.c.table_name == "person", table.c.row_key == str(person.id)))
        columns = [
            column
            for column in table.columns
            if column.name not in _HIDDEN and not isinstance(column.type, LargeBinary)
        ]
        query = select(*columns).where(or_(false(), *about)).order_by(*table.primary_key.columns)
        yield (
            table.name,
            pd.DataFrame(session.execute(query).all(), columns=[one.name for one in columns], dtype=object),
        )


def _pointing_to(table: Table, name: str) -> list[Column[Any]]:
    """The columns of a table that point to the rows of another."""
    return [
        column
        for column in table.columns
        if any(key.column.table.name == name for key in column.foreign_keys)
    ]


def _archive(records: dict[str, pd.DataFrame]) -> bytes:
    rows = {name: frame.to_dict("records") for name, frame in records.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("read-me.txt", _READ_ME)
        archive.writestr("records.json", json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        for name, frame in records.items():
            archive.writestr(f"{name}.csv", as_csv(frame))
    return out.getvalue()
