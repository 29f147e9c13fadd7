"""One opened office of each kind of database, in which every test plays in a transaction of its own."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sampling.records.database import connect, reading, writing
from sampling.records.office import add_person, open_office
from sampling.records.people import Person


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with an office, its administrator Ada, and Bea, who can sign in and has no role."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        url = f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('opened') / 'office.sqlite')}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.clone())
    made = connect(url)
    with writing(made, now=datetime(2026, 7, 6, 9, 0, tzinfo=UTC)) as session:
        ada = open_office(
            session,
            "Test office",
            administrator="Ada Min",
            email="Ada@Example.org",
            password="a long enough password",
        )
        add_person(session, "Bea Min", email="bea@example.org", password="a long enough password", by=ada)
    yield made
    made.dispose()


@pytest.fixture
def session(opened: Engine) -> Iterator[Session]:
    """A transaction in the opened office, of which nothing is kept."""
    with reading(opened, now=datetime(2026, 7, 6, 9, 0, tzinfo=UTC)) as session:
        yield session


@pytest.fixture
def ada(session: Session) -> Person:
    """The administrator."""
    return session.scalars(select(Person).where(Person.name == "Ada Min")).one()


@pytest.fixture
def bea(session: Session) -> Person:
    """Somebody who can sign in and has no role yet."""
    return session.scalars(select(Person).where(Person.name == "Bea Min")).one()
