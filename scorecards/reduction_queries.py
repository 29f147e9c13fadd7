"""The reductions of required sampling that were asked for, and what has become of them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from sampling.records.people import Person, Role, Team, may_act_as, roles_of, teams_managed
from scorecards.completion import completion
from scorecards.tables import SamplingReduction


@dataclass(frozen=True)
class ReductionRow:
    """A reduction for one caseworker and month. `approved_by` is empty until somebody has."""

    reduction_id: int
    team: str
    caseworker: str
    required: int
    reason: str
    requested_by: str
    approved_by: str
    may_approve: bool


def reductions(session: Session, person: Person, *, month: date) -> list[ReductionRow]:
    """The reductions of a month for the teams a person may see, by name only for those they manage."""
    own = teams_managed(session, person)
    sees_all = Role.HEAD in roles_of(session, person)
    names = {
        (row.team_id, row.caseworker_id): row.caseworker for row in completion(session, person, month=month)
    }
    approves = may_act_as(session, person, [Role.HEAD])
    rows = session.execute(
        select(SamplingReduction, Team.name)
        .join(Team, Team.id == SamplingReduction.team_id)
        .where(SamplingReduction.month == month.replace(day=1))
        .options(
            joinedload(SamplingReduction.caseworker),
            joinedload(SamplingReduction.requested_by),
            joinedload(SamplingReduction.approved_by),
        )
        .order_by(Team.name, SamplingReduction.id)
    )
    return [
        ReductionRow(
            reduction_id=reduction.id,
            team=team,
            caseworker=reduction.caseworker.name
            if reduction.team_id in own
            else names.get((reduction.team_id, reduction.caseworker_id), "A caseworker"),
            required=reduction.required,
            reason=reduction.reason,
            requested_by=reduction.requested_by.name,
            approved_by=reduction.approved_by.name if reduction.approved_by else "",
            may_approve=approves and reduction.approved_by is None and reduction.requested_by_id != person.id,
        )
        for reduction, team in rows
        if sees_all or reduction.team_id in own
    ]
