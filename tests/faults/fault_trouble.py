"""The disk full, the database read-only, gone, or killed: run with `make faults`, never with the tests.

Each time a person reads what is wrong, nothing is half done, and once it is over the same process goes on.
"""

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from faults.at_work import ACTIONS, NEW, STAYING, do_import
from faults.fault_killing import CLOSED, SEED, STATE
from scored_office import PASSWORD, ScoredOffice
from sqlalchemy import Connection, Engine, event, func, select, text
from sqlalchemy.exc import DBAPIError
from streamlit.testing.v1 import AppTest

from qa_app import runtime
from qa_app.trouble_words import CANNOT_READ, NOT_DONE, cannot_write
from sampling.records import audit_trail, sign_in
from sampling.records.cases import Case
from sampling.records.database import connect, reading, writing
from sampling.records.people import Person, Team
from sampling.register_check import check_register

ROOM: Final = 40  # MB of the small disk
GONE: Final = float(os.environ.get("FAULT_GONE") or 60)  # seconds
SERVER_KILLS: Final = 20
KILLED_AT: Final = ("import", "draw")
AT_MOST: Final = 180.0  # seconds for all kills of the server


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own that is soon full."""
    folder = Path(tempfile.mkdtemp(prefix="qa-small-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m,mode=777", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("Only root can mount a small disk.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


@pytest.fixture(params=["sqlite", "postgresql"])
def on_small_disk(request: pytest.FixtureRequest, small_disk: Path) -> Iterator[Engine]:
    """A database on the small disk, of each kind in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), small_disk / "office.sqlite")
        engine = connect(f"sqlite:///{small_disk / 'office.sqlite'}")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    place = small_disk / "tablespace"
    place.mkdir()
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
    server.run(f"CREATE TABLESPACE small LOCATION '{place}'")
    server.run("CREATE DATABASE on_small_disk TEMPLATE office_template TABLESPACE small")
    engine = connect(server.url("on_small_disk"))
    yield engine
    engine.dispose()
    server.drop("on_small_disk")
    server.run("DROP TABLESPACE small")


def fault_disk_full(on_small_disk: Engine, small_disk: Path) -> None:
    """An import does not find room: it says so, nothing of it is in, and with room it goes in."""
    office = ScoredOffice(on_small_disk)
    before = _cases(on_small_disk)
    ballast = small_disk / "ballast"
    if on_small_disk.dialect.name == "sqlite":
        with on_small_disk.connect() as connection:
            connection.rollback()
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 300_000))
    with pytest.raises(DBAPIError) as failed:
        do_import(office, 1)
    assert cannot_write(failed.value).startswith("The disk of the database is full, and nothing was changed.")
    assert _cases(on_small_disk) == before
    ballast.unlink()
    do_import(office, 1)
    assert _cases(on_small_disk) == before + STAYING + NEW
    _check_trail(on_small_disk)


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The engine of the app in this process, over a database of each kind in turn."""
    if request.param == "sqlite":
        (tmp_path / "place").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "place" / "office.sqlite")
        url = f"sqlite:///{tmp_path / 'place' / 'office.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        name = server.clone()
        # The server of the tests is quick and may forget what was just committed when it crashes.
        server.run(f"ALTER DATABASE {name} SET synchronous_commit = on")
        url = server.url(name)
    engine = runtime._engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def app(served: Engine, open_screen: Callable[..., AppTest]) -> AppTest:
    """The screen where an administrator adds a team."""
    ScoredOffice(served, closed=1, open_cases=0)
    with reading(served) as session:
        person = session.scalars(select(Person).where(Person.name == "Ada Min")).one()
    return open_screen(served, person, "office")


def fault_read_only(served: Engine, app: AppTest, request: pytest.FixtureRequest) -> None:
    """The database can only be read: screens are shown, and what would change it says why not."""
    _set_read_only(served, "on", request)
    _add_team(app, "East")
    assert "The database can only be read at present, and nothing was changed." in _problems(app)
    _set_read_only(served, "off", request)
    _add_team(app, "East")
    assert not _problems(app)
    assert _teams(served) == ["East", "North", "South"]
    _check_trail(served)


def fault_gone(served: Engine, app: AppTest, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The database is gone and back again. A click meanwhile says so; the next one works."""
    if served.dialect.name == "sqlite":
        served.dispose()
        (tmp_path / "place").rename(tmp_path / "elsewhere")
    else:
        request.getfixturevalue("postgres_server").stop()
    _add_team(app, "East")
    assert CANNOT_READ in _problems(app)
    if served.dialect.name == "sqlite":
        (tmp_path / "elsewhere").rename(tmp_path / "place")
    else:
        request.getfixturevalue("postgres_server").start()
    app.run()
    assert not _problems(app)
    assert _field(app).value == "East"  # as it was typed
    _add_team(app, "East")
    assert not _problems(app)
    assert _teams(served) == ["East", "North", "South"]
    _check_trail(served)


@pytest.mark.parametrize("served", ["postgresql"], indirect=True)
def fault_gone_at_commit(served: Engine, app: AppTest) -> None:
    """The connection breaks as a transaction commits: whether it did is not known, and not claimed."""

    def cut(connection: Connection) -> None:
        pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        with served.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
            other.rollback()

    event.listen(served, "commit", cut)
    _add_team(app, "East")
    event.remove(served, "commit", cut)
    assert "do again only what is not done" in _problems(app)
    app.run()
    assert _teams(served) == ["North", "South"]
    _add_team(app, "East")
    assert not _problems(app)
    assert _teams(served) == ["East", "North", "South"]
    _check_trail(served)


@pytest.mark.parametrize("served", ["postgresql"], indirect=True)
def fault_gone_for_a_minute(
    served: Engine,
    app: AppTest,
    request: pytest.FixtureRequest,
    run_office: Callable[[str], AbstractContextManager[Any]],
) -> None:
    """The real server stays up while PostgreSQL is gone, says so, and goes on when it is back."""
    server = request.getfixturevalue("postgres_server")
    with writing(served) as session:
        person = session.scalars(select(Person).where(Person.name == "Ada Min")).one()
        token = sign_in.sign_in(session, person.email or "", PASSWORD, place="")
    with run_office(served.url.render_as_string(hide_password=False)) as running:
        assert _answer(running, "/", token)[0] == 200
        server.stop()
        try:
            until, asked = time.monotonic() + GONE, 0
            while time.monotonic() < until:
                for path in ("/", "/sign-in"):
                    assert _answer(running, path, token) == (503, CANNOT_READ)
                assert _answer(running, "/healthz", token)[0] == 503
                asked += 3
                time.sleep(1)
        finally:
            server.start()
        for path in ("/", "/sign-in", "/healthz"):
            assert _answer(running, path, token)[0] == 200
        assert running.process.poll() is None
    print(f"\nPostgreSQL gone for {GONE:.0f} s: {asked} requests were told so; the first after it worked.")


@pytest.mark.parametrize("served", ["postgresql"], indirect=True)
def fault_server_killed(
    served: Engine,
    open_screen: Callable[..., AppTest],
    request: pytest.FixtureRequest,
    run_office: Callable[[str], AbstractContextManager[Any]],
) -> None:
    """`kill -9` of PostgreSQL itself in the middle of work: told so, whole or not at all, and it goes on."""
    server = request.getfixturevalue("postgres_server")
    office = ScoredOffice(served, closed=CLOSED["draw"], open_cases=0)
    with writing(served) as session:
        person = office.person(session, "Ada Min")
        token = sign_in.sign_in(session, person.email or "", PASSWORD, place="")
    app = open_screen(served, person, "office")
    chance = random.Random(SEED)
    for action in KILLED_AT:
        ACTIONS[action](office, 0)
    lasts = {action: _seconds(partial(ACTIONS[action], office, -1)) for action in KILLED_AT}
    found: Counter[str] = Counter()
    recovered, began = 0.0, time.monotonic()
    with run_office(served.url.render_as_string(hide_password=False)) as running:
        for number in range(1, SERVER_KILLS + 1):
            action = KILLED_AT[number % len(KILLED_AT)]
            with ThreadPoolExecutor(1) as threads:
                work = threads.submit(ACTIONS[action], office, number)
                time.sleep(chance.uniform(0, 1.5 * lasts[action]))  # a server just started is slower
                server.kill()
                try:
                    error = work.exception(timeout=30)
                    assert error is None or isinstance(error, NOT_DONE)
                    assert error is None or cannot_write(error).endswith((" again.", "is not done."))
                    _add_team(app, f"Team {number}")
                    assert CANNOT_READ in _problems(app)
                    assert _answer(running, "/", token) == (503, CANNOT_READ)
                finally:
                    recovered += _seconds(server.start)
            assert _answer(running, "/", token)[0] == 200
            app.run()
            assert not _problems(app)
            _add_team(app, f"Team {number}")
            assert not _problems(app)
            found[f"{action} {STATE[action](office, number)}"] += 1
            with reading(served) as session:
                assert audit_trail.check_trail(session)[1] is None
                check_register(session)
            if time.monotonic() - began > AT_MOST:
                break
        assert running.process.poll() is None
    assert len(_teams(served)) == 2 + found.total()
    told = ", ".join(f"{times} {state}" for state, times in sorted(found.items()))
    print(
        f"\nPostgreSQL killed {found.total()} times at work: {told} (seed {SEED}; back in "
        f"{recovered / found.total():.1f} s each; {time.monotonic() - began:.0f} s in all)"
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _answer(running: Any, path: str, token: str | None) -> tuple[int, str]:
    asked = Request(running.address + path, headers={"Cookie": f"{runtime.COOKIE}={token}"})
    try:
        with urlopen(asked, timeout=15) as found:
            return found.status, found.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def _add_team(app: AppTest, name: str) -> None:
    _field(app).set_value(name)
    next(button for button in app.button if button.label == "Add the team").click().run()
    assert not app.exception


def _field(app: AppTest) -> Any:
    return next(field for field in app.text_input if field.label == "Name of the team")


def _problems(app: AppTest) -> str:
    return " ".join(error.value for error in app.error)


def _set_read_only(engine: Engine, value: str, request: pytest.FixtureRequest) -> None:
    """For every connection from now on."""
    if engine.dialect.name == "postgresql":
        server = request.getfixturevalue("postgres_server")
        server.run(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = {value}")
    else:
        change = event.listen if value == "on" else event.remove
        change(engine, "connect", _only_read)
    engine.dispose()


def _only_read(dbapi_connection: object, _record: object) -> None:
    dbapi_connection.execute("PRAGMA query_only = on")  # type: ignore[attr-defined]


def _teams(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return sorted(session.scalars(select(Team.name)))


def _cases(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0


def _check_trail(engine: Engine) -> None:
    with reading(engine) as session:
        assert audit_trail.check_trail(session)[1] is None
