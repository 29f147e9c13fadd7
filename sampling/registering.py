"""Registering a plan: what it fixes, and when, before any randomness exists."""

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
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.register import add_line, moment, state_of
from sampling.register_chain import Event
from sampling.stratified import EXACT, HOEFFDING_BINOMIAL, METHODS, method_for
from sampling.tables import Frame, Plan, Purpose, Route

RECIPE: Final = "cqa1"
# What is expected to meet and not to, of the limits that may be read while the reviews run.
PRIORS: Final = {"outcome": (99, 1), "method": (9, 1)}
# The standards that the results of a route are held against, by the settings of the period.
_STANDARDS: Final = {
    Route.CENTRAL: ("outcome", "method"),
    Route.THEMATIC: ("outcome", "method"),
    Route.OPEN: ("overall",),
    Route.SECOND: ("agreement",),
}


@dataclass(frozen=True)
class Terms:
    """What any plan may say beside its size: where the seed comes from, and which draw it nests in.

    `randomness` is made by `sampling.randomness`; None is the operating system. `parent_id` is a registered
    plan without a seed, whose seed this plan will share.
    """

    randomness: Mapping[str, Any] | None = None
    parent_id: int | None = None


ROUTINE: Final = Terms()


def check_may_draw(session: Session, frame: Frame, person: Person) -> None:
    """Refuse unless the person may draw from this frame."""
    if frame.team is not None:
        check_may_sample_team(session, person, frame.team)
    else:
        check_may_plan(session, person, Route(frame.route))


def register(
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
    """Write down what the sample is for, its sizes and the rule that will judge it, and enter it."""
    check_may_draw(session, frame, by)
    if session.scalars(select(Plan).where(Plan.frame_id == frame.id)).first():
        raise Refused(
            f"The frame “{frame.name}” has its plan already. Freeze a new frame for another sample."
        )
    _check_sizes(frame, sizes)
    parent = _parent(session, frame, terms)
    randomness = from_parent(parent.plan_sha256) if parent else terms.randomness or from_system()
    registered_at = moment(session)
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
            "standards": _standards(session, frame),
            "monitoring": monitoring(rule["assurance"]),
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


def _standards(session: Session, frame: Frame) -> dict[str, str]:
    """The office's standards as they are now: no later setting changes what a result is held against.

    A plan that is to show a standard of its own has that one in its rule, for the measure it names.
    """
    day = frame.period_until or today(session)
    names = _STANDARDS[Route(frame.route)]
    return {name: setting(session, f"{name}_standard", day) for name in names}


def monitoring(assurance: str) -> dict[str, Any]:
    """What a plan fixes of the limits that may be read while its reviews run."""
    return {"confidence": assurance, "priors": {name: list(prior) for name, prior in PRIORS.items()}}


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
