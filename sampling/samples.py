"""Samples as people ask for them: the frame frozen and its plan registered in one go, ready to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.actions import register_plan_to_show, register_quota_plan, register_sized_plan
from sampling.frames import freeze_case_frame, freeze_open_frame
from sampling.planning import check_strata_count
from sampling.records.database import today
from sampling.records.people import Person, Team
from sampling.refused import Refused
from sampling.strata import share_proportionally
from sampling.tables import Frame, Plan, Route

EVERY_CASE: Final = "every case"


@dataclass(frozen=True)
class ToShow:
    """Large enough to show a standard with this assurance when at most so many fail."""

    standard: str
    assurance: str
    allowed_failures: int


Size = ToShow | int | Literal["every case"]


def plan_open_sample(
    session: Session, team: Team, *, certainty_risks: Sequence[str] = (), by: Person
) -> Plan:
    """Freeze a team's open cases for this month and register the quota of each caseworker."""
    frame = freeze_open_frame(session, team, certainty_risks=certainty_risks, by=by)
    return register_quota_plan(session, frame, by=by)


def plan_case_sample(
    session: Session,
    name: str,
    *,
    route: Route,
    period: tuple[date, date] | None,
    filters: Mapping[str, Sequence[Any]],
    stratify_by: str | None,
    size: Size,
    due_on: date,
    by: Person,
) -> Plan:
    """Freeze the cases of a central or thematic sample and register its plan.

    `size` is a rule, a number of cases shared out in proportion, or `EVERY_CASE`. A name is
    used once, so that a second click makes no second sample.
    """
    if due_on < today(session):
        raise Refused("The reviews would be due before today. Choose a later day.")
    taken = session.scalars(select(Frame.name).where(func.lower(Frame.name) == name.strip().lower())).first()
    if taken is not None:
        raise Refused(
            f"There is already a sample called “{taken}”. Look at it in the register, or choose another name."
        )
    frame = freeze_case_frame(
        session, name, route=route, period=period, filters=filters, stratify_by=stratify_by, by=by
    )
    check_strata_count(len(frame.strata))
    if isinstance(size, ToShow):
        return register_plan_to_show(
            session,
            frame,
            standard=size.standard,
            assurance=size.assurance,
            allowed_failures=size.allowed_failures,
            due_on=due_on,
            by=by,
        )
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    sizes = share_proportionally(populations, size) if isinstance(size, int) else populations
    return register_sized_plan(session, frame, sizes=sizes, due_on=due_on, by=by)
