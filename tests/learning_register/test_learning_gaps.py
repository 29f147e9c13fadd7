"""Where learning was recorded and where none was; what it cites most, with the requirements behind it."""

from datetime import date

import pytest
from scored_office import ScoredOffice
from sqlalchemy import Engine

from learning_register.citations import LearningKind
from learning_register.cited_most import Cited, cited_most
from learning_register.citing import TypedCitation
from learning_register.documents import GUIDANCE
from learning_register.learning_gaps import LearningOfPeriod, learning_of_period, points_in_short
from sampling.records.people import Role
from sampling.refused import Refused
from sampling.tables import Route
from scorecards.requirements import Kind

NORTH, SOUTH, HEAD, QA = "Nora North", "Sue South", "Hedda Head", "Quinn Qua"
JULY = (date(2026, 7, 1), date(2026, 7, 31))
AUGUST = (date(2026, 8, 1), date(2026, 8, 31))


def learned(office: ScoredOffice, days: tuple[date, date], name: str = HEAD) -> LearningOfPeriod:
    return office.ask(learning_of_period, name, first=days[0], last=days[1])


def cited(office: ScoredOffice, days: tuple[date, date], most: int = 5) -> dict[str, Cited]:
    found = office.ask(cited_most, HEAD, first=days[0], last=days[1], most=most)
    return {f"{one.about.document} {one.about.reference}".strip(): one for one in found}


def test_teams_and_commitments_with_no_learning_beside_what_was_reviewed(engine: Engine) -> None:
    office = ScoredOffice(engine)
    for team, manager in (("North", NORTH), ("South", SOUTH)):
        office.draw_open(team, manager)
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    office.score(SOUTH, office.to_do(SOUTH, Route.OPEN)[0])
    wrong = office.learn(NORTH, review_id)
    good = office.learn(NORTH, review_id, kind=LearningKind.GOOD_PRACTICE, citations=[], commitments=[])
    found = learned(office, JULY)
    assert (found.points, found.good_practice, found.of_no_team) == (2, 1, 0)
    assert [(row.team, row.points, row.reviewed) for row in found.teams] == [("North", 2, 1), ("South", 0, 1)]
    assert [row.team for row in found.teams_without] == ["South"]
    assert [row.number for row in found.commitments if row.points] == [5]
    assert len(found.commitments_without) == 17
    assert learned(office, AUGUST).points == 0
    short = office.ask(points_in_short, HEAD, first=JULY[0], last=JULY[1])
    assert [row.point_id for row in short] == [good, wrong]
    assert [row.point_id for row in office.ask(points_in_short, HEAD, kind=LearningKind.GOOD_PRACTICE)] == [
        good
    ]
    assert [row.point_id for row in office.ask(points_in_short, HEAD, among=[wrong])] == [wrong]
    for name in (NORTH, QA):
        with pytest.raises(Refused, match="it is for the Head of Customer Care"):
            learned(office, JULY, name)
        with pytest.raises(Refused, match="it is for the Head of Customer Care"):
            office.ask(cited_most, name, first=JULY[0], last=JULY[1], most=5)
    # A Head who also reviews for QA knows nothing of reviews that are not scored again yet.
    office.give_role(HEAD, Role.QA_REVIEWER)
    found = learned(office, JULY)
    assert (found.points, [row.reviewed for row in found.teams]) == (0, [0, 0])
    assert cited(office, JULY) == {}
    assert office.ask(points_in_short, HEAD) == []


def test_what_is_cited_most_and_how_often_samples_find_it_not_met(engine: Engine) -> None:
    office = ScoredOffice(engine)
    office.draw_open("North", NORTH)
    office.draw_closed([10])
    review_id = office.score(NORTH, office.to_do(NORTH, Route.OPEN)[0], not_met=Kind.OUTCOME)
    for number, sampled_id in enumerate(office.to_do(QA, Route.CENTRAL)):
        office.score(QA, sampled_id, not_met=Kind.OUTCOME if number == 0 else None)
    office.learn(NORTH, review_id)
    office.later(30)
    named = [TypedCitation(GUIDANCE, "37-39"), TypedCitation("Service Model", "2.140", title="Listening")]
    later = office.learn(NORTH, review_id, citations=named, commitments=[5, 9])
    office.learn(NORTH, review_id, kind=LearningKind.GOOD_PRACTICE, citations=[], commitments=[9])

    found = cited(office, AUGUST)
    assert list(found)[:2] == [f"{GUIDANCE} 38", "Service Model 2.140"]
    paragraph = found[f"{GUIDANCE} 38"]
    assert (paragraph.point_ids, paragraph.before, paragraph.teams) == ((later,), 1, 1)
    assert paragraph.about.title
    assert found[f"{GUIDANCE} 37"].before == 0  # a range counts for each of its paragraphs
    assert (found["5"].before, found["9"].before, found["9"].point_ids) == (1, 0, (later,))
    assert paragraph.behind == ()  # no case of a sample was closed in August
    assert list(cited(office, AUGUST, most=1)) == [f"{GUIDANCE} 38", "5"]

    behind = cited(office, (date(2026, 4, 1), AUGUST[1]))[f"{GUIDANCE} 38"].behind
    assert [(row.not_met, row.n) for row in behind] == [(1, 10), (0, 10), (0, 10)]
    # Clopper and Pearson's interval of 1 in 10.
    assert (behind[0].share, behind[0].low, behind[0].high) == pytest.approx(
        (0.1, 0.002529, 0.445016), abs=1e-6
    )
