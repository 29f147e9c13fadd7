"""A review team's list of learning points, CSV or Excel: read with every refusal, taken in whole or not."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.point_rows import (
    CASE,
    COLUMNS,
    KIND,
    LEARNED,
    ListedPoint,
    RefusedCell,
    books_for,
    read_row,
)
from learning_register.raising import place
from learning_register.recording import keep_point
from learning_register.tables import LearningImport, LearningPoint, Source
from sampling.records import audit_trail
from sampling.records.case_files import read_table
from sampling.records.case_rows import as_text
from sampling.records.case_table import Table
from sampling.records.database import now
from sampling.records.people import Person, Role, Team, check_may_act_as, may_act_as
from sampling.refused import Refused

MOST_ROWS: Final = 5_000
_MAY_IMPORT: Final = (Role.QA_REVIEWER, Role.HEAD)


@dataclass(frozen=True)
class PointList:
    """A review team's list as it was read. It can be taken in once nothing of it is refused."""

    file_name: str
    sha256: str
    points: tuple[ListedPoint, ...]
    refused: tuple[RefusedCell, ...]
    notes: tuple[str, ...]


def may_import_points(session: Session, person: Person) -> bool:
    """Whether a person may take in a review team's list."""
    return may_act_as(session, person, _MAY_IMPORT)


def read_point_list(session: Session, data: bytes, file_name: str, *, by: Person) -> PointList:
    """What stands in a list, row by row, and every cell that cannot be taken in with the reason.

    Refused whole: a file that cannot be read, has not the columns of `COLUMNS`, or was taken in before.
    """
    check_may_act_as(session, by, *_MAY_IMPORT)
    sha256 = hashlib.sha256(data).hexdigest()
    _check_new(session, sha256)
    table = read_table(data, file_name)
    places, notes = _columns(table)
    rows = {
        number: {name: as_text(cells[at]).strip() for name, at in places.items()}
        for number, cells in enumerate(table.rows, start=table.header_row + 1)
        if any(cell is not None for cell in cells)
    }
    if len(rows) > MOST_ROWS:
        raise Refused(f"{file_name} has {len(rows):,} rows; the most is {MOST_ROWS:,}. Import it in parts.")
    books = books_for(session, [texts[CASE] for texts in rows.values() if texts.get(CASE)])
    points: list[ListedPoint] = []
    refused: list[RefusedCell] = []
    said: dict[tuple[str, str], int] = {}
    for number, texts in rows.items():
        point, problems = read_row(session, number, texts, books)
        refused += problems
        if point is None:
            continue
        same = said.setdefault((point.lesson.description.casefold(), point.reference.upper()), number)
        if same != number:
            reason = f"Row {same} says the same of the same case. Keep one of the two."
            refused.append(RefusedCell(number, LEARNED, point.lesson.description, reason))
        points.append(point)
    return PointList(file_name, sha256, tuple(points), tuple(refused), (*table.notes, *notes))


def template() -> pd.DataFrame:
    """A list to begin with: the names of its columns."""
    return pd.DataFrame(columns=list(COLUMNS))


def import_points(
    session: Session, listed: PointList, *, names_confirmed: bool, by: Person
) -> LearningImport:
    """Take in a list that was read: every point of it, each under the rules of its kind.

    `names_confirmed`: whoever imports it was shown the words that may name people, and keeps them.
    """
    check_may_act_as(session, by, *_MAY_IMPORT)
    _check_new(session, listed.sha256)
    if listed.refused:
        raise Refused(
            "The list has rows that are refused, so nothing was taken in. Mend them in the file first."
        )
    if not listed.points:
        raise Refused("There is no learning point in the list. Add some below the names of the columns.")
    taken = LearningImport(
        file_name=listed.file_name,
        file_sha256=listed.sha256,
        points=len(listed.points),
        imported_at=now(session),
        imported_by_id=by.id,
    )
    session.add(taken)
    session.flush()
    for row in listed.points:
        point = LearningPoint(
            source=Source.REVIEW_TEAM, import_id=taken.id, source_note=row.note or f"Row {row.row}"
        )
        place(
            session,
            point,
            reference=row.reference,
            team=None if row.team_id is None else session.get_one(Team, row.team_id),
            about=None if row.person_id is None else session.get_one(Person, row.person_id),
            by=by,
        )
        lesson = replace(row.lesson, names_confirmed=names_confirmed)
        keep_point(session, point, lesson, named=row.named, by=by)
    audit_trail.record(
        session,
        "import_learning",
        f"learning import {taken.id}",
        by=by,
        file=listed.file_name,
        sha256=listed.sha256,
        points=len(listed.points),
    )
    return taken


def _check_new(session: Session, sha256: str) -> None:
    before = session.scalars(select(LearningImport).where(LearningImport.file_sha256 == sha256)).first()
    if before is not None:
        raise Refused(
            f"This file was taken in on {before.imported_at:%d %B %Y} as {before.file_name}. "
            "Choose another one: each list is taken in once."
        )


def _columns(table: Table) -> tuple[dict[str, int], list[str]]:
    """Where each known column is, and a sentence on those left out."""
    names = {name.casefold(): at for at, name in enumerate(table.columns)}
    places = {name: names[name.casefold()] for name in COLUMNS if name.casefold() in names}
    missing = [name for name in (KIND, LEARNED) if name not in places]
    if missing:
        raise Refused(
            f"The file has no column “{missing[0]}”. Name its columns as the template does; "
            "the first two are needed."
        )
    others = [name for at, name in enumerate(table.columns) if at not in places.values()]
    listed = ", ".join(f"“{name}”" for name in others)
    return places, [f"Columns that are not in the template were left out: {listed}."] if others else []
