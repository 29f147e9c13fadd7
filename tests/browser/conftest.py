"""An office served by `qa run`, and somebody at a browser who can sign in, look and be looked at."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, TimeoutError, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from qa_app.runtime import SCREENS
from qa_app.set_up import load_shipped
from sampling.records.appointments import give_role, set_line_manager
from sampling.records.database import connect, writing
from sampling.records.office import add_person, add_team, open_office
from sampling.records.people import Role
from scorecards.cards import publish_scorecard, use_scorecard

PASSWORD = "a long enough password"
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"

# The rules of WCAG 2.2, levels A and AA; each level's tag holds only what that version added.
_FIND_VIOLATIONS = """() => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]
}).then(found => found.violations)"""

# Short, so that a journey of a dozen reviews stays a journey: what is tested is the way, not the length.
CARD = """
key = "browser-card"
title = "Short card"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "1"

[[requirement]]
key = "answered"
kind = "outcome"
section = "The decision"
text = "The decision answers every point of the complaint."
guidance = "Met: each point has its answer. Not met: a point is left out."
citations = ["38"]
commitments = [11]
quality_standards = [7]

[[requirement]]
key = "kept-informed"
kind = "method"
section = "On the way"
text = "The person was told what would happen next."
guidance = "Met: a note of the call or the letter is on the file."
citations = ["30"]
commitments = [4]
quality_standards = [6]
"""


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    run_office: Callable[[str], AbstractContextManager[Any]],
) -> Iterator[Any]:
    """An office with people and a short card but no cases, served by `qa run`."""
    path = tmp_path_factory.mktemp("served") / "office.sqlite"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"
    _people(url)
    with run_office(url) as running:
        yield running


def _people(url: str) -> None:
    engine = connect(url)
    start = date(2020, 1, 1)
    with writing(engine) as session:
        by = open_office(
            session, "Example Ombudsman", administrator="Ada Min", email="ada@example.org", password=PASSWORD
        )
        load_shipped(session, by=by)
        north = add_team(session, "North", by=by)
        manager, qa, head = (
            add_person(session, name, email=f"{email}@example.org", password=PASSWORD, by=by)
            for name, email in (("Nora North", "manager"), ("Quinn Qua", "qa"), ("Hedda Head", "head"))
        )
        give_role(session, manager, role=Role.LINE_MANAGER, team=north, starts_on=start, by=by)
        give_role(session, qa, role=Role.QA_REVIEWER, starts_on=start, by=by)
        give_role(session, head, role=Role.HEAD, starts_on=start, by=by)
        set_line_manager(session, manager, manager=head, starts_on=start, by=by)
        publish_scorecard(session, CARD, by=by)
        use_scorecard(session, None, scorecard_key="browser-card", starts_on=start, by=by)
    engine.dispose()


@pytest.fixture
def visit(browser: Browser, served: Any) -> Iterator[Callable[[str], "Visitor"]]:
    """Sit somebody down at a browser of their own: `visit("qa@example.org")`."""
    visitors: list[Visitor] = []

    def sit_down(email: str) -> Visitor:
        visitors.append(Visitor(browser, served, email))
        return visitors[-1]

    yield sit_down
    for visitor in visitors:
        visitor.page.close()


class Visitor:
    """Somebody at a browser window."""

    def __init__(self, browser: Browser, served: Any, email: str) -> None:
        self.served = served
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 1600}, reduced_motion="reduce")
        self.page.set_default_timeout(15_000)
        self.page.on("websocket", self._talk_over)
        self.page.goto(f"{served.address}/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.settle()

    def _talk_over(self, channel: WebSocket) -> None:
        self._channel = channel

    @contextmanager
    def a_run(self) -> Iterator[None]:
        """What is done within this makes the script run: wait for its end, and until the page shows it."""
        with self._channel.expect_event("framereceived", _is_end_of_run):
            yield
        self.settle()

    def settle(self) -> None:
        """Wait until no script runs and everything one sent is on the page."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"
        )

    def open(self, screen: str) -> None:
        """Go to a screen by its link at the side, which loads nothing anew."""
        side = self.page.get_by_test_id("stSidebarNav")
        with self.a_run():
            side.get_by_role("link", name=SCREENS[screen], exact=True).click()

    def load(self, address: str) -> None:
        """Load a page of the office, as from a bookmark."""
        self.page.goto(f"{self.served.address}/{address}")
        self.settle()

    def press(self, name: str, **options: Any) -> None:
        with self.a_run():
            self.page.get_by_role("button", name=name, **options).first.click()

    def write(self, field: str, text: str) -> None:
        """Type into a field, and leave it: only then it is sent."""
        self.page.get_by_role("textbox", name=field).fill(text)
        with self.a_run():
            self.page.keyboard.press("Tab")

    def choose(self, group: str, option: str) -> None:
        """Pick a radio option of the group whose label begins with a text."""
        radios = self.page.get_by_role("radiogroup").filter(has=self.page.get_by_role("radio", name=option))
        with self.a_run():
            radios.and_(self.page.get_by_role("radiogroup", name=group)).first.get_by_text(
                option, exact=True
            ).click()

    def pick(self, box: str, option: str) -> None:
        """Choose an option of a select box."""
        field = self.page.get_by_role("combobox", name=box)
        chosen = self.page.get_by_test_id("stSelectbox").filter(has=field).get_by_role("button")
        for _ in range(5):  # the list of options may close under the mouse while the page still moves
            field.click()
            try:
                self.page.get_by_role("option", name=option).click(timeout=2_000)
                chosen.first.wait_for(timeout=2_000)  # only what is chosen can be cleared
                break
            except TimeoutError:
                self.page.keyboard.press("Escape")
        assert field.input_value() == option
        self.settle()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()
        self.settle()  # what is seen may stand among things that are still to go

    def picture(self, name: str) -> None:
        """Keep a screenshot, and refuse a screen with a WCAG A or AA violation."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        found = AxeResults({"violations": self.page.evaluate(_FIND_VIOLATIONS)})
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"


def _is_end_of_run(frame: str | bytes) -> bool:
    if isinstance(frame, str):
        return False
    message = ForwardMsg.FromString(frame)
    # A run that is cut short is followed by the one that cut it short.
    return message.WhichOneof("type") == "script_finished" and (
        message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )
