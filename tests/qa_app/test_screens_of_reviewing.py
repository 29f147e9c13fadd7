"""Start, Reviews, the score sheet and Scorecards: empty, something done, something refused."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from learning_register.citations import LearningKind
from learning_register.queries import learning_points
from sampling.tables import Route
from scorecards.queries import review_sheet
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import Declaration, Review, ReviewState, ScorecardUse
from scorecards.work_list import work_of

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, ADA = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Ada Min"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, open_cases=8)


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.caption, *app.success, *app.warning, *app.error]
    return " ".join(str(element.value) for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not found.exception
    return found


def test_start_tells_each_role_what_is_theirs(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "Choose which scorecard serves" in words(see(office, open_screen, ADA, "start"))
    manager = words(see(office, open_screen, NORTH, "start"))
    assert "this month's sample is not drawn yet. 4 reviews are required by" in manager
    assert "counted from the cases that are open now" in manager
    head = words(see(office, open_screen, HEAD, "start"))
    assert "0 of 2 teams complete. North: 0 of 4 required reviews done (not drawn yet)." in head
    assert "follow-up actions are open" in head
    assert "You have no role here yet" in words(see(office, open_screen, "Otto Owner", "start"))
    office.draw_closed([2])
    assert "2 of “Quarter”, due 3 August 2026" in words(see(office, open_screen, QA, "start"))


def test_no_case_to_review_says_when_there_will_be(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, QA, "reviews")
    assert "You have no case to review now. Cases appear here once a sample has been drawn." in words(app)
    assert "No review has been submitted yet" in words(app)


def test_cases_to_review_come_with_their_dates(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([4])
    first = office.to_do(QA, Route.CENTRAL)[0]
    office.score(QA, first, submit=False)
    app = see(office, open_screen, QA, "reviews")
    assert "4 to do, 1 of them started" in words(app)
    assert "due 3 August 2026" in words(app)
    assert [button.label for button in app.button if button.label.startswith("Go on with")]


def test_declaring_an_involvement_leaves_the_case_to_a_colleague(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    app = see(office, open_screen, QA, "review", sampled=sampled)
    app = press(app, "Continue")
    assert "Select whether you were involved" in words(app)
    app.radio[0].set_value("Yes")
    app = press(app.run(), "Continue")
    assert "Say in a few words how you were involved" in words(app)
    app.text_area[0].set_value("I took a call about it.")
    press(app, "Continue")
    with office.reading() as session:
        assert session.scalars(select(Declaration.is_involved)).one()
    assert office.to_do(QA, Route.CENTRAL) == []
    assert "you declared an involvement" in words(see(office, open_screen, QA, "review", sampled=sampled))


def test_every_answer_is_kept_and_submitting_locks(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    app = see(office, open_screen, NORTH, "review", sampled=sampled)
    app.radio[0].set_value("No")
    press(app.run(), "Continue")
    with office.reading() as session:
        review_id = session.scalars(select(Review.id)).one()
    app = see(office, open_screen, NORTH, "review", review=review_id)
    app.radio[0].set_value(ResponseValue.NOT_MET)
    app.run()
    app = press(app, "Submit review")
    assert "answers are not complete" in words(app)
    assert "Enter the evidence for “not met”." in words(app)  # beside the field as well
    next(area for area in app.text_area if area.label == "Evidence").set_value("It is left out.")
    app.run()

    again = see(office, open_screen, NORTH, "review", review=review_id)  # another session: nothing is lost
    assert again.radio[0].value == ResponseValue.NOT_MET
    assert next(area for area in again.text_area if area.label == "Evidence").value == "It is left out."
    for radio in again.radio[1:]:
        if "Met" in radio.options:
            radio.set_value(ResponseValue.MET)
    again.run()
    again = press(again, "Submit review")
    assert "is submitted" in words(again)
    assert "Overall: **Not met**" in words(again)
    assert not [button for button in again.button if button.label == "Submit review"]
    with office.reading() as session:
        assert session.scalars(select(Review.state)).one() == ReviewState.SUBMITTED


@pytest.mark.parametrize("submitted", [False, True])
def test_good_practice_is_logged_from_a_met_answer(
    office: ScoredOffice, open_screen: OpenScreen, submitted: bool
) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    review_id = office.score(NORTH, sampled, not_met=Kind.OUTCOME, submit=submitted)
    app = see(office, open_screen, NORTH, "review", review=review_id)
    chosen = next(box for box in app.selectbox if box.label == "Requirement that was met well")
    assert chosen.options == ["2. The remedy was right.", "3. The person was told what happens next."]
    app = press(app, "Log the good practice")
    assert "Something is missing: the requirement that was met well" in words(app)
    next(box for box in app.selectbox if box.label == "Requirement that was met well").select_index(1)
    app = press(app.run(), "Log the good practice")
    assert "The learning point says nothing" in words(app)
    next(area for area in app.text_area if area.label == "What was done well").set_value("Rang at once.")
    app = press(app.run(), "Log the good practice")
    assert "The good practice is logged." in words(app)
    assert "Good practice logged from this review so far: 1." in words(app)
    assert "It stays on record" not in words(app)  # nothing was learned from a requirement not met
    (point,) = office.ask(learning_points, NORTH)
    assert (point.kind, point.requirement_key, point.description) == (
        LearningKind.GOOD_PRACTICE,
        "told",
        "Rang at once.",
    )


def test_good_practice_is_for_the_reviewer_and_for_what_is_met(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    first, second, third, *_ = office.to_do(NORTH, Route.OPEN)
    submitted = office.score(NORTH, first)
    not_found = office.score(NORTH, second, file_found=False)
    nothing_met = office.score(NORTH, third, everything=ResponseValue.NOT_APPLICABLE, submit=False)
    for name, review_id in ((HEAD, submitted), (NORTH, not_found), (NORTH, nothing_met)):
        app = see(office, open_screen, name, "review", review=review_id)
        assert "Log good practice" not in [expander.label for expander in app.expander]


def test_a_file_that_is_not_found_needs_no_answers(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    review_id = office.score(QA, sampled, submit=False)
    app = see(office, open_screen, QA, "review", review=review_id)
    app.checkbox[0].check()
    app = press(app.run(), "Submit review")
    assert "The case file could not be found, so the case counts as not met." in words(app)
    sheet = office.ask(lambda session, person: review_sheet(session, review_id, person), QA)
    assert (sheet.outcome_met, len(sheet.responses)) == (False, 3)  # the answers are kept


def test_nobody_opens_what_is_not_theirs(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)[0]
    review_id = office.score(NORTH, sampled)
    for name in (SOUTH, QA):
        assert "not for you to see" in words(see(office, open_screen, name, "review", review=review_id))
    assert "cannot draw or review open cases" in words(
        see(office, open_screen, SOUTH, "review", sampled=sampled)
    )
    for nonsense in ("x", "-1", "9" * 30):
        assert "is not complete" in words(see(office, open_screen, QA, "review", review=nonsense))
    assert "No case is chosen" in words(see(office, open_screen, QA, "review"))


def test_a_second_scorer_is_told_of_the_moment_not_of_the_score(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    for sampled in office.to_do(NORTH, Route.OPEN):
        office.score(NORTH, sampled, not_met=Kind.OUTCOME)
    office.draw_second()
    sampled = office.to_do(QA, Route.SECOND)[0]
    review_id = office.score(QA, sampled, submit=False)
    app = see(office, open_screen, QA, "review", review=review_id)
    assert "Score the case as its file stood on 6 July 2026" in words(app)
    assert NORTH not in words(app)
    assert not [button for button in app.button if "read the file again" in button.label]
    assert all(item.caseworker is None for item in office.ask(work_of, QA))


def test_a_scorecard_is_chosen_for_a_type_of_case(office: ScoredOffice, open_screen: OpenScreen) -> None:
    reader = see(office, open_screen, QA, "scorecards")
    assert "An administrator or the Head of Customer Care chooses them" in words(reader)
    app = press(see(office, open_screen, ADA, "scorecards"), "Publish “Service complaint”")
    assert "is published" in words(app)
    box = next(box for box in app.selectbox if box.label == "Scorecard for it")
    box.set_value("service-complaint")
    press(app, "Use this scorecard")
    with office.reading() as session:
        newest = session.scalars(select(ScorecardUse).order_by(ScorecardUse.id.desc())).first()
        assert newest is not None
        assert (newest.case_type, newest.scorecard_key) == (None, "service-complaint")


def test_no_scorecard_means_no_review(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([1])
    (sampled,) = office.to_do(QA, Route.CENTRAL)
    with office.writing() as session:
        for use in session.scalars(select(ScorecardUse)):
            session.delete(use)
    app = see(office, open_screen, QA, "review", sampled=sampled)
    app.radio[0].set_value("No")
    app = press(app.run(), "Continue")
    assert "No scorecard serves cases without a type" in words(app)
