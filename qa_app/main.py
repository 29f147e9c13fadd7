"""Navigation only: who is signed in, and which screens they have."""

import importlib
import importlib.util
from collections.abc import Callable
from html import escape
from typing import Final

import streamlit as st

from qa_app.runtime import SCREENS, reading, signed_in
from sampling.records.office import the_office
from sampling.records.people import Person, Role, roles_of

_REVIEWERS: Final = {Role.LINE_MANAGER, Role.QA_REVIEWER, Role.THEMATIC_REVIEWER}
_EVERYONE: Final[set[Role]] = set()

# Who has which screen. What a person may see and do there is held by queries and actions, not by this.
_FOR: Final = {
    "start": _EVERYONE,
    "reviews": _REVIEWERS,
    "review": _REVIEWERS,
    "samples": _REVIEWERS | {Role.HEAD},
    "results": _REVIEWERS | {Role.HEAD},
    "learning": _REVIEWERS | {Role.HEAD},
    "second_scoring": {Role.QA_REVIEWER, Role.HEAD},
    "import_cases": {Role.ADMINISTRATOR, Role.HEAD, Role.QA_REVIEWER},
    "scorecards": _EVERYONE,
    "office": {Role.ADMINISTRATOR, Role.HEAD},
}
_FROM_A_LINK: Final = {"review"}  # reached from a list, with ?review=…

_STYLE: Final = """<style>
.qa-demonstration{background:#fff3bf;color:#0b0c0c;border-left:6px solid #0b0c0c;padding:.4rem .8rem;margin:0}
.qa-sign-out{margin:0}
.qa-sign-out button{font:inherit;color:#1d4a7a;background:none;border:0;padding:.2rem 0;cursor:pointer;
text-decoration:underline}
[data-testid="stPageLink"] p{color:#1d4a7a;text-decoration:underline}
/* The parts of a typed date are narrower than the 24 pixels that WCAG 2.2 asks of a target. */
[data-testid="stDateInput"] [role="spinbutton"]{display:inline-block;min-width:24px;
min-height:24px;text-align:center}
</style>"""


def main(*, first: str = "start") -> None:
    """Show the screen that was asked for; `first` is the one at the bare address."""
    person = signed_in()
    with reading() as session:
        roles = roles_of(session, person)
        office = the_office(session)
    pages = [
        st.Page(
            _show(name),
            title=title,
            url_path=name,
            default=name == first,
            visibility="hidden" if name in _FROM_A_LINK else "visible",
        )
        for name, title in SCREENS.items()
        if (not _FOR[name] or roles & _FOR[name]) and importlib.util.find_spec(f"qa_app.screens.{name}")
    ]
    page = st.navigation(pages)
    st.set_page_config(page_title=f"{page.title} – Casework QA", layout="wide")
    st.html(_STYLE)
    if office is not None and office.is_demonstration:
        st.html('<p class="qa-demonstration">Demonstration: fictional people, cases and scores</p>')
    _side(person, office.name if office else "")
    page.run()


def _show(name: str) -> Callable[[], None]:
    show: Callable[[], None] = importlib.import_module(f"qa_app.screens.{name}").show
    return show


def _side(person: Person, office: str) -> None:
    with st.sidebar:
        st.html(
            f"<p>{escape(office)}<br>Signed in as {escape(person.name)}</p>"
            '<form class="qa-sign-out" method="post" action="/sign-out"><button>Sign out</button></form>'
        )
