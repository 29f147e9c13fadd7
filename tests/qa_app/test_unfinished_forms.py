"""Forms that are filled in: what was typed is there after a reload, and after somebody else was quicker."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, func, select
from streamlit.testing.v1 import AppTest

from learning_register.following_up import reword_action
from learning_register.tables_actions import ActionEvidence, FollowUpAction
from sampling.records.unfinished import Unfinished
from sampling.tables import Route
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
HEAD, NORA = "Hedda Head", "Nora North"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=4)


@pytest.fixture
def action_id(office: ScoredOffice) -> int:
    office.draw_open("North", NORA)
    review_id = office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME)
    return office.act_on(NORA, office.learn(NORA, review_id), owner="Otto Owner", authoriser=NORA)


@pytest.fixture
def window(office: ScoredOffice, action_id: int, open_screen: OpenScreen) -> Callable[[], AppTest]:
    """Open a window of Nora's on the action; what to change is chosen."""

    def opened() -> AppTest:
        with office.reading() as session:
            app = open_screen(office.engine, office.person(session, NORA), "learning", action=action_id)
        app.selectbox(f"change-{action_id}").select("The wording").run()
        assert not app.exception
        return app

    return opened


def area(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(one for one in (*app.text_area, *app.text_input) if one.label == label)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def count(office: ScoredOffice, what: type) -> int:
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_a_text_is_there_after_a_reload_until_it_is_saved(office: ScoredOffice, window, action_id) -> None:  # type: ignore[no-untyped-def]
    app = window()
    area(app, "A note").input("Told the team").run()
    area(app, "Why?").input("Clearer").run()
    assert count(office, Unfinished) == 2
    reloaded = window()
    assert area(reloaded, "A note").value == "Told the team"
    assert "did not save, is here again" in " ".join(one.value for one in reloaded.info)
    press(reloaded, "Keep the evidence")
    assert (count(office, ActionEvidence), count(office, Unfinished)) == (1, 1)
    assert area(reloaded, "A note").value == ""
    assert area(reloaded, "Why?").value == "Clearer"  # of another form
    press(reloaded, "Empty this form")
    assert (area(reloaded, "Why?").value, count(office, Unfinished)) == ("", 0)


def test_whoever_saves_second_is_told_and_loses_nothing(office: ScoredOffice, window, action_id) -> None:  # type: ignore[no-untyped-def]
    app = window()
    area(app, "What is to be done").input("Nora's words.").run()
    area(app, "Why?").input("Clearer").run()
    office.change(reword_action, HEAD, action_id, description="Hedda's words.", reason="Shorter")
    press(app, "Change it")
    (problem,) = app.error
    assert (
        "Hedda Head (6 July 2026 at 10:00) changed this since you began: The wording, from" in problem.value
    )
    assert "“Hedda's words.”" in problem.value
    for shown in (app, window()):  # in this window, and after a reload
        assert "Hedda Head" in " ".join(one.value for one in shown.warning)
        assert area(shown, "What is to be done").value == "Nora's words."
        assert area(shown, "Why?").value == "Clearer"
    next(box for box in shown.checkbox if box.label == "What I typed is to replace that").check().run()
    press(shown, "Change it")
    assert not shown.error
    with office.reading() as session:
        assert session.get_one(FollowUpAction, action_id).description == "Nora's words."
    assert count(office, Unfinished) == 0


def test_start_lists_what_is_not_saved(office: ScoredOffice, window, open_screen: OpenScreen) -> None:  # type: ignore[no-untyped-def]
    area(window(), "A note").input("Told the team").run()
    with office.reading() as session:
        start = open_screen(office.engine, office.person(session, NORA), "start")
    assert "Told the team" in [one.value for one in start.text]
    press(start, "Throw it away")
    assert "Told the team" not in [one.value for one in start.text]
    assert area(window(), "A note").value == ""


def test_one_may_begin_again_with_what_is_stored(office: ScoredOffice, window, action_id) -> None:  # type: ignore[no-untyped-def]
    app = window()
    area(app, "What is to be done").input("Nora's words.").run()
    office.change(reword_action, HEAD, action_id, description="Hedda's words.", reason="Shorter")
    press(app.run(), "Leave mine, and begin with what is stored now")
    assert area(app, "What is to be done").value == "Hedda's words."
    assert not app.warning
