"""The chart of what failed before an action was done, and after it."""

import altair as alt
import pandas as pd

from qa_app.charts import ACCENT, INK, PALE


def effect_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """The share of reviews not met before and after, each with its interval.

    One row for each of the two that has reviews: `label`, `share`, `low`, `high`, from 0 to 1.
    """
    top = min(1.0, -(-float(frame["high"].max()) * 20 // 1) / 20)
    axis = alt.Axis(format=".0%", tickCount=6, labelColor=INK, titleColor=INK, gridColor="#e3e6e8")
    x = alt.X(
        "low:Q", scale=alt.Scale(domain=[0, top]), axis=axis, title="Share of reviews not met, with its range"
    )
    rows = alt.Axis(labelColor=INK, labelLimit=220, ticks=False, domain=False, labelFontSize=13)
    y = alt.Y("label:N", sort=list(frame["label"]), title=None, axis=rows)
    base = alt.Chart(frame).encode(y=y)
    interval = base.mark_bar(size=14, color=PALE).encode(x=x, x2="high:Q")
    share = base.mark_point(shape="diamond", size=110, filled=True, color=ACCENT, opacity=1).encode(
        x="share:Q"
    )
    chart: alt.LayerChart = interval + share
    finished: alt.LayerChart = chart.properties(
        height=len(frame) * 52 + 84, width="container"
    ).configure_view(stroke=None)
    return finished
