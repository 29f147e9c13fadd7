"""The learning screen and the form beneath an answer: empty, something done, something refused."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.point_queries import learning_points
from learning_register.raising import learn_by_hand
from learning_register.recording import Lesson
from learning_register.tables import Source
from sampling.tables import Route
from scorecards.requirements import Kind, Severity

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
    field(app.selectbox, "Kind").select("Any").run()
    field(app.text_input, "Paragraph").input("14").run()
    assert list(app.dataframe[0].value["Kind"]) == ["Organisational"]
    assert "Service Model 2.140 Listening (unverified)" in app.dataframe[0].value["Paragraphs"].iloc[0]
    field(app.text_input, "Paragraph").input("page 3").run()
    assert "is not a reference to a paragraph" in app.error[0].value
    field(app.text_input, "Paragraph").input("").run()
    field(app.text_input, "Search in what was learned").input("complaint answered").run()
    assert list(app.dataframe[0].value["Kind"]) == ["Individual"]
    field(app.selectbox, "Severity").select("Serious").run()
    assert "No learning point fits these filters" in words(app)
    # A list can be linked to: what is in the address is chosen.
    app = see(office, open_screen, NORTH, kind="Organisational", commitment="Any")
    assert list(app.dataframe[0].value["Kind"]) == ["Organisational"]


def test_the_list_is_turned_and_taken_away(office: ScoredOffice, open_screen: OpenScreen) -> None:
    with office.writing() as session:
        by = office.person(session, HEAD)
        for number in range(30):
            lesson = Lesson(LearningKind.GOOD_PRACTICE, f"=Praise number {number:02d}")
            learn_by_hand(session, lesson, source=Source.BY_HAND, by=by)
    app = see(office, open_screen, HEAD)
    assert app.dataframe[0].value["What was learned"].iloc[0] == "=Praise number 29"
    assert "Showing 1 to 25 of 30" in words(app)
    press(app, "Next")
    assert list(app.dataframe[0].value["What was learned"]) == [
        f"=Praise number 0{n}" for n in (4, 3, 2, 1, 0)
    ]
    field(app.text_input, "Search in what was learned").input('"number 07"').run()
    assert "1 learning point" in words(app)
    buttons = {button.label: button for button in app.get("download_button")}
    assert set(buttons) == {"Download as CSV", "Download as Excel", "Download as JSON"}


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
    assert "Fed back: **7 July 2026 to Nora North, not acknowledged yet**" in words(app)
    press(app, "Acknowledge it")
    assert "Fed back: **7 July 2026 to Nora North, acknowledged" in words(app)


def test_a_point_is_corrected_and_cites_more(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    _, point_id = with_points(office, review_id)
    app = see(office, open_screen, NORTH, point=point_id)
    press(app, "Keep the correction")
    assert "Say why it is corrected" in app.error[0].value
    field(app.text_area, "What was learned").input("Hedda never knew the template.").run()
    assert "This may name people: “Hedda”" in app.warning[0].value
    field(app.text_area, "What was learned").input("Nobody knew of the template.")
    field(app.selectbox, "Severity of what was learned").select(Severity.SERIOUS)
    field(app.text_input, "Why is it corrected?").input("Clearer.")
    press(app, "Keep the correction")
    assert "Severity: **Serious**" in words(app)
    next(box for box in app.multiselect if box.label.startswith("Paragraphs of the")).set_value(["40"])
    field(app.text_input, "Why is more cited?").input("It applies.")
    press(app, "Add these")
    assert "; 40 " in next(text.value for text in app.markdown if "Paragraphs: **" in text.value)


def test_what_may_say_the_same_is_shown_before_it_is_logged(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    first = office.learn(NORTH, review_id)
    app = see(office, open_screen, NORTH, "review", review=review_id)
    field(app.text_area, "What was learned").input("The complaint was not answered by the reasons given.")
    press(app, "Log the learning point")
    assert "What may say the same is shown above" in app.error[0].value
    assert f"[Learning point {first}](learning?point={first})" in words(app)
    press(app, "Log the learning point")
    assert "The learning point is logged" in app.success[0].value


def test_names_are_confirmed_before_they_are_kept(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int
) -> None:
    app = see(office, open_screen, NORTH, "review", review=review_id)
    field(app.text_area, "What was learned").input("Mr Smith was not called back.").run()
    assert "This may name people: “Mr Smith”" in app.warning[0].value
    press(app, "Log the learning point")
    assert "confirm that these words are to stay" in app.error[0].value
    field(app.checkbox, "I have looked at these words, and they are to stay").check()
    press(app, "Log the learning point")
    assert "The learning point is logged" in app.success[0].value


@pytest.mark.parametrize("query", [{"point": 1}, {"action": 1}, {"point": "x"}, {"action": 99}])
def test_what_is_not_for_you_is_refused(
    office: ScoredOffice, open_screen: OpenScreen, review_id: int, query: dict[str, object]
) -> None:
    office.act_on(NORTH, office.learn(NORTH, review_id))
    app = see(office, open_screen, SOUTH, **query)
    assert "There is a problem" in app.error[0].value
    assert "template" not in words(app)
