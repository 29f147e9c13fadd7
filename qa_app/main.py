"""Navigation only: who is signed in, and which screens they have."""

from collections.abc import Callable
from html import escape
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from qa_app.runtime import SCREENS, reading, signed_in
from qa_app.screens import (
    adjudication,
    allocation,
    calibration,
    disputes,
    held_cases,
    import_cases,
    learning,
    office,
    overview,
    policy,
    reassign,
    reports,
    results,
    review,
    reviews,
    risks,
    samples,
    scorecards,
    second_scoring,
    service,
    start,
    themes,
)
from sampling.records.office import the_office
from sampling.records.people import Person, Role, roles_of

_REVIEWERS: Final = {Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}
_EVERYONE: Final[set[Role]] = set()  # whoever is signed in, even without a role

# Each screen, and who has it. What a person may see and do there is held by queries and actions.
_SCREENS: Final[dict[str, tuple[Callable[[], None], set[Role]]]] = {
    "start": (start.show, _EVERYONE),
    "overview": (overview.show, {Role.HEAD}),
    "reviews": (reviews.show, _REVIEWERS | {Role.HEAD}),
    "review": (review.show, _REVIEWERS | {Role.HEAD}),
    "samples": (samples.show, _REVIEWERS | {Role.HEAD}),
    "allocation": (allocation.show, _REVIEWERS | {Role.HEAD}),
    "results": (results.show, _REVIEWERS | {Role.HEAD}),
    "service": (service.show, {Role.LINE_MANAGER, Role.HEAD}),
    "risks": (risks.show, {Role.LINE_MANAGER, Role.HEAD}),
    "held_cases": (held_cases.show, _EVERYONE),  # an approver may have no role
    "disputes": (disputes.show, _REVIEWERS | {Role.HEAD}),
    "learning": (learning.show, _EVERYONE),  # an action may be anybody's
    "reports": (reports.show, _EVERYONE),  # what is published is for anybody
    "themes": (themes.show, {Role.QA_REVIEWER, Role.THEMATIC_REVIEWER, Role.HEAD}),
    "second_scoring": (second_scoring.show, {Role.QA_REVIEWER, Role.HEAD}),
    "adjudication": (adjudication.show, {Role.QA_REVIEWER, Role.HEAD}),
    "calibration": (calibration.show, _REVIEWERS | {Role.HEAD}),
    "import_cases": (import_cases.show, {Role.ADMINISTRATOR, Role.HEAD, Role.QA_REVIEWER}),
    "scorecards": (scorecards.show, _EVERYONE),
    "policy": (policy.show, _EVERYONE),
    "reassign": (reassign.show, {Role.LINE_MANAGER, Role.HEAD, Role.ADMINISTRATOR}),
    "office": (office.show, {Role.ADMINISTRATOR, Role.HEAD}),
}
_FROM_A_LINK: Final = {"review"}  # reached from a list, with ?review=…

_STYLE: Final = """<style>
.qa-demonstration{background:#fff3bf;color:#0b0c0c;border-left:6px solid #0b0c0c;padding:.4rem .8rem;margin:0}
.qa-sign-out{margin:0}
.qa-sign-out button{font:inherit;color:#1d4a7a;background:none;border:0;padding:.2rem 0;cursor:pointer;
text-decoration:underline}
[data-testid="stPageLink"] p{color:#1d4a7a;text-decoration:underline}
/* A link is read to its end, however narrow its column. */
[data-testid="stPageLink"] a{height:auto}
[data-testid="stPageLink"] :is(a,span,div,p){white-space:normal;overflow:visible;text-overflow:clip}
/* The parts of a typed date or time are narrower than the 24 pixels that WCAG 2.2 asks of a target. */
[role="spinbutton"]{display:inline-block;min-width:24px;
min-height:24px;text-align:center}
</style>"""


def main(*, first: str = "start") -> None:
    """Show the screen that was asked for; `first` is the one at the bare address."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
        books = the_office(session)
    # Without headings: Streamlit puts them among the items of a list, where readers of screens lose them.
    page = st.navigation(_pages(roles, first), expanded=True)
    st.set_page_config(page_title=f"{page.title} – Casework QA", layout="wide")
    st.html(_STYLE)
    if books is not None and books.is_demonstration:
        st.html('<p class="qa-demonstration">Demonstration: fictional people, cases and scores</p>')
    _side(person, books.name if books else "")
    page.run()


def _pages(roles: frozenset[Role], first: str) -> list[Page]:
    """The screens of somebody with these roles."""
    return [
        st.Page(
            show,
            title=SCREENS[name],
            url_path=name,
            default=name == first,
            visibility="hidden" if name in _FROM_A_LINK else "visible",
        )
        for name, (show, wanted) in _SCREENS.items()
        if wanted is _EVERYONE or roles & wanted
    ]


def _side(person: Person, office: str) -> None:
    with st.sidebar:
        st.html(
            f"<p>{escape(office)}<br>Signed in as {escape(person.name)}</p>"
            '<form class="qa-sign-out" method="post" action="/sign-out"><button>Sign out</button></form>'
        )
