"""Where the paragraphs of an earlier version went: what people said, and saying it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from learning_register.document_queries import (
    LoadedVersion,
    MoveRow,
    moves_said,
    paragraphs_to_place,
    places_in,
)
from learning_register.documents import (
    MAY_MOVE_PARAGRAPHS,
    say_where_paragraph_went,
    take_back_paragraph_move,
)
from learning_register.tables_policy import ParagraphMove, PolicyParagraph
from qa_app.runtime import carry_out, fresh, reading, signed_in, table
from sampling.records.people import Person, may_act_as
from sampling.refused import Refused

_NOW = "Is now"


def show(version: LoadedVersion, earlier: Sequence[LoadedVersion]) -> None:
    """What was said so far, and a table to say it for the paragraphs that are nowhere to be found yet."""
    with reading() as session:
        said = moves_said(session, version.document)
        may_say = may_act_as(session, signed_in(), MAY_MOVE_PARAGRAPHS)
    st.subheader("Where paragraphs went", anchor=False)
    st.write(
        "A learning point keeps the version it was made under. A paragraph whose number or title changed is "
        "found under both once somebody says where it went; one that kept both is found anyway."
    )
    _said(said)
    if not may_say:
        st.caption("An administrator or the Head of Customer Care says where a paragraph went.")
        return
    _take_back(said)
    if not earlier:
        st.write("There is no earlier version, so nothing of this one came from elsewhere.")
        return
    _say(version, earlier)


def _said(said: Sequence[MoveRow]) -> None:
    table(
        pd.DataFrame(
            {"Was": row.was, "Became": row.became, "Said by": row.said_by, "On": row.said_at} for row in said
        ),
        caption="What people said",
        key="moves",
        empty="Nobody has said yet where a paragraph went.",
        download="paragraphs-moved.csv",
    )


def _take_back(said: Sequence[MoveRow]) -> None:
    if not said:
        return
    with st.expander("Take back what was said"), st.form(fresh("move-back"), border=False):
        names = {(row.from_id, row.to_id): f"{row.was} became {row.became}" for row in said}
        chosen = st.selectbox("What was said", list(names), format_func=names.__getitem__)
        if st.form_submit_button("Take it back"):
            carry_out(
                lambda session, by: take_back_paragraph_move(
                    session, session.get_one(ParagraphMove, chosen), by=by
                ),
                done="It is taken back.",
            )


def _say(version: LoadedVersion, earlier: Sequence[LoadedVersion]) -> None:
    names = {one.version_id: one.version for one in earlier}
    here = version.version_id
    other = st.selectbox("Earlier version", list(names), format_func=names.__getitem__, key=f"earlier-{here}")
    everything = st.toggle(
        "Also show paragraphs that are found already",
        help="One that was split went to several.",
        key=f"everything-{here}",
    )
    with reading() as session:
        rows = paragraphs_to_place(session, other, here, everything=everything)
        places = places_in(session, here)
    if not rows:
        st.write(f"Every paragraph of version {names[other]} is found in this one.")
        return
    frame = pd.DataFrame(
        {"Paragraph": row.number, "Title": row.title, "Section": row.section, _NOW: now} for row, now in rows
    )
    st.markdown(f"**Paragraphs of version {names[other]}**, and what each is in version {version.version}")
    st.caption("Filled in where number and heading are the same. Look at each before you keep it.")
    filled = st.data_editor(
        frame,
        hide_index=True,
        disabled=["Paragraph", "Title", "Section"],
        column_config={_NOW: st.column_config.SelectboxColumn(options=list(places), width="large")},
        key=fresh(f"moves-{other}-{here}-{everything}"),
    )
    if st.button("Keep where they went"):
        wanted = [
            (row.paragraph_id, places[now])
            for (row, _), now in zip(rows, filled[_NOW], strict=True)
            if isinstance(now, str)
        ]
        carry_out(lambda session, by: _keep(session, wanted, by), done="It is on record where they went.")


def _keep(session: Session, wanted: Sequence[tuple[int, int]], by: Person) -> None:
    if not wanted:
        raise Refused("Nothing is chosen yet. Choose what at least one paragraph is now.")
    for was, now in wanted:
        say_where_paragraph_went(
            session, session.get_one(PolicyParagraph, was), to=session.get_one(PolicyParagraph, now), by=by
        )
