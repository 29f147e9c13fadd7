"""What people have typed and not saved: their own, from both their windows, and gone when it is saved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from sampling.records.database import reading, writing
from sampling.records.office import add_person, open_office
from sampling.records.people import Person
from sampling.records.unfinished import (
    KEPT_FOR,
    LONGEST,
    Unfinished,
    begun,
    both,
    forget_typed,
    keep_typed,
)
from sampling.refused import Refused

NOW = datetime(2026, 7, 6, 9, tzinfo=UTC)
FORM = "correct-1"


@pytest.fixture
def people(engine: Engine) -> tuple[Person, Person]:
    with writing(engine, now=NOW) as session:
        ada = open_office(
            session,
            "Office",
            administrator="Ada Min",
            email="ada@example.org",
            password="a long enough password",
        )
        return ada, add_person(
            session, "Nora North", email="nora@example.org", password="a long enough password", by=ada
        )


def type_in(session: Session, by: Person, text: str, *, field: str = "why", over: str = "") -> str:
    return keep_typed(session, FORM, field, text, instead_of=over, shown={"it": "x"}, since=3, by=by)


def test_what_is_typed_is_ones_own_until_it_is_saved(engine: Engine, people: tuple[Person, Person]) -> None:
    ada, nora = people
    with writing(engine, now=NOW) as session:
        assert type_in(session, nora, "A name") == "A name"
        assert type_in(session, nora, "A name is wrong", over="A name") == "A name is wrong"
        type_in(session, nora, "Text", field="what")
        with pytest.raises(Refused, match=r"100,001 characters; 100,000 fit"):
            type_in(session, nora, "x" * (LONGEST + 1))
    with writing(engine, now=NOW) as session:
        left = begun(session, FORM, nora)
        assert left is not None
        assert left.texts == {"why": "A name is wrong", "what": "Text"}
        assert (left.shown, left.since, left.kept_at) == ({"it": "x"}, 3, NOW)
        assert begun(session, FORM, ada) is None
        forget_typed(session, FORM, by=ada)
        assert begun(session, FORM, nora) is not None
        forget_typed(session, FORM, known={"what": "Text"}, by=nora)  # "why" is of another window
        left = begun(session, FORM, nora)
        assert left is not None
        assert left.texts == {"why": "A name is wrong"}
        forget_typed(session, FORM, by=nora)
        assert begun(session, FORM, nora) is None


def test_what_nobody_goes_on_with_is_thrown_away(engine: Engine, people: tuple[Person, Person]) -> None:
    ada, nora = people
    with writing(engine, now=NOW) as session:
        type_in(session, nora, "Old")
    for days, left in ((0, 2), (1, 1)):
        with writing(engine, now=NOW + KEPT_FOR + timedelta(days=days)) as session:
            type_in(session, ada, f"New {days}")
            assert session.scalar(select(func.count()).select_from(Unfinished)) == left


def test_two_windows_that_type_at_once_lose_nothing(engine: Engine, people: tuple[Person, Person]) -> None:
    nora, together = people[1], Barrier(2)

    def window(text: str) -> None:
        together.wait(timeout=30)
        with writing(engine) as session:
            type_in(session, nora, text)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(window, ["first", "second"]))
    with reading(engine) as session:
        left = begun(session, FORM, nora)
        assert left is not None
        assert sorted(left.texts["why"].split("\n\n")) == ["first", "second"]


@pytest.mark.parametrize(
    ("before", "stored", "typed", "kept"),
    [
        ("a", "a", "b", "b"),
        ("a", "b", "a", "b"),
        ("a", "b", "b", "b"),
        ("", "one", "one two", "one two"),
        ("", "one two", "two", "one two"),
        ("a", "b", "c", "b\n\nc"),
        ("a", "", "b", "b"),
    ],
)
def test_both_texts_are_kept(before: str, stored: str, typed: str, kept: str) -> None:
    assert both(before, stored, typed) == kept
