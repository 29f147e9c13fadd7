"""The risks of open cases as they are recorded, and a month's figures of them for signing and reporting."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.cases import Case
from sampling.records.database import OFFICE_TIME, now
from sampling.records.people import Person, Role, Team, check_may_act_as
from sampling.refused import Refused
from scorecards.caseloads import open_cases
from scorecards.cases_as_at import CasesAsAt, cases_as_at, check_may_see_case
from scorecards.periods import first_day, month_number
from scorecards.risk import HighRisk, RiskCategory, says_high
from scorecards.tables_risk import RiskRecord, RiskSignOff

_RECORD: Final = ("case_id", "categories", "high_risk", "note", "recorded_at", "recorded_by")


@dataclass(frozen=True)
class TeamRisks:
    """The open cases of a team: `blank` have no record, `high` at least one reason to be a high-risk case."""

    team: str
    open: int
    blank: int
    high: int
    categories: dict[str, int]


@dataclass(frozen=True)
class RiskFigures:
    """The risks of the cases that were open at the end of a month, or are now while it runs.

    A case counts in each of its categories; those recorded as “none identified” and those with no record
    (`blank`) are two things. `says_high` is how many the case system calls high, `not_confirmed` how many of
    these no record gives a reason for.
    """

    month: date
    as_at: datetime
    open: int
    recorded: int
    blank: int
    categories: dict[str, int]
    reasons: dict[str, int]
    high: int
    says_high: int
    not_confirmed: int
    teams: tuple[TeamRisks, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures as they are kept when a month is signed."""
        return asdict(self) | {"month": self.month.isoformat(), "as_at": self.as_at.isoformat()}


@dataclass(frozen=True)
class SignedMonth:
    """A month that was signed off, with its figures as they were kept."""

    month: date
    figures: dict[str, Any]
    note: str
    signed_at: datetime
    signed_by: str


@dataclass(frozen=True)
class RecordedRisk:
    """One record of a case's risks."""

    categories: tuple[str, ...]
    high_risk: tuple[str, ...]
    note: str
    recorded_at: datetime
    recorded_by: str


def case_risks(session: Session, cases: CasesAsAt, moment: datetime) -> pd.DataFrame:
    """The open cases with the newest record of each up to a moment, in the order of the cases.

    `categories`, `high_risk`, `note`, `recorded_at`, `recorded_by` (missing where there is none),
    `is_blank`, `is_high` by the record and `says_high` by the extract.
    """
    newest = (
        select(func.max(RiskRecord.id)).where(RiskRecord.recorded_at <= moment).group_by(RiskRecord.case_id)
    )
    records = session.execute(
        select(
            RiskRecord.case_id,
            RiskRecord.categories,
            RiskRecord.high_risk,
            RiskRecord.note,
            RiskRecord.recorded_at,
            Person.name,
        )
        .join(Person, Person.id == RiskRecord.recorded_by_id)
        .where(RiskRecord.id.in_(newest))
    ).all()
    known = pd.DataFrame.from_records(records, columns=list(_RECORD)).astype({"case_id": "int64"})
    rows = open_cases(cases).merge(known, on="case_id", how="left")
    high = np.array(
        [isinstance(reasons, list) and bool(reasons) for reasons in rows["high_risk"]], dtype=bool
    )
    # Each word of the case system is looked at once, however many cases have it.
    words = [word for word in rows["risk"].dropna().unique() if says_high(word)]
    return rows.assign(is_blank=rows["recorded_at"].isna(), is_high=high, says_high=rows["risk"].isin(words))


def risk_figures(session: Session, month: date) -> RiskFigures:
    """The figures of a month for the whole office: as its last day ended, or as of now while it runs."""
    month, moment = month.replace(day=1), end_of_month(session, month)
    cases = cases_as_at(session, moment)
    if cases.day is None:
        raise Refused(f"No cases had been imported by the end of {month:%B %Y}, so it has no risks to show.")
    teams = dict(session.execute(select(Team.id, Team.name)).all())
    named = cases.frame.assign(team=cases.frame["team_id"].map(teams).fillna("No team"))
    return figures_of(case_risks(session, replace(cases, frame=named), moment), month=month, as_at=moment)


def end_of_month(session: Session, month: date) -> datetime:
    """The moment at which a month ends in the office, or now if that is earlier."""
    after = first_day(month_number(month) + 1)
    return min(datetime.combine(after, time(), OFFICE_TIME), now(session))


def figures_of(risks: pd.DataFrame, *, month: date, as_at: datetime) -> RiskFigures:
    """The figures of the open cases and their risks, as `case_risks` gives them."""
    not_confirmed = risks["says_high"] & ~risks["is_high"]
    return RiskFigures(
        month=month,
        as_at=as_at,
        open=len(risks),
        recorded=int((~risks["is_blank"]).sum()),
        blank=int(risks["is_blank"].sum()),
        categories=_counts(risks["categories"], RiskCategory),
        reasons=_counts(risks["high_risk"], HighRisk),
        high=int(risks["is_high"].sum()),
        says_high=int(risks["says_high"].sum()),
        not_confirmed=int(not_confirmed.sum()),
        teams=tuple(
            TeamRisks(
                team=str(team),
                open=len(rows),
                blank=int(rows["is_blank"].sum()),
                high=int(rows["is_high"].sum()),
                categories=_counts(rows["categories"], RiskCategory),
            )
            for team, rows in risks.groupby("team", observed=True)
        ),
    )


def _counts(values: "pd.Series[Any]", known: type[RiskCategory] | type[HighRisk]) -> dict[str, int]:
    counted = values.dropna().explode().value_counts()
    return {str(one): int(counted.get(str(one), 0)) for one in known}


def signed_months(session: Session, person: Person) -> list[SignedMonth]:
    """The months that were signed off, the newest first: for the Head and assistant directors."""
    check_may_act_as(session, person, Role.HEAD)
    rows = session.execute(
        select(RiskSignOff, Person.name)
        .join(Person, Person.id == RiskSignOff.signed_by_id)
        .order_by(RiskSignOff.month.desc())
    )
    return [SignedMonth(row.month, row.figures, row.note, row.signed_at, name) for row, name in rows]


def recorded_risks(session: Session, case: Case, person: Person) -> list[RecordedRisk]:
    """Everything that was recorded of a case's risks, the newest first."""
    check_may_see_case(session, case, person)
    rows = session.execute(
        select(RiskRecord, Person.name)
        .join(Person, Person.id == RiskRecord.recorded_by_id)
        .where(RiskRecord.case_id == case.id)
        .order_by(RiskRecord.id.desc())
    )
    return [
        RecordedRisk(tuple(row.categories), tuple(row.high_risk), row.note, row.recorded_at, name)
        for row, name in rows
    ]
