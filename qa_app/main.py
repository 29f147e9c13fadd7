"""Navigation only: who is signed in, and which screens they have."""

from collections.abc import Callable
from html import escape
from typing import Final

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from streamlit.navigation.page import Page

from qa_app import screen_log
from qa_app.after_screen import writing_after
from qa_app.runtime import SCREENS, reading, signed_in
from qa_app.screen_roles import has_screen
from qa_app.screens import (
    adjudication,
    allocation,
    calibration,
    disputes,
    evidence,
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
from qa_app.trouble_words import cannot_show
from sampling.records.office import the_office
from sampling.records.people import Person, Role, roles_of

# Each screen; who has it is in `screen_roles`.
_SCREENS: Final[dict[str, Callable[[], None]]] = {
    "start": start.show,
    "overview": overview.show,
    "reviews": reviews.show,
    "review": review.show,
    "samples": samples.show,
    "allocation": allocation.show,
    "results": results.show,
    "service": service.show,
    "risks": risks.show,
    "held_cases": held_cases.show,
    "disputes": disputes.show,
    "learning": learning.show,
    "reports": reports.show,
    "themes": themes.show,
    "second_scoring": second_scoring.show,
    "adjudication": adjudication.show,
    "calibration": calibration.show,
    "evidence": evidence.show,
    "import_cases": import_cases.show,
    "scorecards": scorecards.show,
    "policy": policy.show,
    "reassign": reassign.show,
    "office": office.show,
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
    """Show the screen that was asked for; `first` is the one at the bare address.

    While the database does not answer there is a sentence instead, and the next click tries again.
    """
    try:
        _show(first)
    except SQLAlchemyError as error:
        sentence = cannot_show(error)
        if sentence is None:
            raise
        screen_log.trouble(error, __name__)
        st.error(f"**There is a problem**\n\n{sentence}")
        st.stop()  # not the end of a run: the session keeps what is typed into the screen


def _show(first: str) -> None:
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
    screen = next(name for name, title in SCREENS.items() if title == page.title)
    with screen_log.timed(screen), writing_after(screen):
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
        for name, show in _SCREENS.items()
        if has_screen(roles, name)
    ]


def _side(person: Person, office: str) -> None:
    with st.sidebar:
        st.html(
            f"<p>{escape(office)}<br>Signed in as {escape(person.name)}</p>"
            '<form class="qa-sign-out" method="post" action="/sign-out"><button>Sign out</button></form>'
        )
