"""What can be set, what is wrong with it, and that no secret is told."""

import re
from pathlib import Path

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from qa_app import settings_model
from qa_app.command_line import app
from qa_app.settings import settings

SECRET = "s3cret-w0rd"
ROOT = Path(__file__).parents[2]
README, DEPLOYMENT = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/deployment.md"))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings_model.variables():
        monkeypatch.delenv(name, raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        (
            {"QA_SMPT_URL": "smtp://mail"},
            ["QA_SMPT_URL is no setting of this program. Did you mean QA_SMTP_URL?"],
        ),
        ({"QA_LOG_LEVEL_FILE": "x"}, ["QA_LOG_LEVEL_FILE is no setting"]),
        ({"QA_LOG_LEVEL": "loud"}, ["QA_LOG_LEVEL is 'loud'. Set it to debug, info, warning or error."]),
        (
            {"QA_DATABASE_URL": f"mysql://qa:{SECRET}@host/qa"},
            ["QA_DATABASE_URL is not the address of a database"],
        ),
        ({"QA_DATABASE_URL": f"qa:{SECRET}"}, ["QA_DATABASE_URL is not the address of a database"]),
        (
            {"QA_DATABASE_URL_FILE": "/none"},
            ["QA_DATABASE_URL_FILE names a file that cannot be read, /none: No such"],
        ),
        (
            {"QA_SECRET": "x", "QA_SECRET_FILE": "/none"},
            ["QA_SECRET and QA_SECRET_FILE are both set. Set one."],
        ),
        ({"QA_ADDRESS": "qa.example.org"}, ["QA_ADDRESS is no address of a web site"]),
        (
            {"QA_SECRET": SECRET, "QA_MAIL_FROM": "qa", "QA_SMTP_URL": f"smtp://qa:{SECRET}@mail"},
            [
                "QA_SECRET has 11 characters",
                "QA_SMTP_URL would send the password",
                "QA_MAIL_FROM is no address",
            ],
        ),
    ],
)
def test_each_that_is_wrong_is_named_when_a_command_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], sentences: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for command in ("run", "doctor"):
        result = run(command)
        assert (result.exit_code, result.stdout) == (2, "")
        told = result.stderr.splitlines()
        assert len(told) == len(sentences)
        assert all(line.startswith(sentence) for line, sentence in zip(told, sentences, strict=True))
        assert SECRET not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_secret_may_stand_in_a_file_and_the_doctor_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_engine: Engine
) -> None:
    ScoredOffice(sqlite_engine, closed=0, open_cases=0)
    address = sqlite_engine.url.render_as_string(hide_password=False)
    for name, text in (("secret", SECRET * 3), ("address", f"{address}\n")):
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("QA_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("QA_DATABASE_URL_FILE", str(tmp_path / "address"))
    monkeypatch.setenv("QA_LOG_LEVEL", " Warning ")
    monkeypatch.setenv("QA_ADDRESS", "")  # as an empty line of an environment file leaves it
    result = run("doctor", "--quick")
    assert result.exit_code == 0, result.output
    assert (
        "Well      Settings: Set are QA_LOG_LEVEL from the environment; "
        f"QA_DATABASE_URL from {tmp_path}/address; "
        f"QA_SECRET from {tmp_path}/secret." in result.stdout
    )
    assert address.removeprefix("sqlite:///") in result.stdout
    assert SECRET not in result.stdout + repr(settings())
    assert (settings().log_level, settings().address) == ("warning", None)


def test_the_deployment_page_has_every_setting() -> None:
    (table,) = re.findall(r"<!-- settings -->\n(.*?)<!-- /settings -->", DEPLOYMENT, re.DOTALL)
    printed = run("settings")
    assert (printed.exit_code, printed.stdout) == (0, table)
    others = set(re.findall(r"\bQA_[A-Z_]+", README + DEPLOYMENT)) - set(settings_model.variables())
    assert others == set()


def test_nothing_else_reads_the_environment() -> None:
    packages = ("sampling", "scorecards", "learning_register", "qa_app")
    reading = {
        path.name
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    }
    assert reading == {"settings.py", "settings_model.py"}
