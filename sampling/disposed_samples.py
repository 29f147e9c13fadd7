"""Samples of which references were disposed of: the hash of their frame stays, with nothing to compare."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sampling.records.database import OFFICE_TIME
from sampling.records.retention import RecordClass
from sampling.records.tables_retention import Disposal, DisposedRecord
from sampling.refused import Refused
from sampling.tables import Frame, FrameCase


@dataclass(frozen=True)
class DisposedSample:
    """A sample, how many references of its frame were disposed of, and by which disposals on which days."""

    name: str
    references: int
    disposals: tuple[tuple[int, date], ...]


def disposed_samples(session: Session) -> list[DisposedSample]:
    """The samples that have no longer all their references, the oldest first."""
    rows = session.execute(
        select(Frame.id, Frame.name, Disposal.id, Disposal.at, func.count())
        .join(FrameCase, FrameCase.frame_id == Frame.id)
        .join(
            DisposedRecord,
            (DisposedRecord.kind == RecordClass.CASES) & (DisposedRecord.record_id == FrameCase.case_id),
        )
        .join(Disposal, Disposal.id == DisposedRecord.disposal_id)
        .group_by(Frame.id, Frame.name, Disposal.id, Disposal.at)
        .order_by(Frame.id, Disposal.id)
    )
    found: dict[int, DisposedSample] = {}
    for frame_id, name, number, at, count in rows:
        before = found.get(frame_id, DisposedSample(name, 0, ()))
        day = at.astimezone(OFFICE_TIME).date()
        found[frame_id] = DisposedSample(name, before.references + count, (*before.disposals, (number, day)))
    return list(found.values())


def disposals_of(session: Session, frame: Frame) -> str:
    """By which disposals references of a frame went, in words; empty where all are there."""
    rows = session.execute(
        select(Disposal.id, Disposal.at)
        .where(
            Disposal.id.in_(
                select(DisposedRecord.disposal_id)
                .join(FrameCase, FrameCase.case_id == DisposedRecord.record_id)
                .where(DisposedRecord.kind == RecordClass.CASES, FrameCase.frame_id == frame.id)
            )
        )
        .order_by(Disposal.id)
    )
    return in_words(tuple((number, at.astimezone(OFFICE_TIME).date()) for number, at in rows))


def in_words(disposals: tuple[tuple[int, date], ...]) -> str:
    """“on 1 June 2036 by disposal 3”; of several, one after another."""
    return ", ".join(f"on {day.day} {day:%B %Y} by disposal {number}" for number, day in disposals)


def check_disposed_sample(session: Session, frame: Frame) -> None:
    """Refuse a frame whose cases are not as many in each stratum as it was frozen with."""
    counted = Counter(
        dict(
            session.execute(
                select(FrameCase.stratum_id, func.count())
                .where(FrameCase.frame_id == frame.id)
                .group_by(FrameCase.stratum_id)
            ).all()
        )
    )
    for stratum in frame.strata:
        if counted[stratum.id] != stratum.population:
            raise Refused(
                f"Its stratum {stratum.code} has {counted[stratum.id]:,} cases, and should have "
                f"{stratum.population:,}."
            )
