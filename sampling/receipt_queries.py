"""The receipt of a draw from the register, and a receipt compared with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.disposed_samples import disposals_of
from sampling.frames import frame_content
from sampling.queries import visible_draw
from sampling.receipt import write_receipt
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register import lines_of
from sampling.register_chain import Line
from sampling.registering import RECIPE, plan_contents
from sampling.sealing import hides_receipt, is_sealed
from sampling.series import Series, series_of_draws
from sampling.tables import Draw, FrameCase, Plan, Route, SampledCase, Stratum


@dataclass(frozen=True)
class SinceThen:
    """What the register says now that a receipt did not yet: the lines that came later, and the series."""

    lines: list[Line]
    is_voided: bool
    series: Series


def receipt_of(session: Session, draw_id: int, person: Person) -> bytes:
    """The receipt of a draw. A second scoring's is sealed until its last score is in.

    Whoever had it could tell which of the managers' cases it holds; and where the strata are by the
    managers' verdicts, what they said of those it does not hold: that one is never for QA.
    """
    draw = visible_draw(session, draw_id, person)
    if not is_sealed(draw) and hides_receipt(session, draw.plan, person):
        raise Refused(
            "The receipt of this second scoring tells what managers said of cases that were not scored "
            "again, so it is not for those who review for QA. The Head of Customer Care has it."
        )
    return made_receipt(session, draw)


def made_receipt(session: Session, draw: Draw) -> bytes:
    """The receipt of a draw, for somebody who may have it; refused where there is none yet, or none here."""
    plan, frame = draw.plan, draw.plan.frame
    if is_sealed(draw):
        raise Refused(
            f"The receipt of a second scoring is sealed until its last score is in. Its frame is "
            f"{frame.frame_sha256}, its plan {plan.plan_sha256}."
        )
    if draw.drawn_at is None:
        raise Refused("This plan has not been drawn yet. Draw it first.")
    if frame.route == Route.FILE:
        raise Refused(
            "These cases were drawn from a file, and the receipt was written beside the sample. The office "
            "keeps the hashes: “qa verify” compares that receipt with them."
        )
    if disposals := disposals_of(session, frame):
        raise Refused(
            f"References of this sample were disposed of {disposals}, so its receipt cannot be written "
            "again. One that was kept still holds: “qa verify” compares it with the register."
        )
    return write_receipt(
        frame=frame_content(session, frame),
        plan=plan.plan_text.encode(),
        facts={**facts_of(session, draw), "sample": _sample(session, draw)},
    )


def facts_of(session: Session, draw: Draw) -> dict[str, Any]:
    """What a receipt tells of a draw, but for the sample itself."""
    plan, frame = draw.plan, draw.plan.frame
    assert draw.drawn_at is not None
    return {
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
        "series": vars(series_of_draws(session)[frame.id]),
        "register": [vars(line) for line in lines_of(session, plan)],
    }


def _sample(session: Session, draw: Draw) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Stratum.code, SampledCase.position, FrameCase.reference, SampledCase.ticket, SampledCase.cause)
        .join(FrameCase, FrameCase.id == SampledCase.frame_case_id)
        .join(Stratum, Stratum.id == SampledCase.stratum_id)
        .where(SampledCase.draw_id == draw.id)
        .order_by(Stratum.code, SampledCase.position)
    )
    return [
        {"stratum": code, "position": position, "reference": reference, "ticket": ticket, "cause": cause}
        for code, position, reference, ticket, cause in rows
    ]


def check_against_register(session: Session, facts: dict[str, Any]) -> SinceThen:
    """Refuse, by the name of the field, a receipt that is not what this office's register says.

    The register may have gone on since the receipt was written: its lines must begin as the receipt's do.
    What came later is told.
    """
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
    series = series_of_draws(session)[draw.plan.frame_id]
    if facts["series"]["number"] != series.number:
        raise Refused(
            f"The field series says draw {facts['series']['number']}, and the register {series.number}."
        )
    lines, told = lines_of(session, draw.plan), len(facts["register"])
    if facts["register"] != [vars(line) for line in lines[:told]]:
        raise Refused("The field register is not how the lines of this office's register begin.")
    return SinceThen(lines[told:], draw.plan.voided_at is not None, series)
