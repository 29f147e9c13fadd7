"""What is written once a screen is shown, so that nobody waits for it: who read whose results, and that a
session is in use."""

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

import streamlit as st

from qa_app import screen_log
from qa_app.runtime import COOKIE, engine, noted, where
from qa_app.trouble_words import NOT_DONE
from sampling.records import database, readings, sign_in
from sampling.records.readings import Reading


@dataclass
class _Written:
    """What this visit need not write again."""

    readings: set[tuple[str, Reading]] = field(default_factory=set)  # by screen
    use_noted_at: float = -math.inf  # by the clock of this process


@contextmanager
def writing_after(screen: str) -> Iterator[None]:
    """Put on record whose results somebody reads on a screen, once a day, and that their session is in use.

    However the screen ends. Where the database cannot be written, what was read stays shown with a sentence,
    the log has it, and the next click tries again.
    """
    # Fetched before: every look into `st.session_state` may cut a run short.
    found, token = noted(), st.context.cookies.get(COOKIE)
    written: _Written = st.session_state.setdefault("written_after", _Written())
    try:
        yield
    finally:
        _note_use(written, token)
        _keep_readings(written, found, screen)


def _keep_readings(written: _Written, found: set[Reading], screen: str) -> None:
    new = {one for one in found if (screen, one) not in written.readings}
    found.clear()
    if not new:
        return
    left: Collection[Reading] = new
    try:
        with database.reading(engine()) as session:
            left = readings.not_kept(session, new, screen)
        if left:
            with database.writing(engine(), source=where()) as session:
                readings.keep_readings(session, left, screen)
    except NOT_DONE as error:
        screen_log.readings_not_kept(error, screen, list(left))
        st.warning("The audit trail cannot be written just now, so it does not say yet that you read this.")
        return
    written.readings.update((screen, one) for one in new)


def _note_use(written: _Written, token: str | None) -> None:
    """Note every few minutes that a session is in use; unused it ends."""
    if not token or monotonic() - written.use_noted_at < sign_in.USE_IS_NOTED.total_seconds():
        return
    with suppress(*NOT_DONE):  # the next click tries again, and nobody is out for this one
        with database.reading(engine()) as session:
            to_note = sign_in.is_use_to_note(session, token)
        if to_note:
            with database.writing(engine()) as session:
                sign_in.note_use(session, token)
        written.use_noted_at = monotonic()
