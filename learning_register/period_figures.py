"""The figures of a period that is closed: few, each a count or a share of counts that can be checked."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind
from learning_register.tables import LearningPoint
from learning_register.tables_actions import FollowUpAction
from sampling.records.database import OFFICE_TIME, now
from sampling.records.people import Person
from scorecards.agreement_results import agreement_over_time
from scorecards.cases_as_at import cases_as_at
from scorecards.completion import team_months
from scorecards.periods import first_day, month_number
from scorecards.review_counts import MEASURES_OF, CaseGroup, review_counts
from scorecards.service_standards import service_standard

_GROUPS: Final = (CaseGroup.CLOSED, CaseGroup.OPEN)


@dataclass(frozen=True)
class Figure:
    """A count; or, with a denominator, so many of so many."""

    numerator: int
    denominator: int | None = None

    def as_json(self) -> dict[str, Any]:
        share = self.numerator / self.denominator if self.denominator else None
        value = self.numerator if self.denominator is None else share
        return {"value": value, "numerator": self.numerator, "denominator": self.denominator}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Figure":
        return cls(kept["numerator"], kept["denominator"])


def period_figures(session: Session, person: Person, *, first: date, last: date) -> dict[str, Figure]:
    """The figures of whole months, as the books say now, by name.

    `reviews_closed_outcome` and the like: cases that met, of those with a result, by the month in which a
    case was closed, or sampled while it was open. `agreement`: pairs that agree, of the second scorings
    that are complete and whose reviews are of the period.
    """
    months = month_number(first), month_number(last)
    figures: dict[str, Figure] = {}
    for group in _GROUPS:
        counts = review_counts(session, group, person)
        part = counts[counts["month"].between(*months)]
        for measure in MEASURES_OF[group]:
            met, n = int(part[f"{measure}_met"].sum()), int(part[f"{measure}_n"].sum())
            figures[f"reviews_{group}_{measure}"] = Figure(met, n)
    figures |= _sampling(session, person, months)
    figures["agreement"] = _agreement(session, person, first, last)
    figures |= _cases(session, first, last)
    return figures | _learning(session, first, last)


def _sampling(session: Session, person: Person, months: tuple[int, int]) -> dict[str, Figure]:
    rows = [
        row
        for month in range(months[0], months[1] + 1)
        for row in team_months(session, person, month=first_day(month))
    ]
    known = [(row.done, row.required) for row in rows if row.required is not None]
    return {
        "sampling_done": Figure(sum(done for done, _ in known), sum(required for _, required in known)),
        "sampling_never_drawn": Figure(len(rows) - len(known)),
    }


def _agreement(session: Session, person: Person, first: date, last: date) -> Figure:
    complete = [
        result
        for result in agreement_over_time(session, person)
        if not result.outstanding and result.period_until and first <= result.period_until <= last
    ]
    agreed = sum(result.counts[0] + result.counts[3] for result in complete)
    return Figure(agreed, sum(sum(result.counts) for result in complete))


def _cases(session: Session, first: date, last: date) -> dict[str, Figure]:
    cases = cases_as_at(session, now(session))
    figures = {
        name: Figure(int(cases.frame[column].between(str(first), str(last)).sum()))
        for name, column in (("cases_received", "received_on"), ("cases_closed", "closed_on"))
    }
    if cases.day is not None:
        standard = service_standard(session, cases, first=first, last=last)
        figures["service_standard"] = Figure(standard.met, standard.n)
    return figures


def _learning(session: Session, first: date, last: date) -> dict[str, Figure]:
    begins, ends = (datetime.combine(day, time(), OFFICE_TIME) for day in (first, last + timedelta(days=1)))
    logged = dict(
        session.execute(
            select(LearningPoint.kind, func.count())
            .where(
                LearningPoint.is_complete, LearningPoint.logged_at >= begins, LearningPoint.logged_at < ends
            )
            .group_by(LearningPoint.kind)
        ).all()
    )
    done = select(func.count()).where(FollowUpAction.done_on.between(first, last))
    return {
        **{f"learning_{kind}": Figure(int(logged.get(kind, 0))) for kind in LearningKind},
        "actions_done": Figure(session.scalar(done) or 0),
    }
