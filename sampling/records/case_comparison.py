"""What an extract would change in the books: cases new, changed, the same, and vanished from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from sampling.records.case_mapping import FIELDS
from sampling.records.case_rows import ParsedCase, ParsedExtract
from sampling.records.cases import Case
from sampling.records.people import Person, Team
from sampling.records.retention import RecordClass
from sampling.records.tables_retention import DisposedRecord
from sampling.refused import Refused

TEAMS: Final = ("team",)
PEOPLE: Final = ("caseworker", "decided_by", "approved_by")

# The column of each field of a case; the order of COLUMNS is that of the tuples compared here.
COLUMN_OF: Final = {name: f"{name}_id" if name in TEAMS + PEOPLE else name for name in FIELDS} | {
    "attributes": "attributes"
}
COLUMNS: Final = tuple(COLUMN_OF.values())
_ATTRIBUTES = COLUMNS.index("attributes")
_RECEIVED, _CLOSED = COLUMNS.index("received_on"), COLUMNS.index("closed_on")


@dataclass(frozen=True)
class Names:
    """The id of every team and person named in an extract, and the names nobody knew before."""

    teams: dict[str | None, int | None]
    people: dict[str | None, int | None]
    new_teams: tuple[str, ...]
    new_people: tuple[str, ...]


@dataclass(frozen=True)
class ChangedCase:
    case_id: int
    values: dict[str, Any]
    before: dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """`new` are whole rows for the table of cases but for the import; `vanished` are references."""

    new: list[dict[str, Any]]
    changed: list[ChangedCase]
    same: int
    vanished: tuple[str, ...]


def names_in(session: Session, extract: ParsedExtract) -> Names:
    """Who is meant by the names in an extract, without regard to case and surrounding spaces.

    A name that nobody has yet stands with a negative id, so that it equals no team or person.
    """
    teams, new_teams = _ids(session, Team.id, Team.name, (case.team for case in extract.rows))
    people, new_people = _ids(
        session,
        Person.id,
        Person.case_system_name,
        (name for case in extract.rows for name in (case.caseworker, case.decided_by, case.approved_by)),
    )
    return Names(teams, people, new_teams, new_people)


def _ids(
    session: Session,
    id_column: InstrumentedAttribute[int],
    name_column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    names: Iterable[str | None],
) -> tuple[dict[str | None, int | None], tuple[str, ...]]:
    rows = session.execute(select(id_column, name_column).order_by(id_column.desc()))
    exact: dict[str, int] = {}
    alike: dict[str, int] = {}
    for number, name in rows:
        if name is not None:
            exact[name] = alike[_alike(name)] = number
    new: dict[str, str] = {}
    ids: dict[str | None, int | None] = {None: None}
    for name in dict.fromkeys(names):
        if name is not None:
            key = _alike(name)
            if name not in exact and key not in alike:
                alike[key] = -len(new) - 1
                new[key] = name.strip()
            ids[name] = exact.get(name, alike[key])
    return ids, tuple(new.values())


def _alike(name: str) -> str:
    return name.strip().casefold()


def compare(session: Session, extract: ParsedExtract, names: Names) -> Comparison:
    """Set the cases of an extract against those in the books.

    Fields the extract says nothing of stay as they are, and so do attributes it does not name.
    With one fixed team for the whole file, only cases of that team can have vanished.
    """
    rows = session.execute(
        select(
            Case.reference_key, Case.id, Case.last_import_id, *(getattr(Case, column) for column in COLUMNS)
        )
    )
    known = {key: (case_id, import_id, tuple(values)) for key, case_id, import_id, *values in rows}
    told = [name in extract.told or name in ("reference", "state") for name in COLUMN_OF]
    new: list[dict[str, Any]] = []
    changed: list[ChangedCase] = []
    seen = set(extract.refused_references)
    for case in extract.rows:
        key = case.reference.upper()
        seen.add(key)
        values = _values(case, names)
        if key not in known:
            new.append(dict(zip(COLUMNS, values, strict=True)) | {"reference_key": key})
            continue
        case_id, import_id, old = known[key]
        values = [value if is_told else was for value, was, is_told in zip(values, old, told, strict=True)]
        values[_ATTRIBUTES] = {**old[_ATTRIBUTES], **case.attributes}
        if tuple(values) != old:
            _check_dates(case, values)
            pairs = zip(COLUMNS, old, values, strict=True)
            before = {name: plain(was) for name, was, value in pairs if was != value}
            after = dict(zip(COLUMNS, values, strict=True))
            changed.append(ChangedCase(case_id, after, before | {"last_import_id": import_id}))
    team = names.teams.get(extract.team_name)
    # What was disposed of has no reference that an extract could bring again.
    disposed = set(
        session.scalars(select(DisposedRecord.record_id).where(DisposedRecord.kind == RecordClass.CASES))
    )
    team_at = COLUMNS.index("team_id")
    vanished = tuple(
        old[0]
        for key, (case_id, _, old) in known.items()
        if key not in seen and case_id not in disposed and (extract.team_name is None or old[team_at] == team)
    )
    return Comparison(new, changed, len(extract.rows) - len(new) - len(changed), vanished)


def _values(case: ParsedCase, names: Names) -> list[Any]:
    return [
        case.reference,
        case.state,
        names.teams[case.team],
        names.people[case.caseworker],
        names.people[case.decided_by],
        names.people[case.approved_by],
        case.received_on,
        case.allocated_on,
        case.closed_on,
        case.case_type,
        case.stage,
        case.outcome,
        case.risk,
        case.system_id,
        case.attributes,
    ]


def _check_dates(case: ParsedCase, values: list[Any]) -> None:
    """An extract with only one of the two dates may contradict the other, which an earlier one told."""
    received, closed = values[_RECEIVED], values[_CLOSED]
    if received is not None and closed is not None and closed < received:
        raise Refused(
            f"Row {case.row:,}: with this extract, case {case.reference} would be closed on {closed:%d/%m/%Y}"
            f", before it was received on {received:%d/%m/%Y}, as an earlier import says. "
            "Import an extract that has both dates."
        )


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    return value.isoformat() if isinstance(value, date) else value
