"""Samples of the cases in a file: on the register like any other, though the cases stay in the file.

The frame's hash, its strata and their counts are kept, and the hash of the sample. Whoever has the
receipt, which holds the frame, can check both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.big_frames import BigStratum
from sampling.draw import plan_file, sha256_hex
from sampling.frames import check_may_plan
from sampling.receipt import sample_hash
from sampling.records.database import now, today
from sampling.records.people import Person
from sampling.refused import Refused
from sampling.register import add_line, moment
from sampling.register_chain import Event
from sampling.registering import check_may_draw, monitoring, plan_contents
from sampling.samples import check_name_is_free
from sampling.tables import Draw, Frame, Plan, Route, Stratum

_OF_THE_REGISTER: Final = ("number", "registered_at")


def register_file_plan(
    session: Session, name: str, strata: Sequence[BigStratum], contents: Mapping[str, Any], *, by: Person
) -> Plan:
    """Register what `sampling.big_frames.plan_of` plans; the same plan under the same name is that plan.

    The name with another plan is refused: one plan has one draw.
    """
    check_may_plan(session, by, Route.FILE)
    if not name.strip():
        raise Refused("The sample has no name. Give one, such as “Enquiries of 2026”.")
    wanted = {
        **contents,
        "route": str(Route.FILE),
        "name": name.strip(),
        "period": [None, None],
        "monitoring": monitoring(contents["rule"]["assurance"]),
    }
    begun = _begun(session, name, wanted)
    if begun is not None:
        return begun
    check_name_is_free(session, name)
    frame = _freeze(session, name.strip(), strata, wanted, by=by)
    registered_at = moment(session)
    text = plan_file(
        {
            **wanted,
            "number": (session.scalar(select(func.max(Plan.id))) or 0) + 1,
            "registered_at": registered_at.isoformat(timespec="seconds"),
        }
    )
    rule = contents["rule"]
    plan = Plan(
        frame_id=frame.id,
        purpose=contents["purpose"],
        standard=rule.get("standard"),
        assurance=rule["assurance"],
        allowed_failures=rule.get("allowed_failures"),
        sizes=dict(contents["sizes"]),
        plan_text=text.decode(),
        plan_sha256=sha256_hex(text),
        due_on=today(session),
        registered_at=registered_at,
        registered_by_id=by.id,
    )
    session.add(plan)
    session.flush()
    details = {"frame_sha256": frame.frame_sha256}
    add_line(session, plan, Event.PLANNED, by=by, details=details, at=registered_at)
    return plan


def record_file_draw(
    session: Session, draw: Draw, sample: Sequence[Mapping[str, Any]], *, by: Person
) -> None:
    """Note that the cases of a seeded plan were drawn from their file: how many, and the sample's hash.

    Drawing again, after a crash, gives the same cases; they are noted once.
    """
    check_may_draw(session, draw.plan.frame, by)
    if draw.drawn_at is None:
        details = {"cases": len(sample), "sample_sha256": sample_hash(sample)}
        draw.drawn_at = add_line(session, draw.plan, Event.DRAWN, by=by, details=details).at


def _begun(session: Session, name: str, wanted: Mapping[str, Any]) -> Plan | None:
    plan = session.scalars(
        select(Plan)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.route == Route.FILE, func.lower(Frame.name) == name.strip().lower())
    ).first()
    if plan is None:
        return None
    kept = {part: value for part, value in plan_contents(plan).items() if part not in _OF_THE_REGISTER}
    if kept != wanted:
        other = ", ".join(
            part for part in sorted(kept.keys() | wanted.keys()) if kept.get(part) != wanted.get(part)
        )
        raise Refused(
            f"“{plan.frame.name}” is registered with another plan, which differs in: {other}. Choose "
            "another name with --name, or repeat the command as it was to go on with that draw."
        )
    return plan


def _freeze(
    session: Session, name: str, strata: Sequence[BigStratum], wanted: Mapping[str, Any], *, by: Person
) -> Frame:
    frame = Frame(
        route=Route.FILE,
        name=name,
        filters={"fields": {}, **wanted["source"]},
        excluded={},
        population=wanted["population"],
        frame_sha256=wanted["frame_sha256"],
        frozen_at=now(session),
        frozen_by_id=by.id,
    )
    session.add(frame)
    session.flush()
    session.add_all(
        Stratum(
            frame_id=frame.id,
            code=stratum.code,
            label=stratum.label,
            population=stratum.population,
            is_certainty=False,
        )
        for stratum in strata
    )
    session.flush()
    return frame
