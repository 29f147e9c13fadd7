"""Which cases a frame of closed cases or of a theme holds: its period and filters, as conditions.

A filter names a field (case_type, stage, outcome, risk, state, team, or "attribute:NAME") and the
values wanted of it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from sampling.records.cases import Case, CaseState, Import
from sampling.records.people import Team
from sampling.refused import Refused
from sampling.tables import Route

ATTRIBUTE: Final = "attribute:"  # how a further column of an extract is named in a filter
MOST_VALUES: Final = 1_000

_COLUMNS: Final[dict[str, Any]] = {
    "case_type": Case.case_type,
    "stage": Case.stage,
    "outcome": Case.outcome,
    "risk": Case.risk,
    "state": Case.state,
    "team": Case.team_id,
}


def frame_condition(
    route: Route, *, period: tuple[date, date] | None, filters: Mapping[str, Sequence[Any]]
) -> ColumnElement[bool]:
    """The condition that a case is in the frame of a route, period and filters."""
    conditions: list[ColumnElement[bool]] = [Case.state.in_([CaseState.OPEN, CaseState.CLOSED])]
    if route == Route.CENTRAL:
        if period is None:
            raise Refused("A central sample needs a period. Type its first and last day.")
        conditions.append(Case.state == CaseState.CLOSED)
    if period is not None:
        conditions += [Case.state == CaseState.CLOSED, Case.closed_on.between(*period)]
    for field, values in filters.items():
        if values:
            conditions.append(case_field(field).in_(list(values)))
    return and_(*conditions)


def excluded_counts(session: Session, route: Route) -> dict[str, int]:
    """Cases that can be in no frame of the route, counted by reason."""

    def count(*conditions: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0

    counts = {
        "cancelled": count(Case.state == CaseState.CANCELLED),
        "merged": count(Case.state == CaseState.MERGED),
    }
    if route == Route.CENTRAL:
        undated = count(Case.state == CaseState.CLOSED, Case.closed_on.is_(None))
        counts["closed without a closing date"] = undated
    return counts


def case_field(name: str) -> Any:
    """The column behind a field of a filter, or of strata."""
    if name.startswith(ATTRIBUTE):
        return Case.attributes[name.removeprefix(ATTRIBUTE)].as_string()
    if name not in _COLUMNS:
        raise Refused(
            f"Cases have no field called {name}. The fields are {', '.join(_COLUMNS)} and attributes."
        )
    return _COLUMNS[name]


def filter_fields(session: Session) -> list[str]:
    """The fields that some case has a value in, by which cases can be filtered and put into strata."""
    used = session.execute(select(*(func.max(column) for column in _COLUMNS.values()))).one()
    named = [field for field, value in zip(_COLUMNS, used, strict=True) if value is not None]
    return named + [f"{ATTRIBUTE}{name}" for name in attribute_names(session)]


def field_values(session: Session, field: str) -> dict[Any, str]:
    """The values that occur in a field of the cases, each with the words for it, in the words' order.

    Refused when there are more than anybody could choose from.
    """
    column = case_field(field)
    if field == "team":
        teams = select(Team.id, Team.name).where(Team.id.in_(select(column))).order_by(Team.name)
        return dict(session.execute(teams).all())
    values = session.scalars(
        select(column).where(column.is_not(None)).distinct().limit(MOST_VALUES + 1)
    ).all()
    if len(values) > MOST_VALUES:
        raise Refused(
            f"The field {field.removeprefix(ATTRIBUTE)} has more than {MOST_VALUES:,} different values, "
            "too many to choose from. Choose another field."
        )
    return {value: str(value) for value in sorted(values, key=str)}


def attribute_names(session: Session) -> list[str]:
    """The further columns that extracts have brought, under the names the office gave them."""
    names: set[str] = set()
    for mapping in session.scalars(select(Import.mapping).where(Import.undone_at.is_(None))):
        names |= set(mapping.get("attributes", {}).values())
    return sorted(names)
