"""The whole job once more, as people do it: through the screens, in a real browser, both routes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sampling.planning import last_full_quarter

Visit = Callable[[str], Any]


def extract() -> bytes:
    """Two open cases, and two closed in the last full quarter, of one team."""
    first, _ = last_full_quarter(date.today())  # noqa: DTZ011  the browser's office lives today
    lines = ["Reference,State,Team,Caseworker,Received on,Closed on"]
    for number in range(1, 5):
        received = first + timedelta(days=12 + number)  # days past the 12th: no doubt which is the month
        closed = received + timedelta(days=10)
        state, closing = ("Closed", f"{closed:%d/%m/%Y}") if number > 2 else ("Open", "")
        lines.append(f"CASE-{number:03d},{state},North,Olu Owner,{received:%d/%m/%Y},{closing}")
    return "\n".join(lines).encode()


def score(visitor: Any, *, outcome: str) -> None:
    """Review the next case: declare, answer both requirements, submit."""
    visitor.press("Review the next case")
    visitor.press("No, start the review")
    visitor.choose("1. The decision", outcome)
    if outcome == "Not met":
        visitor.write("Evidence", "The letter leaves out the second point.")
    visitor.choose("2. The person", "Met")
    visitor.sees("2 of 2 requirements answered")
    visitor.press("Submit review")
    visitor.sees("is submitted")


def test_both_routes_through_the_screens(visit: Visit) -> None:
    administrator = visit("ada@example.org")
    administrator.picture("start-to-set-up")
    for screen in ("import_cases", "scorecards", "office"):
        administrator.open(screen)
        administrator.picture(f"{screen}-empty")
    head = visit("head@example.org")
    head.picture("head-start-empty")
    for screen in ("samples", "results", "learning", "second_scoring"):
        head.open(screen)
        head.picture(f"head-{screen}-empty")
    head.page.close()

    # The administrator takes in an extract.
    administrator.open("import_cases")
    administrator.page.locator("input[type=file]").set_input_files(
        {"name": "cases.csv", "mimeType": "text/csv", "buffer": extract()}
    )
    administrator.sees("2. What its columns mean")
    administrator.settle()
    administrator.picture("import-mapping")
    administrator.press("Check the whole file")
    administrator.press("Import 4 cases")
    administrator.sees("4 new")
    administrator.picture("import-done")

    # Open route: the line manager draws the month, reviews, puts right, logs learning.
    manager = visit("manager@example.org")
    manager.picture("manager-start")
    manager.open("reviews")
    manager.picture("manager-reviews-empty")
    manager.open("samples")
    manager.picture("manager-samples-before")
    manager.press("Draw this month's sample")
    manager.sees("Drawn:")
    manager.picture("manager-samples-drawn")
    manager.open("reviews")
    manager.press("Review the next case")
    manager.picture("declare")
    manager.press("No, start the review")
    manager.choose("1. The decision", "Not met")
    manager.write("Evidence", "The letter leaves out the second point.")
    manager.picture("score-sheet")
    manager.press("Submit review")
    manager.sees("There is a problem")
    manager.picture("score-sheet-refused")
    manager.page.reload()  # a closed laptop: the draft is there
    manager.settle()
    manager.sees("1 of 2 requirements answered")
    assert (
        manager.page.get_by_role("textbox", name="Evidence").input_value()
        == "The letter leaves out the second point."
    )
    manager.choose("2. The person", "Met")
    manager.page.get_by_text("Log learning from this").click()
    manager.write("What was learned", "The second point of a complaint was not answered.")
    manager.picture("learning-form")
    manager.press("Log the learning point")
    manager.sees("learning point is logged")
    manager.press("Submit review")
    manager.sees("is submitted")
    manager.picture("review-submitted")
    manager.open("reviews")
    score(manager, outcome="Met")

    # Closed route: QA draws the quarter, then managers' reviews blind, and reads the verdicts.
    qa = visit("qa@example.org")
    qa.picture("qa-start")
    qa.open("samples")
    qa.sees("2 closed cases")
    qa.picture("qa-samples-plan")
    qa.press("Freeze, register and draw")
    qa.sees("Drawn:")
    qa.picture("qa-samples-drawn")
    qa.open("second_scoring")
    qa.picture("second-scoring-plan")
    qa.press("Register and draw")
    qa.sees("Drawn:")
    for done in range(4):
        qa.open("reviews")
        score(qa, outcome="Met" if done else "Not met")
    qa.open("reviews")
    qa.picture("qa-reviews-done")
    qa.open("results")
    qa.sees("Outcome: the standard is 98%")
    qa.picture("results-closed")
    with qa.a_run():
        qa.page.get_by_role("button", name="Agreement").or_(
            qa.page.get_by_text("Agreement", exact=True)
        ).first.click()
    qa.picture("results-agreement")

    # The manager turns what was learned into an action, authorised by the Head.
    manager.open("results")
    manager.picture("results-open")
    manager.load("learning?point=1")
    manager.sees("The second point of a complaint was not answered.")
    manager.page.get_by_text("Add an action").click()
    # A form: what is typed is sent when it is submitted.
    manager.page.get_by_role("textbox", name="What is to be done").fill("Use the list of points.")
    manager.pick("Authorised by, not the owner", "Hedda Head")
    manager.pick("Owner, who does it", "Nora North")
    target = date.today() + timedelta(days=30)  # noqa: DTZ011
    for part, value in (("day", target.day), ("month", target.month), ("year", target.year)):
        manager.page.get_by_role("spinbutton", name=f"{part}, Target date").press_sequentially(str(value))
    manager.page.keyboard.press("Escape")
    manager.settle()
    manager.picture("learning-point")
    manager.press("Add the action")
    manager.sees("The action is drafted.")
    manager.open("start")
    manager.sees("Your actions")
    manager.picture("manager-start-with-action")
