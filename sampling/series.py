"""How often it was drawn for the same purpose: nobody may draw until they like what they get."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from sampling.tables import Draw, Frame, Plan, Purpose, Route


@dataclass(frozen=True)
class Series:
    """Which of the draws for the same purpose this is: the `number`th of `made`, of which some were voided.

    Two draws have the same purpose when they are of the same route and their periods touch: a manager's
    team and month; central closed cases and second scorings of overlapping periods; themes with the same
    filters as well; files of the same name or the same cases. A name, other strata or a day more at the
    end do not make another purpose.
    """

    number: int
    made: int
    voided: int


NOT_DRAWN: Final = Series(0, 0, 0)


def series_of_draws(session: Session) -> dict[int, Series]:
    """The series of every frame that was drawn from, by the frame's number."""
    rows = session.execute(
        select(Frame, Plan.purpose, Plan.voided_at)
        .join(Plan, Plan.frame_id == Frame.id)
        .join(Draw, Draw.plan_id == Plan.id)
        .where(Draw.drawn_at.is_not(None))
        .order_by(Draw.drawn_at, Draw.id)
    ).all()
    found = {}
    for frame, purpose, _ in rows:
        same = [
            (other.id, voided_at is not None)
            for other, of_other, voided_at in rows
            if other.id == frame.id or _same_purpose(frame, purpose, other, of_other)
        ]
        number = [frame_id for frame_id, _ in same].index(frame.id) + 1
        found[frame.id] = Series(number, len(same), sum(voided for _, voided in same))
    return found


def _same_purpose(one: Frame, purpose: str, other: Frame, of_other: str) -> bool:
    if (one.route, one.team_id) != (other.route, other.team_id):
        return False
    # Late strata and the intakes of a rolling sample hold other cases: they are parts of one sample.
    if one.late_to_id is not None or other.late_to_id is not None:
        return False
    if purpose == of_other == Purpose.ROLLING:
        return False
    if one.route == Route.THEMATIC and _fields(one) != _fields(other):
        return False
    if one.route == Route.FILE:
        return one.filters["file"] == other.filters["file"] or one.frame_sha256 == other.frame_sha256
    (first, last), (from_, until) = _period(one), _period(other)
    return first <= until and from_ <= last


def _fields(frame: Frame) -> dict[str, list[str]]:
    fields = frame.filters.get("fields", {})
    return {name: sorted(str(value) for value in values) for name, values in fields.items() if values}


def _period(frame: Frame) -> tuple[date, date]:
    """The days of a frame; a month of open cases is its first day, no period is all time."""
    if frame.period_from is None:
        return date.min, date.max
    return frame.period_from, frame.period_until or frame.period_from
