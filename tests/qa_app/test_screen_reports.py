"""Reports on screen: made, prepared, approved by somebody else, issued, read; and a period that is closed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.report_queries import reports
from sampling.records.people import Role

OpenScreen = Callable[..., AppTest]
HEAD, OTHER, NORA = "Hedda Head", "Sue South", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, with_sign_in=[HEAD, OTHER, NORA])
    made.now = datetime.now(UTC)  # the screens go by the real clock
    made.give_role(OTHER, Role.HEAD)
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "reports", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.markdown, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label.startswith(label))


def press(app: AppTest, label: str) -> AppTest:
    app = of(app.button, label).click().run()
    assert not app.exception
    return app


def test_a_report_from_making_to_reading(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "No report has been issued yet." in words(see(office, open_screen, NORA))
    assert "No report has been prepared yet." in words(see(office, open_screen, HEAD))

    app = see(office, open_screen, HEAD, part="Make a report")
    app = press(app, "Make the report")
    assert "Closed cases: the standards" in words(app)
    of(app.button, "Prepare it").click().run()
    (row,) = office.ask(reports, HEAD)
    app = see(office, open_screen, HEAD, report=row.id)
    assert "somebody else who heads the office approves it" in words(app)
    assert not [button for button in app.button if button.label.startswith("Approve")]

    app = press(see(office, open_screen, OTHER, report=row.id), "Approve it")
    app = press(app, "Issue it")
    assert "Nobody receives the report." in words(app)
    of(app.text_area, "Who receives it").input("The board\nAudit committee")
    app = press(app, "Issue it")
    assert "Issued on" in words(app)
    (row,) = office.ask(reports, NORA)
    assert row.recipients == ("The board", "Audit committee")
    assert {file.name.rpartition(".")[2] for file in row.files} == {"docx", "html", "pdf", "xlsx"}
    app = see(office, open_screen, NORA, report=row.id)
    assert "byte for byte" in words(app)
    assert not [button for button in app.button if button.label.startswith(("Issue", "Discard"))]
    assert "not for you to read" in words(see(office, open_screen, NORA, report=99))


def test_an_unapproved_report_is_discarded(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD, part="Make a report")
    app = of(app.selectbox, "Kind").select("weekly").run()
    app = press(app, "Make the report")
    of(app.button, "Prepare it").click().run()
    (row,) = office.ask(reports, HEAD)
    of(see(office, open_screen, HEAD, report=row.id).button, "Discard it").click().run()
    assert office.ask(reports, HEAD) == []


def test_a_period_is_closed(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD, part="Closed periods")
    assert "No period has been closed yet." in words(app)
    app = press(app, "Close this period")
    assert "Closed by Hedda Head" in words(app)
    assert "Nothing has changed since." in words(app)
