"""Allocation and Reassign work: empty, something done, something refused, something sealed."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from learning_register.reassigning import Kind, held_by
from sampling.tables import Route
from scorecards.allocation_queries import own_cases
from scorecards.requirements import Kind as Requirement
from scorecards.tables import Allocation
from scorecards.work_list import work_of

OpenScreen = Callable[..., AppTest]
HEAD, QA, ROBIN, NORTH, ADA, OTTO = (
    "Hedda Head",
    "Quinn Qua",
    "Robin Qua",
    "Nora North",
    "Ada Min",
    "Otto Owner",
)


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
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def choose(app: AppTest, label: str, words: str) -> AppTest:
    box = next(box for box in app.selectbox if box.label == label)
    number = next(number for number, option in enumerate(box.options) if words in option)
    found = box.select_index(number).run()
    assert not found.exception
    return found


def test_with_nothing_to_share_out_it_says_who_could(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "No sample that you may share out" in words(see(office, open_screen, QA, "allocation"))
    assert "Nothing waits for anybody here" in words(see(office, open_screen, ADA, "reassign"))


def test_a_sample_is_shared_out_and_a_case_passed_on(office: ScoredOffice, open_screen: OpenScreen) -> None:
    draw_id = office.draw_closed([4])
    app = see(office, open_screen, QA, "allocation", sample=draw_id)
    assert "4 cases with nobody" in words(app)
    assert "That gives: Quinn Qua 2, Robin Qua 2." in words(app)
    app.radio[0].set_value("So many each").run()
    app.number_input[0].set_value(1)
    app.number_input[1].set_value(2)
    app = app.run()
    assert "1 case left over: those who may have them take no more." in words(app)
    app = press(app, "Allocate the cases")
    assert "Allocated: 3 cases." in words(app)
    assert "1 case with nobody" in words(app)
    (mine,) = office.ask(own_cases, QA)
    app = choose(app, "Pass your case on", f"{mine.reference}, Review for QA")
    app = choose(app, "Who gets your case", ROBIN)
    app = press(app, "Give your case to them")
    assert f"Passed on: {mine.reference}" in words(app).replace("\\", "")
    assert len(office.ask(own_cases, ROBIN)) == 3


def test_of_a_second_scoring_the_screen_shows_counts(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_open("North", NORTH)
    sampled = office.to_do(NORTH, Route.OPEN)
    for sampled_id in sampled:
        office.score(NORTH, sampled_id)
    references = {item.reference for item in office.ask(work_of, NORTH)}
    draw_id = office.draw_second()
    for name in (QA, HEAD):
        app = see(office, open_screen, name, "allocation", sample=draw_id)
        assert "4 cases with nobody" in words(app)
        assert "Which cases these are is sealed" in words(app)
        assert not any(reference in words(app) for reference in references)
        assert [frame.value.columns[0] for frame in app.dataframe] == ["Reviewer"]
    assert "No sample that you may share out" in words(see(office, open_screen, NORTH, "allocation"))


def test_all_that_waits_for_a_person_is_reassigned_from_one_screen(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_open("North", NORTH)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Requirement.OUTCOME)
    point_id = office.learn(NORTH, review_id)
    for _ in range(2):
        office.act_on(NORTH, point_id, owner=OTTO, authoriser=NORTH)
    app = see(office, open_screen, HEAD, "reassign", whose=office.ask(lambda _, who: who.id, NORTH))
    assert [heading.value for heading in app.subheader] == ["Actions authorised: 2"]
    assert "Choose who takes it over" in words(app)
    app = choose(app, "Who takes it over", OTTO)
    assert "None of these can go there." in words(app)
    assert "owns this action" in str(app.dataframe[0].value)
    assert "Nothing is chosen" in words(press(app, "Reassign what is chosen"))
    app = choose(app, "Who takes it over", "Sue South")
    next(box for box in app.checkbox if box.label.startswith("All of them")).uncheck().run()
    app.multiselect[0].set_value([0]).run()
    app = press(app, "Reassign what is chosen")
    assert "Nora North's work is reassigned: 1 in all." in words(app)
    with office.reading() as session:
        by, sue = office.person(session, HEAD), office.person(session, "Sue South")
        assert [held.kind for held in held_by(session, sue.id, by=by)] == [Kind.TO_AUTHORISE]
        assert session.scalars(select(Allocation)).all() == []
