"""Learning points and follow-up actions, by the real actions: who may, what must be cited, what stays."""

from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from learning_register.actions import TypedCitation, feed_back
from learning_register.citations import LearningKind
from learning_register.documents import GUIDANCE
from learning_register.following_up import finish_action, move_target_date, reopen_action
from learning_register.queries import follow_up_actions, learning_points, told_by_default
from learning_register.tables import LearningCitation, LearningPoint
from learning_register.tables_actions import FollowUpAction
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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"owner": NORTH, "authoriser": NORTH}, "authorised by its owner"),
        ({"authoriser": "Quinn Qua"}, "cannot authorise"),
        ({"target_date": date(2026, 7, 5)}, "has passed"),
        ({"description": " "}, "says nothing"),
    ],
)
def test_an_action_has_an_owner_another_authoriser_and_a_date_to_come(
    office: ScoredOffice, changes: dict[str, object], words: str
) -> None:
    point_id = office.learn(NORTH, not_met(office))
    with pytest.raises(Refused, match=words):
        office.act_on(NORTH, point_id, **changes)


def test_the_database_too_holds_owner_and_authoriser_apart(engine: Engine) -> None:
    office = ScoredOffice(engine)
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))
    with pytest.raises(IntegrityError), office.writing() as session:
        session.execute(
            update(FollowUpAction)
            .where(FollowUpAction.id == action_id)
            .values(owner_id=FollowUpAction.authoriser_id)
        )
    with pytest.raises(IntegrityError), office.writing() as session:
        session.execute(update(FollowUpAction).where(FollowUpAction.id == action_id).values(state="done"))


def test_overdue_is_worked_out_and_the_first_target_date_stays(office: ScoredOffice) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))

    def row() -> tuple[bool, int, date, date]:
        (found,) = office.ask(follow_up_actions, NORTH)
        return found.is_overdue, found.days_late, found.target_date, found.first_target_date

    first = date(2026, 7, 20)
    office.later(days=14)
    assert row() == (False, 0, first, first)
    office.later(days=3)
    assert row() == (True, 3, first, first)
    new = date(2026, 8, 3)
    with pytest.raises(Refused, match="authorised this target date"):
        office.change(move_target_date, OWNER, action_id, target_date=new, reason="Busy.")
    with pytest.raises(Refused, match="why"):
        office.change(move_target_date, HEAD, action_id, target_date=new, reason=" ")
    with pytest.raises(Refused, match="has passed"):
        office.change(move_target_date, HEAD, action_id, target_date=first, reason="Back.")
    office.change(move_target_date, HEAD, action_id, target_date=new, reason="Waiting for the template.")
    assert row() == (False, 0, new, first)
    office.later(days=14)
    office.change(move_target_date, HEAD, action_id, target_date=date(2026, 9, 1), reason="Again.")
    assert row() == (False, 0, date(2026, 9, 1), first)


def test_done_and_opened_again(office: ScoredOffice) -> None:
    action_id = office.act_on(NORTH, office.learn(NORTH, not_met(office)))
    with pytest.raises(Refused, match="no such action"):
        office.change(finish_action, SOUTH, action_id, note="Done.")
    with pytest.raises(Refused, match="Say what was done"):
        office.change(finish_action, OWNER, action_id, note="")
    with pytest.raises(Refused, match="so it cannot become open"):
        office.change(reopen_action, OWNER, action_id, reason="Not done.")
    office.later(days=16)
    office.change(finish_action, OWNER, action_id, note="Gone through on 22 July.")
    (row,) = office.ask(follow_up_actions, NORTH)
    assert (row.state, row.is_overdue, row.days_late, row.done_on) == ("done", False, 2, date(2026, 7, 22))
    with pytest.raises(Refused, match="so it cannot become done"):
        office.change(finish_action, OWNER, action_id, note="Twice.")
    with pytest.raises(Refused, match="Open it again first"):
        office.change(move_target_date, HEAD, action_id, target_date=date(2026, 9, 1), reason="Late.")
    office.change(reopen_action, NORTH, action_id, reason="The template is still missing.")
    (row,) = office.ask(follow_up_actions, NORTH)
    assert (row.state, row.is_overdue, row.done_on) == ("open", True, None)


def test_who_is_named_in_an_action_sees_it_and_no_more(office: ScoredOffice) -> None:
    point_id = office.learn(NORTH, not_met(office))
    office.act_on(NORTH, point_id, owner=OWNER, authoriser=SOUTH)
    for name in (OWNER, SOUTH):
        assert len(office.ask(follow_up_actions, name)) == 1
        assert office.ask(learning_points, name) == []
    with pytest.raises(Refused, match="not for you to see"):
        office.act_on(OWNER, point_id)
