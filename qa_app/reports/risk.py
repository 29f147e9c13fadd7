"""The casework risk report: which risks open cases carry, and who has looked at them."""

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from learning_register.report_contents import Block, Paragraph, Section, Table
from qa_app.charts import ACCENT, INK
from qa_app.reports.making import Making, chart, share_of
from qa_app.reports.method import method
from qa_app.reports.sampling_done import register_of_draws
from qa_app.risk_words import CATEGORIES, HIGH_RISK
from qa_app.wording import cases_in_words, in_words, moment_in_words
from sampling.refused import Refused
from scorecards.risk import RiskCategory
from scorecards.risk_queries import RiskFigures, risk_figures, signed_months

_BLANK: Final = "Blank: nobody has recorded anything"


def compose(making: Making) -> Sequence[Section]:
    """The risks of the cases open at the end of the month, and whether an assistant director signed them."""
    try:
        figures = risk_figures(making.session, making.first)
    except Refused as refused:
        return [Section("Risks of open cases", (Paragraph(str(refused)),)), *method(making, of_samples=False)]
    return [
        Section("Risks of open cases", tuple(_categories(figures))),
        Section("High-risk cases", tuple(_high(figures))),
        Section("By team", (_teams(figures),)),
        Section("Signed off", (_signed(making),)),
        *method(making, of_samples=False),
        *register_of_draws(making),
    ]


def _categories(figures: RiskFigures) -> list[Block]:
    counts = {words: figures.categories.get(str(category), 0) for category, words in CATEGORIES.items()}
    rows = {**counts, _BLANK: figures.blank}
    table = Table(
        "Open cases by category of risk",
        ("Category", "Cases", "Share of open cases"),
        tuple((words, count, share_of(count, figures.open)) for words, count in rows.items()),
        note="A case counts in each of its categories, so they add up to more than all. All open cases are "
        "counted, so nothing is estimated. Blank is not “none identified”: nobody has looked.",
    )
    words = Paragraph(
        f"Open at the end of {figures.month:%B %Y}: {cases_in_words(figures.open)}. Risks are recorded of "
        f"{figures.recorded:,}, and {figures.blank:,} are blank."
    )
    drawn = chart(
        _bars(rows),
        alt_text="Open cases by category of risk; those without any record stand apart.",
        sentence="Each bar is a number of open cases; the last is those of which nothing is recorded.",
        table=table,
    )
    return [words, drawn]


def _bars(rows: dict[str, int]) -> alt.LayerChart:
    base = alt.Chart(pd.DataFrame({"label": list(rows), "cases": list(rows.values())})).encode(
        y=alt.Y("label:N", sort=list(rows), title=None, axis=alt.Axis(labelLimit=260, labelColor=INK)),
        x=alt.X("cases:Q", title="Open cases", axis=alt.Axis(format="d", tickMinStep=1, labelColor=INK)),
    )
    words = base.mark_text(align="left", dx=4, color=INK).encode(text="cases:Q")
    bars: alt.LayerChart = base.mark_bar(color=ACCENT) + words
    return bars.properties(height=34 * len(rows))


def _high(figures: RiskFigures) -> list[Block]:
    return [
        Paragraph(
            f"Recorded as high-risk: {figures.high:,} of {cases_in_words(figures.open, 'open case')}. The "
            f"case system calls {figures.says_high:,} high; of {figures.not_confirmed:,} of these no record "
            "gives a reason."
        ),
        Table(
            "Why cases are high-risk ones",
            ("Reason", "Cases"),
            tuple((words, figures.reasons.get(str(reason), 0)) for reason, words in HIGH_RISK.items()),
            note="A case may have more than one reason.",
        ),
    ]


def _teams(figures: RiskFigures) -> Table:
    return Table(
        "Open cases by team",
        ("Team", "Open", "High-risk", "None identified", "Blank"),
        tuple(
            (team.team, team.open, team.high, team.categories.get(str(RiskCategory.NONE), 0), team.blank)
            for team in figures.teams
        ),
        empty="No case was open.",
    )


def _signed(making: Making) -> Paragraph:
    for month in signed_months(making.session, making.person):
        if month.month == making.first:
            note = f" “{month.note}”" if month.note else ""
            return Paragraph(f"Signed off by {month.signed_by} on {moment_in_words(month.signed_at)}.{note}")
    return Paragraph(f"The month to {in_words(making.last)} had not been signed off by then.")
