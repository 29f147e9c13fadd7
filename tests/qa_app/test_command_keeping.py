"""`qa backup`, `qa restore`, `qa move`: everything is copied, compared, and nothing is written over."""

import json
from pathlib import Path

import pytest
from conftest import PostgresServer
from scored_office import ScoredOffice
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result
from unguarded import unguarded

from qa_app.command_line import app
from sampling.records.audit_trail import check_trail, record
from sampling.records.database import connect, reading, writing
from sampling.records.people import Team
from sampling.tables import Route

QA = "Quinn Qua"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refused(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.fixture
def office(sqlite_engine: Engine) -> str:
    office = ScoredOffice(sqlite_engine)
    office.draw_closed([3])
    for sampled_id in office.to_do(QA, Route.CENTRAL):
        office.score(QA, sampled_id)
    return str(sqlite_engine.url)


def test_an_office_moves_to_postgresql_and_back_and_goes_on(
    office: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    server = postgres_server.url(postgres_server.empty())
    result = run("move", "--database", office, "--to", server, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"]["review"] == 3
    moved = connect(server)
    with writing(moved) as session:  # numbers go on, and the guards stand again
        session.add(Team(name="West"))
        record(session, "add_team", "team West", by=None)
    with reading(moved) as session:
        assert check_trail(session, against=told["audit_sha256"]) == (told["audit_entries"] + 1, None)
    moved.dispose()
    assert "is not empty" in refused("move", "--database", office, "--to", server)

    file = tmp_path / "folder" / "office.backup"
    kept = json.loads(run("backup", str(file), "--database", server, "--json").stdout)
    assert "never writes over" in refused("backup", str(file), "--database", server)
    again = tmp_path / "again.sqlite"
    result = run("restore", str(file), "--database", str(again), "--json")
    assert json.loads(result.stdout)["audit_sha256"] == kept["audit_sha256"]
    restored = connect(f"sqlite:///{again}")
    with writing(restored) as session:
        session.add(Team(name="East"))
        record(session, "add_team", "team East", by=None)
    restored.dispose()


def test_what_is_no_backup_or_was_tampered_with_is_not_restored(office: str, tmp_path: Path) -> None:
    target = str(tmp_path / "new.sqlite")
    assert "There is no file" in refused("restore", str(tmp_path / "missing"), "--database", target)
    file = tmp_path / "office.backup"
    file.write_bytes(b"not a database at all" * 100)
    assert "cannot be used" in refused("restore", str(file), "--database", target)
    file.unlink()
    assert run("backup", str(file), "--database", office).exit_code == 0
    tampered = connect(f"sqlite:///{file}")
    with writing(tampered) as session, unguarded(session.connection()):
        session.execute(text("UPDATE audit_entry SET action = 'nothing' WHERE number = 2"))
    tampered.dispose()
    assert "Entry 2 was altered" in refused("restore", str(file), "--database", target)
