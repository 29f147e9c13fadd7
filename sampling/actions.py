"""Plans and draws: worked out, registered before any randomness, seeded once, drawn once."""

import json
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from sampling.draw import draw as draw_references
from sampling.draw import plan_file, seed_from, sha256_hex, ticket
from sampling.frames import check_may_plan, check_may_sample_team, frame_content
from sampling.records import audit_trail
from sampling.records.calendars import month_end
from sampling.records.case_import import undo_import
from sampling.records.cases import Import
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.records.settings import setting
from sampling.refused import Refused
from sampling.sizes import size_to_show, size_to_show_stratified
from sampling.tables import Draw, Frame, FrameCase, Plan, Purpose, Route, SampledCase

RECIPE: Final = "cqa1"
RANDOMNESS: Final = "operating system"
PUBLIC_VALUE_FORM: Final = "32 bytes as 64 lower-case hexadecimal digits"
ONE_STRATUM_METHOD: Final = "exact hypergeometric limit"
STRATA_METHOD: Final = "Hoeffding-binomial limit"


def register_plan_to_show(
    session: Session,
    frame: Frame,
    *,
    standard: str,
    assurance: str,
    allowed_failures: int,
    due_on: date,
    by: Person,
) -> Plan:
    """Register a sample that is large enough to show a standard, by the bound that will judge it."""
    sizes = sizes_to_show(frame, standard=standard, assurance=assurance, allowed_failures=allowed_failures)
    rule = {"standard": standard, "assurance": assurance, "allowed_failures": allowed_failures}
    return _register(session, frame, purpose=Purpose.SHOW, rule=rule, sizes=sizes, due_on=due_on, by=by)


def register_quota_plan(session: Session, frame: Frame, *, by: Person) -> Plan:
    """Register a line manager's month: so many of each caseworker, certainty strata whole."""
    quota = int(setting(session, "monthly_quota", today(session)))
    sizes = {
        stratum.code: stratum.population if stratum.is_certainty else min(quota, stratum.population)
        for stratum in frame.strata
    }
    rule = {"quota": quota, "assurance": setting(session, "assurance", today(session))}
    due_on = month_end(session, today(session))
    return _register(session, frame, purpose=Purpose.QUOTA, rule=rule, sizes=sizes, due_on=due_on, by=by)


def register_sized_plan(
    session: Session, frame: Frame, *, sizes: Mapping[str, int], due_on: date, by: Person
) -> Plan:
    """Register a sample of stated sizes by stratum: a quota somebody chose, or a census."""
    census = all(sizes.get(stratum.code) == stratum.population for stratum in frame.strata)
    rule = {"assurance": setting(session, "assurance", today(session))}
    purpose = Purpose.CENSUS if census else Purpose.QUOTA
    return _register(session, frame, purpose=purpose, rule=rule, sizes=sizes, due_on=due_on, by=by)


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


def seed_plan(session: Session, plan: Plan, *, by: Person) -> Draw:
    """Give a registered plan its one seed, from 32 bytes of the operating system.

    The caller commits before drawing: the seed must be on record before a ticket is worked out.
    A plan that has its seed keeps it.
    """
    check_may_draw(session, plan.frame, by)
    existing = session.scalars(select(Draw).where(Draw.plan_id == plan.id)).first()
    if existing is not None:
        return existing
    public_value = secrets.token_hex(32)
    draw = Draw(
        plan_id=plan.id,
        randomness=RANDOMNESS,
        public_value=public_value,
        seed=seed_from(plan.plan_sha256, public_value),
        seeded_at=now(session),
        seeded_by_id=by.id,
    )
    session.add(draw)
    session.flush()
    # With the public value of a second scoring anybody could work out which cases it holds.
    shown = sha256_hex(public_value.encode()) if plan.frame.route == Route.SECOND else public_value
    audit_trail.record(session, "seed_plan", f"plan {plan.id}", by=by, draw=draw.id, public_value=shown)
    return draw


def draw_sample(session: Session, draw: Draw, *, by: Person) -> int:
    """Draw the cases by recipe cqa1 with the recorded seed; how many were drawn. Once per plan."""
    check_may_draw(session, draw.plan.frame, by)
    if draw.drawn_at is not None:
        raise Refused(
            f"This plan was drawn on {draw.drawn_at.day} {draw.drawn_at:%B %Y}. One plan has one draw."
        )
    plan, frame = draw.plan, draw.plan.frame
    if sha256_hex(frame_content(session, frame)) != frame.frame_sha256:
        raise Refused(
            f"The frame “{frame.name}” is no longer what was frozen. Nothing was drawn; ask for an audit."
        )
    codes = {stratum.id: stratum.code for stratum in frame.strata}
    members: dict[str, dict[str, int]] = {code: {} for code in codes.values()}
    rows = session.execute(
        select(FrameCase.id, FrameCase.reference, FrameCase.stratum_id).where(FrameCase.frame_id == frame.id)
    )
    for frame_case_id, reference, stratum_id in rows:
        members[codes[stratum_id]][reference] = frame_case_id
    drawn = draw_references(members, plan.sizes, seed=draw.seed)
    stratum_ids = {code: stratum_id for stratum_id, code in codes.items()}
    sampled = [
        {
            "draw_id": draw.id,
            "frame_case_id": members[code][reference],
            "stratum_id": stratum_ids[code],
            "position": position,
            "ticket": ticket(draw.seed, reference),
        }
        for code, references in drawn.items()
        for position, reference in enumerate(references, start=1)
    ]
    session.execute(insert(SampledCase), sampled)
    draw.drawn_at = now(session)
    audit_trail.record(session, "draw_sample", f"draw {draw.id}", by=by, cases=len(sampled))
    return len(sampled)


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
    by: Person,
) -> Plan:
    check_may_draw(session, frame, by)
    if session.scalars(select(Plan).where(Plan.frame_id == frame.id)).first():
        raise Refused(
            f"The frame “{frame.name}” has its plan already. Freeze a new frame for another sample."
        )
    _check_sizes(frame, sizes)
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
            "method": ONE_STRATUM_METHOD if len(frame.strata) == 1 else STRATA_METHOD,
            "parent_draw": None,
            "randomness": {"source": RANDOMNESS, "form": PUBLIC_VALUE_FORM},
            "registered_at": now(session).isoformat(timespec="seconds"),
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
        registered_at=now(session),
        registered_by_id=by.id,
    )
    session.add(plan)
    session.flush()
    audit_trail.record(
        session, "register_plan", f"plan {plan.id}", by=by, frame=frame.id, plan_sha256=plan.plan_sha256
    )
    return plan


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
