"""What every screen shares: the database, who is signed in, one transaction per thing done, links."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import PurePath
from typing import Final, NoReturn, TypeVar

import streamlit as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from streamlit.navigation.page import Page
from streamlit.runtime.uploaded_file_manager import UploadedFile

from qa_app import screen_log
from qa_app.settings import settings
from qa_app.table import table as table  # screens find all they share here
from qa_app.trouble_words import NOT_DONE, cannot_write
from qa_app.wording import in_words as in_words
from sampling.records import audit_trail, database, readings, sign_in
from sampling.records.people import Person
from sampling.records.readings import Reading
from sampling.refused import Refused

T = TypeVar("T")

COOKIE: Final = "qa_session"


# The screens, by the name of their module and address; the first is the one a visitor lands on.
SCREENS: Final = {
    "start": "Start",
    "overview": "Overview",
    "reviews": "Reviews",
    "review": "Review",
    "samples": "Samples",
    "allocation": "Allocation",
    "results": "Results",
    "service": "Service standards",
    "risks": "Risks",
    "held_cases": "Held cases",
    "learning": "Learning",
    "reports": "Reports",
    "second_scoring": "Second scoring",
    "adjudication": "Adjudication",
    "disputes": "Feedback and disputes",
    "calibration": "Calibration",
    "themes": "Themes",
    "evidence": "Evidence",
    "import_cases": "Import cases",
    "scorecards": "Scorecards",
    "policy": "Policy documents",
    "reassign": "Reassign work",
    "office": "Office",
}


def engine() -> Engine:
    """The database of this process, named by QA_DATABASE_URL."""
    address = settings().database_url
    assert address is not None  # whoever serves has set it
    return _engine(address.get_secret_value())


@cache
def _engine(url: str) -> Engine:
    return database.connect(url)


def signed_in() -> Person:
    """Who is using this screen, read afresh: a person disabled a moment ago is out at the next click."""
    token = st.context.cookies.get(COOKIE)
    if token:
        with reading() as session:
            person = sign_in.person_of_token(session, token)
        if person is not None:
            st.session_state["signed_in_id"] = person.id  # for the log, also while the database is away
            return person
    st.title("You are not signed in")
    st.html('<p><a href="/sign-in">Sign in</a> to go on. What you had saved is still there.</p>')
    st.stop()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries. Whose results they give is noted: see `after_screen`."""
    with database.reading(engine()) as session:
        yield session
        if given_now := readings.take_noted(session):
            noted().update(given_now)


def do(
    action: Callable[[Session, Person], T],
    *,
    done: str | Callable[[T], str] | None = None,
    then: Callable[[], None] | None = None,
) -> T | None:
    """Carry out one thing the user asked for, in one transaction, as the person signed in.

    A refusal is shown, undoes everything and gives None. Otherwise `done` is kept for the next
    time a title is shown, so that it survives `st.rerun()`, and the action's result comes back.
    `then` is called as soon as it is done: see `write`.
    """
    visit = _visit()

    def count(result: T) -> None:
        visit.things_done += 1
        if done is not None:
            visit.flashes.append(done if isinstance(done, str) else done(result))
        if then is not None:
            then()

    return write(action, then=count)


def write(action: Callable[[Session, Person], T], *, then: Callable[[T], None]) -> T | None:
    """One transaction, as the person signed in: for what is kept on the way, and begins no form anew.

    `then` is called as soon as it is done. Every look into `st.session_state` may cut a run short for a
    second click, which would then do it again: so none comes between the two.
    """
    signed_in()
    asked = screen_log.asked(action)
    try:
        with database.writing(engine(), source=where()) as session:
            # Read again: in the transaction that writes, by the session that writes.
            by = sign_in.person_of_token(session, st.context.cookies[COOKIE])
            if by is None:
                raise Refused("You are no longer signed in. Sign in, then do this again.")
            result = action(session, by)
            recorded = audit_trail.recorded(session)
    except Refused as refused:
        asked.ended("refused")  # without the sentence, which may name people and cases
        problem(str(refused))
        return None
    except NOT_DONE as error:  # somebody else was quicker, the disk is full…; the log has what it was
        asked.ended("failed", error=error)
        problem(cannot_write(error))
        return None
    then(result)
    asked.ended("done", recorded)
    return result


def refuse_file(file: UploadedFile, sentence: str) -> None:
    """Show why a file cannot be read, and put it on record once: its hash, size and kind, not its name."""
    told: set[str] = st.session_state.setdefault("files_refused", set())
    if file.file_id not in told:
        told.add(file.file_id)
        with database.writing(engine(), source=where()) as session:
            audit_trail.record(
                session,
                "refuse_file",
                "upload",
                by=signed_in(),
                sha256=hashlib.sha256(file.getbuffer()).hexdigest(),
                size=file.size,
                kind=PurePath(file.name).suffix.lower()[:10],
            )
    problem(sentence)


@dataclass
class _Visit:
    """What is counted and kept from one run of a screen to the next."""

    things_done: int = 0
    flashes: list[str] = field(default_factory=list)
    noted: set[Reading] = field(default_factory=set)  # in this run: whose results were given


def noted() -> set[Reading]:
    """Whose results the queries of this visit have given, and are not on record yet."""
    return _visit().noted


def _visit() -> _Visit:
    visit: _Visit = st.session_state.setdefault("visit", _Visit())
    return visit


def where() -> str:
    """Where the user sits, as the audit trail says it."""
    address = st.context.ip_address  # None on this very computer
    return f"browser at {address}" if address else "browser on the server"


def carry_out(
    action: Callable[[Session, Person], T],
    *,
    done: str | Callable[[T], str],
    then: Callable[[], None] | None = None,
) -> None:
    """`do`, and on success the screen afresh, with what was done under its title."""
    before = _visit().things_done
    do(action, done=done, then=then)
    if _visit().things_done != before:
        st.rerun()


def given(value: T | None, what: str) -> T:
    """A value that must be there; refuses an empty one: `given(first_day, "the first day")`."""
    if value is None:
        raise Refused(f"Something is missing: {what}. Fill it in.")
    return value


def fresh(key: str) -> str:
    """A key that is new once something has been done: a form filled in is then empty again.

    After a refusal it stays the same, and so does what was typed.
    """
    return f"{key}-{_visit().things_done}"


def problem(sentence: str) -> None:
    """Say what is wrong, in the words of GOV.UK's error summary."""
    screen_log.problem_shown()
    st.error(f"**There is a problem**\n\n{as_typed(sentence)}")


def flash(text: str) -> None:
    """Keep a message of success until a title is next shown."""
    _visit().flashes.append(text)


def show_flash() -> None:
    """Show the messages kept by `flash`, once. `title` does it for every screen."""
    flashes = _visit().flashes
    while flashes:
        st.success(as_typed(flashes[0]))
        flashes.pop(0)


def title(text: str, lead: str | None = None) -> None:
    """The heading of a screen, a plain sentence below it, and what was just done."""
    st.title(text, anchor=False)
    if lead is not None:
        st.write(lead)
    show_flash()


def number_in_address(name: str, *, of: str) -> int:
    """A record's number from the address of the page; refuses one that somebody has broken."""
    text = st.query_params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused(f"The address of this page is not complete. Open the {of} from the list.")
    return int(text)


def place_in_address(name: str, offered: Sequence[object], *, of: str) -> int | None:
    """Where in a list that is offered stands what the address asks for; told when it is not in it."""
    asked = st.query_params.get(name)
    if asked is None:
        return None
    place = next((at for at, one in enumerate(offered) if str(one) == asked), None)
    if place is None:
        problem(f"There is no such {of}, or it is not for you to see here. Choose one from the list.")
        del st.query_params[name]  # told once, not again beside what is chosen instead
    return place


def link(screen: str, label: str | None = None, **query: object) -> None:
    """A link to another screen: `link("review", "Open", review=12)`."""
    st.page_link(_page(screen), label=label or SCREENS[screen], query_params=_texts(query))


def go(screen: str, **query: object) -> NoReturn:
    """Leave for another screen."""
    st.switch_page(_page(screen), query_params=_texts(query))


def date_input(label: str, key: str, value: date | None = None) -> date | None:
    """A date, typed as day, month and year."""
    return st.date_input(
        label,
        value=value,
        key=key,
        format="DD/MM/YYYY",
        min_value=date(2000, 1, 1),
        max_value=date(2099, 12, 31),
    )


def as_typed(text: str) -> str:
    """Text as it was typed: nothing in it is taken for Markdown, a formula or HTML."""
    return re.sub(r"([\\`*_\[\]$<>~#|])", r"\\\1", text)


def _page(screen: str) -> Page:
    # Streamlit knows a page by its address alone, so a stand-in leads to the real one.
    return st.Page(
        lambda: None, title=SCREENS[screen], url_path=screen, default=screen == next(iter(SCREENS))
    )


def _texts(query: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}
