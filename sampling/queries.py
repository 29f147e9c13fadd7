"""The samples there are: frames, plans and draws, for those who may see them, and their receipts."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from sampling.actions import RECIPE, check_may_draw, plan_contents
from sampling.frames import frame_content
from sampling.receipt import write_receipt
from sampling.records.cases import CaseBefore
from sampling.records.database import frame_of, today
from sampling.records.people import Person, Role, Team, roles_of, teams_managed
from sampling.refused import Refused
from sampling.tables import Draw, Frame, FrameCase, Plan, Purpose, Route, SampledCase, Stratum


@dataclass(frozen=True)
class SampleRow:
    """A frame with its plan and draw, as far as they exist.

    `number` of `draws` counts the draws made for the same route and exactly this period (a theme's:
    with its filters), so that nobody draws until they like what they get; both 0 before the draw.
    """

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
    due_on: date | None
    frame_sha256: str
    plan_sha256: str | None
    seed: str | None
    frozen_at: datetime
    registered_at: datetime | None
    drawn_at: datetime | None
    number: int
    draws: int
    by: str


def may_see_frame(session: Session, person: Person) -> ColumnElement[bool]:
    """The condition on Frame that a person may see that it exists, how large it is and its hashes."""
    roles, teams = roles_of(session, person), teams_managed(session, person)
    seen: list[ColumnElement[bool]] = [Frame.team_id.in_(teams)] if teams else []
    if Role.HEAD in roles:
        seen.append(Frame.id.is_not(None))
    if Role.QA_REVIEWER in roles:
        seen.append(Frame.route.in_([Route.CENTRAL, Route.THEMATIC, Route.SECOND]))
    if Role.THEMATIC_REVIEWER in roles:
        seen.append(Frame.route == Route.THEMATIC)
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
    )
    strata = dict(session.execute(select(Stratum.frame_id, func.count()).group_by(Stratum.frame_id)).all())
    drawn = _draws_by_period(session)
    return [
        _sample_row(frame, plan, draw, name, strata[frame.id], drawn[_same_period(frame)])
        for frame, plan, draw, name in rows
    ]


def _draws_by_period(session: Session) -> dict[str, list[int]]:
    """The frames that were drawn from, oldest draw first, by what makes two draws the same question."""
    frames = session.scalars(
        select(Frame)
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at, Draw.id)
    )
    result: dict[str, list[int]] = defaultdict(list)
    for frame in frames:
        result[_same_period(frame)].append(frame.id)
    return result


def _same_period(frame: Frame) -> str:
    # Another filter is another theme; on a central sample it would only be a way to draw again.
    fields = frame.filters.get("fields") if frame.route == Route.THEMATIC else None
    return json.dumps([frame.route, frame.team_id, str(frame.period_from), str(frame.period_until), fields])


def _sample_row(
    frame: Frame, plan: Plan | None, draw: Draw | None, by: str, strata: int, drawn: list[int]
) -> SampleRow:
    is_drawn = frame.id in drawn
    return SampleRow(
        frame_id=frame.id,
        plan_id=plan.id if plan else None,
        draw_id=draw.id if draw else None,
        name=frame.name,
        route=Route(frame.route),
        team_id=frame.team_id,
        period=(frame.period_from, frame.period_until) if frame.period_from else None,
        filters=frame.filters,
        purpose=Purpose(plan.purpose) if plan else None,
        population=frame.population,
        size=sum(plan.sizes.values()) if plan else 0,
        strata=strata,
        excluded=frame.excluded,
        standard=plan.standard if plan else None,
        allowed_failures=plan.allowed_failures if plan else None,
        assurance=plan.assurance if plan else "",
        quota=plan_contents(plan)["rule"].get("quota") if plan else None,
        due_on=plan.due_on if plan else None,
        frame_sha256=frame.frame_sha256,
        plan_sha256=plan.plan_sha256 if plan else None,
        # Whoever has the seed of a second scoring could work out which of their cases it holds.
        seed=draw.seed if draw and frame.route != Route.SECOND else None,
        frozen_at=frame.frozen_at,
        registered_at=plan.registered_at if plan else None,
        drawn_at=draw.drawn_at if draw else None,
        number=drawn.index(frame.id) + 1 if is_drawn else 0,
        draws=len(drawn) if is_drawn else 0,
        by=by,
    )


def this_months_sample(session: Session, person: Person, team_id: int) -> SampleRow | None:
    """The sample of a team's open cases for this month, if it has been planned."""
    month = today(session).replace(day=1)
    of_team = samples(session, person, routes=(Route.OPEN,))
    return next(
        (row for row in of_team if row.team_id == team_id and row.period and row.period[0] == month), None
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

    A stratum of one caseworker's cases bears a name only for those who manage the team.
    """
    draw = _visible_draw(session, draw_id, person)
    sizes, names = draw.plan.sizes, _sees_names(session, draw, person)
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
        columns=["code", "stratum", "population", "drawn", "certainty"],
    )


def drawn_cases(session: Session, draw_id: int, person: Person) -> pd.DataFrame:
    """The cases of a draw in ticket order; of a second scoring nothing (it is sealed)."""
    draw = _visible_draw(session, draw_id, person)
    open_to_see = false() if draw.plan.frame.route == Route.SECOND else true()
    label: ColumnElement[str] = Stratum.label  # type: ignore[assignment]
    if not _sees_names(session, draw, person):
        label = case((Stratum.caseworker_id.is_(None), Stratum.label), else_="Caseworker " + Stratum.code)
    return frame_of(
        session,
        select(
            SampledCase.id.label("sampled_case_id"),
            FrameCase.reference.label("reference"),
            Team.name.label("team"),
            label.label("stratum"),
            SampledCase.position.label("position"),
            SampledCase.ticket.label("ticket"),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .outerjoin(Team, Team.id == FrameCase.team_id)
        .where(SampledCase.draw_id == draw.id, open_to_see)
        .order_by(Stratum.code, SampledCase.position),
    )


def _sees_names(session: Session, draw: Draw, person: Person) -> bool:
    return draw.plan.frame.team_id in teams_managed(session, person)


def receipt_of(session: Session, draw_id: int, person: Person) -> bytes:
    """The receipt of a draw. A second scoring's is sealed: whoever has it could tell which cases it holds."""
    draw = _visible_draw(session, draw_id, person)
    plan, frame = draw.plan, draw.plan.frame
    if frame.route == Route.SECOND:
        raise Refused(
            f"The receipt of a second scoring is sealed. Its frame is {frame.frame_sha256}, "
            f"its plan {plan.plan_sha256}."
        )
    if draw.drawn_at is None:
        raise Refused("This plan has not been drawn yet. Draw it first.")
    rows = session.execute(
        select(Stratum.code, SampledCase.position, FrameCase.reference, SampledCase.ticket)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .where(SampledCase.draw_id == draw.id)
        .order_by(Stratum.code, SampledCase.position)
    )
    facts = {
        "recipe": RECIPE,
        "draw": draw.id,
        "population": frame.population,
        "frame_sha256": frame.frame_sha256,
        "plan_sha256": plan.plan_sha256,
        "registered_at": plan_contents(plan)["registered_at"],
        "randomness": draw.randomness,
        "public_value": draw.public_value,
        "seed": draw.seed,
        "seeded_at": draw.seeded_at.isoformat(timespec="seconds"),
        "drawn_at": draw.drawn_at.isoformat(timespec="seconds"),
        "sample": [
            {"stratum": code, "position": position, "reference": reference, "ticket": ticket}
            for code, position, reference, ticket in rows
        ],
    }
    return write_receipt(frame=frame_content(session, frame), plan=plan.plan_text.encode(), facts=facts)


def check_against_register(session: Session, facts: dict[str, Any]) -> None:
    """Refuse, by the name of the field, a receipt that is not what this office's register says."""
    draw = session.scalars(
        select(Draw).join(Plan, Plan.id == Draw.plan_id).where(Plan.plan_sha256 == facts["plan_sha256"])
    ).first()
    if draw is None or draw.drawn_at is None:
        raise Refused(
            "The field plan_sha256 is not in this office's register: the draw is not one of its own."
        )
    registered = {
        "draw": draw.id,
        "public_value": draw.public_value,
        "seed": draw.seed,
        "randomness": draw.randomness,
        "seeded_at": draw.seeded_at.isoformat(timespec="seconds"),
        "drawn_at": draw.drawn_at.isoformat(timespec="seconds"),
    }
    for field, value in registered.items():
        if facts.get(field) != value:
            raise Refused(f"The field {field} is {facts.get(field)!r}, and the register says {value!r}.")


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


def _visible_draw(session: Session, draw_id: int, person: Person) -> Draw:
    draw = session.scalars(
        select(Draw)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Draw.id == draw_id, may_see_frame(session, person))
    ).first()
    if draw is None:
        raise Refused("There is no such sample, or it is not for you to see. Go back to the list of samples.")
    return draw
