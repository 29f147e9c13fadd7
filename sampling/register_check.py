"""The register compared with what the database holds: plans, draws, cases and replacements are what it says.

The chain shows that no line was changed; this, that no row was, and that none was put in or taken out.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from sampling.disposed_samples import check_disposed_sample, disposals_of
from sampling.draw import seed_from, sha256_hex
from sampling.frames import frame_content
from sampling.randomness import check_value
from sampling.receipt_checks import check_beacon, expected_sample, sample_hash, strata_of
from sampling.records.cases import Case
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.register_chain import Event, Line, check_chain
from sampling.registering import plan_contents
from sampling.tables import Cause, Draw, FrameCase, Plan, Replacement, Route, SampledCase, Stratum


def check_register(session: Session) -> int:
    """Is the register whole, and every sample what it says? The number of its lines.

    Refused at the first thing that is not, by the name of the sample. Samples from files are compared as
    far as the office keeps them: their cases are in the receipt.
    """
    lines = lines_of(session)
    count = check_chain(lines)
    of_plan: dict[str, list[Line]] = {}
    for line in lines:
        of_plan.setdefault(line.plan_sha256, []).append(line)
    for plan in session.scalars(select(Plan).order_by(Plan.id)):
        try:
            _check_plan(session, plan, of_plan.get(plan.plan_sha256, []))
            draw = session.scalars(select(Draw).where(Draw.plan_id == plan.id)).first()
            _check_draw(session, plan, draw, of_plan[plan.plan_sha256])
            if plan.frame.route != Route.FILE:
                _check_cases(session, plan, draw, of_plan[plan.plan_sha256])
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise Refused(
                f"The sample “{plan.frame.name}” is not what the register says. {problem}"
            ) from None
    return count


def _same(what: str, found: object, told: object) -> None:
    if found != told:
        raise Refused(f"Its {what} is {found!r:.120}, and should be {told!r:.120}.")


def _check_plan(session: Session, plan: Plan, lines: list[Line]) -> None:
    if not lines:
        raise Refused("It is not in the register at all.")
    _same("plan's hash", sha256_hex(plan.plan_text.encode()), plan.plan_sha256)
    contents, frame = plan_contents(plan), plan.frame
    rule = contents["rule"]
    late_to = session.scalars(select(Plan.plan_sha256).where(Plan.frame_id == frame.late_to_id)).first()
    columns = {
        "purpose": (plan.purpose, contents["purpose"]),
        "sizes": (plan.sizes, contents["sizes"]),
        "standard": (plan.standard, rule.get("standard")),
        "assurance": (plan.assurance, rule["assurance"]),
        "allowed failures": (plan.allowed_failures, rule.get("allowed_failures")),
        "parent": (plan.parent.plan_sha256 if plan.parent else None, contents["parent_draw"]),
        "sample that it came too late for": (late_to, contents.get("late_to")),
        "planner": (plan.registered_by_id, lines[0].by),
        "route": (frame.route, contents["route"]),
        "period": (
            [str(day) if day else None for day in (frame.period_from, frame.period_until)],
            contents["period"],
        ),
        "frame's hash": (frame.frame_sha256, contents["frame_sha256"]),
        "population": (frame.population, contents["population"]),
    }
    for what, (found, told) in columns.items():
        _same(what, found, told)
    _same("time of registration", _text(plan.registered_at), contents["registered_at"])
    _same("time of registration", _text(plan.registered_at), _at(lines, Event.PLANNED))
    _same("time of voiding", _text(plan.voided_at), _at(lines, Event.VOIDED))


def _check_draw(session: Session, plan: Plan, draw: Draw | None, lines: list[Line]) -> None:
    seeded = _last(lines, Event.SEEDED)
    if draw is None and seeded is None:
        return
    if draw is None or seeded is None:
        raise Refused("Of its seed and the line of the register that tells of it, one is missing.")
    contents = plan_contents(plan)
    randomness = contents["randomness"]
    _same("source of randomness", draw.randomness, randomness["source"])
    check_value(randomness, draw.public_value)
    _same("seed", draw.seed, seed_from(contents["parent_draw"] or plan.plan_sha256, draw.public_value))
    _same("person who gave the seed", draw.seeded_by_id, seeded.by)
    _same("time of the seed", _text(draw.seeded_at), seeded.at)
    check_beacon(randomness, registered_at=contents["registered_at"], seeded_at=seeded.at)
    details = json.loads(seeded.details)
    told = details.get("public_value") or details.get("public_value_sha256")
    # Lines of draws that were made before there was a register tell no more than their time.
    if told not in (None, draw.public_value, sha256_hex(draw.public_value.encode())):
        raise Refused(
            f"Its public value is {draw.public_value!r:.120}, and line {seeded.number} tells another."
        )
    _same("time of the draw", _text(draw.drawn_at), _at(lines, Event.DRAWN))
    _same("time of closing", _text(draw.closed_at), _at(lines, Event.CLOSED))


def _check_cases(session: Session, plan: Plan, draw: Draw | None, lines: list[Line]) -> None:
    """The frozen cases are those of the frame's hash, and the drawn ones those of seed and lines.

    Where references were disposed of neither can be worked out again: then only how many they are.
    """
    frame = plan.frame
    if disposals_of(session, frame):
        check_disposed_sample(session, frame)
        return
    content = frame_content(session, frame)
    _same("frozen cases' hash", sha256_hex(content), frame.frame_sha256)
    strata = strata_of(content)
    populations = {stratum.code: stratum.population for stratum in frame.strata}
    _same("strata", populations, {code: len(cases) for code, cases in strata.items()})
    others = (
        select(FrameCase.reference)
        .join(Case, Case.id == FrameCase.case_id)
        .where(FrameCase.frame_id == frame.id, func.upper(FrameCase.reference) != Case.reference_key)
    )
    if (reference := session.scalars(others.limit(1)).first()) is not None:
        raise Refused(f"Its {reference} stands for another case.")
    if draw is None:
        return
    sample = _sample(session, draw)
    if draw.drawn_at is None:
        _same("number of drawn cases", len(sample), 0)
        return
    drawn = _last(lines, Event.DRAWN)
    extended = _last(lines, Event.EXTENDED)
    for cause, line in ((Cause.DRAWN, drawn), (Cause.EXTENSION, extended)):
        told = json.loads(line.details).get("sample_sha256") if line else None
        found = sample_hash(entry for entry in sample if entry["cause"] == cause)
        if told is not None:
            _same(f"cases' hash (cause: {cause})", found, told)
    expected = expected_sample(strata, plan_contents(plan), draw.seed, lines)
    for found_case, wanted in zip(sample, expected, strict=False):
        _same("sample's next case", found_case, wanted)
    _same("number of drawn cases", len(sample), len(expected))
    _check_replacements(session, draw, lines)


def _sample(session: Session, draw: Draw) -> list[dict[str, Any]]:
    """The drawn cases as they stand in a receipt, by stratum and place."""
    rows = session.execute(
        select(
            Stratum.code.label("stratum"),
            SampledCase.position.label("position"),
            FrameCase.reference.label("reference"),
            SampledCase.ticket.label("ticket"),
            SampledCase.cause.label("cause"),
        )
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .where(SampledCase.draw_id == draw.id)
        .order_by(Stratum.code, SampledCase.position)
    )
    return [dict(row._mapping) for row in rows]


def _check_replacements(session: Session, draw: Draw, lines: list[Line]) -> None:
    following, of_following = aliased(SampledCase), aliased(FrameCase)
    rows = session.execute(
        select(FrameCase.reference, Replacement.code, of_following.reference)
        .join(SampledCase, SampledCase.id == Replacement.sampled_case_id)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .outerjoin(following, following.id == Replacement.next_id)
        .outerjoin(of_following, of_following.id == following.frame_case_id)
        .where(SampledCase.draw_id == draw.id)
    )
    found = {reference: (code, following) for reference, code, following in rows}
    told = {}
    for line in lines:
        if line.event == Event.REPLACED:
            details: Mapping[str, Any] = json.loads(line.details)
            told[details["reference"]] = (details["code"], details["next"])
    for reference in sorted(found.keys() | told.keys()):
        _same(f"replacement of {reference}", found.get(reference), told.get(reference))


def _last(lines: list[Line], event: Event) -> Line | None:
    return next((line for line in reversed(lines) if line.event == event), None)


def _at(lines: list[Line], event: Event) -> str | None:
    line = _last(lines, event)
    return line.at if line else None


def _text(moment: datetime | None) -> str | None:
    """A moment as lines tell it. (Rows from before there was a register are more exact than a second.)"""
    return moment.replace(microsecond=0).isoformat(timespec="seconds") if moment else None
