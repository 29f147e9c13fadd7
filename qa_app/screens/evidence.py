"""The evidence of samples: what was drawn and reviewed, its receipt checked, and the pack to take away."""

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, do, problem, reading, signed_in, table, title
from qa_app.sample_words import ROUTES, facts_of_sample, filters_in_words
from sampling.case_filters import field_values
from sampling.queries import SampleRow, samples, strata_of_sample
from sampling.receipt import verify_receipt
from sampling.receipt_queries import check_against_register, receipt_of
from sampling.records.database import OFFICE_TIME
from sampling.refused import Refused
from scorecards.evidence import check_may_take_evidence, evidence_counts, open_sample, take_evidence


def show() -> None:
    """The samples that the reader may take the evidence of, and one of them."""
    title("Evidence", "Samples with all that somebody from outside needs to check them without the office.")
    by = signed_in()
    try:
        with reading() as session:
            check_may_take_evidence(session, by)
            drawn = {row.draw_id: row for row in samples(session, by) if row.draw_id and row.drawn_at}
    except Refused as refused:
        st.info(as_typed(str(refused)))
        return
    if not drawn:
        st.info(
            "There is no sample here for you to read. An auditor sees the samples that the office has named "
            "for them: ask whoever opened your account to name one."
        )
        return
    table(_rows(list(drawn.values())), caption="Samples, the newest first", key="evidence-samples")
    chosen = st.selectbox(
        "Open a sample",
        list(drawn),
        index=0 if len(drawn) == 1 else None,
        format_func=lambda draw_id: f"{drawn[draw_id].name} (draw {draw_id})",
        placeholder="Choose a sample",
    )
    if chosen is not None:
        _note_opening(chosen)
        _one(drawn[chosen], chosen)


def _rows(found: list[SampleRow]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (
                sample.name,
                ROUTES[sample.route],
                sample.population,
                sample.size,
                sample.drawn_at.astimezone(OFFICE_TIME).date() if sample.drawn_at else None,
                sample.draw_id,
            )
            for sample in found
        ],
        columns=["Sample", "Route", "Cases", "Drawn", "Drawn on", "Draw"],
    )


def _note_opening(draw_id: int) -> None:
    """Once in a visit."""
    opened: set[int] = st.session_state.setdefault("samples_opened", set())
    if draw_id not in opened:
        do(lambda session, by: open_sample(session, draw_id, by=by))
        opened.add(draw_id)


def _one(sample: SampleRow, draw_id: int) -> None:
    by = signed_in()
    with reading() as session:
        teams = field_values(session, "team")
        strata = strata_of_sample(session, draw_id, by)
        counts = evidence_counts(session, draw_id, by)
    st.subheader(as_typed(sample.name), anchor=False)
    facts = facts_of_sample(sample, filters_in_words(sample.filters.get("fields", {}), teams))
    st.markdown("\n".join(f"- {as_typed(fact)}" for fact in facts))
    words = {"code": "Code", "stratum": "Stratum", "population": "Cases", "drawn": "Drawn"}
    table(
        strata[list(words)].rename(columns=words),
        caption="What was drawn, and from what",
        key=f"evidence-strata-{draw_id}",
    )
    there = {
        "Cases drawn, those that took the place of others too": counts.cases,
        "Reviews submitted, with those they are compared with": counts.reviews,
        "Corrections after a review was submitted": counts.revisions,
        "Cases scored a second time": counts.pairs,
        "Pairs of reviews adjudicated": counts.adjudicated,
        "Disputes": counts.disputes,
    }
    table(
        pd.DataFrame(there.items(), columns=["What the pack holds", "How many"]),
        caption="What there is to this sample",
        key=f"evidence-counts-{draw_id}",
    )
    if counts.under_way:
        st.info("**Still under way**\n\n" + "\n".join(f"- {as_typed(words)}" for words in counts.under_way))
    _receipt(draw_id)
    _pack(draw_id)


def _receipt(draw_id: int) -> None:
    st.markdown("**The receipt of the draw**")
    st.write("The draw is worked out again from the frozen list, the plan and the seed, case by case.")
    if not st.button("Check the receipt"):
        return
    try:
        with reading() as session:
            facts = verify_receipt(receipt_of(session, draw_id, signed_in()))
            check_against_register(session, facts)
    except Refused as refused:
        problem(str(refused))
    else:
        st.success("The receipt holds: the same cases come out again, and it is what the register says.")


def _pack(draw_id: int) -> None:
    st.markdown("**The evidence pack**")
    st.write(
        "One ZIP file: receipt, reviews, revisions, second scores, adjudications, declared involvements and "
        "audit entries, and a README that says how to check them by hand. That it is taken goes on record."
    )
    if st.button("Take the evidence pack"):
        taken = do(lambda session, by: take_evidence(session, draw_id, by=by))
        if taken is not None:
            st.session_state["evidence_pack"] = (draw_id, taken)
    of, pack = st.session_state.get("evidence_pack", (None, b""))
    if of == draw_id:
        st.download_button(
            "Download the evidence pack",
            data=pack,
            file_name=f"evidence-{draw_id}.zip",
            mime="application/zip",
            on_click="ignore",
        )
