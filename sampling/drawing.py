"""From a registered plan to a drawn sample: the one thing that takes two transactions.

The plan is on record before the seed exists, and the seed before a ticket is worked out. So
neither a rollback nor a restored file is a free second roll: a crash goes on with what is there.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from sampling.draw import draw as draw_references
from sampling.draw import draw_at_rate, rate_threshold, seed_from, sha256_hex, ticket
from sampling.frames import frame_content
from sampling.randomness import Source, check_value, source_of
from sampling.receipt import sample_hash
from sampling.records.database import now, writing
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register import add_line, details_of, last_line
from sampling.register_chain import Event
from sampling.registering import check_may_draw, plan_contents
from sampling.sizes import exact_share
from sampling.tables import Cause, Draw, Frame, FrameCase, Plan, Purpose, Route, SampledCase


def seed_plan(session: Session, plan: Plan, *, public_value: str | None = None, by: Person) -> Draw:
    """Give a registered plan its one seed, from the source that the plan names.

    `public_value` is the beacon's value or that of a demonstration; the operating system and a parent
    draw need none, and dice are recorded by one person and confirmed by another. The caller commits
    before drawing: the seed must be on record before a ticket is worked out. A plan that has its seed
    keeps it.
    """
    check_may_draw(session, plan.frame, by)
    existing = session.scalars(select(Draw).where(Draw.plan_id == plan.id)).first()
    if existing is not None:
        return existing
    check_not_voided(plan)
    randomness = plan_contents(plan)["randomness"]
    source = source_of(randomness)
    if source == Source.DICE:
        raise Refused(
            "The seed of this plan comes from dice. Record the roll, and let a second person confirm it."
        )
    if source == Source.PARENT:
        return _seed_from_parent(session, plan, by=by)
    if source == Source.SYSTEM:
        public_value = secrets.token_hex(32)
    if public_value is None:
        raise Refused(f"The seed of this plan comes from a {source}. Type its value: {randomness['form']}.")
    if source == Source.BEACON and now(session) < datetime.fromisoformat(randomness["out_at"]):
        out_at = datetime.fromisoformat(randomness["out_at"])
        raise Refused(
            f"Round {randomness['round']} of {randomness['beacon']} comes out on "
            f"{out_at.day} {out_at:%B %Y at %H:%M:%S} UTC. Come back then."
        )
    check_value(randomness, public_value)
    return _keep_seed(session, plan, public_value, source=source, by=by)


def record_roll(
    session: Session, plan: Plan, public_value: str, *, second: Person, minute: str, by: Person
) -> None:
    """Record the dice that two people rolled, with the minute of it. It counts once the second confirms.

    What is recorded here stands in the register for good: a roll nobody confirms cannot be replaced,
    only its plan be voided.
    """
    check_may_draw(session, plan.frame, by)
    check_not_voided(plan)
    randomness = plan_contents(plan)["randomness"]
    if source_of(randomness) != Source.DICE:
        raise Refused("The seed of this plan does not come from dice.")
    if second.id == by.id:
        raise Refused("Dice are rolled by two people. Name the other one.")
    if second.disabled_on is not None or second.email is None:
        raise Refused(f"{second.name} cannot sign in here to confirm the roll. Name somebody who can.")
    if not minute.strip():
        raise Refused("Write the minute: when and where the dice were rolled, and who saw it.")
    check_value(randomness, public_value)
    details = {"public_value": public_value, "minute": minute.strip()}
    add_line(session, plan, Event.ROLLED, by=by, second=second, details=details)


def confirm_roll(session: Session, plan: Plan, *, by: Person) -> Draw:
    """The second person confirms the roll as it was recorded, and the plan has its seed."""
    existing = session.scalars(select(Draw).where(Draw.plan_id == plan.id)).first()
    if existing is not None:
        return existing
    rolled = last_line(session, plan, Event.ROLLED)
    if rolled is None:
        raise Refused("No roll of dice is recorded for this plan yet. Record it first.")
    if rolled.second_id != by.id:
        raise Refused("The roll is confirmed by the second person who was named, and by nobody else.")
    check_not_voided(plan)
    return _keep_seed(session, plan, details_of(rolled)["public_value"], source=Source.DICE, by=by)


def _seed_from_parent(session: Session, plan: Plan, *, by: Person) -> Draw:
    parent = session.scalars(select(Draw).where(Draw.plan_id == plan.parent_id)).first()
    if parent is None and plan.parent is not None and plan.parent.voided_at is not None:
        raise Refused(
            f"The seed of this plan was to be that of “{plan.parent.frame.name}”, which was voided before it "
            "had one. Ask that this plan be voided too, and plan anew."
        )
    if parent is None:
        raise Refused("The parent of this plan has no seed yet. Draw the parent first.")
    return _keep_seed(session, plan, parent.public_value, source=Source.PARENT, by=by)


def _keep_seed(session: Session, plan: Plan, public_value: str, *, source: Source, by: Person) -> Draw:
    # With the public value of a second scoring anybody could work out which cases it holds.
    sealed = plan.frame.route == Route.SECOND
    shown = (
        {"public_value_sha256": sha256_hex(public_value.encode())}
        if sealed
        else {"public_value": public_value}
    )
    line = add_line(session, plan, Event.SEEDED, by=by, details={"source": str(source), **shown})
    seeding = plan if plan.parent is None else plan.parent
    draw = Draw(
        plan_id=plan.id,
        randomness=str(source),
        public_value=public_value,
        seed=seed_from(seeding.plan_sha256, public_value),
        seeded_at=line.at,
        seeded_by_id=by.id,
    )
    session.add(draw)
    session.flush()
    return draw


def draw_sample(session: Session, draw: Draw, *, by: Person) -> int:
    """Draw the cases by recipe cqa1 with the recorded seed; how many were drawn. Once per plan."""
    check_may_draw(session, draw.plan.frame, by)
    if draw.drawn_at is not None:
        raise Refused(
            f"This plan was drawn on {draw.drawn_at.day} {draw.drawn_at:%B %Y}. One plan has one draw."
        )
    plan = draw.plan
    check_not_voided(plan)
    if plan.frame.route == Route.FILE:
        raise Refused("These cases are in a file. Repeat “qa draw --frame” as it was to go on with the draw.")
    members = members_of(session, plan.frame)
    if plan.purpose == Purpose.ROLLING:
        threshold = rate_threshold(exact_share(plan_contents(plan)["rule"]["rate"]))
        drawn = {
            code: draw_at_rate(list(cases), threshold, seed=draw.seed) for code, cases in members.items()
        }
    else:
        drawn = draw_references(members, plan.sizes, seed=draw.seed)
    cases = keep_cases(session, draw, drawn, members, cause=Cause.DRAWN)
    details = {"cases": len(cases), "sample_sha256": sample_hash(cases)}
    draw.drawn_at = add_line(session, plan, Event.DRAWN, by=by, details=details).at
    session.flush()
    if not cases:  # a rolling intake may draw nobody: nothing of it waits
        draw.closed_at = add_line(session, plan, Event.CLOSED, by=by).at
    return len(cases)


def members_of(session: Session, frame: Frame) -> dict[str, dict[str, int]]:
    """The cases of each stratum of a frame: reference to frozen case. Refused if the frame was changed."""
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
    return members


def keep_cases(
    session: Session,
    draw: Draw,
    drawn: Mapping[str, list[str]],
    members: Mapping[str, Mapping[str, int]],
    *,
    cause: Cause,
    after: int = 0,
) -> list[dict[str, Any]]:
    """Keep drawn cases with their tickets, placed after so many that their stratum has.

    They come back as they stand in a receipt, by stratum and place.
    """
    stratum_ids = {stratum.code: stratum.id for stratum in draw.plan.frame.strata}
    cases: list[dict[str, Any]] = [
        {
            "stratum": code,
            "position": position,
            "reference": reference,
            "ticket": ticket(draw.seed, reference),
            "cause": str(cause),
        }
        for code, references in sorted(drawn.items())
        for position, reference in enumerate(references, start=after + 1)
    ]
    rows = [
        {
            "draw_id": draw.id,
            "frame_case_id": members[case["stratum"]][case["reference"]],
            "stratum_id": stratum_ids[case["stratum"]],
            "position": case["position"],
            "ticket": case["ticket"],
            "cause": case["cause"],
        }
        for case in cases
    ]
    if rows:
        session.execute(insert(SampledCase), rows)
    return cases


def check_not_voided(plan: Plan) -> None:
    """Refuse a plan that was voided."""
    if plan.voided_at is not None:
        raise Refused(
            f"This plan was voided on {plan.voided_at.day} {plan.voided_at:%B %Y}: nothing is drawn by it."
        )


def carry_out_plan(
    engine: Engine,
    plan_id: int,
    *,
    by_id: int,
    public_value: str | None = None,
    after_draw: Callable[[Session, Draw], None] | None = None,
    now: datetime | None = None,
) -> int:
    """Seed and draw a plan whose registration is committed; the draw's id.

    `after_draw` joins the transaction that draws (a second scoring notes its pairs there).
    """
    with writing(engine, now=now) as session:
        plan, by = session.get(Plan, plan_id), session.get(Person, by_id)
        if plan is None or by is None:
            raise Refused("The plan or the person is not in this database. Reload the page.")
        if plan.frame.route == Route.SECOND and after_draw is None:
            raise Refused("A second scoring is drawn together with its pairs. Draw it under Second scoring.")
        draw_id = seed_plan(session, plan, public_value=public_value, by=by).id
    with writing(engine, now=now) as session:
        draw = session.scalars(select(Draw).where(Draw.id == draw_id).with_for_update()).one()
        if draw.drawn_at is None:  # somebody else's click may have finished it
            draw_sample(session, draw, by=session.get_one(Person, by_id))
            if after_draw is not None:
                after_draw(session, draw)
    return draw_id
