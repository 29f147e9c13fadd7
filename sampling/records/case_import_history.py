"""The imports there were, and what each of them changed."""

from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.records.case_comparison import COLUMN_OF, COLUMNS, PEOPLE, TEAMS, plain
from sampling.records.case_mapping import DATE_FIELDS, FIELDS
from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Team

_SHOWN: Final = (
    "id",
    "file_name",
    "as_at",
    "at",
    "mapping_name",
    "cases_new",
    "cases_changed",
    "cases_same",
    "cases_vanished",
    "rows_refused",
    "undone_at",
)
_FIELD_OF: Final = {column: field for field, column in COLUMN_OF.items()}


def newest_import(session: Session) -> Import | None:
    """The import taken in last and not undone."""
    return session.scalars(
        select(Import).where(Import.undone_at.is_(None)).order_by(Import.id.desc()).limit(1)
    ).first()


def newer_import(session: Session, as_at: datetime) -> Import | None:
    """The newest extract in the books that was made after a moment, or None."""
    return session.scalars(
        select(Import)
        .where(Import.undone_at.is_(None), Import.as_at > as_at)
        .order_by(Import.as_at.desc())
        .limit(1)
    ).first()


def imports(session: Session) -> pd.DataFrame:
    """Every import, the newest first, with who took it in and what it did."""
    columns = [getattr(Import, name) for name in _SHOWN]
    rows = session.execute(
        select(*columns, Person.name).join(Person, Person.id == Import.by_id).order_by(Import.id.desc())
    )
    return pd.DataFrame([tuple(row) for row in rows], columns=[*_SHOWN, "by"])


def changed_cases(session: Session, import_id: int) -> pd.DataFrame:
    """What an import changed, a row per case and field: reference, field, was, became.

    `became` is what this import said, even where a later one changed it again.
    """
    of_import = select(CaseBefore.case_id).where(CaseBefore.import_id == import_id)
    current = {
        case_id: dict(zip(COLUMNS, values, strict=True))
        for case_id, *values in session.execute(
            select(Case.id, *(getattr(Case, name) for name in COLUMNS)).where(Case.id.in_(of_import))
        )
    }
    # From the newest import back to this one, each step takes a case back to what it was before it.
    steps = session.execute(
        select(CaseBefore.import_id, CaseBefore.case_id, CaseBefore.before)
        .where(CaseBefore.case_id.in_(of_import), CaseBefore.import_id >= import_id)
        .order_by(CaseBefore.import_id.desc(), CaseBefore.case_id)
    ).all()
    said = _Names(session)
    rows: list[tuple[str, str, Any, Any]] = []
    for step_id, case_id, before in steps:
        if step_id != import_id:
            current[case_id] |= restored(before)
            continue
        became = current[case_id]
        for column, was in before.items():
            if column == "attributes":
                rows += [
                    (became["reference"], name, was.get(name), became["attributes"].get(name))
                    for name in {**was, **became["attributes"]}
                    if was.get(name) != became["attributes"].get(name)
                ]
            elif column != "last_import_id":
                name = FIELDS[_FIELD_OF[column]]
                pair = said.of(column, was), said.of(column, plain(became[column]))
                rows.append((became["reference"], name, *pair))
    # As objects, or pandas would turn None into NaN.
    return pd.DataFrame(rows, columns=["reference", "field", "was", "became"], dtype=object)


class _Names:
    """Teams and people by id, for showing."""

    def __init__(self, session: Session) -> None:
        self._teams = {number: name for number, name in session.execute(select(Team.id, Team.name))}  # noqa: C416
        self._people = {number: name for number, name in session.execute(select(Person.id, Person.name))}  # noqa: C416

    def of(self, column: str, value: Any) -> Any:
        field = _FIELD_OF[column]
        if value is None or field not in TEAMS + PEOPLE:
            return value
        return (self._teams if field in TEAMS else self._people)[value]


def restored(before: dict[str, Any]) -> dict[str, Any]:
    """What a case was, with dates as dates again."""
    return {
        name: date.fromisoformat(value) if name in DATE_FIELDS and value is not None else value
        for name, value in before.items()
    }


def in_words(moment: datetime) -> str:
    """A moment as the office writes it: 16 May 2016 at 09:00."""
    local = moment.astimezone(OFFICE_TIME)
    return f"{local.day} {local:%B %Y at %H:%M}"
