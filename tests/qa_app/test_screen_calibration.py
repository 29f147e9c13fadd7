"""Calibration on screen: opened, scored blind, talked about, closed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

OpenScreen = Callable[..., AppTest]
QUINN, ROBIN, NORA = "Quinn Qua", "Robin Qua", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine)
    made.now = datetime.now(UTC)  # the screens go by the real clock
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "calibration", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.success, *app.error]
    return " ".join(element.value for element in shown)


def of(fields: Any, label: str) -> Any:
    return next(field for field in fields if field.label.startswith(label))


def press(app: AppTest, label: str) -> AppTest:
    app = of(app.button, label).click().run()
    assert not app.exception
    return app


def answer(app: AppTest, *, remedy: str = "met") -> AppTest:
    """Answer the three requirements of the case that stands open, and hand it in."""
    for place, response in enumerate(("met", remedy, "met")):
        app.radio[place].set_value(response).run()
    for field in app.text_area:
        field.input("It is on page 3.").run()
    return press(app, "Hand in")


def test_a_session_from_its_opening_to_its_close(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, QUINN)
    assert "There is no session yet." in words(app)
    app = press(app, "Open the session")
    assert "The session has no name" in words(app)
    of(app.text_input, "Name of the session").input("Spring")
    cases = of(app.multiselect, "Cases")
    cases.set_value(cases.options[:5])
    people = of(app.multiselect, "Reviewers")
    people.set_value([QUINN, ROBIN])
    app = press(app, "Open the session")
    assert "Who has handed in how many cases" in words(app)
    for _ in range(5):
        app = answer(app)
    assert "You have handed in all your cases" in words(app)

    app = see(office, open_screen, ROBIN)
    assert "5 of 5 cases left for you" in words(app)
    app = see(office, open_screen, ROBIN, session=1)
    app = answer(app, remedy="not_met")
    for _ in range(4):
        app = answer(app)
    assert "gave a case the same result 80.0% of the time" in words(app)
    app = press(app, "Close the session")
    assert "without an agreed answer: 1" in words(app)
    of(app.radio, "Agreed answer").set_value("not_met")
    of(app.text_input, "What the guidance should say").input("Name the smallest remedy.")
    app = press(app, "Keep this answer")
    app = press(app, "Close the session")
    assert "Agreed: Not met. Name the smallest remedy." in words(app)


def test_who_takes_no_part_sees_nothing_of_it(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, NORA)
    assert "There is no session that you take part in." in words(app)
    assert not app.button
    assert "There is no such session" in words(see(office, open_screen, NORA, session=1))
    assert "is not complete" in words(see(office, open_screen, NORA, session="x"))
