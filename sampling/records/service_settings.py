"""What may be set of the service standards: their clocks, the long cases, caseloads and the queue.

The office's own standards come from the feedback service model, the newest document that has any. The clocks
of the others (quality and service standards; the NHS trust's policy) are off until an office counts them.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sampling.refused import Refused

OFF: Final = "off"
START_OF_CLOCK: Final = {"allocation": "Allocation", "receipt": "Receipt"}

# name: (shipped value, what it is)
SERVICE_SETTINGS: Final = {
    # Service model, service standards of officers and managers: 75% in 20 working days from allocation.
    "service_share": ("0.75", "Share of cases closed or passed on within the service standard"),
    "service_days": ("20", "Service standard, in working days"),
    "service_clock": ("allocation", "What the service standard is counted from"),
    # Service model, Head of Customer Care: none over 8 weeks. It does not say from when: people wait from
    # the day they write.
    "long_case_weeks": ("8", "Weeks after which an open case is on the list of long cases"),
    "long_case_clock": ("receipt", "What the weeks of long cases are counted from"),
    # Service model, officers: a caseload of 20 as a minimum.
    "caseload": ("20", "Open cases that a caseworker is to hold at least"),
    # Service model, managers: the queue is to be small. It names no number, so none is shipped.
    "queue_size": ("", "Cases waiting for a caseworker above which a team's queue is to be looked at"),
    # Quality and service standards, standard 2 (prompt) and 6 (updates).
    "receipt_clock": (OFF, "Assessed within so many working days of receipt"),
    "investigation_clock": (OFF, "Investigations concluded within so many weeks of receipt"),
    "very_long_clock": (OFF, "Open cases over so many weeks old"),
    "complaint_clock": (OFF, "Service complaints answered within so many weeks of receipt"),
    "update_clock": (OFF, "Open cases without an update for more than so many weeks"),
    # NHS trust's policy: letters of acknowledgement, what is settled at once, and complaints made late.
    "acknowledgement_clock": (OFF, "Acknowledged within so many working days of receipt"),
    "at_once_clock": (OFF, "Resolved within so many working days of receipt"),
    "late_complaint_clock": (OFF, "Open cases received more than so many months after the incident"),
    # Which cases are meant, and which further columns of the extracts hold dates: every office has its own.
    "investigation_types": ("", "Types of case that are investigations"),
    "complaint_types": ("", "Types of case that are service complaints"),
    "passed_on_column": ("", "Further column with the day on which a case was passed on"),
    "acknowledged_column": ("", "Further column with the day of the acknowledgement"),
    "updated_column": ("", "Further column with the day of the last update"),
    "incident_column": ("", "Further column with the day of the incident"),
}
# The clocks of other documents: unit, and the limit that the document names.
CLOCK_UNITS: Final = {
    "receipt_clock": ("working days", 20),
    "investigation_clock": ("weeks", 13),
    "very_long_clock": ("weeks", 26),
    "complaint_clock": ("weeks", 16),
    "update_clock": ("weeks", 4),
    "acknowledgement_clock": ("working days", 3),
    "at_once_clock": ("working days", 1),
    "late_complaint_clock": ("months", 12),
}

_SHARE: Final = r"0?\.[0-9]{1,9}"
_NUMBER: Final = r"[1-9][0-9]{0,2}"
_CLOCK: Final = re.compile(rf"({_NUMBER})(?: at ({_SHARE}))?")
# name: how the refusal begins, and the largest number
_NUMBERS: Final = {
    "service_days": ("The service standard", "working days", 365),
    "long_case_weeks": ("The age of long cases", "weeks", 260),
    "caseload": ("The caseload", "cases", 500),
    "queue_size": ("The queue", "cases", 999),
}


@dataclass(frozen=True)
class Counted:
    """A clock that is counted: its limit, and the share of cases that is to keep it, if there is one."""

    limit: int
    share: Fraction | None


def counted(value: str) -> Counted | None:
    """What the setting of a clock says: “20”, “20 at 0.75”; None where it is off."""
    found = _CLOCK.fullmatch(value)
    return Counted(int(found[1]), Fraction(found[2]) if found[2] else None) if found else None


def names_in(value: str) -> tuple[str, ...]:
    """The names in a setting that lists them, one after another with semicolons between."""
    return tuple(name.strip() for name in value.split(";") if name.strip())


def check_service_setting(name: str, value: str) -> None:
    """Refuse a value that a setting of the service cannot take; shares are checked with the others."""
    if name in CLOCK_UNITS:
        _check_clock(name, value)
    elif name in ("service_clock", "long_case_clock"):
        if value not in START_OF_CLOCK:
            raise Refused(f"{value!r} is no start of a clock. Type one of {', '.join(START_OF_CLOCK)}.")
    elif name in _NUMBERS:
        what, unit, most = _NUMBERS[name]
        if value == "" and name == "queue_size":
            return
        if not re.fullmatch(_NUMBER, value) or int(value) > most:
            empty = "; leave it empty where no number is set" if name == "queue_size" else ""
            raise Refused(f"{what} is {value!r}; type a whole number of {unit} from 1 to {most}{empty}.")
    elif not value.isprintable() or len(value) > 500:
        raise Refused(f"{SERVICE_SETTINGS[name][1]}: type names in one line of at most 500 characters.")


def _check_clock(name: str, value: str) -> None:
    unit, limit = CLOCK_UNITS[name]
    if value != OFF and counted(value) is None:
        raise Refused(
            f"{SERVICE_SETTINGS[name][1]}: {value!r} is not known. Type {OFF}, or a whole number of {unit} "
            f"such as {limit}, or with the share of cases that is to keep it, {limit} at 0.95."
        )


def service_value_in_words(name: str, value: str) -> str:
    """A value as people say it: 20 working days, 13 weeks in 95% of cases, Not counted."""
    if name in CLOCK_UNITS:
        found = counted(value)
        if found is None:
            return "Not counted"
        unit = CLOCK_UNITS[name][0]
        share = "" if found.share is None else f", in {float(found.share * 100):.10g}% of cases"
        return f"{found.limit} {unit if found.limit > 1 else unit.removesuffix('s')}{share}"
    if name in ("service_clock", "long_case_clock"):
        return START_OF_CLOCK[value]
    if name in _NUMBERS:
        return f"{value} {_NUMBERS[name][1]}" if value else "No number set"
    return value or ("All types" if name.endswith("_types") else "None")
