"""The scorecards: what each asks, and which serves which type of case."""

from importlib.resources import files
from typing import Final

import streamlit as st

from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    fresh,
    given,
    in_words,
    reading,
    signed_in,
    table,
    title,
)
from sampling.records.database import today
from sampling.records.people import Role, roles_of
from scorecards.card_reading import read_scorecard
from scorecards.cards import (
    case_types,
    publish_scorecard,
    published_scorecards,
    scorecard_from,
    scorecard_uses,
    use_scorecard,
)
from scorecards.requirements import Kind, Scorecard

EVERY_OTHER: Final = "Every other type"


def show() -> None:
    """One card at a time; below, which card serves which cases."""
    person = signed_in()
    with reading() as session:
        versions = published_scorecards(session)
        uses = scorecard_uses(session)
        types = case_types(session)
        may_choose = bool(roles_of(session, person) & {Role.ADMINISTRATOR, Role.HEAD})
        day = today(session)
    title("Scorecards", "What a review asks of a case, and which scorecard serves which type of case.")
    names = {version.key: version.title for version in versions}
    if versions:
        labels = [f"{version.title}, version {version.version}" for version in versions]
        chosen = st.selectbox("Scorecard", range(len(versions)), format_func=labels.__getitem__)
        version = versions[chosen or 0]
        st.caption(
            f"Published on {in_words(version.published_at.date()) if version.published_at else ''}. "
            f"A published version is never changed. SHA-256 {(version.sha256 or '')[:16]}…"
        )
        _card(scorecard_from(version.definition))
    else:
        st.write(
            "No scorecard is published yet." + ("" if may_choose else " An administrator publishes them.")
        )
    if may_choose:
        _publish_shipped({(version.key, version.version) for version in versions})
    st.subheader("Which scorecard serves which cases", anchor=False)
    uses["case_type"] = uses["case_type"].fillna(EVERY_OTHER)
    uses["scorecard"] = [names.get(key, key) for key in uses["scorecard"]]
    table(
        uses.rename(columns={"case_type": "Type of case", "scorecard": "Scorecard", "starts_on": "From"}),
        caption="The newest entry for a type counts; earlier ones keep the days before",
        key="uses",
        empty="No scorecard serves any case yet, so no review can start.",
    )
    if may_choose and names:
        with st.form(fresh("use")):
            kind = st.selectbox("Type of case", [EVERY_OTHER, *types])
            key = st.selectbox("Scorecard for it", list(names), format_func=names.__getitem__)
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
    elif not may_choose:
        st.caption("An administrator or the Head of Customer Care chooses them.")


def _card(card: Scorecard) -> None:
    share = "all" if card.method_share == 1 else f"at least {float(card.method_share):.0%}"
    st.write(
        "A case meets its outcome requirements when all that apply are met, and its method requirements "
        f"when {share} of those that apply are met."
    )
    number = 0
    for kind, heading in ((Kind.OUTCOME, "Outcome requirements"), (Kind.METHOD, "Method requirements")):
        with st.expander(heading):
            for requirement in card.requirements:
                if requirement.kind is kind:
                    number += 1
                    commitments = ", ".join(str(one) for one in requirement.commitments)
                    st.markdown(
                        f"**{number}. {as_typed(requirement.text)}**  \n{as_typed(requirement.guidance)}  \n"
                        f"Paragraph {', '.join(requirement.citations)}"
                        + (f" · commitment {commitments}" if commitments else "")
                    )


def _publish_shipped(published: set[tuple[str, int]]) -> None:
    for entry in sorted((files("scorecards") / "shipped").iterdir(), key=lambda found: found.name):
        if not entry.name.endswith(".toml"):
            continue
        text = entry.read_text("utf-8")
        card = read_scorecard(text)
        if (card.key, card.version) not in published and st.button(
            f"Publish “{card.title}”, as it is shipped"
        ):
            carry_out(
                lambda session, by, text=text: publish_scorecard(session, text, by=by),  # type: ignore[misc]
                done=f"“{card.title}” is published.",
            )
