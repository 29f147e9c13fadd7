"""What ends a report: how its figures were worked out, and what has changed since periods were closed."""

from typing import Final

from learning_register.period_figures import Figure
from learning_register.periods_closed import PeriodRow, closed_periods
from learning_register.report_contents import Block, Cell, Paragraph, Points, Section, Table, day_in_words
from qa_app.reports.making import Making, share_of
from qa_app.wording import moment_in_words, whole_percent
from scorecards.standing import confidence_on

_PERIODS: Final = 8  # closed periods whose restatements a report tells
FIGURES: Final = {
    "reviews_closed_outcome": "Closed cases: outcome met",
    "reviews_closed_method": "Closed cases: method met",
    "reviews_open_overall": "Open cases: requirements met",
    "sampling_done": "Required sampling done",
    "sampling_never_drawn": "Team months never drawn",
    "agreement": "Pairs in which managers and QA agree",
    "cases_received": "Cases received",
    "cases_closed": "Cases closed",
    "service_standard": "Cases dealt with in time",
    "learning_individual": "Individual learning points",
    "learning_organisational": "Organisational learning points",
    "learning_good_practice": "Good practice",
    "actions_done": "Actions done",
}
_AS_AT: Final = (
    "Only what had been recorded at the moment named under the title is counted: reviews as they were then, "
    "cases as the extracts taken in by then told them, learning and actions as they stood. The same report "
    "can be made again for that moment."
)
_OF_SAMPLES: Final = (
    "Verdicts on closed cases are for all cases of the period, from a sample drawn at random. A case that "
    "could not be assessed, or whose file was not found, counts as not met.",
    "Open and closed cases are never mixed: what is found in an open case can still be put right.",
    "Limits of chance: where a period with as many cases stays in all but two of a thousand, if nothing has "
    "changed from period to period.",
)


def method(making: Making, *, of_samples: bool = True) -> list[Section]:
    """How the figures were worked out."""
    notes = [_AS_AT]
    if of_samples:
        confidence = whole_percent(str(confidence_on(making.session, making.last)))
        notes += [
            *_OF_SAMPLES,
            f"Intervals have {confidence} confidence. A share is rounded, but never up to a standard that it "
            "does not reach.",
        ]
    return [Section("How the figures were worked out", (Points(tuple(notes)),))]


def restated(making: Making) -> list[Section]:
    """What has changed in periods that were closed by this report's moment."""
    periods = closed_periods(making.session, making.person, most=_PERIODS)
    if not periods:
        return []
    changed = [period for period in periods if period.restatements]
    blocks: list[Block] = [_one(period) for period in changed]
    if not changed:
        blocks = [Paragraph("No figure of a closed period has changed since it was closed.")]
    return [Section("Restatements of closed periods", tuple(blocks))]


def _one(period: PeriodRow) -> Table:
    return Table(
        f"{day_in_words(period.first_day)} to {day_in_words(period.last_day)}, closed by "
        f"{period.closed_by} on {moment_in_words(period.closed_at)}",
        ("Figure", "When closed", "Share", "Now", "Share now"),
        tuple(
            (FIGURES.get(each.name, each.name), *of_figure(each.before), *of_figure(each.after))
            for each in period.restatements
        ),
    )


def of_figure(figure: Figure | None) -> tuple[Cell, Cell]:
    """A figure in two cells: its counts, and the share they make."""
    if figure is None:
        return "Not known", None
    if figure.denominator is None:
        return figure.numerator, None
    return f"{figure.numerator:,} of {figure.denominator:,}", share_of(figure.numerator, figure.denominator)
