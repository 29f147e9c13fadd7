"""`qa admin`: administrators, passwords and leavers with nobody signed in, all told in the audit trail."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from qa_app.command_line import app
from sampling.records.audit_trail import AuditEntry, check_trail
from sampling.records.database import connect, reading, writing
from sampling.records.office import add_person, open_office
from sampling.records.people import Role, person_by_email, roles_of
from sampling.records.sign_in import person_of_token, sign_in

_PASSWORD = "a long enough password"


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    path = tmp_path / "office.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("QA_DATABASE_URL", f"sqlite:///{path}")
    made = connect(f"sqlite:///{path}")
    with writing(made) as session:
        ada = open_office(
            session, "Test office", administrator="Ada Min", email="ada@example.org", password=_PASSWORD
        )
        add_person(session, "Bea Min", email="bea@example.org", password=_PASSWORD, by=ada)
    yield made
    made.dispose()


def _admin(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["admin", *arguments], input=typed)


def _token(office: Engine, email: str, password: str) -> str | None:
    with writing(office) as session:
        return sign_in(session, email, password)


def _told(office: Engine) -> list[tuple[str, int | None, str]]:
    with reading(office) as session:
        assert check_trail(session)[1] is None
        of_commands = select(AuditEntry).where(AuditEntry.source == "command line")
        entries = session.scalars(of_commands.order_by(AuditEntry.number)).all()
        return [(entry.action, entry.by_id, entry.subject) for entry in entries]


def test_somebody_new_and_somebody_known_become_administrators(office: Engine) -> None:
    new = "cy@example.org"
    made = _admin(
        "create", "--email", new, "--name", "Cy Min", "--password-stdin", typed="kettle tundra violin\n"
    )
    assert made.stdout == "Cy Min is an administrator and signs in as cy@example.org.\n"
    assert _token(office, new, "kettle tundra violin")
    assert _admin("create", "--email", "BEA@example.org").exit_code == 0
    assert _admin("create", "--email", "sso@example.org", "--name", "Single", "--no-password").exit_code == 0
    assert _token(office, "sso@example.org", "") is None
    with reading(office) as session:
        for email in (new, "bea@example.org", "sso@example.org"):
            person = person_by_email(session, email)
            assert person is not None
            assert roles_of(session, person) == {Role.ADMINISTRATOR}
    assert _told(office) == [("make_administrator", None, f"person {number}") for number in (3, 2, 4)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "--email", "ada@example.org"], "is an administrator already"),
        (["create", "--email", "cy@example.org"], "Name them with --name"),
        (["create", "--email", "cy@example.org", "--name", "Cy", "--password-stdin"], "easily guessed"),
        (["password", "--email", "cy@example.org", "--password-stdin"], "Nobody here signs in as"),
        (["password", "--email", "bea@example.org", "--password-stdin"], "easily guessed"),
        (["disable", "--email", "cy@example.org"], "Nobody here signs in as"),
        (["disable", "--email", "ada@example.org"], "without an administrator"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(office: Engine, arguments: list[str], words: str) -> None:
    result = _admin(*arguments, typed="Password2026!\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert _told(office) == []


def test_a_new_password_and_disabling_end_what_was_open(office: Engine) -> None:
    token = _token(office, "bea@example.org", _PASSWORD) or ""
    new = "kettle tundra violin"
    assert _admin("password", "--email", "bea@example.org", typed=f"{new}\n{new}\n").exit_code == 0
    with reading(office) as session:
        assert person_of_token(session, token) is None
    assert _token(office, "bea@example.org", _PASSWORD) is None
    assert _token(office, "bea@example.org", new)
    assert _admin("disable", "--email", "bea@example.org").stdout == "Bea Min is disabled and signed out.\n"
    assert _token(office, "bea@example.org", new) is None
    assert _admin("create", "--email", "bea@example.org").exit_code == 2
    assert _told(office) == [("set_password", None, "person 2"), ("disable_person", None, "person 2")]
