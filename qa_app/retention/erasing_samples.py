"""Whole samples, once all their reviews are disposed of: whose work their cases were goes then.

Caseworkers stay as many as they were in each sample, or what a month required would come out otherwise.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import RowMapping, Table, exists, select
from sqlalchemy.orm import Session

from qa_app.retention.erasing import Erasing, portions
from sampling.records.people import Person
from sampling.records.retention import WORDS, RecordClass
from sampling.records.tables_retention import SAMPLES, DisposedRecord, StandIn
from sampling.tables import Draw, Frame, FrameCase, Plan, Route, SampledCase, Stratum
from scorecards.tables import Review, SamplingReduction


def whole_samples(session: Session) -> list[int]:
    """The frames of which every review is disposed of, and whose caseworkers are still named."""
    disposed = exists().where(
        DisposedRecord.kind == RecordClass.REVIEWS, DisposedRecord.record_id == Review.id
    )
    reviewed = (
        select(Plan.frame_id)
        .join(Draw, Draw.plan_id == Plan.id)
        .join(SampledCase, SampledCase.draw_id == Draw.id)
        .join(Review, Review.sampled_case_id == SampledCase.id)
    )
    waiting = (
        select(Plan.frame_id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Plan.voided_at.is_(None), Draw.closed_at.is_(None))
    )
    done = select(DisposedRecord.record_id).where(DisposedRecord.kind == SAMPLES)
    return list(
        session.scalars(
            select(Frame.id)
            .where(
                Frame.id.in_(reviewed),
                Frame.id.not_in(reviewed.where(~disposed)),
                Frame.id.not_in(waiting),
                Frame.id.not_in(done),
            )
            .order_by(Frame.id)
        )
    )


def erase_samples(work: Erasing, frame_ids: Sequence[int]) -> None:
    """Take out of whole samples who the caseworkers were, and why fewer of their cases were required."""
    for portion in portions(frame_ids):
        _erase_caseworkers(work, portion)
        _erase_reductions(work, portion)


def _erase_caseworkers(work: Erasing, frame_ids: list[int]) -> None:
    cases, strata = cast(Table, FrameCase.__table__), cast(Table, Stratum.__table__)
    for table in (cases, strata):
        rows = work.session.execute(
            select(table)
            .where(table.c.frame_id.in_(frame_ids), table.c.caseworker_id.is_not(None))
            .order_by(table.c.id)
        ).mappings()
        new: list[tuple[RowMapping, dict[str, Any]]] = [
            (row, {"caseworker_id": work.stand_ins.of(("sample", row["frame_id"]), row["caseworker_id"])})
            for row in rows
        ]
        if table is strata:  # their labels name the caseworker
            names = dict(
                work.session.execute(
                    select(Person.id, Person.name).join(StandIn, StandIn.person_id == Person.id)
                ).all()
            )
            work.write(
                table, [(row, {**taken, "label": names[taken["caseworker_id"]]}) for row, taken in new]
            )
        else:
            work.write(table, new)


def _erase_reductions(work: Erasing, frame_ids: list[int]) -> None:
    table = cast(Table, SamplingReduction.__table__)
    rows = work.session.execute(
        select(table, Frame.id.label("frame_id"))
        .join(Frame, (Frame.team_id == table.c.team_id) & (Frame.period_from == table.c.month))
        .join(Plan, Plan.frame_id == Frame.id)
        .where(Frame.id.in_(frame_ids), Frame.route == Route.OPEN, Plan.voided_at.is_(None))
    ).mappings()
    new: list[tuple[RowMapping, dict[str, Any]]] = []
    for row in rows:
        record = ("sample", row["frame_id"])
        taken = {name: work.stand_ins.of(record, row[name]) for name in ("caseworker_id", "requested_by_id")}
        if row["approved_by_id"] is not None:
            taken["approved_by_id"] = work.stand_ins.of(record, row["approved_by_id"])
        new.append((row, {"approved_by_id": None, **taken, "reason": WORDS}))
    work.write(table, new)
