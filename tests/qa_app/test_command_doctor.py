"""`qa doctor`: what is well, what is not, and the exit code that a watch goes by."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result
from unguarded import unguarded

from qa_app.command_line import app
from sampling.records.audit_trail import record
from sampling.records.database import writing


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *words])


@pytest.fixture
def address(engine: Engine) -> str:
    ScoredOffice(engine)
    return engine.url.render_as_string(hide_password=False)


def test_an_office_that_is_well(address: str) -> None:
    result = run("--database", address, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert list(told) == ["Settings", "Database", "Version", "Disk", "Clock", "Mail", "Audit trail"]
    assert all(check["well"] for check in told.values())


def test_what_is_not_well_is_named(address: str, engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        newest = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    with writing(engine, now=datetime.now(UTC) + timedelta(hours=2)) as session:
        record(session, "look", "clock", by=None)
    with writing(engine) as session, unguarded(session.connection()):
        session.execute(text("UPDATE audit_entry SET action = 'nothing' WHERE number = 2"))
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        result = run("--database", address)
        verified = CliRunner().invoke(app, ["verify", "--audit", "--database", address])
    finally:
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
    assert (verified.exit_code, "an older version of Casework QA" in verified.stderr) == (2, True)
    assert result.exit_code == 1
    assert "NOT WELL  Version: This database was written by an older version" in result.stdout
    assert "NOT WELL  Clock: The newest entry" in result.stdout
    assert "NOT WELL  Audit trail: It does not hold. Entry 2 was altered" in result.stdout
    assert "Entry 2" not in run("--database", address, "--quick").stdout
    result = run("--database", str(tmp_path / "none.sqlite"))
    assert (result.exit_code, "There is no office in" in result.stdout) == (1, True)
