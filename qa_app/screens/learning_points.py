"""Learning points: the list, and one point with the way back to where it came from."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from learning_register.actions import feed_back
from learning_register.queries import (
    LearningRow,
    charter_commitments,
    learning_points,
    people_who_can_own,
    told_by_default,
)
from learning_register.tables import LearningPoint
from qa_app.runtime import (
    as_typed,
    carry_out,
    date_input,
    fresh,
    given,
    go,
    in_words,
    link,
    reading,
    signed_in,
    table,
    title,
)
from qa_app.screens import learning_actions
from qa_app.wording import LEARNING_KINDS, cases_in_words, moment_in_words
from sampling.queries import samples
from sampling.records.database import today
from sampling.records.people import Person
from sampling.refused import Refused

_ALL_KINDS, _ALL_TEAMS, _ALL_CITED = "All kinds", "All teams", "All paragraphs and commitments"


def show() -> None:
    """The points a person may see, filtered by kind, team and what they cite."""
    person = signed_in()
    with reading() as session:
        points = learning_points(session, person)
    if not points:
        st.write(
            "Nothing has been learned yet that you may see. A learning point is logged from a review, "
            "beneath a requirement that was not met."
        )
        return
    chosen = _filtered(points)
    table(
        pd.DataFrame([_listed(point) for point in chosen]),
        caption=cases_in_words(len(chosen), "learning point"),
        key="points",
        empty="No learning point fits these filters. Choose others.",
        columns={"What was learned": st.column_config.TextColumn(width=340)},
        download="learning.csv",
    )
    choices = {point.point_id: f"{point.point_id}: {_short(point.description)}" for point in chosen}
    opened = st.selectbox(
        "Open a learning point",
        list(choices),
        index=None,
        format_func=choices.__getitem__,
        placeholder="Choose a learning point",
    )
    if opened is not None:
        go("learning", point=opened)


def show_point(point_id: int) -> None:
    """One point: what was learned, where it came from, whom it was fed back to, what is being done."""
    person = signed_in()
    with reading() as session:
        found = [row for row in learning_points(session, person) if row.point_id == point_id]
        commitments = {row.number: row.summary for row in charter_commitments(session)}
        seen_samples = {row.draw_id for row in samples(session, person)}
    if not found:
        raise Refused(
            "There is no such learning point, or it is not for you to see. Choose one from the list."
        )
    (point,) = found
    title(f"Learning point {point.point_id}", f"{LEARNING_KINDS[point.kind]} learning")
    link("learning", "All learning points")
    st.markdown(as_typed(point.description))
    facts = {
        "Requirement": point.requirement,
        "Paragraphs": _paragraphs(point),
        "Commitments": "; ".join(f"{number} {commitments[number]}" for number in point.commitments) or "None",
        "Team": point.team or "No team",
        "Case": point.reference,
        "Sample": point.sample,
        "Logged": f"{moment_in_words(point.logged_on)} by {point.logged_by}",
        "Fed back": _fed_back(point),
    }
    st.markdown("\n".join(f"- {name}: **{as_typed(value)}**" for name, value in facts.items()))
    with st.container(horizontal=True):
        if point.may_open_review:
            link("review", f"The review of {point.reference}", review=point.review_id)
        if point.draw_id is not None and point.draw_id in seen_samples:
            link("samples", "The sample it was drawn in", part="Register", sample=point.draw_id)
    if not point.may_open_review:
        st.caption("The review itself is for those who reviewed the case and for the Head of Customer Care.")
    st.subheader("Feedback", anchor=False)
    _feed_back(point, person)
    st.subheader("Actions", anchor=False)
    learning_actions.show_actions_of(point)


def _filtered(points: Sequence[LearningRow]) -> list[LearningRow]:
    kinds = [_ALL_KINDS, *dict.fromkeys(LEARNING_KINDS[point.kind] for point in points)]
    teams = [_ALL_TEAMS, *sorted({point.team or "No team" for point in points})]
    cited = [_ALL_CITED, *sorted({words for point in points for words in _cited(point)}, key=_by_number)]
    left, middle, right = st.columns(3)
    kind = left.selectbox("Kind", kinds, key="points-kind")
    team = middle.selectbox("Team", teams, key="points-team")
    rests_on = right.selectbox("Paragraph or commitment", cited, key="points-cited")
    return [
        point
        for point in points
        if kind in (_ALL_KINDS, LEARNING_KINDS[point.kind])
        and team in (_ALL_TEAMS, point.team or "No team")
        and (rests_on == _ALL_CITED or rests_on in _cited(point))
    ]


def _cited(point: LearningRow) -> list[str]:
    return [
        *(f"Paragraph {paragraph}" for paragraph in point.paragraphs),
        *(f"Commitment {number}" for number in point.commitments),
    ]


def _by_number(words: str) -> tuple[str, int, str]:
    kind, _, rest = words.partition(" ")
    digits = rest.split(" ")[0].split("-")[0].split(".")[0]
    return kind, int(digits) if digits.isdecimal() else 0, rest


def _listed(point: LearningRow) -> dict[str, object]:
    return {
        "Number": point.point_id,
        "Kind": LEARNING_KINDS[point.kind],
        "What was learned": point.description,
        "Case": point.reference,
        "Team": point.team or "",
        "Actions": point.actions,
        "Fed back": point.fed_back_on,
        "Paragraphs": _paragraphs(point),
        "Commitments": ", ".join(str(number) for number in point.commitments),
        "Logged": point.logged_on,
    }


def _paragraphs(point: LearningRow) -> str:
    cited = list(point.paragraphs)
    if point.is_gap:
        cited.append("A gap in the guidance")
    return "; ".join(cited) or "None"


def _fed_back(point: LearningRow) -> str:
    if point.fed_back_on is None:
        return "Not yet"
    return f"{in_words(point.fed_back_on)} to {point.fed_back_to}"


def _feed_back(point: LearningRow, person: Person) -> None:
    with reading() as session:
        day = today(session)
        manager = told_by_default(session, point.point_id, person, on=day)
        people = {who.id: who.name for who in people_who_can_own(session)}
    if point.fed_back_on is None:
        st.write("Learning is fed back to the caseworker's line manager. Record here when that was done.")
    else:
        st.write(f"Fed back: {as_typed(_fed_back(point))}. A new record replaces it.")
    with st.form(fresh(f"feed-back-{point.point_id}")):
        on = date_input("Fed back on", fresh(f"fed-back-on-{point.point_id}"), value=day)
        to = st.selectbox(
            "Fed back to",
            list(people),
            index=None,
            format_func=people.__getitem__,
            placeholder=f"{manager}, the caseworker's line manager" if manager else "Choose who was told",
        )
        if st.form_submit_button("Record the feedback"):
            carry_out(
                lambda session, by: feed_back(
                    session,
                    session.get_one(LearningPoint, point.point_id),
                    on=given(on, "the day it was fed back"),
                    to=None if to is None else session.get_one(Person, to),
                    by=by,
                ),
                done="The feedback is recorded.",
            )


def _short(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
