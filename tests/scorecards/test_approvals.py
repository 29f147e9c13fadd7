"""Levels of approval: their order, their dates, who sets them and who reaches which."""

from datetime import date, timedelta

import pytest
from scored_office import NOW, START, ScoredOffice
from sqlalchemy import Engine, select

from sampling.records.audit_trail import record
from sampling.records.people import Role
from sampling.refused import Refused
from scorecards.approvals import (
    OTHER_DECISION,
    add_approver,
    approvers,
    decision_history,
    decision_levels,
    end_approval_level,
    end_approver,
    level_of,
    reaches,
    set_approval_level,
)
from scorecards.tables_intervention import ApprovalLevel, Approver, Level

TODAY = NOW.date()
ADA, HEAD, NORA, OTTO = "Ada Min", "Hedda Head", "Nora North", "Otto Owner"


@pytest.fixture
def office(engine: Engine) -> ScoredOffice:
    return ScoredOffice(engine, closed=0, open_cases=2)


def name_approver(
    office: ScoredOffice, who: str, level: Level, *, until: date | None = None, by: str = ADA
) -> None:
    with office.writing() as session:
        add_approver(
            session,
            office.person(session, who),
            level=level,
            starts_on=TODAY,
            ends_on=until,
            by=office.person(session, by),
        )


def set_level(office: ScoredOffice, decision: str, level: Level, day: date, *, by: str = ADA) -> None:
    with office.writing() as session:
        set_approval_level(
            session,
            decision=decision,
            level=level,
            reference="73",
            starts_on=day,
            by=office.person(session, by),
        )


def test_each_level_approves_its_own_and_what_is_below() -> None:
    order = [Level.LINE_MANAGER, Level.ASSISTANT_DIRECTOR, Level.HEAD, Level.DEPUTY, Level.OMBUDSMAN]
    for number, level in enumerate(order):
        assert [reaches(level, other) for other in order] == [place <= number for place in range(5)]
        assert not reaches(None, level)


def test_a_later_row_takes_the_place_of_an_earlier_one_from_its_day(office: ScoredOffice) -> None:
    (other,) = office.ask(lambda session, _: decision_levels(session, TODAY), ADA)
    assert (other.decision, other.level, other.row_id) == (OTHER_DECISION, Level.HEAD, None)
    set_level(office, "New investigation", Level.DEPUTY, START)
    set_level(office, OTHER_DECISION, Level.ASSISTANT_DIRECTOR, START)
    set_level(office, " new  investigation", Level.OMBUDSMAN, TODAY)
    with office.reading() as session:
        for day, level in ((TODAY - timedelta(days=1), Level.DEPUTY), (TODAY, Level.OMBUDSMAN)):
            assert [(row.decision, row.level) for row in decision_levels(session, day)] == [
                ("New investigation", level),
                (OTHER_DECISION, Level.ASSISTANT_DIRECTOR),
            ]
        assert len(decision_history(session, by=office.person(session, HEAD))) == 3
    with pytest.raises(Refused, match="already has a level from"):
        set_level(office, "New investigation", Level.HEAD, TODAY)
    with office.writing() as session:
        row = session.scalars(select(ApprovalLevel).where(ApprovalLevel.ends_on.is_(None))).first()
        assert row is not None
        with pytest.raises(Refused, match="cannot end before"):
            end_approval_level(
                session, row, ends_on=START - timedelta(days=1), by=office.person(session, ADA)
            )
        end_approval_level(session, row, ends_on=TODAY, by=office.person(session, ADA))


def test_an_approver_counts_from_when_until_when_beside_their_role(office: ScoredOffice) -> None:
    with office.writing() as session:
        office.person(session, OTTO).email = "otto@example.org"
        record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
    name_approver(office, OTTO, Level.DEPUTY, until=TODAY + timedelta(days=3))
    with office.writing() as session:
        level = {
            name: level_of(session, office.person(session, name), teams=[1])
            for name in (OTTO, NORA, "Sue South", HEAD, "Quinn Qua")
        }
        assert level == {
            OTTO: Level.DEPUTY,
            NORA: Level.LINE_MANAGER,
            "Sue South": None,
            HEAD: Level.HEAD,
            "Quinn Qua": None,
        }
        approver = session.scalars(select(Approver)).one()
        end_approver(session, approver, ends_on=TODAY, by=office.person(session, ADA))
    office.later(1)
    with office.reading() as session:
        assert level_of(session, office.person(session, OTTO), teams=[1]) is None
        (row,) = approvers(session, by=office.person(session, HEAD))
        assert (row.person, row.ends_on) == (OTTO, TODAY)


def test_what_cannot_be_set_is_refused(office: ScoredOffice) -> None:
    with pytest.raises(Refused, match="for an administrator"):
        set_level(office, "New investigation", Level.DEPUTY, START, by=HEAD)
    with pytest.raises(Refused, match="has no name"):
        set_level(office, "  ", Level.DEPUTY, START)
    with pytest.raises(Refused, match="for an administrator"):
        name_approver(office, OTTO, Level.DEPUTY, by=HEAD)
    with pytest.raises(Refused, match="cannot sign in"):
        name_approver(office, OTTO, Level.DEPUTY)
    with office.writing() as session:
        office.person(session, OTTO).email = "otto@example.org"
        record(session, "set_up", "test", by=None)  # what is changed by hand is recorded too
    with pytest.raises(Refused, match="come with their roles"):
        name_approver(office, OTTO, Level.HEAD)
    with pytest.raises(Refused, match="last day is before the first"):
        name_approver(office, OTTO, Level.DEPUTY, until=START)
    name_approver(office, OTTO, Level.DEPUTY)
    with pytest.raises(Refused, match="already approves at this level"):
        name_approver(office, OTTO, Level.DEPUTY)
    office.give_role(OTTO, Role.THEMATIC_REVIEWER)
    with pytest.raises(Refused, match="it is for an administrator or the Head"):
        office.ask(lambda session, person: approvers(session, by=person), OTTO)
