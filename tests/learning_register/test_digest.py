"""The digest of a day: who is told of what, when it is said again, and what nobody may learn from it."""

from datetime import date, timedelta

import pytest
from scored_office import START, ScoredOffice
from sqlalchemy import Engine

from learning_register.actions import feed_back
from learning_register.digest import Digest, digests, write_digest
from learning_register.digest_things import Group
from learning_register.mail import claim_mail, record_failure, record_sent
from learning_register.progressing import finish_action
from learning_register.tables import LearningPoint
from learning_register.tables_mail import Mail
from sampling.records.appointments import set_line_manager
from sampling.records.audit_trail import record
from sampling.records.people import Absence, Role
from sampling.tables import Route
from scorecards.requirements import Kind

NORTH, SOUTH, HEAD, QA, OWNER = "Nora North", "Sue South", "Hedda Head", "Quinn Qua", "Otto Owner"
TARGET = date(2026, 7, 20)  # of an action; the office is at 6 July


@pytest.fixture
def office(sqlite_engine: Engine) -> ScoredOffice:
    return ScoredOffice(sqlite_engine, with_sign_in=[NORTH, SOUTH, HEAD, QA, OWNER])


def learned(office: ScoredOffice) -> int:
    """A learning point from a review of North's, all of whose cases are reviewed."""
    office.draw_open("North", NORTH)
    first, *others = office.to_do(NORTH, Route.OPEN)
    review_id = office.score(NORTH, first, not_met=Kind.OUTCOME, put_right=True)
    for sampled_id in others:
        office.score(NORTH, sampled_id)
    return office.learn(NORTH, review_id)


def on(office: ScoredOffice, day: date) -> dict[str, Digest]:
    """The digests of a day, by name."""
    office.later(days=(day - office.now.date()).days)
    with office.reading() as session:
        return {found.name: found for found in digests(session)}


def groups(found: dict[str, Digest]) -> dict[str, list[Group]]:
    return {name: [thing.group for thing in each.things] for name, each in found.items()}


def sent(office: ScoredOffice, found: Digest, *, failure: str = "") -> str | None:
    """Write a digest and send it, or fail to; its text, None where there was one already."""
    with office.writing() as session:
        mail = write_digest(session, found, address="https://qa.example.org")
        if mail is None:
            return None
        claim_mail(session, mail, by=None)
        if failure:
            record_failure(session, mail, failure, is_certain=True)
        else:
            record_sent(session, mail, by=None)
        return mail.body


def test_nothing_waits_for_nobody(office: ScoredOffice) -> None:
    with office.reading() as session:
        assert digests(session) == []


def test_a_late_action_goes_up_from_its_owner_to_the_head(office: ScoredOffice) -> None:
    office.act_on(NORTH, learned(office), owner=OWNER, authoriser=HEAD)
    with office.writing() as session:
        owner, manager = office.person(session, OWNER), office.person(session, NORTH)
        by = office.person(session, "Ada Min")
        set_line_manager(session, owner, manager=manager, starts_on=START, by=by)
    assert groups(on(office, TARGET - timedelta(days=7))) == {OWNER: [Group.OWN]}
    assert groups(on(office, TARGET + timedelta(days=6))) == {OWNER: [Group.OWN]}
    late = on(office, TARGET + timedelta(days=7))
    assert groups(late) == {OWNER: [Group.OWN], NORTH: [Group.OF_MANAGED]}
    assert late[NORTH].things[0].words.endswith("7 days late. Its owner is Otto Owner.")
    later = on(office, TARGET + timedelta(days=14))
    assert groups(later) == {OWNER: [Group.OWN], NORTH: [Group.OF_MANAGED], HEAD: [Group.OF_OFFICE]}


def test_who_was_told_is_told_again_when_it_presses_more(office: ScoredOffice) -> None:
    action_id = office.act_on(NORTH, learned(office))
    told = []
    for number in range(30):
        found = on(office, TARGET + timedelta(days=number - 14))[OWNER]
        if found.news:
            told.append(number - 14)
            body = sent(office, found)
            assert body is not None
            assert f"https://qa.example.org/learning?action={action_id}" in body
    assert told == [-14, -7, -1, 0, 1, 7, 14]
    office.change(finish_action, OWNER, action_id, note="Gone through.")
    assert OWNER not in on(office, TARGET + timedelta(days=16))


def test_a_day_has_one_digest_for_a_person_and_one_that_failed_is_tried_again(engine: Engine) -> None:
    office = ScoredOffice(engine, with_sign_in=[OWNER, HEAD])
    office.act_on(NORTH, learned(office))
    found = on(office, TARGET)[OWNER]
    assert sent(office, found, failure="The server is down.")
    assert on(office, TARGET)[OWNER].news  # nobody was told yet
    assert sent(office, found)
    assert sent(office, found) is None
    assert not on(office, TARGET)[OWNER].news
    with office.reading() as session:
        (mail,) = session.query(Mail).all()
        assert (mail.for_day, mail.failure) == (TARGET, "")


def test_drafts_and_done_actions_wait_for_those_who_decide(office: ScoredOffice) -> None:
    point_id = learned(office)
    office.act_on(NORTH, point_id, begun=False)
    done = office.act_on(NORTH, point_id, verifier=NORTH)
    office.change(finish_action, OWNER, done, note="Gone through.")
    assert groups(on(office, date(2026, 7, 8))) == {NORTH: [Group.VERIFY]}
    assert groups(on(office, date(2026, 7, 9))) == {HEAD: [Group.AUTHORISE], NORTH: [Group.VERIFY]}


def test_feedback_is_to_be_acknowledged_within_ten_working_days(office: ScoredOffice) -> None:
    point_id = learned(office)
    with office.writing() as session:
        point, by = session.get_one(LearningPoint, point_id), office.person(session, HEAD)
        feed_back(session, point, on=date(2026, 7, 6), to=None, by=by)
    assert on(office, date(2026, 7, 20)) == {}
    assert groups(on(office, date(2026, 7, 21))) == {NORTH: [Group.ACKNOWLEDGE]}


def test_a_manager_is_told_of_held_cases_and_late_reviews(office: ScoredOffice) -> None:
    office.draw_open("North", NORTH)
    office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    assert groups(on(office, date(2026, 7, 6))) == {NORTH: [Group.HELD]}
    found = on(office, date(2026, 8, 4))
    assert groups(found)[NORTH] == [Group.HELD, Group.REVIEWS]
    assert "of “" in found[NORTH].things[1].words


def test_the_deputy_of_somebody_away_is_told_too(office: ScoredOffice) -> None:
    office.act_on(NORTH, learned(office), owner=NORTH)
    with office.writing() as session:
        away, deputy = office.person(session, NORTH), office.person(session, SOUTH)
        session.add(Absence(person_id=away.id, deputy_id=deputy.id, starts_on=TARGET, ends_on=TARGET))
        record(session, "set_up", "test", by=None)
    assert groups(on(office, TARGET)) == {NORTH: [Group.OWN], SOUTH: [Group.OWN]}


def test_who_has_left_or_has_no_address_gets_none_and_it_is_said(sqlite_engine: Engine) -> None:
    office = ScoredOffice(sqlite_engine, with_sign_in=[HEAD])
    office.act_on(NORTH, learned(office))
    assert on(office, TARGET)[OWNER].not_sent_because == "has no e-mail address here"
    with office.writing() as session:
        office.person(session, OWNER).disabled_on = TARGET
        record(session, "set_up", "test", by=None)
    assert on(office, TARGET)[OWNER].not_sent_because == "has left"


def test_a_digest_tells_who_reviews_blind_nothing_of_a_managers_review(office: ScoredOffice) -> None:
    """An owner who has come to review for QA since: neither the action, nor that there is one."""
    office.act_on(NORTH, learned(office))
    assert OWNER in on(office, TARGET)
    office.give_role(OWNER, Role.QA_REVIEWER)
    assert OWNER not in on(office, TARGET)


def test_no_line_of_a_description_passes_for_a_heading(office: ScoredOffice) -> None:
    office.act_on(NORTH, learned(office), description="One.\n\nYOUR ACTIONS\n- Two")
    body = sent(office, on(office, TARGET)[OWNER])
    assert body is not None
    assert "- One. YOUR ACTIONS - Two. Due on 20 July 2026, today." in body
    assert body.count("\nYOUR ACTIONS\n") == 1
