"""The counts that results are read from: what was drawn, reviewed and met, by stratum and by state.

A sample is its draw, and the plans for what came too late for its frame: their frames are strata of it,
drawn or not. As long as one is not drawn nothing is known of its cases, and all of them may fail.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from sampling.records.cases import CaseState
from sampling.records.database import total
from sampling.tables import (
    Cause,
    Draw,
    Frame,
    FrameCase,
    Plan,
    Replacement,
    SampledCase,
    Stratum,
    in_sample,
)
from scorecards.tables import Review, ReviewState

MEASURES: Final = {
    "outcome": (Review.outcome_met, Review.outcome_if_assessed),
    "method": (Review.method_met, Review.method_if_assessed),
}


@dataclass(frozen=True)
class Sample:
    """A draw, its plan and those of late strata that are not voided, and the draws that were made."""

    draw: Draw
    plans: tuple[Plan, ...]
    draws: tuple[Draw, ...]

    @property
    def frame_ids(self) -> list[int]:
        return [plan.frame_id for plan in self.plans]

    @property
    def not_drawn(self) -> list[Plan]:
        """The late plans that are registered and not drawn yet."""
        drawn = {draw.plan_id for draw in self.draws}
        return [plan for plan in self.plans if plan.id not in drawn]


@dataclass(frozen=True)
class StratumResult:
    """One stratum: cases in the frame, drawn, reviewed, with a result, and met.

    `replaced` cases were out of scope: they are of the frame, and not of what is drawn.
    """

    label: str
    population: int
    drawn: int
    reviewed: int
    assessable: int
    met: int
    met_if_assessed: int
    replaced: int = field(default=0, kw_only=True)

    @property
    def in_scope(self) -> int:
        """The most cases that can be in scope: whether any that was not drawn is not, nobody knows."""
        return self.population - self.replaced

    @property
    def outstanding(self) -> int:
        """Drawn cases that are not reviewed yet."""
        return self.drawn - self.reviewed

    @property
    def undecided(self) -> int:
        """Drawn cases without a result: not reviewed yet, or nothing applicable."""
        return self.drawn - self.assessable


@dataclass(frozen=True)
class MeasureCounts:
    """The counts of one measure. The share is the plain one of the cases with a result."""

    measure: str
    strata: tuple[StratumResult, ...]

    @property
    def met(self) -> int:
        return sum(stratum.met for stratum in self.strata)

    @property
    def assessable(self) -> int:
        return sum(stratum.assessable for stratum in self.strata)

    @property
    def met_if_assessed(self) -> int:
        return sum(stratum.met_if_assessed for stratum in self.strata)

    @property
    def share(self) -> float | None:
        return self.met / self.assessable if self.assessable else None


@dataclass(frozen=True)
class SeriesResult:
    """The open or the closed cases of a theme, by their state when the frame was frozen: counts only."""

    state: CaseState
    population: int
    drawn: int
    reviewed: int
    not_found: int
    not_assessable: tuple[str, ...]
    measures: tuple[MeasureCounts, ...]


@dataclass(frozen=True)
class ReviewedCase:
    """A sampled case that has been reviewed, with the state it had when the frame was frozen."""

    reference: str
    state: CaseState
    file_found: bool
    has_results: bool


def sample_of(session: Session, draw: Draw) -> Sample:
    """A draw with the late strata of its frame, drawn or not. Late plans that were voided are left out."""
    late = session.scalars(
        select(Plan)
        .join(Frame, Frame.id == Plan.frame_id)
        .where(Frame.late_to_id == draw.plan.frame_id, Plan.voided_at.is_(None))
        .order_by(Frame.id)
    ).all()
    drawn = session.scalars(
        select(Draw)
        .where(Draw.plan_id.in_([plan.id for plan in late]), Draw.drawn_at.is_not(None))
        .order_by(Draw.plan_id)
    )
    return Sample(draw, (draw.plan, *late), (draw, *drawn))


def is_sampled(draws: Sequence[Draw]) -> ColumnElement[bool]:
    """The condition on SampledCase that it counts in a sample. What was replaced is out of it."""
    return and_(SampledCase.draw_id.in_([draw.id for draw in draws]), in_sample())


def is_replaced() -> ColumnElement[bool]:
    """The condition on SampledCase that it was replaced as out of scope."""
    found = exists(select(Replacement.sampled_case_id).where(Replacement.sampled_case_id == SampledCase.id))
    return found.correlate(SampledCase)


def replaced_by_stratum(session: Session, draws: Sequence[Draw]) -> dict[int, int]:
    """How many cases of each stratum, by its number, were replaced."""
    rows = session.execute(
        select(SampledCase.stratum_id, func.count())
        .where(SampledCase.draw_id.in_([draw.id for draw in draws]), is_replaced())
        .group_by(SampledCase.stratum_id)
    )
    return {stratum_id: int(count) for stratum_id, count in rows}


def is_submitted() -> ColumnElement[bool]:
    """The condition on Review that it is the submitted one of a sampled case."""
    return and_(Review.sampled_case_id == SampledCase.id, Review.state == ReviewState.SUBMITTED)


def is_in_frames(sample: Sample) -> ColumnElement[bool]:
    """The condition on FrameCase that it is of a sample's frames, late ones included."""
    return FrameCase.frame_id.in_(sample.frame_ids)


def reviewed_cases(session: Session, sample: Sample) -> list[ReviewedCase]:
    """The cases of a sample whose review is submitted, by reference."""
    rows = session.execute(
        select(
            FrameCase.reference,
            FrameCase.state,
            Review.file_found,
            and_(Review.outcome_met.is_not(None), Review.method_met.is_not(None)),
        )
        .join(SampledCase, SampledCase.frame_case_id == FrameCase.id)
        .join(Review, is_submitted())
        .where(is_sampled(sample.draws))
        .order_by(FrameCase.reference)
    )
    return [ReviewedCase(row[0], CaseState(row[1]), row[2], bool(row[3])) for row in rows]


def not_assessable(reviewed: Sequence[ReviewedCase]) -> tuple[str, ...]:
    """The references of the cases in which nothing was applicable, for outcome or for method."""
    return tuple(case.reference for case in reviewed if not case.has_results)


def series_of(session: Session, sample: Sample, reviewed: list[ReviewedCase]) -> tuple[SeriesResult, ...]:
    """The open cases of a sample, then the closed ones; only the one where all are of a kind."""
    strata = {name: _strata_by_state(session, sample, name) for name in MEASURES}
    of_first = next(iter(strata.values()))
    result = []
    for state in (state for state in CaseState if state in of_first):
        cases = [case for case in reviewed if case.state == state]
        result.append(
            SeriesResult(
                state=state,
                population=sum(stratum.population for stratum in of_first[state]),
                drawn=sum(stratum.drawn for stratum in of_first[state]),
                reviewed=len(cases),
                not_found=sum(not case.file_found for case in cases),
                not_assessable=not_assessable(cases),
                measures=tuple(
                    MeasureCounts(name, tuple(by_state[state])) for name, by_state in strata.items()
                ),
            )
        )
    return tuple(result)


def strata_of(session: Session, sample: Sample, measure: str) -> tuple[StratumResult, ...]:
    """What was drawn, reviewed and met of each stratum, in their order, late ones last.

    A stratum keeps the population it was frozen with, replaced cases included; how many are in scope at
    most is `StratumResult.in_scope`.
    """
    rows = session.execute(
        select(Stratum.id, Stratum.frame_id, Stratum.label, Stratum.population, *_counts(measure))
        .select_from(Stratum)
        .outerjoin(SampledCase, and_(SampledCase.stratum_id == Stratum.id, is_sampled(sample.draws)))
        .outerjoin(Review, is_submitted())
        .where(Stratum.frame_id.in_(sample.frame_ids))
        .group_by(Stratum.id, Stratum.frame_id, Stratum.code, Stratum.label, Stratum.population)
        .order_by(Stratum.frame_id, Stratum.code)
    )
    late, replaced = _late_words(sample), replaced_by_stratum(session, sample.draws)
    return tuple(
        StratumResult(
            f"{label}{late[frame_id]}",
            *(int(value) for value in counts),
            replaced=replaced.get(stratum_id, 0),
        )
        for stratum_id, frame_id, label, *counts in rows
    )


def stages_of(session: Session, draw: Draw, measure: str) -> tuple[StratumResult, ...]:
    """The stages of a draw in two: the first, and the second once it is drawn. Both are of all cases.

    The first is there, empty, even if every case of it was replaced. Both have all cases replaced so far.
    """
    stage = case((is_of_second_stage(draw), 1), else_=0)
    rows = session.execute(
        select(stage, *_counts(measure))
        .select_from(SampledCase)
        .outerjoin(Review, is_submitted())
        .where(is_sampled([draw]))
        .group_by(stage)
        .order_by(stage)
    )
    found = {0: [0] * len(_counts(measure))} | {
        number: [int(count) for count in counts] for number, *counts in rows
    }
    replaced = sum(replaced_by_stratum(session, [draw]).values())
    names = ("First stage", "Second stage")
    return tuple(
        StratumResult(names[number], draw.plan.frame.population, *counts, replaced=replaced)
        for number, counts in sorted(found.items())
    )


def is_of_second_stage(draw: Draw) -> ColumnElement[bool]:
    """The condition on SampledCase that it came with the second stage of a draw, or in the place of one."""
    # A first stage is reviewed to its end before the second is drawn, and what is reviewed is not replaced:
    # so every later ticket belongs to the second stage, whatever brought it in.
    extension = aliased(SampledCase)
    first = (
        select(func.min(extension.position))
        .where(extension.draw_id == draw.id, extension.cause == Cause.EXTENSION)
        .scalar_subquery()
    )
    return SampledCase.position >= func.coalesce(first, draw.plan.frame.population + 1)


def _late_words(sample: Sample) -> dict[int, str]:
    """What is added to the names of the strata of each frame: nothing to the first."""
    words = ["", ", late", *(f", late {number}" for number in range(2, len(sample.plans)))]
    return dict(zip(sample.frame_ids, words, strict=False))


def _strata_by_state(session: Session, sample: Sample, measure: str) -> dict[CaseState, list[StratumResult]]:
    """The strata once for each state that cases of the frame had; each holds the cases of that state."""
    rows = session.execute(
        select(
            FrameCase.state, FrameCase.frame_id, Stratum.label, func.count(FrameCase.id), *_counts(measure)
        )
        .select_from(FrameCase)
        .join(Stratum, Stratum.id == FrameCase.stratum_id)
        .outerjoin(SampledCase, and_(SampledCase.frame_case_id == FrameCase.id, is_sampled(sample.draws)))
        .outerjoin(Review, is_submitted())
        .where(is_in_frames(sample))
        .group_by(FrameCase.state, FrameCase.frame_id, Stratum.id, Stratum.code, Stratum.label)
        .order_by(FrameCase.frame_id, Stratum.code)
    )
    late = _late_words(sample)
    result: dict[CaseState, list[StratumResult]] = {}
    for state, frame_id, label, *counts in rows:
        stratum = StratumResult(f"{label}{late[frame_id]}", *(int(count) for count in counts))
        result.setdefault(CaseState(state), []).append(stratum)
    return result


def _counts(measure: str) -> tuple[ColumnElement[int], ...]:
    """Of sampled cases: drawn, reviewed, with a result, met, and met had they been assessed."""
    met, if_assessed = MEASURES[measure]
    return (
        func.count(SampledCase.id),
        func.count(Review.id),
        total(met.is_not(None)),
        total(met.is_(True)),
        total(if_assessed.is_(True)),
    )
