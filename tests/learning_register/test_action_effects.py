"""Which reviews count for and against an action, and for whom."""

import pytest
from scored_office import CARD, ScoredOffice
from sqlalchemy import Engine

from learning_register.action_effects import ActionEffect, action_effect
from learning_register.aims import ParagraphAim, RequirementAim
from learning_register.citations import LearningKind
from learning_register.documents import GUIDANCE
from learning_register.follow_up import Result
from learning_register.progressing import finish_action
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.cards import publish_scorecard
from scorecards.requirements import Kind, ResponseValue

HEAD, QA, NORTH, SOUTH, OWNER = "Hedda Head", "Quinn Qua", "Nora North", "Sue South", "Otto Owner"
THEA = "Thea Theme"


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
    assert found.proposed is None


def test_what_is_named_is_compared_in_the_central_samples(engine: Engine) -> None:
    """A paragraph means all requirements that rest on it; one review fails once, whatever fails in it."""
    office = ScoredOffice(engine)
    office.draw_closed([8])
    first, *others = office.to_do(QA, Route.CENTRAL)
    learned = office.score(QA, first, not_met=Kind.OUTCOME)
    point_id = office.learn(QA, learned, kind=LearningKind.ORGANISATIONAL)
    office.draw_closed([2], route=Route.THEMATIC, name="Remedies")
    of_theme = office.score(THEA, office.to_do(THEA, Route.THEMATIC)[0], not_met=Kind.OUTCOME)
    theme_point = office.learn(THEA, of_theme, kind=LearningKind.ORGANISATIONAL)
    for sampled_id in others[:2]:
        office.score(QA, sampled_id, everything=ResponseValue.CANNOT_ASSESS)
    office.score(QA, others[2])
    paragraph, told = [ParagraphAim(GUIDANCE, "38")], [RequirementAim("short-card", "told")]
    named = [
        office.act_on(HEAD, point_id, improves=paragraph),
        office.act_on(HEAD, point_id, improves=told),
        office.act_on(HEAD, theme_point),
        office.act_on(HEAD, theme_point, improves=told),
    ]
    for action_id in named:
        office.change(finish_action, HEAD, action_id, note="Gone through.")
    of_paragraph, of_requirement, of_nothing, of_theme_named = (effect(office, QA, one) for one in named)
    assert of_paragraph is not None
    assert [item.requirement for item in of_paragraph.items] == [
        "Every point was answered.",
        "The remedy was right.",
        "The person was told what happens next.",
    ]
    for each in (of_paragraph.counts, *(item.counts for item in of_paragraph.items)):
        assert (each.failed_before, each.reviewed_before, each.reviewed_after) == (2, 3, 0)
    assert (of_paragraph.proposed, of_paragraph.is_open, of_paragraph.of_office) == (
        Result.NOT_SHOWN,
        False,
        True,
    )
    assert of_requirement is not None
    assert [item.requirement for item in of_requirement.items] == ["The person was told what happens next."]
    assert of_nothing is None  # a theme's cases were drawn for its question
    assert of_theme_named is not None
    # Of central samples, and with the review that the other point was learned from: it met this one.
    assert (of_theme_named.counts.failed_before, of_theme_named.counts.reviewed_before) == (2, 4)
