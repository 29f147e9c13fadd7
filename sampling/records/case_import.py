"""Taking extracts of the case system into the books, and taking the newest back.

An import is one transaction. Rows that were refused never enter; the others do, and the
refused ones are counted on the import. Names of teams and people that nobody has yet are made:
a person known only from extracts has a name in the case system and no sign-in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from sampling.records import audit_trail
from sampling.records.case_comparison import COLUMNS, compare, names_in
from sampling.records.case_import_history import in_words, newer_import, newest_import, restored
from sampling.records.case_mapping import Mapping, from_json, to_json
from sampling.records.case_rows import ParsedExtract
from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import OFFICE_TIME, now
from sampling.records.people import Person, Role, Team, check_may_act_as, may_act_as
from sampling.refused import Refused

Progress = Callable[[float, str], object]

_IMPORTERS = (Role.ADMINISTRATOR, Role.HEAD, Role.QA_REVIEWER)
_CHUNK = 5000


@dataclass(frozen=True)
class Preview:
    """What an import would do: numbers of cases, and the names it would make.

    `older_than` is the import whose extract is newer than this one; `same_file` the newest
    import, when it was of this very file with this mapping and would be refused.
    """

    new: int
    changed: int
    same: int
    vanished: int
    vanished_references: tuple[str, ...]
    rows_refused: int
    new_teams: tuple[str, ...]
    new_people: tuple[str, ...]
    older_than: Import | None
    same_file: Import | None


def may_import(session: Session, person: Person) -> bool:
    """Whether a person may take in extracts: administrators, the Head and QA reviewers may."""
    return may_act_as(session, person, _IMPORTERS)


def check_may_import(session: Session, person: Person) -> None:
    check_may_act_as(session, person, *_IMPORTERS)


def preview_import(
    session: Session,
    extract: ParsedExtract,
    *,
    as_at: datetime,
    file_sha256: str | None = None,
    mapping: Mapping | None = None,
) -> Preview:
    """What importing this extract would do to the books as they are now. Changes nothing.

    Whether it is the same file as before is told only with its SHA-256 and the mapping.
    """
    names = names_in(session, extract)
    found = compare(session, extract, names)
    return Preview(
        new=len(found.new),
        changed=len(found.changed),
        same=found.same,
        vanished=len(found.vanished),
        vanished_references=found.vanished,
        rows_refused=extract.rows_refused,
        new_teams=names.new_teams,
        new_people=names.new_people,
        older_than=newer_import(session, _moment(as_at)),
        same_file=_same_import(session, file_sha256, mapping, _moment(as_at)),
    )


def import_cases(
    session: Session,
    extract: ParsedExtract,
    *,
    file_name: str,
    file_sha256: str,
    as_at: datetime,
    mapping: Mapping,
    mapping_name: str | None = None,
    confirm_older: bool = False,
    by: Person,
    progress: Progress | None = None,
) -> Import:
    """Take an extract into the books; each changed case keeps what it was (`CaseBefore`).

    `as_at` is the moment the extract was made; without a zone it is the office's time.
    Cases that vanished from the extract are counted and left alone.

    The same file with the same mapping as the newest import is refused and changes nothing. (If
    that import had refused rows, a corrected `as_at` makes it another import.)
    An extract older than one already imported is refused unless `confirm_older`. Then it counts as
    a correction: what it says replaces what the newer one said, each changed case keeps the newer
    facts among what it was, and a note on the import says so.
    """
    check_may_import(session, by)
    tell = progress or (lambda _share, _sentence: None)
    as_at = _moment(as_at)
    _hold_off_others(session)
    corrects = _check_may_enter(session, extract, file_sha256, mapping, as_at, confirm_older)
    tell(0.05, "Looking up teams and people")
    names = names_in(session, extract)
    if names.new_teams:
        session.execute(insert(Team), [{"name": name} for name in names.new_teams])
    if names.new_people:
        people = [{"name": name, "case_system_name": name} for name in names.new_people]
        session.execute(insert(Person), people)
    tell(0.1, f"Comparing {len(extract.rows):,} cases with the books")
    found = compare(session, extract, names_in(session, extract))
    made = Import(
        file_name=file_name,
        file_sha256=file_sha256,
        as_at=as_at,
        mapping_name=mapping_name,
        mapping=to_json(mapping),
        dropped_columns=list(extract.dropped_columns),
        notes=[*extract.notes, *corrects],
        cases_new=len(found.new),
        cases_changed=len(found.changed),
        cases_same=found.same,
        cases_vanished=len(found.vanished),
        rows_refused=extract.rows_refused,
        by_id=by.id,
        at=now(session),
    )
    session.add(made)
    session.flush()
    writer = _Writer(session, len(found.new) + 2 * len(found.changed), tell)
    ids = {"first_import_id": made.id, "last_import_id": made.id}
    writer.insert(Case, [row | ids for row in found.new])
    writer.insert(
        CaseBefore,
        [{"import_id": made.id, "case_id": case.case_id, "before": case.before} for case in found.changed],
    )
    writer.update([_update(case.case_id, case.values, made.id) for case in found.changed])
    audit_trail.record(
        session,
        "import_cases",
        f"import {made.id}",
        by=by,
        file_name=file_name,
        file_sha256=file_sha256,
        new=made.cases_new,
        changed=made.cases_changed,
        same=made.cases_same,
        vanished=made.cases_vanished,
        refused=made.rows_refused,
        teams_made=list(names.new_teams),
        people_made=len(names.new_people),
        is_correction=bool(corrects),
    )
    session.flush()
    tell(1.0, f"Imported {len(extract.rows):,} cases")
    return made


def _hold_off_others(session: Session) -> None:
    """One import at a time: SQLite lets only one transaction write, PostgreSQL must be asked to."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text('LOCK TABLE "case" IN SHARE ROW EXCLUSIVE MODE'))


def _check_may_enter(
    session: Session,
    extract: ParsedExtract,
    file_sha256: str,
    mapping: Mapping,
    as_at: datetime,
    confirm_older: bool,
) -> list[str]:
    """Refuse what must not be imported now; return what is to be noted where it may."""
    if as_at > now(session):
        raise Refused(
            f"The extract is said to be made on {in_words(as_at)}, which is yet to come. Correct that time."
        )
    if not extract.rows:
        raise Refused(
            f"None of the {extract.rows_refused:,} rows can be imported. "
            "Look at the refused rows: most likely a column or a date format is chosen wrongly."
        )
    same = _same_import(session, file_sha256, mapping, as_at)
    if same is not None:
        raise Refused(
            f"This file was imported before, on {in_words(same.at)}, with the same mapping. "
            "Nothing was changed."
        )
    newer = newer_import(session, as_at)
    if newer is None:
        return []
    if not confirm_older:
        raise Refused(
            f"This extract of {in_words(as_at)} is older than {newer.file_name} of {in_words(newer.as_at)}. "
            "Choose a newer extract, or confirm that this one is meant as a correction."
        )
    return [
        f"This extract is older than import {newer.id}, of {in_words(newer.as_at)}: "
        "it was confirmed as a correction."
    ]


def undo_import(session: Session, import_: Import, *, by: Person) -> None:
    """Take the newest import back: the cases it added go, those it changed are what they were.

    Teams and people it made stay, since they may have been given roles since. Whether a frame
    has been frozen from it is for the caller to check.
    """
    check_may_import(session, by)
    _hold_off_others(session)
    if import_.undone_at is not None:
        raise Refused(
            f"The import of {import_.file_name} was already undone, on {in_words(import_.undone_at)}."
        )
    newest = newest_import(session)
    if newest is None or newest.id != import_.id:
        raise Refused(
            f"Only the newest import can be undone, and {import_.file_name} is not. "
            + (f"Undo {newest.file_name} first." if newest is not None else "")
        )
    rows = session.execute(
        select(CaseBefore.before, Case.id, *(getattr(Case, name) for name in COLUMNS))
        .join(Case, CaseBefore.case_id == Case.id)
        .where(CaseBefore.import_id == import_.id)
    ).all()
    writer = _Writer(session, len(rows), lambda _share, _sentence: None)
    writer.update(
        [
            _update(
                case_id,
                dict(zip(COLUMNS, values, strict=True)) | restored(before),
                before["last_import_id"],
            )
            for before, case_id, *values in rows
        ]
    )
    session.execute(delete(CaseBefore).where(CaseBefore.import_id == import_.id))
    session.execute(delete(Case).where(Case.first_import_id == import_.id))
    import_.undone_at = now(session)
    import_.undone_by_id = by.id
    audit_trail.record(
        session,
        "undo_import",
        f"import {import_.id}",
        by=by,
        removed=import_.cases_new,
        restored=import_.cases_changed,
    )
    session.flush()


class _Writer:
    """Writes many rows in portions, telling how far it is."""

    def __init__(self, session: Session, rows: int, tell: Progress) -> None:
        # Core statements on the connection: as fast as the driver, and no objects to keep in step.
        self._connection = session.connection()
        self._rows = max(rows, 1)
        self._done = 0
        self._tell = tell

    def insert(self, table: type[Case] | type[CaseBefore], rows: Sequence[dict[str, Any]]) -> None:
        self._execute(insert(table), rows)

    def update(self, rows: Sequence[dict[str, Any]]) -> None:
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in (*COLUMNS, "reference_key", "last_import_id")
        }
        self._execute(update(Case).where(Case.id == bindparam("case_id")).values(values), rows)

    def _execute(self, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(rows), _CHUNK):
            portion = rows[start : start + _CHUNK]
            self._connection.execute(statement, portion)
            self._done += len(portion)
            self._tell(0.3 + 0.69 * self._done / self._rows, f"Written {self._done:,} of {self._rows:,} rows")


def _update(case_id: int, values: dict[str, Any], last_import_id: int) -> dict[str, Any]:
    row = {f"new_{name}": values[name] for name in COLUMNS}
    key = values["reference"].upper()
    return row | {"case_id": case_id, "new_reference_key": key, "new_last_import_id": last_import_id}


def _same_import(
    session: Session, file_sha256: str | None, mapping: Mapping | None, as_at: datetime
) -> Import | None:
    newest = newest_import(session)
    if newest is None or mapping is None or newest.file_sha256 != file_sha256:
        return None
    # Read again, since a mapping that was kept may be older than a field it leaves out.
    if from_json(newest.mapping) != mapping or (newest.rows_refused and newest.as_at != as_at):
        return None
    return newest


def _moment(as_at: datetime) -> datetime:
    return as_at if as_at.tzinfo is not None else as_at.replace(tzinfo=OFFICE_TIME)
