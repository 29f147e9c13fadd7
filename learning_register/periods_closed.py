"""Periods that a named person closes with their figures, and what later changes of the books make of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from learning_register.period_figures import Figure, period_figures
from learning_register.reporting import check_may_make_reports
from learning_register.tables_reports import ClosedPeriod
from sampling.records import audit_trail
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.refused import Refused


@dataclass(frozen=True)
class Restatement:
    """A figure of a closed period that the books give otherwise now. None: there was, or is, none such."""

    name: str
    before: Figure | None
    after: Figure | None


@dataclass(frozen=True)
class PeriodRow:
    """A closed period: by whom and when, and what has changed since."""

    id: int
    first_day: date
    last_day: date
    closed_at: datetime
    closed_by: str
    figures: dict[str, Figure]
    restatements: tuple[Restatement, ...]


def close_period(session: Session, first: date, last: date, *, by: Person) -> ClosedPeriod:
    """Close whole months that are over: their figures stand, and later changes show as restatements."""
    check_may_make_reports(session, by)
    if first.day != 1 or (last + timedelta(days=1)).day != 1 or last < first:
        raise Refused("A period that is closed is made of whole months. Choose its first and last month.")
    if last >= today(session):
        raise Refused("This period is not over yet, so its figures still grow. Close it when it is.")
    closed = session.scalars(
        select(ClosedPeriod).where(ClosedPeriod.first_day == first, ClosedPeriod.last_day == last)
    ).first()
    if closed is not None:
        raise Refused(
            f"{closed.closed_by.name} has closed this period already. Look at what has changed since."
        )
    figures = period_figures(session, by, first=first, last=last)
    period = ClosedPeriod(
        first_day=first,
        last_day=last,
        closed_at=now(session),
        closed_by_id=by.id,
        figures={name: figure.as_json() for name, figure in figures.items()},
    )
    session.add(period)
    session.flush()
    audit_trail.record(
        session, "close_period", f"closed period {period.id}", by=by, first=str(first), last=str(last)
    )
    return period


def restatements(session: Session, period: ClosedPeriod, person: Person) -> tuple[Restatement, ...]:
    """The figures of a closed period that the books give otherwise now, in the order they were kept."""
    before = {name: Figure.from_json(kept) for name, kept in period.figures.items()}
    after = period_figures(session, person, first=period.first_day, last=period.last_day)
    return tuple(
        Restatement(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def closed_periods(session: Session, person: Person, *, most: int | None = None) -> list[PeriodRow]:
    """The closed periods, those that ended last first, with what has changed since; for who makes reports."""
    check_may_make_reports(session, person)
    periods = session.scalars(
        select(ClosedPeriod).order_by(ClosedPeriod.last_day.desc(), ClosedPeriod.first_day).limit(most)
    ).all()
    return [
        PeriodRow(
            id=period.id,
            first_day=period.first_day,
            last_day=period.last_day,
            closed_at=period.closed_at,
            closed_by=period.closed_by.name,
            figures={name: Figure.from_json(kept) for name, kept in period.figures.items()},
            restatements=restatements(session, period, person),
        )
        for period in periods
    ]
