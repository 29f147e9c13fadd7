"""Feedback and disputes on screen, and the sheet that is taken away: empty, done, refused."""

from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from qa_app.feedback_sheet import feedback_document
from sampling.records.audit_trail import record
from sampling.tables import Route
from scorecards.dispute_decisions import Decision
from scorecards.disputes import raise_dispute
from scorecards.feedback_sheets import feedback_sheet
from scorecards.requirements import Kind, ResponseValue
from scorecards.tables import Answer, Review
from scorecards.tables_agreement import FirstSight
from scorecards.tables_feedback import Dispute, Feedback

OpenScreen = Callable[..., AppTest]
HEAD, QA, SECOND_QA, NORTH, SOUTH = "Hedda Head", "Quinn Qua", "Robin Qua", "Nora North", "Sue South"
MANAGERS = {"North": NORTH, "South": SOUTH}


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
    shown = [*app.title, *app.markdown, *app.caption, *app.success, *app.error]
    return " ".join(str(element.value) for element in shown)


def press(app: AppTest, label: str) -> AppTest:
    found = next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not found.exception
    return found


def reviewed(office: ScoredOffice) -> tuple[int, str]:
    """QA's review of a closed case, not met, and the manager of its caseworker."""
    office.draw_closed([1])
    review_id = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    with office.writing() as session:
        review = session.get_one(Review, review_id)
        team = review.sampled_case.frame_case.team
        assert team is not None
        return review_id, MANAGERS[team.name]


def test_without_reviews_the_screen_says_who_decides(office: ScoredOffice, open_screen: OpenScreen) -> None:
    said = words(see(office, open_screen, NORTH, "disputes"))
    assert "No dispute waits for you. The Head of Customer Care decides disputes" in said
    assert "No dispute has been decided yet" in said
    assert "No review has been submitted yet whose feedback sheet you may read" in said
    assert "no such feedback sheet" in words(see(office, open_screen, NORTH, "disputes", review="x"))


def test_from_sharing_to_a_decided_dispute(office: ScoredOffice, open_screen: OpenScreen) -> None:
    review_id, manager = reviewed(office)
    app = see(office, open_screen, manager, "disputes", review=review_id)
    assert "It has not been shared with the caseworker yet" in words(app)
    app = press(app, "Record that it was shared")
    assert "Recorded: the feedback was shared" in words(app)
    app.text_area[0].set_value("I wrote to them on the Monday.")
    app = press(app, "Keep the comments")
    assert "The caseworker's comments are kept" in words(app)
    app = press(app, "Dispute this review")
    assert "No requirement is chosen" in words(app)
    app.multiselect[0].select("answered")
    app.text_area[0].set_value("The second letter answers it.")
    app = press(app, "Dispute this review")
    assert "Waiting to be decided" in words(app)
    with office.reading() as session:
        assert session.scalars(select(Feedback.comments)).one() == "I wrote to them on the Monday."
        # The manager has read what another reviewer said, and that is on record.
        sight = session.scalars(select(FirstSight)).one()
        assert (sight.review_id, sight.person_id) == (review_id, office.person(session, manager).id)

    assert "disputed by" in words(see(office, open_screen, QA, "disputes"))  # and QA, who wrote it, waits
    app = see(office, open_screen, SECOND_QA, "disputes")
    assert "also where the sample is complete" in words(app)
    app = press(app, "Decide the dispute")
    assert "Something is missing: the decision" in words(app)
    app.radio[0].set_value(Decision.UPHELD)
    app.run()
    app = press(app, "Decide the dispute")
    assert "Something is missing: the reason for the decision" in words(app)
    app.text_area[-1].set_value("It does.")
    app.run()
    app = press(app, "Decide the dispute")
    assert "a disputed answer stays as it was" in words(app)
    next(box for box in app.selectbox if box.label.endswith("response from now on")).set_value(
        ResponseValue.MET
    )
    app.run()
    app = press(app, "Decide the dispute")
    assert "is decided" in words(app)
    with office.reading() as session:
        assert session.scalars(select(Dispute.decision)).one() == Decision.UPHELD
        assert session.get_one(Review, review_id).outcome_met
    said = words(see(office, open_screen, HEAD, "review", review=review_id))
    assert "Upheld" in said
    assert "Before: **Not met**. Now: **Met**" in said


def test_deciding_one_dispute_leaves_what_is_typed_on_another(
    office: ScoredOffice, open_screen: OpenScreen
) -> None:
    office.draw_closed([2])
    for sampled in office.to_do(QA, Route.CENTRAL):
        review_id = office.score(QA, sampled, not_met=Kind.OUTCOME)
        with office.writing() as session:
            review = session.get_one(Review, review_id)
            team = review.sampled_case.frame_case.team
            assert team is not None
            manager = office.person(session, MANAGERS[team.name])
            raise_dispute(session, review, requirement_keys=["answered"], grounds="It was so.", by=manager)
    app = see(office, open_screen, HEAD, "disputes")
    app.radio[0].set_value(Decision.NOT_UPHELD)
    for area, typed in zip(app.text_area, ("It is not.", "Half of it is."), strict=True):
        area.set_value(typed)
    app = press(app.run(), "Decide the dispute")
    assert "is decided" in words(app)
    assert [area.value for area in app.text_area] == ["Half of it is."]


class _Outline(HTMLParser):
    """The tags of a document in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_sheet_is_one_accessible_file_in_which_nothing_typed_is_code(office: ScoredOffice) -> None:
    review_id, manager = reviewed(office)
    with office.writing() as session:
        answer = session.scalars(select(Answer).where(Answer.response == ResponseValue.NOT_MET)).one()
        answer.evidence, answer.severity = "<script>alert(1)</script> & a second line", "serious"
        record(session, "set_up", "test", by=None)
    with office.reading() as session:
        sheet = feedback_sheet(session, review_id, office.person(session, manager))
    assert sheet is not None
    html = feedback_document(
        sheet, good_practice=["<b>Rang back</b> the same day."], office="A & B", day=date(2026, 7, 6)
    )
    outline = _Outline(html)
    assert not {"script", "b", "link", "img"} & set(outline.tags)
    assert ("html", {"lang": "en-GB"}) in outline.attributes
    assert outline.tags.count("h1") == 1
    assert outline.tags.count("caption") == outline.tags.count("table") == 3
    assert all("scope" in given for tag, given in outline.attributes if tag == "th")
    for said in (
        "<script>alert(1)</script> & a second line",
        "<b>Rang back</b> the same day.",
        "Not met, serious",
        "Outcome: Not met",
        "What the answers mean",
        "20 July 2026",
    ):
        assert said in outline.text
