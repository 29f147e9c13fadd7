"""Stepping in, Held cases, Start and Approvals: empty, something done, something refused, and who is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from scored_office import NOW, START, ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from sampling.records.audit_trail import record
from sampling.records.database import today
from sampling.tables import Route, SampledCase
from scorecards.approvals import add_approver, set_approval_level
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import Answer, Review
from scorecards.tables_intervention import ApprovalLevel, Approver, HeldCase, Intervention, Level

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, SOUTH, ADA, OTTO = (
    "Hedda Head",
    "Quinn Qua",
    "Nora North",
    "Sue South",
    "Ada Min",
    "Otto Owner",
)


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    made = ScoredOffice(sqlite_engine, closed=4, open_cases=8)
    made.draw_open("North", NORTH)
    with made.writing() as session:
        made.person(session, OTTO).email = "otto@example.org"
        record(session, "set_up", "test", by=None)
    return made


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, screen: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, screen, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.markdown, *app.text, *app.info, *app.success, *app.warning, *app.error]
    return " ".join(str(element.value) for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not found.exception
    return found


def fill(app: AppTest, kind: str, label: str, value: object) -> None:
    next(field for field in getattr(app, kind) if field.label == label).set_value(value)


def review_one(office: ScoredOffice, *, submit: bool = True) -> int:
    return office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME, submit=submit)


@pytest.mark.parametrize("submit", [False, True])
def test_a_manager_steps_in_and_the_owner_says_what_came_of_it(
    office: ScoredOffice, open_screen: OpenScreen, submit: bool
) -> None:
    review_id = review_one(office, submit=submit)
    app = press(see(office, open_screen, NORTH, "review", review=review_id), "Ask for it")
    assert "Something is missing: who does it" in words(app)
    fill(app, "text_area", "What is to be put right", "Write again.")
    with office.reading() as session:
        fill(app, "selectbox", "Who does it", office.person(session, OTTO).id)
    press(app, "Ask for it")
    with office.writing() as session:
        asked = session.scalars(select(Intervention)).one()
        assert (asked.what, asked.review_id) == ("Write again.", review_id)
        asked.due_on, asked.made_at = today(session) - timedelta(days=3), NOW
        record(session, "set_up", "test", by=None)
        office.now = NOW + timedelta(days=400)

    assert "1 intervention on open cases" in words(see(office, open_screen, NORTH, "start"))
    app = see(office, open_screen, OTTO, "start")
    assert "Write again." in words(app)
    assert "overdue by" in words(app)
    app = press(app, "Record the result")
    assert "Something is missing" in words(app)
    fill(app, "text_area", "What was done, and what came of it", "Sent.")
    fill(app, "date_input", "Done on", NOW.date())
    press(app, "Record the result")
    assert "Write again." not in words(see(office, open_screen, OTTO, "start"))
    assert "**What came of it:** Sent." in words(see(office, open_screen, NORTH, "review", review=review_id))


def test_what_is_put_right_is_recorded_on_the_review_and_lets_the_case_go(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    review_id = review_one(office)
    app = see(office, open_screen, NORTH, "review", review=review_id)
    assert "must not go out" in words(app)
    app = press(app, "It is met now")
    assert "Say why the review is changed" in words(app)
    fill(app, "text_area", "What was done, and where the file shows it", "Page 7.")
    app = press(app, "It is met now")
    assert "Recorded: it was put right." in words(app)
    assert "must not go out" not in words(app)
    with office.reading() as session:
        key = office.requirement(session, Kind.OUTCOME)
        answer = session.get_one(Answer, (review_id, key))
        assert (answer.response, answer.put_right) == (ResponseValue.NOT_MET, True)
        assert session.scalars(select(HeldCase.put_right_at)).one() is not None
    history = see(office, open_screen, HEAD, "held_cases", part="History").dataframe[0].value
    assert history[["What became of it", "Why"]].values.tolist() == [["Put right", "Page 7."]]


def test_start_tells_the_manager_at_once_and_an_approver_releases(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    review_one(office)
    with office.writing() as session:
        ada, otto = office.person(session, ADA), office.person(session, OTTO)
        set_approval_level(
            session, decision="Quash", level=Level.DEPUTY, reference="69", starts_on=START, by=ada
        )
        add_approver(session, otto, level=Level.DEPUTY, starts_on=START, ends_on=None, by=ada)
    assert "1 case held back in the office" in words(see(office, open_screen, HEAD, "start"))
    told = words(see(office, open_screen, NORTH, "start"))
    assert "Every point was answered: not met" in told
    with office.reading() as session:
        assert session.scalars(select(HeldCase.told_at)).one() is not None
    listed = see(office, open_screen, NORTH, "held_cases")
    assert listed.dataframe[0].value["Level that may release it"].tolist() == ["Head of Customer Care"]
    app = see(office, open_screen, NORTH, "held_cases", held=1)
    assert "You reviewed this case." in words(app)
    typed_into = [field.id for field in app.text_area]
    assert "These may release it: Hedda Head, Otto Owner." in words(app)
    fill(app, "selectbox", "Kind of decision", "Quash")
    app = press(app, "Save the kind of decision")
    assert "These may release it: Otto Owner." in words(app)
    assert [field.id for field in app.text_area] == typed_into  # what is typed beside it stays
    assert "needs a higher level than yours" in words(see(office, open_screen, HEAD, "held_cases", held=1))

    start = words(see(office, open_screen, OTTO, "start"))
    assert "1 case held back that you may see" in start
    assert "You have no role here yet" not in start
    app = press(see(office, open_screen, OTTO, "held_cases", held=1), "Release the case")
    assert "Say why the case may go out" in words(app)
    fill(app, "text_area", "Why may it go out although not all is met?", "Agreed.")
    app = press(app, "Release the case")
    assert "is released, and may go out" in words(app)
    assert "Must not go out" not in " ".join(see(office, open_screen, NORTH, "start").subheader.values)


def test_a_breach_is_on_the_heads_start_until_nothing_is(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    review_id = review_one(office)
    assert "No held case that you may see has gone out" in words(
        see(office, open_screen, HEAD, "held_cases", part="Breaches")
    )
    with office.writing() as session:
        review = session.get_one(Review, review_id)
        case = session.get_one(SampledCase, review.sampled_case_id).frame_case.case
        case.state, case.closed_on = "closed", today(session)
        record(session, "set_up", "test", by=None)
    assert "Breaches: 1 held case went out" in words(see(office, open_screen, HEAD, "start"))
    breaches = see(office, open_screen, HEAD, "held_cases", part="Breaches").dataframe[0].value
    assert breaches["Now"].tolist() == ["Went out without being let go"]
    assert "too late" not in words(see(office, open_screen, NORTH, "held_cases", held=1))


@pytest.mark.parametrize("name", [QA, SOUTH, "Thea Theme"])
def test_who_may_not_know_sees_an_empty_screen_that_says_why(
    office: ScoredOffice, open_screen: OpenScreen, name: str
) -> None:
    review_one(office)
    app = see(office, open_screen, name, "held_cases")
    assert "No case that you may see is held back now" in words(app)
    assert "once they have scored the case themselves" in words(app)
    assert "not for you to see" in words(see(office, open_screen, name, "held_cases", held=1))
    assert "Nobody has been asked" in words(
        see(office, open_screen, name, "held_cases", part="Interventions")
    )
    assert "held back" not in words(see(office, open_screen, name, "start"))


def test_an_administrator_sets_levels_and_names_approvers(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    app = press(see(office, open_screen, ADA, "office", part="Approvals"), "Use the levels of the guidance")
    shown = app.dataframe[0].value
    assert set(shown["Rests on paragraphs"]) == {"63", "69", "72", "73", ""}
    app = press(app, "Set the level")
    assert "Something is missing: the first day" in words(app)
    fill(app, "date_input", "First day", NOW.date())
    app = press(app, "Set the level")
    assert "The level is set." in words(app)
    with office.reading() as session:
        fill(app, "selectbox", "Who", office.person(session, OTTO).id)
    next(field for field in app.date_input if field.key and "approver-from" in field.key).set_value(START)
    app = press(app, "Name the approver")
    assert "The approver is named." in words(app)
    with office.reading() as session:
        assert session.scalars(select(Approver.level)).all() == [Level.ASSISTANT_DIRECTOR]
        assert len(session.scalars(select(ApprovalLevel.id)).all()) == 5
    reader = see(office, open_screen, HEAD, "office", part="Approvals")
    assert [button.label for button in reader.button] == []
