"""`qa digest`: to each person one e-mail a day, through a real mail server, and nothing twice."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from post_office import PostOffice, free_port, post_office
from scored_office import ScoredOffice
from typer.testing import CliRunner, Result

from qa_app.command_line import app
from qa_app.migrating import migrate
from sampling.records.database import connect
from sampling.tables import Route
from scorecards.requirements import Kind

NORTH, HEAD, OWNER = "Nora North", "Hedda Head", "Otto Owner"


@pytest.fixture(scope="module")
def server() -> Iterator[PostOffice]:
    with post_office() as found:
        yield found


@pytest.fixture
def post(server: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    server.reset()
    for name, value in (server.settings | {"QA_ADDRESS": "https://qa.example.org"}).items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ScoredOffice]:
    """An office of today: an action of Otto's and one of Nora's are due, one of Sue's, who has no address."""
    engine = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
    migrate(engine)
    made = ScoredOffice(engine, with_sign_in=[NORTH, HEAD, OWNER])
    made.now = datetime.now(UTC)
    made.draw_open("North", NORTH)
    first, *others = made.to_do(NORTH, Route.OPEN)
    point_id = made.learn(NORTH, made.score(NORTH, first, not_met=Kind.OUTCOME, put_right=True))
    for sampled_id in others:
        made.score(NORTH, sampled_id)
    for owner in (OWNER, NORTH, "Sue South"):
        made.act_on(NORTH, point_id, owner=owner, target_date=made.now.date() + timedelta(days=7))
    yield made
    engine.dispose()


def run(office: ScoredOffice, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["digest", "--database", str(office.engine.url.database), *arguments])


def results(office: ScoredOffice, *arguments: str) -> dict[str, str]:
    result = run(office, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return {row["to"]: row["result"] for row in json.loads(result.stdout)["digests"]}


def refused(office: ScoredOffice, *arguments: str) -> str:
    result = run(office, *arguments)
    assert result.exit_code == 2, result.output
    return result.stderr.strip().splitlines()[-1]


def test_everybody_gets_one_email_a_day(office: ScoredOffice, post: PostOffice) -> None:
    result = run(office)
    assert result.exit_code == 0, result.output
    assert "Nora North: 1 thing, sent" in result.stdout
    assert "Sue South: 1 thing, not sent: Sue South has no e-mail address here." in result.stdout
    assert "100%  Digest of Sue South" in result.stderr
    assert post.to() == ["nora@example.org", "otto@example.org"]
    text = post.taken[1].get_content()
    assert text.startswith("Dear Otto Owner,")
    assert "https://qa.example.org/learning?action=" in text
    again = results(office)
    assert again == {NORTH: "nothing new", OWNER: "nothing new", "Sue South": "nobody to send to"}
    assert len(post.taken) == 2


def test_one_that_failed_is_tried_again_and_the_others_go(office: ScoredOffice, post: PostOffice) -> None:
    post.refuses = {"nora@example.org"}
    assert results(office) == {NORTH: "failed", OWNER: "sent", "Sue South": "nobody to send to"}
    post.refuses = set()
    assert results(office) == {NORTH: "sent", OWNER: "nothing new", "Sue South": "nobody to send to"}
    assert post.to() == ["otto@example.org", "nora@example.org"]


def test_one_that_may_have_gone_is_not_sent_again_today(office: ScoredOffice, post: PostOffice) -> None:
    post.breaks_off = True
    assert results(office)[NORTH] == "not known"
    post.breaks_off = False
    assert results(office)[NORTH] == "had already"
    assert post.to() == ["nora@example.org", "otto@example.org"]


def test_a_server_that_is_down_is_said_once(
    office: ScoredOffice, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    assert "does not answer" in refused(office)
    monkeypatch.setenv("QA_SMTP_URL", post.settings["QA_SMTP_URL"])
    assert results(office)[NORTH] == "sent"


def test_only_looking_sends_and_keeps_nothing(
    office: ScoredOffice, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QA_SMTP_URL")
    assert results(office, "--dry-run") == {
        NORTH: "to send",
        OWNER: "to send",
        "Sue South": "nobody to send to",
    }
    long_before = str(office.now.date() - timedelta(days=400))
    assert "nothing waits for anybody" in run(office, "--dry-run", "--day", long_before).stdout
    assert post.taken == []


def test_what_is_refused(
    office: ScoredOffice, post: PostOffice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "on their own day" in refused(office, "--day", "2026-07-06")
    monkeypatch.delenv("QA_SMTP_URL")
    assert "No mail server is set" in refused(office)
    missing = CliRunner().invoke(app, ["digest", "--dry-run", "--database", str(tmp_path / "none.sqlite")])
    assert missing.exit_code == 2
    assert "There is no office" in missing.stderr
