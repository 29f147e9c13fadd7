"""What helps to answer a requirement: its guidance beside it, the policy paragraphs one click away."""

from collections.abc import Sequence

import streamlit as st

from learning_register.citations import parse_reference
from learning_register.document_queries import paragraphs_of_version
from learning_register.tables_policy import PolicyParagraph
from qa_app.runtime import as_typed, reading
from scorecards.requirements import Requirement, Scorecard


def paragraphs_for(scorecard: Scorecard) -> list[PolicyParagraph]:
    """The paragraphs of the policy document that a scorecard rests on, in the version that it names.

    Of the newest version where that one is not loaded; none where none is.
    """
    with reading() as session:
        return paragraphs_of_version(session, scorecard.policy_document, scorecard.policy_version)


def show_guidance(requirement: Requirement, paragraphs: Sequence[PolicyParagraph], *, key: str) -> None:
    """The guidance, in view; on a narrow screen it is behind the same button as the paragraphs."""
    words = _in_markdown(requirement)
    if words:
        with st.container(key=f"beside-{key}"):
            st.markdown(words)
    numbers = ", ".join(requirement.citations)
    with st.popover(f"Guidance and paragraph{'s' * (len(requirement.citations) > 1)} {numbers}"):
        if words:
            st.markdown(words)
        _show_paragraphs(requirement, paragraphs)


def _in_markdown(requirement: Requirement) -> str:
    examples = {
        "Met": requirement.met,
        "Not met": requirement.not_met,
        "Not applicable": requirement.not_applicable,
    }
    parts = [_lines(requirement.guidance)] if requirement.guidance else []
    parts += [f"**{name}:** {_lines(example)}" for name, example in examples.items() if example]
    return "\n\n".join(parts)


def _lines(text: str) -> str:
    return as_typed(text).replace("\n", "  \n")


def _show_paragraphs(requirement: Requirement, paragraphs: Sequence[PolicyParagraph]) -> None:
    if not paragraphs:
        st.write(
            f"It rests on {', '.join(requirement.citations)}. The policy document is not loaded, so nothing "
            "more can be shown; an administrator loads it."
        )
        return
    cited = [parse_reference(citation) for citation in requirement.citations]
    found = [row for row in paragraphs if any(reference.covers(row.number) for reference in cited)]
    for row in found:
        st.markdown(f"**{as_typed(row.number)} {as_typed(row.title)}**  \n{as_typed(row.summary)}")
    st.caption(as_typed(f"{paragraphs[0].version.title}, version {paragraphs[0].version.version}"))
    if not found:
        st.write(f"This version has no paragraph {', '.join(requirement.citations)}.")
