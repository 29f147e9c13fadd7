"""Plans: how many cases, by which rule, judged how; registered before any randomness exists."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.draw import plan_file, sha256_hex
from sampling.frames import check_may_plan, check_may_sample_team
from sampling.randomness import from_parent, from_system
from sampling.records.calendars import month_end
from sampling.records.case_import import undo_import
from sampling.records.cases import Import
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.register import add_line, state_of
from sampling.register_chain import Event
from sampling.sizes import (
    exact_share,
    size_for_margin,
    size_to_show,
    size_to_show_stratified,
    stop_or_go,
)
from sampling.strata import share_at_rate, share_proportionally
from sampling.stratified import EXACT, HOEFFDING_BINOMIAL, METHODS, method_for
from sampling.tables import Frame, Plan, Purpose, Route

RECIPE: Final = "cqa1"
PRIOR: Final = (99, 1)  # met and not met, of the limits that may be read while the reviews run


@dataclass(frozen=True)
class Terms:
    """What any plan may say beside its size: where the seed comes from, and which draw it nests in.

    `randomness` is made by `sampling.randomness`; None is the operating system. `parent_id` is a registered
    plan without a seed, whose seed this plan will share.
    """

    randomness: Mapping[str, Any] | None = None
    parent_id: int | None = None


ROUTINE: Final = Terms()


def register_plan_to_show(
    session: Session,
    frame: Frame,
    *,
    standard: str,
    assurance: str,
    allowed_failures: int,
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample that is large enough to show a standard, by the bound that will judge it."""
    sizes = sizes_to_show(frame, standard=standard, assurance=assurance, allowed_failures=allowed_failures)
    rule = {"standard": standard, "assurance": assurance, "allowed_failures": allowed_failures}
    purpose = Purpose.AGREEMENT if frame.route == Route.SECOND else Purpose.SHOW
    return _register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_stop_or_go_plan(
    session: Session,
    frame: Frame,
    *,
    standard: str,
    assurance: str,
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample in two stages: none may fail; after exactly one, as many again, of which none may."""
    if len(frame.strata) > 1:
        raise Refused("A sample in two stages is drawn from all cases together. Choose no strata for it.")
    found = stop_or_go(standard, frame.population, assurance=float(assurance))
    sizes = {frame.strata[0].code: found.first_stage}
    rule = {
        "standard": standard,
        "assurance": assurance,
        "allowed_failures": 0,
        "second_stage": found.second_stage,
    }
    return _register(
        session, frame, purpose=Purpose.SHOW, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_estimate_plan(
    session: Session,
    frame: Frame,
    *,
    expected: str,
    margin: str,
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample that tells the rate within a margin, if the rate is about the one expected."""
    assurance = setting(session, "assurance", today(session))
    found = size_for_margin(expected, margin, frame.population, confidence=float(assurance))
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    sizes = share_proportionally(populations, found.sample_size)
    rule = {"assurance": assurance, "expected": expected, "margin": margin, "confidence": assurance}
    return _register(
        session, frame, purpose=Purpose.ESTIMATE, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_rolling_plan(
    session: Session, frame: Frame, *, rate: str, due_on: date, terms: Terms = ROUTINE, by: Person
) -> Plan:
    """Register one intake of a rolling sample: each case is in with the chance `rate`, whoever else is.

    How many that are is known once the seed is: `sizes` are what may be expected, rounded up.
    """
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    exact_share(rate)
    rule = {"assurance": setting(session, "assurance", today(session)), "rate": rate}
    sizes = share_at_rate(populations, rate)
    return _register(
        session, frame, purpose=Purpose.ROLLING, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_quota_plan(session: Session, frame: Frame, *, by: Person) -> Plan:
    """Register a line manager's month: so many of each caseworker, certainty strata whole."""
    quota = int(setting(session, "monthly_quota", today(session)))
    sizes = {
        stratum.code: stratum.population if stratum.is_certainty else min(quota, stratum.population)
        for stratum in frame.strata
    }
    rule = {"quota": quota, "assurance": setting(session, "assurance", today(session))}
    due_on = month_end(session, today(session))
    return _register(
        session, frame, purpose=Purpose.QUOTA, rule=rule, sizes=sizes, due_on=due_on, terms=ROUTINE, by=by
    )


def register_sized_plan(
    session: Session,
    frame: Frame,
    *,
    sizes: Mapping[str, int],
    due_on: date,
    terms: Terms = ROUTINE,
    by: Person,
) -> Plan:
    """Register a sample of stated sizes by stratum: a quota somebody chose, or a census."""
    census = all(sizes.get(stratum.code) == stratum.population for stratum in frame.strata)
    rule = {"assurance": setting(session, "assurance", today(session))}
    purpose = Purpose.CENSUS if census else Purpose.QUOTA
    return _register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=terms, by=by
    )


def register_late_plan(
    session: Session, frame: Frame, parent: Plan, *, sizes: Mapping[str, int], due_on: date, by: Person
) -> Plan:
    """Register the late strata of another plan's frame, under that plan's own rule."""
    rule = plan_contents(parent)["rule"]
    purpose = Purpose(parent.purpose)
    return _register(
        session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, terms=ROUTINE, by=by
    )


def sizes_to_show(frame: Frame, *, standard: str, assurance: str, allowed_failures: int) -> Mapping[str, int]:
    """How many of each stratum would show the standard with so many failures."""
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    return share_to_show(
        populations, standard=standard, assurance=assurance, allowed_failures=allowed_failures
    )


def share_to_show(
    populations: Mapping[str, int], *, standard: str, assurance: str, allowed_failures: int
) -> Mapping[str, int]:
    """The sizes by stratum: one stratum by its exact size, several by the bound that judges them."""
    level = float(assurance)
    if len(populations) == 1:
        ((code, population),) = populations.items()
        size = size_to_show(standard, population, assurance=level, allowed_failures=allowed_failures)
        return {code: size.sample_size}
    return size_to_show_stratified(
        standard, populations, assurance=level, allowed_failures=allowed_failures
    ).sizes


def check_may_draw(session: Session, frame: Frame, person: Person) -> None:
    """Refuse unless the person may draw from this frame."""
    if frame.team is not None:
        check_may_sample_team(session, person, frame.team)
    else:
        check_may_plan(session, person, Route(frame.route))


def take_back_import(session: Session, import_: Import, *, by: Person) -> None:
    """Undo an import, unless a frame has been frozen since: that frame keeps what it was drawn from."""
    frozen = session.scalars(select(Frame.name).where(Frame.import_id >= import_.id).limit(1)).first()
    if frozen is not None:
        raise Refused(
            f"The import of {import_.file_name} cannot be undone: the sample “{frozen}” was drawn from it. "
            f"Import a corrected extract instead; it will list the samples it touches."
        )
    undo_import(session, import_, by=by)


def _register(
    session: Session,
    frame: Frame,
    *,
    purpose: Purpose,
    rule: dict[str, Any],
    sizes: Mapping[str, int],
    due_on: date,
    terms: Terms,
    by: Person,
) -> Plan:
    check_may_draw(session, frame, by)
    if session.scalars(select(Plan).where(Plan.frame_id == frame.id)).first():
        raise Refused(
            f"The frame “{frame.name}” has its plan already. Freeze a new frame for another sample."
        )
    _check_sizes(frame, sizes)
    parent = _parent(session, frame, terms)
    randomness = from_parent(parent.plan_sha256) if parent else terms.randomness or from_system()
    registered_at = now(session).replace(microsecond=0)
    number = (session.scalar(select(func.max(Plan.id))) or 0) + 1
    content = plan_file(
        {
            "recipe": RECIPE,
            "number": number,
            "route": frame.route,
            "purpose": str(purpose),
            "period": [str(day) if day else None for day in (frame.period_from, frame.period_until)],
            "frame_sha256": frame.frame_sha256,
            "population": frame.population,
            "sizes": dict(sizes),
            "rule": rule,
            "method": _method(frame, purpose, sizes),
            "parent_draw": parent.plan_sha256 if parent else None,
            "late_to": _late_to(session, frame),
            "monitoring": {"confidence": rule["assurance"], "prior": list(PRIOR)},
            "randomness": dict(randomness),
            "registered_at": registered_at.isoformat(timespec="seconds"),
        }
    )
    plan = Plan(
        frame_id=frame.id,
        purpose=purpose,
        standard=rule.get("standard"),
        assurance=rule["assurance"],
        allowed_failures=rule.get("allowed_failures"),
        sizes=dict(sizes),
        plan_text=content.decode(),
        plan_sha256=sha256_hex(content),
        due_on=due_on,
        registered_at=registered_at,
        registered_by_id=by.id,
        parent_id=terms.parent_id,
    )
    session.add(plan)
    session.flush()
    details = {"frame_sha256": frame.frame_sha256}
    add_line(session, plan, Event.PLANNED, by=by, details=details, at=registered_at)
    return plan


def _parent(session: Session, frame: Frame, terms: Terms) -> Plan | None:
    """The plan whose seed this one will share; refused when it cannot be shared."""
    if terms.parent_id is None:
        return None
    parent = session.get(Plan, terms.parent_id)
    if parent is None or parent.voided_at is not None:
        raise Refused("The plan that this one would share a seed with was voided. Choose another.")
    # Whoever knows the parent's seed could choose among frames until the sample pleases.
    if state_of(session, parent) != Event.PLANNED or _is_out(session, parent):
        raise Refused(
            f"“{parent.frame.name}” has its seed already, or its public value is out. A plan can only share "
            "a seed that does not exist yet; give this plan a seed of its own."
        )
    if parent.parent_id is not None:
        raise Refused(
            f"“{parent.frame.name}” shares the seed of another plan itself. Name that plan instead."
        )
    if Route.SECOND in (frame.route, parent.frame.route):
        raise Refused(
            "A second scoring always has a seed of its own: its cases must not be told from another's."
        )
    return parent


def _is_out(session: Session, plan: Plan) -> bool:
    out_at = plan_contents(plan)["randomness"].get("out_at")
    return out_at is not None and now(session) >= datetime.fromisoformat(out_at)


def _method(frame: Frame, purpose: Purpose, sizes: Mapping[str, int]) -> str:
    """How several strata will be judged, fixed here: no result has been seen yet."""
    if len(frame.strata) == 1:
        return EXACT
    if purpose in (Purpose.SHOW, Purpose.AGREEMENT):
        return METHODS[HOEFFDING_BINOMIAL]  # the bound that sized it
    return METHODS[method_for({stratum.code: stratum.population for stratum in frame.strata}, sizes)]


def _late_to(session: Session, frame: Frame) -> str | None:
    if frame.late_to_id is None:
        return None
    return session.scalars(select(Plan.plan_sha256).where(Plan.frame_id == frame.late_to_id)).one()


def _check_sizes(frame: Frame, sizes: Mapping[str, int]) -> None:
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    unknown = sorted(set(sizes) - set(populations))
    if unknown:
        raise Refused(f"The frame has no stratum {unknown[0]}. Its strata are {', '.join(populations)}.")
    for code, size in sizes.items():
        if not 0 <= size <= populations[code]:
            raise Refused(f"{size} cases cannot be drawn from stratum {code} of {populations[code]}.")
    if sum(sizes.values()) == 0:
        raise Refused("The plan draws no case at all. Ask for at least one.")


def plan_contents(plan: Plan) -> dict[str, Any]:
    """The registered plan as it was hashed."""
    contents: dict[str, Any] = json.loads(plan.plan_text)
    return contents
