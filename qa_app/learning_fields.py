"""The fields of a learning point, wherever it is logged, and what is to be looked at before it is."""

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from learning_register.citations import LearningKind, parse_reference
from learning_register.citing import TypedCitation
from learning_register.document_queries import charter_commitments, loaded_versions, paragraphs_of
from learning_register.documents import GUIDANCE
from learning_register.duplicates import LikelyDuplicate, likely_duplicates
from learning_register.recording import UNWEIGHED, Lesson, Weight, named_in
from learning_register.root_causes import causes_to_choose
from learning_register.tables import LearningPoint
from qa_app.point_words import RISKS
from qa_app.runtime import as_typed, in_words, problem, reading, signed_in
from qa_app.unfinished import Form
from qa_app.wording import LEARNING_KINDS, SEVERITIES, cases_in_words
from sampling.records.database import OFFICE_TIME
from sampling.records.people import Person

_HINTS: Final = {
    LearningKind.INDIVIDUAL: "Names at least one paragraph and at least one commitment.",
    LearningKind.ORGANISATIONAL: "Names at least one paragraph, or says that the guidance has a gap.",
    LearningKind.GOOD_PRACTICE: "Needs no paragraph and no commitment.",
}


def ask_lesson(
    form: Form,
    *,
    kind: LearningKind = LearningKind.INDIVIDUAL,
    description: str = "",
    cited: Sequence[str] = (),
    commitments: Sequence[int] = (),
) -> Lesson:
    """Ask what was learned and what it rests on; what is given is chosen beforehand, and can be changed."""
    key, kinds = form.key, list(LEARNING_KINDS)
    chosen = st.radio(
        "What kind of learning is it?",
        kinds,
        index=kinds.index(kind),
        format_func=LEARNING_KINDS.__getitem__,
        horizontal=True,
        key=f"{key}-kind",
    )
    st.caption(_HINTS[chosen])
    text = ask_description(form, description)
    paragraphs = ask_paragraphs(key, cited)
    is_gap = False
    if chosen == LearningKind.ORGANISATIONAL:
        is_gap = st.checkbox("It is a gap in the guidance: no paragraph covers this", key=f"{key}-gap")
    other = _ask_for_another(form)
    numbers = ask_commitments(key, commitments)
    with st.expander("Root cause, risk and severity"):
        weight = ask_weight(key, UNWEIGHED)
    return Lesson(
        kind=chosen,
        description=text,
        citations=(*(TypedCitation(GUIDANCE, number) for number in paragraphs), *other),
        commitments=tuple(numbers),
        is_gap=is_gap,
        weight=weight,
        names_confirmed=confirm_names(key, text),
    )


def ask_description(form: Form, description: str = "") -> str:
    """What was learned, in somebody's own words."""
    return form.text_area(
        "What was learned",
        "description",
        description,
        height=100,
        placeholder="Do not name people: say what happened, and what should happen.",
    )


def confirm_names(key: str, text: str) -> bool:
    """Show the words that may name people, and ask whether they are to stay."""
    with reading() as session:
        named = named_in(session, text)
    if not named:
        return False
    words = ", ".join(f"“{as_typed(word)}”" for word in named)
    st.warning(
        f"This may name people: {words}. Say “the caseworker” or “the person” instead. Others read it, and "
        "it may be published."
    )
    # New for other words: who has looked at these has not looked at those.
    return st.checkbox("I have looked at these words, and they are to stay", key=f"{key}-names-{named}")


def ask_paragraphs(key: str, cited: Sequence[str] = ()) -> list[str]:
    """Paragraphs of the guidance; those that the cited references take in are chosen beforehand."""
    with reading() as session:
        loaded = paragraphs_of(session, GUIDANCE)
    if not loaded:
        st.write("No guidance is loaded, so paragraphs are typed below. An administrator loads it.")
        return []
    titles = {paragraph.number: f"{paragraph.number} {paragraph.title}" for paragraph in loaded}
    references = [parse_reference(citation) for citation in cited]
    return st.multiselect(
        f"Paragraphs of the {loaded[0].version.title.lower()}, version {loaded[0].version.version}",
        list(titles),
        default=[number for number in titles if any(reference.covers(number) for reference in references)],
        format_func=titles.__getitem__,
        key=f"{key}-paragraphs",
        placeholder="Choose paragraphs",
        help="Those that this requirement rests on are chosen already. Remove what does not fit."
        if cited
        else None,
    )


def _ask_for_another(form: Form) -> list[TypedCitation]:
    """Paragraphs of other documents: of those that are loaded by choice, of any other as they are typed."""
    key = form.key
    with reading() as session:
        loaded = {one.document: one.title for one in reversed(loaded_versions(session))}
    loaded.pop(GUIDANCE, None)
    cited: list[TypedCitation] = []
    if loaded:
        document = st.selectbox(
            "Another document that is loaded",
            sorted(loaded, key=loaded.__getitem__),
            index=None,
            format_func=loaded.__getitem__,
            placeholder="Choose a document",
            key=f"{key}-loaded",
        )
        if document is not None:
            with reading() as session:
                titles = {one.number: f"{one.number} {one.title}" for one in paragraphs_of(session, document)}
            chosen = st.multiselect(
                f"Paragraphs of the {loaded[document].lower()}",
                list(titles),
                format_func=titles.__getitem__,
                key=f"{key}-of-{document}",
                placeholder="Choose paragraphs",
            )
            cited += [TypedCitation(document, number) for number in chosen]
    if st.checkbox("Cite a document that is not loaded", key=f"{key}-other"):
        st.caption(
            "Nobody can look the paragraph up here, so it is kept as you type it and marked unverified."
        )
        name = form.text_input("Document", "document", placeholder="Service Model")
        reference = form.text_input("Paragraph", "reference", placeholder="2.140")
        title = form.text_input("Title of the paragraph", "title")
        cited.append(TypedCitation(name, reference, title))
    return cited


def ask_commitments(key: str, named: Sequence[int] = ()) -> list[int]:
    """Commitments of the Service Charter; those named are chosen beforehand."""
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
        default=[number for number in named if number in words],
        format_func=words.__getitem__,
        key=f"{key}-commitments",
        placeholder="Choose commitments",
        help="“Number inferred”: no published page shows the number; it follows from the order.",
    )


def ask_weight(key: str, weight: Weight) -> Weight:
    """Root cause, risk of recurrence, severity, and whether it may be published; none of it must be said."""
    with reading() as session:
        causes = causes_to_choose(session, but_also=weight.root_cause_id)
    numbers, risks, severities = list(causes), list(RISKS), list(SEVERITIES)
    cause = st.selectbox(
        "Root cause",
        numbers,
        index=numbers.index(weight.root_cause_id) if weight.root_cause_id in causes else None,
        format_func=causes.__getitem__,
        placeholder="Not said",
        key=f"{key}-cause",
        help="The office keeps this list, under Learning, Root causes.",
    )
    left, right = st.columns(2)
    risk = left.selectbox(
        "Risk of recurrence",
        risks,
        index=risks.index(weight.recurrence_risk) if weight.recurrence_risk else None,
        format_func=RISKS.__getitem__,
        placeholder="Not said",
        key=f"{key}-risk",
    )
    severity = right.selectbox(
        "Severity of what was learned",
        severities,
        index=severities.index(weight.severity) if weight.severity else None,
        format_func=SEVERITIES.__getitem__,
        placeholder="Not said",
        key=f"{key}-severity",
    )
    published = st.checkbox("It may be published", value=weight.may_be_published, key=f"{key}-published")
    return Weight(cause, risk, severity, published)


def log_button(
    form: Form,
    lesson: Lesson,
    *,
    team_id: int | None,
    log: Callable[[Session, Person], LearningPoint],
    done: str,
) -> None:
    """Show what may say the same already, and the button that logs it all the same once that was shown."""
    person = signed_in()
    with reading() as session:
        alike = likely_duplicates(session, person, lesson, team_id=team_id)
    show_alike(alike, "may say the same already. Look before you log it again.")
    shown_before = st.session_state.get(f"{form.key}-shown", frozenset())
    st.session_state[f"{form.key}-shown"] = shown = frozenset(one.point_id for one in alike)
    if st.button("Log the learning point", key=f"{form.key}-log"):
        if shown - shown_before:
            problem("What may say the same is shown above. If yours is another one, log it now.")
        else:
            form.carry_out(log, done=done)


def show_alike(alike: Sequence[LikelyDuplicate], what: str) -> None:
    """Learning points that are likely to say the same, each opened in a window of its own."""
    if not alike:
        return
    with st.container(border=True):
        st.markdown(f"**{cases_in_words(len(alike), 'learning point')} {what}**")
        for one in alike:
            # In this window what is typed here would be lost.
            day = in_words(one.logged_at.astimezone(OFFICE_TIME).date())
            cites = ", cites the same" if one.likeness.same_place else ""
            st.markdown(
                f"[Learning point {one.point_id}](learning?point={one.point_id}), "
                f"{as_typed(one.team or 'no team')}, {day}{cites}: {as_typed(one.description)}"
            )
