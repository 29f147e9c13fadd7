"""The samples there are: frames, plans and draws, for those who may see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, case, false, func, literal, or_, select, true
from sqlalchemy.orm import Session

from sampling.audited_samples import is_named_for
from sampling.randomness import Source, source_of
from sampling.records.cases import CaseBefore
from sampling.records.database import frame_of, today
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.refused import Refused
from sampling.register_chain import STATES, Event
from sampling.registering import check_may_draw, plan_contents
from sampling.sealing import hides_strata, is_sealed, reviews_blind
from sampling.series import NOT_DRAWN, Series, series_of_draws
from sampling.tables import (
    Cause,
    Draw,
    Frame,
    FrameCase,
    Plan,
    Purpose,
    RegisterEntry,
    Replacement,
    Route,
    SampledCase,
    Stratum,
)

_ALL_IN_ONE: Final = "Managers' reviews"


@dataclass(frozen=True)
class SampleRow:
    """A frame with its plan and draw, as far as they exist, and how they stand in the register."""

    frame_id: int
    plan_id: int | None
    draw_id: int | None
    name: str
    route: Route
    team_id: int | None
    period: tuple[date, date | None] | None
    filters: dict[str, Any]
    purpose: Purpose | None
    population: int
    size: int
    strata: int
    excluded: dict[str, Any]
    standard: str | None
    allowed_failures: int | None
    assurance: str
    quota: int | None
    rule: dict[str, Any]
    due_on: date | None
    frame_sha256: str
    plan_sha256: str | None
    seed: str | None
    frozen_at: datetime
    registered_at: datetime | None
    drawn_at: datetime | None
    state: Event | None
    source: Source | None
    randomness: dict[str, Any]
    second_stage: int | None
    parent: str | None
    late_to: str | None
    series: Series
    by: str


def may_see_frame(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Frame that a person may see that it exists, how large it is and its hashes."""
    roles, teams = roles_of(session, person), teams_managed(session, person)
    seen: list[ColumnElement[bool]] = [Frame.team_id.in_(teams)] if teams else []
    if Role.HEAD in roles:
        seen.append(Frame.id.is_not(None))
    if Role.QA_REVIEWER in roles:
        seen.append(Frame.route.in_([Route.CENTRAL, Route.THEMATIC, Route.SECOND, Route.FILE]))
    if Role.THEMATIC_REVIEWER in roles:
        seen.append(Frame.route.in_([Route.THEMATIC, Route.FILE]))
    if Role.AUDITOR in roles:
        seen.append(is_named_for(person))
    return or_(false(), *seen)


def samples(session: Session, person: Person, *, routes: tuple[Route, ...] = tuple(Route)) -> list[SampleRow]:
    """The samples a person may see, newest first."""
    rows = session.execute(
        select(Frame, Plan, Draw, Person.name)
        .outerjoin(Plan, Plan.frame_id == Frame.id)
        .outerjoin(Draw, Draw.plan_id == Plan.id)
        .join(Person, Person.id == Frame.frozen_by_id)
        .where(may_see_frame(session, person), Frame.route.in_(routes))
        .order_by(Frame.frozen_at.desc(), Frame.id.desc())
    ).all()
    strata = dict(session.execute(select(Stratum.frame_id, func.count()).group_by(Stratum.frame_id)).all())
    names = dict(session.execute(select(Frame.id, Frame.name)).all())
    parents = {
        sha256: names[frame] for sha256, frame in session.execute(select(Plan.plan_sha256, Plan.frame_id))
    }
    series, states, drawn = series_of_draws(session), _states(session), _drawn_counts(session)
    blind = reviews_blind(session, person)
    hidden = {plan.id for _, plan, draw, _ in rows if plan and hides_strata(plan, blind=blind)}
    return [
        SampleRow(
            frame_id=frame.id,
            plan_id=plan.id if plan else None,
            draw_id=draw.id if draw else None,
            name=frame.name,
            route=Route(frame.route),
            team_id=frame.team_id,
            period=(frame.period_from, frame.period_until) if frame.period_from else None,
            filters=frame.filters,
            population=frame.population,
            strata=1 if plan and plan.id in hidden else strata[frame.id],
            excluded=frame.excluded,
            late_to=names.get(frame.late_to_id) if frame.late_to_id else None,
            frame_sha256=frame.frame_sha256,
            # Whoever has the seed of a second scoring could work out which of their cases it holds.
            seed=draw.seed if draw and (frame.route != Route.SECOND or draw.closed_at) else None,
            frozen_at=frame.frozen_at,
            drawn_at=draw.drawn_at if draw else None,
            state=states.get(plan.id) if plan else None,
            series=series.get(frame.id, NOT_DRAWN),
            by=name,
            **_of_plan(plan, parents, hidden=plan is not None and plan.id in hidden),
            size=_size(plan, drawn.get(draw.id if draw else None)),
        )
        for frame, plan, draw, name in rows
    ]


def _of_plan(plan: Plan | None, parents: dict[str, str], *, hidden: bool) -> dict[str, Any]:
    """What a sample's row tells of its plan; nothing of a frame that has none."""
    contents = plan_contents(plan) if plan else {"rule": {}, "randomness": {}, "parent_draw": None}
    rule, randomness = contents["rule"], contents["randomness"]
    return {
        "purpose": Purpose(plan.purpose) if plan else None,
        "standard": plan.standard if plan else None,
        "allowed_failures": plan.allowed_failures if plan else None,
        "assurance": plan.assurance if plan else "",
        "quota": rule.get("quota"),
        "second_stage": rule.get("second_stage"),
        "rule": {} if hidden else rule,
        "due_on": plan.due_on if plan else None,
        "plan_sha256": plan.plan_sha256 if plan else None,
        "registered_at": plan.registered_at if plan else None,
        "source": source_of(randomness) if plan else None,
        "randomness": randomness,
        "parent": parents.get(contents["parent_draw"] or ""),
    }


def _size(plan: Plan | None, drawn: int | None) -> int:
    """How many cases are drawn, or would be: of a rolling intake, only the draw tells."""
    return drawn or (sum(plan.sizes.values()) if plan else 0)


def _drawn_counts(session: Session) -> dict[int | None, int]:
    """The cases of each draw. One in the place of another counts once."""
    counted = select(SampledCase.draw_id, func.count()).where(SampledCase.cause != Cause.REPLACEMENT)
    return {row[0]: row[1] for row in session.execute(counted.group_by(SampledCase.draw_id))}


def _states(session: Session) -> dict[int, Event]:
    """How each plan stands in the register."""
    entries = session.execute(
        select(RegisterEntry.plan_id, RegisterEntry.event)
        .where(RegisterEntry.event.in_(STATES))
        .order_by(RegisterEntry.number)
    )
    return {plan_id: Event(event) for plan_id, event in entries}


def this_months_sample(session: Session, person: Person, team_id: int) -> SampleRow | None:
    """The sample of a team's open cases for this month, if it has been planned."""
    month = today(session).replace(day=1)
    of_team = samples(session, person, routes=(Route.OPEN,))
    return next(
        (
            row
            for row in of_team
            if row.team_id == team_id and row.period and row.period[0] == month and row.state != Event.VOIDED
        ),
        None,
    )


def may_draw(session: Session, frame_id: int, person: Person) -> bool:
    """Whether a person may go on with the draw from a frame."""
    try:
        check_may_draw(session, session.get_one(Frame, frame_id), person)
    except Refused:
        return False
    return True


def strata_of_sample(session: Session, draw_id: int, person: Person) -> pd.DataFrame:
    """The strata of a draw: label, cases in the frame, cases drawn.

    A stratum of one caseworker's cases bears a name only for those who manage the team. Where the strata
    would tell what managers said, who reviews for QA gets all in one.
    """
    draw = visible_draw(session, draw_id, person)
    sizes, names = draw.plan.sizes, _sees_names(session, draw, person)
    columns = ["code", "stratum", "population", "drawn", "certainty"]
    if hides_strata(draw.plan, blind=reviews_blind(session, person)):
        total = draw.plan.frame.population, sum(sizes.values())
        return pd.DataFrame([("", _ALL_IN_ONE, *total, False)], columns=columns)
    return pd.DataFrame(
        [
            (
                stratum.code,
                stratum.label if names or stratum.caseworker_id is None else f"Caseworker {stratum.code}",
                stratum.population,
                sizes.get(stratum.code, 0),
                stratum.is_certainty,
            )
            for stratum in draw.plan.frame.strata
        ],
        columns=columns,
    )


def drawn_cases(session: Session, draw_id: int, person: Person) -> pd.DataFrame:
    """The cases of a draw in ticket order; of a second scoring nothing until it is closed (it is sealed).

    Where the strata would tell what managers said, who reviews for QA gets the cases by reference and
    without their tickets: strata sampled at different rates have tickets up to different ones.
    """
    draw = visible_draw(session, draw_id, person)
    is_hidden = hides_strata(draw.plan, blind=reviews_blind(session, person))
    open_to_see = false() if is_sealed(draw) else true()
    label: ColumnElement[str] = Stratum.label  # type: ignore[assignment]
    if not _sees_names(session, draw, person):
        label = case((Stratum.caseworker_id.is_(None), Stratum.label), else_="Caseworker " + Stratum.code)
    position: ColumnElement[int] = SampledCase.position  # type: ignore[assignment]
    ticket: ColumnElement[str] = SampledCase.ticket  # type: ignore[assignment]
    order: list[ColumnElement[str] | ColumnElement[int]] = [Stratum.code, position]  # type: ignore[list-item]
    if is_hidden:
        label, ticket = literal(_ALL_IN_ONE), literal("")
        position = func.row_number().over(order_by=FrameCase.reference)
        order = [FrameCase.reference]  # type: ignore[list-item]
    return frame_of(
        session,
        select(
            SampledCase.id.label("sampled_case_id"),
            FrameCase.reference.label("reference"),
            Team.name.label("team"),
            label.label("stratum"),
            position.label("position"),
            ticket.label("ticket"),
            SampledCase.cause.label("cause"),
            Replacement.code.label("replaced"),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .outerjoin(Replacement, Replacement.sampled_case_id == SampledCase.id)
        .where(SampledCase.draw_id == draw.id, open_to_see)
        .order_by(*order),
    )


def _sees_names(session: Session, draw: Draw, person: Person) -> bool:
    return draw.plan.frame.team_id in teams_managed(session, person)


def frames_touched(session: Session, import_id: int) -> list[str]:
    """The samples whose frames hold a case that an import changed; they stay as frozen."""
    return list(
        session.scalars(
            select(Frame.name)
            .join(FrameCase, FrameCase.frame_id == Frame.id)
            .join(CaseBefore, CaseBefore.case_id == FrameCase.case_id)
            .where(CaseBefore.import_id == import_id, Frame.import_id < import_id)
            .distinct()
            .order_by(Frame.name)
        )
    )


def visible_draw(session: Session, draw_id: int, person: Person) -> Draw:
    draw = session.scalars(
        select(Draw)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Draw.id == draw_id, may_see_frame(session, person))
    ).first()
    if draw is None:
        raise Refused("There is no such sample, or it is not for you to see. Go back to the list of samples.")
    return draw
