"""A first guess at a mapping, for the person to correct."""

import re
from collections.abc import Iterable
from typing import Any, Final

from sampling.records.case_mapping import DATE_FIELDS, Mapping
from sampling.records.case_rows import as_text, read_moment
from sampling.records.case_table import GUID, Cell, Table

_NAMES: Final = {
    "reference": "reference casereference caseref casenumber caseid complaintreference complaintid "
    "ticketnumber incidentnumber number id",
    "state": "state casestate status casestatus statecode statuscode incidentstate",
    "team": "team owningteam caseworkteam assignmentgroup group unit owningbusinessunit",
    "caseworker": "caseworker owner caseowner assignedto handler handledby officer investigator",
    "decided_by": "decidedby decisionmaker decisionby",
    "approved_by": "approvedby approver signedoffby",
    "received_on": "receivedon datereceived received openedat openedon createdon dateopened",
    "allocated_on": "allocatedon dateallocated allocated assignedon dateassigned",
    "closed_on": "closedon closedat dateclosed closed resolvedon dateresolved completedon",
    "case_type": "casetype type complainttype",
    "stage": "stage casestage",
    "outcome": "outcome decision caseoutcome resolution companyresponsetoconsumer",
    "risk": "risk risklevel riskcategory riskrating highrisk",
    "system_id": "systemid caseguid incidentguid guid",
}

# How the words for a state begin.
_STATE_WORDS: Final = {
    "merged": ("merged", "duplicate"),
    "cancelled": ("cancel", "withdrawn", "void"),
    "closed": ("closed", "resolved", "completed", "decided"),
    "open": (
        "open",
        "active",
        "new",
        "in progress",
        "awaiting",
        "waiting",
        "pending",
        "on hold",
        "allocated",
        "reopened",
    ),
}
_MOST_STATES: Final = 30

_DAYS: Final = (
    "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d",
    "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y",
)  # fmt: skip
_TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_ISO: Final = (
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
)
DATE_FORMATS: Final = (*(day + time for day in _DAYS for time in _TIMES), *_ISO)


def suggest_mapping(table: Table) -> Mapping:
    """A first guess from the names of the columns, and for the state from its values.

    What cannot be guessed is left empty: `check_mapping` says what is still to be chosen.
    """
    by_name = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(table.columns)}
    chosen: dict[str, Any] = {
        field: next((by_name[name] for name in names.split() if name in by_name), None)
        for field, names in _NAMES.items()
        if field != "state"
    }
    reference = chosen.pop("reference") or ""
    state, states = _suggest_state(table, by_name)
    # The hidden column of a Dynamics export has a name in the language of whoever made it.
    chosen["system_id"] = chosen["system_id"] or _suggest_system_id(table)
    formats = {}
    for field in DATE_FIELDS:
        column = chosen[field]
        if column is not None and (form := suggest_date_format(column_values(table, column))):
            formats[field] = form
    return Mapping(reference=reference, state=state, states=states, date_formats=formats, **chosen)


def column_values(table: Table, column: str) -> list[Cell]:
    """The different values of a column, in the order in which they first occur."""
    at = table.columns.index(column)
    return list(dict.fromkeys(row[at] for row in table.rows))


def suggest_states(values: Iterable[Cell]) -> dict[str, str]:
    """What the values of a state column mean, as far as their words tell."""
    meant = {}
    for value in values:
        text = as_text(value)
        for state, words in _STATE_WORDS.items():
            if text.strip().casefold().startswith(words):
                meant[text] = state
                break
    return meant


def suggest_date_format(values: Iterable[Cell], *, missing: Iterable[str] = Mapping.missing) -> str | None:
    """The common format in which all texts among the values are written, if there is exactly one.

    None when several fit (03/04/2007 may be in April or in March), when none does, or without any text.
    """
    left_out = {text.casefold() for text in missing} | {""}
    texts = {value for value in values if isinstance(value, str) and value.strip().casefold() not in left_out}
    fits = list(DATE_FORMATS) if texts else []
    for text in texts:
        fits = [form for form in fits if not isinstance(read_moment(text, form), str)]
    return fits[0] if len(fits) == 1 else None


def _suggest_system_id(table: Table) -> str | None:
    """The first column that holds a GUID in every row that is not blank."""
    rows = [row for row in table.rows if any(cell is not None for cell in row)]
    for at, name in enumerate(table.columns):
        if rows and all(isinstance(row[at], str) and GUID.fullmatch(str(row[at])) for row in rows):
            return name
    return None


def _suggest_state(table: Table, by_name: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The column whose values read like states: one that is named so, else any; and their meanings."""
    named = [by_name[name] for name in _NAMES["state"].split() if name in by_name]
    for columns, share in ((named, 0.5), (table.columns, 1.0)):
        for column in columns:
            values = [value for value in column_values(table, column) if value is not None]
            states = suggest_states(values) if 0 < len(values) <= _MOST_STATES else {}
            if states and len(states) >= share * len(values):
                return column, states
    return "", {}
