"""Learning logged elsewhere than on a review, the list of root causes, and a review team's list."""

from collections.abc import Callable

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from learning_register.citations import LearningKind
from learning_register.point_queries import learning_points
from learning_register.root_causes import root_causes
from learning_register.tables import Source
from sampling.tables import Route
from scorecards.dispute_decisions import Decision
from scorecards.disputes import decide_dispute, raise_dispute
from scorecards.feedback import share_feedback
from scorecards.requirements import Kind
from scorecards.tables import Review
from scorecards.tables_feedback import Dispute

OpenScreen = Callable[..., AppTest]
HEAD, QA, NORTH, OWNER, ADA = "Hedda Head", "Quinn Qua", "Nora North", "Otto Owner", "Ada Min"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, closed=4, with_sign_in=[HEAD, NORTH, QA])


def see(office: ScoredOffice, open_screen: OpenScreen, name: str, part: str, **query: object) -> AppTest:
    with office.reading() as session:
        person = office.person(session, name)
    app = open_screen(office.engine, person, "learning", part=part, **query)
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label == label).click().run()
    assert not found.exception
    return found


def field(elements: object, label: str):  # type: ignore[no-untyped-def]
    return next(element for element in elements if element.label == label)  # type: ignore[attr-defined]


def words(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.title, *app.markdown, *app.caption])


def test_praise_is_logged_by_hand(office: ScoredOffice, open_screen: OpenScreen) -> None:
    app = see(office, open_screen, NORTH, "New learning point")
    sources = field(app.radio, "Where was it learned?")
    assert sources.options == ["By hand", "Positive feedback"]  # nothing to learn from elsewhere yet
    sources.set_value(Source.POSITIVE_FEEDBACK).run()
    assert field(app.radio, "What kind of learning is it?").value == LearningKind.GOOD_PRACTICE
    field(app.text_area, "What was learned").input("The call came early.")
    press(app, "Log the learning point")
    assert "for your own teams" in app.error[0].value
    field(app.text_input, "Case, if it is about one").input("c-000")
    press(app, "Log the learning point")
    assert "The learning point is logged" in app.success[0].value
    (row,) = office.ask(learning_points, NORTH)
    assert (row.source, row.reference, row.team) == (Source.POSITIVE_FEEDBACK, "C-000", "North")
    app = see(office, open_screen, OWNER, "New learning point")
    assert "Learning is logged by line managers" in words(app)


def test_a_decided_dispute_leads_to_the_form(office: ScoredOffice, open_screen: OpenScreen) -> None:
    office.draw_closed([4])
    review_id = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    with office.writing() as session:
        review, head = session.get_one(Review, review_id), office.person(session, HEAD)
        frozen = review.sampled_case.frame_case
        assert frozen.team is not None
        manager = "Nora North" if frozen.team.name == "North" else "Sue South"
        by = office.person(session, manager)
        share_feedback(session, review, shared_on=office.now.date(), by=by)
        number = raise_dispute(session, review, requirement_keys=["answered"], grounds="It was so.", by=by).id
        decide_dispute(
            session,
            session.get_one(Dispute, number),
            decision=Decision.NOT_UPHELD,
            reason="The letter leaves it out.",
            findings={},
            evidence={},
            by=head,
        )
    app = see(office, open_screen, HEAD, "New learning point", source="dispute", of=number)
    assert field(app.radio, "Where was it learned?").value == Source.DISPUTE
    assert "The letter leaves it out." in words(app)
    field(app.radio, "What kind of learning is it?").set_value(LearningKind.ORGANISATIONAL).run()
    field(app.checkbox, "It is a gap in the guidance: no paragraph covers this").check()
    field(app.text_area, "What was learned").input("Nothing says what a last letter holds.")
    press(app, "Log the learning point")
    (row,) = office.ask(learning_points, HEAD)
    assert (row.source, row.dispute_id, row.review_id) == (Source.DISPUTE, number, review_id)
    with office.reading() as session:
        person = office.person(session, HEAD)
    app = open_screen(office.engine, person, "learning", point=row.point_id)
    assert "From: **A dispute**" in words(app)
    assert any(link.label == "The feedback sheet with the dispute" for link in app.get("page_link"))


def test_root_causes_are_kept(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "keep this list" in words(see(office, open_screen, NORTH, "Root causes"))
    app = see(office, open_screen, HEAD, "Root causes")
    press(app, "Add those that come with the product")
    assert len(app.dataframe[0].value) == 9
    field(app.text_input, "A new root cause").input("Haste")
    press(app, "Add it")
    with office.reading() as session:
        number = next(cause.id for cause in root_causes(session) if cause.name == "Haste")
    field(app.selectbox, "Change a root cause").select(number).run()
    field(app.text_input, "Its name").input("Hurry")
    press(app, "Rename it")
    field(app.selectbox, "Change a root cause").select(number).run()
    press(app, "Retire it")
    field(app.selectbox, "Change a root cause").select(number).run()
    press(app, "Bring it back")
    assert "can be chosen again" in app.success[0].value


def test_a_list_is_looked_at_and_taken_in(office: ScoredOffice, open_screen: OpenScreen) -> None:
    assert "QA reviewers and the Head" in words(see(office, open_screen, NORTH, "Import a list"))
    app = see(office, open_screen, HEAD, "Import a list")
    header = b"Kind;What was learned\n"
    app.file_uploader[0].set_value(("list.csv", header + b"Gossip;Late.\n", "text/csv")).run()
    assert "before 1 cell of this file is mended" in app.error[0].value
    assert list(app.dataframe[-1].value["Column"]) == ["Kind"]
    good = header + b"Good practice;Mr Smith was called early.\n"
    app.file_uploader[0].set_value(("list.csv", good, "text/csv")).run()
    assert "1 learning point would be taken in" in words(app)
    press(app, "Take in the list")
    assert "may name people" in app.error[0].value
    field(app.checkbox, "I have looked at these words, and they are to stay").check()
    press(app, "Take in the list")
    assert "1 learning point taken in" in app.success[0].value
    (row,) = office.ask(learning_points, HEAD)
    assert (row.source, row.file_name) == (Source.REVIEW_TEAM, "list.csv")
    app.file_uploader[0].set_value(("other.csv", good, "text/csv")).run()
    assert "each list is taken in once" in app.error[0].value
