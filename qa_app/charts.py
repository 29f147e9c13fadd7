"""Charts: each takes a frame, and gives an Altair chart. The screen adds the sentence and the table.

One accent colour; position, shape and words carry the meaning, never colour alone.
"""

from typing import Any, Final

import altair as alt
import pandas as pd

ACCENT: Final = "#1d4a7a"
PALE: Final = "#9db7d2"
INK: Final = "#0b0c0c"
_ROW, _AXIS, _LEGEND = 64, 84, 40  # heights in pixels
_LABEL = 150  # the widest label, in pixels
_DIAMOND: Final[dict[str, Any]] = {
    "shape": "diamond",
    "size": 110,
    "filled": True,
    "color": ACCENT,
    "opacity": 1,
}
_PERCENT: Final = alt.Axis(format=".0%", tickCount=6, labelColor=INK, titleColor=INK, gridColor="#e3e6e8")


def verdict_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Standards and what a sample says of them.

    One row per standard: `label`, `share` (plain, of the sample), `low` and `high` (a bar),
    `standard` (a labelled line), each a share from 0 to 1; `share`, `low` and `high` may be empty.
    """
    shown = frame.assign(standard_words=[f"standard {_words(value)}" for value in frame["standard"]])
    known = shown.dropna(subset=["low", "high"])
    base = alt.Chart(shown).encode(y=_rows(frame))
    scale = _scale([*frame["standard"], *known["low"], *known["share"].dropna()])
    x = alt.X("low:Q", scale=scale, axis=_PERCENT, title="Share of cases that meet")
    bar = alt.Chart(known).mark_bar(size=14, color=PALE).encode(x=x, x2="high:Q", y=_rows(frame))
    share = base.mark_point(**_DIAMOND).encode(x=alt.X("share:Q", scale=scale))
    line = base.mark_tick(thickness=3, size=38, color=INK, opacity=1).encode(
        x=alt.X("standard:Q", scale=scale)
    )
    words = base.mark_text(dy=-26, align="right", dx=4, color=INK, fontSize=12).encode(
        x=alt.X("standard:Q", scale=scale), text="standard_words:N"
    )
    return _plain(bar + line + words + share, rows=len(frame))


def agreement_chart(
    frame: pd.DataFrame, *, standard: float, chance: float | None, floor: float | None
) -> alt.LayerChart:
    """How far two reviewers agree, with its intervals, beside the standard and two lines.

    `chance` is what reviewers who look at nothing would reach, `floor` the least there can be. One row per
    figure: `label`, `share`, `low`, `high`, from 0 to 1.
    """
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("low:Q", scale=scale, axis=_PERCENT, title="Agreement")
    base = alt.Chart(frame).encode(y=_rows(frame))
    layers = base.mark_bar(size=14, color=PALE).encode(x=x, x2="high:Q")
    # The words stand one above the other: the two lines are often close together.
    lines = [
        (standard, "standard", [1, 0], 0),
        (chance, "chance", [5, 4], 14),
        (floor, "at least", [2, 3], 28),
    ]
    for at, name, dash, place in lines:
        if at is None:
            continue
        line = alt.Chart(pd.DataFrame({"at": [at], "words": [f"{name} {_words(at)}"]})).encode(x="at:Q")
        layers += line.mark_rule(strokeWidth=2, color=INK, strokeDash=dash)
        layers += line.mark_text(align="right", dx=-5, baseline="top", color=INK, fontSize=12).encode(
            y=alt.value(place), text="words:N"
        )
    layers += base.mark_point(**_DIAMOND).encode(x="share:Q")
    return _plain(layers, rows=len(frame))


def running_chart(frame: pd.DataFrame, *, standard: float, drawn: int) -> alt.LayerChart:
    """Between which rates the truth lies after each reviewed case, with the standard as a line.

    One row per case in ticket order: `reviewed` (1, 2, …), `low`, `high`, from 0 to 1. The axis goes on to
    all `drawn` cases. What lies far below the standard, and below the last limit, is cut off: the first
    limits leave everything open.
    """
    last = float(frame["low"].max())
    bottom = max(0.0, min(1 - 5 * (1 - standard), int(last * 20) / 20))
    scale = alt.Scale(domain=[bottom, 1.0], nice=False)
    count = alt.Axis(labelColor=INK, titleColor=INK, gridColor="#e3e6e8", format="d", tickMinStep=1)
    x = alt.X(
        "reviewed:Q",
        title="Cases reviewed, in the order of their tickets",
        scale=alt.Scale(domain=[0, drawn], nice=False),
        axis=count,
    )
    y = alt.Y("low:Q", title="Share of cases that meet", scale=scale, axis=_PERCENT)
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(color=PALE, opacity=0.45, clip=True, interpolate="step-after").encode(
        y=y, y2="high:Q"
    )
    low = base.mark_line(color=ACCENT, clip=True, interpolate="step-after").encode(y=y)
    high = base.mark_line(color=ACCENT, clip=True, interpolate="step-after", strokeDash=[6, 3]).encode(
        y=alt.Y("high:Q", scale=scale)
    )
    words = pd.DataFrame({"standard": [standard], "words": [f"standard {_words(standard)}"], "at": [drawn]})
    line = alt.Chart(words).encode(y=alt.Y("standard:Q", scale=scale))
    rule = line.mark_rule(strokeWidth=2, color=INK)
    label = line.mark_text(align="right", dx=-4, dy=9, color=INK, fontSize=12).encode(
        x="at:Q", text="words:N"
    )
    chart: alt.LayerChart = band + low + high + rule + label
    finished: alt.LayerChart = chart.properties(height=300, width="container").configure_view(stroke=None)
    return finished


def teams_chart(
    frame: pd.DataFrame,
    *,
    standard: float,
    of: str = "Share of cases that meet",
    label_width: int = _LABEL,
) -> alt.LayerChart:
    """Each team's share with its interval, beside the standard; in the order of the rows.

    One row per team, or whatever has a share `of` its own: `label`, `share`, `low`, `high`, from 0 to 1.
    Labels are cut at so many pixels.
    """
    scale = _scale([standard, *frame["low"]])
    x = alt.X("low:Q", scale=scale, axis=_PERCENT, title=of)
    base = alt.Chart(frame).encode(y=_rows(frame, label_width))
    interval = base.mark_rule(strokeWidth=3, color=PALE).encode(x=x, x2="high:Q")
    share = base.mark_point(**_DIAMOND).encode(x=alt.X("share:Q", scale=scale))
    words = pd.DataFrame({"at": [standard], "words": [f"standard {_words(standard)}"]})
    line = alt.Chart(words).encode(x=alt.X("at:Q", scale=scale))
    rule = line.mark_rule(strokeWidth=2, color=INK)
    label = line.mark_text(align="right", dx=-5, baseline="top", color=INK, fontSize=12).encode(
        y=alt.value(0), text="words:N"
    )
    return _plain(interval + rule + share + label, rows=len(frame), row=34)


def counts_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Cases met, not met and outstanding, one bar per stratum.

    Columns: `label`, `met`, `not_met`, `outstanding`, counts.
    """
    kinds = {"met": "Met", "not_met": "Not met", "outstanding": "Without a result"}
    parts = frame.melt("label", list(kinds), var_name="kind", value_name="cases")
    parts = parts[parts["cases"] > 0]
    parts["end"] = parts.groupby("label", sort=False)["cases"].cumsum()
    parts["middle"] = parts["end"] - parts["cases"] / 2
    parts["start"] = parts["end"] - parts["cases"]
    parts["words"] = parts["cases"].astype(str) + " " + parts["kind"].map(kinds).str.lower()
    parts["wide_enough"] = parts["cases"] >= 0.16 * max(parts["end"].max(), 1)
    parts["result"] = parts["kind"].map(kinds)
    colour = alt.Color(
        "result:N",
        scale=alt.Scale(domain=list(kinds.values()), range=[PALE, ACCENT, "#ffffff"]),
        legend=alt.Legend(
            orient="top", title=None, labelColor=INK, symbolStrokeColor=INK, symbolStrokeWidth=1
        ),
    )
    base = alt.Chart(parts).encode(y=_rows(frame))
    axis = alt.Axis(labelColor=INK, titleColor=INK, gridColor="#e3e6e8", format="d", tickMinStep=1)
    bars = base.mark_bar(size=22, stroke=INK, strokeWidth=1).encode(
        x=alt.X("start:Q", title="Sampled cases", axis=axis), x2="end:Q", color=colour
    )
    words = (
        base.transform_filter("datum.wide_enough")
        .mark_text(fontSize=12)
        .encode(
            x="middle:Q",
            text="words:N",
            color=alt.condition("datum.kind == 'not_met'", alt.value("#ffffff"), alt.value(INK)),
        )
    )
    return _plain(bars + words, rows=len(frame), row=38, legend=True)


def _rows(frame: pd.DataFrame, label_width: int = _LABEL) -> alt.Y:
    return alt.Y(
        "label:N",
        sort=list(frame["label"]),
        title=None,
        axis=alt.Axis(
            labelColor=INK,
            labelLimit=label_width,
            ticks=False,
            domain=False,
            labelFontSize=13,
            labelFlush=False,
        ),
    )


def _scale(values: list[float]) -> alt.Scale:
    lowest = min((value for value in values if not pd.isna(value)), default=0.0)
    return alt.Scale(domain=[max(0.0, int(lowest * 20 - 1) / 20), 1.0])


def _words(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def _plain(chart: alt.LayerChart, *, rows: int, row: int = _ROW, legend: bool = False) -> alt.LayerChart:
    # Streamlit fits axes and legend into the height, so they are added to that of the rows.
    height = max(rows, 1) * row + _AXIS + (_LEGEND if legend else 0)
    finished: alt.LayerChart = chart.properties(height=height, width="container").configure_view(stroke=None)
    return finished
