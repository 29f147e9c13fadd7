"""Learning points, by the real actions: who may, what must be cited, what stays."""

from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from learning_register.actions import feed_back
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.point_queries import learning_points, told_by_default
from learning_register.tables import LearningCitation, LearningPoint
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind

NORTH, SOUTH, HEAD, OWNER = "Nora North", "Sue South", "Hedda Head", "Otto Owner"


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine)


def not_met(office: ScoredOffice) -> int:
    """A review of North in which the first outcome requirement is not met."""
    office.draw_open("North", NORTH)
    return office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"citations": []}, "must name the paragraph"),
        ({"commitments": []}, "must name the Service Charter commitment"),
        ({"commitments": [19]}, "no commitment 19"),
        ({"description": "  "}, "says nothing"),
        ({"citations": [TypedCitation(GUIDANCE, "9.999")]}, "has no paragraph 9.999"),
        ({"citations": [TypedCitation(GUIDANCE, "page 3")]}, "not a reference"),
        ({"citations": [TypedCitation("Service Model", "2.140")]}, "not loaded"),
        ({"citations": [TypedCitation("", "2.140", "Listening")]}, "not loaded"),
        ({"kind": LearningKind.ORGANISATIONAL, "citations": []}, "gap"),
        ({"requirement_key": "told"}, "was not met"),
    ],
)
def test_a_learning_point_says_what_it_rests_on(
    office: ScoredOffice, changes: dict[str, object], words: str
) -> None:
    review_id = not_met(office)
    with pytest.raises(Refused, match=words):
        office.learn(NORTH, review_id, **changes)
    assert office.ask(learning_points, NORTH) == []


def test_each_kind_with_the_least_it_needs(office: ScoredOffice) -> None:
    review_id = not_met(office)
    office.learn(NORTH, review_id)
    office.learn(
        NORTH, review_id, kind=LearningKind.ORGANISATIONAL, citations=[], commitments=[], is_gap=True
    )
    office.learn(NORTH, review_id, kind=LearningKind.ORGANISATIONAL, commitments=[])
    praise = {"kind": LearningKind.GOOD_PRACTICE, "requirement_key": "told"}
    office.learn(NORTH, review_id, citations=[], commitments=[], **praise)
    rows = office.ask(learning_points, NORTH)
    assert [(row.kind, row.is_gap) for row in rows] == [
        ("good_practice", False),
        ("organisational", False),
        ("organisational", True),
        ("individual", False),
    ]
    first = rows[-1]
    assert first.paragraphs[0].startswith("38 ")
    assert (first.commitments, first.unverified) == ((5,), ())
    assert first.may_open_review
    assert first.draw_id is not None


def test_a_paragraph_of_a_document_that_is_not_loaded_is_kept_as_typed(engine: Engine) -> None:
    office = ScoredOffice(engine)
    review_id = not_met(office)
    office.learn(
        NORTH,
        review_id,
        citations=[
            TypedCitation("Service Model", " 2.140", "Listening to the complaint "),
            TypedCitation(GUIDANCE, "38–39"),
            TypedCitation(GUIDANCE, "38-39"),
        ],
        commitments=[5, 17, 5],
    )
    (row,) = office.ask(learning_points, NORTH)
    assert row.unverified == ("2.140",)
    assert row.paragraphs[0] == "Service Model 2.140 Listening to the complaint (unverified)"
    assert row.paragraphs[1].startswith("38-39 ")
    assert (len(row.paragraphs), row.commitments) == (2, (5, 17))
    with office.reading() as session:
        kept = session.scalars(select(LearningCitation).order_by(LearningCitation.id)).all()
        assert [(citation.version, citation.is_verified) for citation in kept] == [
            ("", False),
            ("12.0", True),
        ]


def test_who_may_log_what_was_learned(office: ScoredOffice) -> None:
    review_id = not_met(office)
    for name in (SOUTH, "Quinn Qua", OWNER):
        with pytest.raises(Refused):
            office.learn(name, review_id)
    office.learn(HEAD, review_id)
    assert len(office.ask(learning_points, NORTH)) == 1
    assert office.ask(learning_points, SOUTH) == []


def test_feedback_goes_to_the_caseworkers_manager_unless_told(office: ScoredOffice) -> None:
    point_id = office.learn(NORTH, not_met(office))
    day = date(2026, 7, 6)
    assert office.ask(learning_points, NORTH)[0].fed_back_on is None
    with office.reading() as session:
        assert told_by_default(session, point_id, office.person(session, HEAD), on=day) == NORTH

    def feed(by: str, on: date, to: str | None = None) -> None:
        with office.writing() as session:
            told = office.person(session, to) if to else None
            point = session.get_one(LearningPoint, point_id)
            feed_back(session, point, on=on, to=told, by=office.person(session, by))

    with pytest.raises(Refused, match="in the future"):
        feed(NORTH, date(2026, 7, 7))
    with pytest.raises(Refused, match="not for you to see"):
        feed(SOUTH, day)
    with pytest.raises(Refused, match="No line manager is on record"):
        feed(HEAD, date(2025, 12, 31))  # before the manager's time
    feed(HEAD, day)
    (row,) = office.ask(learning_points, NORTH)
    assert (row.fed_back_on, row.fed_back_to) == (day, NORTH)
    feed(NORTH, day, to=HEAD)
    assert office.ask(learning_points, NORTH)[0].fed_back_to == HEAD
