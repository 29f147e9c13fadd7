"""The fictional cases of the demonstration, and the extracts in which a case system would tell of them."""

import csv
import io
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from qa_app.demo_people import DECISION, HEAD, REVIEWERS, SERVICE, TEAMS
from sampling.records.case_mapping import Mapping

CLOSED: Final = 400  # in the quarter
OPEN: Final = 120  # when the quarter has ended
CANCELLED: Final = 5
MERGED: Final = 3
UNDATED: Final = 4  # of the closed ones, closed without a closing date
UNOWNED: Final = {"North": 2, "South": 3, "East": 2, "West": 1}  # of the open ones
HIGH: Final = "High"
ADJUSTMENTS: Final = "Reasonable adjustments"

_DAY: Final = "%d/%m/%Y"
_COLUMNS: Final = (
    "Case",
    "Status",
    "Type",
    "Team",
    "Owner",
    "Decided by",
    "Approved by",
    "Received",
    "Allocated",
    "Closed",
    "Stage",
    "Outcome",
    "Risk",
    "Adjustments",
    "Postcode area",
)
MAPPING: Final = Mapping(
    reference="Case",
    state="Status",
    states={"Active": "open", "Resolved": "closed", "Cancelled": "cancelled", "Merged": "merged"},
    team="Team",
    caseworker="Owner",
    decided_by="Decided by",
    approved_by="Approved by",
    received_on="Received",
    allocated_on="Allocated",
    closed_on="Closed",
    case_type="Type",
    stage="Stage",
    outcome="Outcome",
    risk="Risk",
    date_formats=dict.fromkeys(("received_on", "allocated_on", "closed_on"), _DAY),
    attributes={"Adjustments": ADJUSTMENTS},
    note="Made for the demonstration: no case in it is real.",
)


@dataclass(frozen=True)
class FictionalCase:
    """A case from beginning to end. `ends` is how it leaves the open ones, on `ended_on` (None: not yet)."""

    case_type: str
    team: str
    owner: str
    received_on: date
    allocated_on: date
    ended_on: date | None
    ends: str
    decided_by: str
    approved_by: str
    proposal_approved: bool
    outcome: str
    is_high: bool
    adjustments: str
    has_closing_date: bool = True
    earlier_owner: str = ""
    reference: str = ""


def make_cases(rng: random.Random, *, first: date, end: date) -> list[FictionalCase]:
    """The cases of a quarter: those that ended from `first` to before `end`, and those open on `end`."""
    cases = []
    for number in range(CLOSED + CANCELLED + MERGED):
        ends = "Resolved" if number < CLOSED else "Cancelled" if number < CLOSED + CANCELLED else "Merged"
        ended_on = _weekday(first + timedelta(days=rng.randrange((end - first).days)), first)
        received_on = _weekday(ended_on - timedelta(days=_days_open(rng)))
        case = _case(rng, rng.choice(list(TEAMS)), received_on, ended_on, ends)
        cases.append(replace(case, has_closing_date=number >= UNDATED))
    owned = OPEN - sum(UNOWNED.values())
    for number in range(owned):
        team, (_, people) = list(TEAMS.items())[number % len(TEAMS)]
        received_on = _weekday(end - timedelta(days=5 + int(_days_open(rng) * rng.random() * 1.4)))
        # Everybody has some, so that each month's sample has its quota of everyone.
        case = _case(rng, team, received_on, None, "", owner=people[number // len(TEAMS) % len(people)])
        cases.append(replace(case, is_high=team != "North" and number % 17 == 0))
    for team, count in UNOWNED.items():
        for _ in range(count):
            case = _case(rng, team, _weekday(end - timedelta(days=1)), None, "")
            cases.append(replace(case, allocated_on=end + timedelta(days=3), is_high=False))
    cases.sort(key=lambda case: case.received_on)
    return [replace(case, reference=f"DEMO-{number}") for number, case in enumerate(cases, start=10_001)]


def _case(
    rng: random.Random, team: str, received_on: date, ended_on: date | None, ends: str, *, owner: str = ""
) -> FictionalCase:
    manager, people = TEAMS[team]
    owner = owner or rng.choice(people)
    is_high = rng.random() < 0.03
    # Before she came to QA, a reviewer approved decisions: such a case is not for her to review.
    approver = HEAD if is_high else REVIEWERS[0] if rng.random() < 0.02 else manager
    return FictionalCase(
        case_type=DECISION if rng.random() < 0.65 else SERVICE,
        team=team,
        owner=owner,
        received_on=received_on,
        allocated_on=received_on + timedelta(days=rng.randint(1, 4)),
        ended_on=ended_on,
        ends=ends,
        decided_by=owner if rng.random() < 0.85 else rng.choice(people),
        approved_by=approver if rng.random() < 0.8 else "",
        proposal_approved=rng.random() < 0.1,
        outcome=rng.choices(("Upheld", "Partly upheld", "Not upheld"), (25, 15, 60))[0],
        is_high=is_high,
        adjustments="Yes" if rng.random() < 0.15 else "No",
        earlier_owner=rng.choice(people) if rng.random() < 0.05 else "",
    )


def extract(cases: list[FictionalCase], *, start: date, as_at: datetime) -> bytes:
    """The file that the case system gives at a moment: open cases, and those that ended since `start`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    today = as_at.date()
    for case in cases:
        if case.received_on < today and (case.ended_on is None or case.ended_on >= start):
            writer.writerow(_row(case, today))
    return text.getvalue().encode()


def _row(case: FictionalCase, today: date) -> list[str]:
    has_ended = case.ended_on is not None and case.ended_on < today
    is_closed = has_ended and case.ends == "Resolved"
    is_allocated = has_ended or case.allocated_on < today
    age = (today - case.received_on).days
    owner = case.earlier_owner if case.earlier_owner and age < 20 and not has_ended else case.owner
    approved = is_closed or (case.proposal_approved and age > 15)
    closed_on = case.ended_on if is_closed and case.has_closing_date else None
    return [
        case.reference,
        case.ends if has_ended else "Active",
        case.case_type,
        case.team,
        owner if is_allocated else "",
        case.decided_by if is_closed else "",
        case.approved_by if approved else "",
        case.received_on.strftime(_DAY),
        case.allocated_on.strftime(_DAY) if is_allocated and case.allocated_on < today else "",
        closed_on.strftime(_DAY) if closed_on else "",
        "Completed" if has_ended else "Considering" if is_allocated and age > 7 else "New",
        case.outcome if is_closed else "",
        HIGH if case.is_high and (has_ended or age > 3) else "None identified",
        case.adjustments,
        "ZZ",
    ]


def _days_open(rng: random.Random) -> int:
    return 5 + int(rng.gammavariate(2.2, 11))


def _weekday(day: date, earliest: date = date.min) -> date:
    """The day, or the Friday before a weekend (the Monday after where that is too early)."""
    earlier = day - timedelta(days=max(0, day.weekday() - 4))
    return earlier if earlier >= earliest else day + timedelta(days=7 - day.weekday())
