"""The list of learning points: found by any field and in full text on both databases, page by page."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept import once
from scored_office import ScoredOffice
from sqlalchemy import Engine, select

from learning_register.actions import acknowledge_feedback, correct_point, feed_back
from learning_register.citations import LearningKind
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.point_frames import COLUMNS, points_frame
from learning_register.point_queries import page_of_points
from learning_register.point_search import EVERYTHING, NOBODY, PointFilters
from learning_register.raising import learn_by_hand
from learning_register.recording import Lesson, RecurrenceRisk, Weight
from learning_register.root_causes import load_shipped_root_causes
from learning_register.tables import LearningPoint, Source
from sampling.records.downloads import as_json
from sampling.records.people import Team
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind, Severity

HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"


@pytest.fixture
def office(database: Engine) -> ScoredOffice:
    """Five points: 1 from a manager's review, sealed from QA; 2 to 5 by hand, a day apart."""

    def fill() -> None:
        once(database, "nothing", lambda: None)
        office = ScoredOffice(database)
        office.draw_open("North", NORTH)
        review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
        office.learn(NORTH, review_id)
        office.act_on(NORTH, 1)
        with office.writing() as session:
            load_shipped_root_causes(session, by=office.person(session, HEAD))
        office.later(1)
        by_hand(
            office,
            QA,
            Lesson(
                LearningKind.INDIVIDUAL,
                "Calls were promised, and nobody called: “unanswered”.",
                citations=[
                    TypedCitation(GUIDANCE, "37-39"),
                    TypedCitation("Service Model", "2.140", "Listening"),
                ],
                commitments=[5, 12],
                weight=Weight(1, RecurrenceRisk.HIGH, Severity.SERIOUS, True),
            ),
            reference="C-000",
        )
        office.later(1)
        by_hand(
            office,
            HEAD,
            Lesson(LearningKind.ORGANISATIONAL, "Nothing says who answers the door.", is_gap=True),
            team="South",
        )
        office.later(1)
        praise = Lesson(LearningKind.GOOD_PRACTICE, "=A letter of thanks: the naïve café visit went well.")
        by_hand(office, HEAD, praise, source=Source.POSITIVE_FEEDBACK, note="Thank-you card")
        office.later(1)
        by_hand(office, QA, Lesson(LearningKind.GOOD_PRACTICE, "The answer came early."), team="North")
        with office.writing() as session:
            point, head = session.get_one(LearningPoint, 2), office.person(session, HEAD)
            feed_back(session, point, on=office.now.date(), to=head, by=office.person(session, QA))
            acknowledge_feedback(session, point, by=head)
            feed_back(
                session,
                session.get_one(LearningPoint, 5),
                on=office.now.date(),
                to=head,
                by=office.person(session, QA),
            )

    once(database, "points to find", fill)
    return ScoredOffice.found_in(database)


def by_hand(
    office: ScoredOffice, name: str, lesson: Lesson, *, team: str | None = None, **given: Any
) -> None:
    with office.writing() as session:
        of = None if team is None else session.scalars(select(Team).where(Team.name == team)).one()
        given = {"source": Source.BY_HAND} | given
        learn_by_hand(session, lesson, team=of, by=office.person(session, name), **given)


def found(office: ScoredOffice, name: str, wanted: PointFilters, **given: Any) -> list[int]:
    with office.reading() as session:
        person = office.person(session, name)
        page = page_of_points(session, person, wanted, **({"page": 0, "size": 25} | given))
        assert page.total == len(page.rows)
        return [row.point_id for row in page.rows]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (EVERYTHING, [5, 4, 3, 2, 1]),
        (PointFilters(kind=LearningKind.GOOD_PRACTICE), [5, 4]),
        (PointFilters(source=Source.REVIEW), [1]),
        (PointFilters(source=Source.POSITIVE_FEEDBACK), [4]),
        (PointFilters(team_id=NOBODY), [4]),
        (PointFilters(document=GUIDANCE), [2, 1]),
        (PointFilters(document="Service Model"), [2]),
        (PointFilters(document=GUIDANCE, paragraph="38"), [2, 1]),  # a range that takes it in counts
        (PointFilters(document=GUIDANCE, paragraph="37"), [2]),
        (PointFilters(document=GUIDANCE, paragraph="40"), []),
        (PointFilters(document="Service Model", paragraph="2.140"), [2]),
        (PointFilters(commitment=12), [2]),
        (PointFilters(commitment=5, document=GUIDANCE), [2, 1]),
        (PointFilters(root_cause_id=1), [2]),
        (PointFilters(root_cause_id=NOBODY), [5, 4, 3, 1]),
        (PointFilters(severity=Severity.SERIOUS, recurrence_risk=RecurrenceRisk.HIGH), [2]),
        (PointFilters(is_gap=True), [3]),
        (PointFilters(is_verified=False), [2]),
        (PointFilters(is_verified=True, kind=LearningKind.INDIVIDUAL), [1]),
        (PointFilters(fed_back=True), [5, 2]),
        (PointFilters(fed_back=False), [4, 3, 1]),
        (PointFilters(acknowledged=True), [2]),
        (PointFilters(acknowledged=False, fed_back=True), [5]),
        (PointFilters(may_be_published=True), [2]),
        (PointFilters(has_action=True), [1]),
        (PointFilters(has_action=False), [5, 4, 3, 2]),
        (PointFilters(logged_from=date(2026, 7, 7), logged_to=date(2026, 7, 8)), [3, 2]),
        (PointFilters(logged_to=date(2026, 7, 6)), [1]),
        (PointFilters(reference=" c-000 "), [2]),
        (PointFilters(words="answer"), [5, 3, 1]),  # answers, and did not answer
        (PointFilters(words="ANSWERED complaints"), [1]),
        (PointFilters(words='"who answers"'), [3]),
        (PointFilters(words='"answers who"'), []),
        (PointFilters(words="cafe naïve"), [4]),
        (PointFilters(words="card"), [4]),  # where it comes from is searched too
        (PointFilters(words="answer", kind=LearningKind.GOOD_PRACTICE), [5]),
        (PointFilters(words='"'), []),
        (PointFilters(words="*"), []),
    ],
)
def test_each_filter_finds_what_it_says(
    office: ScoredOffice, wanted: PointFilters, numbers: list[int]
) -> None:
    if "cafe" in wanted.words and office.engine.dialect.name == "postgresql":
        wanted = PointFilters(words="café naïve")  # PostgreSQL's own search keeps the accents
    assert found(office, HEAD, wanted) == numbers


def test_what_is_found_is_what_may_be_seen(office: ScoredOffice) -> None:
    assert found(office, QA, EVERYTHING) == [5, 4, 3, 2]
    assert found(office, QA, PointFilters(words="answer")) == [5, 3]
    assert found(office, NORTH, EVERYTHING) == [5, 2, 1]
    assert found(office, SOUTH, EVERYTHING) == [3]
    assert found(office, OWNER, EVERYTHING) == []
    assert found(office, HEAD, EVERYTHING, oldest_first=True) == [1, 2, 3, 4, 5]
    with office.reading() as session:
        assert set(points_frame(session, office.person(session, QA), EVERYTHING)["Number"]) == {2, 3, 4, 5}


def test_pages(office: ScoredOffice) -> None:
    with office.reading() as session:
        head = office.person(session, HEAD)
        pages = [page_of_points(session, head, EVERYTHING, page=page, size=2) for page in range(4)]
    assert [[row.point_id for row in page.rows] for page in pages] == [[5, 4], [3, 2], [1], [1]]
    assert [(page.total, page.page) for page in pages] == [(5, 0), (5, 1), (5, 2), (5, 2)]


def test_days_that_make_no_period_are_refused(office: ScoredOffice) -> None:
    with pytest.raises(Refused, match="before the first one"):
        found(office, HEAD, PointFilters(logged_from=date(2026, 7, 8), logged_to=date(2026, 7, 7)))


HOSTILE = [
    '"',
    "''",
    "a AND",
    "NEAR(",
    "NOT",
    "a*",
    "^a",
    "col:a",
    "(a",
    "a OR",
    "-",
    "!",
    "&",
    "a:*",
    "\\",
    "%",
    "\x00",
]


@pytest.mark.parametrize("words", [*HOSTILE, " ".join(HOSTILE), "a " * 200])
def test_whatever_is_typed_is_words_and_no_query(office: ScoredOffice, words: str) -> None:
    found(office, HEAD, PointFilters(words=words))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_nothing_that_can_be_typed_breaks_the_search(office: ScoredOffice, words: str) -> None:
    found(office, HEAD, PointFilters(words=words))


def test_a_correction_is_found_by_its_new_words_only(office: ScoredOffice) -> None:
    with office.writing() as session:
        point, by = session.get_one(LearningPoint, 3), office.person(session, HEAD)
        correct_point(session, point, description="The bell is broken.", weight=Weight(), reason="So.", by=by)
    assert found(office, HEAD, PointFilters(words="bell")) == [3]
    assert found(office, HEAD, PointFilters(words="door")) == []


def test_everything_of_a_point_is_in_the_export(office: ScoredOffice) -> None:
    with office.reading() as session:
        frame = points_frame(session, office.person(session, HEAD), EVERYTHING)
        none = points_frame(session, office.person(session, OWNER), EVERYTHING)
    assert list(frame.columns) == list(none.columns) == list(COLUMNS)
    rows = json.loads(as_json(frame))
    assert [row["Number"] for row in rows] == [5, 4, 3, 2, 1]
    second, first = rows[3], rows[4]
    assert second["Paragraphs"].startswith(f"{GUIDANCE} 37-39 ")
    assert second["Paragraphs"].endswith("; Service Model 2.140 Listening")
    assert {name: second[name] for name in ("Commitments", "Unverified", "Severity", "Case", "Team")} == {
        "Commitments": "5; 12",
        "Unverified": True,
        "Severity": "serious",
        "Case": "C-000",
        "Team": "North",
    }
    assert (second["Fed back to"], second["Acknowledged"], second["Root cause"]) == (
        HEAD,
        "2026-07-10",
        "Guidance missing or unclear",
    )
    assert (first["Actions"], first["Requirement"]) == (1, "Every point was answered.")
    assert rows[1]["What was learned"].startswith("=A letter")  # JSON is left as it is
