"""A score sheet of fifteen requirements, answered with one hand on the keyboard, in a real browser."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import Engine, select

from sampling.records.database import connect, reading
from scorecards.cards import publish_scorecard, use_scorecard
from scorecards.requirements import ResponseValue
from scorecards.tables import Answer, Review, ReviewState

MOST_STEPS = 20
QUINN = "Quinn Qua"
LONG_CARD = """
key = "fifteen"
title = "Fifteen requirements"
version = 1
policy_document = "review-and-feedback-guidance"
policy_version = "12.0"
method_share = "1"
""" + "".join(
    f"""
[[requirement]]
key = "requirement-{number}"
kind = "{"outcome" if number < 9 else "method"}"
section = "{("The decision", "The remedy", "On the way")[number // 6]}"
text = "Requirement {number} is as the guidance asks for, from the first letter to the last."
guidance = "Look at the letters in the order in which they were sent."
met = "Each point of the complaint has its answer."
not_met = "A point is left out, or the answer is to something that was not said."
not_applicable = "The complaint was withdrawn before it was considered."
critical = {"true" if number == 3 else "false"}
citations = ["38", "39"]
commitments = [5]
quality_standards = [4]
"""
    for number in range(1, 16)
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Engine]:
    """An office with three closed cases to review on a card of fifteen requirements."""
    path = tmp_path_factory.mktemp("sheet") / "office.sqlite"
    shutil.copy(sqlite_template, path)
    made = connect(f"sqlite:///{path}")
    office = ScoredOffice(made, closed=3, open_cases=0, with_sign_in=[QUINN])
    with office.writing() as session:
        by = office.person(session, "Ada Min")
        publish_scorecard(session, LONG_CARD, by=by)
        use_scorecard(session, None, scorecard_key="fifteen", starts_on=START, by=by)
    office.draw_closed([3])
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def served(engine: Engine, run_office: Callable[[str], AbstractContextManager[Any]]) -> Iterator[Any]:
    """That office, served by `qa run`."""
    with run_office(engine.url.render_as_string(hide_password=False)) as running:
        yield running


class Reviewer:
    """Somebody at a browser whose clicks and keys are counted."""

    def __init__(self, visitor: Any) -> None:
        self.visitor, self.page, self.steps = visitor, visitor.page, 0
        self.page.set_viewport_size({"width": 1280, "height": 800})
        visitor.load("reviews")

    def click(self, name: str) -> None:
        self.steps += 1
        self.visitor.press(name)

    def tap(self, key: str) -> None:
        self.wait_to_read()
        self.steps += 1
        with self.visitor.a_run():
            self.page.keyboard.press(key)

    def wait_to_read(self) -> None:
        """A key counts once what it answers has been in view for a moment."""
        self.page.wait_for_function("() => !window.qaShownAt || performance.now() - window.qaShownAt > 350")

    def is_at(self, number: int) -> None:
        self.visitor.sees(f"requirement {number} of 15")


@pytest.fixture
def reviewer(visit: Callable[[str], Any]) -> Reviewer:
    return Reviewer(visit("quinn@example.org"))


def test_fifteen_requirements_all_met_take_at_most_twenty_steps(reviewer: Reviewer, engine: Engine) -> None:
    reviewer.click("Review the next case")
    reviewer.tap("n")  # not involved
    reviewer.is_at(1)
    reviewer.visitor.picture("score-sheet-fifteen")
    for number in range(1, 16):
        reviewer.is_at(number)
        assert reviewer.page.locator(f".st-key-card-requirement-{number}").is_visible()
        reviewer.tap("1")
    reviewer.visitor.sees("15 of 15 requirements answered")
    reviewer.visitor.picture("score-sheet-all-answered")
    reviewer.tap("s")
    reviewer.visitor.sees("is submitted")
    assert reviewer.steps <= MOST_STEPS
    with reading(engine) as session:
        assert session.scalars(select(Review.state)).one() == ReviewState.SUBMITTED
        assert session.scalars(select(Answer.response)).all() == [ResponseValue.MET] * 15
    reviewer.tap("g")  # the next case, at once
    reviewer.visitor.sees("Were you involved")


def test_a_key_answers_one_requirement_once_and_waits_while_somebody_types(
    reviewer: Reviewer, engine: Engine
) -> None:
    def answered() -> dict[str, str | None]:
        with reading(engine) as session:
            review = session.scalars(select(Review).where(Review.state == ReviewState.DRAFT)).one()
            return {answer.requirement_key: answer.response for answer in review.answers}

    reviewer.click("Review the next case")
    reviewer.tap("n")
    reviewer.is_at(1)
    reviewer.tap("2")
    reviewer.is_at(2)
    field = reviewer.page.get_by_role("textbox", name="Evidence")
    field.press_sequentially("1 and 2 are missing, see the s")
    with reviewer.visitor.a_run():
        reviewer.page.keyboard.press("Tab")
    reviewer.page.locator("h1").click()
    reviewer.wait_to_read()
    with reviewer.visitor.a_run():  # held down
        for _ in range(8):
            reviewer.page.keyboard.down("1")
    reviewer.page.keyboard.up("1")
    reviewer.is_at(3)
    reviewer.wait_to_read()
    with reviewer.visitor.a_run():  # twice, quicker than anybody reads
        reviewer.page.keyboard.press("3")
        reviewer.page.keyboard.press("1")
    reviewer.is_at(4)
    reviewer.tap("ArrowLeft")
    reviewer.is_at(3)
    reviewer.tap("5")  # a correction, on purpose
    reviewer.is_at(4)
    assert answered() == {
        "requirement-1": ResponseValue.NOT_MET,
        "requirement-2": ResponseValue.MET,
        "requirement-3": ResponseValue.CANNOT_ASSESS,
    }
    with reviewer.visitor.a_run():
        reviewer.page.get_by_text("Answer with keys").click()
    reviewer.page.keyboard.press("1")
    with reviewer.visitor.a_run():
        reviewer.page.get_by_text("The case file could not be found").click()
    assert len(answered()) == 3
