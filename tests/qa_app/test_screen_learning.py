"""The learning screen and the form beneath an answer: empty, something done, something refused."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.actions import TypedCitation
from learning_register.citations import LearningKind
from learning_register.documents import GUIDANCE
from learning_register.following_up import finish_action
from learning_register.queries import follow_up_actions, learning_points
from sampling.tables import Route
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, with_sign_in=[HEAD, NORTH, "Thea Theme"])


@pytest.fixture
def review_id(office: ScoredOffice) -> int:
    """A review of North with its first outcome requirement not met, still a draft."""
    office.draw_open("North", NORTH)
    return office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME, submit=False)


def see(
    office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str = "learning", **query: object
) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.info, *app.caption]
    return " ".join(element.value for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def field(elements: object, label: str):  # type: ignore[no-untyped-def]
    return next(element for element in elements if element.label == label)  # type: ignore[attr-defined]


def test_before_anything_was_learned(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "Nothing has been learned yet that you may see" in words(see(office, open_screen, NORTH))
    assert "No action has been agreed yet" in words(see(office, open_screen, NORTH, part="Actions"))


def test_learning_is_logged_beneath_an_answer_that_is_not_met(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    app = see(office, open_screen, NORTH, "review", review=review_id)
    paragraphs = next(box for box in app.multiselect if box.label.startswith("Paragraphs of the"))
    assert paragraphs.value == ["38"]  # what the requirement rests on
    commitments = field(app.multiselect, "Commitments of the Service Charter")
    assert commitments.value == [5]
    assert sum("(number inferred)" in option for option in commitments.options) == 4

    press(app, "Log the learning point")
    assert "The learning point says nothing" in app.error[0].value
    field(app.text_area, "What was learned").input("The reasons did not answer the complaint.")
    field(app.checkbox, "Cite a document that is not loaded").check().run()
    field(app.text_input, "Paragraph").input("2.140")
    press(app, "Log the learning point")
    assert "is in a document that is not loaded" in app.error[0].value
    assert field(app.text_area, "What was learned").value == "The reasons did not answer the complaint."
    field(app.text_input, "Document").input("Service Model")
    field(app.text_input, "Title of the paragraph").input("Listening")
    press(app, "Log the learning point")
    assert "The learning point is logged" in app.success[0].value
    (row,) = office.ask(learning_points, NORTH)
    assert (row.unverified, row.commitments) == (("2.140",), (5,))
    assert "1 learning point is logged from this requirement already" in words(app)
    assert field(app.text_area, "What was learned").value == ""


def test_a_gap_is_for_organisational_learning(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    gap = "It is a gap in the guidance: no paragraph covers this"
    app = see(office, open_screen, NORTH, "review", review=review_id)
    assert gap not in [box.label for box in app.checkbox]
    field(app.radio, "What kind of learning is it?").set_value(LearningKind.ORGANISATIONAL).run()
    field(app.checkbox, gap).check()
    next(box for box in app.multiselect if box.label.startswith("Paragraphs")).set_value([])
    field(app.multiselect, "Commitments of the Service Charter").set_value([])
    field(app.text_area, "What was learned").input("Nothing says who answers.")
    press(app, "Log the learning point")
    (row,) = office.ask(learning_points, NORTH)
    assert (row.kind, row.is_gap, row.paragraphs) == (LearningKind.ORGANISATIONAL, True, ())


def with_points(office: ScoredOffice, review_id: int) -> tuple[int, int]:
    individual = office.learn(NORTH, review_id)
    citing = [TypedCitation(GUIDANCE, "14"), TypedCitation("Service Model", "2.140", "Listening")]
    organisational = office.learn(
        NORTH,
        review_id,
        kind=LearningKind.ORGANISATIONAL,
        citations=citing,
        commitments=[],
        description="Nobody *knew* the template.",
    )
    return individual, organisational


def test_the_list_is_filtered(office: ScoredOffice, open_screen: OpenScreen, review_id: int) -> None:
    with_points(office, review_id)
    app = see(office, open_screen, NORTH)
    assert len(app.dataframe[0].value) == 2
    field(app.selectbox, "Kind").select("Individual").run()
    assert list(app.dataframe[0].value["Kind"]) == ["Individual"]
    field(app.selectbox, "Kind").select("All kinds").run()
    cited = field(app.selectbox, "Paragraph or commitment")
    assert "Commitment 5" in cited.options
    cited.select(next(option for option in cited.options if "2.140" in option)).run()
    assert list(app.dataframe[0].value["Kind"]) == ["Organisational"]
    assert "Service Model 2.140 Listening (unverified)" in app.dataframe[0].value["Paragraphs"].iloc[0]


def test_one_point_with_its_way_back_and_its_feedback(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    _, point_id = with_points(office, review_id)
    app = see(office, open_screen, NORTH, point=point_id)
    assert "Nobody \\*knew\\* the template." in words(app)
    assert "Fed back: **Not yet**" in words(app)
    assert len(app.get("page_link")) >= 3  # the list, the review, the sample

    field(app.date_input, "Fed back on").set_value(date.today() + timedelta(days=1))  # noqa: DTZ011
    press(app, "Record the feedback")
    assert "is in the future" in app.error[0].value
    field(app.date_input, "Fed back on").set_value(date(2026, 7, 7))
    press(app, "Record the feedback")
    assert "The feedback is recorded" in app.success[0].value
    assert "Fed back: **7 July 2026 to Nora North**" in words(app)


def test_an_action_is_added_done_and_opened_again(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    point_id, _ = with_points(office, review_id)
    soon = date.today() + timedelta(days=14)  # noqa: DTZ011
    app = see(office, open_screen, NORTH, point=point_id)
    assert "No action has been agreed on this yet" in words(app)
    field(app.text_area, "What is to be done").input("Go through the template.")
    press(app, "Add the action")
    assert "Something is missing: the owner" in app.error[0].value
    field(app.selectbox, "Owner, who does it").select(NORTH)
    field(app.selectbox, "Authorised by, not the owner").select(NORTH)
    field(app.date_input, "Target date").set_value(soon)
    press(app, "Add the action")
    assert "authorised by its owner" in app.error[0].value
    field(app.selectbox, "Authorised by, not the owner").select(HEAD)
    press(app, "Add the action")
    assert "The action is added" in app.success[0].value
    (row,) = office.ask(follow_up_actions, NORTH)

    app = see(office, open_screen, NORTH, action=row.action_id)
    press(app, "Mark as done")
    assert "Say what was done" in app.error[0].value
    field(app.text_area, "What was done").input("Gone through.")
    press(app, "Mark as done")
    assert "What was done: **Gone through.**" in words(app)
    field(app.text_input, "Why is it opened again?").input("Two were away.")
    press(app, "Open the action again")
    assert "The action is open again" in app.success[0].value


def test_the_target_date_is_moved_by_who_authorised_it(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    point_id, _ = with_points(office, review_id)
    action_id = office.act_on(NORTH, point_id, owner=NORTH)
    app = see(office, open_screen, NORTH, action=action_id)
    assert "Move the target date" not in [button.label for button in app.button]
    soon = date.today() + timedelta(days=14)  # noqa: DTZ011
    office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    app = see(office, open_screen, HEAD, action=action_id)
    field(app.date_input, "New target date").set_value(soon)
    press(app, "Move the target date")
    assert "Say why the target date moves" in app.error[0].value
    field(app.text_input, "Why does it move?").input("Waiting for the template.")
    press(app, "Move the target date")
    assert "First target date: **20 July 2026**" in words(app)


def test_what_is_overdue_is_said_and_filtered(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    point_id, _ = with_points(office, review_id)
    office.act_on(NORTH, point_id)
    far = date(2099, 1, 1)
    office.act_on(NORTH, point_id, target_date=far, description="Train everybody.")
    app = see(office, open_screen, NORTH, part="Actions")
    assert "2 open, 1 of them overdue; 0 done." in words(app)
    field(app.radio, "Show").set_value("Overdue").run()
    assert list(app.dataframe[0].value["Action"]) == ["Go through the template at the team meeting."]
    assert app.dataframe[0].value["State"].iloc[0].startswith("Overdue by ")
    field(app.checkbox, "Only those I own or authorised").check().run()
    assert "No action fits" in words(app)


@pytest.mark.parametrize("query", [{"point": 1}, {"action": 1}, {"point": "x"}, {"action": 99}])
def test_what_is_not_for_you_is_refused(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int, query: dict[str, object]
) -> None:
    office.act_on(NORTH, office.learn(NORTH, review_id))
    app = see(office, open_screen, SOUTH, **query)
    assert "There is a problem" in app.error[0].value
    assert "template" not in words(app)


def test_a_done_action_says_whether_it_worked(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, review_id))
    for_each = office.to_do(NORTH, Route.OPEN)[1:]
    office.score(NORTH, for_each[0], not_met=Kind.OUTCOME)
    assert "Did it work?" not in [
        heading.value for heading in see(office, open_screen, NORTH, action=action_id).subheader
    ]
    office.change(finish_action, NORTH, action_id, note="Gone through.")
    said = words(see(office, open_screen, NORTH, action=action_id))
    assert "Not shown: no other review after 6 July 2026 that you may see answers this requirement." in said
    office.later(1)
    office.score(NORTH, for_each[1])
    app = see(office, open_screen, NORTH, action=action_id)
    said = words(app)
    assert "Not shown: the reviews do not tell whether the action made a difference." in said
    assert "Not met in 1 of 1 review (100%) before, and in 0 of 1 review (0%) after." in said
    assert "between 100.0 percentage points fewer and 97.5 percentage points more (95% sure)" in said
    assert list(app.dataframe[0].value["Not met"]) == [1, 0]
