"""The command `qa`: results on standard output, one sentence on standard error, exit code 2 when refused."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from qa_app.command_line import app
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.database import connect, reading, writing
from sampling.records.office import open_office, the_office
from sampling.records.people import person_by_email
from sampling.records.sign_in import sign_in
from scorecards.tables import ScorecardVersion

_PASSWORD = "correct horse battery"
_EXTRACT = "ref;status;who;opened\nA-1;Open;Bo;27/03/2007\nA-2;Shut;Bo;28/03/2007\nA-2;Open;Bo;29/03/2007\n"
_MAPPING = {
    "reference": "ref",
    "state": "status",
    "states": {"Open": "open", "Shut": "closed"},
    "received_on": "opened",
    "date_formats": {"received_on": "%d/%m/%Y"},
    "team_name": "North",
}


def _qa(*arguments: object, typed: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
    if result.exit_code not in (0, 2):
        assert result.exception is not None
        raise result.exception
    return result


def _refused(*arguments: object, typed: str | None = None) -> str:
    """The one sentence of a refusal."""
    result = _qa(*arguments, typed=typed)
    assert result.exit_code == 2
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.endswith((".", "?"))
    return last


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs, with no database chosen by the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def office(engine: Engine) -> Engine:
    with writing(engine) as session:
        open_office(
            session, "Test office", administrator="Ada Min", email="ada@example.org", password=_PASSWORD
        )
    return engine


def _init(*more: str) -> tuple[str, ...]:
    return ("office", "init", "--name", "Example", "--administrator", "Ada Min", *more)


def test_an_office_is_made_with_its_administrator_and_what_every_office_starts_from(folder: Path) -> None:
    result = _qa(*_init("--email", "Ada@Example.org", "--password-stdin", "--json"), typed=f"{_PASSWORD}\n")
    assert json.loads(result.stdout) == {
        "office": "Example",
        "administrator": "ada@example.org",
        "database": str(folder / "data" / "office.sqlite"),
    }
    engine = connect(f"sqlite:///{folder}/data/office.sqlite")
    with writing(engine) as session:
        assert sign_in(session, "ada@example.org", _PASSWORD) is not None
        assert len(session.scalars(select(ScorecardVersion)).all()) == 9
    engine.dispose()
    again = _refused(*_init("--email", "a@example.org", "--password-stdin"), typed=f"{_PASSWORD}\n")
    assert "already holds an office, Example" in again


def test_the_password_is_asked_for_twice_and_not_shown(folder: Path) -> None:
    result = _qa(*_init("--email", "ada@example.org"), typed=f"{_PASSWORD}\n{_PASSWORD}\n")
    assert result.exit_code == 0
    assert _PASSWORD not in result.output


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [("ada", _PASSWORD, "is not an e-mail address"), ("ada@example.org", "short", "Use at least 10")],
)
def test_no_office_is_made_with_a_bad_address_or_password(email: str, password: str, words: str) -> None:
    arguments = _init("--email", email, "--password-stdin", "--database", "other.sqlite")
    assert words in _refused(*arguments, typed=f"{password}\n")
    assert "Run “qa office init” first" in _refused("run", "--database", "other.sqlite")


def test_nothing_is_made_where_there_is_no_office(folder: Path) -> None:
    assert "Run “qa office init” first" in _refused("run")
    assert list(folder.iterdir()) == []


def test_the_environment_names_the_database(office: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_DATABASE_URL", _url(office))
    assert "Test office" in _refused(*_init("--email", "a@b.org", "--password-stdin"), typed=f"{_PASSWORD}\n")


def test_a_real_office_and_the_demonstration_never_share_a_database(
    office: Engine, sqlite_engine: Engine
) -> None:
    assert "real office, Test office" in _refused("demo", "--no-serve", "--database", _url(office))
    assert "real office" in _refused("demo", "--no-serve", "--fresh", "--database", _url(office))
    with reading(office) as session:
        assert the_office(session) is not None

    with writing(sqlite_engine) as session:
        open_office(
            session,
            "Fictional",
            administrator="A",
            email="a@b.org",
            password=_PASSWORD,
            is_demonstration=True,
        )
    assert "holds the demonstration" in _refused("run", "--database", _url(sqlite_engine))


def test_a_port_that_is_taken_and_a_database_that_is_not_there_are_told_in_a_sentence(office: Engine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1" in _refused("run", "--port", port, "--database", _url(office))
    gone = "postgresql+psycopg://qa:secret@127.0.0.1:1/qa"
    result = _qa("run", "--port", port, "--database", gone)
    assert result.exit_code == 2
    assert "The database cannot be used" in result.stderr
    assert "secret" not in result.stderr


def test_a_database_of_a_newer_version_is_not_served(office: Engine) -> None:
    with office.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer version" in _refused("run", "--port", _a_free_port(), "--database", _url(office))


def test_an_extract_is_imported_and_refused_rows_are_written(office: Engine, folder: Path) -> None:
    (folder / "cases.csv").write_text(_EXTRACT)
    (folder / "mapping.json").write_text(json.dumps(_MAPPING))
    arguments = ["import", "cases.csv", "--mapping", "mapping.json", "--by", "ada@example.org"]
    arguments += ["--database", _url(office), "--refusals", "refused.csv"]
    result = _qa(*arguments, "--as-at", "2007-04-01 09:00", "--json")
    told = json.loads(result.stdout)
    assert (told["new"], told["changed"], told["rows_refused"]) == (2, 0, 1)
    assert told["dropped_columns"] == ["who"]
    assert "100%" in result.stderr
    refused = (folder / "refused.csv").read_text("utf-8-sig").splitlines()
    assert refused[0] == "row,column,value,reason"
    assert refused[1].startswith("4,ref,A-2,")
    with reading(office) as session:
        assert session.scalars(select(Case.reference).order_by(Case.reference)).all() == ["A-1", "A-2"]

    assert "imported before" in _refused(*arguments, "--as-at", "2007-04-01 09:00")
    assert "older than cases.csv" in _refused(*arguments, "--as-at", "2007-03-31 09:00")
    result = _qa(*arguments, "--as-at", "2007-03-31 09:00", "--confirm-older")
    assert result.stdout.startswith("Imported cases.csv: 0 new, 0 changed, 2 same")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--as-at": "1 April"}, "'1 April' is no time"),
        ({"--by": "bo@example.org"}, "Nobody here signs in as bo@example.org"),
        ({"--mapping": "nope"}, "There is no mapping “nope”"),
        ({"--mapping": "cases.csv"}, "cases.csv is not a JSON file"),
        ({"--mapping": "it-service-cases"}, "The file has no column “number”"),
        ({"--refusals": "no/such/folder.csv"}, "cannot be written"),
        ({"FILE": "gone.csv"}, "gone.csv cannot be read"),
    ],
)
def test_what_cannot_be_imported_is_told_in_a_sentence(
    office: Engine, folder: Path, changed: dict[str, str], words: str
) -> None:
    (folder / "cases.csv").write_text(_EXTRACT)
    (folder / "mapping.json").write_text(json.dumps(_MAPPING))
    options = {
        "--mapping": "mapping.json",
        "--by": "ada@example.org",
        "--as-at": "2007-04-01 09:00",
    } | changed
    file = options.pop("FILE", "cases.csv")
    arguments = [part for option in options.items() for part in option]
    assert words in _refused("import", file, *arguments, "--database", _url(office))


def test_only_those_who_may_import_import(office: Engine, folder: Path) -> None:
    (folder / "cases.csv").write_text(_EXTRACT)
    (folder / "mapping.json").write_text(json.dumps(_MAPPING))
    with writing(office) as session:
        person = person_by_email(session, "ada@example.org")
        assert person is not None
        session.execute(text("DELETE FROM role_held"))
        record(session, "set_up", "test", by=None)
    arguments = ["--mapping", "mapping.json", "--by", "ada@example.org", "--as-at", "2007-04-01 09:00"]
    assert "Ada Min cannot do this" in _refused("import", "cases.csv", *arguments, "--database", _url(office))


def _a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
