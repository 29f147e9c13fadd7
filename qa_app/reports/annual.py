"""The annual summary: the year's standards, learning and improvements."""

from collections.abc import Sequence

from learning_register.period_figures import period_figures
from learning_register.report_contents import Cell, Section, Table
from qa_app.reports.casework import numbers, service
from qa_app.reports.in_short import in_short
from qa_app.reports.lessons import actions, learning
from qa_app.reports.making import Making
from qa_app.reports.method import FIGURES, method, of_figure, restated
from qa_app.reports.sampling_done import register_of_draws
from qa_app.reports.standards import agreement, closed_cases, open_cases, over_time, requirements
from qa_app.trend_words import period_in_words
from scorecards.periods import Grain, first_day, last_day


def compose(making: Making) -> Sequence[Section]:
    """The four quarters side by side, then what the quarterly report tells, for the year."""
    return [
        *in_short(making),
        Section("The year in figures", (_quarters(making),)),
        *closed_cases(making),
        *open_cases(making),
        *agreement(making),
        *over_time(making),
        *requirements(making),
        *learning(making),
        *actions(making),
        *numbers(making),
        *service(making),
        *restated(making),
        *method(making),
        *register_of_draws(making),
    ]


def _quarters(making: Making) -> Table:
    starts = list(range(making.months[0], making.months[1] + 1, 3))
    found = [
        period_figures(making.session, making.person, first=first_day(start), last=last_day(start + 2))
        for start in starts
    ]
    rows: list[tuple[Cell, ...]] = []
    for name, words in FIGURES.items():
        cells = [of_figure(figures.get(name)) for figures in found]
        rows.append((words, *(each for counts, share in cells for each in (counts, share))))
    names = [period_in_words(start, Grain.QUARTER) for start in starts]
    return Table(
        "Figures by quarter",
        ("Figure", *(each for name in names for each in (name, f"Share, {name}"))),
        tuple(rows),
        note="Reviews stand in the quarter in which the case was closed, or was sampled while it was open.",
    )
