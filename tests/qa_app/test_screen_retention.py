"""Retention on the office's screen: periods, a dry run, a hold placed and released; and the same commands."""

import json
from collections.abc import Callable

from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from qa_app.command_line import app as commands
from sampling.records.audit_trail import record
from sampling.records.cases import Case
from sampling.records.database import reading, writing
from sampling.records.tables_retention import Disposal, RetentionHold

ADA = "Ada Min"


def test_a_hold_is_placed_on_what_is_due_and_the_rest_disposed_of(
    sqlite_engine: Engine, open_screen: Callable[..., AppTest]
) -> None:
    office = ScoredOffice(sqlite_engine, closed=4, open_cases=2)
    with office.reading() as session:
        ada = office.person(session, ADA)
    screen = open_screen(sqlite_engine, ada, "office", part="Retention")
    assert not screen.exception
    words = [one.value for one in screen.markdown]
    assert "Nothing is held. What is due can be disposed of." in words
    assert "Nothing has been disposed of so far." in words
    with writing(sqlite_engine) as session:
        for case in session.scalars(select(Case).where(Case.state == "closed")):
            case.received_on, case.closed_on = None, case.closed_on and case.closed_on.replace(year=2010)
        record(session, "set_up", "test", by=None)
    field(screen, "selectbox", "Class of record").set_value("cases").run()
    assert any("--class cases" in one.value and "--confirm 4" in one.value for one in screen.code)
    field(screen, "text_input", "Reference of the case").set_value("C-001")
    press(screen, "Place the hold")
    assert "Say why it is held" in screen.error[0].value
    field(screen, "text_area", "Why it is held").set_value("The ombudsman may look at it.")
    press(screen, "Place the hold")
    assert any("--confirm 3" in one.value for one in screen.code)

    def run(*arguments: str) -> tuple[int, str]:
        url = sqlite_engine.url.render_as_string()
        done = CliRunner().invoke(commands, [*arguments, "--by", "ada@example.org", "--database", url])
        return done.exit_code, done.output

    listed = json.loads(run("retention", "list", "--class", "cases", "--json")[1])["classes"][0]
    assert (listed["due"], listed["years"]) == (3, 10)
    assert [one["why"] for one in listed["kept"]] == ["The ombudsman may look at it."]
    assert run("retention", "dispose", "--class", "cases", "--confirm", "4")[0] == 2
    code, words_of_it = run("retention", "dispose", "--class", "cases", "--confirm", "3")
    assert code == 0
    assert "3 records of the class cases are disposed of, and 1 are kept" in words_of_it

    field(screen, "selectbox", "Hold").set_value(1)
    field(screen, "text_area", "Why it is released").set_value("She will not.")
    press(screen, "Release the hold")
    assert not screen.exception
    with reading(sqlite_engine) as session:
        assert session.get_one(RetentionHold, 1).release_reason == "She will not."
        assert session.scalars(select(Disposal.records)).all() == [3]


def field(screen: AppTest, kind: str, label: str) -> AppTest:
    found: AppTest = next(one for one in screen.get(kind) if one.label == label)
    return found


def press(screen: AppTest, label: str) -> None:
    next(one for one in screen.button if one.label == label).click().run()
