"""The chart of a plan: how often offices of different quality would pass its rule."""

from collections.abc import Sequence
from typing import Final

import altair as alt
import pandas as pd

from qa_app.charts import ACCENT, INK

_HEIGHT: Final = 460  # with axes and legend, which Streamlit fits into it
_DASHES: Final = ([1, 0], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2])
_QUIET: Final = "#5f7d9c"
_GRID: Final = "#e3e6e8"


def passing_chart(
    frame: pd.DataFrame, *, standard: float, chosen: str, order: Sequence[str], across: str, rules: str
) -> alt.LayerChart:
    """How often an office passes (up), by the share of all its cases that meet (across), a line per rule.

    One row per point: `rule`, `share`, `chance`, the latter from 0 to 1. `order` are the rules; the
    `chosen` one is drawn thick. Each has a dash of its own, so that nothing hangs on colour. `across` and
    `rules` are the words of the axis and of the legend.
    """
    shown = frame.assign(chosen=frame["rule"] == chosen)
    x = alt.X(
        "share:Q",
        title=across,
        scale=alt.Scale(domain=[float(frame["share"].min()), 1.0], nice=False),
        axis=_axis(".3~%", ticks=8),
    )
    y = alt.Y(
        "chance:Q",
        title="Chance to pass",
        scale=alt.Scale(domain=[0, 1]),
        axis=_axis(".0%", ticks=5),
    )
    lines = (
        alt.Chart(shown)
        .mark_line()
        .encode(
            x=x,
            y=y,
            strokeDash=alt.StrokeDash(
                "rule:N",
                sort=list(order),
                scale=alt.Scale(domain=list(order), range=list(_DASHES[: len(order)])),
                legend=alt.Legend(
                    orient="top",
                    columns=3,
                    title=rules,
                    titleColor=INK,
                    labelColor=INK,
                    symbolType="stroke",
                    symbolSize=1_600,
                    symbolStrokeColor=INK,
                    symbolStrokeWidth=2,
                ),
            ),
            strokeWidth=alt.condition("datum.chosen", alt.value(3.5), alt.value(1.5)),
            color=alt.condition("datum.chosen", alt.value(ACCENT), alt.value(_QUIET)),
            detail="rule:N",
        )
    )
    words = f"standard {standard * 100:.10g}%"
    at_standard = alt.Chart(pd.DataFrame({"share": [standard], "words": [words]})).encode(x="share:Q")
    rule = at_standard.mark_rule(strokeWidth=2, color=INK)
    label = at_standard.mark_text(align="right", dx=-6, baseline="top", color=INK, fontSize=13).encode(
        y=alt.value(6), text="words:N"
    )
    chart: alt.LayerChart = (
        (lines + rule + label).properties(height=_HEIGHT, width="container").configure_view(stroke=None)
    )
    return chart


def _axis(numbers: str, *, ticks: int) -> alt.Axis:
    return alt.Axis(format=numbers, tickCount=ticks, labelColor=INK, titleColor=INK, gridColor=_GRID)
