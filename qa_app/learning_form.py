"""The forms that log what was learned: beneath an answer that is not met, and good practice for a sheet."""

from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.actions import TypedCitation, log_learning
from learning_register.citations import LearningKind, parse_reference
from learning_register.documents import GUIDANCE
from learning_register.queries import charter_commitments, learning_points, paragraphs_of
from learning_register.tables import LearningPoint
from qa_app.runtime import carry_out, given, reading, signed_in
from qa_app.wording import LEARNING_KINDS
from sampling.records.people import Person
from scorecards.queries import ReviewSheet
from scorecards.requirements import Kind, Requirement, ResponseValue
from scorecards.tables import Review

_HINTS = {
    LearningKind.INDIVIDUAL: "Names at least one paragraph and at least one commitment.",
    LearningKind.ORGANISATIONAL: "Names at least one paragraph, or says that the guidance has a gap.",
    LearningKind.GOOD_PRACTICE: "Needs no paragraph and no commitment.",
}


@dataclass(frozen=True)
class _Filled:
    kind: LearningKind
    description: str
    citations: tuple[TypedCitation, ...]
    commitments: tuple[int, ...]
    is_gap: bool


def log_learning_form(*, review_id: int, requirement: Requirement) -> None:
    """Ask for a learning point from one requirement of a review, and log it.

    What the requirement itself rests on is chosen beforehand; the reviewer may change it.
    """
    with reading() as session:
        logged = [
            point
            for point in learning_points(session, signed_in(), review_id=review_id)
            if point.requirement_key == requirement.key
        ]
    if logged:
        points = "1 learning point is" if len(logged) == 1 else f"{len(logged)} learning points are"
        st.write(f"{points} logged from this requirement already. You find them under Learning.")
    # New once a point is logged, and only then: other answers that are saved leave what is typed alone.
    key = f"learn-{review_id}-{requirement.key}-{len(logged)}"
    filled = _ask(requirement, key)
    if st.button("Log the learning point", key=f"{key}-log"):
        carry_out(
            lambda session, by: _log(session, by, review_id, requirement.key, filled),
            done="The learning point is logged. You find it under Learning, where actions are added to it.",
        )


def log_good_practice_form(sheet: ReviewSheet) -> None:
    """Offer to log good practice from one of the met requirements of one's own review.

    One place for the whole sheet, since most reviews have none to log. It needs no citation.
    """
    in_order = sorted(
        sheet.scorecard.requirements, key=lambda requirement: list(Kind).index(requirement.kind)
    )
    met = {
        requirement.key: f"{number}. {requirement.text}"
        for number, requirement in enumerate(in_order, start=1)
        if sheet.responses.get(requirement.key) == ResponseValue.MET
    }
    if not (met and sheet.is_own and sheet.file_found):
        return
    with reading() as session:
        logged = sum(
            point.kind == LearningKind.GOOD_PRACTICE
            for point in learning_points(session, signed_in(), review_id=sheet.review_id)
        )
    key = f"praise-{sheet.review_id}-{logged}"  # new once it is logged, and only then
    with st.expander("Log good practice"):
        if logged:
            st.write(f"Good practice logged from this review so far: {logged}. You find it under Learning.")
        requirement_key: str | None = st.selectbox(
            "Requirement that was met well",
            list(met),
            index=None,
            format_func=met.__getitem__,
            key=f"{key}-requirement",
            placeholder="Choose a requirement",
        )
        description = st.text_area(
            "What was done well",
            key=f"{key}-description",
            height=100,
            placeholder="Do not name people: say what was done, and why others should do the same.",
        )
        if st.button("Log the good practice", key=f"{key}-log"):
            carry_out(
                lambda session, by: _log_good_practice(
                    session, by, sheet.review_id, requirement_key, description or ""
                ),
                done="The good practice is logged. You find it under Learning.",
            )


def _log_good_practice(
    session: Session, by: Person, review_id: int, requirement_key: str | None, description: str
) -> LearningPoint:
    return log_learning(
        session,
        session.get_one(Review, review_id),
        requirement_key=given(requirement_key, "the requirement that was met well"),
        kind=LearningKind.GOOD_PRACTICE,
        description=description,
        by=by,
    )


def _ask(requirement: Requirement, key: str) -> _Filled:
    kind = st.radio(
        "What kind of learning is it?",
        list(LEARNING_KINDS),
        format_func=LEARNING_KINDS.__getitem__,
        horizontal=True,
        key=f"{key}-kind",
    )
    st.caption(_HINTS[kind])
    description = st.text_area(
        "What was learned",
        key=f"{key}-description",
        height=100,
        placeholder="Do not name people: say what happened, and what should happen.",
    )
    paragraphs = _ask_for_paragraphs(requirement, key)
    is_gap = False
    if kind == LearningKind.ORGANISATIONAL:
        is_gap = st.checkbox("It is a gap in the guidance: no paragraph covers this", key=f"{key}-gap")
    other = _ask_for_another(key)
    commitments = _ask_for_commitments(requirement, key)
    citations = (*(TypedCitation(GUIDANCE, number) for number in paragraphs), *other)
    return _Filled(kind, description or "", citations, tuple(commitments), is_gap)


def _ask_for_paragraphs(requirement: Requirement, key: str) -> list[str]:
    with reading() as session:
        loaded = paragraphs_of(session, GUIDANCE)
    if not loaded:
        st.write("No guidance is loaded, so paragraphs are typed below. An administrator loads it.")
        return []
    titles = {paragraph.number: f"{paragraph.number} {paragraph.title}" for paragraph in loaded}
    cited = [parse_reference(citation) for citation in requirement.citations]
    return st.multiselect(
        f"Paragraphs of the {loaded[0].version.title.lower()}, version {loaded[0].version.version}",
        list(titles),
        default=[number for number in titles if any(reference.covers(number) for reference in cited)],
        format_func=titles.__getitem__,
        key=f"{key}-paragraphs",
        placeholder="Choose paragraphs",
        help="Those that this requirement rests on are chosen already. Remove what does not fit.",
    )


def _ask_for_another(key: str) -> tuple[TypedCitation, ...]:
    if not st.checkbox("Cite a document that is not loaded", key=f"{key}-other"):
        return ()
    st.caption("Nobody can look the paragraph up here, so it is kept as you type it and marked unverified.")
    document = st.text_input("Document", key=f"{key}-document", placeholder="Service Model")
    reference = st.text_input("Paragraph", key=f"{key}-reference", placeholder="2.140")
    title = st.text_input("Title of the paragraph", key=f"{key}-title")
    return (TypedCitation(document or "", reference or "", title or ""),)


def _ask_for_commitments(requirement: Requirement, key: str) -> list[int]:
    with reading() as session:
        charter = charter_commitments(session)
    if not charter:
        st.write("No Service Charter is loaded, so no commitment can be named. An administrator loads it.")
        return []
    words = {
        commitment.number: f"{commitment.number} {commitment.summary}"
        + (" (number inferred)" if commitment.number_inferred else "")
        for commitment in charter
    }
    return st.multiselect(
        "Commitments of the Service Charter",
        list(words),
        default=[number for number in requirement.commitments if number in words],
        format_func=words.__getitem__,
        key=f"{key}-commitments",
        placeholder="Choose commitments",
        help="“Number inferred”: no published page shows the number; it follows from the order.",
    )


def _log(
    session: Session, by: Person, review_id: int, requirement_key: str, filled: _Filled
) -> LearningPoint:
    return log_learning(
        session,
        session.get_one(Review, review_id),
        requirement_key=requirement_key,
        kind=filled.kind,
        description=filled.description,
        citations=filled.citations,
        commitments=filled.commitments,
        is_gap=filled.is_gap,
        by=by,
    )
