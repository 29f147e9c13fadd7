"""Which reviews count for and against an action, and for whom."""

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine

from learning_register.action_effects import ActionEffect, action_effect
from learning_register.citations import LearningKind
from learning_register.following_up import finish_action
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.cards import publish_scorecard
from scorecards.requirements import Kind, ResponseValue

HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"


def effect(office: ScoredOffice, name: str, action_id: int) -> ActionEffect | None:
    with office.reading() as session:
        return action_effect(session, action_id, office.person(session, name))


def counted(office: ScoredOffice, name: str, action_id: int) -> tuple[int, int, int, int]:
    found = effect(office, name, action_id)
    assert found is not None
    counts = found.counts
    return counts.failed_before, counts.reviewed_before, counts.failed_after, counts.reviewed_after


def test_what_counts_before_and_after(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.draw_open("North", NORTH)
    office.draw_open("South", SOUTH)
    office.draw_closed([10])
    norths, souths = office.to_do(NORTH, Route.OPEN), office.to_do(SOUTH, Route.OPEN)
    learned = office.score(NORTH, norths[0], not_met=Kind.OUTCOME)
    own = office.act_on(NORTH, office.learn(NORTH, learned))
    for_all = office.act_on(NORTH, office.learn(NORTH, learned, kind=LearningKind.ORGANISATIONAL))
    office.score(NORTH, norths[1], not_met=Kind.OUTCOME, response=ResponseValue.CANNOT_ASSESS)
    office.score(SOUTH, souths[0], not_met=Kind.OUTCOME)
    office.score(SOUTH, souths[1], everything=ResponseValue.NOT_APPLICABLE)
    closed = office.score(QA, office.to_do(QA, Route.CENTRAL)[0], not_met=Kind.OUTCOME)
    of_closed = office.act_on(HEAD, office.learn(QA, closed, kind=LearningKind.ORGANISATIONAL))
    office.score(QA, office.to_do(QA, Route.CENTRAL)[0])
    assert effect(office, HEAD, own) is None
    for action_id in (own, for_all, of_closed):
        office.change(finish_action, HEAD, action_id, note="Gone through.")

    office.score(NORTH, norths[2])  # still on the day it was done
    assert counted(office, HEAD, own) == (1, 2, 0, 0)
    office.later(1)
    office.score(SOUTH, souths[2])
    # A case closed before the action shows nothing of it, however late it is reviewed.
    office.score(QA, office.to_do(QA, Route.CENTRAL)[0])
    changed = CARD.replace("version = 1", "version = 2").replace(
        'key = "answered"\n', 'key = "answered"\nchange = "meaning"\n'
    )
    with office.writing() as session:
        by = office.person(session, HEAD)
        publish_scorecard(session, changed.replace("Every point", "Each single point"), by=by)
    office.score(NORTH, norths[3], not_met=Kind.OUTCOME)  # asked something else

    assert counted(office, HEAD, own) == counted(office, NORTH, own) == (1, 2, 0, 0)
    assert counted(office, HEAD, for_all) == (2, 3, 0, 1)
    assert counted(office, NORTH, for_all) == (1, 2, 0, 0)
    assert counted(office, OWNER, for_all) == (0, 0, 0, 0)
    assert counted(office, QA, of_closed) == (0, 2, 0, 0)
    for name in (QA, SOUTH):
        with pytest.raises(Refused, match="not for you to see"):
            effect(office, name, own)

    # What was scored again QA may see, but it was chosen by its result.
    office.draw_second()
    for sampled_id in office.to_do(QA, Route.SECOND):
        office.score(QA, sampled_id)
    found = effect(office, QA, own)
    assert found is not None
    assert found.is_chosen
