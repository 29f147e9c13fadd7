"""The chart of the service standard over time; as in `qa_app.charts`, nothing is said by colour alone."""

from typing import Any, Final

import altair as alt
import pandas as pd

from qa_app.charts import ACCENT, INK, PALE

_AXIS: Final[dict[str, Any]] = {"labelColor": INK, "titleColor": INK, "gridColor": "#e3e6e8"}


def in_time_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """The share in time month by month, over the range that chance alone makes, with each month's standard.

    One row a month in their order: `label` (lines divided by |), `share`, `limit_low`, `limit_high`,
    `target`, from 0 to 1, and `stands_out` (words, or empty).
    """
    axis = alt.Axis(labelExpr="split(datum.label, '|')", labelAngle=0, labelOverlap="parity", **_AXIS)
    scale = alt.Scale(domain=[0, 1.1], nice=False)
    percents = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], **_AXIS)
    base = alt.Chart(frame).encode(x=alt.X("label:N", sort=list(frame["label"]), title=None, axis=axis))
    y = alt.Y("limit_low:Q", scale=scale, axis=percents, title="Share in time")
    width = alt.RelativeBandSize(0.75)
    ordinary = base.mark_bar(color=PALE, opacity=0.5, clip=True, width=width).encode(y=y, y2="limit_high:Q")
    standard = base.mark_tick(color=INK, thickness=3, width=width).encode(y=alt.Y("target:Q", scale=scale))
    share = alt.Y("share:Q", scale=scale)
    point = base.mark_point(filled=True, color=ACCENT, opacity=1).encode(
        y=share,
        shape=alt.condition("datum.stands_out == ''", alt.value("diamond"), alt.value("triangle-up")),
        size=alt.condition("datum.stands_out == ''", alt.value(90), alt.value(220)),
    )
    words = base.mark_text(dy=-16, color=INK, fontSize=12, fontWeight="bold").encode(
        y=share, text="stands_out:N"
    )
    layers = (ordinary + standard + point + words).properties(height=300, width="container")
    finished: alt.LayerChart = layers.configure_view(stroke=None)
    return finished
