"""Charts of results over time, between teams, and requirement by requirement.

As in `qa_app.charts`: one accent colour, and nothing is said by colour alone.
"""

from typing import Any, Final

import altair as alt
import pandas as pd

from qa_app.charts import ACCENT, INK, PALE

_GRID: Final = "#e3e6e8"
_AXIS: Final[dict[str, Any]] = {"labelColor": INK, "titleColor": INK, "gridColor": _GRID}
_PERCENT: Final = alt.Axis(format=".0%", tickCount=6, **_AXIS)
_LINES: Final = alt.Axis(labelExpr="split(datum.label, '|')", labelAngle=0, labelOverlap="parity", **_AXIS)
_SHADES: Final = [ACCENT, "#e8f0f7"]  # the less is met, the darker
_DARK: Final = 0.28  # up to here of the way from dark to light, white words are easier to read
_MANY: Final = 8  # columns, whose names then stand upright
_LEAST_WIDTH: Final = 31  # of a column whose words can still be read, in pixels


def trend_chart(frame: pd.DataFrame, *, standard: float | None, pooled: float) -> alt.LayerChart:
    """The share of each period with its interval, over the range that is ordinary for as many cases.

    One row per period, in their order: `label` (lines divided by |), `share`, `low`, `high`, `limit_low`,
    `limit_high`, from 0 to 1, and `stands_out` (words, or empty).
    """
    values = [*frame["limit_low"], *frame["share"], *([] if standard is None else [standard])]
    scale = _share_scale(values)
    x = alt.X("label:N", sort=list(frame["label"]), title=None, axis=_LINES)
    y = alt.Y("limit_low:Q", scale=scale, axis=_PERCENT, title="Share that is met")
    base = alt.Chart(frame).encode(x=x)
    ordinary = base.mark_bar(color=PALE, opacity=0.5, clip=True, width=alt.RelativeBandSize(0.75)).encode(
        y=y, y2="limit_high:Q"
    )
    interval = base.mark_rule(color=INK, strokeWidth=1, clip=True).encode(
        y=alt.Y("low:Q", scale=scale), y2="high:Q"
    )
    point = base.mark_point(filled=True, size=90, color=ACCENT, opacity=1).encode(
        y=alt.Y("share:Q", scale=scale),
        shape=alt.condition("datum.stands_out == ''", alt.value("diamond"), alt.value("triangle-up")),
        size=alt.condition("datum.stands_out == ''", alt.value(90), alt.value(220)),
    )
    words = base.mark_text(dy=16, color=INK, fontSize=12, fontWeight="bold").encode(
        y=alt.Y("share:Q", scale=scale), text="stands_out:N"
    )
    layers = ordinary + interval + point + words + _rule(pooled, "all together", scale, dash=[5, 4])
    if standard is not None:
        layers += _rule(standard, "standard", scale, dash=[1, 0])
    return _finished(layers, 320)


def count_chart(frame: pd.DataFrame, *, low: float, mean: float, high: float, noun: str) -> alt.LayerChart:
    """Counts in the order of time, with their mean and the two limits. Columns: `label`, `count`."""
    base = alt.Chart(frame).encode(x=alt.X("label:N", sort=list(frame["label"]), title=None, axis=_LINES))
    y = alt.Y("count:Q", title=noun, axis=alt.Axis(format="d", tickMinStep=1, **_AXIS))
    layers = base.mark_line(color=ACCENT).encode(y=y) + base.mark_point(
        filled=True, color=ACCENT, size=70, opacity=1
    ).encode(y="count:Q")
    for at, dash in ((low, [5, 4]), (mean, [1, 0]), (high, [5, 4])):
        line = alt.Chart(pd.DataFrame({"at": [at]})).mark_rule(color=INK, strokeWidth=1, strokeDash=dash)
        layers += line.encode(y="at:Q")
    return _finished(layers, 260)


def funnel_chart(teams: pd.DataFrame, lines: pd.DataFrame, *, target: float) -> alt.LayerChart:
    """Teams by their number of cases and the share that meets, among the lines that chance draws.

    `teams`: `team`, `n`, `share`, `label` (the name where there is room for it). `lines`: see
    `scorecards.standing_out.funnel_lines`.
    """
    scale = _share_scale([target, *teams["share"], lines["low_95"].iloc[-1]])
    largest = float(lines["n"].iloc[-1])
    x = alt.X(
        "n:Q",
        title="Cases with a result",
        scale=alt.Scale(domain=[0, largest * 1.05], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, **_AXIS),
    )
    base = alt.Chart(lines).encode(x=x)
    y = alt.Y("low_95:Q", scale=scale, axis=_PERCENT, title="Share of cases that meet")
    layers: alt.LayerChart = base.mark_line(color=INK, strokeDash=[5, 4], clip=True).encode(y=y)
    for name, dash in (("high_95", [5, 4]), ("low_998", [1, 0]), ("high_998", [1, 0])):
        layers += base.mark_line(color=INK, strokeWidth=1, strokeDash=dash, clip=True).encode(
            y=alt.Y(f"{name}:Q", scale=scale)
        )
    points = alt.Chart(teams).encode(x="n:Q", y=alt.Y("share:Q", scale=scale))
    layers += points.mark_point(shape="diamond", filled=True, size=110, color=ACCENT, opacity=1).encode(
        tooltip=[alt.Tooltip("team:N", title="Team"), alt.Tooltip("n:Q", title="Cases with a result")]
    )
    layers += points.mark_text(dy=-13, color=INK, fontSize=12).encode(text="label:N")
    layers += _rule(target, "standard", scale, dash=[1, 0])
    return _finished(layers, 360)


def heat_map(frame: pd.DataFrame, *, rows: list[str], columns: list[str]) -> alt.LayerChart:
    """The share met in each cell as words over a shade; cells of few cases have no shade and a broken edge.

    One row per cell with cases: `row`, `column`, `share` from 0 to 1, `words` and `of`, `is_small`.
    `rows` and `columns` give their order.
    """
    shaded = frame.loc[~frame["is_small"], "share"]
    lowest = 1.0 if shaded.empty else float(shaded.min())
    domain = [min(int(lowest * 20) / 20, 0.9), 1.0]
    are_many = len(columns) > _MANY
    base = alt.Chart(frame).encode(
        x=alt.X(
            "column:N",
            sort=columns,
            title=None,
            axis=alt.Axis(
                orient="top",
                labelAngle=-90 if are_many else 0,
                labelLimit=110,
                labelOverlap=not are_many,
                domain=False,
                ticks=False,
                labelColor=INK,
            ),
        ),
        y=alt.Y(
            "row:N",
            sort=rows,
            title=None,
            axis=alt.Axis(labelLimit=170, domain=False, ticks=False, labelColor=INK),
        ),
    )
    shade = alt.Color(
        "share:Q",
        scale=alt.Scale(domain=domain, range=_SHADES, clamp=True),
        legend=alt.Legend(title="Share met", format=".0%", orient="bottom", labelColor=INK, titleColor=INK),
    )
    large = base.transform_filter("!datum.is_small").mark_rect(stroke="#ffffff").encode(color=shade)
    small = base.transform_filter("datum.is_small").mark_rect(
        fill="#ffffff", stroke=INK, strokeDash=[3, 3], strokeWidth=0.7
    )
    dark = f"!datum.is_small && datum.share < {domain[0] + _DARK * (domain[1] - domain[0])}"
    colour = alt.condition(dark, alt.value("#ffffff"), alt.value(INK))
    # On a narrow screen the words would run into each other: the table below has them all.
    seen = alt.ExprRef(f"width / {max(len(columns), 1)} < {_LEAST_WIDTH} ? 0 : 1")
    share = base.mark_text(dy=-6, fontSize=10 if are_many else 12, opacity=seen).encode(
        text="words:N", color=colour
    )
    cases = base.mark_text(dy=8, fontSize=10, opacity=seen).encode(text="of:N", color=colour)
    return _finished(large + small + share + cases, 36 * max(len(rows), 1) + (180 if are_many else 110))


def _rule(at: float, words: str, scale: alt.Scale, *, dash: list[int]) -> Any:
    line = alt.Chart(pd.DataFrame({"at": [at], "words": [words]})).encode(y=alt.Y("at:Q", scale=scale))
    rule = line.mark_rule(color=INK, strokeWidth=2 if dash == [1, 0] else 1, strokeDash=dash)
    # On either side, since the two lines are often close together.
    if dash == [1, 0]:
        text, x = line.mark_text(align="left", dy=10, color=INK, fontSize=12), alt.value(4)
    else:
        text, x = line.mark_text(align="right", dy=-8, color=INK, fontSize=12), alt.value("width")
    return rule + text.encode(x=x, text="words:N")


def _share_scale(values: list[float]) -> alt.Scale:
    lowest = min((float(value) for value in values if not pd.isna(value)), default=0.0)
    return alt.Scale(domain=[max(0.0, int(lowest * 20 - 1) / 20), 1.0], nice=False)


def _finished(chart: Any, height: int) -> alt.LayerChart:
    finished: alt.LayerChart = chart.properties(height=height, width="container").configure_view(stroke=None)
    return finished
