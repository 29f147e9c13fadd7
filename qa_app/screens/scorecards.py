"""The scorecards: what each asks, in which versions, and which serves which type of case."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from qa_app.runtime import (
    carry_out,
    date_input,
    do,
    fresh,
    given,
    go,
    problem,
    reading,
    refuse_file,
    signed_in,
    table,
    title,
)
from qa_app.scorecard_words import STATES, version_name
from qa_app.screens import scorecards_version
from sampling.records.database import today
from sampling.refused import Refused
from scorecards.card_editing import begun_from, blank_card
from scorecards.card_reading import read_draft
from scorecards.card_versions import VersionSheet, may_change_scorecards, scorecard_versions, start_draft
from scorecards.cards import (
    case_types,
    publish_scorecard,
    scorecard_uses,
    shipped_scorecards,
    use_scorecard,
)
from scorecards.requirements import Scorecard
from scorecards.tables import VersionState

EVERY_OTHER: Final = "Every other type"
_LEAD: Final = "What a review asks of a case, and which scorecard serves which type of case."


def show() -> None:
    """One version, when the address names it; else all of them, and which card serves which cases."""
    if "version" not in st.query_params:
        _all()
        return
    try:
        scorecards_version.show(st.query_params["version"])
    except Refused as refused:
        title("Scorecards", _LEAD)
        problem(str(refused))


def _all() -> None:
    with reading() as session:
        person = signed_in()
        sheets = scorecard_versions(session, person)
        may_change = may_change_scorecards(session, person)
    title("Scorecards", _LEAD)
    _versions(sheets, may_change=may_change)
    if may_change:
        _start(sheets)
        _take_in()
        _publish_shipped({sheet.card.key for sheet in sheets})
    _uses(sheets, may_change=may_change)


def _versions(sheets: list[VersionSheet], *, may_change: bool) -> None:
    if not sheets:
        st.write(
            "No scorecard is published yet. "
            + ("Publish one that comes with the product." if may_change else "An administrator does that.")
        )
        return
    there = [state for state in VersionState if any(sheet.state == state for sheet in sheets)]
    state = st.segmented_control(
        "State", ["All", *(STATES[one] for one in there)], default="All", required=True, key="card-state"
    )
    chosen = [sheet for sheet in sheets if state in ("All", STATES[sheet.state])]
    table(
        pd.DataFrame([_listed(sheet) for sheet in chosen]),
        caption="Versions of scorecards",
        key="card-versions",
        empty="No version is in this state.",
        download="scorecards.csv",
    )
    names = {sheet.version_id: f"{version_name(sheet.card)} ({sheet.state})" for sheet in chosen}
    opened = st.selectbox(
        "Open a scorecard",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose a version",
        key="open-card",
    )
    if opened is not None:
        go("scorecards", version=opened)


def _listed(sheet: VersionSheet) -> dict[str, object]:
    return {
        "Scorecard": sheet.card.title or sheet.card.key,
        "Version": sheet.card.version,
        "State": STATES[sheet.state],
        "Requirements": len(sheet.card.requirements),
        "Published": sheet.published_at.date() if sheet.published_at else None,
        "Published by": sheet.published_by,
        "Last changed by": sheet.changed_by,
    }


def _start(sheets: list[VersionSheet]) -> None:
    with st.expander("Start a draft"):
        sources: dict[int | None, Scorecard | None] = {None: None}
        sources |= {sheet.version_id: sheet.card for sheet in sheets if sheet.published_at is not None}
        labels = {key: version_name(card) if card else "A blank card" for key, card in sources.items()}
        source = st.selectbox("Start from", list(sources), format_func=labels.__getitem__, key="draft-from")
        card = sources[source]
        name = st.text_input(
            "Title of the new scorecard",
            key=fresh("draft-title"),
            help="Leave it empty to draft the next version of the scorecard you start from.",
        )
        if st.button("Start the draft"):
            _go_to_draft(lambda: begun_from(card, title=name) if card else blank_card(name))


def _take_in() -> None:
    with st.expander("Import a scorecard from a file"):
        file = st.file_uploader("TOML file", type=["toml"], key=fresh("card-file"), max_upload_size=2)
        st.caption("It becomes a draft, as far as it has come. Nothing is published by importing.")
        if not st.button("Start a draft from this file"):
            return
        if file is None:
            problem("Something is missing: the file. Choose it.")
            return
        try:
            card = _card_in(file.getvalue())
        except Refused as refused:
            refuse_file(file, str(refused))
        else:
            _go_to_draft(lambda: card)


def _card_in(data: bytes) -> Scorecard:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("The file is not text in UTF-8. Save it as UTF-8, then import it again.") from error
    return read_draft(text)


def _go_to_draft(card: Callable[[], Scorecard]) -> None:
    started = do(lambda session, by: start_draft(session, card(), by=by), done="The draft is started.")
    if started is not None:
        go("scorecards", version=started.id)


def _publish_shipped(known: set[str]) -> None:
    cards = {card.key: (card, text) for text in shipped_scorecards() for card in [read_draft(text)]}
    left = [key for key in cards if key not in known]
    if not left:
        return
    with st.expander("Publish a scorecard as it is shipped"):
        key = st.selectbox(
            "Scorecard that comes with the product", left, format_func=lambda key: cards[key][0].title
        )
        if st.button("Publish it"):
            carry_out(
                lambda session, by: publish_scorecard(session, cards[key][1], by=by),
                done=f"“{cards[key][0].title}” is published.",
            )


def _uses(sheets: list[VersionSheet], *, may_change: bool) -> None:
    with reading() as session:
        uses, types, day = scorecard_uses(session), case_types(session), today(session)
    # Newest versions come first, and a scorecard goes by the title of its newest published one.
    names: dict[str, str] = {}
    for sheet in sorted(sheets, key=lambda sheet: sheet.state != VersionState.PUBLISHED):
        names.setdefault(sheet.card.key, sheet.card.title or sheet.card.key)
    st.subheader("Which scorecard serves which cases", anchor=False)
    uses["case_type"] = uses["case_type"].fillna(EVERY_OTHER)
    uses["scorecard"] = [names.get(key, key) for key in uses["scorecard"]]
    table(
        uses.rename(columns={"case_type": "Type of case", "scorecard": "Scorecard", "starts_on": "From"}),
        caption="The newest entry for a type counts; earlier ones keep the days before",
        key="uses",
        empty="No scorecard serves any case yet, so no review can start.",
    )
    published = {sheet.card.key for sheet in sheets if sheet.state == VersionState.PUBLISHED}
    if not may_change:
        st.caption("An administrator or the Head of Customer Care chooses them.")
    elif published:
        with st.form(fresh("use")):
            kind = st.selectbox("Type of case", [EVERY_OTHER, *types])
            key = st.selectbox(
                "Scorecard for it", [key for key in names if key in published], format_func=names.__getitem__
            )
            starts_on = date_input("From", fresh("use-from"), day)
            if st.form_submit_button("Use this scorecard"):
                carry_out(
                    lambda session, by: use_scorecard(
                        session,
                        None if kind == EVERY_OTHER else kind,
                        scorecard_key=given(key, "the scorecard"),
                        starts_on=given(starts_on, "the first day"),
                        by=by,
                    ),
                    done="The scorecard is in use from that day.",
                )
