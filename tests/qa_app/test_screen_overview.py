"""The Head's screen: what waits for them, each figure with the way to its list, nothing that is sealed."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from scored_office import PASSWORD, START, ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.authorising import authorise_action
from learning_register.citations import LearningKind
from sampling.records.appointments import give_role
from sampling.records.database import writing
from sampling.records.office import add_person, open_office
from sampling.records.people import Role
from sampling.tables import Route
from scorecards.requirements import Kind

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Otto Owner"
SPRING, SUMMER = "Apr to Jun 2026", "Jul to Sep 2026"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    """Nora has reviewed one open case and learned from it; QA ten closed ones, of which one is not met."""
    office = ScoredOffice(sqlite_engine)
    office.draw_open("North", NORTH)
    office.draw_closed([10])
    for number, sampled_id in enumerate(office.to_do(QA, Route.CENTRAL)):
        office.score(QA, sampled_id, not_met=Kind.OUTCOME if number == 0 else None)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    point_id = office.learn(NORTH, review_id)
    office.learn(NORTH, review_id, kind=LearningKind.GOOD_PRACTICE, citations=[], commitments=[])
    office.act_on(NORTH, point_id, begun=False, description="Write the *template* anew.")
    office.act_on(NORTH, point_id)
    return office


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "overview", **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.info, *app.caption]
    return " ".join(element.value for element in shown)


def links(app: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Where each link leads: its screen, and what it asks for there."""
    protos = [link.proto for link in app.get("page_link")]
    return {one.label: (one.page, parse_qs(one.query_string)) for one in protos}


def test_what_waits_for_the_head_leads_to_its_list(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD)
    found = links(app)
    assert found["1 action to authorise"] == (
        "learning",
        {"part": ["Actions"], "actions-shown": ["To be authorised"]},
    )
    assert found["Action 1: Write the \\*template\\* anew."] == ("learning", {"action": ["1"]})
    assert found["2 actions overdue"][1]["actions-shown"] == ["Overdue"]
    assert found["1 case held back now"] == ("held_cases", {})
    assert "No action is without an owner; no action waits to be verified" in words(app)
    assert found["In progress: 1"][1] == {"part": ["Actions"], "actions-shown": ["In progress"]}
    assert found["North: 2, 2 overdue"][1] == {"part": ["Actions"], "actions-team": ["North"]}
    assert found["Otto Owner: 2, 2 overdue"][1] == {"part": ["Actions"], "actions-owner": [OWNER]}
    # What was kept of the books is not shown once they have changed.
    office.change(authorise_action, HEAD, 1)
    app.run()
    assert "1 action to authorise" not in links(app)
    assert "No action waits to be authorised" in words(app)


def test_the_standards_and_the_learning_of_a_quarter(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, HEAD, quarter=SPRING)
    assert links(app)["Outcome of closed cases, 98%"][1]["sample"] == ["2"]
    assert "**Missed.** 90.0% (likely range 65.0% to 95.0%) of 20 cases, n = 10. Quarter" in words(app)
    assert "0 learning points logged, 0 good practice. **2 of 2 teams** and **18 of 18 commit" in words(app)
    assert "**Not known.** The first extract is of a later month" in words(app)
    assert "No second scoring that you may see has been drawn" in words(app)

    app.selectbox(key="quarter").select(SUMMER).run()
    assert not app.exception
    assert "No sample of closed cases of this period has been drawn" in words(app)
    assert "2 learning points logged, 1 good practice. **1 of 2 teams** and **17 of 18 commit" in words(app)
    cited = links(app)["Review guidance 38 Recording and analysing the challenge"][1]
    assert cited["document"] == ["Review and feedback guidance"]
    assert cited["paragraph"] == ["38"]
    silent = next(table.value for table in app.dataframe if "Reviews of its cases" in table.value.columns)
    assert list(silent["Team"]) == ["South"]
    chooser = next(box for box in app.selectbox if box.label == "See the learning points of")
    assert chooser.options[:2] == ["Good practice: 1", "Team North: 2"]
    chooser.select("Team North: 2").run()
    assert not app.exception
    assert [2, 1] in [list(table.value["Number"]) for table in app.dataframe if "Kind" in table.value.columns]


def test_a_head_who_reviews_for_qa_sees_nothing_sealed(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.give_role(HEAD, Role.QA_REVIEWER)
    app = see(office, open_screen, HEAD, quarter=SUMMER)
    assert "is counted nowhere here" in words(app)
    assert "No action waits to be authorised; no action is overdue" in words(app)
    assert "No action has been agreed yet" in words(app)
    assert "0 learning points logged" in words(app)
    assert "no case is held back" in words(app)
    assert "No open case with a result in this period" in words(app)
    assert not [label for label in links(app) if label.startswith("Action")]


@pytest.mark.parametrize("name", [NORTH, QA, OWNER])
def test_it_is_for_nobody_else(office: ScoredOffice, open_screen: OpenScreen, name: str) -> None:
    assert see(office, open_screen, name).title[0].value != "Overview"  # it is not on their menu
    app = AppTest.from_string("from qa_app.screens import overview\noverview.show()").run()
    assert not app.exception
    assert f"{name} cannot do this: it is for the Head of Customer Care" in app.error[0].value
    assert not app.subheader


def test_an_office_that_has_only_just_begun(sqlite_engine: Engine, open_screen: OpenScreen) -> None:
    with writing(sqlite_engine) as session:
        by = open_office(session, "New", administrator="Ada", email="ada@example.org", password=PASSWORD)
        head = add_person(session, HEAD, email=None, password=None, by=by)
        give_role(session, head, role=Role.HEAD, starts_on=START, by=by)
    app = open_screen(sqlite_engine, head, "overview")
    assert not app.exception
    for sentence in (
        "No extract of cases had been imported",
        "No action has been agreed yet",
        "No held case",
    ):
        assert sentence in words(app)
