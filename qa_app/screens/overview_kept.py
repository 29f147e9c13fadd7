"""The figures of the overview, worked out once for each state of the books and each reader, then kept."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from qa_app.overview_figures import state_of_books
from qa_app.runtime import engine, reading, signed_in
from sampling.records.database import today
from sampling.records.people import Person

T = TypeVar("T")


def figures(work: Callable[..., T], *of: object) -> T:
    """`work(session, person, *of)` for whoever is signed in; what it is of tells by its text what it is.

    What a person may see follows from the books and the day: both are in the key, and so is the person.
    """
    person = signed_in()
    with reading() as session:
        state = (state_of_books(session), today(session))
    key = (str(engine().url), work.__module__, work.__qualname__, person.id, state, repr(of))

    def worked_out() -> T:
        with reading() as session:
            return work(session, session.get_one(Person, person.id), *of)

    found: T = _kept(key, worked_out)
    return found


@st.cache_data(max_entries=100, show_spinner=False)
def _kept(key: tuple[object, ...], _work: Callable[[], Any]) -> Any:
    return _work()
