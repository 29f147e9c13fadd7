"""A report on the screen: its sections as they will stand in every format, and the formats to take away."""

from functools import partial

import altair as alt
import pandas as pd
import streamlit as st

from learning_register.report_contents import (
    Block,
    Chart,
    Paragraph,
    Points,
    ReportContents,
    Table,
    words_of,
)
from qa_app.reports.kinds import FORMATS, name_of
from qa_app.runtime import as_typed


def show_contents(contents: ReportContents) -> None:
    """The report from its first section to the line by which its books can be told."""
    with st.container(border=True):
        for number, section in enumerate(contents.sections):
            (st.header if section.level == 2 else st.subheader)(as_typed(section.heading), anchor=False)
            for place, block in enumerate(section.blocks):
                _show(block, key=f"{contents.kind}-{number}-{place}")
        st.caption(as_typed(contents.audit))


def offer_files(contents: ReportContents, *, key: str) -> None:
    """The report in each format, made at the moment it is asked for: a draft until it is issued."""
    with st.container(horizontal=True):
        for ending, (name, mime, make) in FORMATS.items():
            st.download_button(
                f"Draft as {name}" if name != "Figures" else "Its figures as a workbook",
                data=partial(make, contents),
                file_name=f"draft-{name_of(contents, ending)}",
                mime=mime,
                key=f"draft-{key}-{ending}",
                on_click="ignore",
            )


def _show(block: Block, *, key: str) -> None:
    if isinstance(block, Paragraph):
        lead = f"**{as_typed(block.lead)}** " if block.lead else ""
        st.markdown(f"{lead}{as_typed(block.text)}")
    elif isinstance(block, Points):
        st.markdown("\n".join(f"- {as_typed(item)}" for item in block.items))
    elif isinstance(block, Table):
        _table(block, key=key)
    else:
        _chart(block, key=key)


def _chart(chart: Chart, *, key: str) -> None:
    drawn = alt.LayerChart.from_dict(dict(chart.spec))
    st.altair_chart(drawn, width="content", alt=chart.alt, key=f"chart-{key}")
    st.caption(as_typed(chart.sentence))
    _table(chart.table, key=key)


def _table(of: Table, *, key: str) -> None:
    st.markdown(f"**{as_typed(of.caption)}**")
    if not of.rows:
        st.write(as_typed(of.empty))
    else:
        rows = [[words_of(cell) for cell in row] for row in of.rows]
        st.dataframe(
            pd.DataFrame(rows, columns=list(of.heads)),
            hide_index=True,
            alt=of.caption,
            key=f"table-{key}",
            column_config={
                head: st.column_config.TextColumn(alignment="right" if is_number else "left")
                for head, is_number in zip(of.heads, of.are_numbers, strict=True)
            },
        )
    if of.note:
        st.caption(as_typed(of.note))
