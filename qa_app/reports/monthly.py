"""The monthly key figures: the month beside those before it."""

from collections.abc import Mapping, Sequence
from typing import Final

from learning_register.period_figures import Figure, period_figures
from learning_register.report_contents import Cell, Paragraph, Section, Table
from qa_app.reports.casework import NO_CASES, cases_of, months_before, numbers, open_on, service
from qa_app.reports.making import Making, chart
from qa_app.reports.method import FIGURES, method, of_figure, restated
from qa_app.reports.sampling_done import register_of_draws, sampling_done
from qa_app.result_charts import count_chart
from qa_app.trend_words import counts_sentence, period_in_words
from scorecards.periods import Grain, first_day, last_day
from scorecards.standing_out import count_series

_BEFORE: Final = 2  # months beside the month of the report
_COUNTED: Final = 12  # months of received cases


def compose(making: Making) -> Sequence[Section]:
    """Key figures of three months, cases received over a year, the service standard, sampling done."""
    return [
        Section("Key figures", (_figures(making),)),
        *_received(making),
        *numbers(making),
        *service(making),
        *sampling_done(making),
        *restated(making),
        *method(making),
        *register_of_draws(making),
    ]


def _figures(making: Making) -> Table:
    last = making.months[1]
    months = list(range(last - _BEFORE, last + 1))
    found: list[Mapping[str, Figure]] = [
        period_figures(making.session, making.person, first=first_day(month), last=last_day(month))
        for month in months
    ]
    rows: list[tuple[Cell, ...]] = []
    for name, words in FIGURES.items():
        cells = [of_figure(figures.get(name)) for figures in found]
        rows.append((words, *(each for counts, share in cells for each in (counts, share))))
    names = [period_in_words(month, Grain.MONTH) for month in months]
    return Table(
        "Key figures by month",
        ("Figure", *(each for name in names for each in (name, f"Share, {name}"))),
        tuple(rows),
        note="Reviews stand in the month in which the case was closed, or was sampled while it was open; "
        "cases dealt with in time in the month of their last day.",
    )


def _received(making: Making) -> list[Section]:
    cases = cases_of(making)
    if cases.day is None:
        return [Section("Cases received", (Paragraph(NO_CASES),))]
    received = cases.frame["received_on"].dropna()
    number = received.dt.year * 12 + received.dt.month - 1
    months = months_before(making, _COUNTED)
    counts = [int((number == month).sum()) for month in months]
    under_way = [len(open_on(cases.frame, last_day(month))) for month in months]
    names = [period_in_words(month, Grain.MONTH) for month in months]
    table = Table(
        "Cases received, and in progress at the end of the month",
        ("Month", "Received", "In progress"),
        tuple(zip(names, counts, under_way, strict=True)),
        empty="No case was received.",
    )
    series = count_series(months, counts)
    sentence = counts_sentence(series, Grain.MONTH, "cases received")
    limits = series.limits
    if limits.mean is None or limits.low is None or limits.high is None:
        return [Section("Cases received", (Paragraph(sentence), table))]
    drawn = count_chart(
        series.rows.assign(label=names)[["label", "count"]],
        low=limits.low,
        mean=limits.mean,
        high=limits.high,
        noun="Cases received",
    )
    of = chart(
        drawn,
        alt_text="Cases received in each month, with their mean and its limits.",
        sentence=f"{sentence} Solid line: the mean. Broken lines: its limits.",
        table=table,
    )
    return [Section("Cases received", (of,))]
