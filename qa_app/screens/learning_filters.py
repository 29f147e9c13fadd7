"""The filters of the list of learning points. All but the days are in the address, for links to a list."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

import streamlit as st

from learning_register.citations import parse_reference
from learning_register.document_queries import charter_commitments, loaded_versions, paragraphs_of
from learning_register.documents import GUIDANCE
from learning_register.point_search import NOBODY, PointFilters
from learning_register.raising import people_who_log, teams_to_learn_about
from learning_register.root_causes import root_causes
from qa_app.point_words import RISKS, SOURCES
from qa_app.runtime import date_input, problem, reading, signed_in
from qa_app.wording import LEARNING_KINDS, SEVERITIES
from sampling.refused import Refused

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

_ANY: Final = "Any"
_YES_OR_NO: Final = {"Yes": True, "No": False}
_NONE: Final = "None"


def ask_filters() -> PointFilters:
    """What of the learning points is wanted: a few fields at hand, the others behind “More filters”."""
    person = signed_in()
    with reading() as session:
        teams = {name: number for number, name in teams_to_learn_about(session, person).items()}
        loggers = {name: number for number, name in people_who_log(session).items()}
        causes = {cause.name: cause.id for cause in root_causes(session)}
        commitments = {f"{row.number} {row.summary}": row.number for row in charter_commitments(session)}
        documents = {version.title: version.document for version in reversed(loaded_versions(session))}
    words = st.text_input(
        "Search in what was learned",
        key="search",
        bind="query-params",
        help="All words must be there, in any form; words in quotation marks stand together.",
    )
    left, middle, right = st.columns(3)
    with left:
        kind = _one_of("Kind", LEARNING_KINDS, "kind")
    with middle:
        team_id = _choice("Team", {_NONE: NOBODY, **teams}, "team")
    with right:
        source = _one_of("From", SOURCES, "from")
    with st.expander("More filters"):
        left, middle, right = st.columns(3)
        with left:
            document = _choice("Document", documents, "document")
            commitment = _choice("Commitment", commitments, "commitment")
            cause = _choice("Root cause", {_NONE: NOBODY, **causes}, "cause")
            is_gap = _choice("A gap in the guidance", _YES_OR_NO, "gap")
            fed_back = _choice("Fed back", _YES_OR_NO, "fed_back")
        with middle:
            paragraph = _ask_paragraph(document)
            severity = _one_of("Severity", SEVERITIES, "severity")
            logged_by = _choice("Logged by", loggers, "logged_by")
            is_verified = _choice("All paragraphs looked up", _YES_OR_NO, "verified")
            acknowledged = _choice("Acknowledged", _YES_OR_NO, "acknowledged")
        with right:
            risk = _one_of("Risk of recurrence", RISKS, "risk")
            reference = st.text_input("Case", key="case", bind="query-params")
            published = _choice("May be published", _YES_OR_NO, "published")
            has_action = _choice("With an action", _YES_OR_NO, "action_agreed")
            logged_from = date_input("Logged from", "points-logged-from")
            logged_to = date_input("Logged until", "points-logged-to")
    return PointFilters(
        words=words or "",
        kind=kind,
        source=source,
        team_id=team_id,
        document=(document or GUIDANCE) if paragraph else document,
        paragraph=paragraph,
        commitment=commitment,
        root_cause_id=cause,
        severity=severity,
        recurrence_risk=risk,
        is_gap=is_gap,
        is_verified=is_verified,
        fed_back=fed_back,
        acknowledged=acknowledged,
        may_be_published=published,
        has_action=has_action,
        logged_by_id=logged_by,
        logged_from=logged_from,
        logged_to=logged_to,
        reference=reference or "",
    )


def _choice(label: str, options: Mapping[str, T], key: str) -> T | None:
    chosen = st.selectbox(label, [_ANY, *options], key=key, bind="query-params")
    return None if chosen == _ANY else options[chosen]


def _one_of(label: str, words: Mapping[E, str], key: str) -> E | None:
    return _choice(label, {text: code for code, text in words.items()}, key)


def _ask_paragraph(document: str | None) -> str | None:
    """A paragraph by its number, of the guidance unless another document is chosen."""
    with reading() as session:
        known = [row.number for row in paragraphs_of(session, document or GUIDANCE)]
    typed = st.text_input(
        "Paragraph",
        key="paragraph",
        bind="query-params",
        placeholder=f"Such as {known[0]}" if known else "Such as 2.140",
        help="Found in every version of its document, also where it has moved to, and within ranges.",
    )
    if not (typed or "").strip():
        return None
    try:
        return str(parse_reference(typed or ""))
    except Refused as refused:
        problem(str(refused))
        return None
