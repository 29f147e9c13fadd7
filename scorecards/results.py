"""What the reviews of a sample show, against the standard its plan registered, or 98% and 80%.

Open and closed cases are different series. A case found wanting while it is open can still be put
right, so open-case results never enter a closed-case rate. A theme may hold both: they are counted
apart, each case as what it was when the frame was frozen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from sampling.next_tickets import is_extended
from sampling.randomness import Source
from sampling.records.cases import CaseState
from sampling.records.people import Person, Role, roles_of
from sampling.refused import Refused
from sampling.registering import plan_contents
from sampling.series import Series, series_of_draws
from sampling.tables import Draw, Frame, FrameCase, Plan, Purpose, Replacement, Route, SampledCase
from scorecards.measure_results import STANDARDS, MeasureResult, measure_result, plan_measure
from scorecards.result_counts import (
    Sample,
    SeriesResult,
    is_in_frames,
    is_sampled,
    not_assessable,
    reviewed_cases,
    sample_of,
    series_of,
)

RESULT_ROUTES: Final = frozenset({Route.CENTRAL, Route.THEMATIC})


@dataclass(frozen=True)
class TwoStages:
    """What a plan in two stages foresaw, and whether its second stage was drawn."""

    first: int
    second: int
    is_extended: bool


@dataclass(frozen=True)
class SampleResult:
    """One closed-case or thematic sample, with the late strata that belong to it.

    `measures` are the standards, judged: of closed cases only. `series` are a theme's open cases
    and its closed ones, as far as it has any; no measure is over both. `late_cases` are those of late
    strata, `late_not_drawn` of them the ones of plans that are registered and not drawn yet.
    """

    draw_id: int
    name: str
    route: Route
    purpose: Purpose
    due_on: date
    population: int
    drawn: int
    reviewed: int
    not_found: int
    not_assessable: tuple[str, ...]
    excluded: dict[str, int]
    replaced: dict[str, int]
    late_cases: int
    draws: Series
    is_demonstration: bool
    assurance: str
    two_stages: TwoStages | None
    measures: tuple[MeasureResult, ...]
    series: tuple[SeriesResult, ...]
    late_not_drawn: int = 0


def result_samples(session: Session, person: Person) -> list[tuple[int, str]]:
    """The samples whose results a person may see: id and name, the newest first.

    Closed cases and themes that are drawn and not voided. Late strata are in the sample they belong to.
    """
    rows = session.execute(
        select(Draw.id, Frame.name)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(
            Frame.route.in_(_routes_seen(session, person)),
            Frame.late_to_id.is_(None),
            Plan.voided_at.is_(None),
            Draw.drawn_at.is_not(None),
        )
        .order_by(Draw.drawn_at.desc(), Draw.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def voided_samples(session: Session, name: str, person: Person) -> list[int]:
    """The draws of samples of a name that were voided, of those whose results a person could see else."""
    rows = session.scalars(
        select(Draw.id)
        .join(Plan, Plan.id == Draw.plan_id)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(
            Frame.route.in_(_routes_seen(session, person)),
            Frame.name == name,
            Frame.late_to_id.is_(None),
            Plan.voided_at.is_not(None),
            Draw.drawn_at.is_not(None),
        )
        .order_by(Draw.id.desc())
    )
    return list(rows)


def visible_sample(session: Session, draw_id: int, person: Person) -> Draw:
    """The draw of a sample whose results a person may see."""
    routes = _routes_seen(session, person)
    if not routes:
        raise Refused("Office-wide results are for QA, thematic reviewers and the Head of Customer Care.")
    draw = session.get(Draw, draw_id)
    if draw is None or draw.plan.frame.route not in routes or draw.drawn_at is None:
        raise Refused("There is no such sample. Go back to the list of results.")
    if draw.plan.voided_at is not None:
        raise Refused(f"“{draw.plan.frame.name}” was voided: it has no results. The register says why.")
    if draw.plan.frame.late_to_id is not None:
        whole = session.get_one(Frame, draw.plan.frame.late_to_id)
        raise Refused(f"These are late strata of “{whole.name}”. Look at the results of that sample.")
    return draw


def sample_result(session: Session, draw_id: int, person: Person) -> SampleResult:
    """What one sample shows so far, for each standard."""
    draw = visible_sample(session, draw_id, person)
    plan, frame = draw.plan, draw.plan.frame
    sample = sample_of(session, draw)
    reviewed = reviewed_cases(session, sample)
    measures = tuple(measure_result(session, sample, name) for name in judged_measures(session, sample))
    is_theme = frame.route == Route.THEMATIC
    second_stage = plan_contents(plan)["rule"].get("second_stage")
    return SampleResult(
        draw_id=draw.id,
        name=frame.name,
        route=Route(frame.route),
        purpose=Purpose(plan.purpose),
        due_on=max(each.due_on for each in sample.plans),
        population=sum(each.frame.population for each in sample.plans),
        drawn=session.scalar(select(func.count(SampledCase.id)).where(is_sampled(sample.draws))) or 0,
        reviewed=len(reviewed),
        not_found=sum(not case.file_found for case in reviewed),
        not_assessable=not_assessable(reviewed),
        excluded=dict(frame.excluded),
        replaced=_replaced(session, sample.draws),
        late_cases=sum(each.frame.population for each in sample.plans[1:]),
        draws=series_of_draws(session)[frame.id],
        is_demonstration=_is_demonstration(session, draw),
        assurance=plan.assurance,
        two_stages=TwoStages(sum(plan.sizes.values()), second_stage, is_extended(session, draw))
        if second_stage
        else None,
        measures=measures,
        series=series_of(session, sample, reviewed) if is_theme else (),
        late_not_drawn=sum(each.frame.population for each in sample.not_drawn),
    )


def judged_measures(session: Session, sample: Sample) -> tuple[str, ...]:
    """The measures of a sample that have a verdict: both of closed cases, of a theme what it was sized for.

    A theme that holds open cases has none.
    """
    plan = sample.draw.plan
    if plan.frame.route == Route.CENTRAL:
        return tuple(STANDARDS)
    not_closed = select(FrameCase.id).where(is_in_frames(sample), FrameCase.state != CaseState.CLOSED)
    if plan.standard is None or session.scalar(not_closed.limit(1)) is not None:
        return ()
    return (plan_measure(plan),)


def _routes_seen(session: Session, person: Person) -> frozenset[Route]:
    roles = roles_of(session, person)
    if roles & {Role.HEAD, Role.QA_REVIEWER}:
        return RESULT_ROUTES
    return frozenset({Route.THEMATIC} if Role.THEMATIC_REVIEWER in roles else ())


def _is_demonstration(session: Session, draw: Draw) -> bool:
    """Whether the seed, or that of the draw it nests in, was typed by hand."""
    of = select(Draw.id).where(
        or_(Draw.id == draw.id, Draw.plan_id == draw.plan.parent_id),
        Draw.randomness == Source.DEMONSTRATION,
    )
    return session.scalar(of.limit(1)) is not None


def _replaced(session: Session, draws: Sequence[Draw]) -> dict[str, int]:
    """How many cases were replaced as out of scope, by the code of the reason."""
    rows = session.execute(
        select(Replacement.code, func.count())
        .join(SampledCase, SampledCase.id == Replacement.sampled_case_id)
        .where(SampledCase.draw_id.in_([draw.id for draw in draws]))
        .group_by(Replacement.code)
        .order_by(Replacement.code)
    )
    return {code: int(count) for code, count in rows}
