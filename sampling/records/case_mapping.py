"""Which column of an extract means what. Chosen on screen, kept under a name, used again."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

from sampling.refused import Refused

STATES: Final = ("open", "closed", "cancelled", "merged")
DATE_FIELDS: Final = ("received_on", "allocated_on", "closed_on")

# What a case may have, in the words for the person.
FIELDS: Final = {
    "reference": "reference",
    "state": "state",
    "team": "team",
    "caseworker": "caseworker",
    "decided_by": "decided by",
    "approved_by": "approved by",
    "received_on": "received on",
    "allocated_on": "allocated on",
    "closed_on": "closed on",
    "case_type": "case type",
    "stage": "stage",
    "outcome": "outcome",
    "risk": "risk",
    "system_id": "identifier in the case system",
}


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """The column of each field (None where the file has none; one column may serve several fields).

    `team_name` and `case_type_name` are for all cases of a file that has no such column.
    `date_formats` has a strptime format for each date field whose column holds text.
    `states` says for each value of the state column whether the case is open, closed, cancelled
    or merged; a value that is not in it refuses the row. `missing` are the texts that mean "not
    known", without regard to case. `attributes` are further columns to keep, with the name of
    each. `note` is a sentence about the source, shown with every import.
    """

    reference: str = ""
    state: str = ""
    states: dict[str, str] = field(default_factory=dict)
    team: str | None = None
    caseworker: str | None = None
    decided_by: str | None = None
    approved_by: str | None = None
    received_on: str | None = None
    allocated_on: str | None = None
    closed_on: str | None = None
    case_type: str | None = None
    stage: str | None = None
    outcome: str | None = None
    risk: str | None = None
    system_id: str | None = None
    team_name: str | None = None
    case_type_name: str | None = None
    date_formats: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("", "?", "Unknown")
    attributes: dict[str, str] = field(default_factory=dict)
    note: str = ""


def columns_used(mapping: Mapping) -> dict[str, str]:
    """The column of every field that has one."""
    chosen = {name: getattr(mapping, name) for name in FIELDS}
    return {name: column for name, column in chosen.items() if column}


def check_mapping(mapping: Mapping, columns: Collection[str] | None = None) -> None:
    """Refuse a mapping that contradicts itself or, given a file's columns, asks for one it has not."""
    for name in ("reference", "state"):
        if not getattr(mapping, name):
            raise Refused(f"No column is chosen for the {name} of a case. Choose the column that holds it.")
    _check_states(mapping.states)
    for name in ("team", "case_type"):
        if getattr(mapping, name) and getattr(mapping, f"{name}_name"):
            raise Refused(
                f"The mapping has both a column and one fixed name for the {FIELDS[name]}. Choose one."
            )
    for name, form in mapping.date_formats.items():
        if name not in DATE_FIELDS:
            raise Refused(
                f"“{name}” has a date format but is not a date. The dates are {', '.join(DATE_FIELDS)}."
            )
        _check_date_format(name, form)
    _check_attributes(mapping.attributes)
    if columns is not None:
        there = set(columns)
        for column in (*columns_used(mapping).values(), *mapping.attributes):
            if column not in there:
                raise Refused(
                    f"The file has no column “{column}”. Its columns are {', '.join(columns)}. "
                    "Choose another column, or another mapping."
                )


def _check_states(states: dict[str, str]) -> None:
    if not states:
        raise Refused(
            "The mapping does not say which values of the state are open and which closed. Sort them."
        )
    for value, state in states.items():
        if state not in STATES:
            raise Refused(f"The state “{value}” is said to be “{state}”; it can be {', '.join(STATES)}.")


def _check_date_format(name: str, form: str) -> None:
    moment = datetime(2016, 5, 23, tzinfo=UTC)  # any moment whose day cannot be a month
    try:
        # A format without a year would be given a default one (and warns from Python 3.13 on).
        year = "%Y" in form or "%y" in form
        sound = year and datetime.strptime(moment.strftime(form), form).date() == moment.date()  # noqa: DTZ007
    except ValueError:
        sound = False
    if not sound:
        raise Refused(
            f"“{form}” is not a date format for “{FIELDS[name]}”. "
            "It needs a day, a month and a year, such as %d/%m/%Y for 27/03/2007."
        )


def _check_attributes(attributes: dict[str, str]) -> None:
    seen: set[str] = set()
    for column, name in attributes.items():
        if not name.strip():
            raise Refused(f"The column “{column}” is to be kept but has no name. Type one.")
        if name.casefold() in seen or name.casefold() in FIELDS:
            raise Refused(f"The name “{name}” for the column “{column}” is taken already. Type another one.")
        seen.add(name.casefold())


def to_json(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain values, for a file or the database."""
    return asdict(mapping) | {"missing": list(mapping.missing)}


def from_json(content: Any) -> Mapping:
    """The mapping in plain values; refuses what is not one."""
    if not isinstance(content, dict):
        raise Refused(
            "This is not a mapping: it must be a JSON object. Save one on the import screen and use that."
        )
    known = {item.name for item in fields(Mapping)}
    for name, value in content.items():
        if name not in known:
            raise Refused(f"A mapping has no field “{name}”. Its fields are {', '.join(sorted(known))}.")
        if not _is_of_its_kind(name, value):
            raise Refused(f"The field “{name}” of the mapping cannot be {value!r}. Correct it and try again.")
    mapping = Mapping(**content | {"missing": tuple(content.get("missing", Mapping.missing))})
    check_mapping(mapping)
    return mapping


def _is_of_its_kind(name: str, value: Any) -> bool:
    if name in ("states", "date_formats", "attributes"):
        return isinstance(value, dict) and all(isinstance(text, str) for text in (*value, *value.values()))
    if name == "missing":
        return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    return isinstance(value, str) or (value is None and name not in ("reference", "state", "note"))
