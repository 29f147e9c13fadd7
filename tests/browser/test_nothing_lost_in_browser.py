"""Nothing typed is lost: two people at one thing, two windows, reloads, a dropped line, a dead server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from scored_office import ScoredOffice
from sqlalchemy import func, select

from learning_register.tables import LearningPoint
from learning_register.tables_actions import ActionEvidence
from sampling.records.database import connect
from sampling.tables import Route
from scorecards.requirements import Kind
from scorecards.tables import Answer

NORA, HEDDA, QUINN = "Nora North", "Hedda Head", "Quinn Qua"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[ScoredOffice]:
    """An office with an action of North's team, and a case that Quinn has begun to review."""
    path = tmp_path_factory.mktemp("lost") / "office.sqlite"
    shutil.copy(sqlite_template, path)
    engine = connect(f"sqlite:///{path}")
    office = ScoredOffice(engine, closed=3, open_cases=4, with_sign_in=[NORA, HEDDA, QUINN])
    yield office
    engine.dispose()


@pytest.fixture(scope="module")
def point_id(office: ScoredOffice) -> int:
    office.draw_open("North", NORA)
    review_id = office.score(NORA, office.to_do(NORA, Route.OPEN)[0], not_met=Kind.OUTCOME)
    return office.learn(NORA, review_id)


@pytest.fixture(scope="module")
def action_id(office: ScoredOffice, point_id: int) -> int:
    return office.act_on(NORA, point_id, owner="Otto Owner", authoriser=NORA)


@pytest.fixture(scope="module")
def review_id(office: ScoredOffice) -> int:
    """A draft whose first requirement is not met."""
    office.draw_closed([3])
    return office.score(QUINN, office.to_do(QUINN, Route.CENTRAL)[0], not_met=Kind.OUTCOME, submit=False)


@pytest.fixture(scope="module")
def served(office: ScoredOffice, run_office: Callable[[str], AbstractContextManager[Any]]) -> Iterator[Any]:
    with run_office(office.engine.url.render_as_string(hide_password=False)) as running:
        yield running


def evidence(office: ScoredOffice, review_id: int) -> str:
    with office.reading() as session:
        return session.get_one(Answer, (review_id, "answered")).evidence


def test_two_people_correct_one_learning_point(
    visit: Callable[[str], Any], office: ScoredOffice, point_id: int
) -> None:
    nora, hedda = visit("nora@example.org"), visit("hedda@example.org")
    for person, words in ((nora, "The letter was late."), (hedda, "The reply was late.")):
        person.load(f"learning?point={point_id}")
        person.page.get_by_text("Correct this learning point").click()
        person.write("What was learned", words)
        person.write("Why is it corrected?", "It is clearer.")
    hedda.press("Keep the correction")
    hedda.sees("The learning point is corrected")
    nora.press("Keep the correction")
    nora.sees("There is a problem")
    nora.page.reload()
    nora.sees("changed this since you began: what was learned, from")
    assert nora.page.get_by_role("textbox", name="What was learned").input_value() == "The letter was late."
    with nora.a_run():
        nora.page.get_by_text("What I typed is to replace that").click()
    nora.press("Keep the correction")
    nora.sees("The learning point is corrected")
    with office.reading() as session:
        assert session.get_one(LearningPoint, point_id).description == "The letter was late."


def test_a_double_click_does_it_once_and_a_reload_keeps_what_was_typed(
    visit: Callable[[str], Any], office: ScoredOffice, action_id: int
) -> None:
    nora = visit("nora@example.org")
    nora.load(f"learning?action={action_id}")
    nora.page.get_by_text("Give evidence").click()
    nora.write("A note", "The letter is rewritten.")
    nora.page.reload()
    nora.sees("did not save, is here again")  # and the form is open, since something is in it
    field = nora.page.get_by_role("textbox", name="A note")
    assert field.input_value() == "The letter is rewritten."
    nora.page.get_by_role("button", name="Keep the evidence").dblclick()
    nora.sees("The evidence is kept")
    with office.reading() as session:
        assert session.scalar(select(func.count()).select_from(ActionEvidence)) == 1


# Keeps the sockets that a page opens, so that a line can be cut: a browser that goes offline leaves it.
_KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); window.sockets.push(this); }
};
"""


def test_a_review_outlives_two_windows_a_dropped_line_and_a_server(
    visit: Callable[[str], Any], served: Any, office: ScoredOffice, review_id: int
) -> None:
    one, two = visit("quinn@example.org"), visit("quinn@example.org")
    two.page.add_init_script(_KEEP_SOCKETS)
    for window in (one, two):
        window.load(f"review?review={review_id}")
    one.write("Evidence", "Page 2.")
    two.write("Evidence", "The second letter.")
    two.settle()
    assert evidence(office, review_id) == "Page 2.\n\nThe second letter."
    field = two.page.get_by_role("textbox", name="Evidence")
    assert field.input_value() == "Page 2.\n\nThe second letter."
    two.page.reload()
    two.settle()
    assert field.input_value() == "Page 2.\n\nThe second letter."

    field.fill("The second letter, cut off in the middle of")
    two.page.context.set_offline(True)
    two.page.evaluate("sockets.at(-1).close()")
    expect(field).to_be_disabled()  # nobody can type what would not be kept
    two.page.context.set_offline(False)
    expect(field).to_be_enabled()
    two.settle()
    assert field.input_value() == "The second letter, cut off in the middle of"
    two.write("Evidence", "The second letter, page 3.")
    assert evidence(office, review_id) == "The second letter, page 3."

    field.fill("The second letter, page 3, and the server dies")
    served.restart()
    two.page.wait_for_function("() => sockets.at(-1).readyState === WebSocket.OPEN")
    two.settle()
    assert field.input_value() == "The second letter, page 3, and the server dies"
    field.click()
    two.page.keyboard.press("End")
    two.page.keyboard.type(", and is back")
    two.page.keyboard.press("Tab")
    last = "The second letter, page 3, and the server dies, and is back"
    for _ in range(500):  # the run that follows the new connection may be the one in which it is stored
        if evidence(office, review_id) == last:
            break
        two.settle()
    two.load(f"review?review={review_id}")
    assert field.input_value() == evidence(office, review_id) == last
