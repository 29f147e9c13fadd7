"""The office these tests share stands beside this folder; here it is kept with its samples drawn."""

import shutil
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from scored_office import ScoredOffice

from sampling.records.database import connect


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def drawn_once(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ScoredOffice]:
    """An office on either kind of database, with samples drawn and nothing scored.

    Nora and Sue have four open cases each, QA has ten closed ones. Extracts know Nora, Sue, Quinn
    and Robin by their names.
    """
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("drawn") / "office.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.clone())
    office = ScoredOffice(connect(url))
    with office.writing() as session:
        for name in ("Nora North", "Sue South", "Quinn Qua", "Robin Qua"):
            office.person(session, name).case_system_name = name
    office.draw_open("North", "Nora North")
    office.draw_open("South", "Sue South")
    office.draw_closed([10])
    yield office
    office.engine.dispose()


@pytest.fixture
def drawn(drawn_once: ScoredOffice) -> Iterator[ScoredOffice]:
    """That office for one test: its transactions are savepoints in one of which nothing is kept."""
    with drawn_once.engine.connect().execution_options(writes=True) as connection:
        outer = connection.begin()
        connection.begin_nested()  # inside a savepoint a session makes savepoints of its own
        office = copy(drawn_once)
        stand_in: Any = connection
        office.engine = stand_in
        yield office
        outer.rollback()


@pytest.fixture
def drawn_alone(
    request: pytest.FixtureRequest, drawn_once: ScoredOffice, tmp_path: Path
) -> Iterator[ScoredOffice]:
    """A copy of that office, for things done at the same moment: they need transactions of their own."""
    drawn_once.engine.dispose()  # nobody may be connected to what is copied
    office, url = copy(drawn_once), drawn_once.engine.url
    if url.drivername == "sqlite":
        shutil.copy(url.database or "", tmp_path / "office.sqlite")
        office.engine = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
        yield office
        office.engine.dispose()
    else:
        server, name = request.getfixturevalue("postgres_server"), "drawn_alone"
        server._run(f"CREATE DATABASE {name} TEMPLATE {url.database}")
        office.engine = connect(server.url(name))
        yield office
        office.engine.dispose()
        server._run(f"DROP DATABASE {name} WITH (FORCE)")
