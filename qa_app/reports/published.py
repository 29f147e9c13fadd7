"""The published summary, “you said, we did”: what people told the office, and what it did about it.

Only what may be published, nothing about a single person, nothing that QA may still have to score blind, and
small counts are hidden so that no total gives them away.
"""

from collections.abc import Sequence
from typing import Final

from learning_register.citations import LearningKind
from learning_register.learning_reported import actions_reported, points_reported, teams_and_commitments
from learning_register.report_contents import Block, Cell, Paragraph, Points, Section, Table
from learning_register.suppression import SMALLEST_SHOWN, published_counts, published_total
from qa_app.reports.making import Making
from qa_app.reports.method import method
from qa_app.reports.sampling_done import register_of_draws
from qa_app.reports.standards import samples_of
from qa_app.wording import LEARNING_KINDS, MEASURES, VERDICTS, percent, whole_percent
from sampling.tables import Route

_HIDDEN: Final = "Hidden"
_WHY_HIDDEN: Final = (
    f"Counts from 1 to {SMALLEST_SHOWN - 1} are hidden, since they could point to a person, and others with "
    "them where a total would give them away."
)


def compose(making: Making) -> Sequence[Section]:
    """What was said and done, how much was learned, and whether the standards are shown."""
    return [
        Section("You said, we did", tuple(_said_and_done(making))),
        Section("How much we learned", tuple(_counts(making))),
        Section("Our standards", tuple(_standards(making))),
        *method(making),
        # A team's month may hold so few cases that their number would point to somebody.
        *register_of_draws(making, routes=(Route.CENTRAL,)),
    ]


def _said_and_done(making: Making) -> list[Block]:
    done: dict[str, list[str]] = {}
    for action in actions_reported(making.session, making.person, first=making.first, last=making.last):
        point = action.point
        is_meant = point.may_be_published and point.kind is not LearningKind.INDIVIDUAL
        if is_meant and point.is_for_everybody:
            done.setdefault(point.description, []).append(action.description)
    if not done:
        return [Paragraph("Nothing that may be published was finished in this period.")]
    blocks: list[Block] = []
    for said, actions in done.items():
        blocks += [
            Paragraph(said, lead="What we learned:"),
            Paragraph("", lead="What we did:"),
            Points(tuple(actions)),
        ]
    return blocks


def _counts(making: Making) -> list[Block]:
    logged = points_reported(making.session, making.person, first=making.first, last=making.last)
    points = [point for point in logged if point.is_for_everybody]
    _, commitments = teams_and_commitments(making.session)
    by_kind = {LEARNING_KINDS[kind]: sum(point.kind is kind for point in points) for kind in LearningKind}
    by_commitment = {
        f"{number}. {summary}": sum(number in point.commitments for point in points)
        for number, summary in commitments.items()
    }
    left_out = (
        "Left out is what managers learned from reviews of open cases that may still be scored a second "
        "time, so that whoever scores them knows nothing of it."
    )
    return [
        Paragraph(left_out),
        _suppressed("Learning points by kind", "Kind", by_kind, has_total=True),
        # A learning point may name several commitments, so theirs have no total.
        _suppressed("Learning points by commitment", "Commitment", by_commitment, has_total=False),
    ]


def _suppressed(caption: str, head: str, counts: dict[str, int], *, has_total: bool) -> Table:
    shown = published_counts(list(counts.values()))
    rows: list[tuple[Cell, ...]] = [
        (name, _HIDDEN if count is None else count) for name, count in zip(counts, shown, strict=True)
    ]
    if has_total:
        total = published_total(list(counts.values()))
        rows.append(("All", _HIDDEN if total is None else total))
    note = _WHY_HIDDEN if None in shown else ""
    return Table(caption, (head, "Learning points"), tuple(rows), note=note)


def _standards(making: Making) -> list[Block]:
    lines = [
        f"{MEASURES[measure.measure]} of closed cases ({result.name}), standard "
        f"{whole_percent(measure.standard)}: {VERDICTS[measure.judgement.verdict].lower()}"
        + (
            f"; likely range {percent(measure.likely_low)} to {percent(measure.likely_high)} "
            f"from {measure.assessable:,} reviewed cases."
            if measure.likely_low is not None and measure.likely_high is not None
            else "."
        )
        for result in samples_of(making, Route.CENTRAL)
        for measure in result.measures
    ]
    if not lines:
        return [Paragraph("No sample of this period's closed cases had been drawn by then.")]
    return [Points(tuple(lines))]
