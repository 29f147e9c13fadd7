"""The cases as the imports up to a moment told them, so that a figure of a past day can be worked out again.

What each import changed is kept (`CaseBefore`), so the books can be read as they stood. Imports that were
taken back leave nothing, and are as if they had never been.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.cases import Case, CaseBefore, Import
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, Team, may_act_as, teams_managed
from sampling.records.readings import note_reading
from sampling.records.retention import RecordClass
from sampling.records.settings import setting
from sampling.records.tables_retention import DisposedRecord
from sampling.refused import Refused

# In the same words for both, and without a reference: nobody reads off by number which cases there are.
NO_SUCH_CASE: Final = (
    "There is no such case, or it is not yours to see: that is for the line manager of its team and the Head "
    "of Customer Care."
)
_COLUMNS: Final = (
    "reference",
    "state",
    "case_type",
    "risk",
    "team_id",
    "caseworker_id",
    "received_on",
    "allocated_on",
    "closed_on",
)
_DATES: Final = ("received_on", "allocated_on", "closed_on")
_FEW_VALUES: Final = ("state", "case_type", "risk")
# The days that are kept in a further column of the extracts, and the setting that names it.
FURTHER_DAYS: Final = {
    "passed_on": "passed_on_column",
    "acknowledged_on": "acknowledged_column",
    "updated_on": "updated_column",
    "incident_on": "incident_column",
}


@dataclass(frozen=True)
class CasesAsAt:
    """The cases as they were told, and `day`, on which the newest extract was made; None without imports.

    `frame` has a row a case: `case_id`, `reference`, `state`, `case_type`, `risk`, `team_id`,
    `caseworker_id`, `received_on`, `allocated_on`, `closed_on`, and each of `FURTHER_DAYS` that the office
    has a column for.
    """

    frame: pd.DataFrame
    day: date | None


def key_of_cases(session: Session, moment: datetime) -> tuple[str, ...]:
    """What tells the cases of one moment from those of another: the same key means the same cases.

    Every import with whether it was undone and whether it counts, the further columns that hold days, and how
    many cases were disposed of.
    """
    imports = session.execute(
        select(Import.id, Import.file_sha256, Import.at, Import.undone_at).order_by(Import.id)
    )
    further = _further_columns(session, moment.astimezone(OFFICE_TIME).date())
    told = [
        f"{number} {sha256} {at.isoformat()} {undone} {at <= moment}"
        for number, sha256, at, undone in imports
    ]
    disposed = session.scalar(
        select(func.count()).select_from(DisposedRecord).where(DisposedRecord.kind == RecordClass.CASES)
    )
    return (*told, *(f"{days} {column}" for days, column in further.items()), f"{disposed} disposed of")


def cases_as_at(session: Session, moment: datetime) -> CasesAsAt:
    """Every case as the imports taken in up to a moment told it."""
    newest, day = session.execute(
        select(func.max(Import.id), func.max(Import.as_at)).where(
            Import.undone_at.is_(None), Import.at <= moment
        )
    ).one()
    further = _further_columns(session, moment.astimezone(OFFICE_TIME).date())
    columns = [getattr(Case, name) for name in _COLUMNS]
    columns += [Case.attributes[name].as_string() for name in further.values()]
    told = select(Case.id, *columns).where(Case.first_import_id <= (newest or 0)).order_by(Case.id)
    rows = session.execute(told).all()
    names = ["case_id", *_COLUMNS, *further]
    frame = pd.DataFrame.from_records(rows, columns=names)
    before = _before(session, newest or 0, further)
    if before:
        frame = _put_back(frame, before)
    return CasesAsAt(_typed(frame), day.astimezone(OFFICE_TIME).date() if day else None)


def may_see_case(session: Session, case: Case, person: Person) -> bool:
    """Whether a case is of a team that the person manages, or they head the office."""
    return case.team_id in teams_managed(session, person) or may_act_as(session, person, (Role.HEAD,))


def check_may_see_case(session: Session, case: Case, person: Person) -> None:
    if not may_see_case(session, case, person):
        # Without its reference: by the numbers in the address one could read off those of all cases.
        raise Refused(NO_SUCH_CASE)


def seen_by(session: Session, cases: CasesAsAt, person: Person, *, named: bool = True) -> CasesAsAt:
    """The cases that a person may see, with `team` and `caseworker` in words.

    Caseworkers of a team that the person does not manage are numbered, not named; without `named`, for what
    shows nobody, all are. Refused for whoever manages no team and does not head the office.
    """
    if not may_act_as(session, person, (Role.HEAD, Role.LINE_MANAGER)):
        raise Refused(
            "Cases are shown to line managers, for their own team, and to the Head of Customer Care. "
            "An administrator gives out roles."
        )
    own = teams_managed(session, person)
    frame = cases.frame
    if not may_act_as(session, person, (Role.HEAD,)):
        frame = frame[frame["team_id"].isin(own)]
    teams = dict(session.execute(select(Team.id, Team.name)).all())
    people, named_here = _names_of(session, frame, own if named else [])
    note_reading(session, named_here, by=person)
    shown = frame.assign(
        # As objects: where nobody at all is named the column is one of numbers, which takes no words.
        team=frame["team_id"].map(teams).astype(object).fillna("No team"),
        caseworker=frame["caseworker_id"].map(people).astype(object).fillna("No caseworker yet"),
    )
    return replace(cases, frame=shown)


def _names_of(
    session: Session, frame: pd.DataFrame, own: Iterable[int]
) -> tuple[dict[int, str], AbstractSet[int]]:
    """The name of each caseworker whose cases are all in teams that the reader manages; else a number.

    And who is named.
    """
    pairs = frame[["caseworker_id", "team_id"]].drop_duplicates().dropna(subset=["caseworker_id"])
    others = set(pairs.loc[~pairs["team_id"].isin(list(own)), "caseworker_id"])
    names = dict(session.execute(select(Person.id, Person.name)).all())
    # In the order of their names, which tells nobody's: numbers stay the same from screen to screen.
    unnamed = sorted(others, key=lambda number: (names.get(number, ""), number))
    numbered = {number: f"Caseworker {place}" for place, number in enumerate(unnamed, start=1)}
    shown = {number: numbered.get(number, names.get(number, "")) for number in pairs["caseworker_id"]}
    return shown, shown.keys() - numbered.keys()


def _further_columns(session: Session, day: date) -> dict[str, str]:
    named = {days: setting(session, name, day) for days, name in FURTHER_DAYS.items()}
    return {days: column for days, column in named.items() if column}


def _before(session: Session, newest: int, further: dict[str, str]) -> dict[int, dict[str, Any]]:
    """What each case was at the end of an import, where a later one has changed it."""
    steps = session.execute(
        select(CaseBefore.case_id, CaseBefore.before)
        .where(CaseBefore.import_id > newest)
        .order_by(CaseBefore.import_id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for case_id, before in steps:
        was = {name: before[name] for name in _COLUMNS if name in before}
        if "attributes" in before:
            was |= {days: before["attributes"].get(column) for days, column in further.items()}
        # From the newest import back, each step takes a case to what it was before it.
        found.setdefault(case_id, {}).update(was)
    return found


def _put_back(frame: pd.DataFrame, before: dict[int, dict[str, Any]]) -> pd.DataFrame:
    places = {case_id: place for place, case_id in enumerate(frame["case_id"])}
    columns = {name: frame[name].astype(object).to_numpy(copy=True) for name in frame.columns}
    for case_id, was in before.items():
        place = places.get(case_id)  # a case that came later is not among them
        if place is not None:
            for name, value in was.items():
                columns[name][place] = value
    return pd.DataFrame(columns)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Days as days (what is no day is missing), and columns of few values as categories."""
    days = [name for name in frame.columns if name in _DATES or name in FURTHER_DAYS]
    kinds = {"case_id": "int64", "reference": "str", "team_id": "Int64", "caseworker_id": "Int64"}
    made = frame.astype(kinds | dict.fromkeys(_FEW_VALUES, "category"))
    for name in days:
        read = np.array([_day(value) for value in frame[name]], dtype="datetime64[D]")
        made[name] = read.astype("datetime64[s]")
    return made


def _day(value: Any) -> date | None:
    if isinstance(value, date) or value is None:
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
