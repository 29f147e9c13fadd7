"""A theme on screen: asked for, sampled, found, responded to, recommended, decided, acted on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from sampling.records.people import Role
from sampling.tables import Draw, Route
from scorecards.requirements import Kind
from scorecards.tables import Review
from scorecards.tables_themes import Commission
from scorecards.theme_queries import recommendations_to_decide, theme_sheet
from scorecards.themes import add_finding, add_sample, commission_review

OpenScreen = Callable[..., AppTest]
QUINN, HEAD, NORA = "Quinn Qua", "Hedda Head", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, with_sign_in=[NORA, HEAD])
    made.now = datetime.now(UTC)  # the screens go by the real clock
    made.give_role(QUINN, Role.THEMATIC_REVIEWER)
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "themes", **query)
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


def test_a_theme_from_its_question_to_an_action(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD)
    assert "No theme has been asked for yet." in words(app)
    app = press(app, "Record the theme")
    assert "Something is missing" in words(app)
    of(app.text_input, "Name of the theme").input("Delay")
    of(app.text_input, "Who asked for it").input("The board")
    of(app.text_area, "The question").input("Why do cases wait?")
    of(app.selectbox, "Scorecard").set_value("Short card")
    of(app.multiselect, "Reviewers").set_value([QUINN])
    app = press(app, "Record the theme")
    assert "No sample belongs to this theme yet." in words(app)

    quarter = date(2026, 4, 1), date(2026, 6, 30)
    office.draw_closed([2], route=Route.THEMATIC, name="Waiting cases", period=quarter)
    app = see(office, open_screen, QUINN, theme=1)
    of(app.selectbox, "A thematic sample").set_value("Waiting cases")
    app = press(app, "Add the sample")
    first, second = office.to_do(QUINN, Route.THEMATIC)
    office.score(QUINN, first, not_met=Kind.OUTCOME)
    office.score(QUINN, second)
    app = see(office, open_screen, QUINN, theme=1)
    assert "2 of 2 cases reviewed" in words(app)
    of(app.text_area, "What was found").input("They wait for a stamp.")
    shown_by = of(app.multiselect, "Reviews that show it")
    shown_by.set_value(shown_by.options)
    app = press(app, "Add the finding")
    of(app.text_area, "What was found").input("Half a sentence")
    of(app.text_area, "What those concerned say").input("Correct.")
    app = press(app, "Keep the response")
    assert of(app.text_area, "What was found").value == "Half a sentence"
    of(app.text_area, "What should be done").input("Do without the stamp.")
    app = press(app, "Add the recommendation")
    assert "It waits for the decision of the Head" in words(app)

    with office.reading() as session:
        head = office.person(session, HEAD)
        assert recommendations_to_decide(session, head) == [(1, "Delay", 1)]
    start = open_screen(office.engine, head, "start")
    assert "Waiting for you" in [heading.value for heading in start.subheader]
    app = see(office, open_screen, HEAD, theme=1)
    app = press(app, "Decline")
    assert "Say why the recommendation is declined" in words(app)
    app = press(app, "Accept")
    app = see(office, open_screen, QUINN, theme=1)
    of(app.checkbox, "It is a gap").check()
    of(app.selectbox, "Owner").set_value(NORA)
    of(app.selectbox, "Authorised by").set_value(HEAD)
    of(app.date_input, "Target date").set_value(office.now.date() + timedelta(days=30))
    app = press(app, "Add the action")
    assert "The recommendation is an action now." in words(app)
    app = press(app, "Close the theme")
    assert "Due: **Closed**" in words(app)


def test_reviewers_change_and_a_finding_cites_more(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.writing() as session:
        quinn, head = office.person(session, QUINN), office.person(session, HEAD)
        made = commission_review(
            session,
            name="*Delay*",
            asked_by="The board",
            question="Why?",
            scope="",
            scorecard_key="short-card",
            reviewers=[quinn],
            due_on=office.now.date(),
            by=head,
        )
        theme = made.id
    draw = office.draw_closed([2], route=Route.THEMATIC, name="Waiting")
    with office.writing() as session:
        plan, by = session.get_one(Draw, draw).plan, office.person(session, QUINN)
        add_sample(session, session.get_one(Commission, theme), plan, by=by)
    first, second = (office.score(QUINN, one) for one in office.to_do(QUINN, Route.THEMATIC))
    with office.writing() as session:
        commission, by = session.get_one(Commission, theme), office.person(session, QUINN)
        add_finding(session, commission, statement="So.", reviews=[session.get_one(Review, first)], by=by)
    app = see(office, open_screen, HEAD, theme=theme)
    assert app.title[0].value == r"\*Delay\*"
    of(app.text_area, "What those concerned say").input("Not yet kept")
    others = of(app.multiselect, "Other reviews that show it")
    others.set_value(others.options)
    app = press(app, "Cite them")
    assert of(app.text_area, "What those concerned say").value == "Not yet kept"
    of(app.multiselect, "Reviewers of this theme").set_value(["Robin Qua"])
    app = press(app, "Keep the reviewers")
    assert "Reviewers: **Robin Qua**" in words(app)
    with office.reading() as session:
        (finding,) = theme_sheet(session, theme, office.person(session, HEAD)).findings
        assert [number for number, _ in finding.reviews] == [first, second]


def test_a_theme_is_not_for_everybody(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "is not complete" in words(see(office, open_screen, HEAD, theme="x"))
    assert "There is no such theme" in words(see(office, open_screen, HEAD, theme=1))
