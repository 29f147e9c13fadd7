"""The register of samples: what was drawn, from what, by which rule, and how anybody can check it."""

import pandas as pd
import streamlit as st

from qa_app.runtime import as_typed, link, place_in_address, reading, signed_in, table
from qa_app.sample_words import (
    CAUSES,
    EVENTS,
    REPLACED,
    ROUTES,
    facts_of_sample,
    filters_in_words,
)
from qa_app.screens import samples_events
from qa_app.screens.samples_draw import go_on, waits
from sampling.case_filters import field_values
from sampling.queries import SampleRow, drawn_cases, samples, strata_of_sample
from sampling.randomness import Source
from sampling.receipt_queries import receipt_of
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person, Role, may_act_as
from sampling.refused import Refused
from sampling.register_chain import Event
from sampling.register_queries import whole_register
from sampling.tables import Route


def show() -> None:
    """All samples the reader may see, and one of them in full."""
    with reading() as session:
        found = samples(session, signed_in())
    for sample in found:
        if waits(sample):
            go_on(sample)
    table(
        _rows(found),
        caption="Samples, the newest first",
        key="register",
        empty="No sample has been drawn yet that you may see. It will stand here with its receipt.",
        download="samples.csv",
    )
    if found:
        st.caption(
            "Draw counts the draws for the same purpose, voided ones too, so that nobody can draw until they "
            "like what they get. Plan is the beginning of the registered plan's hash."
        )
    registered = {sample.plan_id: sample for sample in found if sample.plan_id is not None}
    asked = place_in_address("sample", [one.draw_id for one in registered.values()], of="sample")
    if registered:
        order = list(registered)
        chosen = st.selectbox(
            "Look at a sample",
            order,
            index=asked or 0,
            format_func=lambda plan_id: registered[plan_id].name,
        )
        _one(registered[chosen])
    _whole()


def _rows(found: list[SampleRow]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (
                sample.name,
                ROUTES[sample.route],
                sample.population,
                sample.size,
                sample.drawn_at.astimezone(OFFICE_TIME).date() if sample.drawn_at else None,
                _state(sample),
                (sample.plan_sha256 or "")[:8],
            )
            for sample in found
        ],
        columns=["Sample", "Route", "Cases", "Drawn", "Drawn on", "Draw", "Plan"],
    )


def _state(sample: SampleRow) -> str:
    if sample.state == Event.VOIDED:
        return "Voided"
    if not sample.series.made:
        return "Not drawn"
    words = f"{sample.series.number} of {sample.series.made}"
    return f"{words}, demonstration" if sample.source == Source.DEMONSTRATION else words


def _whole() -> None:
    """The register of the whole office, for those who may look into all of it."""
    with reading() as session:
        if not may_act_as(session, signed_in(), [Role.HEAD, Role.QA_REVIEWER]):
            return
    with st.expander("The register of the whole office, line by line"):
        with reading() as session:
            lines, holds = whole_register(session, signed_in())
        st.write(as_typed(holds))
        lines["event"] = lines["event"].map(lambda event: EVENTS[Event(event)])
        words = {
            "line": "Line",
            "at": "When",
            "sample": "Sample",
            "event": "What happened",
            "by": "By",
            "hash": "Hash",
        }
        table(
            lines.rename(columns=words),
            caption="Every line, newest first",
            key="whole",
            download="register.csv",
        )


def _one(sample: SampleRow) -> None:
    with reading() as session:
        teams = field_values(session, "team")
    st.subheader(as_typed(sample.name), anchor=False)
    if sample.source == Source.DEMONSTRATION:
        st.warning(
            "A demonstration: its seed was typed by hand, so it proves nothing about how cases were chosen."
        )
    facts = facts_of_sample(sample, filters_in_words(sample.filters.get("fields", {}), teams))
    st.markdown("\n".join(f"- {as_typed(fact)}" for fact in facts))
    if sample.draw_id is not None and sample.drawn_at is not None:
        _drawn(sample, sample.draw_id)
    samples_events.show(sample)


def _drawn(sample: SampleRow, draw_id: int) -> None:
    with reading() as session:
        strata = strata_of_sample(session, draw_id, signed_in())
        cases = drawn_cases(session, draw_id, signed_in())
    words = {"code": "Code", "stratum": "Stratum", "population": "Cases", "drawn": "Drawn"}
    table(
        strata[list(words)].rename(columns=words),
        caption="What was drawn, and from what. Codes stand in the receipt, which names nobody",
        key=f"strata-{draw_id}",
    )
    if sample.route == Route.SECOND and cases.empty:
        st.info(
            "Which managers' reviews were drawn is sealed, for managers and for those who score again, so "
            "that the second score is blind. What is to be scored stands under Reviews."
        )
        link("second_scoring", "Second scoring")
    else:
        words = {
            "reference": "Case",
            "team": "Team",
            "stratum": "Stratum",
            "position": "Place",
            "ticket": "Ticket",
            "cause": "Why it is in",
            "replaced": "Replaced because",
        }
        whole = set(strata.loc[strata["drawn"] == strata["population"], "stratum"])
        cases["cause"] = cases["cause"].map(CAUSES).where(~cases["stratum"].isin(whole), "All of its stratum")
        cases["replaced"] = cases["replaced"].map(REPLACED).fillna("")
        table(
            cases[list(words)].rename(columns=words),
            caption="The cases drawn, by ticket within each stratum",
            key=f"cases-{draw_id}",
            download=f"sample-{draw_id}.csv",
        )
    _checking(sample, draw_id)


def _checking(sample: SampleRow, draw_id: int) -> None:
    st.markdown("**How to check this draw**")
    person = signed_in()
    try:
        with reading() as session:
            receipt_of(session, draw_id, person)
    except Refused as refused:
        st.info(as_typed(str(refused)))
        return
    st.write(
        "The receipt holds the frozen list of cases, the plan, the seed and the tickets. Anybody can work "
        "out the draw again with it, by hand or with the command “qa verify”."
    )
    st.download_button(
        "Download the receipt",
        data=lambda: receipt_file(draw_id, person),
        file_name=f"receipt-{draw_id}.zip",
        mime="application/zip",
        on_click="ignore",
    )
    with st.expander("Hashes, seed, and how to check one case by hand"):
        st.write("Hash (SHA-256) of the frozen list of cases")
        st.code(sample.frame_sha256, language=None)
        st.write("Hash (SHA-256) of the registered plan")
        st.code(sample.plan_sha256 or "", language=None)
        st.write("Seed of the draw, which did not exist when the plan was registered")
        st.code(sample.seed or "", language=None)
        st.write(
            "The ticket of a case is the hash of the seed and its reference. This prints it; the cases with "
            "the smallest tickets of their stratum are the sample:"
        )
        st.code(f"printf '%s' \"{sample.seed}|REFERENCE\" | sha256sum", language="bash", wrap_lines=True)


def receipt_file(draw_id: int, person: Person) -> bytes:
    """The receipt at the moment of the download, which is outside the session: nobody is signed in there."""
    with reading() as session:
        return receipt_of(session, draw_id, person)
