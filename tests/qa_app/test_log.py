"""The log of a served office: every line is JSON, what IT needs is in it, and nothing of cases and people."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect
from scored_office import PASSWORD, ScoredOffice
from sqlalchemy import Engine, select, text
from streamlit.testing.v1 import AppTest
from structlog.testing import capture_logs
from unguarded import unguarded

from qa_app import log
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.database import connect, reading, writing
from sampling.records.people import Person

TYPED = "Wrenchworth"  # wherever somebody types something


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path) -> Engine:
    shutil.copy(sqlite_template, tmp_path / "office.sqlite")
    engine = connect(f"sqlite:///{tmp_path / 'office.sqlite'}")
    ScoredOffice(engine, closed=2, open_cases=2, with_sign_in=("Otto Owner",))
    return engine


def test_a_journey_with_refusals_and_faults_leaves_lines_without_data(
    office: Engine, serve: Callable[..., AbstractContextManager[Any]], browser: Browser
) -> None:
    with serve(str(office.url), QA_LOG_LEVEL="debug") as served:
        assert "is not right" in _sign_in(served, f"{TYPED}@example.org")[1]
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{served.address}/sign-in")
        page.get_by_label("E-mail address").fill("ada@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Signed in as Ada Min")).to_be_visible(timeout=30_000)
        page.goto(f"{served.address}/office")

        def add_team(name: str, told: str) -> None:
            page.get_by_label("Name of the team").fill(name)
            page.get_by_role("button", name="Add the team").click()
            expect(page.get_by_text(told)).to_be_visible(timeout=30_000)

        add_team(TYPED, f"Added the team {TYPED}")
        add_team(TYPED, f"There is already a team called {TYPED}")
        with office.execution_options(writes=True).begin() as connection:
            words = f"{TYPED} fails"
            connection.execute(
                text(
                    f"CREATE TRIGGER failing BEFORE INSERT ON team BEGIN SELECT RAISE(ABORT, '{words}'); END"
                )
            )
        add_team(f"{TYPED} again", "The database could not do this just now")
        with writing(office) as session:
            record(session, "set_up", "test", by=None)
            with unguarded(session.connection()):
                session.execute(text(f"UPDATE person SET disabled_on = '{TYPED}' WHERE name = 'Otto Owner'"))
        page.goto(f"{served.address}/office?part=People")
        expect(page.get_by_text("because of a fault in the program")).to_be_visible(timeout=30_000)
        numbers = [_number(page.get_by_role("alert").inner_text())]
        context.close()
        status, told = _sign_in(served, "otto@example.org")
        assert status == 500
        numbers.append(_number(told))
        served.process.terminate()
        served.process.wait(timeout=30)
        written = served.output.read_text()

    lines = [json.loads(line) for line in written.splitlines()]
    assert all({"event", "at", "level"} <= set(line) for line in lines)
    ours = [line["event"] for line in lines if line["event"] not in ("library", "slow_screen")]
    assert ours == ["start", "sign_in_failed", *["action"] * 3, *["unexpected_error"] * 2, "stop"]
    with reading(office) as session:
        ada = session.scalars(select(Person.id).where(Person.name == "Ada Min")).one()
        marks = {TYPED, *session.scalars(select(Case.reference))}
        marks |= {mark for row in session.execute(select(Person.name, Person.email)) for mark in row if mark}
    actions = [line for line in lines if line["event"] == "action"]
    assert [(line["outcome"], line["refused"], line["actions"]) for line in actions] == [
        ("done", False, ["add_team"]),
        ("refused", True, []),
        ("failed", False, []),
    ]
    assert all(
        line["person"] == ada and len(line["session"]) == 8 and line["seconds"] > 0 for line in actions
    )
    assert (actions[2]["error"], actions[2]["code"]) == (
        "IntegrityError from IntegrityError",
        actions[2]["code"],
    )
    faults = [line for line in lines if line["event"] == "unexpected_error"]
    assert [line["number"] for line in faults] == numbers
    assert all(line["error"] == "ValueError" and line["places"][0].startswith("qa_app/") for line in faults)
    assert {mark for mark in marks if mark.lower() in written.lower()} == set()


def test_slow_screens_are_named(
    sqlite_engine: Engine, open_screen: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    ScoredOffice(sqlite_engine, closed=0, open_cases=0)
    monkeypatch.setattr(log, "SLOW", 0.0)
    with reading(sqlite_engine) as session:
        ada = session.scalars(select(Person).where(Person.name == "Ada Min")).one()
    with capture_logs() as lines:
        open_screen(sqlite_engine, ada, "office")
    (line,) = lines
    assert (line["event"], line["screen"], line["person"]) == ("slow_screen", "office", ada.id)


def _sign_in(served: Any, email: str) -> tuple[int, str]:
    form = urlencode({"email": email, "password": PASSWORD}).encode()
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{served.address}/sign-in", form, timeout=30)
    return refused.value.code, refused.value.read().decode()


def _number(told: str) -> str:
    (found,) = re.findall(r"error number ([0-9a-f]{8})", told)
    return str(found)
