"""What `qa draw` does with a plan: register it, draw it where its seed can exist at once, and say so."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from qa_app.command_parts import (
    address_of,
    check_has_office,
    opened,
    person_who_signs_in,
    refusals,
    say,
)
from qa_app.migrating import migrate
from qa_app.sample_words import excluded_in_words, size_in_words
from qa_app.wording import cases_in_words, moment_in_words
from sampling.drawing import carry_out_plan
from sampling.queries import SampleRow, drawn_cases, samples
from sampling.randomness import DICE_ROLLED, Source
from sampling.receipt_queries import receipt_of
from sampling.records.database import reading, writing
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.tables import Plan, Purpose, Route
from scorecards.second_scoring import carry_out_second_scoring


def register_and_draw(
    plan: Callable[[Session, Person], Plan],
    *,
    by: str,
    receipt: Path | None,
    database: str | None,
    as_json: bool,
    public_value: str | None = None,
    goes_on: bool = False,
) -> None:
    """Register what `plan` plans, draw it, and say what was drawn. Nothing is drawn if it is refused.

    A plan whose seed cannot exist yet is registered only, unless this `goes_on` with it.
    """
    with refusals(), opened(address_of(database)) as engine:
        check_has_office(engine)
        migrate(engine)
        if receipt is not None:
            _check_can_write(receipt)
        with writing(engine, source="command line") as session:
            person = person_who_signs_in(session, by)
            registered = plan(session, person)
            plan_id, route = registered.id, Route(registered.frame.route)
            sample = next(row for row in samples(session, person) if row.plan_id == plan_id)
            waits = not goes_on and sample.source != Source.SYSTEM
            if waits and receipt is not None:
                raise Refused(
                    "A receipt is of a draw, and this plan is registered only. Leave --receipt out here, "
                    "and give it to “qa draw go-on”."
                )
        if waits:
            words, result = _what_was_registered(sample, by)
        else:
            if route == Route.SECOND:
                draw_id = carry_out_second_scoring(engine, plan_id, by_id=person.id)
            else:
                draw_id = carry_out_plan(engine, plan_id, by_id=person.id, public_value=public_value)
            words, result = _what_was_drawn(engine, draw_id, person, receipt)
    say(words, result, as_json=as_json)


def _what_was_registered(sample: SampleRow, by: str) -> tuple[str, dict[str, object]]:
    go_on = f"qa draw go-on --name “{sample.name}” --by {by}"
    match sample.source:
        case Source.DICE:
            follows = (
                f"Next, two people roll a die {DICE_ROLLED} times. One records the roll under Samples, "
                f"Register, the other confirms it on the start screen. Then: {go_on}"
            )
        case Source.BEACON:
            out_at = moment_in_words(datetime.fromisoformat(sample.randomness["out_at"]))
            follows = (
                f"Round {sample.randomness['round']:,} of {sample.randomness['beacon']} comes out on "
                f"{out_at}. Then: {go_on} --public-value VALUE"
            )
        case Source.PARENT:
            follows = f"It shares the seed of “{sample.parent}”. Once that is drawn: {go_on}"
        case _:
            follows = f"It is a demonstration, which proves nothing. Next: {go_on} --public-value TEXT"
    lines = [
        f"Registered: {sample.name}. Nothing is drawn yet.",
        size_in_words(sample),
        excluded_in_words(sample.excluded),
        f"The hash of the plan is {sample.plan_sha256}.",
        follows,
    ]
    result: dict[str, object] = {
        "plan": sample.plan_id,
        "sample": sample.name,
        "population": sample.population,
        "size": sample.size,
        "drawn": None,
        "strata": sample.strata,
        "excluded": sample.excluded,
        "due_on": str(sample.due_on),
        "frame_sha256": sample.frame_sha256,
        "plan_sha256": sample.plan_sha256,
        "randomness": sample.randomness,
        "parent": sample.parent,
    }
    return "\n".join(line for line in lines if line), result


def _what_was_drawn(
    engine: Engine, draw_id: int, person: Person, receipt: Path | None
) -> tuple[str, dict[str, object]]:
    with reading(engine) as session:
        sample = next(row for row in samples(session, person) if row.draw_id == draw_id)
        # How many a rolling intake brings is known by its draw alone; the plan says what may be expected.
        is_rolling = sample.purpose == Purpose.ROLLING
        drawn = len(drawn_cases(session, draw_id, person)) if is_rolling else sample.size
        if receipt is not None:
            receipt.write_bytes(receipt_of(session, draw_id, person))
    came = f" {cases_in_words(drawn)}." if is_rolling else ""
    lines = [f"Drawn: {sample.name}.{came}", size_in_words(sample), excluded_in_words(sample.excluded)]
    if receipt is not None:
        lines.append(f"The receipt is in {receipt}. Check it with “qa verify {receipt}”.")
    result: dict[str, object] = {
        "draw": draw_id,
        "sample": sample.name,
        "population": sample.population,
        "drawn": drawn,
        "strata": sample.strata,
        "excluded": sample.excluded,
        "due_on": str(sample.due_on),
        "frame_sha256": sample.frame_sha256,
        "plan_sha256": sample.plan_sha256,
        "seed": sample.seed,
        "draw_number": sample.series.number,
        "draws_for_period": sample.series.made,
        "draws_voided": sample.series.voided,
    }
    return "\n".join(line for line in lines if line), result


def _check_can_write(file: Path) -> None:
    if file.exists():
        raise Refused(f"{file} is there already. Choose another name for the receipt; nothing was drawn.")
    if not file.resolve().parent.is_dir():
        raise Refused(f"There is no folder {file.parent} for the receipt. Make it; nothing was drawn.")
