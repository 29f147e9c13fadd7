"""What screens tell the log: who asked for what, in which session, how long it took, and how it ended."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from qa_app import log
from qa_app.trouble_words import fault
from sampling.records.readings import Reading

# What addresses of ours may name; whatever else somebody types there is not for the log.
_RECORDS: Final = (
    *("action", "case", "held", "of", "pair", "point", "report", "review", "sample", "sampled", "session"),
    *("theme", "version", "whose"),
)
_NUMBER: Final = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Asked:
    """Something that a person asked for just now."""

    place: str
    person: int | None
    session: str
    since: float

    def ended(
        self, outcome: log.Outcome, actions: Sequence[str] = (), *, error: Exception | None = None
    ) -> None:
        """Log how it ended. Asks nothing of the session, which could cut the run short."""
        log.action(
            list(actions),
            outcome,
            place=self.place,
            seconds=time.perf_counter() - self.since,
            person=self.person,
            session=self.session,
            error=error,
        )


def asked(action: Callable[..., object]) -> Asked:
    """Note that it is asked for, and by whom. The place is where the screen says what to do."""
    place = f"{getattr(action, '__module__', '')}.{getattr(action, '__qualname__', type(action).__name__)}"
    return Asked(place, _person(), _session(), time.perf_counter())


@contextmanager
def timed(screen: str) -> Iterator[None]:
    """Log a screen that people had to wait for."""
    person, session, since = _person(), _session(), time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - since
        if seconds > log.SLOW:
            log.slow_screen(screen, seconds, person=person, session=session)


def trouble(error: Exception, place: str) -> None:
    """Log that the database failed a screen."""
    log.trouble(error, place=place, person=_person(), session=_session())


def readings_not_kept(error: Exception, screen: str, left: Sequence[Reading]) -> None:
    """Log who read whose results, where the audit trail could not be written."""
    pairs = [[one.reader_id, one.person_id] for one in left]
    log.readings_not_kept(error, screen, pairs, session=_session())


def problem_shown() -> None:
    """Log a problem shown on a page whose address names a record: perhaps others' numbers are tried."""
    named = [
        f"{name} {number}"
        for name, number in st.query_params.items()
        if name in _RECORDS and _NUMBER.fullmatch(number)
    ]
    if named:
        log.problem_shown(records=named, person=_person(), session=_session())


def show_fault(error: Exception) -> bool:
    """Show the number of an error of ours instead of the error, and log it. True is for Streamlit."""
    number = log.unexpected(error, person=_person(), session=_session())
    st.error(f"**There is a problem**\n\n{fault(number)}")
    return True


def _person() -> int | None:
    """The number of whoever was last seen signed in here, also while the database is away."""
    person: int | None = st.session_state.get("signed_in_id")
    return person


def _session() -> str:
    """A short name of the open page, by which lines are told to belong together."""
    context = get_script_run_ctx()
    return context.session_id[:8] if context else ""
